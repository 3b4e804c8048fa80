"""Use cases around persons: finding them, linking what they are known by, their relations, leave to act, and logging in.

Each takes the open session first and never commits.
"""

import secrets
from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID, uuid4

from lrs_bridge.db import Session, audit, lock
from lrs_bridge.errors import Conflict, Forbidden, Invalid, NotFound
from lrs_bridge.identity import Identifier, implied_identifiers
from lrs_bridge.people import access, passwords, store, throttle
from lrs_bridge.people.access import Action, Role, TenantRole
from lrs_bridge.people.oidc import VerifiedLogin
from lrs_bridge.people.period import Period, day_of
from lrs_bridge.people.person import (
    Account,
    Person,
    Relation,
    Tenant,
    TenantKind,
    UnknownLogin,
    checked_name,
    checked_slug,
    known_as,
    username_key,
)
from lrs_bridge.settings import LANGUAGES
from lrs_bridge.web.user import ADMINISTRATOR, COURSE_OWNER, FOLLOWER, RESIDENT, SESSION_LIFETIME, SIGNER, User

IDENTIFIER_BYTES = 2000  # a key of an index holds no more on PostgreSQL

# Tenants and persons


def add_tenant(
    session: Session, tenant: str, *, name: str, kind: TenantKind | str, language: str, contact: str | None = None
) -> None:
    """Adds a tenant unless it is there. ``tenant`` is its short slug: a-z, 0-9 and hyphens.

    Raises Invalid for another slug than that, or another language than nb, nn, en.
    """
    if language not in LANGUAGES:
        raise Invalid(f"language is one of {', '.join(LANGUAGES)}", field="language")
    store.insert_tenant(session, Tenant(checked_slug(tenant), checked_name(name), TenantKind(kind), language, contact))


def tenants(session: Session) -> list[Tenant]:
    """All tenants, by name."""
    return store.find_tenants(session)


def get_tenant(session: Session, tenant: str) -> Tenant:
    """The tenant. Raises NotFound."""
    found = store.find_tenants(session, tenant)
    if not found:
        raise NotFound(f"there is no tenant {tenant}", field="tenant")
    return found[0]


def add_person(
    session: Session,
    tenant: str,
    *,
    name: str,
    now: datetime,
    person_id: UUID | None = None,
    identifiers: Collection[Identifier] = (),
    language: str | None = None,
) -> UUID:
    """Adds a person with the identifiers they are known by, and gives the id.

    With a ``person_id`` that is there already the person stays as is. Raises Conflict when an identifier is another's.
    """
    new = Person(person_id or uuid4(), checked_name(name), language)
    store.insert_person(session, tenant, new, now)
    for identifier in identifiers:
        link_identifier(session, tenant, identifier, new.person_id, actor="system", now=now)
    return new.person_id


def get_person(session: Session, tenant: str, person_id: UUID) -> Person:
    """The person. Raises NotFound."""
    found = store.find_persons_by_id(session, tenant, [person_id])
    if not found:
        raise NotFound("there is no such person here", field="person_id")
    return found[person_id]


def persons(session: Session, tenant: str, ids: Collection[UUID]) -> dict[UUID, Person]:
    """Those of the ids that exist in the tenant."""
    return store.find_persons_by_id(session, tenant, ids)


def find_persons(session: Session, tenant: str, text: str, limit: int = 20) -> list[Person]:
    """Persons by a part of the name or a whole identifier (address, HPR number, account name), by name; none for blank text."""
    return store.search_persons(session, tenant, text.strip(), limit) if text.strip() else []


def set_language(session: Session, tenant: str, person_id: UUID, language: str) -> None:
    """Keeps the person's choice of language for pages."""
    store.update_language(session, tenant, person_id, language)


def block_person(session: Session, tenant: str, person_id: UUID, *, actor: str, now: datetime) -> None:
    """Ends the person's sessions and refuses new logins, until ``unblock_person``. What the person did stays."""
    get_person(session, tenant, person_id)
    store.update_blocked(session, tenant, person_id, now)
    store.delete_sessions_of(session, tenant, person_id)
    audit.record(session, tenant, audit.AuditEvent(now, actor, "person.block", f"person:{person_id}"))


def is_blocked(session: Session, tenant: str, person_id: UUID) -> bool:
    """Whether the person may not get in; unknown persons may not."""
    return store.is_blocked(session, tenant, person_id)


def unblock_person(session: Session, tenant: str, person_id: UUID, *, actor: str, now: datetime) -> None:
    """Lets the person log in again."""
    get_person(session, tenant, person_id)
    store.update_blocked(session, tenant, person_id, None)
    audit.record(session, tenant, audit.AuditEvent(now, actor, "person.unblock", f"person:{person_id}"))


# Identifiers


