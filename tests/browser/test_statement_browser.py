"""The statement browser with the demo's statements, desktop and phone."""

import json

import pytest
import requests

from tests.support.lrs import VERSION
from tests.support.parts import attachment

VERBS = "http://adlnet.gov/expapi/verbs/"
COURSE = {"id": "https://kursbygger.example.no/kurs/smittevern", "definition": {"name": {"nb": "Smittevern"}}}
KARI = {"name": "Kari Nordmann", "mbox": "mailto:kari.nordmann@fjordvik.example.no"}
REGISTRATION = "5f2f2a0e-8f0a-4c55-9ad1-0f6f3f1f00bb"
PROOF = [attachment(b"x" * 48_200, contentType="application/pdf", fileUrl="https://kursbygger.example.no/bevis/3.pdf")]
ATTEMPT = (
    ("5f2f2a0e-8f0a-4c55-9ad1-0f6f3f1fbb01", "initialized", COURSE, None),
    (
        "5f2f2a0e-8f0a-4c55-9ad1-0f6f3f1fbb02",
        "answered",
        {"id": f"{COURSE['id']}/3", "definition": {"name": {"en": "When to wash hands"}, "interactionType": "choice"}},
        {"response": "before[,]after", "success": True},
    ),
    ("5f2f2a0e-8f0a-4c55-9ad1-0f6f3f1fbb03", "passed", COURSE, {"score": {"scaled": 0.92}, "success": True, "duration": "PT34M"}),
)


@pytest.fixture(scope="session")
def lms(demo):
    """Sends statements as a learning system of the demo."""
    made = demo.run("credentials", "create", "Kursbyggeren", "--tenant", "demo", "--scope", "statements/write", "--json")
    key = json.loads(made.stdout)

    def send(statements):
        auth = (key["key"], key["secret"])
        answer = requests.post(f"{demo.url}/xapi/statements", json=statements, headers=VERSION, auth=auth, timeout=20)
        assert answer.status_code == 200, answer.text

    return send


@pytest.fixture(scope="session")
def attempt(lms):
    """An attempt that a course reported; the id of its last statement."""
    lms(
        [
            {"id": id_, "actor": KARI, "verb": {"id": VERBS + verb}, "object": about, "context": {"registration": REGISTRATION}}
            | ({"result": result, "attachments": PROOF} if result else {})
            for id_, verb, about, result in ATTEMPT
        ]
    )
    return ATTEMPT[-1][0]


def test_lists_statements_as_sentences_that_lead_to_their_pages(signed_in, inspect, width):
    page = signed_in("admin", width)
    page.goto("/statements")
    inspect(page, "statements")
    assert page.locator("h1").count() == 1
    assert page.locator("main li.row").count() >= 20
    first = page.locator("main li.row h3 a").first
    line = first.inner_text()
    first.click()
    page.wait_for_url(lambda url: "/statements/" in url)
    assert page.locator("h1").inner_text() == line


def test_finds_statements_by_filling_in_the_form_when_scripts_are_off(signed_in):
    page = signed_in("admin", java_script_enabled=False)
    page.goto("/statements")
    page.locator("#person").fill("jonas")
    page.locator("#verb").fill("bestod")
    page.locator("form[role=search] button[type=submit]").click()
    page.wait_for_url("**person=jonas**")
    lines = page.locator("main li.row h3").all_inner_texts()
    assert lines
    assert all("Jonas" in line and "bestod" in line for line in lines)
    assert page.locator("#person").input_value() == "jonas"


def test_tells_what_a_statement_led_to_and_what_stands_around_it(attempt, signed_in, inspect, width):
    page = signed_in("admin", width)
    page.goto(f"/statements/{attempt}")
    inspect(page, "statement-signed")
    main = page.locator("main").inner_text()
    assert "Kari Nordmann bestod «Smittevern» med 92" in main
    assert "Kari Nordmann svarte på «When to wash hands»" in main
    assert "48,2" in page.get_by_role("listitem").filter(has_text="Kursbevis").inner_text()
    assert page.locator("span[lang=en]").first.inner_text() == "When to wash hands"
    with page.expect_download() as download:
        page.locator(f"a[href='/statements/{attempt}/json']").click()
    assert json.loads(download.value.path().read_bytes())["id"] == attempt
    page.locator("main a[href^='/attestations/']").first.click()
    page.wait_for_url(lambda url: "/attestations/" in url)


@pytest.mark.parametrize(
    ("search", "name", "told"),
    [
        ("verb=bestod+ikke", "statement-failed", "Den teller ikke Det som ble oppnådd, er mindre enn det som kreves."),
        ("voided=yes", "statement-withdrawn", "Den teller ikke lenger Kilden har trukket den tilbake."),
        ("verb=trakk+tilbake", "statement-voiding", "Den trekker tilbake en annen melding"),
        (
            "course=https://laeringsportalen.example.no/aktivitet/2210",
            "statement-of-an-unknown-course",
            "Den teller ikke ennå Kurset er ikke registrert.",
        ),
        (
            "person=https://ks-laering.example.no+lege-48213",
            "statement-of-a-stranger",
            "Den teller ikke ennå Ingen er kjent under identifikatoren den bruker.",
        ),
    ],
)
def test_explains_each_kind_of_statement(search, name, told, signed_in, inspect, width):
    page = signed_in("admin", width)
    page.goto(f"/statements?{search}")
    page.locator("main li.row h3 a").first.click()
    page.wait_for_url(lambda url: "/statements/" in url)
    inspect(page, name)
    fate = page.locator("#led ~ *").first.inner_text()
    assert " ".join(fate.split()) == told


@pytest.mark.parametrize(
    ("search", "told", "finds"),
    [
        ("person=a&from=2020-01-01&voided=no", "Funnet som", True),
        ("person=Ukjent+Navn&course=Ukjent", "Ingen melding funnet", False),
        ("from=x", "Skriv en dag, for eksempel 2026-03-02.", False),
    ],
)
def test_shows_the_search_however_it_goes(search, told, finds, signed_in, inspect, width):
    page = signed_in("admin", width)
    page.goto(f"/statements?{search}")
    inspect(page, f"statements-{search.split('=')[1][:1].lower()}-{len(search)}")
    assert told in page.locator("main").inner_text()
    assert (page.locator("main li.row h3 a").count() > 0) == finds


def test_turns_to_older_statements_and_back(lms, signed_in):
    visit = {"actor": KARI, "verb": {"id": VERBS + "experienced"}, "object": COURSE}
    lms([visit] * 30)
    page = signed_in("admin")
    page.goto("/statements")
    newest = page.locator("main li.row h3").all_inner_texts()
    page.locator("a[rel=next]").click()
    page.wait_for_url(lambda url: "before=" in url)
    assert page.locator("main li.row h3").all_inner_texts() != newest
    page.locator("a[rel=prev]").click()
    page.wait_for_url(lambda url: "after=" in url)
    assert page.locator("main li.row h3").all_inner_texts() == newest
