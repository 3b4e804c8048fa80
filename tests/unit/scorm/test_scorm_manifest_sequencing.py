"""Sequencing: defaults, collections, and what is odd in them."""

import pytest

from lrs_bridge.scorm.manifest.parsing import parse_manifest
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
from tests.support.packages import item_xml, manifest_xml


def read(inside, *, reference="", collection=""):
    """The sequencing of an item, and the notices."""
    shared = f"<imsss:sequencingCollection>{collection}</imsss:sequencingCollection>" if collection else ""
    said = f"<imsss:sequencing{reference}>{inside}</imsss:sequencing>"
    text = manifest_xml("4th", items=item_xml("i1", "A", "r1", inside=said), inside=shared)
    manifest = parse_manifest(text.encode(), files={"index.html": 1})
    return manifest.organization.items[0].sequencing, [each.code for each in manifest.notices]


def test_fills_in_the_defaults():
    elements = (
        "controlMode",
        "sequencingRules",
        "limitConditions",
        "rollupRules",
        "objectives",
        "randomizationControls",
        "deliveryControls",
    )
    empty = "".join(f"<imsss:{name}/>" for name in elements)
    more = "<adlseq:constrainedChoiceConsiderations/><adlseq:rollupConsiderations/><adlseq:objectives/>"
    assert read("") == (Sequencing(), [])
    assert read(empty + more) == (Sequencing(), [])


def test_an_item_without_sequencing_has_none():
    text = manifest_xml("4th")
    assert parse_manifest(text.encode(), files={"index.html": 1}).organization.items[0].sequencing is None


CONTROL = (
    '<imsss:controlMode choice="false" choiceExit="false" flow="true" forwardOnly="true" useCurrentAttemptObjectiveInfo="false"'
    ' useCurrentAttemptProgressInfo="false"/>'
)
ROLLUP = '<imsss:rollupRules rollupObjectiveSatisfied="false" rollupProgressCompletion="false" objectiveMeasureWeight="0.25"/>'
CONSIDERED = (
    '<adlseq:rollupConsiderations requiredForSatisfied="ifAttempted" requiredForNotSatisfied="ifNotSkipped"'
    ' requiredForCompleted="ifNotSuspended" requiredForIncomplete="always" measureSatisfactionIfActive="false"/>'
)
RANDOM = (
    '<imsss:randomizationControls randomizationTiming="onEachNewAttempt" reorderChildren="true" selectionTiming="once"'
    ' selectCount="2"/>'
)


@pytest.mark.parametrize(
    ("inside", "name", "value"),
    [
        (
            CONTROL,
            "control_mode",
            ControlMode(
                choice=False,
                choice_exit=False,
                flow=True,
                forward_only=True,
                use_current_attempt_objective_info=False,
                use_current_attempt_progress_info=False,
            ),
        ),
        (
            '<imsss:limitConditions attemptLimit="3" attemptAbsoluteDurationLimit="PT5M"/>',
            "limit_conditions",
            LimitConditions(3, "PT5M"),
        ),
        (
            ROLLUP,
            "rollup_controls",
            RollupControls(objective_satisfied=False, progress_completion=False, objective_measure_weight=0.25),
        ),
        (
            CONSIDERED,
            "rollup_considerations",
            RollupConsiderations("ifAttempted", "ifNotSkipped", "ifNotSuspended", "always", measure_satisfaction_if_active=False),
        ),
        (
            '<adlseq:constrainedChoiceConsiderations preventActivation="true" constrainChoice="true"/>',
            "constrained_choice",
            ConstrainedChoice(prevent_activation=True, constrain_choice=True),
        ),
        (
            RANDOM,
            "randomization",
            Randomization("onEachNewAttempt", reorder_children=True, selection_timing="once", select_count=2),
        ),
        (
            '<imsss:deliveryControls tracked="false" completionSetByContent="true" objectiveSetByContent="true"/>',
            "delivery_controls",
            DeliveryControls(tracked=False, completion_set_by_content=True, objective_set_by_content=True),
        ),
    ],
)
def test_reads_controls(inside, name, value):
    sequencing, notices = read(inside)
    assert getattr(sequencing, name) == value
    assert notices == []


def rule(kind, action, *conditions, combination=""):
    said = f' conditionCombination="{combination}"' if combination else ""
    inside = "".join(f"<imsss:ruleCondition {condition}/>" for condition in conditions)
    return (
        f"<imsss:{kind}><imsss:ruleConditions{said}>{inside}</imsss:ruleConditions>"
        f'<imsss:ruleAction action="{action}"/></imsss:{kind}>'
    )