def resolve(session: Session, tenant: str, identifiers: Collection[Identifier]) -> dict[Identifier, UUID]:
    """Whose each identifier is, as it was given; those that are nobody's are left out. One query for all (one in 5000)."""
    owners = store.find_owners(session, tenant, [known_as(identifier) for identifier in identifiers])
    return {identifier: owners[known_as(identifier)] for identifier in identifiers if known_as(identifier) in owners}


def identifiers_of(session: Session, tenant: str, person_id: UUID) -> list[Identifier]:
    """Everything that the person is known by."""
    return store.find_identifiers(session, tenant, person_id)


def link_identifier(session: Session, tenant: str, identifier: Identifier, person_id: UUID, *, actor: str, now: datetime) -> None:
    """Makes the person known by the identifier and by those that follow from it. Doing so twice changes nothing.

    A mailbox is kept in the form in which those of statements are looked up, whoever links it.
    ``actor`` is ``person:<id>`` or ``system``. Raises NotFound for an unknown person, Conflict when the identifier, or
    one that follows from it, is another person's: identifiers do not change hands silently.
    """
    if not identifier.value or len(f"{identifier.issuer}{identifier.value}".encode()) > IDENTIFIER_BYTES:
        raise Invalid(f"an identifier has 1 to {IDENTIFIER_BYTES} bytes", field="identifier")
    get_person(session, tenant, person_id)
    identifier = known_as(identifier)
    implied = implied_identifiers(identifier)
    before = store.find_owners(session, tenant, implied)
    store.insert_identifiers(session, tenant, implied, person_id, now)
    after = store.find_owners(session, tenant, implied)
    if any(owner != person_id for owner in after.values()):
        raise Conflict("this identifier belongs to another person", field="identifier", rule="one identifier, one person")
    if len(before) < len(after):
        detail = {"identifier": str(identifier)}
        audit.record(session, tenant, audit.AuditEvent(now, actor, "identifier.link", f"person:{person_id}", detail))


# Employments and relations


def add_employment(
    session: Session,
    tenant: str,
    *,
    person_id: UUID,
    department: str,
    position: str,
    starts_on: date,
    ends_on: date | None = None,
) -> None:
    """Adds an employment unless it is there."""
    store.insert_employment(session, tenant, person_id, department, position, period=_period(starts_on, ends_on))


def add_role_relation(
    session: Session,
    tenant: str,
    *,
    resident_id: UUID,
    person_id: UUID,
    role: Role,
    starts_on: date,
    ends_on: date | None = None,
) -> None:
    """Lets a person follow a resident in a role, both days included; adding it twice changes nothing.

    Raises Invalid when both are the same person: nobody leads, advises or supervises themselves.
    """
    if resident_id == person_id:
        raise Invalid("nobody follows themselves", field="person_id", rule="relations are between two persons")
    store.insert_role_relation(session, tenant, resident_id, person_id, Role(role), period=_period(starts_on, ends_on))


def add_tenant_role(
    session: Session, tenant: str, *, person_id: UUID, role: TenantRole, starts_on: date, ends_on: date | None = None
) -> None:
    """Gives a person a role in the tenant as a whole; adding it twice changes nothing."""
    store.insert_tenant_role(session, tenant, person_id, TenantRole(role), _period(starts_on, ends_on))


def _period(starts_on: date, ends_on: date | None) -> Period:
    if ends_on is not None and ends_on < starts_on:
        raise Invalid("a period ends on the day it starts or later", field="ends_on")
    return Period(starts_on, ends_on)


def related(
    session: Session, tenant: str, resident_id: UUID, at: datetime, roles: Collection[Role] | None = None
) -> list[Relation]:
    """Who follows the resident at that time, in any role or in those given, by name."""
    return store.find_followers(session, tenant, resident_id, day_of(at), tuple(Role) if roles is None else roles)


def residents_of(
    session: Session, tenant: str, person_id: UUID, at: datetime, roles: Collection[Role] | None = None
) -> list[Relation]:
    """Whom the person follows at that time, each with the role of the follower, by name."""
    return store.find_followed(session, tenant, person_id, day_of(at), tuple(Role) if roles is None else roles)


def role_towards(session: Session, tenant: str, person_id: UUID, resident_id: UUID, at: datetime) -> frozenset[Role]:
    """The person's roles towards the resident at that time."""
    return store.find_roles_towards(session, tenant, person_id, resident_id, day_of(at))


def tenant_roles(session: Session, tenant: str, person_id: UUID, at: datetime) -> frozenset[TenantRole]:
    """The person's roles in the tenant as a whole at that time."""
    return store.find_tenant_roles(session, tenant, person_id, day_of(at))


def administrators(session: Session, tenant: str, at: datetime) -> list[UUID]:
    """The tenant's administrators, whoever has been one for longest first."""
    return store.find_with_role(session, tenant, TenantRole.ADMINISTRATOR, day_of(at))


