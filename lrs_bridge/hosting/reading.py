"""What an uploaded file turns out to be: a SCORM, cmi5 or Tin Can package, or a course structure alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

import msgspec

from lrs_bridge.cmi5.structure import CourseStructure, parse_course_structure
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
_BEGINNING = 512


@dataclass(frozen=True, slots=True)
class ReadPackage:
    """A file that was read and can be played. ``archive`` is None for a course structure whose content is elsewhere."""

    kind: Kind
    edition: str
    title: str
    structure: msgspec.Struct
    notices: tuple[Notice, ...]
    tool: Tool | None
    archive: Archive | None


def read_package(file: BinaryIO, limits: Limits) -> ReadPackage:
    """Reads the file's directory and its manifest. Raises Invalid naming file, line and rule when it can't be played."""
    file.seek(0)
    if is_bare_course_structure(file.read(_BEGINNING)):
        file.seek(0)
        structure = parse_course_structure(file.read(limits.most_markup_bytes + 1), file="cmi5.xml", files=None)
        return ReadPackage(Kind.CMI5, "cmi5", _title(structure.title), structure, structure.notices, None, None)
    archive = open_archive(file, limits)
    kind = recognise(archive.files)
    content = archive.read(MANIFESTS[kind], limits.most_markup_bytes)
    tool = recognise_tool(archive.files, archive.read)
    if kind is Kind.SCORM:
        manifest = parse_manifest(content, files=archive.files)
        return ReadPackage(kind, edition_of(manifest), _title(manifest.title), manifest, manifest.notices, tool, archive)
    if kind is Kind.CMI5:
        structure = parse_course_structure(content, file="cmi5.xml", files=archive.files)
        return ReadPackage(kind, "cmi5", _title(structure.title), structure, structure.notices, tool, archive)
    course = parse_tincan(content, files=archive.files)
    return ReadPackage(kind, "Tin Can (xAPI)", _title(course.title), course, course.notices, tool, archive)


def edition_of(manifest: Manifest) -> str:
    """The standard and its edition, as authoring tools call them."""
    return "SCORM 1.2" if manifest.version is Version.V1_2 else f"SCORM 2004 {manifest.edition or '4th'} Edition"


def _title(text: str) -> str:
    return text.strip()[:LONGEST_TITLE]
