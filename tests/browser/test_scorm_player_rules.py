"""What SCORM 2004 sequencing asks of a player beyond the golf courses: small courses of our own, one rule each."""

import pytest
from playwright.sync_api import expect

from tests.support.player_courses import several
from tests.support.player_host import PlayerHost
from tests.support.playing import Sitting

FLOW = '<imsss:sequencing><imsss:controlMode choice="true" flow="true"/></imsss:sequencing>'
SET_BY_CONTENT = '<imsss:deliveryControls completionSetByContent="true" objectiveSetByContent="true"/>'


@pytest.fixture
def play(browser):
    """Begins an attempt on a course of these items."""
    hosts, contexts = [], []

    def begin(items, sequencing=FLOW):
        host = PlayerHost(several("2004", items, sequencing)).start()
        hosts.append(host)
        contexts.append(browser.new_context())
        return Sitting(contexts[-1], host, host.attempt()).open()

    yield begin
    for context in contexts:
        context.close()
    for host in hosts:
        host.stop()


def again(sitting):
    sitting.page.close()
    return Sitting(sitting.page.context, sitting.host, sitting.attempt).open()


def at(sitting, item):
    """The item is there, and has begun."""
    sitting.expect_item(f"Item {item}")
    sitting.begun()
    return sitting


def settled(sitting):
    sitting.page.wait_for_timeout(450)
    return sitting


def open_items(sitting):
    rows = settled(sitting).page.locator("[data-player-item]:has(button:not(:disabled))")
    return rows.evaluate_all("rows => rows.map(row => row.dataset.playerItem)")


def button(sitting, name):
    return settled(sitting).page.locator(f"button[data-player-request={name}]")


def asks(sitting, request, **values):
    """Content asks to go somewhere, and ends."""
    sitting.set(**values)
    content = sitting.content
    sitting.leave_item()
    content.evaluate("request => void setTimeout(() => { set('adl.nav.request', request); call('Terminate', '') })", request)


def rule(kind, action, *conditions, combination="all"):
    inside = "".join(f"<imsss:ruleCondition {each}/>" for each in conditions)
    return (
        f'<imsss:{kind}ConditionRule><imsss:ruleConditions conditionCombination="{combination}">{inside}</imsss:ruleConditions>'
        f'<imsss:ruleAction action="{action}"/></imsss:{kind}ConditionRule>'
    )


def sequencing(*inside):
    return f"<imsss:sequencing>{''.join(inside)}</imsss:sequencing>"


def with_rules(*rules, rest=SET_BY_CONTENT):
    return sequencing(f"<imsss:sequencingRules>{''.join(rules)}</imsss:sequencingRules>", rest)


A, B, C = ("a", "", ""), ("b", "", ""), ("c", "", "")


# ---- navigation that content asks for


@pytest.mark.parametrize(
    ("request_", "item"),
    [("continue", "b"), ("{target=c}choice", "c"), ("{target=c}jump", "c")],
    ids=["continue", "choice", "jump"],
)
def test_content_goes_where_it_asks_to(request_, item, play):
    sitting = at(play([A, B, C]), "a")
    asks(sitting, request_)
    assert sitting.came() == f"Item {item}"


def test_content_goes_back(play):
    sitting = at(play([A, B]), "a")
    asks(sitting, "continue")
    asks(at(sitting, "b"), "previous")
    assert sitting.came() == "Item a"


@pytest.mark.parametrize(("request_", "how"), [("exitAll", "exited"), ("suspendAll", "suspended"), ("abandonAll", "abandoned")])
def test_content_ends_the_sitting(request_, how, play):
    sitting = at(play([A, B]), "a")
    sitting.host.exit_url = ""
    asks(sitting, request_, suspend_data="kept")
    sitting.page.wait_for_url("**/left")
    assert sitting.attempt.scos["a"]["cmi.suspend_data"] == "kept"
    assert sitting.attempt.sequencing["engine"]["suspendedActivity"] == ("a" if how == "suspended" else None)


def test_all_is_resumed_after_suspend_all_though_exit_said_nothing(play):
    sitting = at(play([A, B]), "a")
    asks(sitting, "continue")
    at(sitting, "b")
    asks(sitting, "suspendAll", location="9")
    sitting.page.wait_for_url("**/left")
    sitting = at(again(sitting), "b")
    assert (sitting.get("cmi.location"), sitting.get("cmi.entry")) == ("9", "resume")


