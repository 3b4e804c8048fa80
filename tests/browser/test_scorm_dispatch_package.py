"""The thin package in a learning system of its own: what the course's page says arrives there, by SCORM 1.2 and 2004."""

import hashlib
import io
import json
import zipfile
from urllib.parse import parse_qs
from uuid import UUID

import pytest

from lrs_bridge.scorm.dispatch.package import Destination, Edition, Texts, dispatch_package

LMS, LRS = "http://lms.example", "http://lrs.example"
DESTINATION = Destination(UUID("0b54ab9c-6a1d-4a43-8b0c-d9a5f8a1c2e3"), "Smittevern", f"{LRS}/dispatch/0b54ab9c", "s3cret")
SYSTEM = """<!DOCTYPE html><title>LMS</title><script>
window.values = VALUES; window.calls = [];
const log = (name, answer) => (...args) => { window.calls.push([name, ...args]); return answer(...args); };
const is12 = VERSION_12;
const names = is12 ? ["LMSInitialize", "LMSGetValue", "LMSSetValue", "LMSCommit", "LMSFinish"]
  : ["Initialize", "GetValue", "SetValue", "Commit", "Terminate"];
window[is12 ? "API" : "API_1484_11"] = {
  [names[0]]: log("initialize", () => "INITIALIZED"),
  [names[1]]: (key) => window.values[key] ?? "",
  [names[2]]: log("set", (key, value) => { window.values[key] = String(value); return "true"; }),
  [names[3]]: log("commit", () => "true"),
  [names[4]]: log("finish", () => true),
};
</script><iframe src="/middle.html" style="width:100%;height:400px"></iframe>"""
COURSE = """<!DOCTYPE html><p id="course">Kurs</p><script>
window.say = (message) => (window.opener || window.parent).postMessage(message, "http://lms.example");
</script>"""
OUTCOME = {
    "lrs_bridge": "dispatch.outcome",
    "completion": False,
    "success": None,
    "score": None,
    "seconds": 61.5,
    "location": "p3",
}
V1_2 = {"cmi.core.student_id": "ola", "cmi.core.student_name": "Nordmann, Ola", "cmi.core.lesson_status": "not attempted"}
V2004 = {"cmi.learner_id": "ola", "cmi.learner_name": "Nordmann, Ola", "cmi.completion_status": "unknown"}


@pytest.fixture
def learning_system(chromium):
    """Opens the package in a learning system with these values, a browser without network around it."""
    contexts = []

    def open_in(edition, values, *, destination=DESTINATION, initialized="true"):
        package = zipfile.ZipFile(io.BytesIO(dispatch_package(destination, edition)))
        system = SYSTEM.replace("VALUES", json.dumps(values)).replace("INITIALIZED", initialized)
        pages = {
            f"{LMS}/": system.replace("VERSION_12", "true" if edition is Edition.V1_2 else "false"),
            f"{LMS}/middle.html": '<!DOCTYPE html><iframe src="/package/index.html" style="width:100%;height:380px"></iframe>',
            f"{LMS}/package/index.html": package.read("index.html").decode(),
        }
        posted = []

        def answer(route):
            url = route.request.url
            if url.startswith(DESTINATION.url):
                posted.append(
                    {name: value[0] for name, value in parse_qs(route.request.post_data, keep_blank_values=True).items()}
                )
                route.fulfill(content_type="text/html", body=COURSE)
            elif url.endswith("dispatch.js"):
                route.fulfill(content_type="text/javascript", body=package.read("dispatch.js").decode())
            else:
                route.fulfill(content_type="text/html", body=pages.get(url, ""))

        context = chromium.new_context()
        contexts.append(context)
        context.route("**/*", answer)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.clock.install()
        page.goto(f"{LMS}/")
        return page, posted

    yield open_in
    for context in contexts:
        context.close()


def thin(page):
    return page.frame_locator("iframe").frame_locator("iframe")


def course_frame(page):
    thin(page).frame_locator("#course").locator("#course").wait_for()
    return next(frame for frame in page.frames if frame.url.startswith(LRS))


def say(page, **changes):
    course_frame(page).evaluate("(message) => window.say(message)", OUTCOME | changes)
    page.wait_for_timeout(50)


def kept(page, *keys):
    return page.evaluate("(keys) => keys.map((key) => window.values[key] ?? null)", list(keys))


def calls(page, name):
    return page.evaluate("(name) => window.calls.filter((call) => call[0] === name).length", name)


