"""The documents of ADL's SCORM profile: where each stands and what it says."""

import json
from uuid import UUID

import pytest

from lrs_bridge.scorm.attempt import ScoState
from lrs_bridge.scorm.documents import (
    activity_profile,
    activity_state,
    agent_profile,
    attempt_state,
    documents_of,
    shared_data,
    suspend_data,
)
from lrs_bridge.scorm.manifest.model import Version
from lrs_bridge.scorm.manifest.sequencing import Objective, Sequencing
from lrs_bridge.xapi.documents.key import Kind, parse_context
from lrs_bridge.xapi.exchange import Version as XapiVersion
from tests.support.scorm import ATTEMPT_ID, COURSE, KARI, attempt, item

V1_2, V2004 = Version.V1_2, Version.V2004
SCO = f"{COURSE}/sco_1"
ATTEMPT = f"{SCO}?attemptId={ATTEMPT_ID}"
AGENT = {"objectType": "Agent", "name": "Nordmann, Kari", "account": {"homePage": KARI.home_page, "name": KARI.name}}
PROFILE = "https://w3id.org/xapi/scorm"


def key(id, kind, **parameters):
    """The key under which a client of the LRS finds the document."""
    context = parse_context(parameters | {kind.id_name: id}, kind, tenant="demo", version=XapiVersion.V1)
    return context.key(id)


def content(kept):
    return json.loads(kept.content)


def test_lists_the_attempts_at_a_sco():
    earlier = UUID("00000000-0000-4000-8000-000000000001")
    kept = activity_state(attempt(), item(), [earlier, ATTEMPT_ID])
    assert kept.key == key(f"{PROFILE}/activity-state", Kind.STATE, activityId=SCO, agent=json.dumps(AGENT))
    assert content(kept) == {"attempts": [f"{SCO}?attemptId={earlier}", ATTEMPT]}


def test_tells_how_far_an_attempt_is():
    cmi = {
        "cmi.location": "p3",
        "cmi.total_time": "PT1M",
        "cmi.session_time": "PT5S",
        "cmi.learner_preference.language": "nb",
        "cmi.comments_from_lms.0.comment": "Velkommen",
        "cmi.comments_from_lms.0.timestamp": "2026-03-04T10:00:00Z",
        "adl.data.0.id": "urn:store",
        "adl.data.0.store": "…",
    }
    kept = attempt_state(attempt(), item(), ScoState(cmi))
    assert kept.key == key(f"{PROFILE}/attempt-state", Kind.STATE, activityId=ATTEMPT, agent=json.dumps(AGENT))
    assert content(kept) == {
        "credit": "credit",
        "mode": "normal",
        "total_time": "PT1M5S",
        "location": "p3",
        "preferences": {"language": "nb"},
        "comments_from_lms": [{"comment": "Velkommen", "timestamp": "2026-03-04T10:00:00Z"}],
        "adl_data": [
            {
                "activityId": ATTEMPT,
                "agent": AGENT,
                "stateId": f"{PROFILE}/types/adl-data/urn%3Astore",
                "registration": str(ATTEMPT_ID),
            }
        ],
    }


def test_leaves_out_of_the_attempts_state_what_nobody_set():
    kept = attempt_state(attempt(V1_2, mode="browse", credit="no-credit"), item(), ScoState({"cmi.core.lesson_location": "2"}))
    assert content(kept) == {"credit": "no-credit", "mode": "browse", "total_time": "PT0S", "location": "2"}


@pytest.mark.parametrize(
    ("cmi", "comments"),
    [
        ({"cmi.comments_from_lms": "Velkommen"}, [{"comment": "Velkommen"}]),
        ({"cmi.comments_from_lms.0.comment": "a", "cmi.comments_from_lms.0.timestamp": "i går"}, [{"comment": "a"}]),
        (
            {"cmi.comments_from_lms.0.comment": "a", "cmi.comments_from_lms.0.location": "p1"},
            [{"comment": "a", "location": "p1"}],
        ),
        ({"cmi.comments_from_lms.0.timestamp": "i går"}, None),
        ({}, None),
    ],
)
def test_keeps_comments_of_the_learning_system(cmi, comments):
    assert content(attempt_state(attempt(), item(), ScoState(cmi))).get("comments_from_lms") == comments


