"""Communication 4.0 and 4.2: keys, secrets and scopes."""

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.errors import Forbidden, Invalid, LrsBridgeError, Unauthenticated
from lrs_bridge.xapi.credentials.credential import Credential, Scope, matches, parse_basic, parse_scopes, secret_hash, tenant_of

NOW = datetime(2026, 3, 4, tzinfo=UTC)
DAY = timedelta(days=1)


def credential(*scopes, **ends):
    return Credential("demo", "demo.abc", "Læringsportalen", frozenset(scopes), NOW, **ends)


@pytest.mark.parametrize(("scope", "may"), [(s, s in {Scope.WRITE, Scope.ALL}) for s in Scope])
def test_may_store_when_the_scope_lets_it(scope, may):
    if may:
        credential(scope).require_write()
    else:
        with pytest.raises(Forbidden):
            credential(scope).require_write()


@pytest.mark.parametrize("scope", [Scope.READ, Scope.ALL_READ, Scope.ALL])
def test_may_read_everything_when_the_scope_lets_it(scope):
    assert credential(scope, Scope.READ_MINE).writer_to_read() is None


def test_may_read_its_own_when_the_scope_is_mine():
    assert credential(Scope.READ_MINE, Scope.WRITE).writer_to_read() == "demo.abc"


def test_may_read_nothing_when_it_may_only_write():
    with pytest.raises(Forbidden):
        credential(Scope.WRITE).writer_to_read()


def test_is_valid_when_it_has_not_ended():
    assert credential().is_valid(NOW)
    assert credential(expires_at=NOW + DAY).is_valid(NOW)
    assert not credential(expires_at=NOW).is_valid(NOW)
    assert not credential(expires_at=NOW + DAY, revoked_at=NOW - DAY).is_valid(NOW)


def test_vouches_as_an_account_of_the_service_when_it_stores():
    assert credential().authority("https://lrs.example.no") == {
        "objectType": "Agent",
        "name": "Læringsportalen",
        "account": {"homePage": "https://lrs.example.no", "name": "demo.abc"},
    }


def test_reads_scopes_when_all_are_known():
    assert parse_scopes(["all", "statements/write"]) == {Scope.ALL, Scope.WRITE}


@pytest.mark.parametrize("names", [["statements"], []])
def test_refuses_scopes_when_unknown_or_none(names):
    with pytest.raises(Invalid) as refused:
        parse_scopes(names)
    assert refused.value.field == "scopes"


@pytest.mark.parametrize(("key", "tenant"), [("demo.abc", "demo"), ("a.b.c", "a.b"), ("demo", ""), ("", "")])
def test_tells_the_tenant_when_a_key_names_one(key, tenant):
    assert tenant_of(key) == tenant


def test_matches_a_secret_when_it_is_the_same():
    assert matches("hemmelig", secret_hash("hemmelig"))
    assert not matches("Hemmelig", secret_hash("hemmelig"))


def basic(text):
    return "Basic " + base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(("text", "pair"), [("k:s", ("k", "s")), ("k:s:t", ("k", "s:t")), ("k:", ("k", "")), ("æ:ø", ("æ", "ø"))])
def test_reads_key_and_secret_when_the_header_is_basic(text, pair):
    assert parse_basic(basic(text)) == pair
    assert parse_basic(basic(text).replace("Basic", "basic ")) == pair


@pytest.mark.parametrize(
    "header", [None, "", "Bearer x", "Basic", "Basic !!!", "Basic /w==", "Basic æ", basic("nocolon"), basic("a\x00b:c")]
)
def test_knows_nobody_when_the_header_names_nobody(header):
    with pytest.raises(Unauthenticated):
        parse_basic(header)


@given(st.text())
def test_raises_nothing_but_our_errors_when_the_header_is_any_text(header):
    for text in (header, "Basic " + header):
        try:
            parse_basic(text)
        except LrsBridgeError:
            continue
