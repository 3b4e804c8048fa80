"""Packages in the shapes of authoring tools: the import says which tool it was, and they are played to the end for real."""

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.support.hosted import Seat, upload
from tests.support.packages import TOOLS, storyline_cmi5, storyline_tincan

SHAPES = [
    ("Articulate Rise 360", "1.2"),
    ("Articulate Rise 360", "2nd"),
    ("Articulate Storyline 360", "1.2"),
    ("Articulate Storyline 360", "2nd"),
    ("Adobe Captivate", "3rd"),
    ("iSpring Suite", "1.2"),
    ("iSpring Suite", "4th"),
    ("Adapt", "1.2"),
    ("H5P", "1.2"),
    ("Kursbyggeren", "1.2"),
]
DONE = {
    "1.2": {"core__score__raw": "90", "core__score__max": "100", "core__lesson_status": "passed", "core__exit": ""},
    "2004": {"score__scaled": "0.9", "success_status": "passed", "completion_status": "completed", "exit": "normal"},
}
KEPT = {
    "Articulate Rise 360": "{" + "x" * 5000 + "}",
    "Articulate Storyline 360": "2a38" * 1500,
    "Adobe Captivate": "A1Enone%24",
    "iSpring Suite": "N4IgDgTgpgbg",
}
"""What the shape of each notes when it is left, and wants to find again."""
SAY = """async ([verb, more]) => {
  const asked = new URLSearchParams(location.search), actor = JSON.parse(asked.get("actor"));
  const statement = {actor, verb: {id: "http://adlnet.gov/expapi/verbs/" + verb}, object: {id: asked.get("activity_id")},
    context: {registration: asked.get("registration")}, ...more};
  const query = new URLSearchParams({method: "PUT"});
  const form = new URLSearchParams({statementId: crypto.randomUUID(), Authorization: asked.get("auth"),
    "Content-Type": "application/json",
    "X-Experience-API-Version": "1.0.1", content: JSON.stringify(statement)});
  const answer = await fetch(asked.get("endpoint") + "statements?" + query, {method: "POST", body: form,
    headers: {"Content-Type": "application/x-www-form-urlencoded"}});
  return answer.status;
}"""
"""A statement as Storyline's driver sends it: in a form, by xAPI 1.0's way of asking across origins."""
CMI5 = """async (steps) => {
  const asked = new URLSearchParams(location.search), endpoint = asked.get("endpoint"), actor = JSON.parse(asked.get("actor"));
  const token = (await (await fetch(asked.get("fetch"), {method: "POST"})).json())["auth-token"];
  const headers = {Authorization: "Basic " + token, "X-Experience-API-Version": "1.0.3", "Content-Type": "application/json"};
  const registration = asked.get("registration"), activityId = asked.get("activityId");
  const query = new URLSearchParams({stateId: "LMS.LaunchData", activityId, agent: JSON.stringify(actor), registration});
  const launch = await (await fetch(endpoint + "activities/state?" + query, {headers})).json();
  const profile = new URLSearchParams({profileId: "cmi5LearnerPreferences", agent: JSON.stringify(actor)});
  await fetch(endpoint + "agents/profile?" + profile, {headers});
  const statuses = [];
  for (const [verb, category, result] of steps) {
    const context = structuredClone(launch.contextTemplate);
    context.registration = registration;
    context.contextActivities.category = category.map((id) => ({id: "https://w3id.org/xapi/cmi5/context/categories/" + id}));
    const statement = {id: crypto.randomUUID(), actor, verb: {id: "http://adlnet.gov/expapi/verbs/" + verb},
      object: {id: activityId},
      context, timestamp: new Date().toISOString(), ...(result && {result})};
    const sent = await fetch(endpoint + "statements", {method: "POST", headers, body: JSON.stringify([statement])});
    statuses.push(sent.status);
  }
  return [statuses, launch.returnURL, launch.moveOn];
}"""
"""A session as cmi5 wants it: fetch, launch data, preferences, then these statements; the answers, and the launch data."""