def test_reads_rules():
    rules = (
        rule("preConditionRule", "skip", 'condition="satisfied"')
        + rule("preConditionRule", "hiddenFromChoice", 'condition="always"', combination="any")
        + rule("exitConditionRule", "exit", 'condition="completed" operator="not" referencedObjective="o"')
        + rule(
            "postConditionRule",
            "retryAll",
            'condition="objectiveMeasureLessThan" measureThreshold="-0.5"',
            'condition="attempted"',
        )
    )
    sequencing, notices = read(f"<imsss:sequencingRules>{rules}</imsss:sequencingRules>")
    assert sequencing.pre_condition_rules == (
        SequencingRule("skip", (RuleCondition("satisfied"),), "all"),
        SequencingRule("hiddenFromChoice", (RuleCondition("always"),), "any"),
    )
    assert sequencing.exit_condition_rules == (SequencingRule("exit", (RuleCondition("completed", "not", "o"),)),)
    conditions = (RuleCondition("objectiveMeasureLessThan", measure_threshold=-0.5), RuleCondition("attempted"))
    assert sequencing.post_condition_rules == (SequencingRule("retryAll", conditions),)
    assert notices == []


def rollup(action, *conditions, attributes=""):
    inside = "".join(f"<imsss:rollupCondition {condition}/>" for condition in conditions)
    return (
        f"<imsss:rollupRules><imsss:rollupRule {attributes}><imsss:rollupConditions>{inside}</imsss:rollupConditions>"
        f'<imsss:rollupAction action="{action}"/></imsss:rollupRule></imsss:rollupRules>'
    )


def test_reads_rollup_rules():
    said = rollup(
        "notSatisfied",
        'condition="attempted" operator="not"',
        'condition="never"',
        attributes='childActivitySet="atLeastPercent" minimumCount="2" minimumPercent="0.5"',
    )
    sequencing, notices = read(said)
    conditions = (RollupCondition("attempted", "not"), RollupCondition("never"))
    assert sequencing.rollup_rules == (RollupRule("notSatisfied", conditions, "any", "atLeastPercent", 2, 0.5),)
    assert notices == []


@pytest.mark.parametrize(
    "inside",
    [
        rule("preConditionRule", "explode", 'condition="always"'),
        rule("preConditionRule", "exitAll", 'condition="always"'),
        rule("exitConditionRule", "skip", 'condition="always"'),
        rule("postConditionRule", "retry", 'condition="sunny"'),
        rule("postConditionRule", "retry", 'condition="always"', ""),
        rule("postConditionRule", "retry"),
        "<imsss:preConditionRule/>",
    ],
)
def test_leaves_out_rules_that_can_not_be_followed(inside):
    sequencing, notices = read(f"<imsss:sequencingRules>{inside}</imsss:sequencingRules>")
    assert sequencing == Sequencing()
    assert notices == ["odd_rule"]


@pytest.mark.parametrize(
    "inside",
    [
        rollup("exploded", 'condition="never"'),
        rollup("satisfied", 'condition="always"'),
        rollup("satisfied"),
        "<imsss:rollupRules><imsss:rollupRule/></imsss:rollupRules>",
    ],
)
def test_leaves_out_rollup_rules_that_can_not_be_followed(inside):
    assert read(inside) == (Sequencing(), ["odd_rule"])


@pytest.mark.parametrize(
    ("inside", "notices"),
    [
        ('<imsss:controlMode flow="maybe"/>', 1),
        ('<imsss:limitConditions attemptLimit="-1"/>', 1),
        ('<imsss:limitConditions attemptLimit="12345678901"/>', 1),
        ('<imsss:limitConditions attemptLimit="²"/>', 1),
        ('<imsss:rollupRules objectiveMeasureWeight="7"/>', 1),
        ('<imsss:randomizationControls randomizationTiming="always" selectCount="x"/>', 2),
        ('<adlseq:rollupConsiderations requiredForCompleted="sometimes"/>', 1),
    ],
)
def test_goes_by_the_default_where_a_value_is_odd(inside, notices):
    assert read(inside) == (Sequencing(), ["odd_value"] * notices)


def test_takes_words_in_any_case():
    sequencing, notices = read(
        rule("preConditionRule", "SKIP", 'condition="Satisfied"').join(["<imsss:sequencingRules>", "</imsss:sequencingRules>"])
    )
    assert sequencing.pre_condition_rules[0] == SequencingRule("skip", (RuleCondition("satisfied"),))
    assert notices == []


def objectives(*elements, more=""):
    extended = f"<adlseq:objectives>{more}</adlseq:objectives>" if more else ""
    return f"<imsss:objectives>{''.join(elements)}</imsss:objectives>{extended}"


def objective(identifier="a", inside="", *, kind="objective", attributes=""):
    said = f' objectiveID="{identifier}"' if identifier is not None else ""
    return f"<imsss:{kind}{said} {attributes}>{inside}</imsss:{kind}>"


MEASURE = "<imsss:minNormalizedMeasure> 0.6 </imsss:minNormalizedMeasure>"


def test_reads_objectives():
    mapped = '<imsss:mapInfo targetObjectiveID="urn:g" writeSatisfiedStatus="true" readNormalizedMeasure="false"/>'
    primary = objective("p", MEASURE + mapped, kind="primaryObjective", attributes='satisfiedByMeasure="true"')
    sequencing, notices = read(objectives(primary, objective("a"), objective("b")))
    expected = MapInfo("urn:g", write_satisfied_status=True, read_normalized_measure=False)
    assert sequencing.primary_objective == Objective("p", satisfied_by_measure=True, min_normalized_measure=0.6, maps=(expected,))
    assert sequencing.objectives == (Objective("a"), Objective("b"))
    assert notices == []


