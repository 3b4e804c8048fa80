"""What an administrator writes about a platform."""

from ipaddress import ip_network
from uuid import UUID

import pytest

from lrs_bridge.errors import Invalid
from lrs_bridge.lti.platforms.platform import Platform, Product, State, Version
from lrs_bridge.lti.platforms.setup import (
    FIELDS,
    as_written,
    asks_for_site,
    parse_deployment_id,
    parse_origins,
    parse_setup,
)
from tests.support.lti_setups import NORTH, NOW

LOOPBACK = (ip_network("127.0.0.0/8"),)
OTHER = {
    "product": "other",
    "issuer": "https://lms.example.no/",
    "client_id": "abc",
    "authorization_url": "https://lms.example.no/auth",
    "token_url": "https://lms.example.no/token?realm=1",
    "jwks_url": "https://lms.example.no/keys",
}


@pytest.mark.parametrize(
    ("given", "issuer", "authorization", "token", "jwks", "audience"),
    [
        (
            {"product": "moodle", "site": " https://lms.example.no/moodle/ "},
            "https://lms.example.no/moodle",
            "https://lms.example.no/moodle/mod/lti/auth.php",
            "https://lms.example.no/moodle/mod/lti/token.php",
            "https://lms.example.no/moodle/mod/lti/certs.php",
            None,
        ),
        (
            {"product": "canvas"},
            "https://canvas.instructure.com",
            "https://sso.canvaslms.com/api/lti/authorize_redirect",
            "https://sso.canvaslms.com/login/oauth2/token",
            "https://sso.canvaslms.com/api/lti/security/jwks",
            None,
        ),
        (
            {"product": "BlackboardLearn", "deployment_id": "1"},
            "https://blackboard.com",
            "https://developer.blackboard.com/api/v1/gateway/oidcauth",
            "https://developer.blackboard.com/api/v1/gateway/oauth2/jwttoken",
            "https://developer.blackboard.com/api/v1/management/applications/abc/jwks.json",
            None,
        ),
        (
            {"product": "desire2learn", "site": "https://learn.example.no"},
            "https://learn.example.no",
            "https://learn.example.no/d2l/lti/authenticate",
            "https://auth.brightspace.com/core/connect/token",
            "https://learn.example.no/d2l/.well-known/jwks",
            "https://api.brightspace.com/auth/token",
        ),
        (
            OTHER,
            "https://lms.example.no/",
            "https://lms.example.no/auth",
            "https://lms.example.no/token?realm=1",
            "https://lms.example.no/keys",
            None,
        ),
    ],
)
def test_fills_in_what_follows_from_the_product(given, issuer, authorization, token, jwks, audience):
    found = parse_setup({"client_id": "abc"} | given)
    assert (found.issuer, found.authorization_url, found.token_url) == (issuer, authorization, token)
    assert (found.jwks_url, found.token_audience) == (jwks, audience)
    assert found.name == issuer.split("/")[2]


def test_takes_what_is_written_before_what_is_known():
    given = {"product": "canvas", "client_id": "1", "issuer": "https://canvas.test.instructure.com", "name": "Prøve"}
    found = parse_setup(given | {"token_audience": "x", "jwks_url": "https://sso.test.canvaslms.com/jwks"})
    assert (found.issuer, found.name, found.token_audience) == ("https://canvas.test.instructure.com", "Prøve", "x")
    assert found.jwks_url == "https://sso.test.canvaslms.com/jwks"
    assert found.token_url == "https://sso.canvaslms.com/login/oauth2/token"


