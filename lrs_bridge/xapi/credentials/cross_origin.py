"""Which pages on other origins may use a key, and the headers that tell their browsers so.

Source: the Fetch standard, CORS protocol; RFC 6454 (origins). Nothing here rests on cookies, so ``*`` is safe where any page may
ask. A preflight names no key and is therefore answered alike for all. The refusal of an origin is readable by the page that it
refuses: it tells only what the page knows, and otherwise its author would see an unexplained network error.
"""

import re
from collections.abc import Iterable

from lrs_bridge.errors import Forbidden, Invalid
from lrs_bridge.xapi.exchange import CONSISTENT_THROUGH_HEADER, VERSION_HEADER

MOST_ORIGINS = 50
EXPOSED = f"ETag, Last-Modified, Content-Type, Retry-After, {VERSION_HEADER}, {CONSISTENT_THROUGH_HEADER}, WWW-Authenticate"
PREFLIGHT_HEADERS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": (
        f"Authorization, Content-Type, If-Match, If-None-Match, Accept-Language, {VERSION_HEADER}, X-Experience-API-Hash"
    ),
    "Access-Control-Max-Age": "86400",
}

_ORIGIN = re.compile(r"(https?)://([a-z0-9.-]+|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?/?", re.ASCII)
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_OPAQUE = "null"


def parse_origins(texts: Iterable[str]) -> tuple[str, ...]:
    """Origins as typed, each once, as browsers spell them. Raises Invalid for what is none, and for more than 50.

    ``null`` is the origin of a page in a sandbox or in a file.
    """
    found = tuple(dict.fromkeys(_origin(text.strip()) for text in texts if text.strip()))
    if len(found) > MOST_ORIGINS:
        raise Invalid(f"a key has at most {MOST_ORIGINS} origins", field="origins")
    return found


def _origin(text: str) -> str:
    if text == _OPAQUE:
        return text
    found = _ORIGIN.fullmatch(_in_ascii(text.lower()))
    if found is None:
        raise Invalid("an origin is like https://courses.example.no, without a path", field="origins", rule="RFC 6454 6.1")
    scheme, host, port = found.groups()
    return f"{scheme}://{host}" if port in (None, _DEFAULT_PORTS[scheme]) else f"{scheme}://{host}:{port}"


def _in_ascii(text: str) -> str:
    """The address with its host name as browsers send it: xn--…"""
    scheme, separator, rest = text.partition("://")
    try:
        return scheme + separator + (rest if rest.isascii() else rest.encode("idna").decode())
    except UnicodeError:
        return ""


def check_origin(origins: tuple[str, ...], origin: str | None) -> None:
    """Raises Forbidden, naming the origin, when the request comes from a page that may not use the key."""
    if origin and origins and origin.lower() not in origins:
        named = origin if _ORIGIN.fullmatch(origin.lower()) or origin == _OPAQUE else "as it was sent"
        raise Forbidden(f"pages of the origin {named} may not use this key", field="Origin", rule="the key's list of origins")


def answer_headers(origins: tuple[str, ...], origin: str | None) -> dict[str, str]:
    """The headers of an answer to a key with these origins; to a caller whose key is not known: ``()``."""
    if not origins:
        return {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": EXPOSED}
    headers = {"Vary": "Origin"}
    if origin:
        headers |= {"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": EXPOSED}
    return headers
