"""Every way of leaving a course: what it had set is there when it is opened again, though it never commits of itself."""

import pytest

from tests.support.chromium import FLAGS, executable
from tests.support.player_courses import single
from tests.support.player_host import PlayerHost
from tests.support.playing import Sitting, until

VERSIONS = ("1.2", "2004")
LOCATION = {"1.2": "core__lesson_location", "2004": "location"}
PLACE = {"1.2": "cmi.core.lesson_location", "2004": "cmi.location"}
ENTRY = {"1.2": "cmi.core.entry", "2004": "cmi.entry"}
KEEPS_IN_FRAMES = [*FLAGS, "--disable-features=TrackingProtection3pcd"]
"""As where the content's host is below the application's, and in browsers that part what frames keep by the site around."""
EXIT = {"1.2": "core__exit", "2004": "exit"}


@pytest.fixture
def browser(playwright):
    """A browser of the test's own: some tests kill its processes."""
    browser = playwright.chromium.launch(executable_path=executable(), args=KEEPS_IN_FRAMES)
    yield browser
    browser.close()


@pytest.fixture
def context(browser):
    return browser.new_context()


@pytest.fixture(params=VERSIONS)
def version(request):
    return request.param


@pytest.fixture
def host(version):
    with PlayerHost(single(version)) as host:
        yield host


def begin(context, host, attempt=None):
    sitting = Sitting(context, host, attempt or host.attempt()).open()
    assert sitting.begun().evaluate("window.began") == "true"
    return sitting


def work(sitting):
    """Comes to page 7, and says no more about it."""
    sitting.set(**{LOCATION[sitting.host.version]: "7", "suspend_data": "seven"})


WORK = ("7", "seven", "resume", [])


def reopened(context, sitting):
    return begin(context, sitting.host, sitting.attempt)


def kept(sitting):
    """The place, the suspend data, how content is entered, and what the page complained of."""
    version = sitting.host.version
    return *map(sitting.get, (PLACE[version], "cmi.suspend_data", ENTRY[version])), sitting.complaints


def close(sitting):
    sitting.page.close()


def close_politely(sitting):
    sitting.close()


def reload(sitting):
    sitting.page.reload()


def go_back(sitting):
    sitting.page.go_back()


def go_elsewhere(sitting):
    sitting.page.goto(f"{sitting.host.url}/left")


def kill(sitting):
    sitting.kill()


def leave_by_button(sitting):
    sitting.ask("exit")
    sitting.page.wait_for_url("**/left")


@pytest.mark.parametrize("way", [close, close_politely, reload, go_back, go_elsewhere, leave_by_button])
def test_what_was_set_is_there_again_after(way, context, host):
    sitting = Sitting(context, host, host.attempt())
    sitting.page.goto(f"{host.url}/left")
    sitting.open().begun()
    work(sitting)
    way(sitting)
    assert kept(reopened(context, sitting)) == WORK


@pytest.fixture(params=["frames keep", "frames keep nothing"])
def some_context(request, playwright):
    """A browser that keeps what frames of other sites want kept, and one that does not."""
    args = KEEPS_IN_FRAMES if request.param == "frames keep" else FLAGS
    browser = playwright.chromium.launch(executable_path=executable(), args=args)
    yield browser.new_context()
    browser.close()


def test_what_was_set_survives_the_death_of_the_renderer(some_context, host):
    context = some_context
    host.status = 503  # so that it can only come from this device
    sitting = begin(context, host)
    work(sitting)
    sitting.frame.wait_for_timeout(100)
    sitting.kill()
    host.status = None
    assert kept(reopened(context, sitting)) == WORK


def test_what_was_set_offline_is_sent_by_the_next_sitting(some_context, host):
    context = some_context
    sitting = begin(context, host)
    sitting.expect_saved()
    host.stop()
    work(sitting)
    sitting.shell.page.wait_for_selector("[data-player][data-status=offline]")
    sitting.set(suspend_data="eight")
    sitting.page.wait_for_timeout(50)
    sitting.page.close()
    assert sitting.attempt.value("cmi.suspend_data") is None
    host.start()
    assert kept(reopened(context, sitting)) == ("7", "eight", "resume", [])