def test_asks_for_every_address_when_an_issuer_is_written_instead_of_a_site():
    given = {"product": "desire2learn", "client_id": "1", "issuer": "https://learn.example.no"}
    with pytest.raises(Invalid) as caught:
        parse_setup(given)
    assert caught.value.field == "authorization_url"
    written = given | {"authorization_url": "https://a.example.no/", "jwks_url": "https://j.example.no/"}
    assert parse_setup(written).token_url == "https://auth.brightspace.com/core/connect/token"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"product": "x"}, "product"),
        ({"product": ""}, "product"),
        ({"client_id": " "}, "client_id"),
        ({"client_id": "a" * 256}, "client_id"),
        ({"client_id": "a\nb"}, "client_id"),
        ({"issuer": "", "name": "x"}, "issuer"),
        ({"issuer": "https://lms example.no"}, "issuer"),
        ({"issuer": "no address", "name": "x"}, "issuer"),
        ({"name": "x" * 201}, "name"),
        ({"deployment_id": "x" * 256}, "deployment_id"),
        ({"product": "BlackboardLearn"}, "deployment_id"),
        ({"product": "moodle", "issuer": "", "site": "lms.example.no"}, "site"),
        ({"product": "moodle", "issuer": "", "site": ""}, "site"),
        ({"authorization_url": "lms.example.no/auth"}, "authorization_url"),
        ({"token_url": "http://lms.example.no/token"}, "token_url"),
        ({"token_url": "https://127.0.0.1/token"}, "token_url"),
        ({"jwks_url": "https://lms.example.no/keys#1"}, "jwks_url"),
        ({"jwks_url": "https://lms.example.no/my keys"}, "jwks_url"),
        ({"jwks_url": "https://user:pw@lms.example.no/keys"}, "jwks_url"),
        ({"token_audience": "x" * 1001}, "token_audience"),
        ({"ancestors": "lms.example.no"}, "ancestors"),
    ],
)
def test_names_the_field_that_is_wrong(changes, field):
    with pytest.raises(Invalid) as caught:
        parse_setup(OTHER | changes)
    assert caught.value.field == field


def test_takes_plain_http_only_in_networks_of_our_own():
    given = {"product": "moodle", "site": "http://127.0.0.1:8081", "client_id": "abc"}
    with pytest.raises(Invalid) as caught:
        parse_setup(given)
    assert caught.value.rule == "LRS_BRIDGE_ALLOW_PRIVATE_NETWORKS"
    assert parse_setup(given, allowed=LOOPBACK).jwks_url == "http://127.0.0.1:8081/mod/lti/certs.php"


def test_reads_origins_each_once():
    written = ["https://LMS.example.no/", "", " https://lms.example.no ", "http://localhost:8080"]
    assert parse_origins(written) == ("https://lms.example.no", "http://localhost:8080")


@pytest.mark.parametrize(
    "line",
    ["lms.example.no", "https://*.example.no", "https://a.no/path", "https://a.no/?q", "https://a.no; script-src *", "'self'"],
)
def test_refuses_what_is_no_origin(line):
    with pytest.raises(Invalid) as caught:
        parse_origins([line])
    assert caught.value.field == "ancestors"


def test_refuses_too_many_origins():
    with pytest.raises(Invalid):
        parse_origins([f"https://{number}.example.no" for number in range(21)])


def test_reads_a_deployment_id():
    assert parse_deployment_id(" 1 ") == "1"
    with pytest.raises(Invalid):
        parse_deployment_id("")


def test_shows_a_platform_as_its_form_would_read_it():
    given = OTHER | {"token_audience": "x", "ancestors": "https://a.no\nhttps://b.no", "name": "Navn"}
    setup = parse_setup(given)
    more = {"adopts_deployment": True, "created_at": NOW}
    kept = Platform(
        tenant=NORTH,
        platform_id=UUID(int=1),
        version=Version.V1P3,
        state=State.RUNNING,
        **{name: getattr(setup, name) for name in as_written_names()},
        **more,
    )
    assert parse_setup(as_written(kept)) == setup
    legacy = Platform(
        NORTH, UUID(int=1), Version.V1P1, "x", Product.OTHER, State.RUNNING, "i", "c", None, None, None, None, False, (), NOW
    )
    assert as_written(legacy)["token_url"] == ""


def as_written_names():
    return set(FIELDS) - {"site", "deployment_id"}


def test_knows_whose_addresses_follow_from_the_site():
    assert [product for product in Product if asks_for_site(product)] == [Product.MOODLE, Product.BRIGHTSPACE]
