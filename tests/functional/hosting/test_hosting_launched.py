"""Courses that speak to the LRS themselves, through hosting: cmi5 and Tin Can, from the learner's page to the plan."""

import html
import json
import re
from dataclasses import dataclass
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import pytest

from lrs_bridge.hosting.hosted import Mode, Stage
from lrs_bridge.packages.ticket import label_of
from lrs_bridge.plans.record import State
from lrs_bridge.signing import service as signing
from tests.support import browsing, cmi5, packages
from tests.support.cmi5_lms import Au
from tests.support.hosting import School
from tests.support.lrs import VERSION, Caller
from tests.support.packages import cmi5_xml, single_sco, storyline_tincan, tincan_xml

VERBS = "http://adlnet.gov/expapi/verbs"
ACTIVITY = "urn:articulate:storyline:5bf7UNdh4tm"
TWO = cmi5.course(cmi5.au("a", attributes='moveOn="Completed"'), cmi5.au("b", url="b.html?x=1", attributes='moveOn="Passed"'))


@dataclass
class Clocked:
    """What an AU needs of whoever launched it: the service and its time."""

    school: School

    @property
    def app(self):
        return self.school.app

    @property
    def at(self):
        return self.school.ward.clock


@pytest.fixture
def caller(app, engine, school):
    return Caller(app.test_client(), engine, tenant=school.tenant)


def launched(school, attempt_id, place=0, who="kari"):
    """Where the browser is sent."""
    answer = browsing.submit(school.browser(who), f"/learn/attempts/{attempt_id}/units/{place}")
    assert answer.status_code == 303, answer.text
    return answer.location


def opened(school, attempt_id, place=0, who="kari"):
    """An AU that has begun."""
    au = Au(Clocked(school), SimpleNamespace(url=launched(school, attempt_id, place, who), session_id=None))
    assert "auth-token" in au.fetch()
    assert au.read_preferences().status_code == 200
    assert au.tell("initialized") == 204
    return au


def text_of(answer) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def check(school):
    source = school.app.extensions["lrs_bridge"].evidence_source
    return school.read(lambda s: signing.check_ledger(s, school.tenant, source))


# cmi5


def test_lists_the_units_and_how_far_each_is(school):
    attempt = school.begin(school.host({"cmi5.xml": TWO, "index.html": "a", "b.html": "b"}))
    kari = school.browser("kari")
    page = text_of(kari.get(f"/learn/attempts/{attempt}"))
    assert re.search(r"a Open b Open", page)
    opened(school, attempt)
    assert re.search(r"a Under way Go on b Open", text_of(kari.get(f"/learn/attempts/{attempt}")))


def test_launches_a_unit_on_the_attempt_s_own_host(school):
    attempt = school.begin(school.host({"cmi5.xml": TWO, "index.html": "a", "b.html": "b"}))
    url = urlsplit(launched(school, attempt, 1))
    assert (url.scheme, url.netloc) == ("http", f"{label_of(attempt)}.localhost:8080")
    assert url.path.startswith("/files/")
    assert url.path.endswith("/b.html")
    told = {name: values[0] for name, values in parse_qs(url.query).items()}
    assert (told["x"], told["registration"]) == ("1", str(attempt))
    assert told["endpoint"] == "http://127.0.0.1:8080/xapi/"
    assert told["fetch"].startswith("http://127.0.0.1:8080/cmi5/fetch/")
    assert json.loads(told["actor"])["account"] == {"homePage": "http://127.0.0.1:8080", "name": str(school.ward.kari)}
    file = school.app.test_client().get(url.path, base_url=f"http://{url.netloc}", buffered=True)
    assert file.text == "b"


