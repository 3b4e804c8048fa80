"""Courses that attack from inside, in Chromium: what is around them, other courses, the application, the browser."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.hostile import attacker
from tests.support.packages import item_xml, manifest_xml, scripted_titles, several_scos, zipped

ODD = [
    None,
    1,
    "ended",
    [],
    {},
    {"lrs_bridge": None},
    {"lrs_bridge": "constructor"},
    {"lrs_bridge": "__proto__"},
    {"lrs_bridge": "toString"},
    {"lrs_bridge": "__defineGetter__"},
    {"lrs_bridge": {"toString": "x"}},
    {"lrs_bridge": "outlook"},
    {"lrs_bridge": "outlook", "rows": 1, "controls": None, "result": None},
    {"lrs_bridge": "outlook", "rows": [None], "controls": {}, "result": {}},
    {"lrs_bridge": "status", "status": '"],body,[x="'},
    {"lrs_bridge": "status", "status": {"a": 1}},
    {"lrs_bridge": "item", "title": {"a": 1}},
    {"lrs_bridge": "keep", "commit": {"session": 1, "sequence": "x"}},
    {"lrs_bridge": "keep", "commit": None},
    {"lrs_bridge": "drop", "session": {}, "sequence": []},
]
RESULT = {
    "lrs_bridge": "outlook",
    "rows": [],
    "controls": {},
    "result": {"completion": "completed", "success": "passed", "score": 1, "progress": 1},
}


class Play:
    """A page on which a course is played, seen from outside and from inside."""

    def __init__(self, page) -> None:
        self.page = page
        self.troubles = []
        page.on("pageerror", lambda error: self.troubles.append(str(error)))
        page.on("dialog", lambda dialog: (self.troubles.append(dialog.message), dialog.dismiss()))

    @property
    def frame(self):
        return next(each for each in self.page.frames if "/play/" in each.url)

    def expect_playing(self) -> None:
        expect(self.page.locator("[data-player]")).to_have_attribute("data-state", "playing")

    @property
    def course(self):
        self.expect_playing()
        found = self.page.frame_locator("[data-player-frame]").frame_locator("#stage iframe")
        expect(found.locator("#state")).to_have_text("ready")
        return next(each for each in self.page.frames if "/files/" in each.url and each.parent_frame == self.frame)

    @property
    def address(self) -> str:
        return self.frame.url.split("?")[0]

    @property
    def attempt(self) -> str:
        return self.page.url.rpartition("/")[2]

    def tries(self, attack, argument=None):
        return self.course.evaluate("([attack, argument]) => window.attacks[attack](argument)", [attack, argument])


@pytest.fixture(scope="module")
def hosted(chromium, demo):
    """Uploads a package as the demo's course owner; gives the course's path."""

    def upload(files, name="kurs.zip"):
        with chromium.new_context(base_url=demo.url) as context:
            page = log_in(context.new_page(), "eva")
            page.goto("/hosted/new")
            page.locator("input[type=file]").set_input_files(
                {"name": name, "mimeType": "application/zip", "buffer": zipped(files)}
            )
            page.locator("form[data-upload] button").click()
            page.wait_for_url(re.compile(r"/hosted/[0-9a-f-]{36}$"))
            return page.url.rpartition("/")[2]

    return upload


@pytest.fixture(scope="module")
def attacking(hosted):
    return hosted(attacker())


@pytest.fixture
def context(chromium, demo):
    with chromium.new_context(base_url=demo.url, locale="nb-NO", accept_downloads=True) as context:
        context.set_default_timeout(15_000)
        log_in(context.new_page(), "kari")
        yield context


def log_in(page, username):
    page.goto("/login")
    page.get_by_label(re.compile("Brukernavn|User name")).fill(username)
    page.get_by_label(re.compile("Passord|Password")).fill("lrs-demo-2026")
    page.locator("main form button[type=submit]").first.click()
    page.wait_for_url(lambda url: "/login" not in url)
    return page


@pytest.fixture
def play(context):
    def opened(hosted_id) -> Play:
        page = context.new_page()
        page.goto(f"/learn/{hosted_id}")
        page.locator(f"form[action$='/learn/{hosted_id}/start'] button").first.click()
        page.wait_for_url(re.compile("/learn/attempts/"))
        return Play(page)

    return opened


@pytest.fixture
def attack(play, attacking):
    """A sitting at the course that attacks; whatever it does, the page around it goes on without an error."""
    found = play(attacking)
    assert found.tries("own_cookies") == {"reached": ""}
    yield found
    assert found.page.url.endswith(f"/learn/attempts/{found.attempt}")
    found.expect_playing()
    assert found.troubles == []


def log_of(demo):
    return (demo.data_dir / "serve.log").read_text()


# What is around it


@pytest.mark.parametrize(
    "name",
    [
        "document_above",
        "document_at_the_top",
        "cookies_at_the_top",
        "storage_at_the_top",
        "session_storage_at_the_top",
        "database_at_the_top",
        "address_at_the_top",
        "function_at_the_top",
        "api_at_the_top",
    ],
)
def test_the_page_around_a_course_is_closed_to_it(attack, name):
    assert attack.tries(name) == {"refused": "SecurityError"}


def test_a_course_does_not_see_how_its_frame_is_held(attack):
    assert attack.tries("own_frame_element_above") == {"refused": "TypeError"}  # null: the page above is of another origin


@pytest.mark.parametrize("name", ["go", "replace", "open_as_top", "open_as_the_parents_parent", "click_to_top", "send_to_top"])
def test_a_course_can_not_take_the_whole_window_elsewhere(attack, demo, name):
    before = attack.page.url
    for url in (f"{demo.url}/help", "about:blank", "data:text/html,owned"):
        attack.tries(name, url)
    attack.page.wait_for_timeout(500)
    assert attack.page.url == before


def test_drawings_run_where_the_course_runs(attack):
    assert attack.tries("drawing") == {"reached": "SecurityError"}


# The application


@pytest.mark.parametrize(
    "name", ["fetch", "request", "post_json", "script", "module", "image", "style", "frame", "object", "embed", "popup", "form"]
)
@pytest.mark.parametrize("path", ["/plan", "/login"])
def test_no_page_of_the_application_is_read_by_a_course(attack, demo, name, path):
    found = attack.tries(name, demo.url + path)
    assert found.keys() == {"refused"}
    for page in attack.page.context.pages[2:]:
        page.close()


def test_what_comes_without_being_read_is_empty(attack, demo):
    assert attack.tries("fetch_opaque", f"{demo.url}/plan") == {"reached": ""}


def test_forms_of_a_course_change_nothing_in_the_application(attack, demo):
    for path in ("/logout", "/login", "/language", f"/learn/attempts/{attack.attempt}/sittings/1/ticket", "/hosted/new"):
        attack.tries("form", demo.url + path)
    page = attack.page.context.new_page()
    page.goto("/plan")
    expect(page.get_by_role("heading", name="Min plan")).to_be_visible()
    page.close()


def test_a_window_that_a_course_opens_shows_it_nothing_of_the_application(attack, demo):
    with attack.page.context.expect_page() as opened:
        attack.course.evaluate("url => { window.popup = window.open(url) }", f"{demo.url}/plan")
    opened.value.wait_for_timeout(1000)
    assert "Min plan" not in opened.value.content()
    seen = "() => { try { return window.popup.document.title } catch (refused) { return refused.name } }"
    assert attack.course.evaluate(seen) in ("SecurityError", "")
    opened.value.close()


def test_a_window_that_a_course_opens_knows_the_course_and_stays_in_its_box(attack, demo):
    before = attack.page.url
    with attack.page.context.expect_page() as opened:
        attack.course.evaluate("() => { window.popup = window.open('sheet.txt?') }")
    popup = opened.value
    popup.wait_for_load_state()
    assert popup.evaluate("() => String(window.opener.parent.API.LMSGetLastError())") == "0"
    refused = """([place, url]) => {
      const above = { top: window.opener.top, parent: window.opener.parent.parent }[place];
      try { above.location.replace(url); } catch (refused) { return refused.name; }
      return "let";
    }"""
    for place in ("top", "parent"):
        assert popup.evaluate(refused, [place, f"{demo.url}/help"]) == "SecurityError"
    assert (
        popup.evaluate("() => { try { return window.opener.top.document.title } catch (e) { return e.name } }") == "SecurityError"
    )
    popup.close()
    assert attack.page.url == before


def test_cookies_of_a_course_stay_its_own(attack, demo):
    for cookie in (
        "lrs_bridge_session=evil",
        "lrs_bridge_session=evil; domain=localhost",
        "lrs_bridge_language=en; domain=127.0.0.1; path=/",
    ):
        attack.tries("bake", cookie)
    kept = {each["name"]: each["value"] for each in attack.page.context.cookies(demo.url)}
    assert "evil" not in kept.values()
    assert kept.get("lrs_bridge_language") is None
    hosts = {each["domain"] for each in attack.page.context.cookies() if each["value"] == "evil"}
    assert hosts <= {re.search("//([^:/]+)", attack.address)[1]}


# The browser


@pytest.mark.parametrize("alone", [False, True])
def test_no_service_worker_is_installed_and_support_is_told(attack, demo, alone):
    """Neither in a frame nor, as cmi5 opens courses, in a window."""
    course, window = attack.course, attack.page.context.new_page()
    if alone:
        window.goto(course.url)
        course = window.main_frame
    tried = [
        ("worker.js", "./", "classic"),
        ("/static/player/frame.js", "/static/player/", "module"),
        (f"{attack.address}/state", "/play/", "classic"),
        ("data:text/javascript,1", "./", "classic"),
    ]
    calls = "async each => Object.keys(await window.attacks.worker(each))"
    assert [course.evaluate(calls, list(each)) for each in tried] == [["refused"]] * 4
    if alone:
        assert course.evaluate("() => window.attacks.workers()") == {"reached": 0}
        told = [line for line in log_of(demo).splitlines() if "a service worker was refused" in line]
        assert any(f'"attempt":"{attack.attempt}"' in line for line in told)
    window.close()


def test_downloads_leave_the_page_where_it_is(attack):
    with attack.page.expect_download() as download:
        attack.tries("download", "faktura.exe")
    assert download.value.url.startswith(attack.address.partition("/play/")[0])


# Other attempts, open at the same time in the same browser


@pytest.fixture
def other(play, hosted):
    found = play(hosted(attacker("Et annet kurs")))
    assert found.tries("own_cookies") == {"reached": ""}
    return found


def test_the_attempts_of_one_learner_are_closed_to_each_other(attack, other):
    host = attack.address.partition("/play/")[0]
    ticket = other.address.rpartition("/")[2]
    files = other.course.url.rpartition("/")[0]
    assert host != other.address.partition("/play/")[0]
    assert attack.tries("state", other.address) == {"refused": "TypeError"}
    assert attack.tries("state", f"/play/{ticket}") == {"reached": 401}
    assert attack.tries("frame", other.course.url) == {"refused": "TypeError"}
    assert attack.tries("script", f"{files}/course.js") == {"refused": "NotLoaded"}
    assert attack.tries("fetch", f"{files}/index.html") == {"refused": "TypeError"}
    found = attack.tries("databases").get("reached", {})  # where browsers keep anything for frames of other sites
    assert {record["attempt"] for records in found.values() for record in records} <= {attack.attempt}


def test_commits_of_other_attempts_and_sittings_can_not_be_forged(attack, other, demo):
    passed = {
        "session": 1,
        "sequence": 100,
        "sco": "i1",
        "reason": "terminate",
        "cmi": {"cmi.core.lesson_status": "passed"},
        "seconds": 1,
        "calls": [],
        "terminated": True,
    }
    ticket = other.address.rpartition("/")[2]
    own = attack.address.rpartition("/")[2]
    assert attack.tries("commit", [other.address, passed]) == {"refused": "TypeError"}  # its answer is not read
    assert attack.tries("commit", [f"/play/{ticket}", passed]) == {"reached": [401, "token"]}
    assert attack.tries("commit", [f"/play/{own[:-3]}AAA", passed]) == {"reached": [401, "token"]}
    assert attack.tries("commit", [f"/play/{own}", passed | {"session": 99}]) == {"reached": [403, "invalid"]}
    said = [line for line in log_of(demo).splitlines() if '"a ticket was refused"' in line]
    assert any(f'"attempt":"{other.attempt}"' in line for line in said)


def test_a_course_can_not_call_off_another_one(attack, other):
    attack.tries("call_off", other.attempt)
    attack.page.wait_for_timeout(1500)
    other.expect_playing()
    assert other.tries("own_cookies") == {"reached": ""}


# Messages


def test_the_page_around_hears_its_frame_alone(attack):
    for message in ({"lrs_bridge": "ended", "how": "exited", "isSaved": True}, {"lrs_bridge": "superseded"}, RESULT):
        attack.tries("say_from_here", message)
    attack.page.wait_for_timeout(300)
    shell = attack.page.locator("[data-player]")
    expect(shell).to_have_attribute("data-state", "playing")
    assert shell.get_attribute("data-success") != "passed"


def test_a_frame_that_talks_nonsense_changes_nothing_that_matters(attack, attacking, chromium, demo):
    attack.tries("say_as_the_frame", [*ODD, RESULT])
    shell = attack.page.locator("[data-player]")
    expect(shell).to_have_attribute("data-success", "passed")  # the course may say so to its learner, whom it may tell anything
    with chromium.new_context(base_url=demo.url, locale="nb-NO") as owner:
        page = log_in(owner.new_page(), "eva")
        page.goto(f"/hosted/{attacking}/attempts/{attack.attempt}")
        said = page.locator("dl").first.locator("dd")
        assert {said.nth(0).inner_text(), said.nth(1).inner_text()}.isdisjoint({"Ja", "Yes"})


def test_a_course_that_takes_the_api_away_harms_itself_alone(play, attacking):
    found = play(attacking)
    assert found.tries("take_the_api") == {"reached": "mine"}
    found.page.locator("[data-player-request=exit]").click()
    found.page.wait_for_url(re.compile(f"/learn/{attacking}$"))
    assert found.troubles == []


# Titles


def test_titles_are_text_in_the_players_contents(play, hosted):
    evil = '<img src=x onerror="top.owned=1"><script>top.owned=1</script>'
    items = "".join(item_xml(f"i{n}", f"{evil}{n}", f"r{n}") for n in (1, 2, 3))
    made = several_scos(title=evil)
    resources = re.search("<resources>(.*)</resources>", made["imsmanifest.xml"])[1]
    found = play(hosted(made | {"imsmanifest.xml": manifest_xml(title=evil, items=items, resources=resources)}))
    expect(found.page.locator("[data-player-row-title]").first).to_have_text(f"{evil}1")
    assert found.page.locator("[data-player-rows] img, [data-player-rows] script, .player__title img").count() == 0
    assert found.page.evaluate("window.owned") is None
    assert found.troubles == []


def test_titles_are_text_on_the_pages_of_owners_and_learners(chromium, demo, hosted, play):
    hosted_id = hosted(scripted_titles(), "<img src=x onerror=alert(1)>.zip")
    found = play(hosted_id)
    found.expect_playing()
    with chromium.new_context(base_url=demo.url) as owner:
        page = log_in(owner.new_page(), "eva")
        troubles = []
        page.on("dialog", lambda dialog: (troubles.append(dialog.message), dialog.dismiss()))
        page.on("console", lambda line: troubles.append(line.text) if "Content Security Policy" in line.text else None)
        paths = (
            "/hosted",
            f"/hosted/{hosted_id}",
            f"/hosted/{hosted_id}/attempts",
            f"/hosted/{hosted_id}/attempts/{found.attempt}",
        )
        for path in (*paths, f"/hosted/{hosted_id}/destinations"):
            page.goto(path)
            assert page.locator("main img[src=x], main script").count() == 0
            assert page.title() != "owned"
    assert troubles == []
    assert found.troubles == []


# What is told of it


def test_the_log_names_no_ticket(attack, demo):
    attack.tries("fetch", f"{attack.address}/state")
    tickets = (attack.address.rpartition("/")[2], re.search("/files/([^/]+)/", attack.course.url)[1])
    assert [ticket in log_of(demo) for ticket in tickets] == [False, False]
