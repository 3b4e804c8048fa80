"""Where scorm-again departs from SCORM 2004's book, and the player does not: small courses of our own, one clause each."""

import pytest
from playwright.sync_api import expect

from tests.support.player_courses import several
from tests.support.player_host import PlayerHost
from tests.support.playing import Sitting

FLOW = '<imsss:sequencing><imsss:controlMode choice="true" flow="true"/></imsss:sequencing>'


@pytest.fixture
def play(browser):
    """Begins an attempt on a course of these items; gives its window, once the first item has begun, or is there."""
    hosts, contexts = [], []

    def begin(items, sequencing=FLOW, version="2004", *, is_quiet=False):
        host = PlayerHost(several(version, items, sequencing)).start()
        hosts.append(host)
        contexts.append(browser.new_context())
        sitting = Sitting(contexts[-1], host, host.attempt()).open()
        if not is_quiet:
            sitting.begun()
        return sitting

    yield begin
    for context in contexts:
        context.close()
    for host in hosts:
        host.stop()


def came(sitting):
    """The item that has begun."""
    return sitting.came().removeprefix("Item ")


def onwards(sitting, request="continue", **values):
    """Content sets values, asks to go somewhere, and ends; the item that comes."""
    sitting.set(**values)
    content = sitting.content
    sitting.leave_item()
    content.evaluate("request => void setTimeout(() => { set('adl.nav.request', request); call('Terminate', '') })", request)
    return came(sitting)


def sequencing(*inside):
    return f"<imsss:sequencing>{''.join(inside)}</imsss:sequencing>"


def rules(*rules):
    return f"<imsss:sequencingRules>{''.join(rules)}</imsss:sequencingRules>"


def rule(kind, action, condition):
    return (
        f"<imsss:{kind}ConditionRule><imsss:ruleConditions><imsss:ruleCondition {condition}/></imsss:ruleConditions>"
        f'<imsss:ruleAction action="{action}"/></imsss:{kind}ConditionRule>'
    )


def rollup(children, condition, action):
    return (
        f'<imsss:rollupRules><imsss:rollupRule childActivitySet="{children}"><imsss:rollupConditions>'
        f'<imsss:rollupCondition {condition}/></imsss:rollupConditions><imsss:rollupAction action="{action}"/>'
        "</imsss:rollupRule></imsss:rollupRules>"
    )


def item(name, inside=""):
    return f'<item identifier="{name}" identifierref="r"><title>Item {name}</title>{inside}</item>'


def cluster(children, *inside, mode=""):
    """The cluster ``k`` of these items."""
    controls = f'<imsss:controlMode choice="true" flow="true" {mode}/>'
    return f'<item identifier="k"><title>Cluster</title>{children}{sequencing(controls, *inside)}</item>'


def shared(*maps, extended=True):
    """A primary objective ``p`` that shares what the maps say with the objective ``g``."""
    prefix = "adlseq" if extended else "imsss"
    inside = "".join(f'<{prefix}:mapInfo targetObjectiveID="g" {each}/>' for each in maps)
    if not extended:
        return f'<imsss:objectives><imsss:primaryObjective objectiveID="p">{inside}</imsss:primaryObjective></imsss:objectives>'
    return (
        '<imsss:objectives><imsss:primaryObjective objectiveID="p"/></imsss:objectives>'
        f'<adlseq:objectives><adlseq:objective objectiveID="p">{inside}</adlseq:objective></adlseq:objectives>'
    )


UNTRACKED = '<imsss:deliveryControls tracked="false"/>'
A, B, C = ("a", "", ""), ("b", "", ""), ("c", "", "")


# ---- the interface


def test_the_interface_says_which_version_it_is(play):
    assert play([A]).content.evaluate("api.version") == "1.0"  # RTE 3.2.1