def test_a_network_that_comes_back_gets_everything_in_order(context, host):
    sitting = begin(context, host)
    sitting.expect_saved()
    host.stop()
    for number in range(3):
        sitting.set(suspend_data=f"{number}")
        sitting.content.evaluate("call('Commit', '')")
    sitting.shell.page.wait_for_selector("[data-player][data-status=offline]")
    host.start()
    sitting.expect_saved()
    numbers = [commit["sequence"] for commit in sitting.attempt.journal]
    assert numbers == list(range(1, len(numbers) + 1))
    assert [call[3] for call in sitting.attempt.calls() if call[2] == "cmi.suspend_data"] == ["0", "1", "2"]
    assert sitting.attempt.value("cmi.suspend_data") == "2"


def test_what_comes_too_soon_is_kept_and_sent_later(context, host):
    sitting = begin(context, host)
    sitting.expect_saved()
    host.status = 429
    work(sitting)
    sitting.shell.page.wait_for_selector("[data-player][data-status=offline]")
    assert sitting.attempt.value("cmi.suspend_data") is None
    host.status = None
    sitting.expect_saved()
    assert sitting.attempt.value("cmi.suspend_data") == "seven"


def test_a_second_window_gets_what_the_first_had_and_the_first_stops(context, host):
    first = begin(context, host)
    work(first)
    second = reopened(context, first)
    assert kept(second) == WORK
    first.expect_state("superseded")
    assert first.page.locator("[data-player-notice]").inner_text() == "The course continues in another window."
    second.set(suspend_data="second")
    second.expect_saved()
    assert first.attempt.value("cmi.suspend_data") == "second"


def test_another_browser_takes_over_and_the_server_tells_the_first(browser, context, host):
    first = begin(context, host)
    work(first)
    first.expect_saved()
    second = reopened(browser.new_context(), first)
    assert kept(second) == WORK
    second.set(suspend_data="second")
    second.expect_saved()
    first.set(suspend_data="first")
    first.expect_state("superseded")
    assert first.attempt.value("cmi.suspend_data") == "second"


def test_an_expired_token_is_replaced_and_nothing_is_lost(context, host):
    sitting = begin(context, host)
    sitting.expect_saved()
    host.expire_tokens()
    work(sitting)
    until(lambda: sitting.attempt.value("cmi.suspend_data") == "seven")
    sitting.expect_saved()
    sitting.page.close()
    assert kept(reopened(context, sitting)) == WORK


def test_a_learner_who_is_logged_out_is_told_and_loses_nothing(context, host):
    sitting = begin(context, host)
    sitting.expect_saved()
    host.expire_tokens()
    host.refreshes = False
    work(sitting)
    sitting.page.get_by_text("Log in again").wait_for()
    sitting.page.close()
    host.refreshes = True
    assert kept(reopened(context, sitting)) == WORK


def test_a_server_that_restarts_between_commits_gets_the_rest(context, host):
    sitting = begin(context, host)
    sitting.set(suspend_data="before")
    sitting.expect_saved()
    host.stop()
    work(sitting)
    host.start()
    until(lambda: sitting.attempt.value("cmi.suspend_data") == "seven")
    sitting.page.close()
    assert kept(reopened(context, sitting)) == WORK


def test_going_to_another_page_of_the_content_keeps_the_session(context, host):
    sitting = begin(context, host)
    work(sitting)
    sitting.content.get_by_role("link", name="More").click()
    sitting.content.wait_for_url("**/more.html?quiet")
    assert sitting.get("cmi.suspend_data") == "seven"
    sitting.set(suspend_data="on the second page")
    sitting.page.close()
    assert kept(reopened(context, sitting)) == ("7", "on the second page", "resume", [])


def test_content_that_reloads_itself_may_initialise_again(context, host):
    sitting = begin(context, host)
    work(sitting)
    sitting.content.evaluate("location.reload()")
    sitting.page.wait_for_timeout(300)
    assert sitting.begun().evaluate("window.began") == "true"
    assert sitting.get("cmi.suspend_data") == "seven"


def test_a_phone_that_goes_to_sleep_has_everything_saved(context, host):
    host.autosave_ms = 60_000
    sitting = begin(context, host)
    work(sitting)
    sitting.hide()
    until(lambda: sitting.attempt.value("cmi.suspend_data") == "seven")
    assert sitting.attempt.journal[-1]["reason"] == "leave"
    assert kept(reopened(context, sitting)) == WORK