def test_completes_the_attempt_by_a_whole_session_and_signs_the_activity(school, caller):
    ward, hosted_id = school.ward, school.host({"cmi5.xml": cmi5_xml(), "index.html": "x"})
    school.map(hosted_id, ward.intubation)
    attempt = school.begin(hosted_id)
    au = opened(school, attempt)
    data = au.launch_data()
    assert data["launchMode"] == "Normal"
    assert data["returnURL"].endswith(f"/learn/attempts/{attempt}")
    assert school.attempt(attempt).stage is Stage.UNDER_WAY
    assert au.tell("completed") == 204
    assert au.tell("terminated") == 204
    assert school.attempt(attempt).stage is Stage.COMPLETED
    assert ward.record(ward.intubation).state is State.SIGNED
    (completion,) = school.rows("completion")
    assert (completion.source, completion.person_id, completion.registration) == ("cmi5", ward.kari, attempt)
    assert check(school) == []
    verbs = [
        one["verb"]["id"].rpartition("/")[2] for one in caller.get(registration=str(attempt), ascending="true").json["statements"]
    ]
    assert verbs[:2] == ["launched", "initialized"]
    assert verbs.count("satisfied") == 1
    page = text_of(school.browser("kari").get(f"/learn/attempts/{attempt}"))
    assert "Completed" in page
    assert "Done" in page


def test_completes_a_course_of_two_units_with_both(school):
    hosted_id = school.host({"cmi5.xml": TWO, "index.html": "a", "b.html": "b"})
    attempt = school.begin(hosted_id)
    first = opened(school, attempt)
    assert first.tell("completed") == 204
    assert first.tell("terminated") == 204
    assert not school.attempt(attempt).is_finished
    assert school.rows("completion") == []
    second = opened(school, attempt, 1)
    assert second.tell("passed") == 204
    assert school.attempt(attempt).is_finished
    assert len(school.rows("completion")) == 1


def test_reviews_what_is_finished_and_begins_anew_when_asked(school):
    hosted_id = school.host({"cmi5.xml": cmi5_xml(), "index.html": "x"})
    attempt = school.begin(hosted_id)
    au = opened(school, attempt)
    assert au.tell("completed") == 204
    again = opened(school, attempt)
    assert again.launch_data()["launchMode"] == "Review"
    assert again.tell("completed") == 403
    new = school.begin(hosted_id, again="yes")
    assert new != attempt
    assert opened(school, new).launch_data()["launchMode"] == "Normal"


@pytest.mark.parametrize("move_on", ["Completed", "NotApplicable"])
def test_previews_of_units_count_for_nothing(school, move_on):
    ward, hosted_id = school.ward, school.host({"cmi5.xml": cmi5_xml(move_on=move_on), "index.html": "x"})
    school.map(hosted_id, ward.intubation)
    answer = browsing.submit(school.browser("owner"), f"/hosted/{hosted_id}/preview")
    attempt = UUID(answer.location.rpartition("/")[2])
    assert school.browser("owner").get(answer.location).status_code == 200
    au = opened(school, attempt, who="owner")
    assert au.launch_data()["launchMode"] == "Browse"
    assert au.tell("completed") == 403
    assert au.tell("terminated") == 204
    assert school.rows("completion") == []
    found = school.attempt(attempt)
    assert (found.mode, found.is_finished) == (Mode.BROWSE, False)


def test_completes_a_course_that_asks_for_nothing_once_somebody_was_there(school):
    hosted_id = school.host({"cmi5.xml": cmi5_xml(move_on="NotApplicable"), "index.html": "x"})
    attempt = school.begin(hosted_id)
    assert "Done" in text_of(school.browser("kari").get(f"/learn/attempts/{attempt}"))
    assert school.rows("completion") == []  # it is satisfied before anybody has opened it
    au = opened(school, attempt)
    assert au.tell("terminated") == 204
    assert len(school.rows("completion")) == 1
    assert school.attempt(attempt).stage is Stage.COMPLETED


def test_sends_to_content_elsewhere(school):
    hosted_id = school.host(cmi5_xml(url="https://cdn.example.no/kurs/index.html?a=1").encode(), name="cmi5.xml")
    attempt = school.begin(hosted_id)
    page = school.browser("kari").get(f"/learn/attempts/{attempt}")
    assert "form-action 'self' https:" in page.headers["Content-Security-Policy"]
    url = launched(school, attempt)
    assert url.startswith("https://cdn.example.no/kurs/index.html?a=1&endpoint=")


@pytest.mark.parametrize("place", [2, 99])
def test_launches_no_unit_that_is_not_there(school, place):
    attempt = school.begin(school.host({"cmi5.xml": TWO, "index.html": "a", "b.html": "b"}))
    assert browsing.submit(school.browser("kari"), f"/learn/attempts/{attempt}/units/{place}").status_code == 404


