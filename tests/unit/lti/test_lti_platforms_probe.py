"""What a platform's answers to a connection test mean."""

from dataclasses import replace

import pytest

from lrs_bridge.lti.advantage.token import assertion_claims, token_form
from lrs_bridge.lti.platforms import probe
from lrs_bridge.lti.platforms.probe import Asked, Tried, Verdict
from lrs_bridge.web.reply import CallFailed, Reply, Trouble
from tests.support.lti_setups import NOW, platform


def test_asks_for_a_token_as_the_security_framework_says():
    one = platform()
    claims = assertion_claims(one, now=NOW, jti="j")
    assert claims["iss"] == claims["sub"] == "abc"
    assert claims["aud"] == one.token_url
    at = int(NOW.timestamp())
    assert (claims["iat"], claims["exp"]) == (at - 10, at + 290)
    assert assertion_claims(replace(one, token_audience="x"), now=NOW, jti="j")["aud"] == "x"
    form = token_form("signed", probe.TOKEN_SCOPES)
    assert (form["grant_type"], form["client_assertion"]) == ("client_credentials", "signed")
    assert "lti-ags/scope/score" in form["scope"]


@pytest.mark.parametrize(
    ("status", "body", "verdict", "said"),
    [
        (200, b'{"access_token": "t"}', Verdict.GOOD, ""),
        (200, b'{"access_token": 7}', Verdict.REFUSED, '200 {"access_token": 7}'),
        (400, b'{"error": "invalid_client", "error_description": "who?"}', Verdict.UNKNOWN_CLIENT, "invalid_client who?"),
        (400, b'{"error": "unauthorized_client"}', Verdict.UNKNOWN_CLIENT, "unauthorized_client"),
        (400, b'{"error": "invalid_scope"}', Verdict.NO_SCOPE, "invalid_scope"),
        (400, b'{"error": ["x"]}', Verdict.REFUSED, "['x']"),
        (404, b"<h1>No</h1>", Verdict.REFUSED, "404 <h1>No</h1>"),
        (500, b"", Verdict.REFUSED, "500"),
        (400, b"[1]", Verdict.REFUSED, "400 [1]"),
    ],
)
def test_tells_what_the_token_service_made_of_it(status, body, verdict, said):
    assert probe.judge_token(Reply(status, {}, body)) == Tried(Asked.TOKEN, verdict, said)


def test_takes_any_answer_of_the_login_page_for_one():
    assert probe.judge_login(Reply(404, {}, b"")).is_good


@pytest.mark.parametrize(("found", "good"), [([{"kty": "RSA"}], True), ([{"kty": "EC"}], False), ([], False)])
def test_wants_a_key_that_launches_can_be_checked_with(found, good):
    assert probe.judge_keys({"keys": found}).is_good is good


def test_a_platform_that_gives_no_scopes_still_works():
    assert Tried(Asked.TOKEN, Verdict.NO_SCOPE).is_good
    assert not Tried(Asked.TOKEN, Verdict.UNKNOWN_CLIENT).is_good


def test_tells_why_no_answer_came():
    tried = probe.failed(Asked.KEYS, CallFailed("it did not answer in time", cause=Trouble.TIMEOUT))
    assert tried == Tried(Asked.KEYS, "timeout", "it did not answer in time")
