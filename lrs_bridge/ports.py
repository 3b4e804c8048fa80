"""Protocols that cross room borders. They are wired in ``app`` and nowhere else."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, BinaryIO, Protocol, TypeVar
from uuid import UUID

from lrs_bridge.completion import Completion, Outcome, Retraction
from lrs_bridge.db import Lock, Session
from lrs_bridge.identity import Account, Identifier

T = TypeVar("T")


class CompletionSink(Protocol):
    """Where doors hand in completions, inside the transaction that stores their evidence."""

    def receive(self, session: Session, completions: Sequence[Completion], *, now: datetime) -> None:
        """Keeps each completion once by its key and applies it, or leaves it on the work list. Replays change nothing."""

    def locks(self, tenant: str) -> tuple[Lock, ...]:
        """What ``receive`` and ``retract`` hold from their beginning: a transaction that begins with it saves asking."""

    def retract(self, session: Session, retractions: Sequence[Retraction], *, now: datetime) -> None:
        """Takes completions back; unknown keys are ignored, since the claim may never have been a completion."""


@dataclass(frozen=True, slots=True)
class DueSignature:
    """An activity record that a mapping's ``auto`` policy lets the system sign, and in whose name."""

    record_id: UUID
    mapping_id: UUID
    course_owner_id: UUID


class SystemSigner(Protocol):
    """Signs activity records in the name of the course owner, where the mapping's policy says so."""

    def sign_due(self, session: Session, tenant: str, due: Sequence[DueSignature], *, now: datetime) -> None:
        """Signs each record and moves it to ``signed``. Raises when no signing key is usable."""


@dataclass(frozen=True, slots=True)
class SessionPass:
    """What a key is that is good for one session of content which we launched, and for nothing else.

    ``key`` is the name under which its statements are stored and found again; ``name`` is shown to users as their source;
    ``sessions`` is who issued it, and whose rules hold.
    """

    tenant: str
    session_id: UUID
    key: str
    name: str
    begun_at: datetime
    ends_at: datetime | None
    sessions: "LaunchedSessions"


@dataclass(frozen=True, slots=True)
class DocumentUse:
    """What a caller does with a document: ``kind`` is state, agent_profile or activity_profile, ``method`` HTTP's.

    ``agent`` is an agent key (xapi.model.references), ``id`` None for all documents; ``content`` is there when one is stored.
    """

    kind: str
    method: str
    activity: str | None
    agent: str | None
    registration: UUID | None
    id: str | None
    content: bytes | None = None
    content_type: str | None = None


@dataclass(frozen=True, slots=True)
class Arriving:
    """A valid statement on its way into the LRS. ``id`` is the one that its sender gave it."""

    id: UUID | None
    value: Mapping[str, Any]


class StatementRule(Protocol):
    """What else must be true of statements than xAPI says, and what follows from them instead of ordinary completions."""

    def before(self, session: Session, batch: Sequence[Arriving], *, now: datetime) -> None:
        """Looks at a batch before any of it is stored, and locks what it is judged by. Raises, and nothing is stored."""

    def after(self, session: Session, new: Sequence[Arriving], replayed: Sequence[Arriving], *, now: datetime) -> int:
        """Does what follows from the new statements, in the transaction that stored them; how many completions that made.

        ``replayed`` were there already, the same. Raises, and nothing is stored.
        """


class PassIssuer(Protocol):
    """Knows the keys of content that we launched."""

    def find_pass(self, session: Session, key: str, secret: str, now: datetime) -> SessionPass | None:
        """The session that this key and secret are good for, None when they are none or the session has ended."""


class LaunchedSessions(PassIssuer, Protocol):
    """Knows what content that we launched may do in the LRS."""

    def rule(self, asker: SessionPass) -> StatementRule:
        """The rule for statements of that session."""

    def check_agent(self, session: Session, asker: SessionPass, agent: str | None) -> None:
        """Raises Forbidden unless the session may ask about the agent of this key."""

    def check_document(self, session: Session, asker: SessionPass, use: DocumentUse) -> bool:
        """Raises Forbidden unless the session may do that; whether ``note_document`` is to be called."""

    def note_document(self, session: Session, asker: SessionPass, use: DocumentUse, *, now: datetime) -> None:
        """Notes that the session did that."""


class AttemptNews(Protocol):
    """Hears how attempts at hosted courses stand, in the transaction that changes it."""

    def attempt_changed(self, session: Session, tenant: str, registration: UUID, outcome: Outcome, *, now: datetime) -> None:
        """What was achieved in the attempt so far is this now. Registrations that are no attempts are ignored."""


