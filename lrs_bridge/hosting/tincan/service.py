"""Tin Can courses (``tincan.xml``): launched with a key for one attempt, good for its learner's statements and documents alone.

Source: Rustici Software, Tin Can launch (``endpoint``, ``auth``, ``actor``, ``registration``, ``activity_id`` in the query). What
such courses say is taken as any statement is, but for whom it is about. Implements ``ports.LaunchedSessions``.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit
from uuid import UUID

import msgspec
import orjson
from itsdangerous import BadSignature, URLSafeSerializer

from lrs_bridge.completion import Completion
from lrs_bridge.db import Session
from lrs_bridge.errors import Forbidden
from lrs_bridge.hosting.attempts import service as attempts
from lrs_bridge.hosting.hosted import Attempt, Mode, better
from lrs_bridge.hosting.library import service as library
from lrs_bridge.packages import service as packages
from lrs_bridge.packages.ticket import signer
from lrs_bridge.packages.tincan import TincanCourse
from lrs_bridge.plans.courses import service as courses
from lrs_bridge.ports import Arriving, AttemptNews, CompletionSink, DocumentUse, SessionPass, StatementRule
from lrs_bridge.settings import Settings
from lrs_bridge.web.keys import derived_key
from lrs_bridge.xapi.credentials.authorization import basic_header
from lrs_bridge.xapi.credentials.credential import tenant_of
from lrs_bridge.xapi.model.formats import is_below
from lrs_bridge.xapi.model.references import agent_key
from lrs_bridge.xapi.model.rules import VOIDED
from lrs_bridge.xapi.statements import service as statements
from lrs_bridge.xapi.statements.outcome import SOURCE, to_completion
from lrs_bridge.xapi.statements.own.naming import NAME, own_key

LASTS = timedelta(hours=12)
PURPOSE = "tin can keys"
_RULE = "Tin Can launch"


class _Ticket(msgspec.Struct, frozen=True, array_like=True):
    attempt_id: UUID
    expires: int


def launch_url(address: str, activity_id: str, tenant: str, attempt: Attempt, *, settings: Settings, now: datetime) -> str:
    """The course's address with what it needs to speak to the LRS."""
    ticket = _Ticket(attempt.attempt_id, int((now + LASTS).timestamp()))
    secret = _serializer(settings).dumps(msgspec.to_builtins(ticket))
    told = {
        "endpoint": f"{settings.public_url}/xapi/",
        "auth": basic_header(own_key(tenant, attempt.attempt_id), secret),
        "actor": orjson.dumps(actor_of(attempt)).decode(),
        "registration": str(attempt.attempt_id),
        "activity_id": activity_id,
    }
    parts = urlsplit(address)
    query = "&".join(part for part in (parts.query, urlencode(told)) if part)
    return urlunsplit(parts._replace(query=query))


def actor_of(attempt: Attempt) -> dict[str, Any]:
    """The learner as an actor."""
    account = {"homePage": attempt.learner.home_page, "name": attempt.learner.name}
    return {"objectType": "Agent", "name": attempt.learner_name, "account": account}


def _serializer(settings: Settings) -> URLSafeSerializer:
    return signer(derived_key(settings.master_key, PURPOSE), "tincan")


