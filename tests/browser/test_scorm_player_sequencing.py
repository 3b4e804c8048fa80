"""The six golf courses for SCORM 2004 sequencing, step by step: each does what its name and its manifest's comments say."""

import pytest
from playwright.sync_api import expect

from tests.support.golf import Golfer, package
from tests.support.player_host import PlayerHost

READING = ["Playing the Game", "Etiquette", "Handicapping", "Having Fun"]
ITEMS = ["playing_item", "etuqiette_item", "handicapping_item", "havingfun_item"]


@pytest.fixture
def play(browser):
    """Begins an attempt on a golf course."""
    hosts, contexts = [], []

    def begin(name):
        host = PlayerHost.of_zip(package(f"golf/{name}.zip")).start()
        hosts.append(host)
        contexts.append(browser.new_context())
        return Golfer(contexts[-1], host, host.attempt()).open()

    yield begin
    for context in contexts:
        context.close()
    for host in hosts:
        host.stop()


def left(golfer, how):
    """The course ended of itself, and everything is saved."""
    golfer.page.wait_for_url("**/left")
    return how


def test_forced_sequential_opens_one_item_after_the_other(play):
    golfer = play("SequencingForcedSequential_SCORM20043rdEdition")
    golfer.expect_item("Playing the Game")
    golfer.read(2)
    assert golfer.open_items() == set()
    assert not golfer.can("continue")
    golfer.read()
    assert golfer.open_items() == {"etuqiette_item"}
    golfer.on("Etiquette")
    assert golfer.open_items() == {"playing_item"}
    golfer.choose("playing_item")
    golfer.expect_item("Playing the Game")
    golfer = golfer.again()
    golfer.expect_item("Playing the Game")
    assert golfer.open_items() == {"etuqiette_item"}
    golfer.read().on("Etiquette").read().on("Handicapping").read().on("Having Fun").read()
    assert golfer.result() == ("incomplete", "unknown", None)
    golfer.on("Quiz").score(100)
    assert golfer.result() == ("completed", "passed", None)


@pytest.mark.parametrize("score", [100, 50])
def test_post_test_rollup_counts_the_post_test_alone(score, play):
    golfer = play("SequencingPostTestRollup_SCORM20043rdEdition")
    for title in (*READING[1:], "Quiz"):
        golfer.read()
        assert golfer.result() == ("incomplete", "unknown", None)
        golfer.on(title)
    golfer.score(score)
    assert golfer.result() == ("completed", "passed" if score >= 70 else "failed", score / 100)
    golfer = golfer.again()
    golfer.ready()  # what it had scored in this attempt still counts once the quiz has begun again
    assert golfer.result() == ("completed", "passed" if score >= 70 else "failed", score / 100)
    golfer.choose("playing_item")
    golfer.expect_item("Playing the Game")
    assert golfer.result() == ("completed", "passed" if score >= 70 else "failed", score / 100)


def test_4th_edition_goes_by_completion_and_hides_the_quiz(play):
    golfer = play("SequencingPostTestRollup4thEd_SCORM20044thEdition")
    assert golfer.shown_items() == ITEMS
    golfer.read(1)
    assert golfer.open_items() == set()
    golfer.read()
    assert golfer.open_items() == {"etuqiette_item"}
    for title in READING[1:]:
        golfer.on(title).read()
    assert golfer.shown_items() == [*ITEMS, "assessment_item"]
    golfer.on("Quiz").score(80)
    assert golfer.result() == ("completed", "passed", 0.8)


def test_4th_edition_jumps_to_the_quiz_from_within_and_shares_notes(play):
    golfer = play("SequencingPostTestRollup4thEd_SCORM20044thEdition")
    golfer.ready().evaluate("SaveNotesText('Mind the wind.')")
    golfer.read()
    golfer.on("Etiquette")
    assert golfer.ready().evaluate("GetNotesText()") == "Mind the wind."
    golfer.ready().evaluate("SaveNotesText('Mind the wind. Be quiet.')")
    golfer = golfer.again()
    golfer.expect_item("Etiquette")
    assert golfer.ready().evaluate("GetNotesText()") == "Mind the wind. Be quiet."
    golfer.content.evaluate("void setTimeout(doJump)") if golfer.content.evaluate(
        "typeof doJump === 'function'"
    ) else golfer.content.evaluate("void setTimeout(() => document.getElementById('butJump').click())")
    golfer.expect_item("Quiz")
    golfer.score(90)
    assert golfer.result() == ("completed", "passed", 0.9)


def test_4th_edition_rolls_progress_up_by_weight(play):
    golfer = play("SequencingPostTestRollup4thEd_SCORM20044thEdition")
    golfer.read()
    golfer.on("Etiquette")
    progress = float(golfer.shell.get_attribute("data-progress"))
    assert progress == pytest.approx(0.5 / 1.6, abs=0.08)


