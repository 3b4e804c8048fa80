"""The package that another learning system imports: a manifest, a page, and a script that plays the course that is hosted here.

SCORM 1.2 CAM 2.3 and SCORM 2004 2nd to 4th edition CAM 3.4 (content packaging), with elements in the order of their XSDs; 2004
says by CAM 5.1.9 (delivery controls) that status comes from the content alone. Same destination, same bytes. Left out: copies of
the XSDs, which no learning system reads from a package, and metadata.
"""

import html
import io
import json
import re
import zipfile
from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from string import Template
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from lxml import etree

from lrs_bridge.errors import Invalid

_IMS_1_2: Final = "http://www.imsproject.org/xsd/imscp_rootv1p1p2"
_ADL_1_2: Final = "http://www.adlnet.org/xsd/adlcp_rootv1p2"
_IMS_2004: Final = "http://www.imsglobal.org/xsd/imscp_v1p1"
_ADL_2004: Final = "http://www.adlnet.org/xsd/adlcp_v1p3"
_SEQUENCING: Final = "http://www.imsglobal.org/xsd/imsss"
_PAGE, _SCRIPT, _MANIFEST = "index.html", "dispatch.js", "imsmanifest.xml"
_LONGEST_TITLE: Final = 200
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_UNFIT: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""XML 1.0 2.2."""


class Edition(StrEnum):
    """What the learning system that imports the package speaks."""

    V1_2 = "1.2"
    SECOND = "2004-2nd"
    THIRD = "2004-3rd"
    FOURTH = "2004-4th"

    @property
    def schema_version(self) -> str:
        """``<schemaversion>`` of a manifest."""
        return {
            Edition.V1_2: "1.2",
            Edition.SECOND: "CAM 1.3",
            Edition.THIRD: "2004 3rd Edition",
            Edition.FOURTH: "2004 4th Edition",
        }[self]


@dataclass(frozen=True, slots=True)
class Texts:
    """What the page tells the learner when something is wrong, or over."""

    no_system: str = (
        "The learning system that should keep your result does not answer. Close this window and open the course again."
    )
    no_learner: str = "The learning system does not say who you are. Log in there and open the course again."
    not_loaded: str = "The course does not load here. Try again, or open it in a window of its own."
    elsewhere: str = "The course is open in a window of its own. Keep this one open: it passes your result on."
    ended: str = "You have left the course, and your result is passed on. You can close this window."
    again: str = "Try again"
    new_window: str = "Open in a new window"
    no_script: str = "This course needs JavaScript."


@dataclass(frozen=True, slots=True)
class Destination:
    """Another learning system that plays a hosted course.

    ``url`` is where the course is opened (with a form, see dispatch.js), ``token`` the secret that lets it. ``hides_learners``
    sends a digest in the place of the learner's id, and no name.
    """

    id: UUID
    title: str
    url: str
    token: str
    language: str = "nb"
    hides_learners: bool = False
    texts: Texts = Texts()


def dispatch_package(destination: Destination, edition: Edition) -> bytes:
    """The zip. Raises Invalid unless the destination's URL is an absolute http(s) URL."""
    files = {
        _MANIFEST: manifest_of(destination, edition),
        _PAGE: page_of(destination, edition),
        _SCRIPT: _text(_SCRIPT).encode(),
    }
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in files.items():
            package.writestr(_entry(name), content)
    return written.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    """An entry that says nothing of the machine or the time that it was made on."""
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 3
    entry.external_attr = 0o644 << 16
    return entry


def manifest_of(destination: Destination, edition: Edition) -> bytes:
    """``imsmanifest.xml``: one organization with one item, a SCO."""
    is_1_2 = edition is Edition.V1_2
    ims, adl = (_IMS_1_2, _ADL_1_2) if is_1_2 else (_IMS_2004, _ADL_2004)
    names = {None: ims, "adlcp": adl} | ({} if is_1_2 else {"imsss": _SEQUENCING})
    root = etree.Element(f"{{{ims}}}manifest", nsmap=names, identifier=f"lrs_bridge-{destination.id}", version="1.0")
    metadata = _add(root, "metadata")
    _add(metadata, "schema").text = "ADL SCORM"
    _add(metadata, "schemaversion").text = edition.schema_version
    organization = _add(_add(root, "organizations", default="course"), "organization", identifier="course")
    _add(organization, "title").text = _title(destination)
    item = _add(organization, "item", identifier="item", identifierref="resource", isvisible="true")
    _add(item, "title").text = _title(destination)
    if not is_1_2:
        sequencing = etree.SubElement(item, f"{{{_SEQUENCING}}}sequencing")
        told = {"completionSetByContent": "true", "objectiveSetByContent": "true"}
        etree.SubElement(sequencing, f"{{{_SEQUENCING}}}deliveryControls", told)
    resource = _add(_add(root, "resources"), "resource", identifier="resource", type="webcontent", href=_PAGE)
    resource.set(f"{{{adl}}}{'scormtype' if is_1_2 else 'scormType'}", "sco")
    for name in (_PAGE, _SCRIPT):
        _add(resource, "file", href=name)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _add(parent: etree._Element, name: str, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{etree.QName(parent).namespace}}}{name}", attributes)


def page_of(destination: Destination, edition: Edition) -> bytes:
    """``index.html``, with all that the script has to know. Raises Invalid as dispatch_package does."""
    _check_url(destination.url)
    texts = destination.texts
    settings = {
        "version": "1.2" if edition is Edition.V1_2 else "2004",
        "url": destination.url,
        "token": destination.token,
        "salt": str(destination.id) if destination.hides_learners else "",
        "texts": asdict(texts),
    }
    shown = {
        "language": destination.language,
        "title": _title(destination),
        "again": texts.again,
        "new_window": texts.new_window,
        "no_script": texts.no_script,
    }
    escaped = {name: html.escape(text) for name, text in shown.items()}
    return Template(_text(_PAGE)).substitute(escaped, settings=_inert(settings)).encode()


def _inert(value: object) -> str:
    """JSON that no HTML parser takes for markup."""
    return json.dumps(value).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Invalid("the course's address must be an absolute http(s) URL", field="url", rule="RFC 3986 4.3")


def _title(destination: Destination) -> str:
    return _UNFIT.sub("", destination.title)[:_LONGEST_TITLE]


@cache
def _text(name: str) -> str:
    return (resources.files(__package__) / "templates" / "scorm_dispatch" / name).read_text(encoding="utf-8")
