"""Forwardings and pulls: set up, looked at, and moved on by a worker that holds the relay's lease meanwhile."""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from lrs_bridge.db import Session, audit
from lrs_bridge.errors import Invalid, NotFound
from lrs_bridge.settings import Secret
from lrs_bridge.xapi.credentials import service as credentials
from lrs_bridge.xapi.credentials.credential import Credential, Scope
from lrs_bridge.xapi.model.formats import parse_timestamp, parse_uuid
from lrs_bridge.xapi.relay import store
from lrs_bridge.xapi.relay.relay import (
    DeadLetter,
    Direction,
    Light,
    Relay,
    Setup,
    State,
    check_secret,
)
from lrs_bridge.xapi.relay.sealing import NONCE_BYTES, seal, unseal
from lrs_bridge.xapi.relay.sweep import Cursor
from lrs_bridge.xapi.statements.sequence import first_after, stored_at

COUNTED = 10_000
"""Beyond this many, what waits is not counted on."""
SHOWN_LETTERS = 100
BEGINNING = "beginning"
NOW = "now"


@dataclass(frozen=True, slots=True)
class Standing:
    """A relay and how it fares: ``waiting`` statements (COUNTED at most) of which the first was stored at ``waiting_since``.

    ``lag`` is how long that one has waited, ``idle`` how long it has been since the relay got on although something waited.
    """

    relay: Relay
    light: Light
    waiting: int
    waiting_since: datetime | None
    lag: timedelta
    idle: timedelta
    dead_letters: int

    @property
    def is_alarming(self) -> bool:
        """Whether somebody should do something."""
        return self.light in (Light.STALLED, Light.REFUSED)


# --- set up ----------------------------------------------------------------------------------------------------------------


def add_relay(
    session: Session, tenant: str, direction: Direction, setup: Setup, *, start: str, master_key: Secret, by: str, now: datetime
) -> Relay:
    """Adds a forwarding or a pull that begins at ``start`` (see ``replay``). ``by`` is the audit log's actor.

    A pull gets a credential of its own, whose name is the pull's, to store with. Raises Invalid for a name that is taken, a
    missing secret, and a start that is none.
    """
    _require_free_name(session, tenant, setup.name)
    if setup.secret is None:
        raise Invalid("a secret is needed", field="secret")
    relay_id = uuid4()
    new = Relay(
        tenant=tenant,
        relay_id=relay_id,
        direction=direction,
        name=setup.name,
        endpoint=setup.endpoint,
        key=setup.key,
        sealed_secret=_sealed(master_key, setup.secret, tenant, relay_id),
        version=setup.version,
        filter=setup.filter,
        state=State.RUNNING,
        assigned=setup.assigned,
        stall_minutes=setup.stall_minutes,
        credential_key=_own_credential(session, tenant, setup.name, now) if direction is Direction.PULL else None,
        cursor=0,
        sweep=Cursor(),
        relayed=0,
        refused_in_row=0,
        failures=0,
        retry_at=None,
        troubles=(),
        moved_at=now,
        stall_told=False,
        created_at=now,
    )
    new = _started(session, new, start, now)
    store.insert_relay(session, new)
    _audit(session, new, "add", by, now, direction=direction.value, endpoint=setup.endpoint, filter=setup.filter.to_json())
    return new


def change_relay(
    session: Session, tenant: str, relay_id: UUID, setup: Setup, *, master_key: Secret, by: str, now: datetime
) -> Relay:
    """Changes a relay's set-up; one that was refused tries again.

    Raises NotFound, and Invalid as ``add_relay`` does; a secret is missing when address or key are others than before.
    """
    old = _locked(session, tenant, relay_id)
    check_secret(old, setup)
    if setup.name != old.name:
        _require_free_name(session, tenant, setup.name)
    sealed = old.sealed_secret if setup.secret is None else _sealed(master_key, setup.secret, tenant, relay_id)
    changed = replace(
        _set_going(old, now) if old.state is State.REFUSED else old,
        name=setup.name,
        endpoint=setup.endpoint,
        key=setup.key,
        sealed_secret=sealed,
        version=setup.version,
        filter=setup.filter,
        assigned=setup.assigned,
        stall_minutes=setup.stall_minutes,
        sweep=replace(old.sweep, more=None, bound=None),
        retry_at=None,
    )
    store.replace_relay(session, changed)
    _audit(session, changed, "change", by, now, endpoint=setup.endpoint, filter=setup.filter.to_json())
    return changed


