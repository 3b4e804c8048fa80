"""What the answers to a connection test mean. The test is made over the network, as a learning system would; see ``client``.

Source: xAPI 1.0.3, Communication 2.8 (about), 3.3 (versions), 4.0; the Fetch standard for what a page is allowed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus

import orjson

from lrs_bridge.xapi.exchange import VERSION_HEADER


class Verdict(StrEnum):
    """What a step of the test found; all but those in ``GOOD`` are problems."""

    REACHED = "reached"
    UNREACHED = "unreached"
    NOT_AN_LRS = "not_an_lrs"
    PREFLIGHT_GOOD = "preflight_good"
    PREFLIGHT_REFUSED = "preflight_refused"
    KEY_READS = "key_reads"
    KEY_KNOWN = "key_known"
    KEY_WRONG = "key_wrong"
    ORIGIN_REFUSED = "origin_refused"
    LIMITED = "limited"
    FAILED = "failed"


GOOD = frozenset({Verdict.REACHED, Verdict.PREFLIGHT_GOOD, Verdict.KEY_READS, Verdict.KEY_KNOWN})


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Step:
    """One step's verdict, and what to tell with it: versions, or a status."""

    verdict: Verdict
    detail: str = ""

    @property
    def good(self) -> bool:
        """Whether this step found what it should."""
        return self.verdict in GOOD


def judge_about(reply: Reply) -> Step:
    """The about resource, which anyone may ask."""
    versions = _versions(reply.body)
    if reply.status != HTTPStatus.OK or not versions or VERSION_HEADER.lower() not in reply.headers:
        return Step(Verdict.NOT_AN_LRS, str(reply.status))
    return Step(Verdict.REACHED, ", ".join(versions))


def judge_preflight(reply: Reply, origin: str) -> Step:
    """What a browser asks before a page of that origin may ask anything."""
    allowed = reply.headers.get("access-control-allow-origin") in ("*", origin)
    names = reply.headers.get("access-control-allow-headers", "").lower()
    good = reply.status < HTTPStatus.MULTIPLE_CHOICES and allowed and "authorization" in names
    return Step(Verdict.PREFLIGHT_GOOD if good else Verdict.PREFLIGHT_REFUSED, str(reply.status))


def judge_key(reply: Reply) -> Step:
    """A read of one statement: refused for want of a scope, the key is right all the same."""
    match reply.status:
        case HTTPStatus.OK:
            return Step(Verdict.KEY_READS)
        case HTTPStatus.UNAUTHORIZED:
            return Step(Verdict.KEY_WRONG)
        case HTTPStatus.TOO_MANY_REQUESTS:
            return Step(Verdict.LIMITED)
        case HTTPStatus.FORBIDDEN:
            return Step(Verdict.ORIGIN_REFUSED if _field(reply.body) == "Origin" else Verdict.KEY_KNOWN)
    return Step(Verdict.FAILED, str(reply.status))


def _versions(body: bytes) -> list[str]:
    found = _object(body).get("version")
    return [str(version) for version in found] if isinstance(found, list) else []


def _field(body: bytes) -> object:
    return _object(body).get("field")


def _object(body: bytes) -> dict[str, object]:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}
