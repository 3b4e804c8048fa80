"""What players are told of their commits: as the standards' run-times answer, with what is ours beside it."""

from http import HTTPStatus
from typing import Any

import msgspec

from lrs_bridge.scorm.commit import Commit

GENERAL_EXCEPTION = 101
"""The error code of SCORM for what is not its own fault: RTE 3.1.7."""


class Answer(msgspec.Struct, frozen=True):
    """An HTTP status, and the JSON document that goes with it."""

    status: int
    document: dict[str, Any]


def answer_to(commit: Commit, *, stands: bool) -> Answer:
    """Of a commit that was kept: whether the attempt ``stands`` in its sitting, or goes on in a newer one."""
    if stands:
        return Answer(HTTPStatus.OK, {"result": "true", "errorCode": 0, "sequence": commit.sequence})
    return refusal(HTTPStatus.CONFLICT, "superseded")


def refusal(status: int, reason: str, **more: object) -> Answer:
    """Of a commit that does not count; ``reason`` is what the player goes by."""
    return Answer(status, {"result": "false", "errorCode": GENERAL_EXCEPTION, "reason": reason, **more})