def test_content_learns_what_is_valid(play):
    sitting = at(play([A, ("b", "", with_rules(rule("pre", "disabled", 'condition="always"'))), C]), "a")
    valid = [
        sitting.get(f"adl.nav.request_valid.{what}")
        for what in ("continue", "previous", "choice.{target=b}", "choice.{target=c}")
    ]
    assert valid == ["false", "false", "false", "true"]


def test_an_item_that_ends_of_itself_leaves_the_learner_to_choose(play):
    sitting = at(play([A, B]), "a")
    sitting.content.evaluate("call('Terminate', '')")
    sitting.expect_state("choosing")
    assert sitting.page.locator("[data-player-notice]").inner_text() == "Choose where to go on."
    sitting.ask("continue")
    at(sitting, "b")


def test_a_window_closed_after_an_item_ended_goes_on_with_the_next(play):
    sitting = at(play([A, B]), "a")
    sitting.content.evaluate("call('Terminate', '')")
    sitting.expect_state("choosing")
    sitting.expect_saved()
    assert again(sitting).came() == "Item b"


def test_the_learners_way_counts_more_than_contents_last_wish(play):
    sitting = play([("a", "", ""), B, C])
    last_words = "set('adl.nav.request', 'exitAll'); set('cmi.suspend_data', 'last'); call('Terminate', '')"
    at(sitting, "a").content.evaluate(f"addEventListener('pagehide', () => {{ {last_words} }})")
    sitting.choose("c")
    at(sitting, "c")
    assert sitting.attempt.scos["a"]["cmi.suspend_data"] == "last"


# ---- rules


def test_an_item_is_skipped_and_one_is_hidden(play):
    skipped = with_rules(rule("pre", "skip", 'condition="always"'))
    hidden = with_rules(rule("pre", "hiddenFromChoice", 'condition="always"'))
    sitting = at(play([A, ("b", "", skipped), ("c", "", hidden)]), "a")
    assert sitting.page.locator("[data-player-item=c]").count() == 0
    sitting.ask("continue")
    at(sitting, "c")


def test_stop_forward_traversal_holds_choice_until_it_is_done(play):
    stop = with_rules(rule("pre", "stopForwardTraversal", 'operator="not" condition="completed"'))
    sitting = at(play([("a", "", stop), B, C]), "a")
    assert open_items(sitting) == []
    sitting.set(completion_status="completed")
    assert open_items(sitting) == ["b", "c"]


def test_retry_gives_a_fresh_attempt_until_it_is_passed(play):
    retry = with_rules(rule("post", "retry", 'operator="not" condition="satisfied"'))
    sitting = at(play([("a", "", retry), B]), "a")
    sitting.set(success_status="failed", completion_status="completed", suspend_data="first", interactions__0__id="q")
    sitting.ask("continue")
    sitting.until(lambda: sitting.attempt.scos["a"].get("cmi.suspend_data") == "")
    at(sitting, "a")
    assert [sitting.get(key) for key in ("cmi.entry", "cmi.suspend_data", "cmi.success_status", "cmi.interactions._count")] == [
        "ab-initio",
        "",
        "unknown",
        "0",
    ]
    sitting = at(again(sitting), "a")
    assert [sitting.get(key) for key in ("cmi.suspend_data", "cmi.interactions._count")] == ["", "0"]
    sitting.set(success_status="passed", completion_status="completed")
    sitting.ask("continue")
    at(sitting, "b")


def test_an_exit_rule_of_the_course_ends_it(play):
    course = (
        '<imsss:sequencing><imsss:controlMode choice="true" flow="true"/><imsss:sequencingRules>'
        '<imsss:postConditionRule><imsss:ruleConditions><imsss:ruleCondition condition="always"/></imsss:ruleConditions>'
        '<imsss:ruleAction action="exitAll"/></imsss:postConditionRule></imsss:sequencingRules></imsss:sequencing>'
    )
    last = with_rules(rule("post", "exitAll", 'condition="satisfied"'))
    sitting = at(play([("a", "", last), B], course), "a")
    sitting.set(success_status="passed", completion_status="completed")
    sitting.ask("continue")
    sitting.page.wait_for_url("**/left")
    assert sitting.attempt.sequencing["engine"]["currentActivity"] is None


