"""The main ways through the service, walked in a browser."""

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
    """Reports a completion with the tincan client, as the sample for course builders does."""
    made = demo.run("credentials", "create", "Kursbyggeren", "--tenant", "demo", "--scope", "statements/write", "--json")
    credential = json.loads(made.stdout)

    def send(course=COURSE, *more):
        script = ROOT / "samples" / "xapi" / "report_completion.py"
        line = [sys.executable, str(script), "--endpoint", f"{demo.url}/xapi/", "--email", KARI, "--course", course, *more]
        environ = {**demo.environ, "LRS_KEY": credential["key"], "LRS_SECRET": credential["secret"]}
        subprocess.run(line, check=True, env=environ, capture_output=True, text=True)

    return send


def test_shows_the_activity_signed_when_tincan_reported_the_completion(report, signed_in, inspect, width):
    page = signed_in("kari", width)
    page.goto("/plan")
    report()
    page.reload()
    activity = page.locator("[data-state]", has_text="Smittevern").first
    assert activity.get_attribute("data-state") == "signed"
    activity.locator("a[href*='/attestations/']").click()
    page.wait_for_url(re.compile("/attestations/"))
    main = page.locator("main").inner_text()
    assert "Kari Nordmann" in main
    assert COURSE in main
    inspect(page, "attestation-of-the-course")
