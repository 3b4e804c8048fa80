"""Keys, tokens and the journal of requests, on both databases."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from lrs_bridge.db import audit, read, transact
from lrs_bridge.errors import NotFound, TooManyRequests, Unauthenticated
from lrs_bridge.identity import Account, Mbox
from lrs_bridge.xapi.credentials import service
from lrs_bridge.xapi.credentials.authorization import basic_header
from lrs_bridge.xapi.credentials.credential import Authority, Scope
from lrs_bridge.xapi.credentials.journal import service as journals
from lrs_bridge.xapi.credentials.journal import store as journal_store
from lrs_bridge.xapi.credentials.journal.advice import Reason
from lrs_bridge.xapi.credentials.journal.buffer import Entry
from lrs_bridge.xapi.credentials.journal.compatibility import Finding
from lrs_bridge.xapi.credentials.journal.digest import RECENT, REJECTED
from lrs_bridge.xapi.credentials.oauth import service as oauth
from lrs_bridge.xapi.credentials.oauth import store as token_store
from lrs_bridge.xapi.credentials.oauth.token import MOST_PER_KEY
from lrs_bridge.xapi.credentials.terms import Terms

NOW = datetime(2026, 3, 4, 12, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TERMS = Terms("LMS", frozenset({Scope.WRITE, Scope.READ}))
KARI = "person:kari"


def make(engine, terms=TERMS, tenant="demo"):
    return transact(engine, lambda session: service.open_credential(session, tenant, terms, now=NOW, by=KARI))


def get(engine, key, tenant="demo"):
    return read(engine, lambda session: service.get_credential(session, tenant, key))


def who(engine, header, now=NOW):
    return read(engine, lambda session: service.authenticate(session, header, now))


def act(engine, work, *named, now=NOW, **more):
    return transact(engine, partial(lambda session: work(session, "demo", *named, now=now, by=KARI, **more)))


def audited(engine, key):
    events = read(engine, lambda session: audit.find(session, "demo", subject=f"credential:{key}"))
    assert {event.actor for event in events} == {KARI}
    return {event.action: event.detail for event in events}


# Keys


@pytest.mark.parametrize(
    "vouched_by", [None, Authority("HR"), Authority("HR", Mbox("mailto:a@b.no")), Authority("HR", Account("https://b.no", "a"))]
)
def test_gives_a_key_back_as_it_was_agreed_when_it_was_made(engine, vouched_by):
    terms = Terms("LMS", frozenset(Scope), ("https://a.no", "null"), 60, NOW + DAY, "avtale 12", vouched_by)
    key, secret = make(engine, terms)
    found = get(engine, key)
    assert service.terms_of(found) == terms
    assert who(engine, basic_header(key, secret)) == found
    assert secret not in str(audited(engine, key)["credential.create"])


def test_holds_a_key_to_other_terms_when_it_was_changed(engine):
    key, secret = make(engine)
    terms = Terms("Kursbyggeren", frozenset({Scope.STATE}), ("https://a.no",), 5, NOW + DAY, "n", Authority("HR"))
    act(engine, service.change_credential, key, terms)
    assert service.terms_of(who(engine, basic_header(key, secret))) == terms
    assert audited(engine, key)["credential.change"]["scopes"] == [["statements/read", "statements/write"], ["state"]]
    act(engine, service.change_credential, key, TERMS)
    assert service.terms_of(get(engine, key)) == TERMS


def test_lets_both_secrets_in_until_the_overlap_ends_when_a_key_is_rotated(engine):
    key, first = make(engine)
    second = act(engine, service.rotate_credential, key, overlap=2 * HOUR)
    assert who(engine, basic_header(key, second)).expires_at is None
    assert who(engine, basic_header(key, first)).expires_at == NOW + 2 * HOUR
    earlier = read(engine, lambda session: service.earlier_secret_until(session, "demo", key, NOW))
    assert earlier == NOW + 2 * HOUR
    with pytest.raises(Unauthenticated):
        who(engine, basic_header(key, first), NOW + 2 * HOUR)
    assert read(engine, lambda session: service.earlier_secret_until(session, "demo", key, NOW + 2 * HOUR)) is None
    third = act(engine, service.rotate_credential, key, overlap=HOUR)
    for secret, works in ((first, False), (second, True), (third, True)):
        if works:
            who(engine, basic_header(key, secret))
        else:
            with pytest.raises(Unauthenticated):
                who(engine, basic_header(key, secret))
    assert audited(engine, key)["credential.rotate"]["overlap_hours"] in {1, 2}


@pytest.mark.parametrize("work", [service.rotate_credential, service.change_credential, service.revoke_credential])
def test_finds_no_key_when_it_was_revoked_or_is_another_tenants(engine, work):
    more = {service.rotate_credential: {"overlap": HOUR}, service.change_credential: {"terms": TERMS}}.get(work, {})
    others, _secret = make(engine, tenant="nabo")
    ended, _secret = make(engine)
    act(engine, service.revoke_credential, ended)
    for key in (others, ended, "demo.none"):
        with pytest.raises(NotFound):
            act(engine, work, key, **more)


def test_gives_no_new_secret_when_a_key_has_expired(engine):
    key, _secret = make(engine, Terms("LMS", frozenset({Scope.ALL}), expires_at=NOW + HOUR))
    with pytest.raises(NotFound):
        act(engine, service.rotate_credential, key, overlap=HOUR, now=NOW + HOUR)
    assert read(engine, lambda session: service.earlier_secret_until(session, "demo", "demo.none", NOW)) is None


def test_shows_no_key_when_it_is_another_tenants(engine):
    key, _secret = make(engine, tenant="nabo")
    with pytest.raises(NotFound):
        get(engine, key)


# Tokens


def tokens_of(engine, now=NOW, admit=lambda _client: None):
    return oauth.StoredTokens(partial(read, engine), partial(transact, engine), admit, now)


def issue(engine, made, scopes=frozenset({Scope.WRITE}), now=NOW):
    tokens = tokens_of(engine, now)
    return tokens.issue(tokens.find_client(*made), scopes)


def kept_of(session, key, token):
    return token_store.find_token(session, "demo", key, service.secret_hash(token))


def test_knows_a_key_by_its_token_with_the_tokens_scopes_until_it_ends(engine):
    key, secret = make(engine)
    token, seconds = issue(engine, (key, secret))
    found = who(engine, f"Bearer {token}")
    assert (found.key, found.scopes, found.expires_at, seconds) == (key, {Scope.WRITE}, NOW + HOUR, 3600)
    for wrong, now in ((token, NOW + HOUR), (token + "0", NOW), (token.replace("demo", "nabo"), NOW), (key, NOW)):
        with pytest.raises(Unauthenticated):
            who(engine, f"Bearer {wrong}", now)


def test_takes_from_a_token_what_its_key_may_no_longer_do_when_the_key_is_changed(engine):
    key, secret = make(engine, Terms("LMS", frozenset({Scope.ALL})))
    token, _seconds = issue(engine, (key, secret), frozenset({Scope.ALL}))
    act(engine, service.change_credential, key, Terms("LMS", frozenset({Scope.READ_MINE})))
    assert who(engine, f"Bearer {token}").scopes == {Scope.READ_MINE}
    act(engine, service.change_credential, key, Terms("LMS", frozenset({Scope.ALL})))
    assert who(engine, f"Bearer {token}").scopes == {Scope.ALL}


def test_knows_no_token_when_its_key_may_do_nothing_of_what_the_token_may(engine):
    key, secret = make(engine)
    token, _seconds = issue(engine, (key, secret))
    act(engine, service.change_credential, key, Terms("LMS", frozenset({Scope.STATE})))
    with pytest.raises(Unauthenticated):
        who(engine, f"Bearer {token}")


def test_gives_a_token_no_longer_than_the_key_when_that_ends_before(engine):
    key, secret = make(engine, Terms("LMS", frozenset({Scope.ALL}), expires_at=NOW + timedelta(minutes=5)))
    assert issue(engine, (key, secret))[1] == 300


def test_ends_tokens_when_the_key_is_revoked_or_its_secret_leaked(engine):
    for end in (service.revoke_credential, partial(service.rotate_credential, overlap=timedelta())):
        key, secret = make(engine)
        token, _seconds = issue(engine, (key, secret))
        act(engine, end, key)
        with pytest.raises(Unauthenticated):
            who(engine, f"Bearer {token}")
        assert read(engine, lambda session, key=key, token=token: kept_of(session, key, token)) is None


def test_leaves_tokens_when_the_secret_is_replaced_in_good_time(engine):
    key, secret = make(engine)
    token, _seconds = issue(engine, (key, secret))
    act(engine, service.rotate_credential, key, overlap=HOUR)
    assert who(engine, f"Bearer {token}").key == key


def test_ends_a_token_when_its_own_key_asks_and_no_others(engine):
    (key, secret), (other, _) = make(engine), make(engine)
    token, _seconds = issue(engine, (key, secret))
    for by, works in ((other, True), (key, False)):
        tokens_of(engine).revoke(get(engine, by), token)
        if works:
            who(engine, f"Bearer {token}")
    with pytest.raises(Unauthenticated):
        who(engine, f"Bearer {token}")


def test_ends_the_oldest_token_when_a_key_has_too_many(engine):
    key, secret = make(engine)
    tokens = [issue(engine, (key, secret), now=NOW + timedelta(seconds=number))[0] for number in range(MOST_PER_KEY + 2)]
    late = NOW + timedelta(seconds=500)
    for token in tokens[:2]:
        with pytest.raises(Unauthenticated):
            who(engine, f"Bearer {token}", late)
    for token in tokens[2:]:
        who(engine, f"Bearer {token}", late)


def test_keeps_no_token_when_one_is_given(engine):
    key, secret = make(engine)
    token, _seconds = issue(engine, (key, secret))
    kept = read(engine, lambda session: kept_of(session, key, token))
    assert token.rpartition(".")[2] not in str(kept)


def test_asks_for_no_transaction_that_writes_when_the_secret_is_wrong(engine):
    key, _secret = make(engine)
    tokens = oauth.StoredTokens(partial(read, engine), never, never, NOW)
    assert tokens.find_client(key, "wrong") is None
    assert tokens.find_client("demo.unknown", "wrong") is None


def never(*_given):
    raise AssertionError


def test_counts_a_request_for_its_key_before_anything_is_written(engine):
    key, secret = make(engine)

    def refuse(client):
        raise TooManyRequests(client.key)

    tokens = oauth.StoredTokens(partial(read, engine), never, refuse, NOW)
    with pytest.raises(TooManyRequests, match=key):
        tokens.find_client(key, secret)
    assert tokens.client.key == key


def test_gives_no_token_when_the_secret_ends_between_asking_and_giving(engine):
    key, secret = make(engine)
    tokens = tokens_of(engine)
    client = tokens.find_client(key, secret)
    act(engine, service.rotate_credential, key, overlap=timedelta())
    with pytest.raises(Unauthenticated):
        tokens.issue(client, frozenset({Scope.WRITE}))


# The journal


def entry(key, seconds=0.0, status=200, tenant="demo", **more):
    said = {"method": "POST", "resource": "statements", "version": "1.0.3", "user_agent": "curl/8"} | more
    return Entry(tenant=tenant, key=key, at=NOW + timedelta(seconds=seconds), status=status, **said)


def flush(engine, *entries, now=NOW):
    transact(engine, lambda session: journals.flush(session, entries, now))


def usage(engine, key, now=NOW, tenant="demo"):
    return read(engine, lambda session: journals.usage(session, tenant, key, now))


def test_tells_what_a_key_asked_when_it_was_flushed(engine):
    key, _secret = make(engine)
    refused = entry(key, 1, 400, code="invalid", field="verb.id", rule="xAPI 1.0.3 Data 2.4.3", message="must be an IRI")
    flush(engine, entry(key), refused, entry(key, 2, 400, version="", code="invalid", field="X-Experience-API-Version"))
    told = usage(engine, key)
    assert [line.at.second for line in told.newest] == [2, 1, 0]
    assert [(each.reason, each.times) for each in told.refusals] == [(Reason.NO_VERSION, 1), (Reason.STATEMENT, 1)]
    assert told.refusals[1].last.message == "must be an IRI"
    assert [(each.finding, each.requests, each.programs) for each in told.report] == [
        (Finding.MISSING, 1, ("curl",)),
        (Finding.CURRENT, 2, ("curl",)),
    ]


def test_adds_up_counts_when_flushed_again_in_the_hour_and_after(engine):
    key, _secret = make(engine)
    for seconds in (0, 10, 3600):
        flush(engine, entry(key, seconds), entry(key, seconds, alternate="text/plain"))
    told = usage(engine, key)
    assert [(each.finding, each.requests) for each in told.report] == [(Finding.TEXT_PLAIN, 3), (Finding.CURRENT, 6)]
    assert read(engine, lambda session: journals.last_hours(session, "demo")) == {key: NOW.replace(minute=0) + HOUR}


def test_keeps_the_newest_when_there_are_too_many(engine):
    key, _secret = make(engine)
    for start in range(0, 120, 40):
        flush(engine, *(entry(key, start + number) for number in range(40)))
    kept = read(engine, lambda session: journal_store.newest_lines(session, "demo", key, rejected=False, limit=1000))
    assert [line.at for line in kept] == [NOW + timedelta(seconds=number) for number in range(119, 119 - RECENT, -1)]
    flush(engine, *(entry(key, number, 400) for number in range(REJECTED)), entry(key, REJECTED, 400))
    kept = read(engine, lambda session: journal_store.newest_lines(session, "demo", key, rejected=True, limit=1000))
    assert len(kept) == REJECTED
    assert len(usage(engine, key).newest) == RECENT


def test_forgets_refusals_and_counts_when_they_are_old(engine):
    key, _secret = make(engine)
    flush(engine, *(entry(key, number / 10, status=400) for number in range(REJECTED)))
    flush(engine, entry(key, 31 * 86_400, status=403), now=NOW + 31 * DAY)
    assert [(each.times, each.last.status) for each in usage(engine, key).refusals] == [(1, 403)]
    flush(engine, entry(key, 401 * 86_400), now=NOW + 401 * DAY)
    with engine.connect() as session:
        hours = journal_store.uses_since(session, "demo", key, NOW - DAY)
    assert [use.count.requests for use in hours] == [2]  # the first 500 are forgotten


def test_keeps_unknown_keys_apart_and_bounded_when_somebody_guesses(engine):
    key, _secret = make(engine)
    guesses = [entry(f"demo.{number:016x}", number / 10, 401, code="unauthenticated") for number in range(REJECTED + 50)]
    flush(engine, entry(key), *guesses)
    found = read(engine, lambda session: journals.unknown_keys(session, "demo"))
    assert sum(each.times for each in found) == REJECTED
    assert found[0].last.named == guesses[-1].key
    assert [line.key for line in usage(engine, key).newest] == [key]


def test_keeps_nothing_when_no_tenant_with_keys_is_named(engine):
    make(engine)
    flush(engine, entry("ghost.0123456789abcdef", tenant="ghost", status=401), entry("", tenant="", status=401))
    for tenant in ("ghost", "", "demo"):
        assert read(engine, lambda session, tenant=tenant: journals.unknown_keys(session, tenant)) == []


def test_tells_nothing_of_another_tenant_when_both_ask(engine):
    mine, _secret = make(engine)
    theirs, _secret = make(engine, tenant="nabo")
    flush(engine, entry(mine), entry(theirs, tenant="nabo"), entry(theirs, status=401))
    assert len(usage(engine, mine).newest) == len(usage(engine, theirs, tenant="nabo").newest) == 1
    assert usage(engine, theirs).newest == []
    assert set(read(engine, lambda session: journals.last_hours(session, "demo"))) == {mine}
    (guess,) = read(engine, lambda session: journals.unknown_keys(session, "demo"))
    assert guess.last.named == theirs
