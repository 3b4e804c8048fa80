import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from lrs_bridge.db import audit, read, transact
from lrs_bridge.errors import Conflict, Forbidden, Invalid, NotFound
from lrs_bridge.identity import Identifier, IdentifierKind, Mbox, MboxSha1Sum, identifier_of, implied_identifiers
from lrs_bridge.people import service
from lrs_bridge.people.access import Action, Role, TenantRole
from lrs_bridge.people.oidc import VerifiedLogin
from lrs_bridge.people.tables import employment
from lrs_bridge.people.throttle import FREE_FAILURES, Scope, Throttled
from lrs_bridge.web.user import SESSION_LIFETIME
from tests.support.cast import (
    ANNE,
    ARNE,
    EXTRA,
    KARI,
    LENA,
    NILS,
    NORTH,
    NOW,
    OLA,
    PASSWORD,
    SIGRID,
    SOUTH,
    START,
    TORE,
    hpr,
    load,
    mailbox,
)

ACCOUNT = Identifier(IdentifierKind.ACCOUNT, "https://lms.example.no", "kari01")
SUBJECT = Identifier(IdentifierKind.OIDC_SUBJECT, "https://id.example.no", "sub-1")


@pytest.fixture
def run(engine):
    """Runs a use case in a transaction of its own."""
    transact(engine, load)

    def run(function, *arguments, **named):
        return transact(engine, lambda session: function(session, *arguments, **named))

    return run


# Tenants and persons


def test_tenants_are_listed_by_name(run):
    assert [tenant.tenant for tenant in run(service.tenants)] == [NORTH, SOUTH]


@pytest.mark.parametrize("wrong", [{"language": "sv"}, {"name": " "}])
def test_tenant_is_refused_when_something_is_wrong(run, wrong):
    with pytest.raises(Invalid):
        run(service.add_tenant, "west", **{"name": "West", "kind": "trust", "language": "nb"} | wrong)


@pytest.mark.parametrize("slug", ["", "-west", "West", "we.st", "w/e", "vest\u00e6", "west ", "west\n", "w" * 41])
def test_tenant_is_refused_when_its_slug_cannot_stand_in_keys_and_addresses(run, slug):
    with pytest.raises(Invalid) as refused:
        run(service.add_tenant, slug, name="West", kind="trust", language="nb")
    assert refused.value.field == "tenant"


def test_tenant_is_added_when_its_slug_is_as_long_as_allowed(run):
    run(service.add_tenant, "0-" + "w" * 38, name="West", kind="trust", language="nb")
    assert len(run(service.tenants)) == 3


def test_tenant_is_not_found_when_unknown(run):
    with pytest.raises(NotFound):
        run(service.get_tenant, "west")


def test_person_is_not_found_when_in_another_tenant(run):
    assert run(service.get_person, NORTH, KARI).name == "Kari Nordmann"
    with pytest.raises(NotFound):
        run(service.get_person, SOUTH, OLA)


def test_loading_twice_changes_nothing(run):
    before = run(audit.find, NORTH)
    run(load)
    assert run(audit.find, NORTH) == before
    assert len(run(service.related, NORTH, KARI, NOW)) == 4


def test_persons_of_many_ids_are_those_that_exist(run):
    assert set(run(service.persons, NORTH, [KARI, OLA, uuid4()])) == {KARI, OLA}
    assert run(service.persons, NORTH, []) == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("nord", [KARI], id="part of a name"),
        pytest.param("ØSTBY", [OLA], id="letters beyond ASCII, other case"),
        pytest.param("700003", [SIGRID], id="an HPR number"),
        pytest.param("Kari@North.example.no", [KARI], id="an address"),
        pytest.param("70000", [], id="part of a number"),
        pytest.param("%", [], id="a wildcard is a character"),
        pytest.param("  ", [], id="nothing"),
    ],
)
def test_persons_are_found_by_name_or_identifier(run, text, found):
    assert [person.person_id for person in run(service.find_persons, NORTH, text)] == found


def test_persons_found_are_no_more_than_asked_for(run):
    assert len(run(service.find_persons, NORTH, "a", 2)) == 2


# Identifiers