def pause_relay(session: Session, tenant: str, relay_id: UUID, *, by: str, now: datetime) -> None:
    """Lets the relay rest until it is resumed. Raises NotFound."""
    paused = replace(_locked(session, tenant, relay_id), state=State.PAUSED)
    store.replace_relay(session, paused)
    _audit(session, paused, "pause", by, now)


def resume_relay(session: Session, tenant: str, relay_id: UUID, *, by: str, now: datetime) -> None:
    """Lets a relay go on where it stopped, whoever stopped it. Raises NotFound."""
    resumed = _set_going(_locked(session, tenant, relay_id), now)
    store.replace_relay(session, resumed)
    _audit(session, resumed, "resume", by, now)


def replay(session: Session, tenant: str, relay_id: UUID, start: str, *, by: str, now: datetime) -> None:
    """Lets a relay begin anew at ``start``: ``beginning``, ``now``, a timestamp, or for a forwarding a statement's id.

    What the other side has already it recognises by its id. Raises NotFound, and Invalid for a start that is none of these.
    """
    moved = _started(session, _set_going(_locked(session, tenant, relay_id), now), start, now)
    store.replace_relay(session, moved)
    _audit(session, moved, "replay", by, now, start=start)


def remove_relay(session: Session, tenant: str, relay_id: UUID, *, by: str, now: datetime) -> None:
    """Removes a relay, its dead letters, and the credential that a pull stored with; statements stay. Raises NotFound."""
    gone = _locked(session, tenant, relay_id)
    store.delete_relay(session, gone)
    if gone.credential_key is not None and own_credential(session, gone, now) is not None:
        credentials.revoke_credential(session, tenant, gone.credential_key, now)
    _audit(session, gone, "remove", by, now)


def resend(session: Session, tenant: str, relay_id: UUID, letter_id: UUID | None, *, by: str, now: datetime) -> int:
    """Lets a dead letter, or all when None, be tried again at the next round; how many. Raises NotFound."""
    relay = _locked(session, tenant, relay_id)
    count = store.queue_letters(session, relay, letter_id)
    _require_letter(letter_id, count)
    _audit(session, relay, "resend", by, now, letters=count)
    return count


def forget(session: Session, tenant: str, relay_id: UUID, letter_id: UUID | None, *, by: str, now: datetime) -> int:
    """Takes a dead letter, or all when None, off the list; how many. Raises NotFound."""
    relay = _locked(session, tenant, relay_id)
    count = store.delete_letters(session, relay, letter_id)
    _require_letter(letter_id, count)
    _audit(session, relay, "forget", by, now, letters=count)
    return count


def secret_of(relay: Relay, master_key: Secret) -> str:
    """The secret by which the other LRS knows us. Raises RelayFailed when the master key is another one by now."""
    return unseal(master_key, relay.sealed_secret, tenant=relay.tenant, relay_id=relay.relay_id)


def _started(session: Session, relay: Relay, start: str, now: datetime) -> Relay:
    start = start.strip()
    if start == BEGINNING:
        return replace(relay, cursor=0, sweep=Cursor())
    at = now if start == NOW else parse_timestamp(start)
    if at is not None:
        return replace(relay, cursor=first_after(at) - 1, sweep=Cursor(since=at))
    statement_id = parse_uuid(start)
    if relay.direction is Direction.PULL or statement_id is None:
        raise Invalid("write beginning, now, a timestamp, or for a forwarding a statement's id", field="start")
    found = store.find_logged(session, relay.tenant, [statement_id]).get(statement_id)
    if found is None:
        raise Invalid("there is no statement with this id", field="start")
    return replace(relay, cursor=found.seq - 1)


