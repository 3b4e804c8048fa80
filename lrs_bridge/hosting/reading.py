"""What an uploaded file turns out to be: a SCORM, cmi5 or Tin Can package, or a course structure alone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import BinaryIO

import msgspec

from lrs_bridge.cmi5.course import CourseStructure
from lrs_bridge.cmi5.structure import parse_course_structure
from lrs_bridge.hosting.outline import text_of
from lrs_bridge.packages.archive import Archive, Limits, open_archive
from lrs_bridge.packages.notice import Notice
from lrs_bridge.packages.recognise import Kind, is_bare_course_structure, recognise
from lrs_bridge.packages.tincan import TincanCourse, parse_tincan
from lrs_bridge.packages.tool import Tool, recognise_tool
from lrs_bridge.scorm.manifest.model import Manifest, Version
from lrs_bridge.scorm.manifest.parsing import parse_manifest

LONGEST_TITLE = 300
MANIFESTS = {Kind.SCORM: "imsmanifest.xml", Kind.CMI5: "cmi5.xml", Kind.TINCAN: "tincan.xml"}
STRUCTURES: Mapping[Kind, type[msgspec.Struct]] = {
    Kind.SCORM: Manifest,
    Kind.CMI5: CourseStructure,
    Kind.TINCAN: TincanCourse,
}
SCORM_1_2 = "SCORM 1.2"
"""What its packages have as their edition."""
_BEGINNING = 512


@dataclass(frozen=True, slots=True)
class ReadPackage:
    """A file that was read and can be played. ``archive`` is None for a course structure whose content is elsewhere.

    ``publisher_iris`` are what the course calls itself in statements.
    """

    kind: Kind
    edition: str
    title: str
    structure: msgspec.Struct
    notices: tuple[Notice, ...]
    tool: Tool | None
    archive: Archive | None
    publisher_iris: tuple[str, ...] = ()


def read_package(file: BinaryIO, limits: Limits) -> ReadPackage:
    """Reads the file's directory and its manifest. Raises Invalid naming file, line and rule when it can't be played."""
    file.seek(0)
    if is_bare_course_structure(file.read(_BEGINNING)):
        file.seek(0)
        return _cmi5(file.read(limits.most_markup_bytes + 1), None, None)
    archive = open_archive(file, limits)
    kind = recognise(archive.files)
    content = archive.read(MANIFESTS[kind], limits.most_markup_bytes)
    tool = recognise_tool(archive.files, archive.beginning)
    return _READERS[kind](content, archive, tool)


def _scorm(content: bytes, archive: Archive, tool: Tool | None) -> ReadPackage:
    manifest = parse_manifest(content, files=archive.files, read=archive.read)
    return ReadPackage(Kind.SCORM, edition_of(manifest), _title(manifest.title), manifest, manifest.notices, tool, archive)


def _cmi5(content: bytes, archive: Archive | None, tool: Tool | None) -> ReadPackage:
    parsed = parse_course_structure(content, files=archive.files if archive else None)
    course = parsed.structure
    return ReadPackage(Kind.CMI5, "cmi5", _title(text_of(course.title)), course, parsed.notices, tool, archive, (course.id,))


def _tincan(content: bytes, archive: Archive, tool: Tool | None) -> ReadPackage:
    course = parse_tincan(content, files=archive.files)
    played = course.launchable
    return ReadPackage(Kind.TINCAN, "Tin Can (xAPI)", _title(played.name), course, course.notices, tool, archive, (played.id,))


_READERS: Mapping[Kind, Callable[[bytes, Archive, Tool | None], ReadPackage]] = {
    Kind.SCORM: _scorm,
    Kind.CMI5: _cmi5,
    Kind.TINCAN: _tincan,
}


def edition_of(manifest: Manifest) -> str:
    """The standard and its edition, as authoring tools call them."""
    return SCORM_1_2 if manifest.version is Version.V1_2 else f"SCORM 2004 {manifest.edition or '4th'} Edition"


def _title(text: str) -> str:
    return text.strip()[:LONGEST_TITLE]