class TincanSessions:
    """The sessions of Tin Can courses."""

    def __init__(self, settings: Settings, sink: CompletionSink, news: AttemptNews) -> None:
        self._settings = settings
        self._sink = sink
        self._news = news

    def find_pass(self, session: Session, key: str, secret: str, now: datetime) -> SessionPass | None:
        """The attempt that the key and its secret are good for."""
        tenant = tenant_of(key)
        try:
            ticket = msgspec.convert(_serializer(self._settings).loads(secret), _Ticket)
        except (BadSignature, msgspec.ValidationError):
            return None
        if key != own_key(tenant, ticket.attempt_id) or now.timestamp() > ticket.expires:
            return None
        attempt = attempts.find_attempt(session, tenant, ticket.attempt_id)
        if attempt is None:
            return None
        ends_at = datetime.fromtimestamp(ticket.expires, UTC)
        return SessionPass(tenant, attempt.attempt_id, key, NAME, attempt.opened_at, ends_at, self)

    def rule(self, asker: SessionPass) -> StatementRule:
        """What is asked of the course's statements."""
        return _Rule(asker, self._sink, self._news)

    def check_agent(self, session: Session, asker: SessionPass, agent: str | None) -> None:
        """Raises Forbidden unless it is the learner."""
        attempt = attempts.get_attempt(session, asker.tenant, asker.session_id)
        if agent != agent_key(actor_of(attempt)):
            raise Forbidden("this course may ask about its learner only", field="agent", rule=_RULE)

    def check_document(self, session: Session, asker: SessionPass, use: DocumentUse) -> bool:
        """Raises Forbidden for documents of other agents, of other attempts, and of activities that are not the course's."""
        if use.agent is not None:
            self.check_agent(session, asker, use.agent)
        if use.registration not in (None, asker.session_id):
            raise Forbidden("this course may use its own registration only", field="registration", rule=_RULE)
        if use.activity is not None and not self._is_own(session, asker, use.activity):
            raise Forbidden("this course may use documents of its own activities only", field="activityId", rule=_RULE)
        return False

    def _is_own(self, session: Session, asker: SessionPass, activity: str) -> bool:
        """Whether ``tincan.xml`` names the activity, or one whose id it begins with: others are other courses'."""
        attempt = attempts.get_attempt(session, asker.tenant, asker.session_id)
        course = packages.structure_of(session, asker.tenant, attempt.package_id, TincanCourse)
        return any(is_below(activity, each.id) for each in course.activities)

    def note_document(self, session: Session, asker: SessionPass, use: DocumentUse, *, now: datetime) -> None:
        """Nothing is noted."""


class _Rule:
    """The statements of one request: of the learner, in this attempt, voiding nothing."""

    def __init__(self, asker: SessionPass, sink: CompletionSink, news: AttemptNews) -> None:
        self._asker = asker
        self._sink = sink
        self._news = news

    def before(self, session: Session, batch: Sequence[Arriving], *, now: datetime) -> None:  # noqa: ARG002  the port's
        """Raises Forbidden for what is not the course's to say."""
        learner = agent_key(actor_of(attempts.get_attempt(session, self._asker.tenant, self._asker.session_id)))
        for one in batch:
            if one.value["verb"]["id"] == VOIDED:
                raise Forbidden("courses void nothing", field="verb.id", rule=_RULE)
            if agent_key(one.value["actor"]) != learner:
                raise Forbidden("the actor must be the learner who was launched", field="actor", rule=_RULE)
            registration = one.value.get("context", {}).get("registration")
            if registration is not None and UUID(registration) != self._asker.session_id:
                message = "the registration must be the one that was launched"
                raise Forbidden(message, field="context.registration", rule=_RULE)

    def after(self, session: Session, new: Sequence[Arriving], replayed: Sequence[Arriving], *, now: datetime) -> int:  # noqa: ARG002
        """Completions of the new statements that tell of one; the attempt is told of the best of them."""
        attempt = attempts.get_attempt(session, self._asker.tenant, self._asker.session_id)
        if attempt.mode is not Mode.NORMAL:
            return 0
        found = [made for one in new if (made := self._completion(session, attempt, one, now)) is not None]
        if found:
            self._sink.receive(session, found, now=now)
            outcome = attempt.outcome
            for each in found:
                outcome = better(outcome, each.outcome)
            if outcome != attempt.outcome:
                self._news.attempt_changed(session, self._asker.tenant, attempt.attempt_id, outcome, now=now)
        return len(found)

    def _completion(self, session: Session, attempt: Attempt, one: Arriving, now: datetime) -> Completion | None:
        """What a statement about the course itself claims; of its parts nobody asks."""
        tenant = self._asker.tenant
        played = packages.structure_of(session, tenant, attempt.package_id, TincanCourse).launchable.id
        if one.value["object"].get("id") != played:
            return None
        assert one.id is not None  # noqa: S101  what is stored has an id
        stored = statements.evidence_bytes(session, tenant, SOURCE, str(one.id))
        digest = hashlib.sha256(stored or b"").hexdigest()
        made = to_completion(
            dict(one.value), id=one.id, tenant=tenant, asserted_by=NAME, evidence=f"sha-256:{digest}", stored_at=now
        )
        if made is None:
            return None
        course = courses.get_course(session, tenant, library.get_hosted(session, tenant, attempt.hosted_id).course_id)
        return msgspec.structs.replace(made, activity=course.iri, registration=attempt.attempt_id)
