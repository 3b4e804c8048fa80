"""Ways through the service that every platform must allow; each asserts what is seen and gives what a test goes on with."""

import html
import re
from datetime import UTC, datetime
from urllib.parse import urljoin
from uuid import uuid4

import requests

from lrs_bridge.demo.story import id_of
from tests.support.lti.walking import Step, Walker, forms

NEW_COURSE, NEW_TITLE = "smittevern", "Smittevern"  # what nobody has completed yet
DONE = {
    "hlr": ("HLR for helsepersonell", 95),
    "personvern": ("Informasjonssikkerhet og personvern", 100),
}  # Kari has, with these scores of 100


def seen(step: Step) -> str:
    """The text of a page that was shown in the frame; tags and spaces out."""
    answer = step.answer
    assert answer.status_code == 200, f"{step.url}: {answer.status_code} {answer.text}"
    main = re.search(r"<main.*?</main>", answer.text, re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", main[0] if main else answer.text)).split())


def heading(step: Step) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", re.search(r"<h1[^>]*>(.*?)</h1>", step.answer.text, re.DOTALL)[1])).strip()


def framed_by(step: Step) -> str:
    """Whose frames may show the page."""
    return re.search(r"frame-ancestors ([^;]+)", step.answer.headers["Content-Security-Policy"])[1]


def link_oneself(tool, browser: Walker, page: Step, username: str) -> Step:
    """From the page that asks who one is: logs in by another window, confirms, and goes on in the frame; what is there then."""
    (form,) = [each for each in forms(page.answer) if each.action.endswith("/lti/claim/begin")]
    window = tool.log_in(username)
    asked = window.post(form.action, data=form.fields, headers={"Origin": tool.url}, timeout=20)
    assert asked.status_code == 200, asked.text
    token = re.search(r'name="csrf_token" value="([^"]+)"', asked.text)[1]
    done = window.post(f"{tool.url}/lti/claim", data={"csrf_token": token}, timeout=20)
    assert done.status_code == 200, done.text
    known = re.search(r'data-known="([^"]+)" data-then="([^"]+)"', page.answer.text)
    assert browser.open("GET", urljoin(page.url, known[1]), page=page.url).answer.json() == {"known": True}
    return browser.walk(urljoin(page.url, known[2]))[-1]


def complete(tool, mailbox: str, course: str = NEW_COURSE, *, scaled: float | None = None) -> None:
    """A learning system tells the LRS that somebody (``kari.nordmann``) completed a course."""
    statement = {
        "id": str(uuid4()),
        "actor": {"mbox": f"mailto:{mailbox}@fjordvik.example.no"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/completed"},
        "object": {"id": f"https://kursbygger.example.no/kurs/{course}"},
        "result": {"completion": True} | ({"score": {"scaled": scaled}} if scaled is not None else {}),
        "timestamp": datetime.now(UTC).isoformat(),
    }
    answer = requests.post(
        f"{tool.url}/xapi/statements",
        json=statement,
        auth=tool.credential(),
        headers={"X-Experience-API-Version": "1.0.3"},
        timeout=20,
    )
    assert answer.status_code == 200, answer.text


def placed(name: str) -> str:
    """The custom parameter that says which activity a link is for."""
    return f"activity:{id_of('activity', name)}"


def bring_results(tool) -> list[dict]:
    """A round of the worker, as if every column's turn had come; the completions that platforms' results have become."""
    tool.change_rows("update lti_line_item set next_at = added_at")
    tool.server.run("worker", "--once", check=False)
    return tool.rows("select * from completion where source = 'lti' order by received_at")