def test_resolve_finds_all_that_are_known_in_this_tenant(run):
    run(service.link_identifier, NORTH, ACCOUNT, KARI, actor="system", now=NOW)
    unlinked = Identifier(IdentifierKind.ACCOUNT, "https://lms.example.no", "700003")  # Sigrid has it as another kind
    asked = [ACCOUNT, hpr("700002"), mailbox("sigrid@north.example.no"), unlinked, hpr("999")]
    assert run(service.resolve, NORTH, asked) == {
        ACCOUNT: KARI,
        hpr("700002"): OLA,
        mailbox("sigrid@north.example.no"): SIGRID,
    }
    assert run(service.resolve, SOUTH, asked) == {}
    assert run(service.resolve, NORTH, []) == {}


def test_mailbox_is_linked_with_its_digest(run):
    kinds = {identifier.kind for identifier in run(service.identifiers_of, NORTH, KARI)}
    assert kinds == {IdentifierKind.MBOX, IdentifierKind.MBOX_SHA1SUM, IdentifierKind.HPR_NUMBER}


def test_mailbox_is_one_however_it_is_spelled_when_linked_and_looked_up(run):
    typed, sent = mailbox("Kari.N@Example.NO"), identifier_of(Mbox("mailto:KARI.n@example.no"))
    run(service.link_identifier, NORTH, typed, KARI, actor="system", now=NOW)
    assert run(service.resolve, NORTH, [typed, sent]) == {typed: KARI, sent: KARI}
    digest = hashlib.sha1(b"mailto:kari.n@example.no", usedforsecurity=False).hexdigest()
    assert run(service.resolve, NORTH, [identifier_of(MboxSha1Sum(digest))]).popitem()[1] == KARI
    loud = Identifier(IdentifierKind.MBOX_SHA1SUM, "", digest.upper())
    assert run(service.resolve, NORTH, [loud]) == {loud: KARI}
    with pytest.raises(Conflict):
        run(service.link_identifier, NORTH, mailbox("KARI.N@example.no"), OLA, actor="system", now=NOW)


def test_mailbox_is_anothers_when_a_letter_only_looks_alike(run):
    kelvin = mailbox("\u212aari@north.example.no")
    assert run(service.resolve, NORTH, [kelvin]) == {}
    assert run(service.find_persons, NORTH, "\u212aari@north.example.no") == []
    run(service.link_identifier, NORTH, kelvin, OLA, actor="system", now=NOW)
    assert run(service.resolve, NORTH, [kelvin, mailbox("kari@north.example.no")])[kelvin] == OLA


def test_link_is_logged_once_when_made_twice(run):
    for _time in range(2):
        run(service.link_identifier, NORTH, ACCOUNT, KARI, actor=f"person:{ANNE}", now=NOW)
    events = [e for e in run(audit.find, NORTH, subject=f"person:{KARI}") if e.actor == f"person:{ANNE}"]
    assert [(e.action, e.detail) for e in events] == [("identifier.link", {"identifier": str(ACCOUNT)})]


@pytest.mark.parametrize("identifier", [hpr("700002"), mailbox("ola@north.example.no")], ids=str)
def test_link_is_refused_and_nothing_changes_when_identifier_is_anothers(run, identifier):
    before = run(service.identifiers_of, NORTH, KARI)
    with pytest.raises(Conflict):
        run(service.link_identifier, NORTH, identifier, KARI, actor="system", now=NOW)
    assert run(service.identifiers_of, NORTH, KARI) == before


def test_link_is_refused_when_only_the_digest_is_anothers(run):
    _mailbox, digest = implied_identifiers(mailbox("new@north.example.no"))
    run(service.link_identifier, NORTH, digest, OLA, actor="system", now=NOW)
    with pytest.raises(Conflict):
        run(service.link_identifier, NORTH, mailbox("new@north.example.no"), KARI, actor="system", now=NOW)
    assert mailbox("new@north.example.no") not in run(service.identifiers_of, NORTH, KARI)


@pytest.mark.parametrize("value", ["", "x" * 2001, "ø" * 1001], ids=["empty", "too long", "too many bytes"])
def test_link_is_refused_when_identifier_cannot_be_one(run, value):
    with pytest.raises(Invalid):
        run(service.link_identifier, NORTH, Identifier(IdentifierKind.OPENID, "", value), KARI, actor="system", now=NOW)


