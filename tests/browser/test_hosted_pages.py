"""Every page of hosted courses, desktop and phone: accessible, nothing too wide, a picture; and a light first paint."""

import pytest

from tests.support.hosted import Seat, choose, upload
from tests.support.packages import cmi5_xml, course_page, ispring, manifest_xml, several_scos, single_sco

KIB = 1024
MOST_BEFORE_THE_COURSE = 200 * KIB
QUIET = {"start": [["Initialize"]], "leave": [["Terminate"]]}
BEGUN = {
    "start": [["Initialize"], ["SetValue", "cmi.completion_status", "incomplete"], ["SetValue", "cmi.location", "2"], ["Commit"]],
    "leave": [["SetValue", "cmi.exit", "suspend"], ["Terminate"]],
}
PAGES_OF_IT = """<style>body{font:1.1rem/1.6 system-ui;max-width:44rem;margin:2rem auto;padding:0 1rem;color:#123}</style>
<p>Hendene er den vanligste smitteveien i sykehus. Etter dette kurset kan du vurdere når hansker trengs.</p>
<p>Bla videre med knappene under, eller velg et emne i innholdet.</p>"""
SEVERAL = (
    '<imsss:sequencing><imsss:controlMode choice="true" flow="true"/></imsss:sequencing>'
    "<adlnav:presentation><adlnav:navigationInterface/></adlnav:presentation>"
)


def readable(package):
    """The same with something to read on its pages."""
    return {
        path: content.replace("</h1>", f"</h1>{PAGES_OF_IT}") if path.endswith(".html") else content
        for path, content in package.items()
    }


@pytest.fixture
def single(owner):
    return upload(owner, readable(single_sco("4th", script=BEGUN, title="Hansker i klinikken")), "hansker.zip")


@pytest.fixture
def several(owner):
    titles = ["Når hansker trengs", "Når de ikke gjør det", "Av og på", "Prøv deg"]
    package = several_scos("4th", count=4, scripts=[BEGUN] * 4, title="Hansker i klinikken", organization=SEVERAL)
    named = dict(package)
    for number, title in enumerate(titles, 1):
        named["imsmanifest.xml"] = named["imsmanifest.xml"].replace(f"<title>Side {number}</title>", f"<title>{title}</title>")
        named[f"p{number}.html"] = course_page(BEGUN, title)
    return upload(owner, readable(named), "hansker.zip")


@pytest.fixture
def units(owner):
    unit = (
        '<au id="https://lrs-bridge.example/kurs/1/au{n}" moveOn="Passed">'
        '<title><langstring lang="nb">{title}</langstring></title>'
        '<description><langstring lang="nb">Om {title}</langstring></description><url>index.html?del={n}</url></au>'
    )
    inside = "".join(unit.format(n=n, title=title) for n, title in ((2, "Lagring"), (3, "Prøv deg")))
    made = cmi5_xml(title="Blodprodukter", move_on="Completed", inside=inside)
    return upload(owner, {"cmi5.xml": made, "index.html": course_page({"start": []}), "course.js": ""}, "blod.zip")


@pytest.fixture
def eva(signed_in, width):
    return signed_in("eva", width)


def test_shows_what_owners_see(several, eva, signed_in, inspect):
    eva.goto("/hosted")
    inspect(eva, "hosted")
    eva.goto("/hosted/new")
    inspect(eva, "hosted-new")
    choose(eva, {"imsmanifest.xml": manifest_xml("1.2")})
    eva.locator("[data-upload-refusal]").wait_for()
    inspect(eva, "hosted-refused")
    assert "En side som kurset skal åpne, er ikke i pakken." in eva.locator("[data-upload-refusal]").inner_text()
    assert eva.locator("[data-upload-refusal] [lang=en]").count() == 1
    eva.goto(f"/hosted/{several}")
    inspect(eva, "hosted-course")
    eva.locator("details > summary").first.click()
    eva.goto(f"/hosted/{several}/attempts")
    inspect(eva, "hosted-attempts-none")
    seat = Seat(signed_in("kari")).begin(several).expect_playing().expect_saved()
    seat.sets(completion_status="completed", score__scaled="0.9").leave()
    eva.reload()
    inspect(eva, "hosted-attempts")
    eva.locator("main table a").first.click()
    eva.locator("#calls ~ details > summary").nth(1).click()
    inspect(eva, "hosted-support")
    assert eva.locator("details[open] table td").count() > 5


