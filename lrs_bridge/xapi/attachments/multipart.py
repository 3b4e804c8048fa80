"""``multipart/mixed`` bodies: read as their bytes come in, and written piece by piece, never held whole.

Source: RFC 2046 5.1.1 (boundaries, preamble, epilogue, transport padding), RFC 822 3.1 (header fields, folded lines); what xAPI
1.0.3 Communication 1.5.2 and IEEE 9274.1.1 4.1.3 send. Lines end in CRLF. Left out: parts inside parts, and transfer encodings,
since content is binary.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from lrs_bridge.errors import Invalid

MEDIA_TYPE = "multipart/mixed"
LONGEST_BOUNDARY = 70
MAX_HEADER_BYTES = 16 * 1024
"""All header fields of one part together."""
MAX_PADDING = 100
"""Blanks after a boundary, which some gateways add."""

_RULE = "RFC 2046 5.1.1"
_CRLF = b"\r\n"
_BLANKS = b" \t"
_BOUNDARY = re.compile(r"[0-9A-Za-z'()+_,\-./:=? ]*[0-9A-Za-z'()+_,\-./:=?]")
_PARAMETER = re.compile(r';\s*([^\s=;]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)')
_FIELD = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]*:[ \t]*([^\r\n]*)")
_FOLD = re.compile(rb"\r\n[ \t]+")


@dataclass(frozen=True, slots=True)
class Begin:
    """A part begins. Header names are lower-case."""

    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Piece:
    """Some more bytes of the part; never none."""

    content: bytes


@dataclass(frozen=True, slots=True)
class End:
    """The part is whole."""


Event = Begin | Piece | End


class _State(Enum):
    PREAMBLE = auto()
    BOUNDARY = auto()
    HEADERS = auto()
    CONTENT = auto()
    EPILOGUE = auto()


class Reader:
    """Turns the bytes of a body, in chunks of any size, into the events of its parts. Between chunks it holds 16 KiB at most."""

    def __init__(self, boundary: str) -> None:
        self._delimiter = b"\r\n--" + boundary.encode("ascii")
        self._state = _State.PREAMBLE
        self._held = bytearray(_CRLF)  # a body may begin with a boundary, as if a line had ended before it
        self._to_skip = 0

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """The events that these bytes complete; to be read to the end. Raises Invalid for what breaks the format."""
        self._held += chunk
        steps = {
            _State.PREAMBLE: self._in_preamble,
            _State.BOUNDARY: self._after_boundary,
            _State.HEADERS: self._in_headers,
            _State.CONTENT: self._in_content,
            _State.EPILOGUE: self._in_epilogue,
        }
        before = None
        while before is not self._state:
            before = self._state
            yield from steps[before]()

    def close(self) -> None:
        """Raises Invalid when the body ended before its last boundary did."""
        if self._state is not _State.EPILOGUE:
            raise Invalid("the body ends without its closing boundary", field="body", rule=_RULE)

    def _in_preamble(self) -> Iterator[Event]:
        """What stands before the first boundary is for readers of mail."""
        at = self._held.find(self._delimiter)
        if at >= 0:
            del self._held[: at + len(self._delimiter)]
            self._state = _State.BOUNDARY
        else:
            del self._held[: -len(self._delimiter)]
        return iter(())

    def _after_boundary(self) -> Iterator[Event]:
        """A boundary ends its line, but for blanks, or has two hyphens behind it when it is the last."""
        if self._held.startswith(b"--"):
            self._state = _State.EPILOGUE
        elif bytes(self._held) != b"-":
            self._end_boundary_line()
        return iter(())

    def _end_boundary_line(self) -> None:
        rest = self._held.lstrip(_BLANKS)
        if len(self._held) - len(rest) > MAX_PADDING or not (rest.startswith(_CRLF) or bytes(rest) in (b"", b"\r")):
            raise Invalid("a boundary must stand alone on its line", field="body", rule=_RULE)
        if rest.startswith(_CRLF):
            self._held = rest  # the line's end may be that of the header, too, when it has no fields
            self._state = _State.HEADERS

    def _in_headers(self) -> Iterator[Event]:
        at = self._held.find(_CRLF + _CRLF)
        least = at if at >= 0 else len(self._held) - len(_CRLF + _CRLF) + 1  # where the header may end, whatever comes
        if least > MAX_HEADER_BYTES + len(_CRLF):
            raise Invalid(f"a part's header has at most {MAX_HEADER_BYTES} bytes", field="body", rule=_RULE)
        if at >= 0:
            headers = _parse_headers(bytes(self._held[:at]))
            del self._held[: at + len(_CRLF)]  # the empty line's end may be that of a boundary, too, when there is no content
            self._to_skip = len(_CRLF)
            self._state = _State.CONTENT
            yield Begin(headers)

    def _in_content(self) -> Iterator[Event]:
        at = self._held.find(self._delimiter)
        until = at if at >= 0 else max(len(self._held) - len(self._delimiter) + 1, 0)
        if until > self._to_skip:
            yield Piece(bytes(self._held[self._to_skip : until]))
            del self._held[:until]
            self._to_skip = 0
            at = min(at, 0)
        if at >= 0:
            del self._held[: at + len(self._delimiter)]
            self._state = _State.BOUNDARY
            yield End()

    def _in_epilogue(self) -> Iterator[Event]:
        self._held.clear()
        return iter(())


def _parse_headers(block: bytes) -> dict[str, str]:
    """The fields of a header, which begins with the end of the line before it."""
    headers: dict[str, str] = {}
    for line in _FOLD.sub(b" ", block).split(_CRLF)[1:]:
        field = _FIELD.fullmatch(line)
        if field is None:
            raise Invalid("a part's header has a line that is no field", field="body", rule="RFC 822 3.1")
        name = field[1].decode("ascii").lower()
        if name in headers:
            raise Invalid(f"a part's header has {name} twice", field=name, rule="RFC 822 4.1")
        headers[name] = field[2].decode("utf-8", "replace").rstrip()
    return headers


def parse_media_type(header: str) -> tuple[str, dict[str, str]]:
    """The media type, lower-case, and its parameters: names lower-case, values as given but for their quotes."""
    media_type, separator, rest = header.partition(";")
    parameters: dict[str, str] = {}
    for name, value in _PARAMETER.findall(separator + rest):
        bare = re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value.strip()
        parameters.setdefault(name.lower(), bare)
    return media_type.strip().lower(), parameters


def parse_boundary(header: str) -> str:
    """The boundary that a Content-Type names. Raises Invalid when there is none, or not one as RFC 2046 allows."""
    boundary = parse_media_type(header)[1].get("boundary", "")
    if len(boundary) > LONGEST_BOUNDARY or not _BOUNDARY.fullmatch(boundary):
        raise Invalid(f"{MEDIA_TYPE} must name a boundary of 1 to 70 characters", field="Content-Type", rule=_RULE)
    return boundary


@dataclass(frozen=True, slots=True)
class Part:
    """A part to be written. ``length`` is that of ``content`` in bytes, whose pieces are made as they are sent."""

    headers: Mapping[str, str]
    content: Iterable[bytes]
    length: int


def write(parts: Iterable[Part], boundary: str) -> Iterator[bytes]:
    """The body in pieces. The boundary must not stand in any content."""
    for part in parts:
        yield _opening(part, boundary)
        yield from part.content
        yield _CRLF
    yield _closing(boundary)


def written_length(parts: Iterable[Part], boundary: str) -> int:
    """How many bytes ``write`` gives."""
    return sum(len(_opening(part, boundary)) + part.length + len(_CRLF) for part in parts) + len(_closing(boundary))


def _opening(part: Part, boundary: str) -> bytes:
    fields = "".join(f"{name}: {value}\r\n" for name, value in part.headers.items())
    return f"--{boundary}\r\n{fields}\r\n".encode()


def _closing(boundary: str) -> bytes:
    return f"--{boundary}--\r\n".encode("ascii")