@pytest.mark.parametrize(
    ("version", "names", "error"),
    [("2004", ("cmi", "adl", "cmi.score", "cmi.objectives"), "401"), ("1.2", ("cmi", "cmi.core", "cmi.objectives"), "201")],
)
def test_no_text_takes_the_place_of_a_part_of_the_data_model(version, names, error, play):
    sitting = play([A], version=version)
    for name in names:
        answered = sitting.content.evaluate(
            "name => [set(name, 'x'), call('GetLastError'), get(name), call('GetLastError')]", name
        )
        assert answered == ["false", error, "", error]
    assert sitting.get("cmi.core.lesson_mode" if version == "1.2" else "cmi.mode") == "normal"


def test_a_place_can_be_blank(play):
    sitting = play([A])
    sitting.set(location="4")
    sitting.set(location="")
    assert sitting.content.evaluate("[get('cmi.location'), call('GetLastError')]") == ["", "0"]
    sitting.expect_saved()
    assert sitting.attempt.value("cmi.location") == ""
    sitting.set(location="5")
    assert sitting.get("cmi.location") == "5"


def test_an_entry_that_is_not_there_can_not_be_read_and_one_that_was_refused_is_not_there(play):
    sitting = play([A])
    assert sitting.content.evaluate("[get('cmi.objectives.0.id'), call('GetLastError')]") == ["", "301"]  # RTE 3.1.7.5
    assert sitting.content.evaluate("[set('cmi.objectives.0.id', ''), get('cmi.objectives._count')]") == ["false", "0"]


@pytest.mark.parametrize("how", ["time-out", "logout"])
def test_an_item_whose_time_is_out_ends_the_session(how, play):
    sitting = play([A, B])
    sitting.set(exit=how)
    sitting.content.evaluate("call('Terminate', '')")
    sitting.page.wait_for_url("**/left")  # RTE 4.2.8
    assert sitting.attempt.sequencing["engine"]["currentActivity"] is None


def test_an_item_finds_nothing_of_what_the_last_one_was_told(play):
    objectives = (
        '<imsss:objectives><imsss:primaryObjective objectiveID="p" satisfiedByMeasure="true">'
        "<imsss:minNormalizedMeasure>0.6</imsss:minNormalizedMeasure></imsss:primaryObjective></imsss:objectives>"
    )
    told = '<adlcp:dataFromLMS>only for a</adlcp:dataFromLMS><adlcp:completionThreshold completedByMeasure="true"/>'
    sitting = play([("a", "", told + sequencing(objectives)), B])
    sitting.set(comments_from_learner__0__comment="of a", learner_preference__audio_level="3", session_time="PT5M")
    assert onwards(sitting) == "b"
    assert onwards(sitting, "previous") == "a"
    assert onwards(sitting) == "b"
    names = ("scaled_passing_score", "completion_threshold", "launch_data", "comments_from_learner._count")
    assert [sitting.get(f"cmi.{name}") for name in names] == ["", "", "", "0"]
    assert [sitting.get(f"cmi.{name}") for name in ("learner_preference.audio_level", "total_time")] == ["1", "PT0S"]


def test_a_fresh_attempt_begins_from_nothing_though_its_window_is_reloaded_before_it_does(play):
    retry = sequencing(rules(rule("post", "retry", 'operator="not" condition="satisfied"')))
    sitting = play([("a", "quiet", retry), B], is_quiet=True)
    sitting.content.evaluate("call('Initialize', '')")
    sitting.set(success_status="failed", location="4")
    sitting.ask("continue")
    sitting.until(lambda: sitting.attempt.value("cmi.location") == "", "the fresh attempt")
    sitting.page.reload()
    sitting.expect_state("playing")
    assert sitting.content.evaluate("[call('Initialize', ''), get('cmi.entry')]") == ["true", "ab-initio"]


# ---- where the learner may go


def test_what_is_in_a_hidden_cluster_is_hidden_as_well(play):
    hidden = rules(rule("pre", "hiddenFromChoice", 'condition="always"'))
    sitting = play([A], cluster(item("x"), hidden) + FLOW)
    expect(sitting.page.locator("[data-player-item=a]")).to_have_count(1)
    expect(sitting.page.locator("[data-player-item=x]")).to_have_count(0)  # SB.2.9


