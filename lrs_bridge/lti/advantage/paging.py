"""Addresses of services, and containers that come in pages.

RFC 8288 (``Link`` with ``rel="next"``), as Assignment and Grade Services 2.0 (3.2.4.1, 3.3.4.1), Names and Role Provisioning
Services 2.0 (2.4.2) and Course Groups 1.0 use it. Left out: other relations (``differences``), which few platforms give.
"""

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from lrs_bridge.errors import UpstreamFailed

_LINK = re.compile(r"<([^>]*)>((?:\s*;\s*[^\s=;,]+(?:\s*=\s*(?:\"[^\"]*\"|[^\s\",;]*))?)*)")
_REL = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s\",;]+))", re.IGNORECASE)


def add_to_path(url: str, step: str) -> str:
    """The address one step further down: the step goes before the query, which Moodle's addresses have."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{step}", fragment=""))


def add_query(url: str, asked: Mapping[str, str | int | None]) -> str:
    """The address with these parameters beside its own, which they replace; those that are None are left out."""
    parts = urlsplit(url)
    new = {name: str(value) for name, value in asked.items() if value is not None}
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in new]
    return urlunsplit(parts._replace(query=urlencode([*kept, *new.items()])))


def next_page(url: str, headers: Mapping[str, str]) -> str | None:
    """Where the page after the one at ``url`` is, None for the last. Raises UpstreamFailed when it is on another host.

    Header names are in lower case.
    """
    for target, parameters in _LINK.findall(headers.get("link", "")):
        relations = {word.lower() for quoted, plain in _REL.findall(parameters) for word in (quoted or plain).split()}
        if "next" in relations:
            return _same_origin(url, urljoin(url, target.strip()))
    return None


def _same_origin(url: str, following: str) -> str:
    if not is_same_origin(url, following):
        raise UpstreamFailed("the next page is said to be on another host", field="Link", rule="tokens stay with their service")
    return following


def is_same_origin(one: str, other: str) -> bool:
    """Whether both addresses are of one scheme, host and port."""
    return _origin(one) == _origin(other)


def _origin(url: str) -> tuple[str, str, int | None]:
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return "", "", None
