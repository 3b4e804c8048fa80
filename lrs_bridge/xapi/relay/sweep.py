"""Reading what another LRS gives, page by page, and knowing from when to go on.

Source: xAPI 1.0.3, Communication 2.1.3 (since, ascending, more, X-Experience-API-Consistent-Through), Data 2.5 (StatementResult),
Data 2.4.8 (stored).

A sweep asks for all that was stored since the cursor, oldest first. Until when its answer is whole is told by the LRS, or else
assumed to be a minute before it answered; the cursor never passes that. As some LRSs write ``stored`` in whole seconds, it also
stays a second behind.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit, urlunsplit

import msgspec
import orjson

from lrs_bridge.web.reply import Reply, parse_http_date
from lrs_bridge.xapi.exchange import CONSISTENT_THROUGH_HEADER
from lrs_bridge.xapi.model.formats import parse_timestamp
from lrs_bridge.xapi.relay.reply import Cause, RelayFailed

PAGE = 200
MAX_PAGE_BYTES = 64 * 1024 * 1024
UNTOLD = timedelta(minutes=1)
"""How far an LRS that tells nothing of its consistency is believed to lag behind its own clock."""
COARSE = timedelta(seconds=1)
"""The coarsest ``stored`` that is met."""
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_PAGE = msgspec.json.Decoder(dict[str, msgspec.Raw])
_STATEMENTS = msgspec.json.Decoder(list[msgspec.Raw])


@dataclass(frozen=True, slots=True)
class Page:
    """The statements of a page, each with its very bytes, and the address of the next one, None when this is the last."""

    statements: tuple[bytes, ...]
    more: str | None


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a pull has come. ``more`` is the next page of a sweep under way, ``bound`` until when that sweep is whole."""

    since: datetime | None = None
    more: str | None = None
    bound: datetime | None = None


def first_page(endpoint: str, since: datetime | None) -> str:
    """The address of a sweep's first page."""
    asked = {"ascending": "true", "limit": str(PAGE)}
    if since is not None:
        asked["since"] = since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return f"{endpoint}/statements?{urlencode(asked)}"


def one_statement(endpoint: str, statement_id: str, *, voided: bool = False, contents: bool = True) -> str:
    """The address of a single statement, with the contents of its attachments unless told otherwise."""
    asked = {"voidedStatementId" if voided else "statementId": statement_id, "attachments": "true" if contents else "false"}
    return f"{endpoint}/statements?{urlencode(asked)}"


def needs_contents(raw: bytes) -> bool:
    """Whether a statement has an attachment whose content is nowhere but beside it (Communication 1.5.2)."""
    if b'"attachments"' not in raw:
        return False
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return False
    owners = [owner for owner in (value, value.get("object") if type(value) is dict else None) if type(owner) is dict]
    lists = [owner.get("attachments") for owner in owners]
    found = [one for some in lists if type(some) is list for one in some]
    return any(type(one) is dict and "fileUrl" not in one for one in found)


def parse_page(reply: Reply, url: str) -> Page:
    """The page that an answer to a request for ``url`` holds. Raises RelayFailed when it is none."""
    try:
        members = _PAGE.decode(reply.body)
        statements = _STATEMENTS.decode(members["statements"])
        more = orjson.loads(bytes(members["more"])) if "more" in members else None
    except (msgspec.DecodeError, orjson.JSONDecodeError, KeyError, RecursionError) as error:
        raise RelayFailed(f"the answer is not a StatementResult: {reply.excerpt}", cause=Cause.ODD_ANSWER) from error
    return Page(tuple(bytes(one) for one in statements), _next(url, more))


def _next(url: str, more: Any) -> str | None:
    """The next page's address on the same host: an LRS behind a proxy may not know its own, and our key is for this one only."""
    if more is None or more == "":
        return None
    if not isinstance(more, str):
        raise RelayFailed("more is not an address", cause=Cause.ODD_ANSWER)
    try:
        here, there = urlsplit(url), urlsplit(urljoin(url, more))
    except ValueError as error:
        raise RelayFailed("more is not an address", cause=Cause.ODD_ANSWER) from error
    following = urlunsplit((here.scheme, here.netloc, there.path, there.query, ""))
    if following == url:
        raise RelayFailed("more leads to the very page that it is on", cause=Cause.ODD_ANSWER)
    return following


def bound(headers: Mapping[str, str], now: datetime) -> datetime:
    """Until when an answer that came ``now`` holds all that was stored, by the other LRS's clock where it tells the time."""
    clock = parse_http_date(headers.get("date", "")) or now
    told = parse_timestamp(headers.get(CONSISTENT_THROUGH_HEADER.lower(), ""))
    return clock - UNTOLD if told is None else min(told, clock)


def after_page(cursor: Cursor, page: Page, through: datetime) -> Cursor:
    """The cursor once a page is stored: ``through`` is the bound of the page's own answer, kept from the sweep's first one on.

    While pages follow, the cursor moves along with statements that are in order, so that a sweep whose ``more`` is no longer
    answered goes on near where it was.
    """
    whole_until = cursor.bound or through
    if page.more is None:
        return Cursor(_later(cursor.since, whole_until))
    stored = [stored_at(one) for one in page.statements]
    known = [at for at in stored if at is not None]
    if not known or len(known) < len(stored) or known != sorted(known):
        return Cursor(cursor.since, page.more, whole_until)
    return Cursor(_later(cursor.since, min(known[-1], whole_until)), page.more, whole_until)


def stored_at(raw: bytes) -> datetime | None:
    """When a statement says that it was stored, None when it says nothing that can be read."""
    said = _member(raw, "stored")
    return parse_timestamp(said) if isinstance(said, str) else None


def id_of(raw: bytes) -> str | None:
    """The id that a statement, however wrong, says it has."""
    said = _member(raw, "id")
    return said[:64] if isinstance(said, str) else None


def in_batches(statements: Sequence[Any]) -> list[list[Any]]:
    """The statements in order, in as few batches as hold no id twice; they have an ``id`` that may be None."""
    batches: list[list[Any]] = [[]]
    seen: set[Any] = set()
    for one in statements:
        if one.id is not None and one.id in seen:
            batches.append([])
            seen = set()
        batches[-1].append(one)
        seen.add(one.id)
    return batches if batches[0] else []


def _member(raw: bytes, name: str) -> Any:
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
    return value.get(name) if type(value) is dict else None


def _later(since: datetime | None, seen_until: datetime) -> datetime:
    behind = max(seen_until, _EARLIEST) - COARSE
    return behind if since is None else max(since, behind)
