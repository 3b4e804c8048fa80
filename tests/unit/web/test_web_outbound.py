from contextlib import nullcontext, suppress
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.errors import Invalid, LrsBridgeError
from lrs_bridge.settings import InvalidSettings, Settings
from lrs_bridge.web.outbound import SETTING, ForbiddenAddress, NoAddress, Target, check_target, check_written, parse_url

OWN = (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


def leads_to(*addresses):
    return lambda _host, _port: addresses


def test_gives_every_address_of_a_host_on_the_open_internet():
    found = check_target("https://lrs.example.no/xapi", resolve=leads_to("93.184.215.14", "2606:2800:21f::1"))
    assert found == Target("https", "lrs.example.no", 443, ("93.184.215.14", "2606:2800:21f::1"))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.255.255.254",
        "::1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "fe80::1%eth0",
        "fd00::1",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104  an address to refuse
        "::",
        "224.0.0.1",
        "ff0e::1",
        "240.0.0.1",
        "255.255.255.255",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "2001:db8::1",
    ],
)
def test_refuses_an_address_that_is_not_on_the_open_internet(address):
    with pytest.raises(ForbiddenAddress, match="LRS_BRIDGE_ALLOW_PRIVATE_NETWORKS"):
        check_target("https://lrs.example.no", resolve=leads_to("93.184.215.14", address))


@pytest.mark.parametrize("address", ["10.1.2.3", "fd00::1", "::ffff:10.1.2.3"])
def test_lets_through_what_the_operator_allows_also_by_plain_http(address):
    assert check_target("http://lrs.intern:8080", resolve=leads_to(address), allowed=OWN).port == 8080


def test_refuses_plain_http_on_the_open_internet():
    with pytest.raises(ForbiddenAddress, match="use https"):
        check_target("http://lrs.example.no", resolve=leads_to("93.184.215.14"), allowed=OWN)


def test_refuses_a_network_beside_the_one_that_is_allowed():
    with pytest.raises(ForbiddenAddress):
        check_target("https://lrs.intern", resolve=leads_to("192.168.0.1"), allowed=OWN)


def fails(error):
    def resolve(host, port):
        raise error

    return resolve


@pytest.mark.parametrize("resolve", [leads_to(), fails(OSError("no")), fails(UnicodeError("no"))])
def test_says_so_when_a_name_has_no_address(resolve):
    with pytest.raises(NoAddress, match=r"lrs\.example\.no has no address"):
        check_target("https://lrs.example.no", resolve=resolve)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "lrs.example.no",
        "ftp://lrs.example.no",
        "https://",
        "https://u@lrs.example.no",
        "https://:p@x.no",
        "https://x:99999",
        "https://[x",
    ],
)
def test_refuses_what_is_no_address_or_holds_a_password(url):
    with pytest.raises(Invalid):
        parse_url(url)


@given(st.text(max_size=60), st.sampled_from(["", "http://", "https://", "https://["]))
def test_raises_nothing_but_our_own_errors(text, start):
    with suppress(LrsBridgeError):
        check_target(start + text, resolve=leads_to("93.184.215.14"))


def test_reads_the_networks_that_an_operator_allows():
    read = Settings.from_environ
    assert read({SETTING: " 10.0.0.0/8, fd00::/8,"}).allow_private_networks == OWN
    assert read({"LRS_BRIDGE_PUBLIC_URL": "https://lrs.example.no"}).allow_private_networks == ()
    for wrong in ("10.0.0.1/8", "intern", "10.0.0.0/40"):
        with pytest.raises(InvalidSettings):
            read({SETTING: wrong})


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "http://localhost:8080", "http://[::1]:8080"])
def test_reaches_this_machine_while_the_service_itself_is_reached_there(url):
    allowed = Settings.from_environ({"LRS_BRIDGE_PUBLIC_URL": url}).allow_private_networks
    assert check_target("http://127.0.0.1:9000/jwks", resolve=leads_to("127.0.0.1"), allowed=allowed).port == 9000
    with pytest.raises(ForbiddenAddress):
        check_target("http://10.0.0.1/jwks", resolve=leads_to("10.0.0.1"), allowed=allowed)


@pytest.mark.parametrize(
    ("url", "allowed", "is_good"),
    [
        ("https://lrs.example.no/xapi", (), True),
        ("https://8.8.8.8/xapi", (), True),
        ("http://lrs.example.no/xapi", (), False),
        ("http://lrs.example.no/xapi", ("10.0.0.0/8",), True),
        ("http://8.8.8.8/xapi", ("10.0.0.0/8",), False),
        ("http://10.1.2.3/xapi", ("10.0.0.0/8",), True),
        ("https://10.1.2.3/xapi", (), False),
        ("https://localhost/xapi", (), False),
        ("https://[::1]/xapi", (), False),
    ],
)
def test_judges_an_address_as_it_is_written_without_looking_up_names(url, allowed, is_good):
    networks = tuple(map(ip_network, allowed))
    with nullcontext() if is_good else pytest.raises(ForbiddenAddress):
        assert check_written(url, allowed=networks) is None
