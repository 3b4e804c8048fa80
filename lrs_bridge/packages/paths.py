"""References to files of a package: resolved against bases, found among the files, written as URLs.

RFC 3986 5.2 (resolving) and 2.1 (encoding) as XML Base and IMS CP 1.1.4 apply them in packages: below the root, which they
can't leave. Beyond the specifications, files are found where a reference differs in case, in Unicode's form, in encoding or by
backslashes, as tools for Windows and macOS write them.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, unquote

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_WEB = re.compile(r"https?://[^\s/?#]+", re.IGNORECASE)
_IN_PATH = "/~!$&'()*+,;=:@"
_IN_QUERY = "/?:@!$&'()*+,;=~%"


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference in its parts, as written: ``query`` and ``fragment`` without their marks, None where there is none."""

    path: str
    query: str | None = None
    fragment: str | None = None

    @property
    def url(self) -> str:
        """The reference with ``path`` taken as a file's path, and encoded."""
        return quote(self.path, safe=_IN_PATH) + self._rest()

    @property
    def address(self) -> str:
        """The reference with ``path`` taken as the beginning of a URL, of which only what no URL can hold is encoded."""
        return quote(self.path, safe=f"{_IN_PATH}%[]") + self._rest()

    def _rest(self) -> str:
        query = "" if self.query is None else "?" + quote(self.query, safe=_IN_QUERY)
        fragment = "" if self.fragment is None else "#" + quote(self.fragment, safe=_IN_QUERY)
        return query + fragment


@dataclass(frozen=True, slots=True)
class Found:
    """A file that a reference leads to: ``reference.path`` is its path in the package. Not ``is_exact`` when it is written
    otherwise there.
    """

    reference: Reference
    is_exact: bool


def is_web_address(reference: str) -> bool:
    """Whether it is an absolute http or https URL."""
    return _WEB.match(reference) is not None


def is_elsewhere(reference: str) -> bool:
    """Whether it has a scheme or names a host: not a path in the package."""
    return _SCHEME.match(reference) is not None or reference.startswith("//")


def split(reference: str) -> Reference:
    """A reference in its parts."""
    rest, hash_mark, fragment = reference.partition("#")
    path, question_mark, query = rest.partition("?")
    return Reference(path, query if question_mark else None, fragment if hash_mark else None)


def with_parameters(reference: Reference, parameters: str) -> Reference:
    """A launch reference with an item's parameters (SCORM 2004 CAM 3.4.1, IMS CP 1.1.4: leading ``?`` and ``&`` are dropped, a
    fragment is only taken where there is neither query nor fragment). Parameters go before a fragment, where browsers look for
    them.
    """
    parameters = parameters.lstrip("?&")
    if parameters.startswith("#"):
        is_free = reference.query is None and reference.fragment is None
        return Reference(reference.path, None, parameters[1:]) if is_free else reference
    more, hash_mark, fragment = parameters.partition("#")
    query = "&".join(part for part in (reference.query, more) if part)
    kept = reference.fragment if reference.fragment is not None or not hash_mark else fragment
    return Reference(reference.path, query or reference.query, kept)


def resolve(base: str, path: str) -> str | None:
    """A path below a base (a path, of which what follows the last ``/`` does not count), without ``.`` and ``..``; None
    outside of the package.
    """
    folder = "" if path.startswith("/") else base.rpartition("/")[0]
    segments: list[str] = []
    for segment in f"{folder}/{path}".split("/"):
        if segment == ".." and not segments:
            return None
        if segment == "..":
            segments.pop()
        elif segment not in ("", "."):
            segments.append(segment)
    return "/".join(segments)


class FileIndex:
    """A package's files, to be found by references."""

    def __init__(self, files: Iterable[str]) -> None:
        self._files = frozenset(files)
        self._folded = {_folded(path): path for path in sorted(self._files, reverse=True)}

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def find(self, base: str, reference: str) -> Found | None:
        """The file that ``reference`` leads to from ``base``; None for none, and for what leads elsewhere."""
        whole = Reference(reference)  # names may hold marks that should have been encoded
        for candidate in (split(reference), whole):
            for path, is_exact in self._readings(base, candidate.path):
                if path in self._files:
                    return Found(Reference(path, candidate.query, candidate.fragment), is_exact)
        return self._similar(base, split(reference))

    def _readings(self, base: str, path: str) -> Iterator[tuple[str | None, bool]]:
        """The ways to read a path: encoded, as it stands, below a base that should have ended with a slash."""
        for each_base, is_exact in ((base, True), (f"{base}/", False)):
            yield resolve(unquote(each_base), unquote(path)), is_exact
            yield resolve(each_base, path), False

    def _similar(self, base: str, wanted: Reference) -> Found | None:
        for each_base in (base, f"{base}/"):
            path = resolve(_folded(unquote(each_base)), _folded(unquote(wanted.path)))
            found = self._folded.get(path) if path is not None else None
            if found is not None:
                return Found(Reference(found, wanted.query, wanted.fragment), is_exact=False)
        return None


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold().replace("\\", "/")
