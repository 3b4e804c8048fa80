"""The kinds of value that properties of many objects have, each with its check.

Source: xAPI 1.0.3, Data 4.1 to 4.6; IEEE 9274.1.1 (xAPI 2.0) 4.2.7.
"""

from lrs_bridge.xapi.model.formats import is_duration, is_iri, is_language_tag, is_uuid, parse_timestamp
from lrs_bridge.xapi.model.shapes import map_of, recurring, string, text


def clause(number_: str) -> str:
    """How a clause of the specification's part two is cited in errors."""
    return f"xAPI 1.0.3 Data {number_}"


IRI = recurring("an absolute IRI", is_iri, clause("4.3"))
UUID_TEXT = text("a UUID in standard form", is_uuid, clause("4.4"))
LANGUAGE = recurring("an RFC 5646 language tag", is_language_tag, clause("4.2"))
TIMESTAMP = text("an RFC 3339 timestamp with a known time zone", parse_timestamp, clause("4.5"))
DURATION = recurring("an ISO 8601 duration such as PT1H30M", is_duration, clause("4.6"))
LANGUAGE_MAP = map_of(clause("4.2"), is_language_tag, "RFC 5646 language tags", string)
EXTENSIONS = map_of(clause("4.1"), is_iri, "absolute IRIs")