@pytest.fixture
def kari(signed_in):
    return Seat(signed_in("kari"))


def tool_shown(owner) -> str:
    return owner.locator("main .page-heading").inner_text()


@pytest.mark.parametrize(("tool", "version"), SHAPES)
def test_plays_what_a_tool_exports(tool, version, owner, kari, records):
    hosted = upload(owner, TOOLS[tool](version))
    assert tool in tool_shown(owner)
    kari.begin(hosted).expect_playing()
    attempt = kari.attempt_id
    kari.leave()
    assert records.attempt(attempt).stage == "under_way"
    kari.start().expect_playing()
    assert kari.attempt_id == attempt
    if tool in KEPT:
        assert kari.calls(["GetValue", "cmi.suspend_data"]) == [KEPT[tool]]
    kari.sets(**DONE["1.2" if version == "1.2" else "2004"])
    kari.expect_saved().leave()
    assert records.attempt(attempt).stage == "passed"
    assert records.attempt(attempt).outcome.score.share() == 0.9
    said = records.verbs(attempt)
    assert (said[0], said.count("passed"), said.count("completed")) == ("initialized", 2, 2)  # of the lesson, and of the course


@pytest.mark.parametrize("version", ["1.2", "4th"])
def test_takes_an_early_failure_for_no_result(version, owner, kari, records):
    """iSpring says ``failed`` as soon as it is opened."""
    hosted = upload(owner, TOOLS["iSpring Suite"](version))
    assert "failed" in owner.locator("#notices + ul").inner_text()
    kari.begin(hosted).expect_playing().expect_saved()
    attempt = kari.attempt_id
    expect(kari.shell).to_have_attribute("data-completion", "incomplete")
    kari.leave()
    assert (records.attempt(attempt).stage, records.attempt(attempt).outcome.success) == ("under_way", False)
    assert "completed" not in records.verbs(attempt)
    assert [each["object"]["id"] for each in records.statements(attempt) if each["object"]["id"].endswith(hosted)] == []


def test_plays_what_storyline_exports_as_xapi(owner, signed_in, records):
    hosted = upload(owner, storyline_tincan())
    assert "Articulate Storyline 360" in tool_shown(owner)
    kari = signed_in("kari")
    kari.goto(f"/learn/{hosted}")
    kari.locator("form[action$='/start'] button").click()
    attempt = Seat(kari).attempt_id
    kari.locator("form[action*='/units/'] button").click()
    kari.wait_for_url("**/files/**")
    asked = parse_qs(urlsplit(kari.url).query)
    assert asked["registration"] == [attempt]
    assert kari.evaluate(SAY, ["experienced", {}]) == 204
    assert records.attempt(attempt).stage == "under_way"
    assert kari.evaluate(SAY, ["passed", {"result": {"completion": True, "success": True, "score": {"scaled": 0.9}}}]) == 204
    assert records.attempt(attempt).stage == "passed"
    assert records.verbs(attempt) == ["experienced", "passed"]


def test_plays_what_storyline_exports_as_cmi5(owner, signed_in, records):
    hosted = upload(owner, storyline_cmi5())
    assert "Articulate Storyline 360" in tool_shown(owner)
    kari = signed_in("kari")
    kari.goto(f"/learn/{hosted}")
    kari.locator("form[action$='/start'] button").click()
    attempt, units = Seat(kari).attempt_id, kari.url
    kari.locator("form[action*='/units/'] button").click()
    kari.wait_for_url("**/files/**")
    steps = [["initialized", ["cmi5"], None], ["completed", ["cmi5", "moveon"], {"completion": True, "duration": "PT1M"}]]
    steps += [["terminated", ["cmi5"], {"duration": "PT1M"}]]
    assert kari.evaluate(CMI5, steps) == [[200, 200, 200], units, "Completed"]
    assert records.attempt(attempt).stage == "completed"
    assert records.verbs(attempt) == ["launched", "initialized", "completed", "satisfied", "terminated"]
