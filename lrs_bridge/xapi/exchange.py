"""What a request asks of the LRS, before any of it is looked up, and what is answered.

Source: xAPI 1.0.3, Communication 1.3 (Alternate Request Syntax), 1.5 (Content Types), 3.2 (unknown parameters), 3.3 (Versioning);
IEEE 9274.1.1 (xAPI 2.0) 4.1.1 (headers, versions), which has no alternate syntax.
"""

import codecs
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import parse_qsl, quote

from lrs_bridge.errors import Invalid, UnsupportedMedia
from lrs_bridge.xapi.model.version import Version as Version  # noqa: PLC0414  a word of this module, too
from lrs_bridge.xapi.model.version import parse_version
from lrs_bridge.xapi.remembering import remembering

VERSIONS_1 = ("1.0.0", "1.0.1", "1.0.2", "1.0.3")
SUPPORTED_VERSIONS = (*VERSIONS_1, "2.0.0")
JSON = "application/json"
MULTIPART = "multipart/mixed"
VERSION_HEADER = "X-Experience-API-Version"
CONSISTENT_THROUGH_HEADER = "X-Experience-API-Consistent-Through"

_FORM_HEADERS = frozenset(
    {"authorization", VERSION_HEADER.lower(), "content-type", "content-length", "if-match", "if-none-match"}
)
_FORM_TYPES = ("application/x-www-form-urlencoded", "text/plain", "")
_AS_SENT = "lrs_bridge.percent_encoded"
_SYNTAX_RULE = "xAPI 1.0.3 Communication 1.3"
_PARAMETER_RULE = "xAPI 1.0.3 Communication 3.2"

version_of = remembering(64)(parse_version)
"""``parse_version``, which callers name by the same few texts."""


class Readable(Protocol):
    """A request's body as it comes in."""

    def read(self, size: int = -1, /) -> bytes:
        """At most ``size`` bytes more, all that are left when negative, none at the end."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request in either syntax. Header names are lower-case.

    ``content`` is the body that stood in a form; when it is None, ``stream`` is the request's own. ``version`` is as the caller
    says, V1 where nothing is said yet.
    """

    method: str
    parameters: Mapping[str, str]
    headers: Mapping[str, str]
    content: bytes | None = None
    stream: Readable | None = None
    version: Version = Version.V1

    def read(self) -> bytes:
        """The whole body; to be called once."""
        if self.content is not None:
            return self.content
        return b"" if self.stream is None else self.stream.read()

    def with_version(self) -> "Call":
        """The call in the version that its header names. Raises Invalid unless that is one of ours."""
        said = self.headers.get(VERSION_HEADER.lower())
        rule = "xAPI 1.0.3 Communication 3.3"
        if said is None:
            raise Invalid(f"the header {VERSION_HEADER} is missing; send {Version.V1}", field=VERSION_HEADER, rule=rule)
        version = version_of(said)
        if version is None:
            raise Invalid(f"this LRS speaks versions 1.0 to {Version.V1} and {Version.V2}", field=VERSION_HEADER, rule=rule)
        return self if version is self.version else replace(self, version=version)

    def has_parts(self) -> bool:
        """Whether the body is multipart (1.5.2), as one in a form never is (1.3). Raises UnsupportedMedia if compressed."""
        if self.headers.get("content-encoding", "identity") != "identity":
            raise UnsupportedMedia("the body must not be compressed", field="Content-Encoding")
        return self.stream is not None and media_type(self.headers.get("content-type", ""))[0] == MULTIPART

    def require_json(self) -> None:
        """Raises UnsupportedMedia for a compressed or multipart body and Invalid for others that are not JSON."""
        kind, charset = media_type(self.headers.get("content-type", ""))
        if self.has_parts() or kind == MULTIPART:
            rule = "xAPI 1.0.3 Communication 1.3"
            raise UnsupportedMedia(
                "attachments can't come along in this syntax; send application/json", field="Content-Type", rule=rule
            )
        if kind != JSON or charset not in ("", "utf-8", "utf8"):
            rule = "xAPI 1.0.3 Communication 1.5.1"
            raise Invalid("the body must be application/json in UTF-8", field="Content-Type", rule=rule)

    def require_known(self, known: Iterable[str]) -> None:
        """Raises Invalid for the first parameter that this resource does not have."""
        for name in self.parameters:
            if name not in known:
                raise Invalid(f"{name} is not a parameter of this resource", field=name, rule=_PARAMETER_RULE)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a resource answers. ``body`` is whole, or, when it may be long, in pieces that are sent as they are made."""

    body: bytes | Iterable[bytes] = b""
    status: HTTPStatus = HTTPStatus.OK
    content_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


NO_CONTENT = Answer(status=HTTPStatus.NO_CONTENT)


def headers_in(environ: Mapping[str, Any]) -> dict[str, str]:
    """The headers among a server's variables (PEP 3333; RFC 3875 4.1), by their lower-case names."""
    found = {variable[5:].replace("_", "-").lower(): value for variable, value in environ.items() if variable.startswith("HTTP_")}
    found["content-type"] = environ.get("CONTENT_TYPE", "")
    found["content-length"] = environ.get("CONTENT_LENGTH", "")
    return found