class EvidenceSource(Protocol):
    """Reads the stored bytes that a completion's evidence digest was made of, so that they can be checked and shown."""

    def evidence_bytes(self, session: Session, tenant: str, source: str, id: str) -> bytes | None:
        """The stored bytes, or None when this source keeps nothing under that id."""


class AttestationIndex(Protocol):
    """Finds the attestations of activity records, for rooms below signing that link to them."""

    def attestations_of(self, session: Session, tenant: str, record_ids: Sequence[UUID]) -> dict[UUID, UUID]:
        """Record id to attestation id, for those that have one."""


class EvidenceHold(Protocol):
    """Keeps stored bytes from being erased while a record rests on them, and forgets the claims that were made of them."""

    def lock(self, session: Session, tenant: str, source: str, ids: Collection[str]) -> None:
        """Holds off, until the transaction ends, whatever could let a record rest on these from now on."""

    def held(self, session: Session, tenant: str, source: str, ids: Collection[str], *, by_request: bool) -> dict[str, str]:
        """Those of the ids that must stay, each with the reason in plain words. A person's request lets fewer of them stay."""

    def forget(self, session: Session, tenant: str, source: str, ids: Collection[str], *, now: datetime) -> int:
        """Takes the claims that came by these ids back and erases them; gives how many. None of the ids may be held."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What became of attempts: how many went, with how many claims, and of those that stay how many for each reason."""

    gone: int
    claims: int
    held: Mapping[str, int]


class KeptAttempts(Protocol):
    """What is kept of learners' attempts at hosted courses beside statements and documents, for who erases a person's."""

    def find(self, session: Session, tenant: str, identifiers: Collection[Identifier]) -> list[UUID]:
        """The attempts of whoever is known by one of these."""

    def foresee(self, session: Session, tenant: str, ids: Collection[UUID]) -> Forgotten:
        """What ``forget`` would do; changes nothing, and counts no claims."""

    def forget(self, session: Session, tenant: str, ids: Collection[UUID], *, now: datetime) -> Forgotten:
        """Erases the attempts with all that their courses had set, and takes back the claims that came of them.

        Of an attempt that a signed or sent record rests on stays what that rests on. Those that are gone are not counted again.
        """


class InTransaction(Protocol):
    """Does one piece of work in a transaction of its own: ``partial(transact, engine)``, or ``partial(read, engine)``."""

    def __call__(self, work: Callable[[Session], T], /) -> T:
        """What the work gives."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What a completion means for one learning activity of its person.

    ``verdict`` says whether the attempt that it belongs to meets the mapping (``plans.standing.Verdict``), and ``share`` is the
    best score of that attempt; both are None, like ``minimum_score``, when no mapping is in force. ``record_id`` and ``state``
    are those of the activity record, None when the activity is not in the person's plan; ``rests_on_it`` says whether the
    completion is evidence there, and ``came_later`` that it became evidence after the signature.
    """

    activity: str
    verdict: str | None
    share: float | None
    minimum_score: float | None
    record_id: UUID | None
    state: str | None
    rests_on_it: bool = False
    came_later: bool = False
    attestation_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Consequence:
    """What became of a completion: who and which course it was recognised as, and what that led to.

    ``learner_key`` and ``course_key`` name the entries of the work list where it waits while the person or the course is unknown.
    """

    learner_key: str
    person_id: UUID | None
    person_name: str | None
    course_key: str
    course_id: UUID | None
    course_title: str | None
    effects: tuple[Effect, ...] = ()
    retracted_at: datetime | None = None
    retraction_reason: str | None = None


class Progress(StrEnum):
    """How far a completion has come."""

    RETRACTED = "retracted"
    UNKNOWN_PERSON = "unknown_person"
    UNKNOWN_COURSE = "unknown_course"
    RECOGNISED = "recognised"
    EVIDENCE = "evidence"


@dataclass(frozen=True, slots=True)
class Stage:
    """How far a completion has come, and as EVIDENCE the state of the newest activity record that rests on it."""

    progress: Progress
    state: str | None = None


class Consequences(Protocol):
    """Tells doors what became of what they handed in. The number of queries does not grow with the ids."""

    def of(self, session: Session, tenant: str, source: str, ids: Sequence[str]) -> dict[str, Consequence]:
        """By the source's id, for those that are completions."""

    def stages(self, session: Session, tenant: str, source: str, ids: Sequence[str]) -> dict[str, Stage]:
        """The same in a word, for lists."""


class IdentifierLinked(Protocol):
    """Hears of identifiers that have become somebody's, in the transaction that links them."""

    def lock(self, session: Session, tenant: str) -> None:
        """Holds off whoever looks persons up by identifiers until the transaction ends; to be called before the link is made."""

    def linked(self, session: Session, tenant: str, identifier: Identifier, person_id: UUID, *, now: datetime) -> None:
        """Applies what waited for this identifier."""


