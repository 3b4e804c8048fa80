from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from lrs_bridge.lti.advantage.token import TokenRefused, assertion_claims, parse_token, scope_set, token_form
from lrs_bridge.lti.platforms.platform import Platform, Product, State, Version
from lrs_bridge.web.reply import Reply

NOW = datetime(2026, 3, 4, 10, tzinfo=UTC)
OK = Reply(200, {}, b"{}")


def platform(**changes):
    given = {
        "tenant": "north",
        "platform_id": UUID(int=1),
        "version": Version.V1P3,
        "name": "LMS",
        "product": Product.MOODLE,
        "state": State.RUNNING,
        "issuer": "https://lms.example.no",
        "client_id": "abc",
        "authorization_url": "https://lms.example.no/auth",
        "token_url": "https://lms.example.no/token",
        "token_audience": None,
        "jwks_url": "https://lms.example.no/jwks",
        "adopts_deployment": False,
        "ancestors": (),
        "created_at": NOW,
    }
    return Platform(**(given | changes))


def test_says_who_we_are_for_five_minutes():
    claims = assertion_claims(platform(), now=NOW, jti="once")
    at = int(NOW.timestamp()) - 10  # clocks differ, and platforms refuse what is not made yet
    assert claims == {
        "iss": "abc", "sub": "abc", "aud": "https://lms.example.no/token", "iat": at, "exp": at + 300, "jti": "once"
    }  # fmt: skip
    elsewhere = platform(token_audience="https://api.brightspace.com/auth/token")
    assert assertion_claims(elsewhere, now=NOW, jti="x")["aud"] == "https://api.brightspace.com/auth/token"


def test_asks_for_a_set_of_scopes():
    assert scope_set(["b", "a", "b"]) == ("a", "b")
    form = token_form("signed", ("a", "b"))
    assert (form["grant_type"], form["client_assertion"], form["scope"]) == ("client_credentials", "signed", "a b")
    assert form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        (3600, 3600),
        ("3600", 3600),
        (61.5, 61.5),
        (None, 300),
        ("soon", 300),
        (0, 300),
        (-5, 300),
        (float("nan"), 300),
        (10**9, 43200),
        ([], 300),
    ],
)
def test_keeps_a_token_until_a_minute_before_its_end(said, seconds):
    token = parse_token(OK, {"access_token": "t", "token_type": "Bearer", "expires_in": said}, now=NOW)
    assert (token.value, token.until) == ("t", NOW + timedelta(seconds=seconds - 60))
    assert "t'" not in repr(token)


def test_takes_a_token_whose_kind_is_not_said():
    assert parse_token(OK, {"access_token": "t"}, now=NOW).value == "t"


@pytest.mark.parametrize(
    ("reply", "document", "words"),
    [
        (Reply(400, {}, b""), {"error": "invalid_client", "error_description": "no key"}, "answered 400: invalid_client no key"),
        (Reply(401, {}, b"go away"), None, "answered 401: go away"),
        (Reply(500, {}, b""), None, "answered 500"),
        (OK, None, "gave no token"),
        (OK, [], "gave no token"),
        (OK, {"access_token": ""}, "gave no token"),
        (OK, {"access_token": 7}, "gave no token"),
        (OK, {"access_token": "a\r\nb"}, "gave no token"),
        (OK, {"access_token": "æ"}, "gave no token"),
        (OK, {"access_token": "t", "token_type": "mac"}, "of the kind mac"),
    ],
)  # fmt: skip
def test_tells_in_the_platforms_words_why_there_is_no_token(reply, document, words):
    with pytest.raises(TokenRefused) as error:
        parse_token(reply, document, now=NOW)
    assert error.value.message.endswith(words)
    assert error.value.http_status == reply.status
    assert error.value.rule
