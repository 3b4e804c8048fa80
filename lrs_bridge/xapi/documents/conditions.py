"""Whether a request may go on, by the tag of what is stored: optimistic concurrency.

Source: xAPI 1.0.3, Communication 3.1; IEEE 9274.1.1 (xAPI 2.0) 4.1.4; RFC 9110 section 13.1 (If-Match, If-None-Match). A tag is
the SHA-1 sum of the stored bytes in lower-case hexadecimal digits. Clients that compute it themselves, and proxies on the way,
spell it in their own ways: without quotes, as weak, in capitals, with the compression's name at its end. As a tag names bytes
here, all of these name the same ones.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

from lrs_bridge.errors import Conflict, Invalid, PreconditionFailed
from lrs_bridge.xapi.documents.key import Kind
from lrs_bridge.xapi.exchange import Version

IF_MATCH, IF_NONE_MATCH = "If-Match", "If-None-Match"
_RULE = "xAPI 1.0.3 Communication 3.1"
_ANY = "*"
_TAG = re.compile(r"""[ \t]*(?:(?:[Ww]/)?"([^"]*)"|(?:[Ww]/)?([^\s",]+))[ \t]*(?:,[ \t,]*|$)""")
_ENCODED = re.compile(r"(?:--?|;)(?:gzip|br|zstd|deflate)$")


class Blind(Enum):
    """What happens to a PUT that says nothing of what it replaces."""

    REPLACES = auto()
    """It is stored: 1.0.3 asks nothing of states, since conflicts are unlikely."""
    CREATES = auto()
    """It is stored where nothing was: 2.0."""
    REFUSED = auto()
    """It is never stored: profiles in 1.0.3."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What a request says of the stored document; None where it has no such header.

    ``blind`` is what becomes of a PUT that has neither.
    """

    if_match: frozenset[str] | None = None
    if_none_match: frozenset[str] | None = None
    blind: Blind = Blind.REPLACES

    def check(self, stored: str | None) -> None:
        """Raises PreconditionFailed unless what is stored, by its tag (None: nothing), is what the request expects."""
        if self.if_match is not None and not _names(self.if_match, stored):
            raise _failed(IF_MATCH, "is not there" if stored is None else "has changed in the meantime")
        if self.if_none_match is not None and _names(self.if_none_match, stored):
            raise _failed(IF_NONE_MATCH, "is there already")

    def check_put(self, stored: str | None) -> None:
        """The same for a PUT; raises Conflict or Invalid when it has to say what it replaces, and does not."""
        self.check(stored)
        if self.if_match is not None or self.if_none_match is not None or self.blind is Blind.REPLACES:
            return
        if stored is not None:
            raise Conflict(
                "there is such a document already: GET it, check its present state, and send its ETag in If-Match to replace it",
                field=IF_MATCH,
                rule=_RULE,
            )
        if self.blind is Blind.REFUSED:
            raise Invalid("send If-None-Match: * to store a new profile, or If-Match to replace one", field=IF_MATCH, rule=_RULE)

    def is_known(self, stored: str) -> bool:
        """Whether the asker has this very document already."""
        return self.if_none_match is not None and _names(self.if_none_match, stored)


def tag_of(content: bytes) -> str:
    """The tag of these bytes, without quotes."""
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


def quoted(tag: str) -> str:
    """The tag as a header has it."""
    return f'"{tag}"'


def blind_put(kind: Kind, version: Version) -> Blind:
    """What happens to a PUT without a condition."""
    if version is Version.V2:
        return Blind.CREATES
    return Blind.REPLACES if kind is Kind.STATE else Blind.REFUSED


def parse_condition(headers: Mapping[str, str], blind: Blind = Blind.REPLACES) -> Condition:
    """The condition of a request, its header names lower-case. Raises Invalid for a header that names no tag."""
    return Condition(_parse_tags(headers, IF_MATCH), _parse_tags(headers, IF_NONE_MATCH), blind)


def _parse_tags(headers: Mapping[str, str], name: str) -> frozenset[str] | None:
    text = headers.get(name.lower())
    if text is None:
        return None
    text, tags, position = text.strip(" \t,"), set(), 0
    while position < len(text):
        found = _TAG.match(text, position)
        if found is None:
            break
        tags.add(_plain(found[1] if found[1] is not None else found[2]))
        position = found.end()
    if not tags or position < len(text):
        raise Invalid(f"{name} must be *, or one or more entity tags", field=name, rule="RFC 9110 8.8.3")
    return frozenset(tags)


def _plain(tag: str) -> str:
    return _ENCODED.sub("", tag.lower())


def _names(tags: frozenset[str], stored: str | None) -> bool:
    return stored is not None and (_ANY in tags or stored in tags)


def _failed(header: str, why: str) -> PreconditionFailed:
    return PreconditionFailed(f"the document {why}; nothing was changed", field=header, rule=_RULE)
