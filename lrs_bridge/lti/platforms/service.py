"""Learning platforms of a tenant: registered, changed, found again at a login, and what they know us by.

Locks, in the order in which they are taken: a tenant's tool keys, registrations, platforms.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from joserfc.jwk import RSAKey

from lrs_bridge.db import Session, audit, lock
from lrs_bridge.errors import Conflict, Invalid, NotFound
from lrs_bridge.lti.platforms import keys, store
from lrs_bridge.lti.platforms import link as links
from lrs_bridge.lti.platforms.keys import KeptKey, KeyState, ToolKey, UnusableToolKey
from lrs_bridge.lti.platforms.link import LinkState, RegistrationLink
from lrs_bridge.lti.platforms.platform import Deployment, Platform, State, Version
from lrs_bridge.lti.platforms.rebinding import Rebinding, former_user, lti_user
from lrs_bridge.lti.platforms.setup import Setup
from lrs_bridge.lti.platforms.visit import KEPT, Visit, shortened
from lrs_bridge.people import service as people
from lrs_bridge.ports import IdentifierLinked
from lrs_bridge.settings import Secret
from lrs_bridge.web.keys import derived_key

SYSTEM = "system"
FAILURES_SHOWN = timedelta(days=7)
"""Failed launches older than this are no news on the list of platforms."""
_TRIMMED_EACH = 16
_REGISTERING = "lti registrations"


# --- keys ------------------------------------------------------------------------------------------------------------------


def new_key() -> RSAKey:
    """A new private key, which takes up to a second to make: best done outside of a transaction."""
    return RSAKey.generate_key(keys.BITS)


def lacks_keys(session: Session, tenant: str) -> bool:
    """Whether ``ensure_keys`` would have keys to make."""
    return any(store.find_key(session, tenant, state) is None for state in (KeyState.CURRENT, KeyState.NEXT))


def ensure_keys(session: Session, tenant: str, *, master_key: Secret, now: datetime, made: Sequence[RSAKey] = ()) -> None:
    """Gives the tenant a key to sign with and the one that comes after it, where they are missing.

    ``made`` are keys to take before new ones are made here. Raises NotFound for an unknown tenant.
    """
    if lacks_keys(session, tenant):
        people.get_tenant(session, tenant)
        lock(session, _key_lock(tenant))  # another process may be making them too
        _fill_up(session, tenant, list(made), master_key=master_key, now=now)


def current_key(session: Session, tenant: str, *, master_key: Secret) -> ToolKey:
    """The key that the tenant signs to platforms with. Raises UnusableToolKey when there is none or it can't be opened."""
    kept = store.find_key(session, tenant, KeyState.CURRENT)
    if kept is None:
        raise UnusableToolKey(f"{tenant} has no LTI key yet; it gets one when a platform is registered")
    return _opened(kept, master_key)


def rotate_keys(
    session: Session,
    tenant: str,
    *,
    master_key: Secret,
    by: str,
    now: datetime,
    made: Sequence[RSAKey] = (),
    lost: bool = False,
) -> str:
    """Signs with the next key from now on; its ``kid``. The key until now stays published for ``keys.PUBLISHED_ON``.

    Platforms have known the next key since it became that, so none has to be told. Raises UnusableToolKey when it can't be
    opened, since the master key is then most likely another than the service runs with; ``lost`` says that the old one is gone
    for good. ``made`` is as of ``ensure_keys``.
    """
    people.get_tenant(session, tenant)
    lock(session, _key_lock(tenant))
    spare = list(made)
    _fill_up(session, tenant, spare, master_key=master_key, now=now)
    store.delete_unpublished_keys(session, tenant, now)
    store.move_keys(session, tenant, KeyState.CURRENT, KeyState.RETIRED, now + keys.PUBLISHED_ON)
    if lost:
        store.move_keys(session, tenant, KeyState.NEXT, KeyState.RETIRED, now + keys.PUBLISHED_ON)
    else:
        store.move_keys(session, tenant, KeyState.NEXT, KeyState.CURRENT, None)
        current_key(session, tenant, master_key=master_key)
    _fill_up(session, tenant, spare, master_key=master_key, now=now)
    kid = current_key(session, tenant, master_key=master_key).kid
    _audit(session, tenant, "lti.keys.rotate", f"lti_key:{kid}", by, now)
    return kid


