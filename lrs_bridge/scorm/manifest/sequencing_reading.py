"""Sequencing elements, read into their types.

SCORM 2004 CAM 5.1 (``imsss`` and ``adlseq``). ``IDRef`` brings in what a sequencing collection defines (5.2); an element that
stands in the item itself takes the place of the collection's element of that name, as a whole (5.1.1). Values that are not
allowed are replaced by the specification's default, with a notice.
"""

from collections.abc import Iterable, Mapping
from urllib.parse import unquote

from lxml import etree

from lrs_bridge.packages.markup import attribute, child, children, local_name, namespace, plain_text, raw_text
from lrs_bridge.packages.notice import Code
from lrs_bridge.scorm.manifest.findings import Findings, number_of, word_of
from lrs_bridge.scorm.manifest.sequencing import (
    ConstrainedChoice,
    ControlMode,
    DeliveryControls,
    LimitConditions,
    MapInfo,
    Objective,
    Randomization,
    RollupCondition,
    RollupConsiderations,
    RollupControls,
    RollupRule,
    RuleCondition,
    Sequencing,
    SequencingRule,
)

_CAM = "SCORM 2004 CAM 5.1"
_CONDITIONS = (
    "satisfied",
    "objectiveStatusKnown",
    "objectiveMeasureKnown",
    "objectiveMeasureGreaterThan",
    "objectiveMeasureLessThan",
    "completed",
    "activityProgressKnown",
    "attempted",
    "attemptLimitExceeded",
    "timeLimitExceeded",
    "outsideAvailableTimeRange",
    "always",
)
_ROLLUP_CONDITIONS = (
    "satisfied",
    "objectiveStatusKnown",
    "objectiveMeasureKnown",
    "completed",
    "activityProgressKnown",
    "attempted",
    "attemptLimitExceeded",
    "timeLimitExceeded",
    "outsideAvailableTimeRange",
    "never",
)
_OPERATORS = ("noOp", "not")
_COMBINATIONS = ("all", "any")
_PRE = ("skip", "disabled", "hiddenFromChoice", "stopForwardTraversal")
_EXIT = ("exit",)
_POST = ("exitParent", "exitAll", "retry", "retryAll", "continue", "previous")
_ROLLUP_ACTIONS = ("satisfied", "notSatisfied", "completed", "incomplete")
_CHILD_SETS = ("all", "any", "none", "atLeastCount", "atLeastPercent")
_REQUIRED = ("always", "ifAttempted", "ifNotSkipped", "ifNotSuspended")
_TIMINGS = ("never", "once", "onEachNewAttempt")

Parts = Mapping[str, etree._Element]  # noqa: SLF001 lxml has no public name for the type
"""An activity's sequencing elements by their names; those of adlseq with ``adlseq:`` before."""


def read_collection(root: etree._Element) -> dict[str, etree._Element]:
    """The sequencing elements that items can refer to (5.2), by their ID."""
    collection = child(root, "sequencingcollection")
    found = children(collection, "sequencing") if collection is not None else ()
    return {identifier: element for element in found if (identifier := attribute(element, "id"))}


def read_sequencing(parent: etree._Element, collection: Mapping[str, etree._Element], findings: Findings) -> Sequencing | None:
    """The sequencing of an item or organization, None where it has none."""
    element = child(parent, "sequencing")
    if element is None:
        return None
    parts = _merged(element, collection, findings)
    return _Reader(findings).sequencing(parts)


def _merged(element: etree._Element, collection: Mapping[str, etree._Element], findings: Findings) -> Parts:
    reference = attribute(element, "idref")
    if reference and reference not in collection:
        message = f"the sequencing {plain_text(reference, 60)} is not in the sequencing collection; the item goes without it"
        findings.notice(Code.MISSING_SEQUENCING, message, element, f"{_CAM}.1 IDRef")
    shared = collection.get(reference) if reference else None
    parts = _parts(shared) if shared is not None else {}
    return {**parts, **_parts(element)}


