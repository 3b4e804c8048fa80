"""What was refused of a launched course is told on the page of its attempt, and goes when its learner is erased."""

import html
import re
from dataclasses import replace
from types import SimpleNamespace

import pytest

from lrs_bridge.db import transact
from lrs_bridge.rounds.retention import sweep_of
from lrs_bridge.xapi.credentials.journal import service as journals
from lrs_bridge.xapi.credentials.journal.buffer import EXTENSION
from lrs_bridge.xapi.retention import service as retention
from lrs_bridge.xapi.statements.own.naming import own_key
from tests.support import browsing
from tests.support.cmi5_lms import Au
from tests.support.packages import cmi5_xml

READING = {"cmi5.xml": cmi5_xml(), "index.html": "x"}
HEADING = "What was refused of the course"


def write_down(school):
    """Writes what was noted down, as a thread of each worker does every second."""
    noted = school.app.extensions[EXTENSION].take()
    transact(school.ward.engine, lambda s: journals.flush(s, noted, school.ward.clock))


def table(school, hosted_id, attempt_id) -> list[str]:
    """The rows of the table, without the times; none when the page has none."""
    page = school.browser("owner").get(f"/hosted/{hosted_id}/attempts/{attempt_id}")
    assert page.status_code == 200, page.text
    found = re.search(r'aria-labelledby="refused">(.*?)</section>', page.text, re.DOTALL)
    rows = re.findall(r"<tr>(<td>.*?)</tr>", found[1], re.DOTALL) if found else []
    return [" ".join(html.unescape(re.sub(r"<[^>]+>", " ", row.partition("</td>")[2])).split()) for row in rows]


def opened(school, attempt_id):
    """An AU in a session that has begun."""
    answer = browsing.submit(school.browser("kari"), f"/learn/attempts/{attempt_id}/units/0")
    au = Au(SimpleNamespace(app=school.app, at=school.ward.clock), SimpleNamespace(url=answer.location, session_id=None))
    au.fetch()
    au.read_preferences()
    assert au.tell("initialized") == 204
    return au


def erase(school):
    sweep = replace(sweep_of(school.app.extensions["lrs_bridge"]), pause=lambda _seconds: None)
    rule = school.read(lambda s: retention.rule_of_person(s, school.tenant, school.ward.kari, actor="operator"))
    return retention.carry_out(sweep, school.tenant, rule)


def own_lines(school):
    return [row for row in school.rows("credential_request") if row.key]


def test_tells_which_statement_of_a_unit_was_refused_and_by_which_rule(school):
    hosted_id = school.host(READING)
    attempt = school.begin(hosted_id)
    au = opened(school, attempt)
    assert au.tell("initialized") == 403
    assert au.tell("initialized") == 403
    assert au.launch_data()["launchMode"] == "Normal"
    assert au.state("GET", "none").status_code == 404
    write_down(school)
    (row,) = table(school, hosted_id, attempt)
    assert row.startswith("PUT statements 403 ")
    assert row.endswith(" 2")
    assert "9.3" in row


@pytest.mark.parametrize("quiet", [True, False])
def test_tells_which_commit_was_refused_and_by_which_rule(school, quiet):
    hosted_id = school.host()
    player = school.sit(hosted_id)
    player.starts()
    changes = {} if quiet else {"reason": "navigate", "current": "i1"}
    assert player.commit({"cmi.suspend_data": "x"}, session=7, **changes).status_code == 403
    assert player.commit({"cmi.suspend_data": "x"}, seconds="long", **changes).status_code == 422
    write_down(school)
    attempt = school.rows("attempt")[0].attempt_id
    worded, later = table(school, hosted_id, attempt)
    assert later == "POST commit 403 this sitting is a later one (session) lrs_bridge commit 1"
    assert worded.startswith("POST commit 400 ")
    assert "(seconds)" in worded


def test_tells_nothing_of_an_attempt_of_which_nothing_was_refused(school):
    hosted_id = school.host()
    school.sit(hosted_id).starts()
    others = school.sit(hosted_id, who="ola")
    assert others.commit(session=7).status_code == 403
    write_down(school)
    attempts = {row.learner_name: row.attempt_id for row in school.rows("attempt")}
    page = school.browser("owner").get(f"/hosted/{hosted_id}/attempts/{attempts['Kari Nordmann']}")
    assert HEADING not in page.text
    assert len(table(school, hosted_id, attempts["Ola Hansen"])) == 1


def test_keeps_what_was_refused_though_the_tenant_has_no_keys(school):
    player = school.sit(school.host())
    assert player.commit(session=7).status_code == 403
    write_down(school)
    assert school.rows("credential") == []
    (line,) = school.rows("credential_request")
    assert (line.key, line.rejected) == (own_key(school.tenant, school.rows("attempt")[0].attempt_id), True)


def test_erases_what_was_refused_with_its_learner_and_keeps_nothing_of_a_window_still_open(school):
    player = school.sit(school.host())
    player.starts()
    assert player.commit(session=7).status_code == 403
    opened(school, school.begin(school.host(READING))).tell("initialized")
    others = school.sit(school.host(), who="ola")
    assert others.commit(session=7).status_code == 403
    write_down(school)
    assert len(own_lines(school)) == 3
    erase(school)
    assert player.commit({"cmi.suspend_data": "x"}).status_code == 422
    write_down(school)
    (left,) = own_lines(school)
    assert left.key == own_key(school.tenant, school.rows("attempt")[0].attempt_id)
