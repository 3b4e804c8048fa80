"""The merge of a posted JSON object into a stored one.

Source: xAPI 1.0.3, Communication 2.2 (JSON Procedure with Requirements); IEEE 9274.1.1 (xAPI 2.0) 4.1.6. Only members of the top
level are merged. Each value keeps the very bytes that it was sent as, so that no number changes its spelling on the way.
"""

import msgspec
import orjson

from lrs_bridge.errors import Invalid
from lrs_bridge.xapi.exchange import JSON

_RULE = "xAPI 1.0.3 Communication 2.2"
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])


def is_json(content_type: str) -> bool:
    """Whether the content type is ``application/json``, with parameters or without."""
    return content_type.partition(";")[0].strip().lower() == JSON


def merge(stored: bytes, posted: bytes) -> bytes:
    """The stored object with each member of the posted one put in its place. Raises Invalid unless both are JSON objects."""
    members = _members(stored, "the stored document") | _members(posted, "the posted document")
    return msgspec.json.encode(members)


def check_object(posted: bytes) -> None:
    """Raises Invalid unless the bytes are a JSON object."""
    _members(posted, "the posted document")


def check_types(stored: str, posted: str) -> None:
    """Raises Invalid unless both content types are ``application/json``, without which nothing can be merged."""
    if not is_json(posted):
        raise Invalid(f"a POST to a stored document must be {JSON}", field="Content-Type", rule=_RULE)
    if not is_json(stored):
        raise Invalid(f"the stored document is not {JSON}; replace it by PUT", field="body", rule=_RULE)


def _members(content: bytes, which: str) -> dict[str, msgspec.Raw]:
    try:
        orjson.loads(content)  # which also looks into the strings that are carried over as they are
        return _OBJECT.decode(content)
    except (orjson.JSONDecodeError, msgspec.DecodeError, RecursionError) as error:
        raise Invalid(f"{which} is not a JSON object", field="body", rule=_RULE) from error