def test_longest_identifier_can_be_kept(run):
    longest = Identifier(IdentifierKind.OPENID, "", "".join(f"{n:x}" for n in range(1000))[:2000])
    run(service.link_identifier, NORTH, longest, KARI, actor="system", now=NOW)
    assert run(service.resolve, NORTH, [longest]) == {longest: KARI}


def test_link_is_refused_when_person_is_unknown(run):
    with pytest.raises(NotFound):
        run(service.link_identifier, NORTH, ACCOUNT, uuid4(), actor="system", now=NOW)


def test_one_of_two_wins_when_both_link_the_same_identifier_at_once(engine, run):
    def link(person_id):
        try:
            run(service.link_identifier, NORTH, ACCOUNT, person_id, actor="system", now=NOW)
        except Conflict:
            return None
        return person_id

    with ThreadPoolExecutor(4) as threads:
        winners = {person for person in threads.map(link, [KARI, OLA, SIGRID, ARNE]) if person}
    assert winners == {run(service.resolve, NORTH, [ACCOUNT])[ACCOUNT]}


# Relations


def test_related_are_those_who_follow_today(run):
    relations = {(relation.person.person_id, relation.role) for relation in run(service.related, NORTH, KARI, NOW)}
    assert relations == {
        (SIGRID, Role.SUPERVISOR),
        (ARNE, Role.ADVISOR),
        (LENA, Role.LEADER),
        (TORE, Role.TRAINING_LEAD),
    }
    supervisors = run(service.related, NORTH, KARI, NOW, [Role.SUPERVISOR])
    assert [relation.person.person_id for relation in supervisors] == [SIGRID]


def test_residents_are_those_one_follows_today(run):
    assert [(r.person.person_id, r.role) for r in run(service.residents_of, NORTH, ARNE, NOW)] == [
        (KARI, Role.ADVISOR),
        (OLA, Role.LEADER),
    ]
    assert run(service.residents_of, NORTH, ARNE, NOW, [Role.SUPERVISOR]) == []
    assert run(service.residents_of, SOUTH, ARNE, NOW) == []


@pytest.mark.parametrize(
    ("at", "roles"),
    [
        pytest.param(datetime(2025, 12, 31, 22, 59, tzinfo=UTC), set(), id="before the relation"),
        pytest.param(datetime(2025, 12, 31, 23, 0, tzinfo=UTC), {Role.SUPERVISOR, Role.TRAINING_LEAD}, id="its first minute"),
        pytest.param(datetime(2026, 1, 31, 22, 59, tzinfo=UTC), {Role.SUPERVISOR, Role.TRAINING_LEAD}, id="its last minute"),
        pytest.param(datetime(2026, 1, 31, 23, 0, tzinfo=UTC), {Role.TRAINING_LEAD}, id="after one has ended"),
    ],
)
def test_roles_hold_in_their_period_by_norwegian_days(run, at, roles):
    assert run(service.role_towards, NORTH, TORE, KARI, at) == roles


def test_relation_is_refused_when_to_oneself(run):
    with pytest.raises(Invalid):
        run(service.add_role_relation, NORTH, resident_id=KARI, person_id=KARI, role=Role.SUPERVISOR, starts_on=START)


def test_period_is_refused_when_it_ends_before_it_starts(run):
    with pytest.raises(Invalid):
        run(
            service.add_employment,
            NORTH,
            person_id=KARI,
            department="Anestesi",
            position="LIS1",
            starts_on=START,
            ends_on=date(2025, 12, 31),
        )


def test_employment_is_kept_once_when_added_twice(run):
    def add_and_count():
        run(service.add_employment, NORTH, person_id=KARI, department="Anestesi", position="LIS1", starts_on=START)
        return run(lambda session: session.scalar(select(func.count()).select_from(employment)))

    assert add_and_count() == add_and_count()


