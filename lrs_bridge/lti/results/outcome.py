"""From a platform's result to the claim that a learner finished a course.

Source: Assignment and Grade Services 2.0, 3.3.5 (Result). Whoever has points has completed; whether that is enough is for the
mapping to say. No points are no completion, and no score at all is no claim. A result that says less than an earlier one takes
that one back; one that says more stands beside it, so that a signature on the earlier one stays good. Left out: results that are
gone from the list, since platforms also leave out those who are not in the course any more.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from lrs_bridge.completion import Completion, Outcome, Score, SourceKey
from lrs_bridge.identity import LtiUser
from lrs_bridge.lti.advantage.grades import Grade, Result
from lrs_bridge.lti.results.column import Column

SOURCE = "lti"
_TOLERANCE = 1e-6


def result_key(line_item_id: UUID, subject: str) -> str:
    """A short name for one user's place in one column."""
    return hashlib.sha256(f"{line_item_id}\n{subject}".encode()).hexdigest()


def completion_id(key: str, number: int) -> str:
    """The id of the completion that a user's result of that number is."""
    return f"{key}.{number}"


def parse_id(id: str) -> tuple[str, int] | None:
    """Key and number of a completion's id, None for what is none of ours."""
    key, dot, number = id.partition(".")
    return (key, int(number)) if dot and number.isascii() and number.isdecimal() and len(number) < 10 else None  # noqa: PLR2004


def digest_of(document: str) -> str:
    """The digest of a result as it is stored."""
    return "sha-256:" + hashlib.sha256(document.encode()).hexdigest()


def to_completion(result: Result, column: Column, *, number: int, seen_at: datetime) -> Completion | None:
    """The completion that a result claims, None when nothing is graded. Platforms do not say when: it is when we saw it."""
    if result.score is None:
        return None
    score = Score(raw=result.score, minimum=0.0, maximum=result.maximum)
    return Completion(
        key=SourceKey(column.tenant, SOURCE, completion_id(result_key(column.line_item_id, result.subject), number)),
        learner=LtiUser(column.issuer, result.subject),
        activity=column.url,
        registration=None,
        outcome=Outcome(completion=True if result.score > 0 else None, score=score),
        occurred_at=seen_at,
        asserted_by=column.platform_name,
        evidence=digest_of(result.document),
        activity_name=column.label,
    )


def is_same(result: Result, last: Result | None) -> bool:
    """Whether the result says what the last one said; without a last one, whether it says nothing."""
    if last is None or result.share is None or last.share is None:
        return (last.share if last else None) is result.share
    return abs(result.share - last.share) < _TOLERANCE


def takes_back(result: Result, earlier: Result) -> bool:
    """Whether the result says less than an earlier one did."""
    return result.share is None or (earlier.share or 0.0) - result.share > _TOLERANCE


def is_echo(result: Result, sent: Iterable[Grade]) -> bool:
    """Whether the result only says what we said ourselves."""
    shares = [grade.given / grade.maximum for grade in sent if grade.given is not None]
    return result.share is not None and any(abs(result.share - share) < _TOLERANCE for share in shares)