def test_an_item_can_hold_the_learner_too(play):
    held = sequencing('<imsss:controlMode choiceExit="false"/>')
    sitting = play([("a", "", held), B])
    assert sitting.row("b").is_disabled()  # SN 3.2.2
    sitting.ask("continue")
    assert came(sitting) == "b"
    assert sitting.row("a").is_enabled()


def test_leaving_the_course_by_a_rule_of_what_is_in_it_ends_the_session(play):
    leaving = sequencing(rules(rule("post", "exitParent", 'condition="always"')))
    sitting = play([("a", "", leaving), B])
    sitting.ask("continue")
    sitting.page.wait_for_url("**/left")  # SB.2.11
    sitting.page.close()
    assert came(Sitting(sitting.page.context, sitting.host, sitting.attempt).open()) == "a"


def test_the_way_back_leads_past_a_cluster_that_goes_forward_only(play):
    seen = rules(rule("pre", "skip", 'condition="attempted"'))
    inside = cluster(item("x", sequencing(seen)), mode='forwardOnly="true"')
    sitting = play([A], inside + item("z") + FLOW)
    assert onwards(sitting) == "x"
    assert onwards(sitting) == "z"
    assert onwards(sitting, "previous") == "a"  # SB.2.1 step 2


def test_content_that_has_not_begun_yet_can_be_left(play):
    sitting = play([("a", "quiet", ""), B], is_quiet=True)
    sitting.expect_item("Item a")
    sitting.ask("continue")
    assert came(sitting) == "b"


# ---- what is known, and what follows from it


def test_a_status_that_content_calls_unknown_is_not_made_a_completion(play):
    again = sequencing(rules(rule("post", "retry", 'condition="activityProgressKnown"')))
    sitting = play([("a", "", again), B])
    assert onwards(sitting, completion_status="unknown") == "b"  # UP.4


def test_what_an_item_says_of_itself_counts_before_its_primary_objective(play):
    skipped = rules(rule("pre", "skip", 'operator="not" condition="activityProgressKnown"'))
    writing = sequencing(shared('writeCompletionStatus="true"'))
    reading = sequencing(skipped, shared('readCompletionStatus="true"'))
    sitting = play([("a", "", writing), ("b", "", reading), C])
    assert onwards(sitting, completion_status="unknown", objectives__0__completion_status="completed") == "c"  # RTE 4.2.17


def test_nothing_is_known_of_what_is_not_tracked(play):
    known = rules(rule("pre", "skip", 'condition="activityProgressKnown"'))
    sitting = play([A, ("b", "", sequencing(known, UNTRACKED)), C])
    assert onwards(sitting, completion_status="completed") == "b"
    assert onwards(sitting, "previous", completion_status="completed") == "a"
    assert onwards(sitting) == "b"  # SN 3.13.1


def test_progress_that_is_shared_decides_what_is_completed_by_it(play):
    done = rules(rule("pre", "skip", 'condition="completed"'))
    half = '<adlcp:completionThreshold completedByMeasure="true" minProgressMeasure="0.5"/>'
    writing = sequencing(shared('writeCompletionStatus="true" writeProgressMeasure="true"'))
    reading = sequencing(done, shared('readProgressMeasure="true"')) + half
    sitting = play([("a", "", writing), ("b", "", reading), C])
    assert onwards(sitting, objectives__0__progress_measure="0.8", objectives__0__completion_status="incomplete") == "c"


def test_completion_that_is_shared_does_not_complete_what_only_progress_does(play):
    unknown = rules(rule("pre", "skip", 'operator="not" condition="activityProgressKnown"'))
    half = '<adlcp:completionThreshold completedByMeasure="true" minProgressMeasure="0.5"/>'
    writing = sequencing(shared('writeCompletionStatus="true"'))
    reading = sequencing(unknown, shared('readCompletionStatus="true"')) + half
    sitting = play([("a", "", writing), ("b", "", reading), C])
    assert onwards(sitting, completion_status="completed") == "c"


# ---- rollup


def left_when(condition, *inside):
    """A cluster that is left for what is behind it as soon as the condition holds."""
    return cluster(item("x") + item("y"), rules(rule("exit", "exit", condition), rule("post", "continue", condition)), *inside)


