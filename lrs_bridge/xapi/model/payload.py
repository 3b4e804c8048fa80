"""The stored form of a statement: the received bytes, and what the LRS must add.

Source: xAPI 1.0.3, Data 2.3.1 (what the LRS may assign), 2.4.1 (id), 2.4.6.2 (context activities become arrays), 2.4.7 to 2.4.10.
Received bytes are never written anew, except for a context that has a single activity where an array must be returned, and for
``stored`` and ``authority``, which only the LRS may say and which are cut out.
"""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import orjson

from lrs_bridge.xapi.model.statement import Statement

DEFAULT_VERSION = "1.0.0"

_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ASSIGNED = ("stored", "authority")


def written(at: datetime) -> str:
    """An instant as the LRS writes it: UTC, microseconds, Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def complete(statement: Statement, *, id: UUID, stored: str, authority: bytes) -> bytes:
    """The statement's JSON as it is kept and returned: UTF-8, with id, stored, authority, timestamp and version.

    ``stored`` is a written instant, ``authority`` the JSON of an Agent.
    """
    value = statement.value
    added = b"" if "id" in value else b',"id":"%b"' % str(id).encode()
    if "timestamp" not in value:
        added += b',"timestamp":"%b"' % stored.encode()
    if "version" not in value:
        added += b',"version":"%b"' % DEFAULT_VERSION.encode()
    return b'%b%b,"stored":"%b","authority":%b}' % (_received(statement)[:-1], added, stored.encode(), authority)


def _received(statement: Statement) -> bytes:
    value = statement.value
    replaced = {
        name: orjson.dumps(changed)
        for name, changed in (("context", _listed(value.get("context"))), ("object", _listed_sub_statement(value["object"])))
        if changed is not None
    }
    if not replaced and "stored" not in value and "authority" not in value:
        return statement.raw
    members = {name: bytes(raw) for name, raw in _MEMBERS.decode(statement.raw).items() if name not in _ASSIGNED}
    return b"{%b}" % b",".join(b'"%b":%b' % (name.encode(), raw) for name, raw in (members | replaced).items())


def _listed(context: dict[str, Any] | None) -> dict[str, Any] | None:
    """The context with every context activity in an array, or None when that is so already."""
    kinds = context.get("contextActivities", {}) if context else {}
    if context is None or all(type(activities) is list for activities in kinds.values()):
        return None
    listed = {kind: activities if type(activities) is list else [activities] for kind, activities in kinds.items()}
    return context | {"contextActivities": listed}


def _listed_sub_statement(value: dict[str, Any]) -> dict[str, Any] | None:
    context = _listed(value.get("context"))
    return None if context is None else value | {"context": context}