def test_an_attempt_limit_holds(play):
    once = sequencing('<imsss:limitConditions attemptLimit="1"/>', SET_BY_CONTENT)
    sitting = at(play([("a", "", once), B]), "a")
    sitting.ask("continue")
    at(sitting, "b")
    assert open_items(sitting) == []
    assert button(sitting, "previous").is_disabled()


def test_an_attempt_that_was_interrupted_goes_on_though_no_other_may_begin(play):
    once = with_rules(
        rule("pre", "disabled", 'condition="attemptLimitExceeded"'),
        rest='<imsss:limitConditions attemptLimit="1"/>' + SET_BY_CONTENT,
    )
    sitting = at(play([("a", "", once), B]), "a")
    sitting.set(location="4")
    sitting = at(again(sitting), "a")
    assert sitting.get("cmi.location") == "4"


def test_controls_are_hidden_as_the_manifest_asks(play):
    hidden = (
        "<adlnav:presentation><adlnav:navigationInterface><adlnav:hideLMSUI>continue</adlnav:hideLMSUI>"
        "<adlnav:hideLMSUI>previous</adlnav:hideLMSUI></adlnav:navigationInterface></adlnav:presentation>"
    )
    sitting = at(play([("a", "", hidden), B]), "a")
    expect(button(sitting, "continue")).to_be_hidden()
    expect(button(sitting, "exit")).to_be_visible()
    sitting.choose("b")
    at(sitting, "b")
    expect(button(sitting, "previous")).to_be_visible()


def test_without_flow_there_is_no_next_but_a_choice(play):
    sitting = at(play([A, B], sequencing('<imsss:controlMode choice="true" flow="false"/>')), "a")
    expect(button(sitting, "continue")).to_be_hidden()
    assert open_items(sitting) == ["b"]


def test_without_choice_there_is_only_the_next(play):
    sitting = at(play([A, B], sequencing('<imsss:controlMode choice="false" flow="true"/>')), "a")
    assert open_items(sitting) == []
    expect(button(sitting, "continue")).to_be_enabled()


def test_forward_only_knows_no_way_back(play):
    sitting = at(play([A, B, C], sequencing('<imsss:controlMode choice="true" flow="true" forwardOnly="true"/>')), "a")
    sitting.ask("continue")
    at(sitting, "b")
    assert open_items(sitting) == ["c"]
    assert button(sitting, "previous").is_disabled()


def test_a_manifest_that_says_nothing_is_gone_through_in_order(play):
    sitting = at(play([A, B], ""), "a")
    sitting.ask("continue")
    assert sitting.came() == "Item b"
    sitting.ask("previous")
    assert sitting.came() == "Item a"


def test_choice_exit_keeps_the_learner_in_the_cluster_till_he_flows_out(play):
    held = plain("xy") + sequencing('<imsss:controlMode choice="true" choiceExit="false" flow="true"/>')
    sitting = clustered(play, held)
    assert open_items(sitting) == ["k", "y"]
    sitting.ask("continue")
    at(sitting, "y")
    sitting.ask("continue")
    at(sitting, "z")
    assert "x" in open_items(sitting)


def test_prevent_activation_keeps_a_cluster_from_being_entered_by_choice(play):
    shut = plain("xy") + sequencing(
        '<imsss:controlMode choice="true" flow="true"/>', '<adlseq:constrainedChoiceConsiderations preventActivation="true"/>'
    )
    sitting = clustered(play, shut, before=True)
    assert "x" not in open_items(sitting)
    assert "y" not in open_items(sitting)
    sitting.ask("continue")
    at(sitting, "x")
    assert "y" in open_items(sitting)


def test_constrain_choice_allows_what_is_next_to_the_cluster_only(play):
    narrow = '<adlseq:constrainedChoiceConsiderations constrainChoice="true"/>'
    sitting = clustered(play, plain("xy") + sequencing('<imsss:controlMode choice="true" flow="true"/>', narrow))
    assert open_items(sitting) == ["k", "y", "z"]
    sitting.choose("z")
    at(sitting, "z")
    assert open_items(sitting) == ["k", "x", "y", "w"]


def plain(names):
    """Items with nothing of their own."""
    return "".join(f'<item identifier="{name}" identifierref="r"><title>Item {name}</title></item>' for name in names)


