"""Title and description of a course, from its metadata.

IEEE LOM 1484.12.3 (``string``) and IMS Learning Resource Meta-data 1.2 (``langstring``) as SCORM CAM 4 uses them: in the
manifest, or in a file that ``adlcp:location`` names. All else of the metadata is left out.
"""

from collections.abc import Callable
from dataclasses import dataclass

from lxml import etree

from lrs_bridge.errors import LrsBridgeError
from lrs_bridge.packages.markup import MOST_BYTES, child, children, parse_markup, plain_text, raw_text, text_of
from lrs_bridge.packages.notice import Code
from lrs_bridge.packages.paths import FileIndex
from lrs_bridge.scorm.manifest.findings import Findings

LONGEST_DESCRIPTION = 2000
ReadFile = Callable[[str, int], bytes]
"""Reads a file of the package, of so many bytes at most; raises an error of ours."""
_RULE = "<metadata>"


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a course says of itself; None where it does not."""

    title: str | None = None
    description: str | None = None


def read_metadata(root: etree._Element, base: str, files: FileIndex, read: ReadFile | None, findings: Findings) -> Metadata:
    """The course's metadata: what stands in the manifest, else what its file says. Files that can't be read are told."""
    element = child(root, "metadata")
    if element is None:
        findings.notice(Code.MISSING_METADATA, "the manifest has no metadata", root, _RULE)
        return Metadata()
    inner = _of(child(element, "lom"))
    location = child(element, "location")
    if location is None or read is None or (inner.title and inner.description):
        return inner
    outer = _outer(location, base, files, read, findings)
    return Metadata(inner.title or outer.title, inner.description or outer.description)


def _outer(location: etree._Element, base: str, files: FileIndex, read: ReadFile, findings: Findings) -> Metadata:
    written = raw_text(location) or ""
    found = files.find(base, written)
    if found is None:
        message = f"the metadata {plain_text(written, 120)} are not in the package"
        findings.notice(Code.MISSING_METADATA, message, location, _RULE)
        return Metadata()
    path = found.reference.path
    try:
        return _of(parse_markup(read(path, MOST_BYTES), file=path))
    except LrsBridgeError as error:
        findings.notice(Code.BAD_METADATA, f"the metadata can't be read: {error.message}", location, _RULE)
        return Metadata()


def _of(lom: etree._Element | None) -> Metadata:
    general = child(lom, "general")
    title = _in_some_language(child(general, "title"), 300)
    return Metadata(title, _in_some_language(child(general, "description"), LONGEST_DESCRIPTION))


def _in_some_language(element: etree._Element | None, longest: int) -> str | None:
    """The first text that says something, in whichever language."""
    if element is None:
        return None
    texts = [text_of(each, longest) for each in children(element, "string", "langstring")]
    return next((text for text in (*texts, text_of(element, longest)) if text), None)
