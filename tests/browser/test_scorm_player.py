"""The SCORM player: real courses to their end, the data model that content finds, menus, and the page around it."""

import pytest
from playwright.sync_api import expect

from tests.support.chromium import WIDTHS, overflows, violations
from tests.support.golf import Golfer, package
from tests.support.player_courses import several, single
from tests.support.player_host import PlayerHost
from tests.support.playing import Sitting, until

VERSIONS = ("1.2", "2004")


@pytest.fixture
def serve():
    hosts = []

    def make(files, **switches):
        host = (PlayerHost(files) if isinstance(files, dict) else PlayerHost.of_zip(files)).start()
        for name, value in switches.items():
            setattr(host, name, value)
        hosts.append(host)
        return host

    yield make
    for host in hosts:
        host.stop()


@pytest.fixture
def sit(browser):
    sittings = []

    def make(host, attempt=None, kind=Sitting, **options):
        sitting = kind(browser.new_context(**options), host, attempt or host.attempt()).open()
        sittings.append(sitting)
        return sitting

    yield make
    for sitting in sittings:
        sitting.page.context.close()
    assert [complaint for sitting in sittings for complaint in sitting.complaints] == []


# ---- real courses


@pytest.mark.parametrize(
    "name", ["RuntimeBasicCalls_SCORM12", "RuntimeBasicCalls_SCORM20043rdEdition", "RunTimeAdvancedCalls_SCORM20043rdEdition"]
)
def test_a_golf_course_is_played_to_its_end(name, serve, sit):
    golfer = sit(serve(package(f"golf/{name}.zip")), kind=Golfer)
    golfer.read().score(100)
    golfer.ask("exit")
    golfer.page.wait_for_url("**/left")
    sco = golfer.attempt.scos["item_1"]
    if "12" in name:
        assert (sco["cmi.core.lesson_status"], sco["cmi.core.score.raw"]) == ("passed", "100")
    else:
        assert (sco["cmi.completion_status"], sco["cmi.success_status"], sco["cmi.score.scaled"]) == ("completed", "passed", "1")
        assert golfer.attempt.sequencing["result"] == {"completion": "completed", "success": "passed", "score": 1, "progress": 1}
    assert golfer.attempt.journal[-2]["terminated"] or golfer.attempt.journal[-1]["terminated"]


def test_advanced_calls_tell_objectives_by_name_and_interactions(serve, sit):
    golfer = sit(serve(package("golf/RunTimeAdvancedCalls_SCORM20043rdEdition.zip")), kind=Golfer)
    golfer.read()
    golfer.content.evaluate("RecordQuestion('q1', 'Which?', 'choice', '2', '2', true, 'obj_playing')")
    golfer.expect_saved()
    sco = golfer.attempt.scos["item_1"]
    names = {value for key, value in sco.items() if key.startswith("cmi.objectives.") and key.endswith(".id")}
    assert "obj_playing" in names
    assert any(key.startswith("cmi.interactions.0.") for key in sco)
    golfer = golfer.again()
    assert golfer.ready().evaluate("API.GetValue('cmi.interactions._count')") == "1"


@pytest.mark.parametrize("name", ["RuntimeMinimumCalls_SCORM12", "RuntimeMinimumCalls_SCORM20043rdEdition"])
def test_minimum_calls_have_begun_and_ended(name, serve, sit):
    golfer = sit(serve(package(f"golf/{name}.zip")), kind=Golfer)
    golfer.until(lambda: golfer.attempt.scos, "the beginning")
    golfer.expect_saved()
    golfer.ask("exit")
    golfer.page.wait_for_url("**/left")
    functions = [call[1].removeprefix("LMS") for call in golfer.attempt.calls()]
    assert functions[0] == "Initialize"
    assert functions[-1] in {"Terminate", "Finish"}
    assert [commit["reason"] for commit in golfer.attempt.journal].count("terminate") == 1


@pytest.mark.parametrize("name", ["ContentPackagingOneFilePerSCO_SCORM12", "ContentPackagingOneFilePerSCO_SCORM20043rdEdition"])
def test_a_course_of_many_items_is_walked_through(name, serve, sit):
    golfer = sit(serve(package(f"golf/{name}.zip")), kind=Golfer)
    golfer.content.wait_for_load_state()
    seen = []
    for _ in range(3):
        seen.append(golfer.content.url)
        before = golfer.page.locator("[data-player-title]").inner_text()
        if not golfer.can("continue"):
            golfer.choose(
                golfer.page.locator("[data-player-item]:has(button:not(:disabled))")
                .nth(len(seen))
                .get_attribute("data-player-item")
            )
        else:
            golfer.ask("continue")
        expect(golfer.page.locator("[data-player-title]")).not_to_have_text(before)
        golfer.content.wait_for_load_state()
    assert len(set(seen)) == 3
    golfer.expect_saved()
    assert len(golfer.attempt.scos) >= 3
    title = golfer.page.locator("[data-player-title]").inner_text()
    golfer = golfer.again()
    golfer.expect_item(title)


