"""JSON that says the same to every reader: UTF-8, no member twice, no NaN, bounded size and depth.

RFC 8259 leaves open what a repeated member means; in a signed document that would let two readers see two contents.
"""

import json
from typing import Any, NoReturn

from lrs_bridge.errors import Invalid, TooLarge

MAX_BYTES = 32 * 1024 * 1024
MAX_DEPTH = 64


def parse_json(document: bytes) -> Any:
    """The value of the document. Raises Invalid, or TooLarge above ``MAX_BYTES``."""
    if len(document) > MAX_BYTES:
        raise TooLarge(f"the document is larger than {MAX_BYTES} bytes")
    try:
        value = json.loads(document.decode(), object_pairs_hook=_members, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise Invalid(f"not readable as JSON: {error}", rule="RFC 8259") from error
    _check_depth(value)
    return value


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name in members:
            raise Invalid(f"the member {name!r} occurs twice in one object", field=name, rule="RFC 8259")
        members[name] = value
    return members


def _check_depth(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        containers = [member for member in level if isinstance(member, dict | list)]
        if not containers:
            return
        level = [child for c in containers for child in (c.values() if isinstance(c, dict) else c)]
    raise Invalid(f"the document is nested deeper than {MAX_DEPTH} levels")


def _refuse_constant(name: str) -> NoReturn:
    raise Invalid(f"{name} is not a JSON number", rule="RFC 8259")