@pytest.mark.parametrize("event", ["beforeunload", "pagehide", "unload"])
@pytest.mark.parametrize("way", [close_politely, reload, go_elsewhere, leave_by_button])
def test_what_content_says_with_its_last_words_counts(event, way, context, version):
    with PlayerHost(single(version, f"end={event}&last=goodbye")) as host:
        sitting = begin(context, host)
        sitting.set(**{LOCATION[version]: "7", EXIT[version]: "suspend"})
        way(sitting)
        until(lambda: any(commit["terminated"] for commit in sitting.attempt.journal), "a commit that says it is over")
        again = reopened(context, sitting)
        assert kept(again) == ("7", "goodbye", "resume", [])
        assert again.attempt.value(PLACE[version]) == "7"


def test_content_that_finishes_three_times_has_finished_once(context, version):
    with PlayerHost(single(version, "end=beforeunload&end=pagehide&end=unload&last=bye")) as host:
        sitting = begin(context, host)
        sitting.set(**{EXIT[version]: "suspend"})
        sitting.close()
        until(lambda: any(commit["terminated"] for commit in sitting.attempt.journal))
        finishes = sitting.attempt.calls("LMSFinish" if version == "1.2" else "Terminate")
        assert {call[4] for call in finishes} == {"true"}
        assert sum(commit["terminated"] for commit in sitting.attempt.journal) == 1
        assert kept(reopened(context, sitting)) == ("", "bye", "resume", [])


def test_finishing_twice_answers_true_both_times(context, host):
    sitting = begin(context, host)
    assert sitting.content.evaluate("[call('Terminate', ''), call('Terminate', ''), call('GetLastError', '')]") == [
        "true",
        "true",
        "0",
    ]


def test_a_popup_of_the_content_finds_the_interface(context, host):
    sitting = begin(context, host)
    with sitting.page.expect_popup() as opened:
        sitting.content.evaluate("void window.open('popup.html?quiet', 'popup')")
    popup = opened.value
    popup.wait_for_load_state()
    assert popup.evaluate("set('cmi.suspend_data', 'from the popup')") == "true"
    popup.close()
    sitting.page.close()
    assert kept(reopened(context, sitting)) == ("", "from the popup", "resume", [])


def test_80_kb_of_suspend_data_are_kept_and_the_owner_is_warned(context, host):
    sitting = begin(context, host)
    large = "".join(chr(32 + number % 90) for number in range(80_000))
    sitting.page.evaluate(
        "() => { warnings = []; addEventListener('message', e => e.data.lrs_bridge === 'warning' && warnings.push(e.data)) }"
    )
    sitting.set(suspend_data=large)
    assert sitting.get("cmi.suspend_data") == large
    assert [each["key"] for each in sitting.page.evaluate("warnings")] == ["cmi.suspend_data"]
    sitting.page.close()
    assert kept(reopened(context, sitting)) == ("", large, "resume", [])


def test_80_kb_set_with_the_last_words_come_with_the_next_sitting(context, version):
    with PlayerHost(single(version, "end=unload")) as host:
        sitting = begin(context, host)
        sitting.set(**{EXIT[version]: "suspend"})
        large = "x" * 80_000
        sitting.content.evaluate("large => addEventListener('pagehide', () => set('cmi.suspend_data', large))", large)
        sitting.page.close()
        assert kept(reopened(context, sitting)) == ("", large, "resume", [])


def test_a_page_that_the_browser_restores_begins_again_and_has_finished_once(context, version):
    with PlayerHost(single(version, "end=pagehide&last=away")) as host:
        sitting = begin(context, host)
        sitting.set(**{LOCATION[version]: "7", EXIT[version]: "suspend"})
        sitting.page.goto(f"{host.url}/left")
        sitting.page.go_back()
        assert sitting.begun().evaluate("window.began") == "true"
        assert sitting.get("cmi.suspend_data") == "away"
        assert sitting.get(PLACE[version]) == "7"
        finished = [(commit["session"], commit["terminated"]) for commit in sitting.attempt.journal if commit["terminated"]]
        assert len(finished) == 1