# ---- the data model


def data_model(version, sitting):
    both = {
        "1.2": {
            "id": "cmi.core.student_id",
            "name": "cmi.core.student_name",
            "credit": "cmi.core.credit",
            "mode": "cmi.core.lesson_mode",
            "entry": "cmi.core.entry",
            "launch": "cmi.launch_data",
        },
        "2004": {
            "id": "cmi.learner_id",
            "name": "cmi.learner_name",
            "credit": "cmi.credit",
            "mode": "cmi.mode",
            "entry": "cmi.entry",
            "launch": "cmi.launch_data",
        },
    }
    return {name: sitting.get(key) for name, key in both[version].items()}


@pytest.mark.parametrize("version", VERSIONS)
def test_content_finds_who_learns_and_what_the_manifest_says(version, serve, sit):
    namespace = "adlcp:datafromlms" if version == "1.2" else "adlcp:dataFromLMS"
    files = several(version, [("one", "", f"<{namespace}>chapter=2</{namespace}>")])
    sitting = sit(serve(files, mode="review", credit="no-credit", learner={"id": "x-1", "name": "Sæther, Åse"}))
    sitting.begun()
    assert data_model(version, sitting) == {
        "id": "x-1",
        "name": "Sæther, Åse",
        "credit": "no-credit",
        "mode": "review",
        "entry": "ab-initio",
        "launch": "chapter=2",
    }


def test_a_mastery_score_decides_the_status_in_12(serve, sit):
    files = several(
        "1.2", [("one", "", "<adlcp:masteryscore>80</adlcp:masteryscore><adlcp:maxtimeallowed>00:30:00</adlcp:maxtimeallowed>")]
    )
    sitting = sit(serve(files))
    sitting.begun()
    assert sitting.get("cmi.student_data.mastery_score") == "80"
    assert sitting.get("cmi.student_data.max_time_allowed") == "00:30:00"
    sitting.set(core__score__raw="79", core__lesson_status="completed")
    sitting.content.evaluate("call('Terminate', '')")
    sitting.until(lambda: sitting.attempt.value("cmi.core.lesson_status") == "failed")
    assert sitting.attempt.value("cmi.core.lesson_status") == "failed"


def test_thresholds_decide_the_statuses_in_2004(serve, sit):
    inside = (
        '<adlcp:completionThreshold completedByMeasure="true" minProgressMeasure="0.75"/>'
        "<imsss:sequencing><imsss:objectives>"
        '<imsss:primaryObjective objectiveID="main" satisfiedByMeasure="true">'
        "<imsss:minNormalizedMeasure>0.6</imsss:minNormalizedMeasure>"
        "</imsss:primaryObjective></imsss:objectives></imsss:sequencing>"
    )
    sitting = sit(serve(several("2004", [("one", "", inside)])))
    sitting.begun()
    assert sitting.get("cmi.completion_threshold") == "0.75"
    assert sitting.get("cmi.scaled_passing_score") == "0.6"
    sitting.set(progress_measure="0.8", score__scaled="0.59")
    assert sitting.get("cmi.completion_status") == "completed"
    assert sitting.get("cmi.success_status") == "failed"
    sitting.content.evaluate("call('Terminate', '')")
    sitting.until(lambda: any(commit["terminated"] for commit in sitting.attempt.journal))
    sitting.expect_saved()
    assert sitting.attempt.value("cmi.completion_status") == "completed"
    assert sitting.attempt.value("cmi.success_status") == "failed"


@pytest.mark.parametrize("version", VERSIONS)
def test_objectives_interactions_and_times_are_there_again(version, serve, sit):
    host = serve(single(version))
    sitting = sit(host)
    sitting.begun()
    sitting.set(objectives__0__id="aim", objectives__0__score__raw="5", interactions__0__id="q", interactions__0__type="choice")
    duration = {"1.2": ("core__session_time", "00:10:00"), "2004": ("session_time", "PT10M")}[version]
    sitting.set(**{duration[0]: duration[1], "core__exit" if version == "1.2" else "exit": "suspend"})
    sitting.content.evaluate("call('Terminate', '')")
    sitting.until(lambda: any(commit["terminated"] for commit in sitting.attempt.journal))
    sitting.page.close()
    again = sit(host, sitting.attempt)
    again.begun()
    assert again.get("cmi.objectives._count") == "1"
    assert again.get("cmi.objectives.0.id") == "aim"
    assert again.get("cmi.objectives.0.score.raw") == "5"
    assert again.get("cmi.interactions._count") == "1"
    total = again.get("cmi.core.total_time" if version == "1.2" else "cmi.total_time")
    assert total == {"1.2": "00:10:00", "2004": "PT0H10M0S"}[version]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_normal_end_is_no_resumption_and_keeps_what_was_set(version, serve, sit):
    host = serve(single(version))
    sitting = sit(host)
    sitting.begun()
    sitting.set(suspend_data="kept")
    sitting.content.evaluate("call('Terminate', '')")
    sitting.until(lambda: any(commit["terminated"] for commit in sitting.attempt.journal))
    sitting.page.wait_for_timeout(500)
    sitting.page.close()
    again = sit(host, sitting.attempt)
    again.begun()
    assert again.get("cmi.core.entry" if version == "1.2" else "cmi.entry") == ""
    assert again.get("cmi.suspend_data") == "kept"


