"""Communication 4.2 and Data 2.4.9: keys, secrets, scopes and authorities."""

from datetime import UTC, datetime, timedelta

import pytest

from lrs_bridge.errors import Forbidden, Invalid
from lrs_bridge.identity import Account, Mbox
from lrs_bridge.xapi.credentials.credential import (
    Authority,
    Credential,
    Kept,
    Scope,
    common,
    matches,
    narrowed,
    parse_scopes,
    secret_hash,
    tenant_of,
    until,
)

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


@pytest.mark.parametrize(
    ("said", "agent"),
    [
        (Authority("Sykehuset"), {"name": "Sykehuset", "account": {"homePage": "https://lrs.example.no", "name": "demo.abc"}}),
        (Authority("Post", Mbox("mailto:lms@example.no")), {"name": "Post", "mbox": "mailto:lms@example.no"}),
        (
            Authority("Konto", Account("https://hr.example.no", "lms")),
            {"name": "Konto", "account": {"homePage": "https://hr.example.no", "name": "lms"}},
        ),
    ],
)
def test_vouches_as_the_administrator_says_when_it_stores(said, agent):
    assert credential(vouched_by=said).authority("https://lrs.example.no") == {"objectType": "Agent", **agent}


@pytest.mark.parametrize("scope", list(Scope))
def test_may_define_when_the_scope_lets_it(scope):
    assert credential(scope).may_define() == (scope in {Scope.DEFINE, Scope.ALL})


@pytest.mark.parametrize("scope", [Scope.STATE, Scope.PROFILE])
@pytest.mark.parametrize("held", list(Scope))
def test_may_use_documents_when_the_scope_lets_it(scope, held):
    for write, suffices in ((True, {scope, Scope.ALL}), (False, {scope, Scope.ALL, Scope.ALL_READ})):
        if held in suffices:
            credential(held).require_documents(scope, write=write)
        else:
            with pytest.raises(Forbidden):
                credential(held).require_documents(scope, write=write)


@pytest.mark.parametrize(
    ("granted", "asked", "given"),
    [
        ({Scope.ALL}, "statements/read state", {Scope.READ, Scope.STATE}),
        ({Scope.ALL_READ}, "statements/read statements/write", {Scope.READ}),
        ({Scope.READ}, "statements/read/mine all", {Scope.READ_MINE}),
        ({Scope.WRITE}, "statements/read nonsense", set()),
        ({Scope.STATE}, "state state", {Scope.STATE}),
    ],
)
def test_narrows_scopes_to_those_held_or_implied_when_asked_for_some(granted, asked, given):
    assert narrowed(asked.split(), frozenset(granted)) == given


@pytest.mark.parametrize(
    ("some", "others", "both"),
    [
        ({Scope.ALL}, {Scope.ALL}, {Scope.ALL}),
        ({Scope.ALL}, {Scope.READ_MINE}, {Scope.READ_MINE}),
        ({Scope.ALL_READ, Scope.STATE}, {Scope.READ, Scope.WRITE}, {Scope.READ}),
        ({Scope.WRITE, Scope.READ}, {Scope.WRITE}, {Scope.WRITE}),
        ({Scope.WRITE}, {Scope.STATE}, set()),
    ],
)
def test_finds_the_scopes_that_both_hold_or_imply(some, others, both):
    assert common(frozenset(some), frozenset(others)) == common(frozenset(others), frozenset(some)) == both


KEPT = Kept(credential(Scope.ALL), secret_hash("new"), secret_hash("old"), NOW + DAY)


def test_verifies_both_secrets_when_one_is_being_replaced():
    assert KEPT.verified("new", NOW) == KEPT.credential
    assert KEPT.verified("old", NOW).expires_at == NOW + DAY
    assert KEPT.verified("old", NOW + DAY) is None
    assert KEPT.verified("new", NOW + 2 * DAY) == KEPT.credential
    assert KEPT.verified("other", NOW) is None


def test_verifies_no_secret_when_there_is_none_before_or_the_key_has_ended():
    assert Kept(credential(), secret_hash("new")).verified("old", NOW) is None
    assert Kept(credential(revoked_at=NOW), secret_hash("new")).verified("new", NOW) is None


def test_ends_with_whatever_ends_first_when_it_has_several_ends():
    assert until(credential(expires_at=NOW), NOW + DAY).expires_at == NOW
    assert until(credential(expires_at=NOW + DAY), NOW).expires_at == NOW
    assert until(credential(), NOW).expires_at == NOW
