"""What a signature does not vouch for, although it is of its statement.

Source: xAPI 1.0.3, Data 2.6 and 2.3.1. A signature is of a statement when the two would be the same to an LRS, which looks
neither at displays of verbs and definitions of activities nor at attachments. People read just these, so differences are told.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from lrs_bridge.xapi.model.statement import SIGNATURE

_NOT_COMPARED = ("attachments", "definition", "display")


def other_attachments(value: Mapping[str, Any]) -> list[Any]:
    """The statement's attachments but for its signatures."""
    return [one for one in value.get("attachments", ()) if one["usageType"] != SIGNATURE]


def not_covered(payload: Mapping[str, Any], value: Mapping[str, Any]) -> tuple[str, ...]:
    """The members of the stored statement of which the signed payload says nothing at all."""
    missing = [name for name in ("id", "timestamp") if name not in payload]
    return (*missing, "attachments") if other_attachments(value) and not payload.get("attachments") else tuple(missing)


def not_as_signed(payload: Mapping[str, Any], value: Mapping[str, Any]) -> tuple[str, ...]:
    """The paths of what the stored statement says differently than the payload that signs it, its own attachments apart."""
    signed, stored = ({name: item for name, item in side.items() if name != "attachments"} for side in (payload, value))
    return tuple(_differing(signed, stored, ""))


def _differing(signed: Any, stored: Any, path: str) -> Iterator[str]:
    if list in (type(signed), type(stored)):  # a single context activity may stand without its list
        for number, (one, other) in enumerate(zip(_listed(signed), _listed(stored), strict=False)):
            yield from _differing(one, other, f"{path}[{number}]")
    elif type(signed) is dict and type(stored) is dict:
        for name in sorted((signed.keys() | stored.keys()) - {"extensions"}):
            inner = f"{path}.{name}" if path else name
            if name not in _NOT_COMPARED:
                yield from _differing(signed.get(name), stored.get(name), inner)
            elif _spelt(signed.get(name)) != _spelt(stored.get(name)):
                yield inner


def _listed(value: Any) -> list[Any]:
    return value if type(value) is list else [value]


def _spelt(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