def tenant_keys(session: Session, tenant: str, now: datetime) -> list[KeptKey]:
    """The tenant's published keys, oldest first."""
    return [key for key in store.list_keys(session, tenant) if keys.is_published(key, now)]


def public_keys(session: Session, tenant: str, now: datetime) -> list[dict[str, Any]]:
    """The tenant's published keys, oldest first: the members of a JWK Set. Raises NotFound for an unknown tenant."""
    people.get_tenant(session, tenant)
    return [key.public_jwk for key in tenant_keys(session, tenant, now)]


def check_keys(session: Session, tenant: str, *, master_key: Secret) -> bool:
    """Whether the tenant has keys; all of them can be opened. Raises UnusableToolKey that says what to do."""
    kept = [store.find_key(session, tenant, state) for state in (KeyState.CURRENT, KeyState.NEXT)]
    for key in kept:
        if key is not None:
            _opened(key, master_key)
    return any(kept)


def _fill_up(session: Session, tenant: str, spare: list[RSAKey], *, master_key: Secret, now: datetime) -> None:
    for state in (KeyState.CURRENT, KeyState.NEXT):
        if store.find_key(session, tenant, state) is None:
            _keep(session, tenant, spare.pop() if spare else new_key(), state, master_key=master_key, now=now)


def _keep(session: Session, tenant: str, key: RSAKey, state: KeyState, *, master_key: Secret, now: datetime) -> None:
    nonce = secrets.token_bytes(keys.NONCE_BYTES)
    sealed = keys.seal(key, sealing_key=derived_key(master_key, keys.PURPOSE), tenant=tenant, nonce=nonce)
    store.insert_key(session, KeptKey(tenant, key.thumbprint(), state, keys.public_jwk(key), sealed, now))
    _audit(session, tenant, "lti.key.create", f"lti_key:{key.thumbprint()}", SYSTEM, now)


def _opened(kept: KeptKey, master_key: Secret) -> ToolKey:
    sealing_key = derived_key(master_key, keys.PURPOSE)
    return keys.unseal(kept.sealed, sealing_key=sealing_key, tenant=kept.tenant, kid=kept.kid)


def _key_lock(tenant: str) -> str:
    return f"lti keys:{tenant}"


# --- platforms -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Listed:
    """A platform on the list: ``failures`` are its failed launches of late, ``deployments`` how many are known."""

    platform: Platform
    deployments: int
    failures: int


def add_platform(
    session: Session, tenant: str, setup: Setup, *, master_key: Secret, by: str, now: datetime, made: Sequence[RSAKey] = ()
) -> Platform:
    """Registers a platform of LTI 1.3, and makes the tenant's keys if they are missing (``made``: see ``ensure_keys``).

    Raises Invalid naming the field when the tenant has the same issuer and client id already, or anybody has the deployment, or
    others have issuer and client id and no deployment is named to tell them apart, or have them with other addresses.
    """
    ensure_keys(session, tenant, master_key=master_key, now=now, made=made)
    lock(session, _REGISTERING)
    new = Platform(
        tenant=tenant,
        platform_id=uuid4(),
        version=Version.V1P3,
        name=setup.name,
        product=setup.product,
        state=State.RUNNING,
        issuer=setup.issuer,
        client_id=setup.client_id,
        authorization_url=setup.authorization_url,
        token_url=setup.token_url,
        token_audience=setup.token_audience,
        jwks_url=setup.jwks_url,
        adopts_deployment=setup.deployment_id is None,
        ancestors=setup.ancestors,
        created_at=now,
    )
    _require_free(session, new)
    _require_same_addresses(session, new)
    if setup.deployment_id is None:
        _require_alone(session, new)
    store.insert_platform(session, new)
    _audit_platform(session, new, "add", by, now, issuer=new.issuer, client_id=new.client_id)
    if setup.deployment_id is not None:
        add_deployment(session, tenant, new.platform_id, setup.deployment_id, "", by=by, now=now)
    return new