def may(  # noqa: PLR0917  reads as the question: may this actor do this to that resident's plan now
    session: Session, tenant: str, actor_id: UUID, action: Action, resident_id: UUID | None, at: datetime
) -> bool:
    """Whether the actor may do this at that time, to this resident's plan or (None) in the tenant."""
    own = actor_id == resident_id
    related_as = frozenset() if own or resident_id is None else role_towards(session, tenant, actor_id, resident_id, at)
    return access.may(action, own=own, roles=related_as, tenant_roles=tenant_roles(session, tenant, actor_id, at))


# The signed-in person


def load_user(session: Session, tenant: str, person_id: str, at: datetime) -> User | None:
    """The person behind a browser session as of now; None when unknown or blocked.

    ``provider`` and ``assurance`` are left for the browser session to say; ``session_ids`` are those that have not been ended.
    """
    try:
        known = store.find_persons_by_id(session, tenant, [UUID(person_id)]).get(UUID(person_id))
    except ValueError:
        return None
    if known is None or store.is_blocked(session, tenant, known.person_id):
        return None
    return User(
        tenant=tenant,
        tenant_name=get_tenant(session, tenant).name,
        person_id=known.person_id,
        name=known.name,
        roles=_page_roles(session, tenant, known.person_id, at),
        language=known.language,
        provider="",
        assurance=None,
        session_ids=store.find_session_ids(session, tenant, known.person_id),
    )


def _page_roles(session: Session, tenant: str, person_id: UUID, at: datetime) -> frozenset[str]:
    follows_as = store.find_roles_of(session, tenant, person_id, day_of(at))
    in_tenant = tenant_roles(session, tenant, person_id, at)
    holds = {
        ADMINISTRATOR: TenantRole.ADMINISTRATOR in in_tenant,
        COURSE_OWNER: TenantRole.COURSE_OWNER in in_tenant,
        FOLLOWER: bool(follows_as),
        SIGNER: not follows_as.isdisjoint(access.SIGNERS),
        RESIDENT: store.is_or_was_resident(session, tenant, person_id),
    }
    return frozenset(role for role, held in holds.items() if held)


# Local accounts

EVERYWHERE = ""  # in place of a tenant: addresses are throttled across tenants


def set_password(session: Session, tenant: str, *, username: str, person_id: UUID, password: str, now: datetime) -> None:
    """Gives a person a local account, or the account a new password, which ends the person's sessions.

    The same password again changes nothing. Raises Invalid for a password that may not be chosen, Conflict when the user
    name is another person's.
    """
    name = username_key(username)
    passwords.check_new_password(password)
    get_person(session, tenant, person_id)
    present = store.find_any_account(session, tenant, name)
    if present is not None and present.person_id != person_id:
        raise Conflict("this user name belongs to another person", field="username")
    if present is not None and passwords.matches(password, present.password_hash):
        return
    account = Account(name, person_id, _hashed(password))
    if present is None:
        store.insert_account(session, tenant, account, now)
    else:
        store.update_password(session, tenant, account, now)
        store.delete_sessions_of(session, tenant, person_id)
    audit.record(session, tenant, audit.AuditEvent(now, "system", "password.set", f"person:{person_id}"))


def start_password_login(session: Session, tenant: str, username: str, address: str, now: datetime) -> Account | None:
    """Counts an attempt as failed until ``finish_password_login`` says otherwise, and gives the account to check, if any.

    Counting first is what holds when guesses come at once over several processes. Raises Throttled, having counted nothing,
    while this user name or this address has to wait; NotFound for an unknown tenant, Invalid for what can't be a user name.
    """
    if tenant not in {known.tenant for known in tenants(session)}:
        raise NotFound("there is no such tenant", field="tenant")
    counts = _counts(tenant, username, address)
    lock(session, *sorted(f"login:{owner}:{scope}:{subject}" for owner, scope, subject in counts))
    before = {count: store.get_attempts(session, *count) for count in counts}
    waits = [throttle.wait_until(count[1], attempts) for count, attempts in before.items() if attempts is not None]
    if waits and max(waits) > now:
        raise throttle.Throttled(max(waits))
    for count, attempts in before.items():
        store.put_attempts(session, *count, throttle.counted(attempts, now))
    return store.find_account(session, tenant, username_key(username))


def finish_password_login(
    session: Session, tenant: str, account: Account, address: str, now: datetime, *, password: str | None = None
) -> None:
    """Forgets the failures of a user name whose password was right, and takes the attempt back from its address.

    With a ``password`` the hash is made anew, because its parameters are no longer today's.
    """
    by_name, by_address = _counts(tenant, account.username, address)
    lock(session, *sorted(f"login:{owner}:{scope}:{subject}" for owner, scope, subject in (by_name, by_address)))
    store.delete_attempts(session, *by_name)
    attempts = store.get_attempts(session, *by_address)
    if attempts is not None:
        store.put_attempts(session, *by_address, throttle.Attempts(max(attempts.failures - 1, 0), attempts.last_at))
    for owner in (tenant, EVERYWHERE):
        store.delete_attempts_before(session, owner, now - throttle.FORGET_AFTER)
    if password is not None:
        store.update_password(session, tenant, replace(account, password_hash=_hashed(password)), now)


