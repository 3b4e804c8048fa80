"""Where a hosted course is dispatched to: another learning system, which imports a thin package and plays the course here."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from itsdangerous import BadSignature, URLSafeSerializer

from lrs_bridge.errors import Invalid, Unauthenticated
from lrs_bridge.hosting.hosted import LONGEST_NUMBER
from lrs_bridge.identity import Account
from lrs_bridge.packages.ticket import signer
from lrs_bridge.plans.mapping import FormFields
from lrs_bridge.scorm.dispatch.package import Edition

MOST_LEARNERS = 1_000_000
LONGEST_NAME = 300
LONGEST_ID = 500
PAGE_LASTS = timedelta(days=1)
_ORIGIN = re.compile(r"https?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:\d{1,5})?", re.ASCII)
"""As browsers write it (RFC 6454 6.2): names of other alphabets are encoded. It becomes part of a header."""


@dataclass(frozen=True, slots=True)
class Destination:
    """One learning system that has the package. ``most_learners`` is how many may begin, None for any number."""

    destination_id: UUID
    hosted_id: UUID
    name: str
    edition: Edition
    hides_learners: bool
    most_learners: int | None
    added_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What the thin package asks for: the course for its learner, in a frame on a page of ``origin``."""

    learner_id: str
    learner_name: str
    mode: str
    origin: str


class _Secret(msgspec.Struct, frozen=True, array_like=True, tag="destination"):
    tenant: str
    destination_id: UUID


class _Page(msgspec.Struct, frozen=True, array_like=True, tag="page"):
    tenant: str
    attempt_id: UUID
    session: int
    expires: int


def written_secret(tenant: str, destination_id: UUID, key: bytes) -> str:
    """The secret that lets a destination's learners in. It follows from the key, so that it is kept nowhere."""
    return _serializer(key).dumps(msgspec.to_builtins(_Secret(tenant, destination_id)))


def parse_secret(text: str, key: bytes) -> tuple[str, UUID]:
    """Tenant and destination of a secret. Raises Unauthenticated for any other text."""
    found = _opened(text, key)
    if not isinstance(found, _Secret):
        raise Unauthenticated("this is not a destination's secret", field="token")
    return found.tenant, found.destination_id


def written_page(tenant: str, attempt_id: UUID, session: int, *, key: bytes, now: datetime) -> str:
    """What lets a page that plays a dispatched course renew its ticket, for a day."""
    page = _Page(tenant, attempt_id, session, int((now + PAGE_LASTS).timestamp()))
    return _serializer(key).dumps(msgspec.to_builtins(page))


def parse_page(text: str, *, key: bytes, now: datetime) -> tuple[str, UUID, int]:
    """Tenant, attempt and sitting of such a page. Raises Unauthenticated when it is none, or over."""
    found = _opened(text, key)
    if not isinstance(found, _Page) or now.timestamp() > found.expires:
        raise Unauthenticated("this page has expired; open the course again", field="page")
    return found.tenant, found.attempt_id, found.session


def _serializer(key: bytes) -> URLSafeSerializer:
    return signer(key, "dispatch")


def _opened(text: str, key: bytes) -> _Secret | _Page:
    try:
        found: _Secret | _Page = msgspec.convert(_serializer(key).loads(text), _Secret | _Page)
    except (BadSignature, msgspec.ValidationError) as error:
        raise Unauthenticated("this is not one of our secrets", field="token") from error
    return found


def parse_asked(form: Mapping[str, str]) -> Asked:
    """The form that the thin package sends. Raises Invalid that names the field."""
    learner_id = form.get("learner_id", "").strip()
    if not 0 < len(learner_id) <= LONGEST_ID:
        raise Invalid(f"a learner's id has 1 to {LONGEST_ID} characters", field="learner_id")
    origin = form.get("origin", "")
    if _ORIGIN.fullmatch(origin) is None:
        raise Invalid("origin must be that of the page that shows the course", field="origin")
    mode = form.get("mode", "normal")
    return Asked(learner_id, form.get("learner_name", "").strip()[:LONGEST_NAME], mode, origin)


def learner_at(public_url: str, destination_id: UUID, learner_id: str) -> Account:
    """Who a destination's learner is in statements: an account there, which an administrator may link to a person."""
    return Account(f"{public_url}/dispatch/{destination_id}", learner_id)


def parse_destination(form: FormFields, *, destination_id: UUID, hosted_id: UUID, now: datetime) -> Destination:
    """The destination that a form describes. Raises Invalid that names the field."""
    name, most = form.get("name", "").strip(), form.get("most_learners", "").strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise Invalid(f"a name of at most {LONGEST_NAME} characters", field="name")
    if most and not (most.isascii() and most.isdigit() and len(most) <= LONGEST_NUMBER and 0 < int(most) <= MOST_LEARNERS):
        raise Invalid(f"a number from 1 to {MOST_LEARNERS}, or none", field="most_learners")
    try:
        edition = Edition(form.get("edition", ""))
    except ValueError as error:
        raise Invalid("one of the editions in the list", field="edition") from error
    hides = form.get("hides_learners", "") == "yes"
    return Destination(destination_id, hosted_id, name, edition, hides, int(most) if most else None, now)