def change_platform(session: Session, tenant: str, platform_id: UUID, setup: Setup, *, by: str, now: datetime) -> Platform:
    """Changes what is known of a platform; deployments stay, and one that is named is added. Raises NotFound, and Invalid as
    ``add_platform`` does.
    """
    lock(session, _REGISTERING)
    old = _locked(session, tenant, platform_id)
    changed = replace(
        old,
        name=setup.name,
        product=setup.product,
        issuer=setup.issuer,
        client_id=setup.client_id,
        authorization_url=setup.authorization_url,
        token_url=setup.token_url,
        token_audience=setup.token_audience,
        jwks_url=setup.jwks_url,
        ancestors=setup.ancestors,
    )
    if (old.issuer, old.client_id) != (changed.issuer, changed.client_id):
        _require_free(session, changed)
        if changed.adopts_deployment and setup.deployment_id is None:
            _require_alone(session, changed)
        for deployed in store.list_deployments(session, tenant, platform_id):
            _require_free_deployment(session, changed, deployed.deployment_id)
    if _known_by(old) != _known_by(changed):
        _require_same_addresses(session, changed)
    store.replace_platform(session, changed)
    _audit_platform(session, changed, "change", by, now, issuer=changed.issuer, client_id=changed.client_id)
    if setup.deployment_id is not None and not find_deployment(session, tenant, platform_id, setup.deployment_id):
        add_deployment(session, tenant, platform_id, setup.deployment_id, "", by=by, now=now)
    return changed


def pause_platform(session: Session, tenant: str, platform_id: UUID, *, by: str, now: datetime) -> None:
    """Takes no launches from the platform until it is resumed, and ends those that are open. Raises NotFound."""
    _set_state(session, tenant, platform_id, State.PAUSED, "pause", by, now)
    store.end_sessions(session, tenant, platform_id)


def resume_platform(session: Session, tenant: str, platform_id: UUID, *, by: str, now: datetime) -> None:
    """Takes launches again. Raises NotFound."""
    _set_state(session, tenant, platform_id, State.RUNNING, "resume", by, now)


def remove_platform(session: Session, tenant: str, platform_id: UUID, *, by: str, now: datetime) -> None:
    """Removes a platform, its deployments, links, members, sessions and scores. Persons, plans and records stay.

    Raises NotFound, and Conflict when results of it are kept, which are evidence: it can only be paused then.
    """
    gone = _locked(session, tenant, platform_id)
    if store.has_results(session, tenant, platform_id):
        raise Conflict("what it graded is evidence here; pause it instead", rule="evidence stays")
    store.delete_platform(session, tenant, platform_id)
    _audit_platform(session, gone, "remove", by, now, issuer=gone.issuer, client_id=gone.client_id)


def get_platform(session: Session, tenant: str, platform_id: UUID) -> Platform:
    """The platform. Raises NotFound."""
    found = store.find_platform(session, tenant, platform_id)
    if found is None:
        raise NotFound("there is no such learning platform", field="platform_id")
    return found


def list_platforms(session: Session, tenant: str) -> list[Platform]:
    """The tenant's platforms, of both versions of LTI, by name."""
    return store.list_platforms(session, tenant)


def listed(session: Session, tenant: str, now: datetime) -> list[Listed]:
    """The tenant's platforms of LTI 1.3 with how they fare, by name."""
    failures = store.count_failed(session, tenant, now - FAILURES_SHOWN)
    found = [one for one in store.list_platforms(session, tenant) if one.version is Version.V1P3]
    counts = {one.platform_id: len(store.list_deployments(session, tenant, one.platform_id)) for one in found}
    return [Listed(one, counts[one.platform_id], failures.get(one.platform_id, 0)) for one in found]