@pytest.mark.parametrize(("edition", "values"), [(Edition.V1_2, V1_2), (Edition.THIRD, V2004)])
def test_opens_the_course_for_the_learner_whom_the_learning_system_knows(learning_system, edition, values):
    page, posted = learning_system(edition, values)
    course_frame(page)
    assert posted == [{"token": "s3cret", "learner_id": "ola", "learner_name": "Nordmann, Ola", "mode": "normal", "origin": LMS}]


def test_keeps_learners_names_back_where_it_shall(learning_system):
    hiding = Destination(DESTINATION.id, "Smittevern", DESTINATION.url, "s3cret", hides_learners=True)
    page, posted = learning_system(Edition.V1_2, V1_2 | {"cmi.core.student_id": "ola ø"}, destination=hiding)
    course_frame(page)
    digest = hashlib.sha256(f"{DESTINATION.id}\nola ø".encode()).hexdigest()
    assert page.evaluate("window.isSecureContext") is False
    assert (posted[0]["learner_id"], posted[0]["learner_name"]) == (digest, "")


RESULTS_1_2 = [
    ({"completion": None}, "incomplete", None),
    ({"completion": False, "success": False, "score": {"scaled": 0.17}}, "incomplete", "17"),
    ({"completion": True}, "completed", None),
    ({"completion": True, "success": False, "score": {"scaled": None, "raw": 4, "minimum": 0, "maximum": 10}}, "failed", "40"),
    ({"completion": True, "success": True, "score": {"scaled": 0.87654321}}, "passed", "87.6543"),
    ({"completion": False, "success": True, "score": {"scaled": -0.5, "raw": 1}}, "passed", "0"),
    ({"completion": True, "score": {"raw": 4}}, "completed", None),
]


def test_reports_by_scorm_1_2(learning_system):
    for said, status, raw in RESULTS_1_2:
        page, _ = learning_system(Edition.V1_2, V1_2)
        say(page, **said)
        assert kept(page, "cmi.core.lesson_status", "cmi.core.score.raw", "cmi.core.lesson_location") == [status, raw, "p3"]
        assert kept(page, "cmi.core.session_time", "cmi.core.exit") == ["0000:01:01.50", "suspend"]
        assert calls(page, "commit") == 2


RESULTS_2004 = [
    ({"completion": None}, "incomplete", None, None),
    ({"completion": False, "success": False, "score": {"scaled": 0.17}}, "incomplete", None, "0.17"),
    (
        {"completion": True, "success": None, "score": {"scaled": None, "raw": 4, "minimum": 0, "maximum": 10}},
        "completed",
        None,
        "0.4",
    ),
    ({"completion": True, "success": False}, "completed", "failed", None),
    ({"completion": True, "success": True, "score": {"scaled": 1}}, "completed", "passed", "1"),
    ({"completion": False, "success": True}, "incomplete", "passed", None),
]


def test_reports_by_scorm_2004(learning_system):
    for said, completion, success, scaled in RESULTS_2004:
        page, _ = learning_system(Edition.FOURTH, V2004)
        say(page, **said)
        assert kept(page, "cmi.completion_status", "cmi.success_status", "cmi.score.scaled") == [completion, success, scaled]
        assert kept(page, "cmi.session_time", "cmi.exit", "cmi.location") == ["PT0H1M1.50S", "suspend", "p3"]


@pytest.mark.parametrize(
    ("edition", "values", "key", "stays"),
    [
        (Edition.V1_2, V1_2 | {"cmi.core.lesson_status": "passed"}, "cmi.core.lesson_status", "passed"),
        (Edition.V1_2, V1_2 | {"cmi.core.lesson_status": "completed"}, "cmi.core.lesson_status", "completed"),
        (Edition.FOURTH, V2004 | {"cmi.completion_status": "completed"}, "cmi.completion_status", "completed"),
    ],
)
def test_makes_nothing_worse_that_the_learning_system_has_already(learning_system, edition, values, key, stays):
    page, _ = learning_system(edition, values)
    say(page, completion=False, score={"scaled": 0.1})
    assert kept(page, key, "cmi.core.score.raw", "cmi.score.scaled") == [stays, None, None]


@pytest.mark.parametrize(
    ("values", "mode"),
    [
        (V2004 | {"cmi.mode": "review"}, "review"),
        (V2004 | {"cmi.mode": "browse"}, "browse"),
        (V2004 | {"cmi.credit": "no-credit"}, "browse"),
    ],
)
def test_reports_no_result_of_who_only_looks(learning_system, values, mode):
    page, posted = learning_system(Edition.FOURTH, values)
    say(page, completion=True, success=True, score={"scaled": 1})
    assert posted[0]["mode"] == mode
    assert kept(page, "cmi.completion_status", "cmi.success_status", "cmi.score.scaled") == ["unknown", None, None]


