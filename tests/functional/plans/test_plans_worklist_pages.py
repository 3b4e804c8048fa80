"""The work list and the course register as administrators use them."""

import re
from datetime import datetime
from uuid import uuid4

import pytest

from lrs_bridge.identity import Account
from lrs_bridge.plans.record import State
from tests.support import browsing
from tests.support.plans import DRUGS_IRI, HYGIENE_IRI

MOODLE = Account("https://ks.example.no", "48213")
MOODLE_COURSE = "https://ks.example.no/course/view.php?id=9"


def first_entry(client, topic):
    return re.search(rf"/work-list/{topic}/[0-9a-f-]+", client.get(f"/work-list?list={topic}").text)[0]


def test_links_a_person_and_tells_what_that_did(ward, log_in):
    ward.reports(who=MOODLE, name="Ola Hansen")
    admin = log_in("admin")
    assert "48213" in admin.get("/work-list").text
    entry = first_entry(admin, "person")
    assert str(ward.ola) in admin.get(entry).text
    answer = browsing.submit(admin, f"{entry}/link", person_id=str(ward.ola))
    assert answer.status_code == 303
    assert "1 completion applied, 1 activity completed." in admin.get(answer.location).text
    assert ward.record(ward.hygiene, person=ward.ola).state is State.SIGNED
    assert admin.get(entry).status_code == 404


def test_finds_a_person_by_search(ward, log_in):
    ward.reports(who=MOODLE, name="Ukjent")
    admin = log_in("admin")
    entry = first_entry(admin, "person")
    assert "Nobody is found by that" in admin.get(entry).text
    assert str(ward.sigrid) in admin.get(f"{entry}?q=sigrid").text


def test_links_an_address_to_a_known_course(ward, log_in):
    ward.reports(MOODLE_COURSE)
    admin = log_in("admin")
    entry = first_entry(admin, "course")
    browsing.submit(admin, f"{entry}/link", course_id=str(ward.hygiene_course))
    assert ward.record(ward.hygiene).state is State.SIGNED
    assert MOODLE_COURSE in admin.get(f"/courses/{ward.hygiene_course}").text


def test_registers_a_course_with_an_activity(ward, log_in):
    ward.reports(MOODLE_COURSE)
    admin = log_in("admin")
    entry = first_entry(admin, "course")
    browsing.submit(
        admin,
        f"{entry}/register",
        title="Nytt",
        version="1",
        owner_id=str(ward.owner),
        activity_id=str(ward.drugs),
        policy="supervisor",
        requirement="completed",
    )
    assert ward.record(ward.drugs).state is State.SENT


def test_maps_a_course_from_the_list(ward, log_in):
    ward.reports(MOODLE_COURSE)
    admin = log_in("admin")
    entry = first_entry(admin, "course")
    browsing.submit(admin, f"{entry}/register", title="Nytt", version="1", owner_id=str(ward.owner), activity_id="")
    unmapped = first_entry(admin, "mapping")
    assert "Let it complete an activity" in admin.get(unmapped).text
    fields = {"activity_id": str(ward.hygiene), "policy": "auto", "requirement": "completed"}
    assert "1 activity completed" in admin.get(browsing.submit(admin, f"{unmapped}/map", **fields).location).text


@pytest.mark.parametrize(
    ("path", "fields", "told"),
    [
        ("person/link", {"person_id": ""}, "Choose one from the list."),
        ("course/link", {"course_id": "x"}, "Choose one from the list."),
        ("course/register", {"title": "", "version": "1"}, "Choose one from the list."),
        ("course/register", {"title": " ", "version": "1", "owner_id": "OWNER"}, "Give the course a title."),
        (
            "course/register",
            {"title": "N", "version": "1", "owner_id": "OWNER", "activity_id": "ACTIVITY", "policy": "auto"}
            | {"requirement": "passed", "minimum_score": "mye"},
            "Write a number between 0 and 100.",
        ),
    ],
)
def test_says_what_is_wrong_and_links_nothing(ward, log_in, path, fields, told):
    topic, action = path.split("/")
    ward.reports(MOODLE_COURSE, who=MOODLE)
    admin = log_in("admin")
    entry = first_entry(admin, topic)
    known = {"OWNER": str(ward.owner), "ACTIVITY": str(ward.drugs)}
    answer = browsing.submit(admin, f"{entry}/{action}", **{name: known.get(text, text) for name, text in fields.items()})
    assert answer.status_code == 400
    assert "Nothing was linked" in answer.text
    assert topic == "person" or told in answer.text
    assert first_entry(admin, topic) == entry


def test_sets_aside_and_puts_back(ward, log_in):
    ward.reports(MOODLE_COURSE)
    admin = log_in("admin")
    entry = first_entry(admin, "course")
    browsing.submit(admin, f"{entry}/aside")
    assert entry not in admin.get("/work-list?list=course").text
    assert entry in admin.get("/work-list?list=course&aside=1").text
    assert "This is set aside" in admin.get(entry).text
    browsing.submit(admin, f"{entry}/take-back")
    assert first_entry(admin, "course") == entry


def test_turns_pages(ward, log_in):
    ward.receive(*(ward.completion(f"https://x.example.no/{n}") for n in range(30)))
    page = log_in("admin").get("/work-list?list=course&page=2").text
    assert "Page 2 of 2" in page
    assert page.count("Look at it and link") == 5