def find_platforms(session: Session, issuer: str, client_id: str | None) -> list[Platform]:
    """Every tenant's platforms of LTI 1.3 with this issuer, and with this client id when it is given; paused ones too."""
    return store.find_platforms(session, issuer, client_id, Version.V1P3)


def _set_state(session: Session, tenant: str, platform_id: UUID, state: State, act: str, by: str, now: datetime) -> None:  # noqa: PLR0917  private
    changed = replace(_locked(session, tenant, platform_id), state=state)
    store.replace_platform(session, changed)
    _audit_platform(session, changed, act, by, now)


def _require_free(session: Session, new: Platform) -> None:
    for other in find_platforms(session, new.issuer, new.client_id):
        if other.tenant == new.tenant and other.platform_id != new.platform_id:
            message = f"{other.name} has this issuer and client id already; add the deployment there"
            raise Invalid(message, field="client_id", rule="taken")


def _require_alone(session: Session, new: Platform) -> None:
    if any(other.platform_id != new.platform_id for other in find_platforms(session, new.issuer, new.client_id)):
        message = "others here have this issuer and client id too: the deployment id tells you apart"
        raise Invalid(message, field="deployment_id", rule="shared")


def _require_same_addresses(session: Session, new: Platform) -> None:
    """Whoever shares issuer and client id shares the platform: other addresses would let one take another's launches."""
    others = [other for other in find_platforms(session, new.issuer, new.client_id) if other.tenant != new.tenant]
    if any(_known_by(other) != _known_by(new) for other in others):
        message = "this issuer and client id are registered here by somebody else with other addresses"
        raise Invalid(message, field="client_id", rule="other addresses")


def _known_by(one: Platform) -> tuple[str | None, ...]:
    return one.issuer, one.client_id, one.authorization_url, one.token_url, one.jwks_url


def _require_free_deployment(session: Session, of: Platform, deployment_id: str) -> None:
    for holder in store.deployed_at(session, of.issuer, of.client_id, deployment_id):
        if holder != (of.tenant, of.platform_id):
            raise Invalid("this deployment is registered here already", field="deployment_id", rule="taken")


def _locked(session: Session, tenant: str, platform_id: UUID) -> Platform:
    found = store.lock_platform(session, tenant, platform_id)
    if found is None:
        raise NotFound("there is no such learning platform", field="platform_id")
    return found


def _audit_platform(session: Session, one: Platform, act: str, by: str, now: datetime, **detail: object) -> None:
    _audit(session, one.tenant, f"lti.platform.{act}", f"lti_platform:{one.platform_id}", by, now, name=one.name, **detail)


def _audit(session: Session, tenant: str, action: str, subject: str, by: str, now: datetime, **detail: object) -> None:  # noqa: PLR0917  private
    audit.record(session, tenant, audit.AuditEvent(now, by, action, subject, detail))


# --- deployments -----------------------------------------------------------------------------------------------------------


def find_deployments(session: Session, tenant: str, platform_id: UUID) -> list[Deployment]:
    """The platform's known deployments, in the order in which they were added."""
    return store.list_deployments(session, tenant, platform_id)


def find_deployment(session: Session, tenant: str, platform_id: UUID, deployment_id: str) -> Deployment | None:
    """The deployment, or None."""
    return store.find_deployment(session, tenant, platform_id, deployment_id)


def add_deployment(
    session: Session, tenant: str, platform_id: UUID, deployment_id: str, name: str, *, by: str, now: datetime
) -> Deployment:
    """Takes launches of this deployment from now on. From then on none is adopted.

    Raises NotFound, and Invalid when it is registered already, with this tenant or another.
    """
    lock(session, _REGISTERING)
    of = _locked(session, tenant, platform_id)
    if store.find_deployment(session, tenant, platform_id, deployment_id) is not None:
        raise Invalid("this deployment is registered here already", field="deployment_id", rule="taken")
    _require_free_deployment(session, of, deployment_id)
    new = Deployment(platform_id, deployment_id, name, now)
    store.insert_deployment(session, tenant, new)
    if of.adopts_deployment:
        store.replace_platform(session, replace(of, adopts_deployment=False))
    _audit_platform(session, of, "deployment.add", by, now, deployment_id=deployment_id)
    return new


