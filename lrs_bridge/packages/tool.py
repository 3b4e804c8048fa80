"""Which authoring tool made a package, from its files and their first bytes, and what is known of what that tool's courses do.

No specification: what was seen in exports of Articulate Rise 360 and Storyline 360, Adobe Captivate, iSpring Suite, Adapt, H5P
in a SCORM wrapper, and thin packages that only start a player elsewhere, as Kursbyggeren is one. Recognising changes nothing
of how a course is played; it tells the course's owner what to expect. Left out: all other tools, which are played by the
specifications alone.
"""

import json
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property

import msgspec

from lrs_bridge.errors import LrsBridgeError
from lrs_bridge.packages.markup import plain_text
from lrs_bridge.packages.notice import Code, Notice

EXCERPT_BYTES = 64 * 1024
ReadBeginning = Callable[[str, int], bytes]
"""Reads the first so many bytes of a file; raises an error of ours."""
_FEW_FILES = 40
_STORYLINE = re.compile(r'name="Articulate Storyline[^"]*"\s+version="([\d.]+)"|<!-- version: ([\d.]+)')
_CAPTIVATE = re.compile(r'"generator"\s*:\s*"(?:Adobe )?Captivate"[^}]*?"generatorVersion"\s*:\s*"([^"]{1,20})"')
_ISPRING = re.compile(r"iSpring\s+(?:Suite|Presenter|QuizMaker|Pro|Cam)?[\sA-Za-z]{0,20}?v?\.?(\d+(?:\.\d+)*)", re.IGNORECASE)
_ADAPT = re.compile(r'adapt_framework"[^{}]{0,200}?"version"\s*:\s*"([\d.]+)"')
_HOSTED = re.compile(r"startcourseid=\d+", re.IGNORECASE)
_FRAMED = re.compile(
    r"""(?:<iframe[^>]{0,300}?\bsrc\s*=\s*["']?|\blocation(?:\.href)?\s*=\s*["']|\burl=)https?://"""
    r"(?!(?:[a-z]+\.)?(?:youtube(?:-nocookie)?|vimeo)\.com/)",
    re.IGNORECASE,
)
"""A frame or page of another server, which is no film in a page of the course's own."""


class Tool(msgspec.Struct, frozen=True):
    """A tool by its name, its version where that can be read, and what to know of its courses and of what we do about it."""

    name: str
    version: str | None
    advice: tuple[Notice, ...]


_ON_LEAVING = Notice(
    Code.COMMITS_ON_LEAVING,
    "Its courses report what was done only when they are left. What they set is fetched from them all the time, and sent when "
    "the page is hidden or closed, so that nothing is lost.",
)
_LONG_SUSPEND_DATA = Notice(
    Code.LONG_SUSPEND_DATA,
    "Its courses can note more of where a learner is than the 4096 characters that SCORM 1.2 foresees. All of it is kept.",
)
_EARLY_FAILED = Notice(
    Code.EARLY_FAILED,
    "Its courses report “failed” within seconds of being opened, while they are not completed. That is shown as progress "
    "and is not taken for a result.",
)
_UNKNOWN_SUCCESS = Notice(
    Code.UNKNOWN_SUCCESS,
    "Its courses report that success is unknown before there is any. That is no failure, and neither is it counted as one.",
)
_ENDS_OFTEN = Notice(
    Code.ENDS_MORE_THAN_ONCE,
    "Its courses end their session up to three times when they are left, and test the connection when they start. The "
    "first end counts, what is reported after it is kept.",
)
_OLD_XAPI = Notice(
    Code.OLD_XAPI,
    "Its courses speak xAPI 1.0 with queries in the body of requests when they are published as xAPI. That is understood.",
)
_WRAPPED = Notice(
    Code.WRAPPED,
    "The content only knows xAPI; what arrives is what the package around it makes of that. Check in the preview that "
    "a finished course is reported as completed.",
)
_ELSEWHERE = Notice(
    Code.CONTENT_ELSEWHERE,
    "The package only starts a course that lies on another server. That server must allow being shown in a frame, is reached by "
    "the learner's browser, and what is done there arrives only if the package reports it.",
)


class _Clues:
    """A package's files, whatever their case, and their first bytes as text."""

    def __init__(self, files: Collection[str], read: ReadBeginning) -> None:
        self._read = read
        self._paths = {path.lower(): path for path in sorted(files, reverse=True)}

    def __len__(self) -> int:
        return len(self._paths)

    def has(self, *paths: str) -> bool:
        return all(path in self._paths for path in paths)

    def first(self, pattern: str) -> str | None:
        """The first path that matches as a whole."""
        return next((path for path in sorted(self._paths) if re.fullmatch(pattern, path)), None)

    def text(self, path: str | None) -> str:
        """The beginning of a file, empty where there is none or it can't be read."""
        written = self._paths.get(path) if path else None
        if written is None:
            return ""
        try:
            return self._read(written, EXCERPT_BYTES).decode("utf-8", "replace")
        except LrsBridgeError:
            return ""

    @cached_property
    def pages(self) -> str:
        """The beginnings of the pages and entry files that a course starts from."""
        names = ("index.html", "res/index.html", "imsmanifest.xml", "tincan.xml", "cmi5.xml")
        return "\n".join(self.text(name) for name in names)