def test_tells_an_administrator_to_let_another_one_link_what_would_be_theirs(ward, log_in):
    ward.reports(who=MOODLE, name="Arne Admin")
    admin = log_in("admin")
    entry = first_entry(admin, "person")
    answer = browsing.submit(admin, f"{entry}/link", person_id=str(ward.admin))
    assert answer.status_code == 403
    assert "Ask another administrator to do it." in answer.text
    assert first_entry(admin, "person") == entry


@pytest.mark.parametrize("action", ["map", "aside", "take-back"])
def test_answers_that_there_is_no_such_entry_to_act_on(ward, log_in, action):
    admin, fields = log_in("admin"), {"activity_id": str(ward.hygiene), "policy": "auto", "requirement": "completed"}
    assert browsing.submit(admin, f"/work-list/mapping/rubbish/{action}", **fields).status_code == 404


def test_shows_the_last_page_when_the_number_is_beyond_all_pages(ward, log_in):
    admin = log_in("admin")
    for path in ("/courses", "/work-list"):
        assert admin.get(f"{path}?page=999999999999999999999999").status_code == 200
        assert admin.get(f"{path}?page=-999999999999999999999999").status_code == 200


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "9998-06-01T00:00:00Z"])
def test_shows_what_waits_when_it_is_said_to_have_happened_in_a_strange_year(ward, log_in, at):
    ward.reports(MOODLE_COURSE, who=MOODLE, at=datetime.fromisoformat(at))
    admin = log_in("admin")
    for topic in ("person", "course"):
        assert admin.get(first_entry(admin, topic)).status_code == 200


@pytest.mark.parametrize(
    "path", ["/work-list?list=nothing", "/work-list/nothing/1", "/work-list/course/unknown", "/work-list/mapping/unknown"]
)
def test_knows_nothing_else(ward, log_in, path):
    assert log_in("admin").get(path).status_code == 404


@pytest.mark.parametrize("path", ["/work-list", "/courses", "/work-list/person/x"])
def test_is_for_administrators_only(ward, log_in, path):
    assert log_in("sigrid").get(path).status_code == 403


# The register


def test_registers_a_course_and_adds_an_address(ward, log_in):
    admin = log_in("admin")
    fields = {"title": "Brannvern", "iri": "https://b.example.no/1", "version": "1", "owner": "Eva Eier", "known_to": "KS Læring"}
    course = browsing.submit(admin, "/courses", **fields).location
    assert "https://b.example.no/1" in admin.get(course).text
    browsing.submit(admin, f"{course}/aliases", iri="https://b.example.no/2", known_to="Læringsportalen")
    assert "https://b.example.no/2" in admin.get(course).text
    assert "Brannvern" in admin.get("/courses?q=b.example.no/2").text


@pytest.mark.parametrize(
    ("changes", "status", "told"),
    [
        ({"iri": "not an address"}, 400, "This must be a whole address"),
        ({"iri": HYGIENE_IRI}, 409, "This must be a whole address"),
        ({"owner": "Nobody At All"}, 400, "Name exactly one person"),
        ({"version": ""}, 400, "Give the course a version"),
    ],
)
def test_says_what_is_wrong_with_a_new_course(ward, log_in, changes, status, told):
    fields = {"title": "Nytt", "iri": "https://b.example.no/1", "version": "1", "owner": "Eva Eier"} | changes
    answer = browsing.submit(log_in("admin"), "/courses", **fields)
    assert answer.status_code == status
    assert told in answer.text


def test_changes_and_ends_a_mapping(ward, log_in):
    admin, course = log_in("admin"), f"/courses/{ward.drugs_course}"
    fields = {"activity_id": str(ward.drugs), "policy": "auto", "requirement": "passed", "minimum_score": "70"}
    browsing.submit(admin, f"{course}/mappings", **fields)
    page = admin.get(course).text
    assert "Version 2" in page
    assert "Earlier versions" in page
    ward.reports(DRUGS_IRI, success=True, score=0.75)
    assert ward.record(ward.drugs).state is State.SIGNED
    browsing.submit(admin, f"{course}/mappings/{ward.drugs}/end")
    assert "Completing it does nothing yet" in admin.get(course).text


def test_names_the_sources_that_the_service_signs_for(ward, log_in):
    admin, course = log_in("admin"), f"/courses/{ward.hygiene_course}"
    assert "Every system" in admin.get(course).text
    fields = {"activity_id": str(ward.hygiene), "policy": "auto", "requirement": "completed", "sources": "KS Læring, Campus"}
    browsing.submit(admin, f"{course}/mappings", **fields)
    page = admin.get(course).text
    assert "<dd>Campus, KS Læring</dd>" in page
    assert 'value="Campus, KS Læring"' in page
    answer = browsing.submit(admin, f"{course}/mappings", **fields | {"sources": "x" * 301})
    assert answer.status_code == 400
    assert "Write names of at most 300 characters" in answer.text


def test_says_what_is_wrong_with_a_mapping(ward, log_in):
    fields = {"activity_id": str(ward.drugs), "policy": "auto", "requirement": "passed", "validity_months": "soon"}
    answer = browsing.submit(log_in("admin"), f"/courses/{ward.drugs_course}/mappings", **fields)
    assert answer.status_code == 400
    assert "Write a whole number of months" in answer.text


def test_knows_no_course_under_another_id(ward, log_in):
    assert log_in("admin").get(f"/courses/{uuid4()}").status_code == 404
    assert "No course found" in log_in("admin").get("/courses?q=nothing").text
