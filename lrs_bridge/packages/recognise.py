"""Which kind of course a package is, from the names of its files.

SCORM 1.2 CAM 2.3 and SCORM 2004 CAM 3.3: ``imsmanifest.xml`` at the root; cmi5 14.1: ``cmi5.xml`` at the root, or sent alone
(14.2); Tin Can packages of authoring tools: ``tincan.xml`` at the root. What is something else is refused with what to do
about it.
"""

from collections.abc import Collection
from enum import StrEnum

from lrs_bridge.packages.archive import shown
from lrs_bridge.packages.notice import Code, refusal


class Kind(StrEnum):
    """What a package is, by the specification that its structure follows."""

    SCORM = "scorm"
    CMI5 = "cmi5"
    TINCAN = "tincan"


_ENTRIES = {"cmi5.xml": Kind.CMI5, "imsmanifest.xml": Kind.SCORM, "tincan.xml": Kind.TINCAN}
"""The first one that a package has decides."""
_RULES = {
    Kind.CMI5: "cmi5 14.1",
    Kind.SCORM: "SCORM 2004 CAM 3.3 (package interchange file)",
    Kind.TINCAN: "tincan.xml at the root",
}
_AICC = (".au", ".crs", ".cst", ".des", ".ort")
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_WHITE = b" \t\r\n\x00"


def is_bare_course_structure(beginning: bytes) -> bool:
    """Whether a file that begins with these bytes is XML, as a ``cmi5.xml`` that was sent alone (cmi5 14.2), and no zip file."""
    for mark in _BYTE_ORDER_MARKS:
        beginning = beginning.removeprefix(mark)
    return beginning.lstrip(_WHITE).startswith(b"<")


def recognise(files: Collection[str]) -> Kind:
    """The kind of a package with these paths. Raises Refused with plain words where it is none that can be played."""
    for name, kind in _ENTRIES.items():
        if name in files:
            return kind
    for name, kind in _ENTRIES.items():
        _check_misplaced(name, kind, files)
    _refuse_others(files)
    message = "there is no imsmanifest.xml, cmi5.xml or tincan.xml in the package: nothing says what is to be played"
    raise refusal(Code.NO_ENTRY_FILE, message, rule=_RULES[Kind.SCORM])


def _check_misplaced(name: str, kind: Kind, files: Collection[str]) -> None:
    """Refuses a package that has the entry file, but elsewhere or in other letters."""
    found = sorted((path for path in files if path.rpartition("/")[2].lower() == name), key=lambda path: (path.count("/"), path))
    if not found:
        return
    folder, _, written = found[0].rpartition("/")
    if folder:
        code = Code.IN_FOLDER
        message = f"{written} lies in the folder “{shown(folder)}”; zip the contents of the folder, not the folder"
    else:
        code = Code.MISNAMED
        message = f"the package's {shown(written)} must be called {name}, in small letters"
    raise refusal(code, message, file=shown(found[0]), rule=_RULES[kind])


def _refuse_others(files: Collection[str]) -> None:
    """Names what a package is that is none of ours."""
    lower = {path.lower(): path for path in sorted(files, reverse=True)}
    rule = _RULES[Kind.SCORM]
    for path, written in sorted(lower.items()):
        if path.endswith(_AICC):
            message = f"{shown(written)} is AICC's; AICC is not played: publish the course as SCORM or cmi5"
            raise refusal(Code.AICC, message, file=shown(written), rule="AICC CMI001")
        if path.endswith(".zip") and len(lower) == 1:
            message = "the package is a zip file in a zip file; upload the inner one"
            raise refusal(Code.ZIP_IN_ZIP, message, file=shown(written), rule=rule)
    if "h5p.json" in lower:
        message = "this is an H5P file; export it as SCORM or cmi5 first"
        raise refusal(Code.H5P, message, file=lower["h5p.json"], rule=rule)
    for page in ("story.html", "index.html", "index.htm"):
        if page in lower:
            message = (
                "the course was published for the web, without imsmanifest.xml, cmi5.xml or tincan.xml; publish it for an LMS"
            )
            raise refusal(Code.FOR_THE_WEB, message, file=lower[page], rule=rule)
