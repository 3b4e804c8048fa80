"""Which content that came along belongs to which attachment of which statement, and what must be refused.

Source: xAPI 1.0.3, Data 2.4.11 (properties), 2.6 (signatures), Communication 1.5.2 (requirements for batches with attachments);
IEEE 9274.1.1 (xAPI 2.0) 4.1.3 and 4.2.2.6, which say the same. A part belongs to the attachments whose ``sha2`` is the sum of its
bytes; nothing else decides (1.5.2). Left out: ``length`` is held against a part's Content-Length but not against the bytes, whose
sum says more, and for which ADL's own conformance tests give another one.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lrs_bridge.errors import Invalid
from lrs_bridge.xapi.attachments.multipart import parse_media_type
from lrs_bridge.xapi.model.statement import SIGNATURE, attachments_of

HASH_HEADER = "X-Experience-API-Hash"
ENCODING_HEADER = "Content-Transfer-Encoding"
BINARY = "binary"
JSON = "application/json"
ANY_CONTENT = "application/octet-stream"
ALGORITHMS = {56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}
"""The SHA-2 that a sum of so many hexadecimal digits is of."""

_RULE = "xAPI 1.0.3 Communication 1.5.2"
_SIGNATURE_RULE = "xAPI 1.0.3 Data 2.6"
_IDENTITIES = ("", BINARY, "8bit", "7bit")


@dataclass(frozen=True, slots=True)
class Named:
    """An attachment as a statement names it.

    ``statement`` is the statement's position, ``field`` the attachment's path in the body, ``in_statement`` False for one of a
    SubStatement.
    """

    statement: int
    field: str
    sha2: str
    content_type: str
    length: int
    usage_type: str
    has_file_url: bool
    in_statement: bool

    @property
    def key(self) -> str:
        """The sum in the one spelling by which attachments and parts find each other."""
        return self.sha2.lower()

    @property
    def is_signature(self) -> bool:
        """Whether its content signs the statement (Data 2.6)."""
        return self.in_statement and self.usage_type == SIGNATURE


Expected = Mapping[str, Sequence[Named]]
"""The attachments of a request by their sums (``Named.key``)."""


def named_in(values: Sequence[dict[str, Any]], *, in_array: bool) -> Iterator[Named]:
    """The attachments of valid statements and their SubStatements. ``in_array`` tells whether the body was one."""
    for position, value in enumerate(values):
        start = f"[{position}]." if in_array else ""
        for attachment, (*owner, index) in attachments_of(value):
            yield Named(
                statement=position,
                field=f"{start}{'.'.join(map(str, owner))}[{index}]",
                sha2=attachment["sha2"],
                content_type=attachment["contentType"],
                length=attachment["length"],
                usage_type=attachment["usageType"],
                has_file_url="fileUrl" in attachment,
                in_statement=owner == ["attachments"],
            )


def expect(named: Iterator[Named]) -> dict[str, list[Named]]:
    """The attachments by their sums. Raises Invalid for a signature that does not say that it is one (Data 2.6)."""
    expected: dict[str, list[Named]] = {}
    for one in named:
        if one.is_signature and parse_media_type(one.content_type)[0] != ANY_CONTENT:
            field = f"{one.field}.contentType"
            raise Invalid(f"{field} of a signature must be {ANY_CONTENT}", field=field, rule=_SIGNATURE_RULE)
        expected.setdefault(one.key, []).append(one)
    return expected


def check_statements_part(headers: Mapping[str, str]) -> None:
    """Raises Invalid unless a body's first part is JSON in UTF-8."""
    media_type, parameters = parse_media_type(headers.get("content-type", ""))
    if media_type != JSON or parameters.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        raise Invalid("the first part must be application/json in UTF-8: the statements", field="Content-Type", rule=_RULE)
    _check_encoding(headers)


def check_part(headers: Mapping[str, str], expected: Expected) -> Sequence[Named]:
    """The attachments whose content a part says it is, one at least.

    Raises Invalid when no statement names it, or names it as something else. A part of ``application/octet-stream`` says nothing
    of its type, and one without an encoding is binary.
    """
    _check_encoding(headers)
    said = headers.get(HASH_HEADER.lower(), "")
    if said.lower() not in expected:
        message = f"a part's {HASH_HEADER} must be the sha2 of an attachment of these statements, not {said[:128]!r}"
        raise Invalid(message, field=HASH_HEADER, rule=_RULE)
    fitting = [one for one in expected[said.lower()] if _fits_type(headers, one) and _fits_length(headers, one)]
    if not fitting:
        message = f"the Content-Type and Content-Length of the part {said} must be those of its attachment"
        raise Invalid(message, field=expected[said.lower()][0].field, rule=_RULE)
    return fitting


def check_sum(key: str, digest: str) -> None:
    """Raises Invalid when the sum of a part's bytes is not what the part and its attachments say."""
    if key != digest:
        message = f"the content of the part {key} has another sum: {digest}"
        raise Invalid(message, field=HASH_HEADER, rule=_RULE)


def check_all_came(expected: Expected, came: Collection[str]) -> None:
    """Raises Invalid for an attachment without a fileUrl, and for a signature in any case, whose content did not come along."""
    for key, named in expected.items():
        missing = next((one for one in named if one.is_signature or not one.has_file_url), None)
        if missing is not None and key not in came:
            raise _missing(missing)


def _missing(one: Named) -> Invalid:
    if one.is_signature:
        return Invalid(f"{one.field} is a signature, which must come along", field=one.field, rule=_SIGNATURE_RULE)
    message = f"{one.field} must have a fileUrl, or its content must come along"
    return Invalid(message, field=f"{one.field}.fileUrl", rule=_RULE)


def _check_encoding(headers: Mapping[str, str]) -> None:
    if headers.get(ENCODING_HEADER.lower(), "").lower() not in _IDENTITIES:
        raise Invalid(f"{ENCODING_HEADER} must be {BINARY}", field=ENCODING_HEADER, rule=_RULE)


def _fits_type(headers: Mapping[str, str], one: Named) -> bool:
    said, own = (parse_media_type(text) for text in (headers.get("content-type", ANY_CONTENT), one.content_type))
    shared = said[1].keys() & own[1].keys()
    return said[0] == ANY_CONTENT or (said[0] == own[0] and all(said[1][n].lower() == own[1][n].lower() for n in shared))


def _fits_length(headers: Mapping[str, str], one: Named) -> bool:
    return headers.get("content-length", str(one.length)) == str(one.length)
