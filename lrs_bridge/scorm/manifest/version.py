"""Which SCORM a manifest follows.

SCORM 1.2 CAM 2.3 and SCORM 2004 CAM 3.4.1 (``<schema>``, ``<schemaversion>``): ``1.2``; ``CAM 1.3`` (2nd edition, and what
Storyline writes); ``2004 3rd Edition``; ``2004 4th Edition``. Where nothing is said, the namespaces tell. IMS Common Cartridge
and QTI packages have a manifest of the same name and are refused.
"""

import re

from lxml import etree

from lrs_bridge.packages.markup import child, namespace, plain_text, text_of
from lrs_bridge.packages.notice import Code
from lrs_bridge.scorm.manifest.findings import Findings
from lrs_bridge.scorm.manifest.model import Version

RULE = "<schemaversion>"
_OTHERS = re.compile(r"common cartridge|qti|question|thin")
_WRITTEN = {
    "1.2": (Version.V1_2, None),
    "1.3": (Version.V2004, "2nd"),
    "cam 1.3": (Version.V2004, "2nd"),
    "2004 1st edition": (Version.V2004, "2nd"),
    "2004 2nd edition": (Version.V2004, "2nd"),
    "2004 3rd edition": (Version.V2004, "3rd"),
    "2004 4th edition": (Version.V2004, "4th"),
}


def read_version(root: etree._Element, findings: Findings) -> tuple[Version, str | None]:
    """The version and, of 2004, the edition. What can only be guessed is a notice, what is no SCORM a problem."""
    metadata = child(root, "metadata")
    schema = text_of(child(metadata, "schema"))
    written = text_of(child(metadata, "schemaversion"))
    if _OTHERS.search(schema.lower()):
        message = f"this is a package of another kind ({plain_text(schema, 60)}), not SCORM"
        findings.problem(Code.NOT_SCORM, message, root, "<schema>")
    known = _WRITTEN.get(re.sub(r"^scorm[ _]+", "", written.lower()))
    if known is not None:
        return known
    guessed = _by_namespaces(root)
    name = _name(*guessed)
    if written:
        findings.notice(
            Code.UNKNOWN_VERSION, f"schemaversion “{plain_text(written, 60)}” is none of SCORM's; read as {name}", root, RULE
        )
    else:
        findings.notice(
            Code.MISSING_VERSION, f"the manifest does not say which SCORM it follows; by its namespaces: {name}", root, RULE
        )
    return guessed


def _by_namespaces(root: etree._Element) -> tuple[Version, str | None]:
    names = " ".join({namespace(element).lower() for element in root.iter()} | {str(uri).lower() for uri in root.nsmap.values()})
    is_2004 = any(mark in names for mark in ("imscp_v1p1", "imsss", "adlcp_v1p3", "adlseq", "adlnav"))
    return (Version.V2004, "2nd") if is_2004 else (Version.V1_2, None)


def _name(version: Version, edition: str | None) -> str:
    return f"SCORM 2004 {edition} edition" if edition else f"SCORM {version}"