@pytest.mark.parametrize("version", VERSIONS)
def test_every_call_is_journalled_once_with_its_result_and_error(version, serve, sit):
    sitting = sit(serve(single(version)))
    sitting.begun()
    sitting.content.evaluate(
        "[set('cmi.nonsense', '1'), get('cmi.suspend_data'), set('cmi.suspend_data', 'a'), call('GetLastError', '')]"
    )
    sitting.content.evaluate("call('Commit', '')")
    sitting.expect_saved()
    calls = [
        (name.removeprefix("LMS"), parameter, value, result, error)
        for _at, name, parameter, value, result, error in sitting.attempt.calls()
    ]
    assert calls[0] == ("Initialize", "", "", "true", 0)
    assert ("SetValue", "cmi.nonsense", "1", "false", 401) in calls
    assert ("SetValue", "cmi.suspend_data", "a", "true", 0) in calls
    assert calls[-1] == ("Commit", "", "", "true", 0)
    assert len(calls) == 6
    assert "cmi.nonsense" not in sitting.attempt.scos["one"]


# ---- menus with prerequisites (1.2)


MENU = [("a", "", ""), ("b", "", "<adlcp:prerequisites type='aicc_script'>a</adlcp:prerequisites>")]
MENU += [("c", "", "<adlcp:prerequisites type='aicc_script'>a&amp;~b</adlcp:prerequisites>")]
MENU += [("d", "", "<adlcp:prerequisites type='aicc_script'>b=\"passed\"|(a&amp;c)</adlcp:prerequisites>")]


def open_items(sitting):
    sitting.page.wait_for_timeout(450)
    return sitting.page.locator("[data-player-item]:has(button:not(:disabled))").evaluate_all(
        "rows => rows.map(row => row.dataset.playerItem)"
    )


def test_prerequisites_open_items_one_by_one(serve, sit):
    sitting = sit(serve(several("1.2", MENU)))
    sitting.begun()
    assert open_items(sitting) == []
    sitting.set(core__lesson_status="completed")
    assert open_items(sitting) == ["b", "c"]
    sitting.choose("b")
    sitting.expect_item("Item b")
    sitting.begun()
    sitting.set(core__lesson_status="passed")
    assert open_items(sitting) == ["a", "d"]
    sitting.ask("continue")
    sitting.expect_item("Item d")
    sitting.begun()
    sitting.expect_saved()
    assert sitting.attempt.scos["b"]["cmi.core.lesson_status"] == "passed"


def test_a_menu_goes_on_where_the_learner_was(serve, sit):
    host = serve(several("1.2", [("a", "", ""), ("b", "", ""), ("c", "", "")]))
    sitting = sit(host)
    sitting.begun()
    sitting.ask("continue")
    sitting.expect_item("Item b")
    sitting.begun()
    sitting.set(suspend_data="in b")
    sitting.page.close()
    again = sit(host, sitting.attempt)
    again.expect_item("Item b")
    again.begun()
    assert again.get("cmi.suspend_data") == "in b"
    again.ask("previous")
    again.expect_item("Item a")
    again.begun()
    assert again.get("cmi.suspend_data") == ""


def test_late_calls_of_an_item_that_was_left_reach_no_other(serve, sit):
    sitting = sit(serve(several("1.2", [("a", "", ""), ("b", "", "")])))
    with sitting.page.expect_popup() as opened:
        sitting.begun().evaluate("void window.open('popup.html?quiet', 'popup')")
    opened.value.wait_for_load_state()
    sitting.ask("continue")
    sitting.expect_item("Item b")
    sitting.begun()
    opened.value.evaluate("[set('cmi.suspend_data', 'late'), call('Commit', '')]")
    sitting.expect_saved()
    assert sitting.get("cmi.suspend_data") == ""
    assert sitting.attempt.scos["b"].get("cmi.suspend_data") is None


# ---- the page around


