"""Connections to other LRSs go where they were judged to go."""

from ipaddress import ip_network

import pytest

from lrs_bridge.xapi.model.version import Version
from lrs_bridge.xapi.relay import client
from lrs_bridge.xapi.relay.client import Remote, resolve
from lrs_bridge.xapi.relay.reply import Cause, RelayFailed
from tests.support.odd_lrs import always

LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


def remote(endpoint, *addresses, allowed=LOOPBACK):
    resolver = (lambda _host, _port: addresses) if addresses else resolve
    return Remote(endpoint, key="k", secret="s", version=Version.V1, allowed=allowed, resolver=resolver)


def test_connects_to_the_address_that_was_judged_and_speaks_to_the_name(there):
    named = there.url.replace("127.0.0.1", "lrs.nowhere.example")
    with remote(named, "127.0.0.1") as other:
        assert other.about().status == 200
    assert there.asked[0].headers["host"].startswith("lrs.nowhere.example:")


def test_tries_the_next_address_when_one_takes_no_connection(there):
    named = there.url.replace("127.0.0.1", "lrs.nowhere.example")
    with remote(named, "127.0.0.2", "::1", "127.0.0.1") as other:
        assert other.post_statements(b"[]").status == 200
        assert other.post_statements(b"[]").status == 200
    assert len(there.asked) == 2


def test_resolves_names_as_this_machine_does(there):
    with remote(there.url.replace("127.0.0.1", "localhost")) as other:
        assert other.about().status == 200
    with pytest.raises(RelayFailed) as error:
        remote("https://nowhere.invalid/xapi")
    assert error.value.cause is Cause.UNREACHABLE


def test_follows_no_redirect(there):
    there.answer = always(307, {"Location": f"{there.url}/elsewhere"}, b"")
    with remote(there.url) as other:
        assert other.about().status == 307
    assert len(there.asked) == 1


def test_heeds_no_proxy_and_no_netrc_of_the_environment(there, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login other password other\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with remote(there.url) as other:
        assert other.about().status == 200
    assert there.asked[0].headers["authorization"] == "Basic azpz"


def test_reads_the_beginning_of_a_long_answer_and_no_more_than_its_time(there, monkeypatch):
    there.answer = always(400, {}, b"x" * 1_000_000)
    with remote(there.url) as other:
        assert len(other.post_statements(b"[]").body) == client.SHORT_BYTES
        monkeypatch.setattr(client, "TOTAL_SECONDS", -1)
        with pytest.raises(RelayFailed) as error:
            other.get(f"{there.url}/statements", limit=10_000_000)
    assert error.value.cause is Cause.TIMEOUT


def test_is_not_led_to_an_address_that_nobody_allowed():
    with pytest.raises(RelayFailed) as error:
        remote("http://127.0.0.1:9/xapi", allowed=())
    assert error.value.cause is Cause.FORBIDDEN_ADDRESS