@dataclass(frozen=True, slots=True)
class _Preset:
    """A tool: how it is recognised, where its version stands, what is known of it."""

    name: str
    is_it: Callable[[_Clues], bool]
    version: Callable[[_Clues], str | None]
    advice: tuple[Notice, ...]


def recognise_tool(files: Collection[str], read: ReadBeginning) -> Tool | None:
    """The tool that made a package with these paths, None where it is none of those known here. ``read`` gives the first bytes
    of a file.
    """
    clues = _Clues(files, read)
    for preset in _PRESETS:
        if preset.is_it(clues):
            return Tool(preset.name, preset.version(clues), preset.advice)
    return None


def _no_version(_: _Clues) -> str | None:
    return None


def _is_rise(clues: _Clues) -> bool:
    """SCORM and, since December 2025, xAPI exports have ``scormcontent``; older xAPI and cmi5 ones the same files at the root."""
    return clues.has("scormcontent/index.html") or clues.has("lib/main.bundle.js", "lib/lzwcompress.js")


def _is_storyline(clues: _Clues) -> bool:
    return clues.has("story.html") and (clues.has("meta.xml") or clues.first(r"(story_content|html5)/.*") is not None)


def _storyline_version(clues: _Clues) -> str | None:
    return _found(_STORYLINE, clues.text("meta.xml") + clues.text("story.html"))


def _is_captivate(clues: _Clues) -> bool:
    return clues.has("assets/js/cpm.js") or _captivate_version(clues) is not None


def _captivate_version(clues: _Clues) -> str | None:
    return _found(_CAPTIVATE, clues.text("project.txt"))


def _is_ispring(clues: _Clues) -> bool:
    return clues.first(r"(.*/)?[^/]*ispring[^/]*") is not None or "ispring" in clues.pages.lower()


def _ispring_version(clues: _Clues) -> str | None:
    return _found(_ISPRING, clues.pages)


def _is_adapt(clues: _Clues) -> bool:
    return clues.first(r"adapt/js/adapt(\.min)?\.js") is not None


def _adapt_version(clues: _Clues) -> str | None:
    return _found(_ADAPT, clues.text("adapt/js/build.min.js"))


def _is_h5p(clues: _Clues) -> bool:
    return clues.first(r"(.*/)?h5p\.json") is not None


def _h5p_version(clues: _Clues) -> str | None:
    """The main library, ``QuestionSet 1.20``, which says more than a version of H5P would."""
    try:
        described = json.loads(clues.text(clues.first(r"(.*/)?h5p\.json")))
        main = described["mainLibrary"]
        library = next(each for each in described["preloadedDependencies"] if each["machineName"] == main)
        name = f"{main} {library['majorVersion']}.{library['minorVersion']}"
    except (ValueError, KeyError, TypeError, StopIteration, RecursionError):
        return None
    return plain_text(name.removeprefix("H5P."), 60)


def _is_kursbyggeren(clues: _Clues) -> bool:
    """A few files, of which a page starts a player with Kursbyggeren's parameters, or a frame or page of another server."""
    return len(clues) <= _FEW_FILES and _HOSTED.search(_starting_pages(clues)) is not None


def _is_hosted(clues: _Clues) -> bool:
    return len(clues) <= _FEW_FILES and _FRAMED.search(_starting_pages(clues)) is not None


def _starting_pages(clues: _Clues) -> str:
    return clues.pages + clues.text(clues.first(r"[^/]*\.html?"))


def _found(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.search(text)
    return next((group for group in found.groups() if group), None) if found else None


_PRESETS = (
    _Preset("Articulate Rise 360", _is_rise, _no_version, (_ON_LEAVING, _LONG_SUSPEND_DATA)),
    _Preset("Articulate Storyline 360", _is_storyline, _storyline_version, (_UNKNOWN_SUCCESS, _LONG_SUSPEND_DATA, _OLD_XAPI)),
    _Preset("Adobe Captivate", _is_captivate, _captivate_version, (_ON_LEAVING, _LONG_SUSPEND_DATA)),
    _Preset("Adapt", _is_adapt, _adapt_version, (_ENDS_OFTEN,)),
    _Preset("H5P", _is_h5p, _h5p_version, (_WRAPPED,)),
    _Preset("iSpring Suite", _is_ispring, _ispring_version, (_EARLY_FAILED, _LONG_SUSPEND_DATA)),
    _Preset("Kursbyggeren", _is_kursbyggeren, _no_version, (_ELSEWHERE,)),
    _Preset("Hosted player", _is_hosted, _no_version, (_ELSEWHERE,)),
)