@pytest.mark.parametrize(
    ("actor", "action", "resident", "allowed"),
    [
        pytest.param(SIGRID, Action.SIGN_RECORD, KARI, True, id="her supervisor"),
        pytest.param(ARNE, Action.SIGN_RECORD, KARI, True, id="her advisor"),
        pytest.param(LENA, Action.SIGN_RECORD, KARI, False, id="her leader"),
        pytest.param(TORE, Action.SIGN_RECORD, KARI, False, id="her supervisor until January"),
        pytest.param(ARNE, Action.SIGN_RECORD, OLA, False, id="another resident's leader"),
        pytest.param(KARI, Action.SIGN_RECORD, KARI, False, id="herself"),
        pytest.param(ANNE, Action.SIGN_RECORD, KARI, False, id="the administrator"),
        pytest.param(TORE, Action.VIEW_PLAN, KARI, True, id="training lead reads"),
        pytest.param(ANNE, Action.VIEW_PLAN, KARI, False, id="the administrator does not read"),
        pytest.param(OLA, Action.VIEW_PLAN, KARI, False, id="another resident does not read"),
        pytest.param(ANNE, Action.LINK_COMPLETION, None, True, id="the administrator links"),
        pytest.param(NILS, Action.MAP_COURSE, None, False, id="a course owner does not map"),
        pytest.param(SIGRID, Action.LINK_COMPLETION, None, False, id="a supervisor does not link"),
        pytest.param(SIGRID, Action.VIEW_PLAN, None, False, id="nobody's plan"),
    ],
)
def test_leave_follows_from_relations(run, actor, action, resident, allowed):
    assert run(service.may, NORTH, actor, action, resident, NOW) is allowed


def test_leave_ends_at_the_tenants_border(run):
    assert not run(service.may, SOUTH, SIGRID, Action.SIGN_RECORD, KARI, NOW)
    assert not run(service.may, SOUTH, ANNE, Action.LINK_COMPLETION, None, NOW)


# The signed-in person


@pytest.mark.parametrize(
    ("person", "roles"),
    [
        (KARI, {"resident"}),
        (SIGRID, {"signer", "follower"}),
        (LENA, {"follower"}),
        (TORE, {"follower"}),
        (ANNE, {"administrator"}),
        (NILS, {"course_owner"}),
        (EXTRA, set()),
    ],
)
def test_user_has_the_roles_of_today(run, person, roles):
    user = run(service.load_user, NORTH, str(person), NOW)
    assert (user.roles, user.tenant_name, user.person_id) == (roles, "Northern Trust", person)


def test_user_is_nobody_when_unknown_elsewhere_or_blocked(run):
    run(service.block_person, NORTH, KARI, actor="system", now=NOW)
    assert run(service.load_user, NORTH, str(KARI), NOW) is None
    assert run(service.load_user, SOUTH, str(SIGRID), NOW) is None
    assert run(service.load_user, NORTH, "not an id", NOW) is None
    run(service.unblock_person, NORTH, KARI, actor="system", now=NOW)
    assert run(service.load_user, NORTH, str(KARI), NOW) is not None


def test_language_of_a_person_is_kept(run):
    run(service.set_language, NORTH, KARI, "nn")
    assert run(service.load_user, NORTH, str(KARI), NOW).language == "nn"
    assert run(service.load_user, SOUTH, str(KARI), NOW).language is None


# Sessions


def open_session(run, at=NOW) -> UUID:
    return run(service.open_session, NORTH, KARI, provider="test", assurance="high", now=at, sealed_id_token="sealed")


def open_ids(run) -> set[UUID]:
    return run(service.load_user, NORTH, str(KARI), NOW).session_ids


def test_session_is_open_until_closed(run):
    one, other = open_session(run), open_session(run)
    assert open_ids(run) == {one, other}
    assert run(service.close_session, NORTH, one, NOW) == "sealed"
    assert run(service.close_session, NORTH, one, NOW) is None
    assert open_ids(run) == {other}
    actions = [event.action for event in run(audit.find, NORTH, subject=f"person:{KARI}")]
    assert (actions.count("session.open"), actions.count("session.close")) == (2, 1)


def test_sessions_are_swept_out_when_past_their_lifetime(run):
    open_session(run, NOW - SESSION_LIFETIME - timedelta(seconds=1))
    lasting = open_session(run, NOW - SESSION_LIFETIME)
    new = open_session(run)
    assert open_ids(run) == {lasting, new}


