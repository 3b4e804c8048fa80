"""From a request body to statements that obey every rule, each with the very bytes it was sent as.

Source: xAPI 1.0.3, Data 2.2, Communication 1.4, 1.5.1, 1.5.2, 2.1.1 and 2.1.2; IEEE 9274.1.1 (xAPI 2.0) 4.2. Left out: the
contents of attachments, which come outside of the statements' JSON.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import msgspec
import orjson

from lrs_bridge.errors import Invalid, TooLarge
from lrs_bridge.xapi.model.formats import parse_uuid
from lrs_bridge.xapi.model.rules import STATEMENT
from lrs_bridge.xapi.model.shapes import Broken, Check
from lrs_bridge.xapi.model.version import Version

SIGNATURE = "http://adlnet.gov/expapi/attachments/signature"
"""The usage type of an attachment that signs its statement (Data 2.6)."""
MAX_DEPTH = 64
MAX_BATCH = 10_000

_WHITESPACE = b" \t\r\n"
_FORMAT_RULE = "xAPI 1.0.3 Data 2.2"
_JSON_RULE = "xAPI 1.0.3 Communication 1.5.1"
_BATCH_RULE = "xAPI 1.0.3 Communication 2.1.2"
_ARRAY = msgspec.json.Decoder(list[msgspec.Raw])


class Statement(msgspec.Struct, frozen=True):
    """A valid statement as received: ``raw`` is its exact UTF-8 JSON, ``value`` what that says, ``id`` None when it has none."""

    id: UUID | None
    value: dict[str, Any]
    raw: bytes


def parse_statements(
    body: bytes, *, max_bytes: int, version: Version = Version.V1, contents_follow: bool = False
) -> list[Statement]:
    """The statements of a body that is one statement or an array of them, in a version of xAPI.

    Unless ``contents_follow``, as the parts of a multipart body do, each attachment must have a fileUrl, and none may be a
    signature. Raises Invalid for the first broken rule, with the path to the value (``[2].actor.mbox`` in an array), and TooLarge
    for a statement of more than ``max_bytes`` or an array of more than MAX_BATCH.
    """
    body = body.strip(_WHITESPACE)
    if not body.startswith(b"["):
        return [parse_statement(body, max_bytes=max_bytes, version=version, contents_follow=contents_follow)]
    check = STATEMENT[version]
    statements = []
    for index, raw in enumerate(_split(body)):
        try:
            statements.append(_parse(bytes(raw), max_bytes, check, contents_follow=contents_follow))
        except Broken as broken:
            broken.within(index)
            raise broken.to_invalid() from broken
    _refuse_repeated_ids(statements)
    return statements


def parse_statement(body: bytes, *, max_bytes: int, version: Version = Version.V1, contents_follow: bool = False) -> Statement:
    """The one statement of a body. Raises Invalid and TooLarge as parse_statements does."""
    try:
        return _parse(body.strip(_WHITESPACE), max_bytes, STATEMENT[version], contents_follow=contents_follow)
    except Broken as broken:
        raise broken.to_invalid() from broken


def attachments_of(value: dict[str, Any]) -> Iterator[tuple[dict[str, Any], tuple[str | int, ...]]]:
    """Each attachment object of a statement and its SubStatement, with the path to it (``("object", "attachments", 0)``)."""
    for index, attachment in enumerate(value.get("attachments", ())):
        yield attachment, ("attachments", index)
    for index, attachment in enumerate(value["object"].get("attachments", ())):
        yield attachment, ("object", "attachments", index)


def _split(body: bytes) -> Sequence[msgspec.Raw]:
    try:
        raws = _ARRAY.decode(body)
    except RecursionError as error:
        raise Invalid(f"the body is nested deeper than {MAX_DEPTH} levels", field="body", rule=_JSON_RULE) from error
    except msgspec.DecodeError as error:
        raise Invalid(f"the body is not JSON: {error}", field="body", rule=_JSON_RULE) from error
    if len(raws) > MAX_BATCH:
        raise TooLarge(f"a batch has at most {MAX_BATCH} statements", field="body")
    return raws


def _parse(raw: bytes, max_bytes: int, check: Check, *, contents_follow: bool) -> Statement:
    if len(raw) > max_bytes:
        raise TooLarge(f"a statement has at most {max_bytes} bytes", field="body")
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise Broken(f"is not JSON in UTF-8: {error}", rule=_JSON_RULE) from error
    _refuse_depth(raw, value)
    check(value)
    _refuse_repeated_names(raw, value)
    if not contents_follow:
        _require_file_urls(value)
    return Statement(parse_uuid(value["id"]) if "id" in value else None, value, raw)


def _refuse_depth(raw: bytes, value: Any) -> None:
    if raw.count(b"{") + raw.count(b"[") <= MAX_DEPTH:  # can't be deeper than it has brackets
        return
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            item
            for container in level
            for item in (container.values() if type(container) is dict else container)
            if type(item) in (dict, list)
        ]
        if not level:
            return
    raise Broken(f"is nested deeper than {MAX_DEPTH} levels", rule=_JSON_RULE)


def _refuse_repeated_names(raw: bytes, value: Any) -> None:
    """A name used twice means one thing to one reader and another to the next, so no object may have one.

    Written anew, a statement has as many quotation marks as it came with, unless a member was lost in parsing, or some were
    escaped by number: then a slower reader looks at every name.
    """
    anew = orjson.dumps(value)
    if raw != anew and (raw.count(b'"') != anew.count(b'"') or (b"\\" in raw and b"u0022" in raw)):
        _STRICT.decode(raw.decode())


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, value in pairs:
        if name in members:
            raise Broken("is used twice in one object", name, rule=_FORMAT_RULE)
        members[name] = value
    return members


_STRICT = json.JSONDecoder(object_pairs_hook=_unique)


def _require_file_urls(value: dict[str, Any]) -> None:
    for attachment, path in attachments_of(value):
        if "fileUrl" not in attachment:
            rule = "xAPI 1.0.3 Communication 1.5.2"
            raise Broken("is required when no attachment follows", "fileUrl", *reversed(path), rule=rule)
        if attachment["usageType"] == SIGNATURE and path[0] == "attachments":
            raise Broken("is a signature, which must come along", *reversed(path), rule="xAPI 1.0.3 Data 2.6")


def _refuse_repeated_ids(statements: Sequence[Statement]) -> None:
    seen: set[UUID] = set()
    if len({statement.id for statement in statements}) == len(statements):
        return
    for index, statement in enumerate(statements):
        if statement.id in seen:
            raise Invalid(f"[{index}].id is used twice in this batch", field=f"[{index}].id", rule=_BATCH_RULE)
        if statement.id is not None:
            seen.add(statement.id)
