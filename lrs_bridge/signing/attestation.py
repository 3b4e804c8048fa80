"""What is signed: an activity record as it stood at the decision, and the decision itself.

The payload is the RFC 8785 canonical JSON of ``Attestation``. Every member is always there (null where there is nothing to say),
unknown members are refused, instants are RFC 3339 in UTC, scores are strings because binary fractions have more than one
spelling, and numbers are whole and within I-JSON (RFC 7493). So there is exactly one payload for one set of facts.
Left out: what the evidence itself says; the attestation holds its digest.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, TypeVar
from uuid import UUID

import msgspec
import rfc8785
from msgspec import Meta, Struct

from lrs_bridge.errors import Invalid

TYPE: Final = "lrs-bridge-attestation/1"

Digest = Annotated[str, Meta(pattern=r"\Asha-256:[0-9a-f]{64}\Z")]
"""``sha-256:`` and 64 lower-case hexadecimal digits."""
Moment = Annotated[datetime, Meta(tz=True)]
Count = Annotated[int, Meta(ge=1, le=2**53 - 1)]


class Part(Struct, frozen=True, forbid_unknown_fields=True):
    """A piece of the payload: immutable, complete, and nothing more than what is named."""


class Tenant(Part, frozen=True):
    """The organisation that keeps the record, by its id and its name at the time."""

    id: str
    name: str


class Person(Part, frozen=True):
    """A person by id, and by name at the time."""

    id: UUID
    name: str


class Resident(Part, frozen=True):
    """Whose activity it is; ``hpr_number`` is the health personnel number, as text, where it is known."""

    id: UUID
    name: str
    hpr_number: str | None


class Objective(Part, frozen=True):
    """A learning objective that the activity serves, in the version that the plan had."""

    code: str
    version: str
    title: str


class Activity(Part, frozen=True):
    """The learning activity; ``mode`` is its place in 70:20:10."""

    id: UUID
    title: str
    kind: str
    mode: str
    objectives: tuple[Objective, ...]


class Course(Part, frozen=True):
    """The course that was completed, in the version that was registered then."""

    iri: str
    title: str
    version: str


class Mapping(Part, frozen=True):
    """The rule by which the course counts for the activity, in the version that was applied."""

    id: UUID
    version: Count
    policy: str
    requirement: str
    minimum_score: Decimal | None
    validity_months: Count | None


class Score(Part, frozen=True):
    """Decimal numbers as text; None where the source does not say."""

    scaled: Decimal | None
    raw: Decimal | None
    minimum: Decimal | None
    maximum: Decimal | None


class Outcome(Part, frozen=True):
    """What the source says was achieved: two axes, each yes, no or not said."""

    completion: bool | None
    success: bool | None
    score: Score | None
    duration: timedelta | None


class Evidence(Part, frozen=True):
    """One piece that the decision rests on: which source keeps it under which id, and the digest of its stored bytes."""

    kind: str
    source: str
    id: str
    asserted_by: str
    activity: str | None
    occurred_at: Moment
    digest: Digest | None
    outcome: Outcome


class Login(Part, frozen=True):
    """How the signer had proved who they are: the identity provider and the assurance level that it stated."""

    provider: str
    assurance: str | None


class Decision(Part, frozen=True):
    """Who signed, in which role, in whose name, when, and what they said."""

    signed_by: Person | Literal["system"]
    role: str
    on_behalf_of: Person | None
    at: Moment
    comment: str | None
    login: Login | None


class Attestation(Part, frozen=True):
    """One entry of a tenant's ledger. ``previous`` is the chain hash of the entry before; see ``chain``."""

    type: Literal["lrs-bridge-attestation/1"]
    id: UUID
    issuer: str
    tenant: Tenant
    sequence: Count
    previous: Digest
    issued_at: Moment
    record: UUID
    resident: Resident
    activity: Activity
    course: Course | None
    mapping: Mapping | None
    done_at: Moment | None
    valid_until: date | None
    evidence: tuple[Evidence, ...]
    decision: Decision
    supersedes: UUID | None


Signed = TypeVar("Signed", bound=Part)


def canonical(payload: Part) -> bytes:
    """The bytes that are signed: RFC 8785 canonical JSON, UTF-8. Raises Invalid for text that JSON can't carry."""
    try:
        return rfc8785.dumps(msgspec.to_builtins(payload))
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise Invalid(f"the payload has no canonical JSON: {error}", rule="RFC 8785") from error


def parse_attestation(payload: bytes) -> Attestation:
    """Reads a payload; see ``parse_canonical``."""
    return parse_canonical(payload, Attestation, "an attestation", TYPE)


def parse_canonical(payload: bytes, of: type[Signed], name: str, rule: str) -> Signed:
    """Reads what was signed. Raises Invalid unless the bytes are exactly the canonical form of what they say."""
    try:
        stated = msgspec.json.decode(payload, type=of)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Invalid(f"the payload is not {name}: {error}", rule=rule) from error
    if canonical(stated) != payload:
        raise Invalid("the payload is not in canonical form", rule="RFC 8785")
    return stated


def check_copy(copy: dict[str, Any], payload: bytes, name: str) -> None:
    """What a file shows to read is what was signed. Raises Invalid."""
    try:
        shown = rfc8785.dumps(copy)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise Invalid(f"{name} has no canonical form: {error}") from error
    if shown != payload:
        raise Invalid(f"{name} was altered: it differs from what was signed")