@pytest.mark.parametrize(
    ("given", "version", "expected"),
    [
        (item(), V2004, {}),
        (
            item(mastery_score=80.0, launch_data="x=1", max_time_allowed="0001:00:00.5", time_limit_action="Exit,No message"),
            V1_2,
            {
                "scaled_passing_score": 0.8,
                "launch_data": "x=1",
                "max_time_allowed": 3600.5,
                "time_limit_action": "exit,no message",
            },
        ),
        (
            item(
                completed_by_measure=True,
                completion_threshold=0.5,
                max_time_allowed="PT1H",
                sequencing=Sequencing(primary_objective=Objective(satisfied_by_measure=True, min_normalized_measure=0.6)),
            ),
            V2004,
            {"completion_threshold": 0.5, "max_time_allowed": 3600.0, "scaled_passing_score": 0.6},
        ),
        (item(max_time_allowed="soon", time_limit_action="explode"), V1_2, {}),
    ],
)
def test_tells_by_what_a_sco_is_judged(given, version, expected):
    kept = activity_profile(attempt(version), given)
    assert kept.key == key(f"{PROFILE}/activity-profile", Kind.ACTIVITY_PROFILE, activityId=SCO)
    assert content(kept) == expected


def test_tells_who_the_learner_is():
    kept = agent_profile(attempt(V1_2), {"cmi.student_preference.audio": "50"})
    assert kept.key == key(f"{PROFILE}/agent-profile", Kind.AGENT_PROFILE, agent=json.dumps(AGENT))
    assert content(kept) == {"learner_id": "opaque-7", "learner_name": "Nordmann, Kari", "preferences": {"audio_level": 50}}
    assert content(agent_profile(attempt(learner_name=None), {})) == {"learner_id": "opaque-7"}


@pytest.mark.parametrize(
    ("version", "cmi", "preferences"),
    [
        (V1_2, {"audio": "-1", "speed": "-100", "text": "-1", "language": "norsk språk"}, {"audio_captioning": -1}),
        (V1_2, {"audio": "0", "speed": "1.5", "text": "0", "language": "nn-NO"},
         {"audio_level": 0, "delivery_speed": 1.5, "audio_captioning": 0, "language": "nn-NO"}),
        (V2004, {"audio_level": "1", "delivery_speed": "2", "audio_captioning": "1", "language": ""},
         {"audio_level": 1, "delivery_speed": 2, "audio_captioning": 1}),
        (V2004, {"audio_captioning": "0.5"}, None),
        (V2004, {"audio_captioning": "2"}, None),
    ],
)  # fmt: skip
def test_keeps_preferences_that_are_within_bounds(version, cmi, preferences):
    prefix = "cmi.student_preference." if version is V1_2 else "cmi.learner_preference."
    kept = agent_profile(attempt(version), {prefix + name: value for name, value in cmi.items()})
    assert content(kept).get("preferences") == preferences


def test_keeps_suspend_data_as_it_was_set():
    (kept,) = suspend_data(attempt(), item(), {"cmi.suspend_data": "blåbær"})
    where = {"activityId": ATTEMPT, "agent": json.dumps(AGENT), "registration": str(ATTEMPT_ID)}
    assert kept.key == key(f"{PROFILE}/types/adl-suspend-data", Kind.STATE, **where)
    assert (kept.content.decode(), kept.content_type) == ("blåbær", "text/plain; charset=utf-8")
    assert suspend_data(attempt(), item(), {}) == []


def test_keeps_each_shared_store():
    cmi = {"adl.data.0.id": "a", "adl.data.0.store": "1", "adl.data.1.id": "b", "adl.data.2.store": "3", "adl.data.3.id": ""}
    assert [(kept.key.id, kept.content) for kept in shared_data(attempt(), item(), cmi)] == [
        (f"{PROFILE}/types/adl-data/a", b"1")
    ]


def test_keeps_all_of_them():
    cmi = {"cmi.suspend_data": "…", "adl.data.0.id": "a", "adl.data.0.store": "1"}
    kept = documents_of(attempt(), item(), ScoState(cmi), [ATTEMPT_ID])
    assert [each.key.id.removeprefix(PROFILE) for each in kept] == [
        "/activity-state",
        "/attempt-state",
        "/activity-profile",
        "/agent-profile",
        "/types/adl-suspend-data",
        "/types/adl-data/a",
    ]
