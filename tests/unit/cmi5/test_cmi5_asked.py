"""What programs ask of the administration API."""

import json
from datetime import timedelta
from uuid import UUID

import pytest

from lrs_bridge.cmi5.administration.asked import (
    AskedAccount,
    AskedActor,
    Enrolling,
    Launching,
    Waiving,
    actor_document,
    course_document,
    ending_of,
    learner_of,
    name_of,
    outcome_document,
    parse_asked,
    parse_owner,
    session_document,
)
from lrs_bridge.cmi5.naming import unit_activity
from lrs_bridge.cmi5.session import State
from lrs_bridge.cmi5.vocabulary import LaunchMode, MoveOn
from lrs_bridge.completion import Outcome, Score
from lrs_bridge.errors import Invalid, UnsupportedMedia
from lrs_bridge.identity import Account
from lrs_bridge.ports import HostedContent
from tests.support.cmi5 import IDS, NOON, REGISTRATION, SESSION, au_session, course_of, unit

HOME = "https://lms.example.no"
ACTOR = {"account": {"homePage": HOME, "name": "kari"}, "name": " Kari Nordmann "}
ASKED = AskedActor(AskedAccount(HOME, "kari"), " Kari Nordmann ")


def parse(value, kind=Launching):
    return parse_asked(json.dumps(value).encode(), kind)


def test_reads_what_is_asked():
    full = {
        "actor": ACTOR,
        "au": 3,
        "registration": str(REGISTRATION),
        "mode": "Review",
        "returnUrl": "https://lms.example.no/back",
        "language": "nn",
    }
    expected = Launching(ASKED, 3, REGISTRATION, LaunchMode.REVIEW, "https://lms.example.no/back", "nn")
    assert parse(full) == expected
    assert parse({"actor": ACTOR}) == Launching(ASKED, 0, None, LaunchMode.NORMAL, None, None)
    assert parse({"actor": ACTOR}, Enrolling) == Enrolling(ASKED)
    assert parse({"reason": "Tested Out", "au": 1}, Waiving) == Waiving("Tested Out", 1)


WRONG = {
    "no JSON": b"{",
    "no UTF-8": b'{"actor": "\xff"}',
    "no actor": b"{}",
    "a mailbox": json.dumps({"actor": {"mbox": "mailto:kari@example.no"}}).encode(),
    "a mode that there is not": json.dumps({"actor": ACTOR, "mode": "normal"}).encode(),
    "a name that there is not": json.dumps({"actor": ACTOR, "auIndex": 1}).encode(),
    "an AU in words": json.dumps({"actor": ACTOR, "au": "first"}).encode(),
    "too deep": b'{"actor":' * 5000,
    "a script to return to": json.dumps({"actor": ACTOR, "returnUrl": "javascript:alert(1)"}).encode(),
    "nowhere to return to": json.dumps({"actor": ACTOR, "returnUrl": "https://"}).encode(),
    "half an address to return to": json.dumps({"actor": ACTOR, "returnUrl": "http://[::1"}).encode(),
}


@pytest.mark.parametrize("content", WRONG.values(), ids=WRONG.keys())
def test_refuses_what_it_does_not_understand(content):
    with pytest.raises(Invalid) as refused:
        parse_asked(content, Launching)
    assert refused.value.field in ("body", "returnUrl")


def test_knows_the_learner_by_an_account():
    assert learner_of(ASKED) == Account(HOME, "kari")
    assert actor_document(Account(HOME, "kari")) == {"objectType": "Agent", "account": ACTOR["account"]}


NOBODY = {
    "a group": AskedActor(AskedAccount(HOME, "kari"), objectType="Group"),
    "no IRI": AskedActor(AskedAccount("lms", "kari")),
    "no name": AskedActor(AskedAccount(HOME, "")),
    "an endless name": AskedActor(AskedAccount(HOME, "k" * 256)),
}


@pytest.mark.parametrize("actor", NOBODY.values(), ids=NOBODY.keys())
def test_knows_no_learner_when_the_account_is_none(actor):
    with pytest.raises(Invalid, match="an Agent with an account"):
        learner_of(actor)


@pytest.mark.parametrize(
    ("name", "shown"), [(" Kari Nordmann ", "Kari Nordmann"), (None, "kari"), ("", "kari"), (" ", "kari"), ("k" * 300, "k" * 255)]
)
def test_tells_what_a_learner_is_called(name, shown):
    assert name_of(AskedActor(AskedAccount(HOME, "kari"), name)) == shown


@pytest.mark.parametrize(
    ("content_type", "ending"),
    [
        ("application/zip", ".zip"),
        ("text/xml; charset=utf-8", ".xml"),
        ("Application/XML", ".xml"),
        ("application/octet-stream", ".zip"),
    ],
)
def test_knows_packages_by_their_type(content_type, ending):
    assert ending_of(content_type) == ending


@pytest.mark.parametrize("content_type", ["", "text/markdown; charset=UTF-8", "application/json"])
def test_refuses_what_is_no_package(content_type):  # 14.0.0.0-1 (d)
    with pytest.raises(UnsupportedMedia) as refused:
        ending_of(content_type)
    assert refused.value.rule == "cmi5 14.0"


def test_reads_whose_the_course_is():
    assert [parse_owner(text) for text in (None, "", str(SESSION))] == [None, None, SESSION]
    with pytest.raises(Invalid, match="id of a person"):
        parse_owner("eva")


def test_tells_of_a_course():
    iri, course_id = "https://lrs.example.no/hosted/1", UUID(int=1)
    structure = course_of(unit("exam", MoveOn.PASSED, mastery_score=0.8))
    found = course_document(HostedContent(course_id, UUID(int=2), iri, "Kurs", structure, ("cmi5.xml:3: odd",)))
    assert found == {
        "id": str(course_id),
        "title": "Kurs",
        "iri": iri,
        "publisherId": f"{IDS}/course",
        "aus": [
            {
                "index": 0,
                "publisherId": f"{IDS}/exam",
                "activityId": unit_activity(iri, f"{IDS}/exam"),
                "title": {"nb": "exam"},
                "moveOn": "Passed",
                "masteryScore": 0.8,
                "launchMethod": "AnyWindow",
            }
        ],
        "notices": ["cmi5.xml:3: odd"],
    }


def test_tells_of_a_session():
    ended = au_session(state=State.TERMINATED, ended_at=NOON + timedelta(minutes=5))
    found = session_document(ended)
    assert found["endedAt"] == "2026-11-23T12:05:00+00:00"
    told = {"id": str(SESSION), "au": 0, "mode": "Normal", "launchedAt": "2026-11-23T12:00:00+00:00"}
    assert session_document(au_session()) == told | {"state": "active", "endedAt": None}


@pytest.mark.parametrize(
    ("outcome", "score"),
    [(Outcome(True, True, Score(raw=5.0, minimum=0.0, maximum=10.0)), 0.5), (Outcome(True, True), None)],
)
def test_tells_of_an_outcome(outcome, score):
    assert outcome_document(outcome) == {"completion": True, "success": True, "score": score}