@dataclass(frozen=True, slots=True)
class KnownCourse:
    """A registered course; ``iris`` are all that it is known by, its own first."""

    course_id: UUID
    title: str
    iris: tuple[str, ...]


class CourseDirectory(Protocol):
    """Finds registered courses, for rooms that know courses by their IRIs alone."""

    def find_courses(self, session: Session, tenant: str, words: str, limit: int) -> list[KnownCourse]:
        """Courses whose title or one of whose IRIs holds the words, by title."""


@dataclass(frozen=True, slots=True)
class HostedContent:
    """A course that is hosted here, in its newest version. ``structure`` is the package's own (cmi5.course.CourseStructure)."""

    course_id: UUID
    version_id: UUID
    iri: str
    title: str
    structure: Any
    notices: tuple[str, ...]


class CourseHost(Protocol):
    """Keeps cmi5 courses and their learners, for the administration API."""

    def take(self, file: BinaryIO, file_name: str, *, tenant: str, owner_id: UUID | None, now: datetime) -> UUID:
        """Makes a course of a package or a course structure, in transactions of its own; gives its id.

        ``owner_id`` is a person, None for an administrator. Raises Invalid for what can't be played, Forbidden for a person who
        may not host courses.
        """

    def get_content(self, session: Session, tenant: str, course_id: UUID) -> HostedContent:
        """The course. Raises NotFound."""

    def begin(
        self, session: Session, tenant: str, course_id: UUID, *, id: UUID, learner: Account, name: str, now: datetime
    ) -> None:
        """Begins an attempt in the newest version, whose id is the registration. Raises NotFound, and Conflict for a used id."""

    def files_url(self, session: Session, tenant: str, id: UUID, *, now: datetime) -> str | None:
        """Where the files of the attempt's package are, with a slash at its end; None when it has none. Raises NotFound."""


class CoursePlayer(Protocol):
    """Plays courses of the register here, for rooms that lead to them."""

    def paths(self, session: Session, tenant: str, course_ids: Collection[UUID]) -> dict[UUID, str]:
        """Where each of these courses is taken, for those that are played here."""


@dataclass(frozen=True, slots=True)
class Launchable:
    """Something of ours that can be placed in a course of a learning platform.

    ``kind`` and ``id`` name it within the tenant; ``id`` is empty where the kind says all (a user's own plan). ``is_graded`` says
    that each user has a standing in it that can go out as a score.
    """

    kind: str
    id: str
    title: str
    description: str
    is_graded: bool


class Reached(StrEnum):
    """How far a person has come with something that is placed. The words are those of activity records, and NOT_THEIRS."""

    NOT_THEIRS = "not_theirs"
    PLANNED = "planned"
    DONE = "done"
    SENT = "sent"
    RETURNED = "returned"
    SIGNED = "signed"
    CONTESTED = "contested"


@dataclass(frozen=True, slots=True)
class Standing:
    """How far one person has come with one launchable, since ``at``. ``share`` is the score from 0 to 1 where there is one.

    ``is_final`` says that nothing more is awaited, ``path`` where the person finds it on this service.
    """

    reached: Reached
    at: datetime | None
    share: float | None
    is_final: bool
    path: str


class LaunchableSource(Protocol):
    """What a room lets learning platforms place; each knows its own kinds."""

    kinds: frozenset[str]

    def search(self, session: Session, tenant: str, words: str, limit: int) -> list[Launchable]:
        """What can be placed whose title holds the words, by title."""

    def find(self, session: Session, tenant: str, kind: str, id: str) -> Launchable | None:
        """What is placed under that kind and id, or None when it is there no more."""

    def standings(self, session: Session, tenant: str, kind: str, id: str, person_ids: Collection[UUID]) -> dict[UUID, Standing]:
        """How far each of these persons has come with it, in a few queries however many they are."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One launch's session. ``person_id`` is None while nobody knows who the platform's user is.

    ``ancestors`` are the origins whose frames may show it; ``came_from`` names the platform and its course to readers;
    ``content`` is what pages keep between requests.
    """

    tenant: str
    session_id: str
    person_id: UUID | None
    ancestors: tuple[str, ...]
    came_from: str
    language: str | None
    opened_at: datetime
    content: dict[str, Any] = field(default_factory=dict)


class FrameStore(Protocol):
    """Where sessions in frames are kept."""

    def find(self, session: Session, session_id: str, secret: str) -> Frame | None:
        """The session, if that is its secret."""

    def keep(self, session: Session, frame: Frame, content: dict[str, Any]) -> None:
        """Keeps what pages want to find at the next request."""
