"""Items and organizations: the table of contents.

SCORM 1.2 CAM 2.3 and SCORM 2004 CAM 3.4.1 (``<organization>``, ``<item>`` and ADL's elements in it), 5.2 of navigation
(``adlnav:presentation``).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from lxml import etree
from msgspec import structs

from lrs_bridge.packages.markup import attribute, child, children, plain_text, raw_text, text_of
from lrs_bridge.packages.notice import Code
from lrs_bridge.scorm.manifest.findings import Findings, number_of, word_of
from lrs_bridge.scorm.manifest.launching import Launcher
from lrs_bridge.scorm.manifest.model import Item, ItemKind, Organization, SharedData, Version
from lrs_bridge.scorm.manifest.prerequisites import Prerequisite, parse_prerequisites
from lrs_bridge.scorm.manifest.resources import Resource
from lrs_bridge.scorm.manifest.sequencing import Sequencing
from lrs_bridge.scorm.manifest.sequencing_reading import read_sequencing

_RULE = "<item>"
_ADL_RULE = "<item> adlcp"
_CONTROLS = ("previous", "continue", "exit", "exitAll", "abandon", "abandonAll", "suspendAll")
_TIME_LIMIT_ACTIONS = ("exit,message", "exit,no message", "continue,message", "continue,no message")
_TIMESPAN = re.compile(r"\d{2,4}:\d{2}:\d{2}(\.\d{1,2})?")
LONGEST_IDENTIFIER = 250
_LONGEST_LAUNCH_DATA = {Version.V1_2: 255, Version.V2004: 4000}
_DEEPEST = 100


@dataclass(slots=True)
class ItemReader:
    """Reads the organizations of one manifest. ``used`` are the identifiers of the resources that its items launch."""

    version: Version
    launcher: Launcher
    collection: Mapping[str, etree._Element]
    findings: Findings
    used: set[str] = field(default_factory=set)
    _seen: set[str] = field(default_factory=set)
    _named: set[str] = field(default_factory=set)

    def organization(self, element: etree._Element, identifier: str, title: str) -> Organization:
        """An organization with all its items."""
        self._seen = set()
        self._named = {name for each in element.iter("{*}item") if (name := attribute(each, "identifier"))}
        by_measure, threshold, _ = self._completion(element)
        return Organization(
            identifier=identifier,
            title=title,
            items=self._items(element, 1),
            sequencing=self._sequencing(element),
            objectives_global_to_system=self.findings.boolean(
                element, "objectivesglobaltosystem", default=True, rule="SCORM 2004 CAM 5.1 (adlseq:objectivesGlobalToSystem)"
            ),
            shared_data_global_to_system=self.findings.boolean(element, "shareddataglobaltosystem", default=True, rule=_ADL_RULE),
            completed_by_measure=by_measure,
            completion_threshold=threshold,
        )

    def _items(self, parent: etree._Element, depth: int) -> tuple[Item, ...]:
        if depth > _DEEPEST:
            self.findings.problem(Code.TOO_DEEP, f"items are nested more than {_DEEPEST} deep", parent, "the service's limits")
            return ()
        found = (self._item(element, depth) for element in children(parent, "item"))
        return tuple(item for item in found if item is not None)

    def _item(self, element: etree._Element, depth: int) -> Item | None:
        identifier = self._identifier(element)
        title = self._title(element, identifier)
        below = self._items(element, depth + 1)
        resource = self._resource(element, title, has_children=bool(below))
        if resource is None and not below:
            if not attribute(element, "identifierref"):
                message = f"the item “{title}” has nothing to show; it is left out"
                self.findings.notice(Code.EMPTY_ITEM, message, element, f"{_RULE} identifierref")
            return None
        item = self._filled(element, identifier, title, below)
        if resource is None:
            return item
        self.used.add(resource.identifier)
        href = self.launcher.href(title, resource, attribute(element, "parameters") or "")
        return structs.replace(item, kind=resource.kind, href=href, resource=resource.identifier)

    def _filled(self, element: etree._Element, identifier: str, title: str, below: tuple[Item, ...]) -> Item:
        """An item with all but what it launches."""
        is_1_2 = self.version is Version.V1_2
        sequencing = self._sequencing(element)
        by_measure, threshold, weight = self._completion(element)
        script, prerequisite = self._prerequisites(element) if is_1_2 else (None, None)
        return Item(
            identifier=identifier,
            title=title,
            kind=ItemKind.CLUSTER,
            is_visible=self.findings.boolean(element, "isvisible", default=True, rule=f"{_RULE} isvisible"),
            launch_data=self._launch_data(element),
            max_time_allowed=self._max_time(element) if is_1_2 else _duration(sequencing),
            time_limit_action=self._time_limit_action(element),
            mastery_score=self._mastery_score(element) if is_1_2 else None,
            prerequisites=script,
            prerequisite=prerequisite,
            completed_by_measure=by_measure,
            completion_threshold=threshold,
            progress_weight=weight,
            hidden_controls=self._hidden_controls(element),
            shared_data=self._shared_data(element),
            sequencing=sequencing,
            children=below,
        )

    def _identifier(self, element: etree._Element) -> str:
        identifier = attribute(element, "identifier") or ""
        rule = f"{_RULE} identifier"
        if not identifier:
            self.findings.problem(Code.MISSING_IDENTIFIER, "an item has no identifier", element, rule)
        elif identifier in self._seen:
            message = f"two items have the identifier {plain_text(identifier, 60)}"
            self.findings.problem(Code.DUPLICATE_IDENTIFIER, message, element, rule)
        elif len(identifier) > LONGEST_IDENTIFIER:
            message = f"an item's identifier has more than {LONGEST_IDENTIFIER} characters: {plain_text(identifier, 60)}"
            self.findings.problem(Code.LONG_IDENTIFIER, message, element, "the service's limits")
        self._seen.add(identifier)
        return identifier

    def _title(self, element: etree._Element, identifier: str) -> str:
        title = text_of(child(element, "title"))
        if not title:
            message = f"the item {plain_text(identifier, 60)} has no title"
            self.findings.notice(Code.MISSING_TITLE, message, element, "<title>")
        return title or plain_text(identifier)

    def _resource(self, element: etree._Element, title: str, *, has_children: bool) -> Resource | None:
        """What the item refers to. In SCORM 2004 only leaves may: a cluster's content is left out."""
        reference = attribute(element, "identifierref")
        if not reference:
            return None
        rule = f"{_RULE} identifierref"
        resource = self.launcher.resources.get(reference)
        if resource is None:
            message = f"the item “{title}” refers to the resource {plain_text(reference, 60)}, which does not exist"
            self.findings.problem(Code.MISSING_RESOURCE, message, element, rule)
        elif has_children and self.version is Version.V2004:
            message = f"the item “{title}” has items below it and so may not have content in SCORM 2004; its content is left out"
            self.findings.notice(Code.CLUSTER_WITH_CONTENT, message, element, rule)
            return None
        return resource

    def _sequencing(self, element: etree._Element) -> Sequencing | None:
        return read_sequencing(element, self.collection, self.findings) if self.version is Version.V2004 else None

    def _launch_data(self, element: etree._Element) -> str | None:
        written = raw_text(child(element, "datafromlms"))
        longest = _LONGEST_LAUNCH_DATA[self.version]
        if written and len(written) > longest:
            message = f"dataFromLMS is {len(written)} characters long, {longest} are foreseen; all are handed on"
            self.findings.notice(Code.LONG_LAUNCH_DATA, message, element, _ADL_RULE)
        return written or None

    def _time_limit_action(self, element: etree._Element) -> str | None:
        action = child(element, "timelimitaction")
        written = text_of(action)
        if action is None or not written:
            return None
        found = word_of(re.sub(r"\s*,\s*", ",", written), _TIME_LIMIT_ACTIONS)
        if found is None:
            self.findings.odd(action, "the text", written, "it is ignored", _ADL_RULE)
        return found

    def _max_time(self, element: etree._Element) -> str | None:
        allowed = child(element, "maxtimeallowed")
        written = text_of(allowed)
        if allowed is None or not written:
            return None
        if not _TIMESPAN.fullmatch(written):
            self.findings.odd(allowed, "the text", written, "it is ignored: HHHH:MM:SS.SS is needed", _ADL_RULE)
            return None
        return written

    def _mastery_score(self, element: etree._Element) -> float | None:
        score = child(element, "masteryscore")
        written = text_of(score)
        if score is None or not written:
            return None
        found = number_of(written, 0, 100)
        if found is None:
            self.findings.odd(score, "the text", written, "it is ignored: a number from 0 to 100 is needed", _ADL_RULE)
        return found

    def _prerequisites(self, element: etree._Element) -> tuple[str | None, Prerequisite | None]:
        found = child(element, "prerequisites")
        script = raw_text(found)
        if found is None or not script:
            return None, None
        prerequisite = parse_prerequisites(script, self._named)
        if prerequisite is None:
            message = f"the prerequisites “{plain_text(script, 120)}” are not understood; the item is open from the start"
            self.findings.notice(Code.ODD_PREREQUISITES, message, found, _ADL_RULE)
        return script, prerequisite

    def _completion(self, element: etree._Element) -> tuple[bool, float | None, float]:
        """Completed by measure, threshold and weight: attributes since the 4th edition, the text alone in the 3rd."""
        found = child(element, "completionthreshold")
        if found is None or self.version is Version.V1_2:
            return False, None, 1.0
        weight = self.findings.number(found, "progressweight", least=0, most=1, default=1.0, rule=_ADL_RULE)
        written = raw_text(found)
        if written:
            threshold = number_of(written, 0, 1)
            if threshold is None:
                self.findings.odd(found, "the text", written, "it is ignored", _ADL_RULE)
            return threshold is not None, threshold, weight
        is_measured = self.findings.boolean(found, "completedbymeasure", default=False, rule=_ADL_RULE)
        least = self.findings.number(found, "minprogressmeasure", least=0, most=1, default=1.0, rule=_ADL_RULE)
        return is_measured, least if is_measured else None, weight

    def _hidden_controls(self, element: etree._Element) -> tuple[str, ...]:
        interface = child(element, "presentation", "navigationinterface")
        hidden: list[str] = []
        for each in children(interface, "hidelmsui") if interface is not None else ():
            written = text_of(each)
            found = word_of(written, _CONTROLS)
            if found is None:
                self.findings.odd(each, "the text", written, "it is ignored", "SCORM 2004 CAM 5.2 (adlnav:hideLMSUI)")
            elif found not in hidden:
                hidden.append(found)
        return tuple(hidden)

    def _shared_data(self, element: etree._Element) -> tuple[SharedData, ...]:
        parent = child(element, "data")
        maps = children(parent, "map") if parent is not None else ()
        found: dict[str, SharedData] = {}
        for each in maps:
            target = attribute(each, "targetid") or ""
            if not target or target in found:
                self.findings.odd(each, "targetID", target, "the map is left out", _ADL_RULE)
                continue
            may_read = self.findings.boolean(each, "readshareddata", default=True, rule=_ADL_RULE)
            may_write = self.findings.boolean(each, "writeshareddata", default=True, rule=_ADL_RULE)
            found[target] = SharedData(target, may_read, may_write)
        return tuple(found.values())


def _duration(sequencing: Sequencing | None) -> str | None:
    return sequencing.limit_conditions.attempt_absolute_duration_limit if sequencing is not None else None