def test_launches_nothing_of_others_nor_of_a_course_without_units(school):
    attempt = school.begin(school.host({"cmi5.xml": TWO, "index.html": "a", "b.html": "b"}))
    path = f"/learn/attempts/{attempt}/units/0"
    assert browsing.submit(school.browser("ola"), path).status_code == 404
    assert school.browser("kari").post(path).status_code == 400
    scorm = school.begin(school.host(single_sco()))
    assert browsing.submit(school.browser("kari"), f"/learn/attempts/{scorm}/units/0").status_code == 404


# Tin Can


class TinCan:
    """A Tin Can course that was launched: what its address tells it, and nothing else."""

    def __init__(self, school, url) -> None:
        self.url, self.client = urlsplit(url), school.app.test_client()
        self.told = {name: values[0] for name, values in parse_qs(self.url.query).items()}
        self.headers = {"Authorization": self.told["auth"], **VERSION}
        self.actor = json.loads(self.told["actor"])

    def statement(self, verb="completed", **changes):
        base = {
            "id": str(uuid4()),
            "actor": self.actor,
            "verb": {"id": f"{VERBS}/{verb}"},
            "object": {"id": self.told["activity_id"]},
            "context": {"registration": self.told["registration"]},
        }
        return {name: value for name, value in (base | changes).items() if value is not None}

    def ask(self, method, path, **more):
        return self.client.open(f"/xapi/{path}", method=method, headers=self.headers | more.pop("headers", {}), **more)

    def say(self, *statements) -> int:
        return self.ask("POST", "statements", json=list(statements)).status_code


def tincan(school, hosted_id, who="kari", **more):
    attempt = school.begin(hosted_id, who=who, **more)
    return TinCan(school, launched(school, attempt, who=who))


def test_launches_a_tin_can_course_with_all_that_it_needs(school):
    attempt = school.begin(school.host(storyline_tincan()))
    assert "Storyline-kurs" in text_of(school.browser("kari").get(f"/learn/attempts/{attempt}"))
    course = TinCan(school, launched(school, attempt))
    assert course.url.netloc == f"{label_of(attempt)}.localhost:8080"
    assert course.url.path.endswith("/index_lms.html")
    assert course.told["endpoint"] == "http://127.0.0.1:8080/xapi/"
    assert (course.told["registration"], course.told["activity_id"]) == (str(attempt), ACTIVITY)
    assert course.actor == {
        "objectType": "Agent",
        "name": "Kari Nordmann",
        "account": {"homePage": "http://127.0.0.1:8080", "name": str(school.ward.kari)},
    }
    page = school.app.test_client().get(course.url.path, base_url=f"http://{course.url.netloc}", buffered=True)
    assert page.status_code == 200


def test_completes_the_attempt_by_what_the_course_says_of_itself(school, caller):
    ward, hosted_id = school.ward, school.host(storyline_tincan())
    school.map(hosted_id, ward.intubation)
    course = tincan(school, hosted_id)
    part = {"id": f"{ACTIVITY}/slide1"}
    assert course.say(course.statement("attempted"), course.statement("experienced", object=part)) == 200
    assert course.say(course.statement("completed", object=part)) == 200  # a part of it is not the course
    assert not school.attempt(course.told["registration"]).is_finished
    result = {"score": {"scaled": 0.9}, "success": True, "completion": True}
    done = course.statement("passed", result=result)
    assert course.say(done) == 200
    assert course.say(done) == 200
    attempt = school.attempt(course.told["registration"])
    assert (attempt.stage, attempt.progress, attempt.outcome.score.share()) == (Stage.PASSED, 1.0, 0.9)
    assert ward.record(ward.intubation).state is State.SIGNED
    (completion,) = school.rows("completion")
    assert (completion.person_id, completion.registration) == (ward.kari, attempt.attempt_id)
    assert check(school) == []
    assert len(caller.get(registration=str(attempt.attempt_id)).json["statements"]) == 4


