"""What a GET of statements asks for: its parameters, its position in a longer answer, and whether a statement really fits.

Source: xAPI 1.0.3, Communication 2.1.3. A ``more`` token holds the whole query and the last number that was given out, so it
works for as long as there are statements, on any worker, and only for the tenant that it was made for.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson

from lrs_bridge.errors import Invalid
from lrs_bridge.xapi.model import rules
from lrs_bridge.xapi.model.formats import is_iri, parse_timestamp, parse_uuid
from lrs_bridge.xapi.model.references import agent_key
from lrs_bridge.xapi.model.shapes import Broken
from lrs_bridge.xapi.remembering import LONGEST
from lrs_bridge.xapi.statements.sequence import LARGEST_NUMBER, first_after

DEFAULT_LIMIT = 100
MAX_LIMIT = 500

_RULE = "xAPI 1.0.3 Communication 2.1.3"
_SINGLE = ("statementId", "voidedStatementId")
_FILTERS = (
    "agent",
    "verb",
    "activity",
    "registration",
    "related_activities",
    "related_agents",
    "since",
    "until",
    "limit",
    "ascending",
)
_PRESENTATION = ("format", "attachments")
KNOWN_PARAMETERS = frozenset({*_SINGLE, *_FILTERS, *_PRESENTATION, "more"})


class Format(StrEnum):
    """How much of each statement is given."""

    EXACT = "exact"
    IDS = "ids"
    CANONICAL = "canonical"


@dataclass(frozen=True, slots=True)
class Single:
    """One statement by its id; ``voided`` says which of the two parameters asked."""

    id: UUID
    voided: bool
    format: Format
    attachments: bool


@dataclass(frozen=True, slots=True)
class Query:
    """A page of statements. ``agent`` is an agent key (references.agent_key); ``beyond`` the number after which the page begins.

    ``wanted`` are the values that a statement which fits must contain, and ``parameters`` what the query was read from.
    """

    parameters: Mapping[str, str]
    agent: str | None = None
    verb: str | None = None
    activity: str | None = None
    registration: UUID | None = None
    related_agents: bool = False
    related_activities: bool = False
    since: datetime | None = None
    until: datetime | None = None
    limit: int = DEFAULT_LIMIT
    ascending: bool = False
    format: Format = Format.EXACT
    attachments: bool = False
    beyond: int | None = None
    wanted: tuple[str, ...] = ()

    def numbers(self) -> tuple[int, int]:
        """The range of sequence numbers that the page lies in: the least, and the least beyond it."""
        low = 0 if self.since is None else first_after(self.since)
        high = LARGEST_NUMBER if self.until is None else first_after(self.until)
        if self.beyond is None:
            return low, high
        return (max(low, self.beyond + 1), high) if self.ascending else (low, min(high, self.beyond))


def parse_query(parameters: Mapping[str, str], tenant: str) -> Single | Query:
    """The question that the parameters ask. Raises Invalid for a malformed value or parameters that exclude each other."""
    single = [name for name in _SINGLE if name in parameters]
    if single:
        return _parse_single(single[0], parameters)
    if "more" in parameters:
        if len(parameters) > 1:
            raise Invalid("more stands alone", field="more", rule=_RULE)
        return _parse_more(parameters["more"], tenant)
    given = tuple(parameters.items())
    return _remembered(given) if sum(len(value) for _, value in given) <= LONGEST else _parse_filters(given)


def more_token(query: Query, tenant: str, last: int) -> str:
    """The token that continues the query after the statement of number ``last``."""
    text = orjson.dumps({"tenant": tenant, "last": last, "parameters": query.parameters})
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def confirms(payload: str, wanted: tuple[str, ...]) -> bool:
    """Whether the values that were looked up by their hashes are really in the stored statement."""
    if all(map(payload.__contains__, wanted)):
        return True
    respelled = orjson.dumps(orjson.loads(payload)).decode()  # the sender may have escaped what JSON lets stand
    return all(orjson.dumps(value).decode() in respelled for value in wanted)


def _parse_single(name: str, parameters: Mapping[str, str]) -> Single:
    for other in parameters:
        if other != name and other not in _PRESENTATION:
            raise Invalid(f"{other} can't stand beside {name}", field=other, rule=_RULE)
    statement_id = parse_uuid(parameters[name])
    if statement_id is None:
        raise Invalid(f"{name} must be a UUID in standard form", field=name, rule=_RULE)
    return Single(statement_id, name == "voidedStatementId", _format(parameters), _boolean(parameters, "attachments"))


def _parse_more(token: str, tenant: str) -> Query:
    try:
        held = orjson.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        query = _parse_filters(tuple((str(name), str(value)) for name, value in held["parameters"].items()))
        last = held["last"]
    except (binascii.Error, orjson.JSONDecodeError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise Invalid("more is not a token of this LRS", field="more", rule=_RULE) from error
    if held.get("tenant") != tenant or type(last) is not int or not 0 <= last <= LARGEST_NUMBER:
        raise Invalid("more is not a token of this LRS for this key", field="more", rule=_RULE)
    return replace(query, beyond=last)


def _parse_filters(given: tuple[tuple[str, str], ...]) -> Query:
    parameters = dict(given)
    agent = _agent(parameters)
    verb, activity = _iri(parameters, "verb"), _iri(parameters, "activity")
    return Query(
        parameters=parameters,
        agent=agent_key(agent) if agent else None,
        verb=verb,
        activity=activity,
        registration=_registration(parameters),
        related_agents=_boolean(parameters, "related_agents"),
        related_activities=_boolean(parameters, "related_activities"),
        since=_timestamp(parameters, "since"),
        until=_timestamp(parameters, "until"),
        limit=_limit(parameters),
        ascending=_boolean(parameters, "ascending"),
        format=_format(parameters),
        attachments=_boolean(parameters, "attachments"),
        wanted=(*_identifying_texts(agent), *(iri for iri in (verb, activity) if iri is not None)),
    )


_remembered = lru_cache(maxsize=2048)(_parse_filters)


def _agent(parameters: Mapping[str, str]) -> dict[str, Any] | None:
    if "agent" not in parameters:
        return None
    try:
        agent = orjson.loads(parameters["agent"])
        rules.ACTOR(agent)
        rules.check_one_ifi(agent)
    except orjson.JSONDecodeError as error:
        raise Invalid("agent must be the JSON of an Agent or identified Group", field="agent", rule=_RULE) from error
    except Broken as broken:
        broken.within("agent")
        raise broken.to_invalid() from broken
    return dict(agent)


def _identifying_texts(agent: dict[str, Any] | None) -> tuple[str, ...]:
    name = next((name for name in rules.IFI_NAMES if agent and name in agent), None)
    if agent is None or name is None:
        return ()
    return (agent[name]["homePage"], agent[name]["name"]) if name == "account" else (agent[name],)


def _iri(parameters: Mapping[str, str], name: str) -> str | None:
    value = parameters.get(name)
    if value is not None and not is_iri(value):
        raise Invalid(f"{name} must be an absolute IRI", field=name, rule=_RULE)
    return value


def _registration(parameters: Mapping[str, str]) -> UUID | None:
    if "registration" not in parameters:
        return None
    registration = parse_uuid(parameters["registration"])
    if registration is None:
        raise Invalid("registration must be a UUID in standard form", field="registration", rule=_RULE)
    return registration


def _boolean(parameters: Mapping[str, str], name: str) -> bool:
    value = parameters.get(name, "false")
    if value not in ("true", "false"):
        raise Invalid(f"{name} must be true or false", field=name, rule=_RULE)
    return value == "true"


def _timestamp(parameters: Mapping[str, str], name: str) -> datetime | None:
    if name not in parameters:
        return None
    at = parse_timestamp(parameters[name])
    if at is None:
        raise Invalid(f"{name} must be an RFC 3339 timestamp (a plus sign is sent as %2B)", field=name, rule=_RULE)
    return at


def _limit(parameters: Mapping[str, str]) -> int:
    text = parameters.get("limit")
    if text is None:
        return DEFAULT_LIMIT
    if not (text.isascii() and text.isdecimal()):
        raise Invalid("limit must be a whole number, zero or more", field="limit", rule=_RULE)
    return MAX_LIMIT if len(text) > len(str(MAX_LIMIT)) else min(int(text) or MAX_LIMIT, MAX_LIMIT)


def _format(parameters: Mapping[str, str]) -> Format:
    try:
        return Format(parameters.get("format", Format.EXACT))
    except ValueError as error:
        raise Invalid(f"format must be one of {', '.join(Format)}", field="format", rule=_RULE) from error