def _percent_encoded(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)  # noqa: S101  it is asked in decoding alone
    return quote(error.object[error.start : error.end]), error.end


codecs.register_error(_AS_SENT, _percent_encoded)


@remembering(2048)
def parameters_in(query: bytes) -> Mapping[str, str]:
    """The parameters in an address; what is no UTF-8 stays percent-encoded. Raises Invalid when one is given twice."""
    return _once(parse_qsl(query.decode(errors=_AS_SENT), keep_blank_values=True, errors=_AS_SENT))


def is_alternate(call: Call) -> bool:
    """Whether the call is in the alternate syntax, so that its real parts are in the body, which then must be read."""
    return call.method == "POST" and "method" in call.parameters


def read_alternate_call(outer: Call) -> Call:
    """The call that stands in the form of a request in the alternate syntax, whose body is read for it.

    Raises Invalid when it is not as 1.3 says, and when the caller speaks 2.0, which has no such syntax.
    """
    body = outer.read()
    if len(outer.parameters) > 1:
        raise Invalid("beside method, parameters belong in the form", field="method", rule=_SYNTAX_RULE)
    if media_type(outer.headers.get("content-type", ""))[0] not in _FORM_TYPES:
        raise Invalid("the body must be an URL-encoded form", field="Content-Type", rule=_SYNTAX_RULE)
    try:
        form = parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=bool(body), errors="strict")
    except ValueError as error:  # not ASCII, not a form, or not UTF-8 when decoded
        raise Invalid("the body must be an URL-encoded form in UTF-8", field="body", rule=_SYNTAX_RULE) from error
    fields = _once(form)
    content = fields.pop("content", None)
    own_headers = {name.lower(): value for name, value in fields.items() if name.lower() in _FORM_HEADERS}
    headers = {name: value for name, value in outer.headers.items() if name != "content-type"} | own_headers
    if content is not None:
        headers.setdefault("content-type", "application/json")
    if version_of(headers.get(VERSION_HEADER.lower(), "")) is Version.V2:
        rule = "IEEE 9274.1.1 4.1.1"
        raise Invalid("xAPI 2.0 has no alternate request syntax; send a plain request", field="method", rule=rule)
    parameters = {name: value for name, value in fields.items() if name.lower() not in _FORM_HEADERS}
    return Call(outer.parameters["method"].upper(), parameters, headers, (content or "").encode())


@remembering(128)
def media_type(header: str) -> tuple[str, str]:
    """The media type and the charset that a Content-Type header names, both lower-case, empty when not given."""
    kind, *parameters = (part.strip().lower() for part in header.split(";"))
    charset = next((part[8:].strip('"') for part in parameters if part.startswith("charset=")), "")
    return kind, charset


def _once(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in pairs:
        if "\x00" in value:  # PostgreSQL keeps none in a text
            raise Invalid(f"{name} holds the character NUL", field=name, rule=_PARAMETER_RULE)
        if name in found:
            raise Invalid(f"{name} is given twice", field=name, rule=_PARAMETER_RULE)
        found[name] = value
    return found
