"""Line items, scores and results of a platform's gradebook.

Assignment and Grade Services 2.0: 3.2 (line items), 3.3 (results), 3.4 (scores), with the media types of each; Canvas's extension
``https://canvas.instructure.com/lti/submission``. Left out: changing and deleting line items, which belong to the course's owner.
"""

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from lrs_bridge.errors import UpstreamFailed

LINE_ITEM_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
LINE_ITEM_READ_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly"
RESULT_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly"
SCORE_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
LINE_ITEM_TYPE = "application/vnd.ims.lis.v2.lineitem+json"
LINE_ITEMS_TYPE = "application/vnd.ims.lis.v2.lineitemcontainer+json"
RESULTS_TYPE = "application/vnd.ims.lis.v2.resultcontainer+json"
SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
CANVAS_SUBMISSION = "https://canvas.instructure.com/lti/submission"
TAG = "lrs_bridge"
LONGEST_LABEL = 200
LONGEST_SUBJECT = 255
"""LTI 1.3 Core 5.3.6."""
_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])


@dataclass(frozen=True, slots=True)
class Grade:
    """What a score says: how far the user is, how far the grading is, and points of ``maximum`` where there are any."""

    activity_progress: str
    grading_progress: str
    given: float | None
    maximum: float
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class LineItem:
    """A column of the gradebook. ``url`` is its ``id``, at which scores are posted and results are read."""

    url: str
    label: str
    maximum: float | None = None
    resource_id: str | None = None
    tag: str | None = None
    resource_link_id: str | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What the gradebook says of one user in one column, and the JSON that said so. ``score`` is None where nothing is graded."""

    subject: str
    score: float | None
    maximum: float
    comment: str | None
    document: str

    @property
    def share(self) -> float | None:
        """The score as a share of its maximum."""
        return None if self.score is None else self.score / self.maximum


def score_document(subject: str, grade: Grade, *, at: datetime, submitted_at: datetime | None) -> bytes:
    """A score as it is posted (3.4.7). ``submitted_at`` is told in Canvas's way, for Canvas alone: else pass None."""
    document: dict[str, Any] = {
        "userId": subject,
        "timestamp": written(at),
        "activityProgress": grade.activity_progress,
        "gradingProgress": grade.grading_progress,
    }
    if grade.given is not None:
        document |= {"scoreGiven": _number(grade.given), "scoreMaximum": _number(grade.maximum)}
    if grade.comment:
        document["comment"] = grade.comment
    if submitted_at is not None:
        document[CANVAS_SUBMISSION] = {"submitted_at": written(submitted_at)}
    return json.dumps(document).encode()


def written(at: datetime) -> str:
    """The instant with fractions of a second, as AGS 3.4.7.2 asks for."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _number(value: float) -> float | int:
    return int(value) if value.is_integer() else value


def line_item_document(label: str, resource_id: str, maximum: float) -> bytes:
    """A new line item (3.2.5). It names no resource link: Canvas refuses that outside of deep linking."""
    document = {"label": label[:LONGEST_LABEL], "scoreMaximum": _number(maximum), "resourceId": resource_id, "tag": TAG}
    return json.dumps(document).encode()


def parse_line_item(content: bytes) -> LineItem:
    """One line item. Raises UpstreamFailed."""
    item = _read(content)
    if item is None:
        raise UpstreamFailed("the platform gave a line item that can't be read", rule="LTI AGS 2.0 3.2.5")
    return item


def parse_line_items(content: bytes) -> list[LineItem]:
    """A page of line items; those that can't be read are left out. Raises UpstreamFailed for what is no page."""
    return [item for raw in _split(content) if (item := _read(bytes(raw))) is not None]


def parse_results(content: bytes) -> list[Result]:
    """A page of results; those that can't be read are left out. Raises UpstreamFailed for what is no page."""
    return [result for raw in _split(content) if (result := parse_result(bytes(raw).decode())) is not None]


def parse_result(document: str) -> Result | None:
    """One result, None for what can't be read as one. Without a ``resultMaximum`` the score is of 1 (3.3.5.3)."""
    members = _members(document.encode())
    subject = _text(members.get("userId"))
    score, maximum = _finite(members.get("resultScore")), _finite(members.get("resultMaximum"))
    if subject is None or len(subject) > LONGEST_SUBJECT or (score is None and members.get("resultScore") not in (None, "")):
        return None
    return Result(subject, score, maximum if maximum and maximum > 0 else 1.0, _text(members.get("comment")), document)


def _read(content: bytes) -> LineItem | None:
    members = _members(content)
    url = _text(members.get("id"))
    if url is None:
        return None
    texts = (_text(members.get(name)) for name in ("resourceId", "tag", "resourceLinkId"))
    return LineItem(url, _text(members.get("label")) or url, _finite(members.get("scoreMaximum")), *texts)


def _split(content: bytes) -> list[msgspec.Raw]:
    try:
        return _ITEMS.decode(content)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise UpstreamFailed("the platform's gradebook answered with something else than a list", rule="LTI AGS 2.0") from error


def _members(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _text(value: Any) -> str | None:
    """A text, or a number that stands for one, as some platforms write ids; None for an empty one."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value).replace("\0", "\ufffd").strip() or None


def _finite(value: Any) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
