"""A stored statement as one line of NDJSON, and as one row of a table (CSV, Parquet).

The row is a digest for spreadsheets and statistics; only the NDJSON holds everything.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import orjson

from lrs_bridge.xapi.model.presentation import pick_language

_SPACES = str.maketrans("\n\r", "  ")
_NAME_LANGUAGES = ("nb", "nn", "no", "en")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class Row(NamedTuple):
    """What a table shows of a statement; None where it says nothing.

    ``actor`` is the identifier (an account as ``homePage name``, the members of an anonymous group after each other), ``object``
    the id of what it is about, ``name`` the object's name in bokmål, nynorsk or English, else in the first language there is.
    """

    id: str
    stored: str
    timestamp: str
    actor: str
    verb: str
    object: str | None
    name: str | None
    success: bool | None
    completion: bool | None
    scaled: float | None
    duration: str | None
    registration: str | None
    voided: bool


def one_line(payload: str) -> str:
    """The statement without line breaks, its numbers and letters spelt as they were.

    JSON lets no string hold a line break, so all that there are stand between its parts, where a space is as good.
    """
    return payload.translate(_SPACES) if "\n" in payload or "\r" in payload else payload


def row_of(payload: str, *, voided: bool) -> Row:
    """What a table shows of a stored statement."""
    value = orjson.loads(payload)
    result = value.get("result", {})
    scaled = result.get("score", {}).get("scaled")
    return Row(
        id=value["id"],
        stored=value["stored"],
        timestamp=value["timestamp"],
        actor=_identifier(value["actor"]),
        verb=value["verb"]["id"],
        object=_object(value["object"]),
        name=_name(value["object"]),
        success=result.get("success"),
        completion=result.get("completion"),
        scaled=None if scaled is None else float(scaled),
        duration=result.get("duration"),
        registration=value.get("context", {}).get("registration"),
        voided=voided,
    )


def csv_lines(rows: Iterable[Sequence[Any]]) -> str:
    """Rows as RFC 4180 has them. Text that a spreadsheet would take for a formula gets an apostrophe before it."""
    written = io.StringIO()
    csv.writer(written).writerows([_cell(each) for each in row] for row in rows)
    return written.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    return ("false", "true")[value] if isinstance(value, bool) else value


def _identifier(agent: dict[str, Any]) -> str:
    for name in ("mbox", "mbox_sha1sum", "openid"):
        if name in agent:
            return str(agent[name])
    if "account" in agent:
        return f"{agent['account']['homePage']} {agent['account']['name']}"
    return ", ".join(_identifier(member) for member in agent.get("member", ()))


def _object(object_: dict[str, Any]) -> str | None:
    match object_.get("objectType", "Activity"):
        case "Activity" | "StatementRef":
            return str(object_["id"])
        case "Agent" | "Group":
            return _identifier(object_)
    return None


def _name(object_: dict[str, Any]) -> str | None:
    """An activity's definition has names by language; an agent has one."""
    plain = object_.get("name")
    if plain is not None:
        return str(plain)
    names = object_.get("definition", {}).get("name", {})
    tag = pick_language(names, _NAME_LANGUAGES)
    return None if tag is None else str(names[tag])