def _set_going(relay: Relay, now: datetime) -> Relay:
    going = {"state": State.RUNNING, "failures": 0, "refused_in_row": 0}
    return replace(relay, **going, retry_at=None, moved_at=now, stall_told=False)  # type: ignore[arg-type]


def _sealed(master_key: Secret, secret: str, tenant: str, relay_id: UUID) -> str:
    return seal(master_key, secrets.token_bytes(NONCE_BYTES), secret, tenant=tenant, relay_id=relay_id)


def _own_credential(session: Session, tenant: str, name: str, now: datetime) -> str:
    """A credential whose secret nobody is told."""
    key, _secret = credentials.create_credential(session, tenant=tenant, name=name, scopes=[Scope.WRITE], now=now)
    return key


def _require_free_name(session: Session, tenant: str, name: str) -> None:
    if store.find_named(session, tenant, name) is not None:
        raise Invalid("another forwarding or pull has this name", field="name")


def _require_letter(letter_id: UUID | None, count: int) -> None:
    if letter_id is not None and count == 0:
        raise NotFound("there is no such dead letter", field="letter_id")


def _locked(session: Session, tenant: str, relay_id: UUID) -> Relay:
    found = store.lock_relay(session, tenant, relay_id)
    if found is None:
        raise NotFound("there is no such forwarding or pull", field="relay_id")
    return found


def _audit(session: Session, relay: Relay, act: str, by: str, now: datetime, **detail: object) -> None:
    subject = f"relay:{relay.relay_id}"
    audit.record(session, relay.tenant, audit.AuditEvent(now, by, f"relay.{act}", subject, {"name": relay.name, **detail}))


# --- looked at -------------------------------------------------------------------------------------------------------------


def get_relay(session: Session, tenant: str, relay_id: UUID) -> Relay:
    """The relay. Raises NotFound."""
    found = store.find_relay(session, tenant, relay_id)
    if found is None:
        raise NotFound("there is no such forwarding or pull", field="relay_id")
    return found


def get_named(session: Session, tenant: str, name: str) -> Relay:
    """The relay of that name. Raises NotFound."""
    found = store.find_named(session, tenant, name)
    if found is None:
        raise NotFound(f"there is no forwarding or pull {name} in {tenant}", field="name")
    return found


def standings(session: Session, tenant: str | None, now: datetime) -> list[Standing]:
    """How the tenant's relays fare, or everybody's, by name."""
    return [standing(session, relay, now) for relay in store.list_relays(session, tenant)]


def standing(session: Session, relay: Relay, now: datetime) -> Standing:
    """How a relay fares. A pull's lag is the time since it was last known to have all."""
    letters = store.count_letters(session, relay)
    if relay.direction is Direction.PULL:
        lag = max(now - relay.moved_at, timedelta())
        return Standing(relay, relay.light(now, None), 0, None, lag, lag, letters)
    first = store.next_number(session, relay.tenant, relay.cursor)
    since = None if first is None else stored_at(first)
    waiting = 0 if first is None else store.count_following(session, relay.tenant, relay.cursor, COUNTED)
    lag = timedelta() if since is None else max(now - since, timedelta())
    idle = min(lag, max(now - relay.moved_at, timedelta()))
    return Standing(relay, relay.light(now, since), waiting, since, lag, idle, letters)


def dead_letters(session: Session, relay: Relay, limit: int = SHOWN_LETTERS) -> list[DeadLetter]:
    """The relay's newest dead letters."""
    return store.list_letters(session, relay, limit)


def tell_stalls(session: Session, now: datetime) -> list[Standing]:
    """The relays that have stalled and that nobody was told of yet; each is given once for each stall."""
    found = [one for one in standings(session, None, now) if one.light is Light.STALLED and not one.relay.stall_told]
    return [one for one in found if store.mark_stall_told(session, one.relay)]


def own_credential(session: Session, relay: Relay, now: datetime) -> Credential | None:
    """What a pull stores with; None once it is revoked."""
    found = credentials.list_credentials(session, relay.tenant)
    return next((one for one in found if one.key == relay.credential_key and one.is_valid(now)), None)
