"""The plan and its records as residents and their followers see them."""

import re
from datetime import datetime
from uuid import UUID

import pytest

from lrs_bridge.plans.record import Event, State
from tests.support import browsing
from tests.support.plans import DRUGS_IRI


def record_path(ward, activity):
    return f"/plan/records/{ward.record(activity).record_id}"


def test_shows_the_plan_with_states_sources_and_attestations(ward, log_in):
    ward.reports()
    ward.reports(DRUGS_IRI, success=True, score=0.9)
    page = log_in("kari").get("/plan").text
    for text in ("KLS-001", "Smittevern", "Signed by the service on behalf of Eva Eier", "90 per cent", "Waits for a supervisor"):
        assert text in page
    assert "/attestations/" in page
    assert "Læringsportalen" in page


def test_draws_the_picture_and_says_the_same_in_a_table(ward, log_in):
    ward.reports()
    page = log_in("kari").get("/plan").text
    assert page.count("<rect") == 7  # the brand's mark has one too
    assert "Courses: 2 planned (67 %), 1 done (100 %)." in page
    assert "2&nbsp;(67&nbsp;%)" in page
    assert "style=" not in page


def test_tells_the_rule_of_thumb_in_the_pictures_description(ward, log_in):
    page = log_in("kari").get("/plan").text
    told = re.search(r"<desc[^>]*>(.*?)</desc>", page, re.DOTALL)[1]
    assert re.search(r"70 .*20 .*10 ", told)


def test_filters_by_state_mode_and_words(ward, log_in):
    ward.reports()
    kari = log_in("kari")
    for query, shown, hidden in (
        ("state=signed", "Smittevern", "Endotrakeal"),
        ("mode=70", "Endotrakeal", "Legemiddel"),
        ("q=intubasjon", "Endotrakeal", "Legemiddel"),
    ):
        page = kari.get(f"/plan?{query}").text
        assert f">{shown}" in page
        assert f">{hidden}" not in page
    assert "Nothing in this plan matches" in kari.get("/plan?q=nothing").text


def test_lists_completions_outside_the_plan(ward, log_in):
    ward.reports("https://elsewhere.example.no/1")
    page = log_in("kari").get("/plan").text
    assert "Courses outside the plan" in page
    assert "Et kurs" in page


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "9998-06-01T00:00:00Z"])
def test_shows_a_plan_when_a_course_is_said_to_be_completed_in_a_strange_year(ward, log_in, at):
    ward.map(ward.hygiene_course, ward.hygiene, validity_months=600)
    ward.reports(at=datetime.fromisoformat(at))
    ward.reports("https://elsewhere.example.no/1", at=datetime.fromisoformat(at))
    assert ward.record(ward.hygiene).state is State.SIGNED
    kari = log_in("kari")
    assert kari.get("/plan").status_code == kari.get(record_path(ward, ward.hygiene)).status_code == 200


def test_says_so_when_there_is_no_plan(ward, log_in):
    assert "No plan yet" in log_in("admin").get("/plan").text


def test_follows_an_activity_from_own_words_to_signing_and_back(ward, log_in):
    kari, path = log_in("kari"), record_path(ward, ward.intubation)
    assert "Register as done" in kari.get(path).text
    browsing.submit(kari, f"{path}/done", note="Ti intubasjoner.")
    assert "Ti intubasjoner." in kari.get(path).text
    browsing.submit(kari, f"{path}/send", signer_id=str(ward.sigrid), comment="Klar.")
    page = kari.get(path).text
    assert "Sent for signing" in page
    assert "Sigrid Berg" in page
    assert browsing.submit(kari, f"{path}/recall").status_code == 303
    assert ward.record(ward.intubation).state is State.DONE
    browsing.submit(kari, f"{path}/send", signer_id="")
    ward.apply(ward.record(ward.intubation).record_id, Event.RETURN, comment="Beskriv mer.")
    page = kari.get(path).text
    assert "Returned by Sigrid Berg" in page
    assert page.count("Beskriv mer.") == 2