@pytest.mark.parametrize("ending", ["block", "password"])
def test_all_sessions_end_when_the_person_is_blocked_or_the_password_changes(run, ending):
    run(service.set_password, NORTH, username="kari", person_id=KARI, password=PASSWORD, now=NOW)
    session_id = open_session(run)
    if ending == "block":
        run(service.block_person, NORTH, KARI, actor="system", now=NOW)
    else:
        run(service.set_password, NORTH, username="kari", person_id=KARI, password=PASSWORD + "!", now=NOW)
    assert run(service.close_session, NORTH, session_id, NOW) is None


def test_sessions_stay_when_the_same_password_is_set_again(run):
    run(service.set_password, NORTH, username="kari", person_id=KARI, password=PASSWORD, now=NOW)
    session_id = open_session(run)
    run(service.set_password, NORTH, username=" KARI", person_id=KARI, password=PASSWORD, now=NOW)
    assert open_ids(run) == {session_id}


# Local accounts


def start(run, username="kari", address="192.0.2.1", at=NOW, tenant=NORTH):
    return run(service.start_password_login, tenant, username, address, at)


@pytest.fixture
def account(run):
    run(service.set_password, NORTH, username="kari", person_id=KARI, password=PASSWORD, now=NOW)
    return start(run)


def test_user_name_is_refused_when_it_is_anothers(run, account):
    with pytest.raises(Conflict):
        run(service.set_password, NORTH, username="Kari", person_id=OLA, password=PASSWORD, now=NOW)


def test_account_is_found_in_its_own_tenant_only(run, account):
    assert account.person_id == KARI
    assert start(run, tenant=SOUTH) is None
    assert start(run, "ola") is None
    with pytest.raises(NotFound):
        start(run, tenant="west")


def test_account_is_not_found_when_its_person_is_blocked(run, account):
    run(service.block_person, NORTH, KARI, actor="system", now=NOW)
    assert start(run) is None


def test_user_name_waits_ever_longer_when_guessed_at_from_anywhere(run):
    for attempt in range(FREE_FAILURES[Scope.USERNAME]):
        assert start(run, address=f"192.0.2.{attempt}") is None
    with pytest.raises(Throttled) as throttled:
        start(run, address="192.0.2.99")
    assert throttled.value.until == NOW + timedelta(seconds=1)
    assert start(run, address="192.0.2.99", at=NOW + timedelta(seconds=1)) is None
    with pytest.raises(Throttled) as throttled:
        start(run, at=NOW + timedelta(seconds=2))
    assert throttled.value.until == NOW + timedelta(seconds=3)


def test_unknown_user_names_wait_as_known_ones_do(run):
    for _attempt in range(FREE_FAILURES[Scope.USERNAME]):
        start(run, "nobody-at-all")
    with pytest.raises(Throttled):
        start(run, "nobody-at-all")
    assert start(run, "somebody-else") is None


def test_address_waits_when_it_guesses_at_many_user_names_in_many_tenants(run):
    for attempt in range(FREE_FAILURES[Scope.ADDRESS]):
        start(run, f"user{attempt}", tenant=(NORTH, SOUTH)[attempt % 2])
    with pytest.raises(Throttled):
        start(run, "another")
    assert start(run, "another", address="192.0.2.2") is None


def test_failures_are_forgotten_when_the_password_was_right(run, account):
    for _attempt in range(3):
        start(run)
    run(service.finish_password_login, NORTH, start(run), "192.0.2.1", NOW)
    for _attempt in range(FREE_FAILURES[Scope.USERNAME]):
        start(run)
    with pytest.raises(Throttled):
        start(run)


def test_address_is_not_blamed_when_many_log_in_from_it(run, account):
    for _login in range(FREE_FAILURES[Scope.ADDRESS] + 5):
        run(service.finish_password_login, NORTH, start(run), "192.0.2.1", NOW)
    assert start(run, "another") is None


def test_counts_are_swept_out_after_a_quiet_day(run, account):
    for attempt in range(FREE_FAILURES[Scope.USERNAME]):
        start(run, "ola", address=f"192.0.2.{attempt}")
    later = NOW + timedelta(days=1, seconds=1)
    run(service.finish_password_login, NORTH, account, "192.0.2.1", later)
    assert start(run, "ola", at=NOW) is None


def test_no_guess_too_many_gets_through_when_they_come_at_once(run):
    def guess(_number):
        try:
            start(run, address="192.0.2.1")
        except Throttled:
            return 0
        return 1

    with ThreadPoolExecutor(8) as threads:
        let_through = sum(threads.map(guess, range(24)))
    assert let_through == FREE_FAILURES[Scope.USERNAME]