def test_a_primary_objective_needs_no_identifier():
    sequencing, notices = read(objectives(objective(None, MEASURE, kind="primaryObjective"), objective("a")))
    assert sequencing.primary_objective == Objective(None, min_normalized_measure=0.6)
    assert sequencing.objectives == (Objective("a"),)
    assert notices == []


@pytest.mark.parametrize("written", ["", "high", "2", "NaN"])
def test_an_odd_measure_is_1(written):
    inside = f"<imsss:minNormalizedMeasure>{written}</imsss:minNormalizedMeasure>"
    sequencing, notices = read(objectives(objective("p", inside, kind="primaryObjective")))
    assert sequencing.primary_objective.min_normalized_measure == 1.0
    assert notices == (["odd_value"] if written else [])


@pytest.mark.parametrize(
    ("elements", "more", "kept"),
    [
        ([objective("p", kind="primaryObjective"), objective("a"), objective("a")], "", ["a"]),
        ([objective("p", kind="primaryObjective"), objective("p"), objective("a")], "", ["a"]),
        ([objective(None), objective("a")], "", ["a"]),
        ([objective("a")], '<adlseq:objective objectiveID="b"/>', ["a"]),
        ([], '<adlseq:objective objectiveID="b"/>', []),
    ],
)
def test_tells_of_objectives_that_can_not_be_told_apart(elements, more, kept):
    sequencing, notices = read(objectives(*elements, more=more))
    assert [each.identifier for each in sequencing.objectives] == kept
    assert notices == ["odd_objective"]


def test_tells_of_extended_objectives_without_any_to_extend():
    assert read('<adlseq:objectives><adlseq:objective objectiveID="b"/></adlseq:objectives>') == (Sequencing(), ["odd_objective"])


def extended(identifier="a", attributes=""):
    return f'<adlseq:objective objectiveID="{identifier}"><adlseq:mapInfo {attributes}/></adlseq:objective>'


def test_adds_what_the_fourth_edition_maps():
    own = objective("a", '<imsss:mapInfo targetObjectiveID="urn:g"/>')
    more = extended("a", 'targetObjectiveID="urn:g" readRawScore="false" writeProgressMeasure="true"')
    sequencing, notices = read(objectives(own, more=more))
    assert sequencing.objectives[0].maps == (MapInfo("urn:g", read_raw_score=False, write_progress_measure=True),)
    assert notices == []


def test_a_map_that_only_the_fourth_edition_names_leaves_status_and_measure_alone():
    more = extended("a", 'targetObjectiveID="urn:h" writeCompletionStatus="true"')
    sequencing, _ = read(objectives(objective("a"), more=more))
    expected = MapInfo("urn:h", read_satisfied_status=False, read_normalized_measure=False, write_completion_status=True)
    assert sequencing.objectives[0].maps == (expected,)


def test_takes_identifiers_of_objectives_as_the_addresses_that_they_are():
    own = objective(" ob%20j%201 ", '<imsss:mapInfo targetObjectiveID="  g%20%201"/>')
    sequencing, notices = read(objectives(own, more=extended("ob j%20%201", 'targetObjectiveID="g 1" writeRawScore="true"')))
    assert sequencing.objectives[0].identifier == "ob j 1"
    assert sequencing.objectives[0].maps == (MapInfo("g 1", write_raw_score=True),)
    assert notices == []


def test_leaves_out_maps_without_a_target():
    sequencing, notices = read(objectives(objective("a", "<imsss:mapInfo/>")))
    assert sequencing.objectives[0].maps == ()
    assert notices == ["odd_objective"]


COLLECTION = f'<imsss:sequencing ID="s">{CONTROL}{ROLLUP}{CONSIDERED}</imsss:sequencing><imsss:sequencing/>'


def test_takes_what_a_collection_says():
    sequencing, notices = read("", reference=' IDRef="s"', collection=COLLECTION)
    assert sequencing.control_mode.flow
    assert sequencing.rollup_controls.objective_measure_weight == 0.25
    assert sequencing.rollup_considerations.required_for_satisfied == "ifAttempted"
    assert notices == []


def test_own_elements_stand_in_the_place_of_the_collections():
    sequencing, _ = read('<imsss:controlMode forwardOnly="true"/>', reference=' IDRef="s"', collection=COLLECTION)
    assert sequencing.control_mode == ControlMode(forward_only=True)
    assert sequencing.rollup_controls.objective_measure_weight == 0.25


def test_tells_of_a_reference_to_nothing():
    assert read("", reference=' IDRef="gone"', collection=COLLECTION) == (Sequencing(), ["missing_sequencing"])
    assert read("", reference=' IDRef="s"') == (Sequencing(), ["missing_sequencing"])