@pytest.mark.parametrize(
    ("action", "fields", "told"),
    [
        ("done", {"note": " "}, "Say in a few words what you did."),
        ("send", {"signer_id": "nobody"}, "Choose one of your supervisors."),
        ("send", {"signer_id": str(UUID(int=7))}, "Choose one of your supervisors."),
    ],
)
def test_says_what_is_wrong_beside_the_field(ward, log_in, action, fields, told):
    kari, path = log_in("kari"), record_path(ward, ward.intubation)
    if action == "send":
        ward.mark_done(ward.intubation)
    answer = browsing.submit(kari, f"{path}/{action}", **fields)
    assert answer.status_code == 400
    assert told in answer.text


def test_shows_how_it_stands_when_somebody_was_faster(ward, log_in):
    kari, path = log_in("kari"), record_path(ward, ward.intubation)
    answer = browsing.submit(kari, f"{path}/recall")
    assert answer.status_code == 303
    assert "Nothing was changed" in kari.get(path).text


@pytest.mark.parametrize(
    ("outcome", "told"),
    [
        ({"completion": False, "success": None}, "The course is not passed."),
        ({"success": False, "score": 0.5}, "The course is not passed."),
        ({"success": True}, "no score is reported"),
        ({"success": True, "score": 0.5}, "the score is too low"),
    ],
)
def test_says_what_a_reported_course_lacks(ward, log_in, outcome, told):
    ward.reports(DRUGS_IRI, **outcome)
    kari, path = log_in("kari"), record_path(ward, ward.drugs)
    assert told in kari.get(path).text
    ward.reports(DRUGS_IRI, success=True, score=0.9)
    assert "Not done yet" not in kari.get(path).text


def test_shows_contested_and_superseded_records(ward, log_in):
    ward.voids(ward.reports(), reason="annullert av kilden")
    kari, old = log_in("kari"), record_path(ward, ward.hygiene)
    page = kari.get(old).text
    assert "The signature is contested" in page
    assert "annullert av kilden" in page
    ward.reports()
    assert "A newer record has taken the place of this one" in kari.get(old).text
    assert old in kari.get(record_path(ward, ward.hygiene)).text


def test_says_what_comes_next_when_a_signature_of_the_service_is_contested(ward, log_in):
    ward.voids(ward.reports())
    decide = f'href="/signing/records/{ward.record(ward.hygiene).record_id}"'
    kari, sigrid, path = log_in("kari"), log_in("sigrid"), record_path(ward, ward.hygiene)
    for page in (kari.get("/plan").text, kari.get(path).text):
        assert "Take the course again" in page
        assert decide not in page
    assert f"/plan/{ward.kari}?state=contested" in sigrid.get("/residents").text
    assert "It stays contested until" in sigrid.get(f"/plan/{ward.kari}").text
    assert decide in sigrid.get(path).text


def test_lets_a_supervisor_follow_and_sign_but_not_act_for_the_resident(ward, log_in):
    ward.mark_done(ward.intubation)
    ward.send(ward.intubation)
    sigrid, path = log_in("sigrid"), record_path(ward, ward.intubation)
    residents = sigrid.get("/residents").text
    assert f"/plan/{ward.kari}" in residents
    assert "Kari Nordmann's plan" in sigrid.get(f"/plan/{ward.kari}").text
    page = sigrid.get(path).text
    assert "/signing/records/" in page
    assert "Recall" not in page
    assert browsing.submit(sigrid, f"{path}/recall").status_code == 403


def test_says_so_when_nobody_is_followed(ward, log_in):
    assert "You follow nobody today" in log_in("kari").get("/residents").text


@pytest.mark.parametrize("username", ["ola", "owner", "admin"])
def test_hides_plans_from_everybody_else(ward, log_in, username):
    client, path = log_in(username), record_path(ward, ward.intubation)
    assert client.get(f"/plan/{ward.kari}").status_code == 404
    assert client.get(path).status_code == 404
    assert browsing.submit(client, f"{path}/done", note="x").status_code == 404
    assert ward.record(ward.intubation).state is State.PLANNED


@pytest.mark.parametrize("path", ["/plan", "/residents", "/work-list", "/courses", f"/plan/records/{UUID(int=7)}"])
def test_asks_strangers_to_log_in(ward, app, path):
    answer = browsing.browser(app).get(path)
    assert answer.status_code == 303
    assert "/login" in answer.location


def test_refuses_a_form_without_its_token(ward, log_in):
    path = record_path(ward, ward.intubation)
    assert log_in("kari").post(f"{path}/done", data={"note": "x"}).status_code == 400
    assert ward.record(ward.intubation).state is State.PLANNED