def rename_deployment(
    session: Session, tenant: str, platform_id: UUID, deployment_id: str, name: str, *, by: str, now: datetime
) -> None:
    """Gives a deployment another name. Raises NotFound."""
    of = _locked(session, tenant, platform_id)
    if not store.rename_deployment(session, tenant, platform_id, deployment_id, name):
        raise NotFound("there is no such deployment", field="deployment_id")
    _audit_platform(session, of, "deployment.rename", by, now, deployment_id=deployment_id, to=name)


def remove_deployment(session: Session, tenant: str, platform_id: UUID, deployment_id: str, *, by: str, now: datetime) -> None:
    """Takes no more launches of this deployment, and ends those that are open. Raises NotFound."""
    of = _locked(session, tenant, platform_id)
    if not store.delete_deployment(session, tenant, platform_id, deployment_id):
        raise NotFound("there is no such deployment", field="deployment_id")
    store.end_sessions(session, tenant, platform_id, deployment_id)
    _audit_platform(session, of, "deployment.remove", by, now, deployment_id=deployment_id)


def adopt_deployment(session: Session, platform: Platform, deployment_id: str, *, now: datetime) -> bool:
    """Takes the first deployment that launches for the platform's, where none was named; whether it did.

    Never where another tenant has the same issuer and client id: then nothing tells whose deployment it is.
    """
    lock(session, _REGISTERING)
    of = _locked(session, platform.tenant, platform.platform_id)
    if not of.adopts_deployment or len(find_platforms(session, of.issuer, of.client_id)) > 1:
        return False
    add_deployment(session, of.tenant, of.platform_id, deployment_id, "", by=SYSTEM, now=now)
    return True


# --- the journal -----------------------------------------------------------------------------------------------------------


def note_visit(session: Session, tenant: str, visit: Visit) -> None:
    """Writes a launch, or a failed one, into the journal of its platform, which keeps about the newest ``KEPT``."""
    kept = shortened(visit)
    store.insert_visit(session, tenant, kept)
    if not kept.failed:
        store.note_launch(session, tenant, kept.platform_id, kept.deployment_id, kept.at)
    if kept.visit_id.int % _TRIMMED_EACH == 0:
        store.trim_visits(session, tenant, kept.platform_id, KEPT)


def visits(session: Session, tenant: str, platform_id: UUID, limit: int = KEPT, *, failed: bool | None = None) -> list[Visit]:
    """The platform's newest launches first: all, or those that failed, or those that did not."""
    return store.list_visits(session, tenant, platform_id, limit, failed=failed)


# --- registration by link --------------------------------------------------------------------------------------------------


def make_link(
    session: Session, tenant: str, *, made_by: UUID | None, master_key: Secret, now: datetime, made: Sequence[RSAKey] = ()
) -> str:
    """A token for one dynamic registration; shown once, since only its sum is kept. ``made``: see ``ensure_keys``."""
    ensure_keys(session, tenant, master_key=master_key, now=now, made=made)
    store.delete_old_links(session, tenant, now - links.VALID)
    token = secrets.token_urlsafe(links.TOKEN_BYTES)
    new = links.new_link(tenant, token, made_by=made_by, now=now)
    store.insert_link(session, new)
    _audit(session, tenant, "lti.link.create", f"lti_link:{new.token_key[:16]}", new.actor, now)
    return token


