"""What a request asks of the LRS, before any of it is looked up.

Source: xAPI 1.0.3, Communication 1.3 (Alternate Request Syntax), 1.5 (Content Types), 3.2 (unknown parameters), 3.3 (Versioning);
OPTIONS and the cross-origin headers follow the Fetch standard. Left out: multipart/mixed bodies.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from lrs_bridge.errors import Invalid, UnsupportedMedia

VERSION = "1.0.3"
SUPPORTED_VERSIONS = ("1.0.0", "1.0.1", "1.0.2", "1.0.3")
VERSION_HEADER = "X-Experience-API-Version"
CONSISTENT_THROUGH_HEADER = "X-Experience-API-Consistent-Through"

CROSS_ORIGIN_HEADERS = {
    "Access-Control-Allow-Origin": "*",  # nothing here rests on cookies, so any origin that has a key may ask
    "Access-Control-Expose-Headers": (
        f"ETag, Last-Modified, Content-Type, {VERSION_HEADER}, {CONSISTENT_THROUGH_HEADER}, WWW-Authenticate"
    ),
}
PREFLIGHT_HEADERS = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": (
        f"Authorization, Content-Type, If-Match, If-None-Match, Accept-Language, {VERSION_HEADER}, X-Experience-API-Hash"
    ),
    "Access-Control-Max-Age": "86400",
}

_VERSION = re.compile(r"1\.0(\.[0-9]+)?")
_FORM_HEADERS = frozenset(
    {"authorization", VERSION_HEADER.lower(), "content-type", "content-length", "if-match", "if-none-match"}
)
_FORM_TYPES = ("application/x-www-form-urlencoded", "text/plain", "")
_SYNTAX_RULE = "xAPI 1.0.3 Communication 1.3"
_PARAMETER_RULE = "xAPI 1.0.3 Communication 3.2"


@dataclass(frozen=True, slots=True)
class Call:
    """One request in either syntax. Header names are lower-case. ``content`` is None when it is the request's own body."""

    method: str
    parameters: Mapping[str, str]
    headers: Mapping[str, str]
    content: bytes | None = None

    def require_version(self) -> None:
        """Raises Invalid unless the caller speaks a 1.0 version."""
        version = self.headers.get(VERSION_HEADER.lower())
        rule = "xAPI 1.0.3 Communication 3.3"
        if version is None:
            raise Invalid(f"the header {VERSION_HEADER} is missing; send {VERSION}", field=VERSION_HEADER, rule=rule)
        if not _VERSION.fullmatch(version.strip()):
            raise Invalid(f"this LRS speaks versions 1.0 to {VERSION}", field=VERSION_HEADER, rule=rule)

    def require_json(self) -> None:
        """Raises UnsupportedMedia for a multipart or compressed body and Invalid for others that are not JSON."""
        media_type, charset = _content_type(self.headers.get("content-type", ""))
        if media_type == "multipart/mixed":
            raise UnsupportedMedia(
                "this LRS takes application/json; give attachments a fileUrl instead of sending them along",
                field="Content-Type",
                rule="xAPI 1.0.3 Communication 1.5.2",
            )
        if self.headers.get("content-encoding", "identity") != "identity":
            raise UnsupportedMedia("the body must not be compressed", field="Content-Encoding")
        if media_type != "application/json" or charset not in ("", "utf-8", "utf8"):
            rule = "xAPI 1.0.3 Communication 1.5.1"
            raise Invalid("the body must be application/json in UTF-8", field="Content-Type", rule=rule)

    def require_known(self, known: Iterable[str]) -> None:
        """Raises Invalid for the first parameter that this resource does not have."""
        for name in self.parameters:
            if name not in known:
                raise Invalid(f"{name} is not a parameter of this resource", field=name, rule=_PARAMETER_RULE)


def read_call(method: str, query: Iterable[tuple[str, str]], headers: Iterable[tuple[str, str]]) -> Call:
    """The call of a request in the usual syntax. Raises Invalid when a parameter is given twice."""
    return Call(method, _once(query), {name.lower(): value for name, value in headers})


def is_alternate(call: Call) -> bool:
    """Whether the call is in the alternate syntax, so that its real parts are in the body, which then must be read."""
    return call.method == "POST" and "method" in call.parameters


def read_alternate_call(outer: Call, body: bytes) -> Call:
    """The call that stands in the form of a request in the alternate syntax. Raises Invalid when it is not as 1.3 says."""
    if len(outer.parameters) > 1:
        raise Invalid("beside method, parameters belong in the form", field="method", rule=_SYNTAX_RULE)
    if _content_type(outer.headers.get("content-type", ""))[0] not in _FORM_TYPES:
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
    parameters = {name: value for name, value in fields.items() if name.lower() not in _FORM_HEADERS}
    return Call(outer.parameters["method"].upper(), parameters, headers, (content or "").encode())


def _content_type(header: str) -> tuple[str, str]:
    """The media type and its charset, both lower-case, empty when not given."""
    media_type, *parameters = (part.strip().lower() for part in header.split(";"))
    charset = next((part[8:].strip('"') for part in parameters if part.startswith("charset=")), "")
    return media_type, charset


def _once(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found:
            raise Invalid(f"{name} is given twice", field=name, rule=_PARAMETER_RULE)
        found[name] = value
    return found
