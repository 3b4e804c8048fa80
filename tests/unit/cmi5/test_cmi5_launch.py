"""What an AU is launched with (8.1, 10.2, 11), and the names and keys that go with it."""

import base64
import hashlib
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import orjson
import pytest

from lrs_bridge.cmi5 import naming
from lrs_bridge.cmi5.launch import first_preferences, launch_data, launch_url, whole_url
from lrs_bridge.cmi5.rules import context_template
from lrs_bridge.cmi5.vocabulary import LaunchMode, MoveOn
from lrs_bridge.errors import Invalid
from tests.support.cmi5 import ACTIVITY, LEARNER, REGISTRATION, SESSION, unit

FILES = "https://x.example.no/files/ticket/"
ENDPOINT, FETCH = "https://lrs.example.no/xapi/", "https://lrs.example.no/cmi5/fetch/demo.1.2"

WHOLE = {
    "relative": ("index.html", f"{FILES}index.html"),
    "relative with a query": ("a/index.html?x=1&y=2#z", f"{FILES}a/index.html?x=1&y=2#z"),
    "dots": ("./a/../index.html", f"{FILES}index.html"),
    "characters to encode": ("kurs/Innføring 1.html", f"{FILES}kurs/Innf%C3%B8ring%201.html"),
    "encoded already": ("kurs/Innf%C3%B8ring.html", f"{FILES}kurs/Innf%C3%B8ring.html"),
    "elsewhere": ("https://example.org/x?y=1", "https://example.org/x?y=1"),
    "ampersand escaped twice": ("index.html?x=1&amp;y=2", f"{FILES}index.html?x=1&y=2"),
    "another application": ("player://example.org/x", "player://example.org/x"),
}


@pytest.mark.parametrize(("url", "whole"), WHOLE.values(), ids=WHOLE.keys())
def test_makes_a_whole_url_of_an_aus_own(url, whole):  # 9.6.3.4
    assert whole_url(unit(url=url), FILES) == whole


def test_needs_no_files_when_the_url_is_whole():
    assert whole_url(unit(url="https://example.org/x"), None) == "https://example.org/x"


def test_says_so_when_nobody_knows_where_the_files_are():
    with pytest.raises(Invalid, match="say where the package's files are"):
        whole_url(unit(), None)


@pytest.mark.parametrize(
    ("whole", "own"),
    [("https://x.example.no/a.html", []), ("https://x.example.no/a.html?p=1&q=a%26b#top", [("p", "1"), ("q", "a&b")])],
)
def test_merges_the_launch_parameters_with_the_aus_own_query(whole, own):  # 8.1.0.0-4, -5, -8, 13.1.4.0-3
    url = launch_url(whole, endpoint=ENDPOINT, fetch=FETCH, learner=LEARNER, registration=REGISTRATION, activity_id=ACTIVITY)
    parts = urlsplit(url)
    found = parse_qsl(parts.query, strict_parsing=True)
    assert found[: len(own)] == own
    told = dict(found[len(own) :])
    assert orjson.loads(told.pop("actor")) == {
        "objectType": "Agent",
        "account": {"homePage": LEARNER.home_page, "name": LEARNER.name},
    }
    assert told == {"endpoint": ENDPOINT, "fetch": FETCH, "registration": str(REGISTRATION), "activityId": ACTIVITY}
    assert (parts.path, parts.fragment) == ("/a.html", "top" if own else "")
    assert "+" not in parts.query


def test_tells_all_that_the_course_structure_says_of_an_au():  # 10.2
    au = unit("au", MoveOn.PASSED, mastery_score=0.75, launch_parameters="a=1", entitlement_key="xyz")
    assert launch_data(au, SESSION, LaunchMode.REVIEW, "https://lrs.example.no/back") == {
        "contextTemplate": context_template(SESSION, au.id),
        "launchMode": "Review",
        "moveOn": "Passed",
        "launchParameters": "a=1",
        "masteryScore": 0.75,
        "returnURL": "https://lrs.example.no/back",
        "entitlementKey": {"courseStructure": "xyz"},
    }


def test_leaves_out_what_nobody_said():
    assert launch_data(unit(), SESSION, LaunchMode.NORMAL, None) == {
        "contextTemplate": context_template(SESSION, unit().id),
        "launchMode": "Normal",
        "moveOn": "NotApplicable",
    }


def test_begins_with_the_language_of_the_learner():
    assert first_preferences("nb-NO") == {"languagePreference": "nb-NO", "audioPreference": "on"}
    with pytest.raises(Invalid, match="no language tag"):
        first_preferences("norsk bokmål")


# Names and keys

COURSE = "https://lrs.example.no/hosted/1"


def test_makes_an_activity_id_of_the_course_and_the_publishers_id():  # 8.1.5.0-1, -3, -4
    first, second = (naming.unit_activity(COURSE, f"https://example.org/{name}") for name in "ab")
    assert first.startswith(f"{COURSE}/au/")
    assert len({first, second, naming.block_activity(COURSE, "https://example.org/a")}) == 3
    assert naming.unit_activity(COURSE, "https://example.org/a") == first


def test_reads_its_own_keys_and_tokens():
    key = naming.key_of("demo", SESSION)
    assert naming.parse_key(key) == ("demo", SESSION)
    assert naming.parse_fetch_token(naming.fetch_token(key, "0" * 64)) == ("demo", SESSION, "0" * 64)
    assert naming.hash_of("secret") == hashlib.sha256(b"secret").hexdigest()
    assert base64.b64decode(naming.auth_token(key, "secret")) == f"{key}:secret".encode()


@pytest.mark.parametrize("text", ["", "demo", "demo.0123456789abcdef", f"Demo.{UUID(int=1).hex}", f"demo.{UUID(int=1).hex}.x"])
def test_reads_no_other_keys(text):
    assert naming.parse_key(text) is None
    assert naming.parse_fetch_token(text) is None