def _objective_id(element: etree._Element, name: str) -> str | None:
    """The identifier of an objective, an ``anyURI`` (5.1.7): ``%20`` is a space, and many spaces are one."""
    return " ".join(unquote(attribute(element, name) or "").split()) or None


def _parts(element: etree._Element) -> dict[str, etree._Element]:
    found: dict[str, etree._Element] = {}
    for each in element:
        prefix = "adlseq:" if "adlseq" in namespace(each).lower() else ""
        found.setdefault(prefix + local_name(each), each)
    return found


class _Reader:
    """Reads the elements of one activity."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings

    def sequencing(self, parts: Parts) -> Sequencing:
        rules = parts.get("sequencingrules")
        primary, others = self._objectives(parts.get("objectives"), parts.get("adlseq:objectives"))
        rollup = parts.get("rolluprules")
        return Sequencing(
            control_mode=self._control_mode(parts.get("controlmode")),
            pre_condition_rules=self._rules(rules, "preconditionrule", _PRE),
            exit_condition_rules=self._rules(rules, "exitconditionrule", _EXIT),
            post_condition_rules=self._rules(rules, "postconditionrule", _POST),
            limit_conditions=self._limits(parts.get("limitconditions")),
            rollup_rules=self._rollup_rules(rollup),
            rollup_controls=self._rollup_controls(rollup),
            rollup_considerations=self._considerations(parts.get("adlseq:rollupconsiderations")),
            constrained_choice=self._constrained(parts.get("adlseq:constrainedchoiceconsiderations")),
            primary_objective=primary,
            objectives=others,
            randomization=self._randomization(parts.get("randomizationcontrols")),
            delivery_controls=self._delivery(parts.get("deliverycontrols")),
        )

    def _flag(self, element: etree._Element, name: str, rule: str, *, default: bool) -> bool:
        return self._findings.boolean(element, name, default=default, rule=f"{_CAM}.{rule}")

    def _word(self, element: etree._Element, name: str, allowed: tuple[str, ...], default: str, rule: str) -> str:
        return self._findings.word(element, name, allowed, default=default, rule=f"{_CAM}.{rule}")

    def _control_mode(self, element: etree._Element | None) -> ControlMode:
        if element is None:
            return ControlMode()
        return ControlMode(
            choice=self._flag(element, "choice", "2", default=True),
            choice_exit=self._flag(element, "choiceexit", "2", default=True),
            flow=self._flag(element, "flow", "2", default=False),
            forward_only=self._flag(element, "forwardonly", "2", default=False),
            use_current_attempt_objective_info=self._flag(element, "usecurrentattemptobjectiveinfo", "2", default=True),
            use_current_attempt_progress_info=self._flag(element, "usecurrentattemptprogressinfo", "2", default=True),
        )

    def _rules(self, parent: etree._Element | None, name: str, actions: tuple[str, ...]) -> tuple[SequencingRule, ...]:
        found = children(parent, name) if parent is not None else ()
        return tuple(rule for element in found if (rule := self._rule(element, actions)) is not None)

    def _rule(self, element: etree._Element, actions: tuple[str, ...]) -> SequencingRule | None:
        """A rule; None, with a notice, for one that can't be followed: leaving it out is safer than another rule in its place."""
        parent = child(element, "ruleconditions")
        found = [self._condition(each) for each in children(parent, "rulecondition")] if parent is not None else []
        conditions = tuple(each for each in found if each is not None)
        action = self._action(child(element, "ruleaction"), actions)
        if action is None or not conditions or len(conditions) < len(found):
            self._dropped(element, "3")
            return None
        combination = self._word(parent, "conditioncombination", _COMBINATIONS, "all", "3")
        return SequencingRule(action, conditions, combination)

    def _action(self, element: etree._Element | None, actions: tuple[str, ...]) -> str | None:
        return word_of(attribute(element, "action") or "", actions) if element is not None else None

    def _dropped(self, element: etree._Element, rule: str) -> None:
        message = f"a <{local_name(element)}> has a condition or an action that is not allowed, or none; the rule is left out"
        self._findings.notice(Code.ODD_RULE, message, element, f"{_CAM}.{rule}")

    def _condition(self, element: etree._Element) -> RuleCondition | None:
        condition = word_of(attribute(element, "condition") or "", _CONDITIONS)
        if condition is None:
            return None
        return RuleCondition(
            condition=condition,
            operator=self._word(element, "operator", _OPERATORS, "noOp", "3"),
            referenced_objective=_objective_id(element, "referencedobjective"),
            measure_threshold=self._findings.number(element, "measurethreshold", least=-1, most=1, default=0.0, rule=f"{_CAM}.3"),
        )

    def _limits(self, element: etree._Element | None) -> LimitConditions:
        if element is None:
            return LimitConditions()
        duration = attribute(element, "attemptabsolutedurationlimit") or None
        return LimitConditions(self._findings.count(element, "attemptlimit", f"{_CAM}.4"), duration)

    def _rollup_rules(self, parent: etree._Element | None) -> tuple[RollupRule, ...]:
        found = children(parent, "rolluprule") if parent is not None else ()
        return tuple(rule for element in found if (rule := self._rollup_rule(element)) is not None)

    def _rollup_rule(self, element: etree._Element) -> RollupRule | None:
        parent = child(element, "rollupconditions")
        found = [self._rollup_condition(each) for each in children(parent, "rollupcondition")] if parent is not None else []
        conditions = tuple(each for each in found if each is not None)
        action = self._action(child(element, "rollupaction"), _ROLLUP_ACTIONS)
        if action is None or not conditions or len(conditions) < len(found):
            self._dropped(element, "6")
            return None
        return RollupRule(
            action=action,
            conditions=conditions,
            combination=self._word(parent, "conditioncombination", _COMBINATIONS, "any", "6"),
            child_activity_set=self._word(element, "childactivityset", _CHILD_SETS, "all", "6"),
            minimum_count=self._findings.count(element, "minimumcount", f"{_CAM}.6") or 0,
            minimum_percent=self._findings.number(element, "minimumpercent", least=0, most=1, default=0.0, rule=f"{_CAM}.6"),
        )

    def _rollup_condition(self, element: etree._Element) -> RollupCondition | None:
        condition = word_of(attribute(element, "condition") or "", _ROLLUP_CONDITIONS)
        if condition is None:
            return None
        return RollupCondition(condition, self._word(element, "operator", _OPERATORS, "noOp", "6"))

    def _rollup_controls(self, element: etree._Element | None) -> RollupControls:
        if element is None:
            return RollupControls()
        weight = self._findings.number(element, "objectivemeasureweight", least=0, most=1, default=1.0, rule=f"{_CAM}.6")
        return RollupControls(
            objective_satisfied=self._flag(element, "rollupobjectivesatisfied", "6", default=True),
            progress_completion=self._flag(element, "rollupprogresscompletion", "6", default=True),
            objective_measure_weight=weight,
        )

    def _considerations(self, element: etree._Element | None) -> RollupConsiderations:
        if element is None:
            return RollupConsiderations()
        satisfied, not_satisfied, completed, incomplete = (
            self._word(element, f"requiredfor{what}", _REQUIRED, "always", "11")
            for what in ("satisfied", "notsatisfied", "completed", "incomplete")
        )
        is_measured = self._flag(element, "measuresatisfactionifactive", "11", default=True)
        return RollupConsiderations(satisfied, not_satisfied, completed, incomplete, is_measured)

    def _constrained(self, element: etree._Element | None) -> ConstrainedChoice:
        if element is None:
            return ConstrainedChoice()
        return ConstrainedChoice(
            prevent_activation=self._flag(element, "preventactivation", "10", default=False),
            constrain_choice=self._flag(element, "constrainchoice", "10", default=False),
        )

    def _randomization(self, element: etree._Element | None) -> Randomization:
        if element is None:
            return Randomization()
        return Randomization(
            randomization_timing=self._word(element, "randomizationtiming", _TIMINGS, "never", "8"),
            reorder_children=self._flag(element, "reorderchildren", "8", default=False),
            selection_timing=self._word(element, "selectiontiming", _TIMINGS, "never", "8"),
            select_count=self._findings.count(element, "selectcount", f"{_CAM}.8"),
        )

    def _delivery(self, element: etree._Element | None) -> DeliveryControls:
        if element is None:
            return DeliveryControls()
        return DeliveryControls(
            tracked=self._flag(element, "tracked", "9", default=True),
            completion_set_by_content=self._flag(element, "completionsetbycontent", "9", default=False),
            objective_set_by_content=self._flag(element, "objectivesetbycontent", "9", default=False),
        )

    def _objectives(self, own: etree._Element | None, extended: etree._Element | None) -> tuple[Objective, tuple[Objective, ...]]:
        """The primary objective and the others, with the maps that adlseq adds to them (5.1.12)."""
        more = self._more_maps(extended)
        first = child(own, "primaryobjective")
        primary = self._objective(first, more) if first is not None else Objective()
        elements = children(own, "objective") if own is not None else ()
        others = [self._objective(element, more) for element in elements]
        named = [each for each in others if each.identifier]
        known = {each.identifier for each in (primary, *named)}
        if len(named) < len(others) or len(known) < len(named) + (first is not None) or not more.keys() <= known:
            message = (
                "an objective has no objectiveID, the ID of another one, or is only named by adlseq:objectives; it is left out"
            )
            at = own if own is not None else extended
            self._findings.notice(Code.ODD_OBJECTIVE, message, at, f"{_CAM}.7")
        unique = {each.identifier: each for each in reversed(named) if each.identifier != primary.identifier}
        return primary, tuple(reversed(unique.values()))

    def _more_maps(self, parent: etree._Element | None) -> dict[str, list[etree._Element]]:
        elements = children(parent, "objective") if parent is not None else ()
        return {_objective_id(element, "objectiveid") or "": list(children(element, "mapinfo")) for element in elements}

    def _objective(self, element: etree._Element, more: Mapping[str, list[etree._Element]]) -> Objective:
        identifier = _objective_id(element, "objectiveid")
        return Objective(
            identifier=identifier,
            satisfied_by_measure=self._flag(element, "satisfiedbymeasure", "7", default=False),
            min_normalized_measure=self._measure(child(element, "minnormalizedmeasure")),
            maps=self._maps(list(children(element, "mapinfo")), more.get(identifier or "", [])),
        )

    def _measure(self, element: etree._Element | None) -> float:
        written = raw_text(element)
        if element is None or not written:
            return 1.0
        measure = number_of(written, -1, 1)
        if measure is None:
            self._findings.odd(element, "the text", written, "1 is used", f"{_CAM}.7")
        return 1.0 if measure is None else measure

    def _maps(self, own: Iterable[etree._Element], more: Iterable[etree._Element]) -> tuple[MapInfo, ...]:
        """One map for each shared objective: what imsss says of it and what adlseq adds."""
        found: dict[str, dict[str, bool]] = {}
        for elements, names in ((own, _OWN), (more, _MORE)):
            for element in elements:
                target = _objective_id(element, "targetobjectiveid") or ""
                flags = {field: self._flag(element, name, "7", default=default) for field, (name, default) in names.items()}
                found.setdefault(target, {} if names is _OWN else dict(_SILENT)).update(flags)
        if found.pop("", None) is not None:
            self._findings.notice(Code.ODD_OBJECTIVE, "a <mapInfo> has no targetObjectiveID; it is left out", None, f"{_CAM}.7")
        return tuple(MapInfo(target, **flags) for target, flags in found.items())


_OWN = {
    "read_satisfied_status": ("readsatisfiedstatus", True),
    "read_normalized_measure": ("readnormalizedmeasure", True),
    "write_satisfied_status": ("writesatisfiedstatus", False),
    "write_normalized_measure": ("writenormalizedmeasure", False),
}
_MORE = {
    f"{way}_{what}": (f"{way}{what.replace('_', '')}", way == "read")
    for way in ("read", "write")
    for what in ("raw_score", "min_score", "max_score", "completion_status", "progress_measure")
}
_SILENT = dict.fromkeys(_OWN, False)
"""What a map that only adlseq names does with the status and the measure."""
