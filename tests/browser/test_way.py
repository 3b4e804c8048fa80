"""The main ways through the service, walked in a browser that runs no script of ours, for there is none."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COURSE = "https://kursbygger.example.no/kurs/smittevern"
KARI = "kari.nordmann@fjordvik.example.no"


@pytest.fixture
def report(demo):
    """Reports a course with the tincan client, as the sample for course builders does."""
    made = demo.run("credentials", "create", "Kursbyggeren", "--tenant", "demo", "--scope", "statements/write", "--json")
    credential = json.loads(made.stdout)

    def send(*more, course=COURSE, email=KARI):
        script = ROOT / "samples" / "xapi" / "report_completion.py"
        where = ["--endpoint", f"{demo.url}/xapi/", "--key", credential["key"], "--secret", credential["secret"]]
        line = [sys.executable, str(script), *where, "--email", email, "--course", course, *more]
        subprocess.run(line, check=True, capture_output=True, text=True)

    return send


def test_shows_the_activity_signed_when_tincan_reported_the_completion(report, signed_in, inspect, width):
    page = signed_in("kari", width)
    page.goto("/plan")
    report()
    page.reload()
    activity = page.get_by_role("link", name="Smittevern", exact=True).first.locator("xpath=ancestor::li[1]")
    assert "Signert" in activity.inner_text()
    assert "Kursbyggeren" in activity.inner_text()
    activity.locator("a[href*='/attestations/']").click()
    page.wait_for_url(re.compile("/attestations/"))
    main = page.locator("main").inner_text()
    assert "Signaturen holder" in main
    assert "Kari Nordmann" in main
    assert COURSE in main
    inspect(page, "attestation-of-the-course")


def test_lets_a_supervisor_return_and_then_sign_what_a_resident_sent_when_scripts_are_off(signed_in):
    kari, sigrid = (signed_in(name, java_script_enabled=False) for name in ("kari", "sigrid"))
    kari.goto("/plan")
    kari.get_by_role("link", name="Lede previsitt").first.click()
    record = kari.url
    kari.locator("textarea[name=note]").fill("Ledet previsitten på sengeposten i to uker, med overlege til stede.")
    kari.locator("form[action$='/done'] button").click()
    kari.locator("select[name=signer_id]").select_option(label="Sigrid Berg")
    kari.locator("form[action$='/send'] button").click()
    assert "Sigrid Berg" in kari.locator("main").inner_text()

    sigrid.goto("/signing")
    sigrid.get_by_role("link", name="Lede previsitt").first.click()
    sigrid.locator("form[action$='/return'] textarea").fill("Skriv også hva du gjorde annerledes andre uken.")
    sigrid.locator("form[action$='/return'] button").click()

    kari.goto(record)
    assert "hva du gjorde annerledes" in kari.locator("main").inner_text()
    kari.locator("form[action$='/send'] button").click()

    sigrid.goto("/signing")
    sigrid.get_by_role("link", name="Lede previsitt").first.click()
    sigrid.locator("form[action$='/sign'] textarea").fill("Godt gjennomført.")
    sigrid.locator("form[action$='/sign'] button").click()

    kari.goto(record)
    kari.locator("main a[href*='/attestations/']").first.click()
    main = kari.locator("main").inner_text()
    assert "Signaturen holder" in main
    assert "Sigrid Berg" in main


def test_applies_everything_that_waited_when_an_administrator_links_a_person(report, signed_in, inspect, width):
    email = f"k.nordmann.{width}@privat.example.no"
    report(course=f"https://lms.example.no/kurs/ukjent-{width}", email=email)
    report(course="https://kursbygger.example.no/kurs/brannvern", email=email)
    admin = signed_in("admin", width)
    admin.goto("/work-list")
    admin.locator("main li", has_text=email).locator("a").first.click()
    inspect(admin, "unknown-person")
    admin.locator("input[name=q]").fill("Kari")
    admin.locator("form[role=search] button").click()
    admin.get_by_label("Kari Nordmann").first.check()
    admin.locator("main form", has=admin.locator("input[name=person_id]")).locator("button").click()
    inspect(admin, "linked-person")
    admin.goto("/work-list")
    assert email not in admin.locator("main").inner_text()
    unknown = f"https://lms.example.no/kurs/ukjent-{width}"
    admin.goto("/work-list?list=course")
    admin.locator("main li", has_text=unknown).locator("a").first.click()
    inspect(admin, "unknown-course")