WRONG = {
    "another actor": {"actor": {"mbox": "mailto:ola@example.no"}},
    "another account": {"actor": {"account": {"homePage": "http://127.0.0.1:8080", "name": str(uuid4())}}},
    "a group": {"actor": {"objectType": "Group", "member": [{"mbox": "mailto:kari@example.no"}]}},
    "another registration": {"context": {"registration": str(uuid4())}},
}


@pytest.mark.parametrize("flaw", WRONG)
def test_takes_of_the_course_what_is_about_its_learner_and_attempt_alone(school, flaw):
    course = tincan(school, school.host(storyline_tincan()))
    right = course.statement()
    assert course.say(right, course.statement(**WRONG[flaw])) == 403
    assert school.rows("statement") == []
    assert course.say(right) == 200


def test_lets_no_course_void(school, caller):
    course = tincan(school, school.host(storyline_tincan()))
    said = course.statement()
    assert course.say(said) == 200
    void = course.statement("voided", object={"objectType": "StatementRef", "id": said["id"]}, context=None)
    assert course.say(void) == 403
    assert len(school.rows("completion")) == 1


def test_takes_statements_without_a_registration_of_its_own(school):
    course = tincan(school, school.host(storyline_tincan()))
    assert course.say(course.statement(context=None)) == 200
    assert school.attempt(course.told["registration"]).is_finished
    assert course.say(course.statement("x", object={"objectType": "StatementRef", "id": str(uuid4())})) == 200


def test_keeps_a_course_to_its_own_key_documents_and_statements(school):
    hosted_id = school.host(storyline_tincan())
    own, other = tincan(school, hosted_id), tincan(school, hosted_id, who="ola")
    about = {"activityId": ACTIVITY, "agent": own.told["actor"], "registration": own.told["registration"], "stateId": "resume"}
    assert (
        own.ask("PUT", "activities/state", query_string=about, data=b"2", headers={"Content-Type": "text/plain"}).status_code
        == 204
    )
    assert own.ask("GET", "activities/state", query_string=about).data == b"2"
    assert other.ask("GET", "activities/state", query_string=about).status_code == 403
    assert own.ask("GET", "activities/state", query_string={**about, "registration": str(uuid4())}).status_code == 403
    assert own.say(own.statement()) == 200
    seen = other.ask("GET", "statements").json["statements"]
    assert all(one["actor"]["account"]["name"] == str(school.ward.ola) for one in seen)
    mixed = {**other.headers, "Authorization": own.headers["Authorization"][:-4] + "AAAA"}
    assert other.client.get("/xapi/statements", headers=mixed).status_code == 401


def test_ends_a_course_s_key_with_its_time(school):
    course = tincan(school, school.host(storyline_tincan()))
    assert course.ask("GET", "statements").status_code == 200
    school.ward.clock = school.ward.clock.replace(day=school.ward.clock.day + 1)
    assert course.ask("GET", "statements").status_code == 401
    assert course.say(course.statement()) == 401


def test_previews_of_tin_can_courses_count_for_nothing(school):
    hosted_id = school.host(storyline_tincan())
    answer = browsing.submit(school.browser("owner"), f"/hosted/{hosted_id}/preview")
    attempt = answer.location.rpartition("/")[2]
    course = TinCan(school, launched(school, attempt, who="owner"))
    assert course.say(course.statement()) == 200
    assert school.rows("completion") == []
    assert school.attempt(attempt).outcome.completion is None


def test_keeps_the_better_of_what_a_course_says(school):
    course = tincan(school, school.host(storyline_tincan()))
    for share, success in ((0.9, True), (0.2, False)):
        verb = "passed" if success else "failed"
        assert (
            course.say(course.statement(verb, result={"score": {"scaled": share}, "success": success, "completion": True})) == 200
        )
    attempt = school.attempt(course.told["registration"])
    assert (attempt.stage, attempt.outcome.score.share()) == (Stage.PASSED, 0.9)


def test_keeps_the_query_that_a_launch_address_has(school):
    files = {**packages.storyline_tincan(), "tincan.xml": tincan_xml(launch="index_lms.html?lang=nb#x")}
    course = tincan(school, school.host(files))
    assert course.told["lang"] == "nb"
    assert course.url.fragment == "x"
