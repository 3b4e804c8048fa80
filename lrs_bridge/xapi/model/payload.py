"""The stored form of a statement: the received bytes, and what the LRS must add.

Source: xAPI 1.0.3, Data 2.3.1 (what the LRS may assign), 2.4.1 (id), 2.4.6.2 (context activities become arrays), 2.4.7 to 2.4.10;
IEEE 9274.1.1 (xAPI 2.0) 4.2.7 (timestamps become UTC). Every received byte is kept, key order and the spelling of numbers
included, but for these: an array is put around a context activity that came alone, a timestamp of 2.0 that is not in UTC is
replaced, and ``stored`` and ``authority``, which only the LRS may say, are cut out.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from lrs_bridge.xapi.model.formats import in_utc
from lrs_bridge.xapi.model.spans import Edit, edited, members, without
from lrs_bridge.xapi.model.statement import Statement
from lrs_bridge.xapi.model.version import Version

DEFAULT_VERSIONS = {Version.V1: b"1.0.0", Version.V2: b"2.0.0"}
"""The version that a statement without one is given (Data 2.4.10), by the version of its request."""

_STORED = frozenset({"stored"})
_STORED_AND_AUTHORITY = frozenset({"stored", "authority"})


def written(at: datetime) -> str:
    """An instant as the LRS writes it: UTC, microseconds, Z."""
    text: str = msgspec.to_builtins(at.astimezone(UTC))  # much faster than isoformat, but without a fraction that is zero
    return text if at.microsecond else f"{text[:-1]}.000000Z"


def complete(
    statement: Statement,
    *,
    id: UUID,
    stored: str,
    authority: bytes,
    version: Version = Version.V1,
    keep_authority: bool = False,
) -> bytes:
    """The statement's JSON as it is kept and returned: UTF-8, with id, stored, authority, timestamp and version.

    ``stored`` is a written instant, ``authority`` the JSON of an Agent, ``version`` the request's. ``keep_authority`` leaves an
    authority that came with the statement as it is (2.4.9: where a strong trust relationship has been established).
    """
    value = statement.value
    added = b"" if "id" in value else b',"id":"%b"' % str(id).encode()
    if "timestamp" not in value:
        added += b',"timestamp":"%b"' % stored.encode()
    if "version" not in value:
        added += b',"version":"%b"' % DEFAULT_VERSIONS[version]
    added += b',"stored":"%b"' % stored.encode()
    if not (keep_authority and "authority" in value):
        added += b',"authority":%b' % authority
    cut = (_STORED if keep_authority else _STORED_AND_AUTHORITY) & value.keys()
    return b"%b%b}" % (_received(statement, cut, version)[:-1], added)


def _received(statement: Statement, cut: frozenset[str], version: Version) -> bytes:
    """The received bytes without these members and with what the LRS must change."""
    value, raw = statement.value, statement.raw
    changed = _is_changed(value, version)
    sub_changed = value["object"].get("objectType") == "SubStatement" and _is_changed(value["object"], version)
    if not (cut or changed or sub_changed):
        return raw
    edits = list(without(members(raw), cut))
    if changed:
        edits += _changes(raw, 0, value, version)
    if sub_changed:
        edits += _changes(raw, _at(raw, 0, "object"), value["object"], version)
    return edited(raw, edits)


def _is_changed(value: dict[str, Any], version: Version) -> bool:
    """Whether the LRS must change something of a statement or SubStatement."""
    return bool(_alone(value)) or (
        version is Version.V2 and "timestamp" in value and in_utc(value["timestamp"]) != value["timestamp"]
    )


def _alone(value: dict[str, Any]) -> list[str]:
    """The kinds of context activity that came as a single Activity."""
    kinds = value["context"].get("contextActivities", {}) if "context" in value else {}
    return [kind for kind, activities in kinds.items() if type(activities) is dict]


def _changes(raw: bytes, start: int, value: dict[str, Any], version: Version) -> Iterator[Edit]:
    """What the LRS must change of a statement or SubStatement that begins there."""
    if version is Version.V2 and "timestamp" in value:
        timestamp = next(member for member in members(raw, start) if member.name == "timestamp")
        yield Edit(timestamp.start, timestamp.end, b'"%b"' % in_utc(value["timestamp"]).encode())
    alone = _alone(value)
    if alone:
        kinds = _at(raw, _at(raw, start, "context"), "contextActivities")
        for member in members(raw, kinds):
            if member.name in alone:
                yield Edit(member.start, member.start, b"[")
                yield Edit(member.end, member.end, b"]")


def _at(raw: bytes, start: int, name: str) -> int:
    """Where the value of a member begins, in the object that begins at ``start``."""
    return next(member.start for member in members(raw, start) if member.name == name)
