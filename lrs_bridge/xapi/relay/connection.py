"""What a connection test found out, in steps that a reader can act on.

Source: xAPI 1.0.3, Communication 2.8 (About), 3.3 (versions), 4.0 (authentication). An empty batch may be refused as such; what
counts is that it was not refused for its key.
"""

from dataclasses import dataclass
from enum import StrEnum

import orjson

from lrs_bridge.web.reply import Reply
from lrs_bridge.xapi.exchange import VERSION_HEADER
from lrs_bridge.xapi.model.version import Version, parse_version
from lrs_bridge.xapi.relay.reply import Cause, RelayFailed, Verdict, cause, verdict


class Step(StrEnum):
    """What is tried, in this order."""

    REACHED = "reached"
    LRS = "lrs"
    VERSION = "version"
    KEY = "key"


@dataclass(frozen=True, slots=True)
class Tried:
    """A step and how it went: ``cause`` is None when all is well, ``said`` what the other side answered."""

    step: Step
    cause: Cause | None = None
    said: str = ""


def unreachable(error: RelayFailed) -> tuple[Tried, ...]:
    """The report of a test that got no answer."""
    return (Tried(Step.REACHED, error.cause, error.message),)


def judge(about: Reply, asked: Reply, version: Version) -> tuple[Tried, ...]:
    """The report of a test that got answers: to a question for ``about``, and to one that needs the key."""
    return (Tried(Step.REACHED), *_of_versions(about, version), _of_key(asked))


def is_good(report: tuple[Tried, ...]) -> bool:
    """Whether every step went well."""
    return all(tried.cause is None for tried in report)


def _of_versions(about: Reply, version: Version) -> tuple[Tried, ...]:
    spoken = _versions(about)
    if spoken is None:
        return (Tried(Step.LRS, Cause.NO_LRS, f"{about.status}: {about.excerpt}"),)
    if version not in {parse_version(one) for one in spoken}:
        return Tried(Step.LRS), Tried(Step.VERSION, Cause.ODD_ANSWER, ", ".join(spoken))
    return Tried(Step.LRS), Tried(Step.VERSION)


def _versions(about: Reply) -> list[str] | None:
    """The versions that the answer lists; None when it is not that of an LRS."""
    try:
        value = orjson.loads(about.body)
    except orjson.JSONDecodeError:
        return None
    listed = value.get("version") if type(value) is dict else None
    if type(listed) is not list or not all(type(one) is str for one in listed):
        return None
    return listed or [about.headers.get(VERSION_HEADER.lower(), "")]


def _of_key(asked: Reply) -> Tried:
    if verdict(asked.status) in (Verdict.TAKEN, Verdict.THERE) or asked.status == 400:  # noqa: PLR2004  an empty batch
        return Tried(Step.KEY)
    return Tried(Step.KEY, cause(asked.status), f"{asked.status}: {asked.excerpt}")