def test_hash_is_made_anew_when_asked_for(run, account):
    run(service.finish_password_login, NORTH, account, "192.0.2.1", NOW, password=PASSWORD)
    assert start(run).password_hash != account.password_hash


# OpenID providers


def verified(subject=SUBJECT, hpr_number=None, name="Kari N."):
    return VerifiedLogin("test", subject, hpr_number, name, "high")


def test_login_is_recognised_by_hpr_number_first_and_by_subject_ever_after(run):
    assert run(service.recognise, NORTH, verified(hpr_number=hpr("700001")), NOW) == KARI
    assert run(service.recognise, NORTH, verified(), NOW) == KARI
    (event,) = [e for e in run(audit.find, NORTH, subject=f"person:{KARI}") if e.actor == "provider:test"]
    assert event.detail == {"identifier": str(SUBJECT)}


def test_login_is_unknown_and_counted_when_nobody_has_its_identifiers(run):
    assert run(service.recognise, NORTH, verified(hpr_number=hpr("999")), NOW) is None
    assert run(service.recognise, NORTH, verified(name="Kari Nord"), NOW + timedelta(minutes=1)) is None
    (login,) = run(service.unknown_logins, NORTH)
    assert (login.subject, login.times, login.name, login.hpr_number) == (SUBJECT, 2, "Kari Nord", None)
    assert (login.first_at, login.last_at) == (NOW, NOW + timedelta(minutes=1))
    assert run(service.unknown_logins, SOUTH) == []


def test_login_is_refused_when_its_identifiers_are_two_persons(run):
    run(service.link_identifier, NORTH, SUBJECT, OLA, actor="system", now=NOW)
    with pytest.raises(Conflict):
        run(service.recognise, NORTH, verified(hpr_number=hpr("700001")), NOW)
    assert run(service.resolve, NORTH, [SUBJECT, hpr("700001")]) == {SUBJECT: OLA, hpr("700001"): KARI}


def test_login_lets_nobody_in_when_the_person_is_blocked(run):
    run(service.block_person, NORTH, KARI, actor="system", now=NOW)
    assert run(service.recognise, NORTH, verified(hpr_number=hpr("700001")), NOW) is None
    assert run(service.unknown_logins, NORTH) == []


def test_unknown_login_is_known_when_an_administrator_has_linked_it(run):
    run(service.recognise, NORTH, verified(), NOW)
    run(service.link_login, NORTH, SUBJECT, OLA, actor_id=ANNE, now=NOW)
    assert run(service.unknown_logins, NORTH) == []
    assert run(service.recognise, NORTH, verified(), NOW) == OLA


def test_login_cannot_be_linked_when_the_person_is_who_links(run):
    run(service.recognise, NORTH, verified(), NOW)
    with pytest.raises(Forbidden):
        run(service.link_login, NORTH, SUBJECT, ANNE, actor_id=ANNE, now=NOW)
    assert run(service.resolve, NORTH, [SUBJECT]) == {}
    assert len(run(service.unknown_logins, NORTH)) == 1


def test_login_cannot_be_linked_when_it_never_knocked(run):
    with pytest.raises(NotFound):
        run(service.link_login, NORTH, SUBJECT, OLA, actor_id=ANNE, now=NOW)


def test_unknown_login_comes_back_when_dismissed_and_tried_again(run):
    run(service.recognise, NORTH, verified(), NOW)
    run(service.dismiss_login, NORTH, SUBJECT, actor_id=ANNE, now=NOW)
    assert run(service.unknown_logins, NORTH) == []
    run(service.recognise, NORTH, verified(), NOW)
    assert len(run(service.unknown_logins, NORTH)) == 1


def test_reading_a_user_never_writes(engine, run):
    open_session(run)
    assert read(engine, lambda session: service.load_user(session, NORTH, str(KARI), NOW)).name == "Kari Nordmann"


def test_roles_of_the_tenant_are_those_of_today(run):
    assert run(service.tenant_roles, NORTH, ANNE, NOW) == {TenantRole.ADMINISTRATOR}
    assert run(service.tenant_roles, NORTH, ANNE, NOW - timedelta(days=365)) == frozenset()