def test_the_page_shows_result_progress_and_what_is_saved(serve, sit):
    sitting = sit(serve(single("2004")))
    sitting.begun()
    sitting.set(completion_status="completed", success_status="passed", score__scaled="0.875")
    sitting.expect_saved()
    expect(sitting.page.locator("[data-player-result]")).to_have_text("Passed · 88 %")
    expect(sitting.page.locator("[data-player-status]")).to_have_text("Saved")
    assert sitting.page.locator("[data-player-progress]").evaluate("bar => bar.value") == 1


def test_failed_but_not_complete_is_not_shown_as_a_result(serve, sit):
    sitting = sit(serve(single("2004")))
    sitting.begun()
    sitting.set(completion_status="incomplete", success_status="failed", score__scaled="0.1667")
    sitting.expect_saved()
    expect(sitting.page.locator("[data-player-result]")).to_have_text("Begun · 17 %")


@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_is_accessible_and_worked_by_keyboard(width, serve, sit, request):
    w, h = WIDTHS[width]
    sitting = sit(serve(several("1.2", [("a", "", ""), ("b", "", "")])), viewport={"width": w, "height": h})
    sitting.begun()
    sitting.expect_saved()
    button = sitting.page.locator("[data-player-contents-button]")
    expect(button).to_be_visible()
    button.focus()
    sitting.page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "true")
    assert violations(sitting.page) == []
    assert not overflows(sitting.page)
    sitting.row("b").focus()
    sitting.page.keyboard.press("Enter")
    sitting.expect_item("Item b")
    assert sitting.row("b").get_attribute("aria-current") == "step"
    button.focus()
    if width == "phone":
        expect(button).to_have_attribute("aria-expanded", "false")
        sitting.page.keyboard.press("Enter")
    sitting.page.keyboard.press("Escape")
    expect(button).to_have_attribute("aria-expanded", "false")


def test_a_click_counts_though_the_contents_change_under_it(serve, sit):
    sitting = sit(serve(several("1.2", [("a", "", ""), ("b", "", "")])))
    sitting.begun()
    sitting.expect_saved()
    sitting.page.locator("[data-player-contents-button]").click()
    sitting.row("b").hover()
    sitting.page.mouse.down()
    sitting.set(core__lesson_status="completed")
    expect(sitting.page.locator("[data-player-item=a]")).to_have_attribute("data-row-state", "completed")
    sitting.page.mouse.up()
    sitting.expect_item("Item b")


def test_messages_of_other_origins_are_not_heard(serve, sit):
    sitting = sit(serve(single("1.2")))
    sitting.begun()
    sitting.expect_saved()
    sitting.page.evaluate("() => window.postMessage({lrs_bridge: 'superseded'}, '*')")
    sitting.content.evaluate("() => top.postMessage({lrs_bridge: 'superseded'}, '*')")
    sitting.content.evaluate("() => parent.postMessage({lrs_bridge: 'navigate', request: 'exitAll'}, '*')")
    sitting.page.wait_for_timeout(300)
    assert sitting.root.locator("[data-player]").get_attribute("data-state") == "playing"


def test_content_reaches_neither_the_application_nor_its_cookies(serve, sit):
    host = serve(single("1.2"))
    sitting = sit(host)
    sitting.page.context.add_cookies([{"name": "session", "value": "secret", "url": host.url}])
    content = sitting.begun()
    assert content.evaluate("() => { try { return top.document.title } catch (error) { return error.name } }") == "SecurityError"
    assert content.evaluate("document.cookie") == ""


def test_no_request_is_synchronous(serve, sit):
    sitting = sit(serve(single("1.2")))
    sitting.frame.evaluate("() => { XMLHttpRequest.prototype.open = () => { throw new Error('no XMLHttpRequest') } }")
    sitting.begun()
    sitting.set(suspend_data="x")
    sitting.content.evaluate("[call('Commit', ''), call('Terminate', '')]")
    until(
        lambda: any(commit["terminated"] for commit in sitting.attempt.journal),
        sleep=lambda seconds: sitting.page.wait_for_timeout(1000 * seconds),
    )
    assert sitting.attempt.value("cmi.suspend_data") == "x"


def test_a_refused_commit_is_told_and_the_next_ones_go_through(serve, sit):
    host = serve(single("1.2"))
    sitting = sit(host)
    sitting.begun()
    sitting.expect_saved()
    sitting.page.evaluate(
        "() => { told = []; addEventListener('message', e => e.data.lrs_bridge === 'warning' && told.push(e.data)) }"
    )
    host.status = 422
    sitting.set(suspend_data="refused")
    sitting.until(lambda: sitting.page.evaluate("told.length"))
    host.status = None
    sitting.set(suspend_data="taken")
    sitting.until(lambda: sitting.attempt.value("cmi.suspend_data") == "taken")
    assert sitting.page.evaluate("told[0].code") == "refused"