def _counts(tenant: str, username: str, address: str) -> tuple[tuple[str, throttle.Scope, str], ...]:
    return (
        (tenant, throttle.Scope.USERNAME, username_key(username)),
        (EVERYWHERE, throttle.Scope.ADDRESS, throttle.network_of(address)),
    )


def _hashed(password: str) -> str:
    return passwords.hash_password(password, secrets.token_bytes(passwords.SALT_BYTES))


# Browser sessions


def open_session(
    session: Session,
    tenant: str,
    person_id: UUID,
    *,
    provider: str,
    assurance: str | None,
    now: datetime,
    sealed_id_token: str | None = None,
) -> UUID:
    """Opens a browser session and gives its id; sessions past their lifetime are swept out on the way."""
    new = store.OpenSession(uuid4(), person_id, provider, now, sealed_id_token)
    store.delete_sessions_before(session, tenant, now - SESSION_LIFETIME)
    store.insert_session(session, tenant, new)
    detail = {"provider": provider, "assurance": assurance}
    audit.record(session, tenant, audit.AuditEvent(now, f"person:{person_id}", "session.open", f"person:{person_id}", detail))
    return new.session_id


def close_session(session: Session, tenant: str, session_id: UUID, now: datetime) -> str | None:
    """Ends a browser session for good, and gives its sealed ID token if it came from an OpenID provider."""
    ended = store.find_session(session, tenant, session_id)
    if ended is None:
        return None
    store.delete_session(session, tenant, session_id)
    who = f"person:{ended.person_id}"
    audit.record(session, tenant, audit.AuditEvent(now, who, "session.close", who, {"provider": ended.provider}))
    return ended.sealed_id_token


# Logging in by an OpenID provider


def recognise(session: Session, tenant: str, login: VerifiedLogin, now: datetime) -> UUID | None:
    """Who logs in: by the provider's subject, or else by the HPR number it vouches for, which then links the subject.

    None when nobody is known, or the person is blocked; unknown logins are kept for an administrator to link. Raises Conflict
    when subject and HPR number belong to two persons: then the registers contradict each other, and nobody is let in.
    """
    owners = resolve(session, tenant, login.identifiers)
    if len(set(owners.values())) > 1:
        raise Conflict("the login names two different persons", rule="one identifier, one person")
    person_id = next(iter(owners.values()), None)
    if person_id is None:
        store.count_unknown_login(session, tenant, _unknown(login, now))
        return None
    if store.is_blocked(session, tenant, person_id):
        return None
    for identifier in login.identifiers:
        link_identifier(session, tenant, identifier, person_id, actor=f"provider:{login.provider}", now=now)
    store.delete_unknown_login(session, tenant, login.subject)
    return person_id


def _unknown(login: VerifiedLogin, now: datetime) -> UnknownLogin:
    hpr_number = login.hpr_number.value if login.hpr_number else None
    return UnknownLogin(login.subject, login.provider, login.name, hpr_number, now, now, 1)


def unknown_logins(session: Session, tenant: str, limit: int = 100) -> list[UnknownLogin]:
    """Those who proved who they are and are not known, newest first."""
    return store.find_unknown_logins(session, tenant, limit)


def link_login(session: Session, tenant: str, subject: Identifier, person_id: UUID, *, actor_id: UUID, now: datetime) -> None:
    """Lets whoever is behind an unknown login be this person from now on.

    Raises Conflict, NotFound as ``link_identifier``, and Forbidden when the person is the actor: whoever may link logins could
    else take a stranger's for their own, and sign with its assurance.
    """
    if person_id == actor_id:
        raise Forbidden("another administrator must link a login to you", field="person_id", rule="nobody vouches for themselves")
    if subject not in {login.subject for login in store.find_unknown_logins(session, tenant, 10_000)}:
        raise NotFound("this login is not waiting to be linked", field="subject")
    link_identifier(session, tenant, subject, person_id, actor=f"person:{actor_id}", now=now)
    store.delete_unknown_login(session, tenant, subject)


def dismiss_login(session: Session, tenant: str, subject: Identifier, *, actor_id: UUID, now: datetime) -> None:
    """Takes an unknown login off the list; it comes back when they try again."""
    store.delete_unknown_login(session, tenant, subject)
    event = audit.AuditEvent(now, f"person:{actor_id}", "login.dismiss", "login", {"identifier": str(subject)})
    audit.record(session, tenant, event)
