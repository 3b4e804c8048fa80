"""A SCORM manifest, read into frozen types.

SCORM 1.2 CAM 2.3, SCORM 2004 2nd to 4th edition CAM 3.4 and 5, IMS CP 1.1.2 to 1.1.4. Elements and attributes are found by
their names in any case and any namespace, as tools write them. What can't be played is refused, all of it at once; what can is
told as notices. Of the organizations one is played; another that can't be is left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from lrs_bridge.packages.entry import parse_entry
from lrs_bridge.packages.markup import attribute, child, children, plain_text, text_of
from lrs_bridge.packages.notice import Code
from lrs_bridge.packages.paths import FileIndex
from lrs_bridge.scorm.manifest.findings import Findings
from lrs_bridge.scorm.manifest.items import ItemReader
from lrs_bridge.scorm.manifest.launching import Launcher
from lrs_bridge.scorm.manifest.metadata import Metadata, ReadFile, read_metadata
from lrs_bridge.scorm.manifest.model import FILE, Manifest, Organization, Version
from lrs_bridge.scorm.manifest.resources import Resource, base_of, read_resources, used_files
from lrs_bridge.scorm.manifest.sequencing_reading import read_collection
from lrs_bridge.scorm.manifest.version import read_version

_RULE = "<organizations>"
_ITEM_RULE = "<item> identifierref"


def parse_manifest(content: bytes, *, files: Mapping[str, int], read: ReadFile | None = None) -> Manifest:
    """What ``imsmanifest.xml`` says of a package with these ``files`` (paths and lengths). ``read`` brings metadata that lie
    in files of their own.

    Raises Refused (an Invalid) with file, line and rule of everything that keeps it from being played.
    """
    findings = Findings()
    root = parse_entry(content, file=FILE, root="manifest", rule="SCORM CAM (<manifest>)")
    version, edition = read_version(root, findings)
    findings.version = version
    index = FileIndex(files)
    metadata = read_metadata(root, base_of(root), index, read, findings)
    _notice_submanifests(root, findings)
    resources = read_resources(root, findings)
    findings.check()
    aggregation = _Aggregation(version, resources, index, read_collection(root), metadata)
    organizations, used = aggregation.organizations(root, findings)
    return Manifest(
        identifier=plain_text(attribute(root, "identifier")),
        version=version,
        edition=edition,
        title=organizations[0].title,
        description=metadata.description,
        organizations=organizations,
        default=organizations[0].identifier,
        files=used_files(resources, sorted(used), index, findings),
        notices=tuple(findings.notices),
    )


def _notice_submanifests(root: etree._Element, findings: Findings) -> None:
    inner = child(root, "manifest")
    if inner is not None:
        message = "the manifest has another one in it, which is left out"
        findings.notice(Code.SUBMANIFEST, message, inner, "<manifest>")


@dataclass(frozen=True, slots=True)
class _Aggregation:
    """What all organizations of a manifest share."""

    version: Version
    resources: dict[str, Resource]
    files: FileIndex
    collection: Mapping[str, etree._Element]
    metadata: Metadata

    def organizations(self, root: etree._Element, findings: Findings) -> tuple[tuple[Organization, ...], set[str]]:
        """The organizations that can be played, the one to play first, and the identifiers of the resources that they launch."""
        parent = child(root, "organizations")
        elements = list(children(parent, "organization")) if parent is not None else []
        if not elements:
            message = "there is no organization: the package has files, but nothing says what is to be played"
            findings.problem(Code.NO_ORGANIZATION, message, parent if parent is not None else root, _RULE)
        _check_identifiers(elements, findings)
        findings.check()
        first = _default(parent, elements, findings)
        organization, used = self._organization(first, findings)
        findings.check()
        found = [organization]
        for element in elements:
            if element is not first:
                self._add(element, found, used, findings)
        return tuple(found), used

    def _organization(self, element: etree._Element, findings: Findings) -> tuple[Organization, set[str]]:
        identifier = attribute(element, "identifier") or ""
        reader = ItemReader(self.version, Launcher(self.resources, self.files, findings), self.collection, findings)
        organization = reader.organization(element, identifier, self._title(element, identifier, findings))
        if not organization.launchable and not findings.problems:
            findings.problem(Code.NOTHING_TO_LAUNCH, "the organization has no item with something to launch", element, _ITEM_RULE)
        return organization, reader.used

    def _title(self, element: etree._Element, identifier: str, findings: Findings) -> str:
        title = text_of(child(element, "title"))
        if title:
            return title
        instead = self.metadata.title or text_of(child(element, "item", "title")) or plain_text(identifier)
        message = f"the organization {plain_text(identifier, 60)} has no title; it is shown as “{instead}”"
        findings.notice(Code.MISSING_TITLE, message, element, "<title>")
        return instead

    def _add(self, element: etree._Element, found: list[Organization], used: set[str], findings: Findings) -> None:
        """Another organization; where it can't be played, that is told and it is left out."""
        own = Findings(self.version)
        organization, its_used = self._organization(element, own)
        if own.problems:
            message = f"the organization “{organization.title}” can't be played and is left out: {own.problems[0].message}"
            findings.notice(Code.BAD_ORGANIZATION, message, element, own.problems[0].rule)
            return
        found.append(organization)
        used |= its_used


def _check_identifiers(elements: list[etree._Element], findings: Findings) -> None:
    seen: set[str] = set()
    for element in elements:
        identifier = attribute(element, "identifier") or ""
        if not identifier:
            findings.problem(Code.MISSING_IDENTIFIER, "an organization has no identifier", element, f"{_RULE} identifier")
        elif identifier in seen:
            message = f"two organizations have the identifier {plain_text(identifier, 60)}"
            findings.problem(Code.DUPLICATE_IDENTIFIER, message, element, f"{_RULE} identifier")
        seen.add(identifier)


def _default(parent: etree._Element, elements: list[etree._Element], findings: Findings) -> etree._Element:
    """The organization to play: the default one, else the first with a notice."""
    wanted = attribute(parent, "default")
    found = next((each for each in elements if attribute(each, "identifier") == wanted), None)
    if found is not None:
        return found
    if wanted:
        message = f"the default organization {plain_text(wanted, 60)} does not exist; the first one is played"
    else:
        message = "no default organization is named; the first one is played"
    findings.notice(Code.MISSING_DEFAULT, message, parent, f"{_RULE} default")
    return elements[0]