@pytest.mark.parametrize(
    ("edition", "values", "said", "exit", "wish"),
    [
        (Edition.V1_2, V1_2, {"completion": True}, "", None),
        (Edition.V1_2, V1_2, {"completion": False}, "suspend", None),
        (Edition.FOURTH, V2004, {"completion": True}, "normal", "exitAll"),
        (Edition.FOURTH, V2004, {"completion": False}, "suspend", "suspendAll"),
    ],
)
def test_ends_once_when_the_learner_leaves(learning_system, edition, values, said, exit, wish):
    page, _ = learning_system(edition, values)
    say(page, **said)
    say(page, lrs_bridge="dispatch.ended")
    thin(page).get_by_text(Texts().ended).wait_for()
    course_frame_gone = thin(page).locator("#course").is_hidden()
    page.evaluate("document.querySelector('iframe').remove()")
    exits = kept(page, "cmi.core.exit" if edition is Edition.V1_2 else "cmi.exit", "adl.nav.request")
    assert (exits, course_frame_gone, calls(page, "finish")) == ([exit, wish], True, 1)


def test_suspends_when_the_page_goes_away_and_keeps_what_was_said(learning_system):
    page, _ = learning_system(Edition.V1_2, V1_2)
    say(page, completion=True, success=True)
    page.evaluate("document.querySelector('iframe').contentWindow.frames[0].dispatchEvent(new Event('pagehide'))")
    page.evaluate("document.querySelector('iframe').contentWindow.frames[0].dispatchEvent(new Event('pagehide'))")
    assert (kept(page, "cmi.core.lesson_status"), calls(page, "finish")) == (["passed"], 1)


def test_keeps_what_was_said_when_the_learning_system_fails_at_the_end(learning_system):
    page, _ = learning_system(Edition.V1_2, V1_2)
    say(page, completion=True)
    page.evaluate(
        "() => { window.API.LMSCommit = window.API.LMSFinish = () => { throw new Error('no synchronous requests'); }; }"
    )
    page.evaluate("document.querySelector('iframe').contentWindow.frames[0].dispatchEvent(new Event('pagehide'))")
    assert kept(page, "cmi.core.lesson_status") == ["completed"]


def test_listens_to_the_course_alone(learning_system):
    page, _ = learning_system(Edition.V1_2, V1_2)
    course_frame(page)
    message = json.dumps(OUTCOME | {"completion": True})
    page.evaluate(f"document.querySelector('iframe').contentWindow.frames[0].postMessage({message}, '*')")
    for odd in ("text", None, {"lrs_bridge": "another"}, {"completion": True}):
        course_frame(page).evaluate("(message) => window.say(message)", odd)
    page.wait_for_timeout(50)
    assert kept(page, "cmi.core.lesson_status") == ["incomplete"]


def test_tells_when_the_course_does_not_load_and_opens_it_elsewhere(learning_system):
    page, posted = learning_system(Edition.V1_2, V1_2)
    course_frame(page)
    page.clock.fast_forward(21_000)
    thin(page).get_by_text(Texts().not_loaded).wait_for()
    with page.expect_popup() as opening:
        thin(page).get_by_role("button", name=Texts().new_window).click()
    opening.value.locator("#course").wait_for()
    opening.value.evaluate("(message) => window.say(message)", OUTCOME | {"completion": True})
    page.wait_for_timeout(50)
    assert (kept(page, "cmi.core.lesson_status"), len(posted)) == (["completed"], 2)


def test_tries_again_when_the_learner_asks(learning_system):
    page, posted = learning_system(Edition.V1_2, V1_2)
    course_frame(page)
    page.clock.fast_forward(21_000)
    thin(page).get_by_role("button", name=Texts().again).click()
    say(page, completion=True)
    assert (kept(page, "cmi.core.lesson_status"), len(posted)) == (["completed"], 2)
    assert thin(page).locator("#notice").is_hidden()


def test_says_what_is_missing_when_no_learning_system_answers(learning_system):
    page, posted = learning_system(Edition.V1_2, V1_2, initialized="false")
    thin(page).get_by_text(Texts().no_system).wait_for()
    assert posted == []


def test_says_so_when_nobody_is_logged_in(learning_system):
    page, posted = learning_system(Edition.V1_2, V1_2 | {"cmi.core.student_id": ""})
    thin(page).get_by_text(Texts().no_learner).wait_for()
    assert (posted, calls(page, "finish")) == ([], 1)