def test_what_is_not_known_is_not_denied_either(play):
    none = rollup("none", 'condition="satisfied"', "completed")
    sitting = play([], left_when('condition="completed"', none) + item("z") + FLOW)
    assert onwards(sitting, success_status="failed") == "y"  # RB.1.4: nothing is known of y yet
    assert onwards(sitting, success_status="failed") == "z"


def test_a_negated_condition_on_what_is_not_known_is_unknown(play):
    denied = rollup("any", 'operator="not" condition="completed"', "satisfied")
    sitting = play([], left_when('condition="satisfied"', denied) + item("z") + FLOW)
    assert onwards(sitting, completion_status="completed") == "y"
    assert onwards(sitting, completion_status="incomplete") == "z"


def test_rules_that_do_not_apply_leave_the_default_out(play):
    denied = rollup("all", 'operator="not" condition="satisfied"', "notSatisfied")
    ways = rules(rule("exit", "exit", 'condition="always"'), rule("post", "retry", 'condition="satisfied"'))
    sitting = play([], cluster(item("x"), ways, denied) + item("z") + FLOW)
    assert onwards(sitting, success_status="passed") == "z"  # RB.1.2.b


def test_all_of_no_child_that_is_tracked_applies(play):
    all_of_none = rollup("all", 'operator="not" condition="objectiveStatusKnown"', "completed")
    ways = rules(rule("exit", "exit", 'condition="completed"'), rule("post", "continue", 'condition="completed"'))
    children = item("x", sequencing(UNTRACKED)) + item("y", sequencing(UNTRACKED))
    sitting = play([], cluster(children, ways, all_of_none) + item("z") + FLOW)
    assert onwards(sitting, success_status="passed") == "z"  # RB.1.4


def test_a_child_counts_as_skipped_by_what_its_rule_says_now(play):
    aside = '<adlseq:rollupConsiderations requiredForCompleted="ifNotSkipped"/>'
    known = rules(rule("pre", "skip", 'condition="attempted"'))
    all_done = rollup("all", 'condition="satisfied"', "completed")
    ways = rules(rule("post", "exitParent", 'condition="completed"'))
    children = item("x", sequencing(known, aside)) + item(
        "y", sequencing(rules(rule("post", "exitParent", 'condition="always"')))
    )
    sitting = play([], cluster(children, ways, all_done) + item("z") + FLOW)
    assert onwards(sitting, success_status="failed") == "y"
    sitting.set(success_status="passed")
    sitting.ask("continue")
    sitting.page.wait_for_url("**/left")
    assert sitting.attempt.sequencing["engine"]["currentActivity"] is None  # RB.1.4.2: x fails, but would be skipped


def test_a_measure_decides_only_once_the_cluster_has_ended_where_it_is_told_to_wait(play):
    objectives = (
        '<imsss:objectives><imsss:primaryObjective objectiveID="k" satisfiedByMeasure="true">'
        "<imsss:minNormalizedMeasure>0.4</imsss:minNormalizedMeasure></imsss:primaryObjective></imsss:objectives>"
    )
    waiting = '<adlseq:rollupConsiderations measureSatisfactionIfActive="false"/>'
    sitting = play([], left_when('condition="satisfied"', objectives, waiting) + item("z") + FLOW)
    assert onwards(sitting, score__scaled="1") == "y"  # RB.1.2.a


def test_a_cluster_that_has_ended_is_rolled_up_once_more(play):
    objectives = (
        '<imsss:objectives><imsss:primaryObjective objectiveID="k" satisfiedByMeasure="true">'
        "<imsss:minNormalizedMeasure>0.4</imsss:minNormalizedMeasure></imsss:primaryObjective></imsss:objectives>"
    )
    waiting = '<adlseq:rollupConsiderations measureSatisfactionIfActive="false"/>'
    done = rules(rule("pre", "skip", 'condition="satisfied"'))
    sitting = play([A], cluster(item("x"), done, objectives, waiting) + item("z") + FLOW)
    assert onwards(sitting) == "x"
    assert onwards(sitting, score__scaled="1") == "z"
    assert onwards(sitting, "previous") == "a"  # RB.1.5 of UP.4
