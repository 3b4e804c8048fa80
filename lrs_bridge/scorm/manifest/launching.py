"""What an item launches: a resource's address with bases, query and parameters.

SCORM 2004 CAM 3.4.1 (``<item>`` parameters, ``<resource>`` href), XML Base, RFC 3986.
"""

from dataclasses import dataclass

from lrs_bridge.packages.markup import plain_text
from lrs_bridge.packages.notice import Code
from lrs_bridge.packages.paths import FileIndex, is_elsewhere, is_web_address, split, with_parameters
from lrs_bridge.scorm.manifest.findings import Findings
from lrs_bridge.scorm.manifest.model import ItemKind
from lrs_bridge.scorm.manifest.resources import RULE, Resource

_FLASH = ".swf"


@dataclass(frozen=True, slots=True)
class Launcher:
    """Makes the addresses of one package's items."""

    resources: dict[str, Resource]
    files: FileIndex
    findings: Findings

    def href(self, title: str, resource: Resource, parameters: str) -> str | None:
        """The address of an item, relative to the package's root or absolute. None, with a problem, where there is nothing to
        launch.
        """
        who = f"the item “{plain_text(title, 80)}”"
        if resource.href is None:
            name = plain_text(resource.identifier, 60)
            message = f"{who} starts the resource {name}, which has no href: there is nothing to launch"
            self.findings.problem(Code.MISSING_HREF, message, resource.element, f"{RULE} href")
            return None
        found = self.files.find(resource.base, resource.href)
        if found is None:
            return self._elsewhere(who, resource, parameters)
        if not found.is_exact:
            message = f"{who} starts {plain_text(resource.href, 120)}, which is written {found.reference.path} in the package"
            self.findings.notice(Code.ODD_HREF, message, resource.element, f"{RULE} href")
        if found.reference.path.lower().endswith(_FLASH):
            message = f"{who} starts {found.reference.path}, which is Flash: no browser plays it any longer"
            self.findings.notice(Code.FLASH, message, resource.element)
        return with_parameters(found.reference, parameters).url

    def _elsewhere(self, who: str, resource: Resource, parameters: str) -> str | None:
        """An address on the web; anything else is a problem."""
        href = resource.href or ""
        shown = plain_text(href, 120)
        address = href if is_elsewhere(href) else f"{resource.base.rpartition('/')[0]}/{href}"
        if is_web_address(address):
            if resource.kind is ItemKind.SCO:
                message = f"{who} is on another server ({shown}): what it reports can't reach us"
                self.findings.notice(Code.EXTERNAL_CONTENT, message, resource.element, f"{RULE} href")
            return with_parameters(split(address), parameters).address
        if is_elsewhere(href):
            self.findings.problem(
                Code.BAD_HREF, f"{who} starts {shown}, which is not an address of a page", resource.element, f"{RULE} href"
            )
        else:
            message = f"{who} starts {shown}, which is not in the package"
            self.findings.problem(Code.MISSING_LAUNCH_FILE, message, resource.element, f"{RULE} href")
        return None
