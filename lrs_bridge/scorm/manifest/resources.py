"""Resources: the files that items launch, and those that these need.

IMS CP 1.1.4 and SCORM CAM 3.4.1 / 1.2 CAM 2.3 (``<resources>``, ``<resource>``, ``<file>``, ``<dependency>``), XML Base on the
way. Left out: resources of sub-manifests.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lxml import etree

from lrs_bridge.packages.markup import attribute, child, children, plain_text
from lrs_bridge.packages.notice import Code
from lrs_bridge.packages.paths import FileIndex, is_elsewhere
from lrs_bridge.scorm.manifest.findings import Findings, word_of
from lrs_bridge.scorm.manifest.model import FILE, ItemKind

RULE = "<resource>"
_BASE = "{http://www.w3.org/XML/1998/namespace}base"
_SCHEMAS = (".xsd", ".dtd", ".xml")
"""Files that describe the package and are rarely declared."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource as the manifest has it. ``base`` is what its references are relative to, ``href`` is as written."""

    element: etree._Element
    identifier: str
    base: str
    href: str | None
    kind: ItemKind
    files: tuple[str, ...]
    dependencies: tuple[str, ...]


def base_of(*elements: etree._Element | None) -> str:
    """What references in the last of these nested elements are relative to (XML Base 4.1), without a leading slash."""
    base = ""
    for element in elements:
        own = (element.get(_BASE) or "").strip() if element is not None else ""
        if own.startswith("/") or is_elsewhere(own):
            base = own
        elif own:
            base = base.rpartition("/")[0] + "/" + own
    return base.lstrip("/") if not is_elsewhere(base) else base


def read_resources(root: etree._Element, findings: Findings) -> dict[str, Resource]:
    """All resources by identifier. Two with the same one are a problem."""
    parent = child(root, "resources")
    found: dict[str, Resource] = {}
    for element in children(parent, "resource") if parent is not None else ():
        resource = _resource(element, base_of(root, parent, element), findings)
        if resource.identifier in found:
            message = f"two resources have the identifier {plain_text(resource.identifier, 60)}"
            findings.problem(Code.DUPLICATE_IDENTIFIER, message, element, f"{RULE} identifier")
        found[resource.identifier] = resource
    return found


def _resource(element: etree._Element, base: str, findings: Findings) -> Resource:
    return Resource(
        element=element,
        identifier=attribute(element, "identifier") or "",
        base=base,
        href=attribute(element, "href") or None,
        kind=_kind(element, findings),
        files=tuple(href for each in children(element, "file") if (href := attribute(each, "href"))),
        dependencies=tuple(target for each in children(element, "dependency") if (target := attribute(each, "identifierref"))),
    )


def _kind(element: etree._Element, findings: Findings) -> ItemKind:
    """``adlcp:scormType``. What is not said to be an asset gets the run-time: without it a SCO would fail, while an asset does
    not mind.
    """
    written = attribute(element, "scormtype")
    found = word_of(written or "", ("sco", "asset"))
    if found is None and attribute(element, "href"):
        what = f"“{plain_text(written, 60)}”, neither SCO nor asset" if written else "neither SCO nor asset"
        name = plain_text(attribute(element, "identifier"), 60)
        message = f"resource {name} is said to be {what}; it is treated as a SCO"
        findings.notice(Code.MISSING_SCORM_TYPE, message, element, f"{RULE} adlcp:scormType")
    return ItemKind.ASSET if found == "asset" else ItemKind.SCO


def used_files(resources: dict[str, Resource], used: Iterable[str], files: FileIndex, findings: Findings) -> tuple[str, ...]:
    """The package's files that the used resources, and those that they depend on, declare. Tells of what is not there, and not
    declared.
    """
    reached = tuple(_reachable(resources, used, findings))
    found = {path for resource in reached for path, _ in _located(resource, files) if path is not None}
    here = (resource for resource in reached if not is_elsewhere(resource.base))
    missing = [href for resource in here for path, href in _located(resource, files) if path is None and not is_elsewhere(href)]
    if missing:
        message = f"{_count(len(missing), 'declared file is', 'declared files are')} not in the package: {_listed(missing)}"
        findings.notice(Code.MISSING_FILE, message, reached[0].element, "<file>")
    declared = {path for resource in resources.values() for path, _ in _located(resource, files)}
    undeclared = sorted(path for path in files if path not in declared and path != FILE and not path.lower().endswith(_SCHEMAS))
    if undeclared:
        message = (
            f"{_count(len(undeclared), 'file is', 'files are')} in the package without being declared: {_listed(undeclared)}"
        )
        findings.notice(Code.UNDECLARED_FILE, message, None, "<file>")
    return tuple(sorted(found))


def _reachable(resources: dict[str, Resource], used: Iterable[str], findings: Findings) -> Iterator[Resource]:
    waiting, seen = list(used), set(used)
    while waiting:
        resource = resources[waiting.pop()]
        yield resource
        for target in resource.dependencies:
            if target not in resources:
                message = (
                    f"resource {plain_text(resource.identifier, 60)} depends on {plain_text(target, 60)}, which does not exist"
                )
                findings.notice(Code.MISSING_DEPENDENCY, message, resource.element, "<dependency>")
            elif target not in seen:
                seen.add(target)
                waiting.append(target)


def _located(resource: Resource, files: FileIndex) -> Iterator[tuple[str | None, str]]:
    """Each file that a resource declares or launches: its path, None where the package lacks it, and how it is written."""
    for href in (*resource.files, *([resource.href] if resource.href else [])):
        found = files.find(resource.base, href)
        yield (found.reference.path if found is not None else None), href


def _count(number: int, one: str, more: str) -> str:
    return f"{number} {one if number == 1 else more}"


def _listed(names: list[str]) -> str:
    shown = [plain_text(name, 80) for name in names[:3]]
    return ", ".join(shown) + (" …" if len(names) > len(shown) else "")
