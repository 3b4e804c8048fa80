"""Calls to other servers go where they were judged to go, and say what went wrong."""

import socket
import threading
import time
from contextlib import contextmanager, suppress
from ipaddress import ip_network

import pytest

from lrs_bridge.web import client
from lrs_bridge.web.client import Guarded, ask, get_json, post_form, post_json
from lrs_bridge.web.patience import Limits
from lrs_bridge.web.reply import CallFailed, Trouble
from tests.support.odd_lrs import always, odd_lrs

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


@pytest.fixture
def there():
    with odd_lrs() as server:
        server.answer = always(200, {"X-Other": "yes"}, b'{"a": 1}')
        yield server


def test_connects_to_the_address_that_was_judged_and_speaks_to_the_name(there):
    named = there.url.replace("127.0.0.1", "lms.nowhere.example")
    with Guarded(named, allowed=LOOPBACK, resolver=lambda _host, _port: ["127.0.0.1"]) as host:
        reply = host.ask("GET", named)
    assert (reply.status, reply.body, reply.headers["x-other"]) == (200, b'{"a": 1}', "yes")
    assert there.asked[0].headers["host"].startswith("lms.nowhere.example:")


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "ftp://a.example/", "http://u:p@a.example/"])
def test_goes_to_no_address_that_nobody_allowed(url):
    with pytest.raises(CallFailed) as error:
        ask("GET", url)
    assert error.value.cause is Trouble.FORBIDDEN_ADDRESS


def test_tells_a_name_that_leads_nowhere_and_a_port_where_nobody_listens():
    for url in ("https://nowhere.invalid/", "http://127.0.0.1:9/"):
        with pytest.raises(CallFailed) as error:
            ask("GET", url, allowed=LOOPBACK)
        assert error.value.cause is Trouble.UNREACHABLE


def test_reads_and_writes_json(there):
    assert get_json(there.url, allowed=LOOPBACK, headers={"Authorization": "Bearer t"}) == {"a": 1}
    assert post_json(there.url, {"b": "ø"}, allowed=LOOPBACK) == {"a": 1}
    asked, posted = there.asked
    assert (asked.headers["accept"], asked.headers["authorization"]) == ("application/json", "Bearer t")
    assert (posted.headers["content-type"], posted.body) == ("application/json", b'{"b": "\\u00f8"}')


def test_sends_a_form(there):
    reply = post_form(there.url, {"a": "1 2", "ø": "&"}, allowed=LOOPBACK)
    assert reply.is_success
    assert there.asked[0].body == b"a=1+2&%C3%B8=%26"
    assert there.asked[0].headers["content-type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (404, b"not here", "it answered 404: not here"),
        (302, b"", "it answered 302"),
        (200, b"<html>", "its answer is not JSON: <html>"),
        (200, b"[" * 100_000, "its answer is not JSON: " + "[" * 100),
    ],
)
def test_tells_an_answer_that_is_no_json(there, status, body, words):
    there.answer = always(status, {"Location": "https://elsewhere.example/"} if status == 302 else {}, body)
    with pytest.raises(CallFailed) as error:
        get_json(there.url, allowed=LOOPBACK)
    assert (error.value.cause, error.value.http_status, error.value.message) == (Trouble.ODD_ANSWER, status, words)
    assert len(there.asked) == 1


def test_reads_no_more_than_it_may(there, monkeypatch):
    there.answer = always(200, {}, b"x" * 100_000)
    with pytest.raises(CallFailed) as error:
        ask("GET", there.url, allowed=LOOPBACK, limit=1000)
    assert error.value.cause is Trouble.ODD_ANSWER
    with Guarded(there.url, allowed=LOOPBACK) as host:
        assert len(host.ask("GET", there.url, limit=1000, cut=True).body) == 1000
        with pytest.raises(CallFailed) as error:
            host.ask("GET", there.url, total_seconds=-1)
    assert error.value.cause is Trouble.TIMEOUT


def test_reads_an_answer_as_it_comes(there):
    with Guarded(there.url, allowed=LOOPBACK) as host, host.open("GET", there.url) as (reply, stream):
        assert (reply.status, reply.body) == (200, b"")
        assert stream.read(3) + stream.read() == b'{"a": 1}'


def test_waits_only_so_long(there, monkeypatch):
    monkeypatch.setattr(client, "CONNECT_SECONDS", 0.2)

    def slow(_asked):
        import time  # noqa: PLC0415

        time.sleep(1)
        return 200, {}, b""

    there.answer = slow
    with Guarded(there.url, allowed=LOOPBACK, read_seconds=0.2) as host, pytest.raises(CallFailed) as error:
        host.ask("GET", there.url)
    assert error.value.cause is Trouble.TIMEOUT


@contextmanager
def dripping(beginning: bytes, drop: bytes):
    """A port of somebody who says the beginning, and then a little more again and again, without an end."""
    done = threading.Event()

    def speak(to):
        with to, suppress(OSError):
            to.sendall(beginning)
            while not done.wait(0.02):
                to.sendall(drop)

    def accept():
        with suppress(OSError):
            while True:
                threading.Thread(target=speak, args=(listener.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, daemon=True).start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        done.set()
        listener.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    ("scheme", "beginning", "drop"),
    [
        ("http", b"HTTP/1.1 200 OK\r\nX-Long: ", b"x"),
        ("http", b"HTTP/1.1 200 OK\r\n\r\n", b"x"),
        ("http", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n", b"1\r\nx\r\n"),
        ("https", b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc", b"\x03"),
    ],
    ids=["headers", "body", "pieces", "handshake"],
)
def test_waits_no_longer_in_all_than_it_may_when_a_little_comes_all_the_time(scheme, beginning, drop):
    with dripping(beginning, drop) as place:
        begun = time.monotonic()
        with pytest.raises(CallFailed) as error:
            ask("GET", f"{scheme}://{place}/", allowed=LOOPBACK, limits=Limits(3, 3, begun + 0.5))
        assert 0.4 < time.monotonic() - begun < 2
    assert error.value.cause is Trouble.TIMEOUT


def test_asks_nobody_when_no_time_is_left_and_shares_what_is_left_among_calls(there):
    limits = Limits(3, 3, time.monotonic() + 0.5)
    with Guarded(there.url, allowed=LOOPBACK, limits=limits) as host:
        assert host.ask("GET", there.url).status == 200
        assert host.ask("GET", there.url).status == 200
        time.sleep(0.6)
        with pytest.raises(CallFailed) as error:
            host.ask("GET", there.url)
    assert error.value.cause is Trouble.TIMEOUT
    with pytest.raises(CallFailed):
        get_json(there.url, allowed=LOOPBACK, limits=limits)
    assert len(there.asked) == 2
