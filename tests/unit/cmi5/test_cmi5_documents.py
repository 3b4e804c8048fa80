"""Which documents an AU may read and write (8.1, 10.2.1, 11)."""

from dataclasses import replace
from uuid import uuid4

import pytest

from lrs_bridge.cmi5.documents import check_agent, check_use, reads_preferences
from lrs_bridge.errors import Forbidden
from lrs_bridge.ports import DocumentUse
from tests.support.cmi5 import ACTIVITY, LEARNER, REGISTRATION, au_session

AGENT = f"account {LEARNER.home_page} {LEARNER.name}"
STATE = DocumentUse("state", "PUT", ACTIVITY, AGENT, REGISTRATION, "bookmark", b"x", "text/plain")
LAUNCH_DATA = replace(STATE, method="GET", id="LMS.LaunchData", content=None)
GOOD = b'{"languagePreference": "en-US, fr-FR,nb", "audioPreference": "off"}'
PREFERENCES = DocumentUse("agent_profile", "PUT", None, AGENT, None, "cmi5LearnerPreferences", GOOD, "application/json")
PROFILE = DocumentUse("activity_profile", "POST", ACTIVITY, None, None, "x", b"{}", "application/json")

OPEN = {
    "state": STATE,
    "state without a registration": replace(STATE, registration=None),
    "state of a part": replace(STATE, activity=f"{ACTIVITY}/page/1"),
    "state deleted": replace(STATE, method="DELETE", content=None),
    "launch data read": LAUNCH_DATA,
    "all states listed": replace(LAUNCH_DATA, id=None),
    "launch data asked for": replace(LAUNCH_DATA, method="HEAD"),
    "preferences read": replace(PREFERENCES, method="GET", content=None),
    "preferences written": PREFERENCES,
    "preferences with a charset": replace(PREFERENCES, content_type="application/json; charset=utf-8"),
    "preferences deleted": replace(PREFERENCES, method="DELETE", content=None, content_type=None),
    "another profile": replace(PREFERENCES, id="other", content=b"x", content_type="text/plain"),
    "profile of the activity": PROFILE,
}


@pytest.mark.parametrize("use", OPEN.values(), ids=OPEN.keys())
def test_lets_an_au_have_its_own_documents(use):
    assert check_use(use, au_session(), LEARNER) is None


def preferences(content, content_type="application/json"):
    return replace(PREFERENCES, content=content, content_type=content_type)


CLOSED = {
    "8.1.3.0-3 (d)": (replace(STATE, agent="mbox mailto:kari@example.no"), "8.1.3", "agent"),
    "11.0.0.0-1 (d)": (replace(PREFERENCES, agent=f"{AGENT}x"), "8.1.3", "agent"),
    "8.1.4.0-3 (d)": (replace(STATE, registration=uuid4()), "8.1.4", "registration"),
    "another AU": (replace(STATE, activity="https://lrs.example.no/hosted/1/au/22"), "8.1.5", "activity"),
    "longer name": (replace(STATE, activity=f"{ACTIVITY}2"), "8.1.5", "activity"),
    "course": (replace(PROFILE, activity="https://lrs.example.no/hosted/1"), "8.1.5", "activity"),
    "10.2.1.0-5 (d) PUT": (replace(LAUNCH_DATA, method="PUT", content=b"{}"), "10.2.1", "LMS.LaunchData"),
    "10.2.1.0-5 (d) POST": (replace(LAUNCH_DATA, method="POST", content=b"{}"), "10.2.1", "LMS.LaunchData"),
    "10.2.1.0-5 (d) DELETE": (replace(LAUNCH_DATA, method="DELETE"), "10.2.1", "LMS.LaunchData"),
    "10.2.1.0-5 (d) all": (replace(LAUNCH_DATA, method="DELETE", id=None), "10.2.1", "LMS.LaunchData"),
    "11.0.0.0-5 (d) type": (preferences(GOOD, "text/plain;charset=UTF-8"), "11", "application/json"),
    "11.0.0.0-5 (d) no type": (preferences(GOOD, None), "11", "application/json"),
    "11.0.0.0-5 (d) no JSON": (preferences(b"just text"), "11", "are JSON"),
    "11.0.0.0-5 (d) no object": (preferences(b"[]"), "11", "are an object"),
    "11.0.0.0-5 (d) no language": (preferences(b'{"audioPreference": "on"}'), "11", "are an object"),
    "11.0.0.0-5 (d) no audio": (preferences(b'{"languagePreference": "nb"}'), "11", "are an object"),
    "11.1.0.0-1 (d) not separated": (
        preferences(b'{"languagePreference": "not comma separated", "audioPreference": "on"}'),
        "11.1",
        "comma-separated",
    ),
    "11.1.0.0-1 (d) empty": (preferences(b'{"languagePreference": "", "audioPreference": "on"}'), "11.1", "comma-separated"),
    "11.1.0.0-1 (d) array": (preferences(b'{"languagePreference": ["nb"], "audioPreference": "on"}'), "11.1", "comma-separated"),
    "11.2": (preferences(b'{"languagePreference": "nb", "audioPreference": "loud"}'), "11.2", "on or off"),
    "11.2 no text": (preferences(b'{"languagePreference": "nb", "audioPreference": {}}'), "11.2", "on or off"),
}


@pytest.mark.parametrize(("use", "clause", "message"), CLOSED.values(), ids=CLOSED.keys())
def test_keeps_other_documents_closed(use, clause, message):
    with pytest.raises(Forbidden, match=message) as refused:
        check_use(use, au_session(), LEARNER)
    assert refused.value.rule == f"cmi5 {clause}"


def test_lets_an_au_ask_about_its_learner_alone():
    assert check_agent(AGENT, LEARNER) is None
    with pytest.raises(Forbidden, match="actor of the launch"):
        check_agent(None, LEARNER)


READS = {
    "read": (replace(PREFERENCES, method="GET"), True),
    "asked for": (replace(PREFERENCES, method="HEAD"), True),
    "written": (PREFERENCES, False),
    "another profile": (replace(PREFERENCES, method="GET", id="other"), False),
    "state of that name": (replace(STATE, method="GET", id="cmi5LearnerPreferences"), False),
}


@pytest.mark.parametrize(("use", "reads"), READS.values(), ids=READS.keys())
def test_knows_when_the_preferences_are_read(use, reads):  # 11.0.0.0-3 (d1)
    assert reads_preferences(use) is reads