def claim_link(session: Session, token: str, *, now: datetime) -> RegistrationLink:
    """The link of this token, taken for a registration that begins now (``used_at`` tells this claim from others).

    Raises NotFound, and Conflict when it is used or ended.
    """
    found = store.find_link(session, links.key_of(token))
    if found is None:
        raise NotFound("there is no such registration link", field="token")
    if found.state(now) is LinkState.ENDED:
        raise Conflict("this registration link has ended", field="token", rule=LinkState.ENDED)
    if not store.claim_link(session, found, now=now, stale=now - links.CLAIMED):
        raise Conflict("this registration link was used already", field="token", rule=LinkState.USED)
    return replace(found, used_at=now)


def release_link(session: Session, link: RegistrationLink) -> None:
    """Lets the link be used again, after a registration that failed; unless somebody else has claimed it meanwhile."""
    store.release_link(session, link)


def register_platform(session: Session, link: RegistrationLink, setup: Setup, *, master_key: Secret, now: datetime) -> Platform:
    """Keeps what a dynamic registration by this link led to. A platform that registers again is changed, not doubled.

    Raises as ``add_platform`` does, and Conflict when somebody else has claimed the link meanwhile.
    """
    by = link.actor
    same = [one for one in find_platforms(session, setup.issuer, setup.client_id) if one.tenant == link.tenant]
    if same:
        kept = replace(setup, name=same[0].name, ancestors=same[0].ancestors)
        registered = change_platform(session, link.tenant, same[0].platform_id, kept, by=by, now=now)
    else:
        registered = add_platform(session, link.tenant, setup, master_key=master_key, by=by, now=now)
    if not store.finish_link(session, link, registered.platform_id):
        raise Conflict("this registration took too long: the link was used again meanwhile", field="token", rule=LinkState.USED)
    return registered


# --- rebindings ------------------------------------------------------------------------------------------------------------


def ask_rebinding(session: Session, tenant: str, asked: Rebinding) -> None:
    """Lets an administrator decide whether a user is the one of LTI 1.1 that the platform says. Asked again: one entry."""
    store.upsert_rebinding(session, tenant, asked)


def rebindings(session: Session, tenant: str, platform_id: UUID) -> list[Rebinding]:
    """What waits for a decision, the oldest first."""
    return store.list_rebindings(session, tenant, platform_id)


def approve_rebinding(
    session: Session,
    tenant: str,
    platform_id: UUID,
    subject: str,
    consumer_key: str,
    *,
    linked: IdentifierLinked,
    by: str,
    now: datetime,
) -> UUID:
    """Links the user to the person who was known by the user id of LTI 1.1, so that what waited counts; that person's id.

    Raises NotFound when nothing waits or nobody is known by that id, and Conflict when the user is linked to somebody else.
    """
    of = get_platform(session, tenant, platform_id)
    asked = _waiting(session, tenant, platform_id, subject, consumer_key)
    former = former_user(asked)
    person_id = people.resolve(session, tenant, [former]).get(former)
    if person_id is None:
        raise NotFound("nobody here is known by that user id of LTI 1.1", field="former_subject")
    user = lti_user(of.issuer, subject)
    linked.lock(session, tenant)
    people.link_identifier(session, tenant, user, person_id, actor=by, now=now)
    linked.linked(session, tenant, user, person_id, now=now)
    store.delete_rebinding(session, tenant, platform_id, subject, consumer_key)
    _audit_platform(session, of, "rebinding.approve", by, now, user=subject, person=str(person_id))
    return person_id


def refuse_rebinding(
    session: Session, tenant: str, platform_id: UUID, subject: str, consumer_key: str, *, by: str, now: datetime
) -> None:
    """Takes the request off the list. Raises NotFound."""
    of = get_platform(session, tenant, platform_id)
    _waiting(session, tenant, platform_id, subject, consumer_key)
    store.delete_rebinding(session, tenant, platform_id, subject, consumer_key)
    _audit_platform(session, of, "rebinding.refuse", by, now, user=subject)


def _waiting(session: Session, tenant: str, platform_id: UUID, subject: str, consumer_key: str) -> Rebinding:
    found = store.find_rebinding(session, tenant, platform_id, subject, consumer_key)
    if found is None:
        raise NotFound("nothing waits for this decision", field="subject")
    return found
