"""Who asks with an auth-token, which statements are taken from an AU, and which documents are open to it.

Implements ``ports.LaunchedSessions`` and ``ports.StatementRule``.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from lrs_bridge.cmi5 import store
from lrs_bridge.cmi5.documents import check_agent, check_use, reads_preferences
from lrs_bridge.cmi5.following.service import ACCOUNT, Outlets, get_enrolment, settle
from lrs_bridge.cmi5.move_on import NOTHING_YET
from lrs_bridge.cmi5.naming import key_of, parse_key
from lrs_bridge.cmi5.rules import Told, check_statement
from lrs_bridge.cmi5.session import SATISFYING, AuSession, Event, State, advance, check_open
from lrs_bridge.cmi5.store import Registration
from lrs_bridge.db import Session
from lrs_bridge.errors import Forbidden
from lrs_bridge.ports import Arriving, DocumentUse, SessionPass, StatementRule
from lrs_bridge.xapi.credentials.credential import NO_HASH, matches

_CONSEQUENTIAL = SATISFYING | {Event.TERMINATED}


class AuSessions:
    """The sessions of AUs."""

    def __init__(self, outlets: Outlets) -> None:
        self._outlets = outlets

    def find_pass(self, session: Session, key: str, secret: str, now: datetime) -> SessionPass | None:
        """The session that the key and the secret of an auth-token are good for (8.2.1); statements are kept by registration."""
        named = parse_key(key)
        secrets = store.find_secrets(session, *named) if named else None
        if not matches(secret, (secrets.secret_hash if secrets else None) or NO_HASH) or named is None:
            return None
        found = _get_session(session, *named)
        if found.is_over(now):
            return None
        key = key_of(found.tenant, found.registration)
        return SessionPass(found.tenant, found.session_id, key, ACCOUNT, found.launched_at, None, self)

    def rule(self, asker: SessionPass) -> StatementRule:
        """What is asked of the session's statements."""
        return _SessionRule(asker, self._outlets)

    def check_agent(self, session: Session, asker: SessionPass, agent: str | None) -> None:
        """Raises Forbidden unless it is the learner (8.1.3)."""
        check_agent(agent, _of(session, asker)[1].learner)

    def check_document(self, session: Session, asker: SessionPass, use: DocumentUse) -> bool:
        """Raises Forbidden unless the AU may do that; whether it is the first time that it reads the preferences."""
        found, registration = _of(session, asker)
        check_use(use, found, registration.learner)
        return reads_preferences(use) and not found.preferences_read

    def note_document(self, session: Session, asker: SessionPass, use: DocumentUse, *, now: datetime) -> None:  # noqa: ARG002  the port's
        """Notes that the AU has read its learner's preferences."""
        store.note_preferences(session, asker.tenant, asker.session_id)


def _get_session(session: Session, tenant: str, session_id: UUID) -> AuSession:
    found = store.find_session(session, tenant, session_id)
    if found is None:  # sessions are kept for as long as their registration
        raise Forbidden("the session is gone", field="Authorization", rule="cmi5 8.2")
    return found


def _of(session: Session, asker: SessionPass) -> tuple[AuSession, Registration]:
    found = _get_session(session, asker.tenant, asker.session_id)
    registration = store.find_registration(session, asker.tenant, found.registration)
    assert registration is not None  # noqa: S101  a foreign key holds it
    return found, registration


class _SessionRule:
    """The rule for one request's statements; the transaction may be run again, so it begins anew with ``before``."""

    def __init__(self, asker: SessionPass, outlets: Outlets) -> None:
        self._asker = asker
        self._outlets = outlets
        self._told: dict[UUID | None, Told] = {}

    def before(self, session: Session, batch: Sequence[Arriving], *, now: datetime) -> None:
        """Holds the registration, and looks at each statement by itself. Raises Forbidden."""
        found = _get_session(session, self._asker.tenant, self._asker.session_id)
        registration = store.find_registration(session, found.tenant, found.registration, to_change=True)
        assert registration is not None  # noqa: S101  a foreign key holds it
        self._session = _get_session(session, found.tenant, found.session_id)  # as it is now that nobody else changes it
        check_open(self._session, now)
        self._told = {one.id: check_statement(one.id, one.value, self._session, registration.learner) for one in batch}

    def after(self, session: Session, new: Sequence[Arriving], replayed: Sequence[Arriving], *, now: datetime) -> int:
        """Takes the new statements in the order of their timestamps (9.3); how many completions followed. Raises Forbidden."""
        self._check_replayed(replayed)
        if not new:
            return 0
        changed = self._session
        units = store.find_progress(session, changed.tenant, changed.registration)
        before = progress = units.get(changed.unit, NOTHING_YET)
        told = sorted((self._told[one.id] for one in new), key=lambda each: each.at)
        for each in told:
            changed, progress = advance(changed, progress, each.event, at=each.at, score=each.score, now=now)
        store.keep_session(session, changed)
        if progress != before:
            store.keep_progress(session, changed.tenant, changed.registration, changed.unit, progress, now=now)
        if not any(each.event in _CONSEQUENTIAL for each in told):
            return 0
        enrolment = get_enrolment(session, changed.tenant, changed.registration)
        return settle(session, enrolment, changed.session_id, self._outlets, now)

    def _check_replayed(self, replayed: Sequence[Arriving]) -> None:
        """After Terminated nothing is sent again, but for itself: its answer may have been lost (9.3.8; CATAPULT 9.3.0.0-5)."""
        if self._session.state is not State.TERMINATED:
            return
        if any(self._told[one.id].event is not Event.TERMINATED for one in replayed):
            raise Forbidden("the session was terminated", field="id", rule="cmi5 9.3.8")