def test_pre_or_post_test_is_done_by_passing_the_pre_test(play):
    golfer = play("SequencingPreOrPostTestRollup_SCORM20043rdEdition")
    golfer.expect_item("Pre Test")
    assert "posttest_item" not in golfer.open_items()
    golfer.score(100)
    golfer.choose("playing_item")
    golfer.expect_item("Playing the Game")
    assert golfer.open_items() == set(ITEMS[1:])  # neither test
    assert golfer.result() == ("completed", "passed", 1.0)


def test_pre_or_post_test_asks_for_all_the_content_after_a_failed_pre_test(play):
    golfer = play("SequencingPreOrPostTestRollup_SCORM20043rdEdition")
    golfer.score(40)
    golfer.choose("havingfun_item")
    golfer.expect_item("Having Fun")
    assert golfer.open_items() == set(ITEMS) - {"havingfun_item"}  # the pre-test had its one attempt
    golfer.read()
    for item, title in list(zip(ITEMS, READING, strict=True))[:3]:
        golfer.choose(item)
        golfer.expect_item(title)
        golfer.read()
    golfer = golfer.again()
    golfer.expect_item("Handicapping")
    assert "posttest_item" in golfer.open_items()
    assert golfer.result() == ("incomplete", "failed", 0.4)
    golfer.choose("posttest_item")
    golfer.expect_item("Post Test")
    golfer.score(90)
    assert golfer.result() == ("completed", "passed", 0.9)


def read_all(golfer):
    for item, title in zip(ITEMS, READING, strict=True):
        golfer.expect_item(title)
        golfer.read()
        if item != ITEMS[-1]:
            golfer.ask("continue")


def test_random_test_gives_two_attempts_and_then_ends(play):
    golfer = play("SequencingRandomTest_SCORM20043rdEdition")
    assert golfer.shown_items() == [*ITEMS, "posttest_item"]
    assert "posttest_item" not in golfer.open_items()
    read_all(golfer)
    assert "posttest_item" in golfer.open_items()
    golfer.ask("continue")
    expect(golfer.page.locator("[data-player-title]")).to_contain_text("Test")
    first = golfer.page.locator("[data-player-title]").inner_text()
    golfer = golfer.again()
    assert golfer.page.locator("[data-player-title]").inner_text() == first or golfer.expect_item(first) is None
    golfer.score(10)
    golfer.ask("continue")
    golfer.page.wait_for_timeout(800)
    assert golfer.page.locator("[data-player-title]").inner_text().startswith("Test ")
    golfer.score(30)
    golfer.ask("continue")
    left(golfer, "ended")
    assert golfer.attempt.sequencing["result"] | {"progress": None} == {
        "completion": "completed",
        "success": "failed",
        "score": 0.3,
        "progress": None,
    }


def test_random_test_ends_when_passed(play):
    golfer = play("SequencingRandomTest_SCORM20043rdEdition")
    read_all(golfer)
    golfer.ask("continue")
    expect(golfer.page.locator("[data-player-title]")).to_contain_text("Test")
    golfer.score(90)
    golfer.ask("continue")
    left(golfer, "ended")
    result = golfer.attempt.sequencing["result"]
    assert (result["completion"], result["success"], result["score"]) == ("completed", "passed", 0.9)


def test_random_test_takes_the_tests_in_any_order(play):
    firsts = set()
    for _ in range(12):
        golfer = play("SequencingRandomTest_SCORM20043rdEdition")
        read_all(golfer)
        golfer.ask("continue")
        expect(golfer.page.locator("[data-player-title]")).to_contain_text("Test")
        firsts.add(golfer.page.locator("[data-player-title]").inner_text())
        golfer.page.close()
        if len(firsts) > 1:
            break
    assert len(firsts) > 1


def test_simple_remediation_repeats_what_was_not_learned(play):
    golfer = play("SequencingSimpleRemediation_SCORM20043rdEdition")
    assert golfer.open_items() == set()
    for title in (*READING[1:], "Playing Quiz"):
        golfer.on(title)
    for score, title in ((100, "Etiquette Quiz"), (0, "Handicapping Quiz"), (80, "Having Fun Quiz"), (20, "Etiquette")):
        golfer.score(score).on(title)
    assert golfer.result()[1:] == ("failed", 0.5)
    golfer = golfer.again()
    golfer.expect_item("Etiquette")
    golfer.on("Having Fun").on("Etiquette Quiz").score(90).on("Having Fun Quiz").score(10)
    golfer.on("Having Fun").on("Having Fun Quiz").score(100)
    golfer.ask("continue")
    left(golfer, "ended")
    result = golfer.attempt.sequencing["result"]
    assert (result["completion"], result["success"], result["score"]) == (
        "completed",
        "passed",
        pytest.approx((1 + 0.9 + 0.8 + 1) / 4),
    )
