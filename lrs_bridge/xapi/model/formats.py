"""The text formats of xAPI values.

Source: xAPI 1.0.3, Data 4.2 (language tags, RFC 5646), 4.3 (IRIs, RFC 3987), 4.4 (UUIDs), 4.5 (timestamps, RFC 3339),
4.6 (durations, ISO 8601:2004 4.4.3.2), 2.4.2.3 (mailboxes, SHA-1 sums), 2.4.11 (media types, SHA-2 sums). Syntax only: the
specification asks for best effort with IRIs and language tags. Left out: leap seconds, which have no place in a ``datetime``.
"""

import re
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec

from lrs_bridge.xapi.remembering import remembering

_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:[^\s\x00-\x20\x7f<>\"{}|\\^`]+")
_MBOX = re.compile(r"mailto:[^\s\x00-\x20\x7f<>@]+@[^\s\x00-\x20\x7f<>@]+")
_SHA1 = re.compile(r"[0-9A-Fa-f]{40}")
_SHA2 = re.compile(r"(?:[0-9A-Fa-f]{56}|[0-9A-Fa-f]{64}|[0-9A-Fa-f]{96}|[0-9A-Fa-f]{128})")
_UUID = re.compile(r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}")
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+\-]+/[\w!#$&^.+\-]+(?:\s*;[^\x00-\x1f\x7f]*)?", re.ASCII)
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?(?:[Zz]|([+-]\d\d(?::?[0-5]\d)?))", re.ASCII)
_UNKNOWN_OFFSETS = frozenset({"-00", "-0000", "-00:00"})
_UTC_OFFSETS = frozenset({None, "+00", "+0000", "+00:00"})
_LANGUAGE_TAG = re.compile(
    r"""
    (?: (?: [a-z]{2,3} (?:-[a-z]{3}){0,3} | [a-z]{4,8} )         # language and its extended subtags
        (?: -[a-z]{4} )?                                         # script
        (?: -(?:[a-z]{2}|[0-9]{3}) )?                            # region
        (?: -(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}) )*               # variants
        (?: -[0-9a-wy-z] (?:-[a-z0-9]{2,8})+ )*                  # extensions
        (?: -x (?:-[a-z0-9]{1,8})+ )?                            # private use
    | x (?:-[a-z0-9]{1,8})+
    | en-gb-oed | sgn-(?:be-fr|be-nl|ch-de)                      # irregular, kept for old content
    | i-(?:ami|bnn|default|enochian|hak|klingon|lux|mingo|navajo|pwn|tao|tay|tsu)
    )""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_NUMBER = r"(\d+(?:[.,]\d+)?)"
_DURATION = re.compile(
    rf"P(?:{_NUMBER}W|(?=\d|T\d)(?:{_NUMBER}Y)?(?:{_NUMBER}M)?(?:{_NUMBER}D)?(?:T(?=\d)(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?)",
    re.ASCII,
)
_SECONDS_IN = (604_800, 365 * 86_400, 30 * 86_400, 86_400, 3_600, 60, 1)  # weeks, years, months, days, hours, minutes, seconds

_UUID_LENGTH = 36


def is_iri(text: str) -> bool:
    """Whether the text is an absolute IRI: a scheme and no character that RFC 3987 forbids."""
    return _IRI.fullmatch(text) is not None


def is_below(iri: str, other: str) -> bool:
    """Whether an IRI is the other one, or names a part of it: that one followed by a slash, a question mark, # or a colon."""
    return iri == other or (iri.startswith(other) and iri[len(other)] in "/?#:")


def is_mbox(text: str) -> bool:
    """Whether the text is a ``mailto:`` IRI of one address."""
    return _MBOX.fullmatch(text) is not None


def is_sha1(text: str) -> bool:
    """Whether the text is a SHA-1 sum in hexadecimal digits."""
    return _SHA1.fullmatch(text) is not None


def is_sha2(text: str) -> bool:
    """Whether the text is a SHA-224, -256, -384 or -512 sum in hexadecimal digits."""
    return _SHA2.fullmatch(text) is not None


def is_uuid(text: str) -> bool:
    """Whether the text is a UUID in its standard form, with hyphens and without braces."""
    return _UUID.fullmatch(text) is not None


def is_media_type(text: str) -> bool:
    """Whether the text is an Internet media type, parameters allowed."""
    return _MEDIA_TYPE.fullmatch(text) is not None


def is_language_tag(text: str) -> bool:
    """Whether the subtags have the lengths and the order of RFC 5646; registration isn't looked up."""
    return _LANGUAGE_TAG.fullmatch(text) is not None


def parse_uuid(text: str) -> UUID | None:
    """The UUID, or None when the text is not one in standard form."""
    if len(text) != _UUID_LENGTH:  # without hyphens
        return None
    try:
        return msgspec.convert(text, UUID)  # several times as fast as uuid's own
    except (msgspec.ValidationError, UnicodeEncodeError):
        return None


@remembering(4096)  # each is read when it is checked and again when it is used
def parse_timestamp(text: str) -> datetime | None:
    """The instant in UTC, to the microsecond, or None when the text is not an RFC 3339 timestamp.

    ISO 8601's offsets without a colon or without minutes are taken as well, since PHP's DATE_ISO8601 writes them. The offset
    -00:00 is refused: it says that the offset is unknown.
    """
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        return None
    if match[2] in _UNKNOWN_OFFSETS:
        return None
    try:
        return datetime.fromisoformat(text.upper()).astimezone(UTC)
    except (ValueError, OverflowError):  # 30 February, hour 25, or an instant outside the years 1 to 9999
        return None


def in_utc(timestamp: str) -> str:
    """A valid timestamp as it came when it is in UTC, else the same instant in UTC, every digit of its fraction kept."""
    match = _TIMESTAMP.fullmatch(timestamp)
    at = parse_timestamp(timestamp)
    assert match is not None  # noqa: S101  it is valid
    assert at is not None  # noqa: S101
    if match[2] in _UTC_OFFSETS:
        return timestamp
    return f"{at.replace(microsecond=0, tzinfo=None).isoformat()}{match[1] or ''}Z"


def is_duration(text: str) -> bool:
    """Whether the text is an ISO 8601 duration in designator form; only its last number may have a fraction."""
    match = _DURATION.fullmatch(text)
    if match is None:
        return False
    numbers = [number for number in match.groups() if number is not None]
    return all(number.isdigit() for number in numbers[:-1])


@remembering(4096)  # each is read when it is checked and again when it is used
def parse_duration(text: str) -> timedelta | None:
    """The length of an ISO 8601 duration, a year taken as 365 days and a month as 30; None when malformed or beyond measure."""
    match = _DURATION.fullmatch(text)
    if match is None or not is_duration(text):
        return None
    numbers = (float((number or "0").replace(",", ".")) for number in match.groups())
    try:
        return timedelta(seconds=sum(number * seconds for number, seconds in zip(numbers, _SECONDS_IN, strict=True)))
    except OverflowError:
        return None