def clustered(play, inside, *, before=False):
    """A course whose cluster ``k`` stands before the items ``z`` and ``w``, or behind the item ``a``."""
    cluster = f'<item identifier="k"><title>Cluster</title>{inside}</item>'
    sitting = play([A] if before else [], cluster + plain("zw") + FLOW)
    return at(sitting, "a" if before else "x")


# ---- rollup, shared objectives, selection


def test_the_course_is_scored_by_weight_and_satisfied_by_measure(play):
    def weighted(name, weight):
        rollup = f'<imsss:rollupRules objectiveMeasureWeight="{weight}"/>'
        objectives = f'<imsss:objectives><imsss:primaryObjective objectiveID="{name}"/></imsss:objectives>'
        return (name, "", sequencing(rollup, objectives, SET_BY_CONTENT))

    course = sequencing(
        '<imsss:controlMode choice="true" flow="true"/><imsss:objectives>'
        '<imsss:primaryObjective objectiveID="all" satisfiedByMeasure="true">'
        "<imsss:minNormalizedMeasure>0.5</imsss:minNormalizedMeasure></imsss:primaryObjective></imsss:objectives>"
    )
    sitting = at(play([weighted("a", "0.25"), weighted("b", "0.75")], course), "a")
    sitting.set(score__scaled="1", completion_status="completed")
    sitting.ask("continue")
    at(sitting, "b")
    assert settled(sitting).shell.get_attribute("data-score") == "0.25"
    assert sitting.shell.get_attribute("data-success") == "failed"
    sitting.set(score__scaled="0.8", completion_status="completed")
    assert float(settled(sitting).shell.get_attribute("data-score")) == pytest.approx(0.85)
    assert sitting.shell.get_attribute("data-success") == "passed"


def test_an_objective_that_is_shared_comes_to_the_next_item_and_the_next_sitting(play):
    def sharing(name, reads, writes):
        maps = f'<imsss:mapInfo targetObjectiveID="shared" readSatisfiedStatus="{reads}" readNormalizedMeasure="{reads}" '
        maps += f'writeSatisfiedStatus="{writes}" writeNormalizedMeasure="{writes}"/>'
        objectives = (
            f'<imsss:primaryObjective objectiveID="p{name}"/><imsss:objective objectiveID="o{name}">{maps}</imsss:objective>'
        )
        return (name, "", sequencing(f"<imsss:objectives>{objectives}</imsss:objectives>", SET_BY_CONTENT))

    sitting = at(play([sharing("a", "false", "true"), sharing("b", "true", "false")]), "a")
    sitting.set(objectives__1__success_status="passed", objectives__1__score__scaled="0.9")
    sitting.ask("continue")
    at(sitting, "b")
    assert [sitting.get(f"cmi.objectives.1.{what}") for what in ("id", "success_status", "score.scaled")] == [
        "ob",
        "passed",
        "0.9",
    ]
    sitting = at(again(sitting), "b")
    assert sitting.get("cmi.objectives.1.success_status") == "passed"
    assert sitting.attempt.globals["objectives"]["shared"]["satisfiedStatus"] is True


def test_two_of_four_are_selected_and_stay_so(play):
    course = sequencing(
        '<imsss:controlMode choice="true" flow="true"/><imsss:randomizationControls selectionTiming="once" selectCount="2" '
        'randomizationTiming="once" reorderChildren="true"/>'
    )
    sitting = play([("a", "", ""), B, C, ("d", "", "")], course)
    sitting.begun()
    first = settled(sitting).page.locator("[data-player-item]").evaluate_all("rows => rows.map(row => row.dataset.playerItem)")
    assert len(first) == 2
    sitting.ask("continue")
    sitting.until(lambda: len(sitting.attempt.scos) == 2, "the second item")
    sitting = again(sitting)
    sitting.begun()
    assert set(sitting.attempt.scos) == set(first)


def test_untouched_state_is_not_sent_again(play):
    sitting = at(play([A, B, C]), "a")
    sitting.expect_saved()
    before = len(sitting.attempt.journal)
    sitting.set(location="1")
    sitting.until(lambda: len(sitting.attempt.journal) > before, "its commit")
    assert ["sequencing" in commit for commit in sitting.attempt.journal[before:]] == [False]