def test_shows_what_an_import_found(owner, eva, inspect):
    found = ispring("4th") | {f"res/bilde{number}.png": "x" for number in range(5)}
    found["imsmanifest.xml"] = found["imsmanifest.xml"].replace("<title>", "<title></title><title>", 1)
    hosted = upload(owner, found, "ispring.zip")
    eva.goto(f"/hosted/{hosted}")
    inspect(eva, "hosted-course-notices")
    assert eva.locator("#notices + ul > li").count() >= 3


def test_shows_what_a_course_did_wrong(owner, eva, signed_in, inspect):
    wrong = {
        "start": [
            ["Initialize"],
            ["SetValue", "cmi.core.lesson_status", "done"],
            ["SetValue", "cmi.core.student_name", "Kari"],
            ["SetValue", "cmi.suspend_data", "x" * 5000],
            ["Commit"],
        ],
        "leave": [["Terminate"], ["Terminate"]],
    }
    hosted = upload(owner, single_sco("1.2", script=wrong, title="Blodprodukter"), "blod.zip")
    Seat(signed_in("kari")).begin(hosted).expect_playing().expect_saved().leave()
    eva.goto(f"/hosted/{hosted}/attempts")
    eva.locator("main table a").first.click()
    inspect(eva, "hosted-support-faults")
    assert "Det ville lagre verdier som SCORM ikke tillater." in eva.locator("#faults + ul").inner_text()
    assert eva.locator("#faults + ul > li").count() >= 3


def test_shows_destinations(several, eva, inspect):
    eva.goto(f"/hosted/{several}/destinations")
    inspect(eva, "hosted-destinations-none")
    for name in ("Læringsportalen i nabohelseforetaket", "Kommunens kursportal"):
        eva.locator("input[name=name]").fill(name)
        eva.locator("input[name=most_learners]").fill("25")
        eva.locator("form:has(input[name=name]) button").click()
    eva.locator("form[action$='/end'] button").last.click()
    inspect(eva, "hosted-destinations")
    assert eva.locator("main .rows > li").count() == 2


def test_shows_what_learners_see(single, signed_in, inspect, width):
    kari = signed_in("kari", width)
    kari.goto(f"/learn/{single}")
    inspect(kari, "learn-new")
    seat = Seat(kari).start().expect_playing().expect_saved()
    inspect(kari, "player")
    seat.leave()
    inspect(kari, "learn-under-way")
    seat.start().expect_playing().sets(completion_status="completed", success_status="passed", score__scaled="0.9", exit="normal")
    seat.expect_saved().leave()
    inspect(kari, "learn-done")
    assert kari.locator("main ol > li").count() == 1


def test_shows_the_player_with_its_contents_open(several, signed_in, inspect, width):
    kari = signed_in("kari", width)
    seat = Seat(kari).begin(several).expect_playing().expect_saved()
    inspect(kari, "player-several")
    kari.locator("[data-player-contents-button]").click()
    kari.locator("[data-player-rows] button").first.wait_for()
    inspect(kari, "player-contents")
    assert kari.locator("[data-player-rows] > li").count() == 4
    seat.choose("i3")
    seat.expect_item("Av og på")


def test_shows_units(units, signed_in, inspect, width):
    kari = signed_in("kari", width)
    Seat(kari).begin(units)
    inspect(kari, "units")
    assert kari.locator("form[action*='/units/']").count() == 3


@pytest.mark.parametrize("version", ["1.2", "4th"])
def test_is_light_before_the_course_itself(version, owner, signed_in, new_page):
    """What a browser that was never here has to fetch before it asks for the course's first own file."""
    hosted = upload(owner, single_sco(version, script=QUIET))
    kari = signed_in("kari")
    Seat(kari).begin(hosted).expect_playing()
    fresh = new_page(storage_state=kari.context.storage_state())
    arrived = []
    fresh.on("requestfinished", lambda request: arrived.append((request.url, request)))
    fresh.goto(kari.url)
    Seat(fresh).expect_playing()
    sizes = [(url, request.sizes()) for url, request in arrived]
    first = next(place for place, (url, _) in enumerate(sizes) if "/files/" in url)
    weights = {url.partition("?")[0][-60:]: size["responseBodySize"] + size["responseHeadersSize"] for url, size in sizes[:first]}
    assert len(weights) > 10
    assert sum(weights.values()) < MOST_BEFORE_THE_COURSE
