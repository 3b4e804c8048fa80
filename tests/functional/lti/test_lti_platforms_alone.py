"""The platforms that the LTI tests launch from do what they are there for, tried with a stand-in for our tool."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import requests

from tests.support.lti.foreign_platform import Lti1p3Platform, OpenEdx
from tests.support.lti.messages import LTI, NRPS, claim, headed, signed_by_stranger
from tests.support.lti.own_platform import OwnPlatform
from tests.support.lti.own_services import MEDIA, SCOPES
from tests.support.lti.stand_in_tool import StandInTool
from tests.support.lti.walking import Walker

SCORE = {"Content-Type": MEDIA["score"]}


@pytest.fixture(scope="module", params=[OpenEdx, Lti1p3Platform, OwnPlatform])
def world(request):
    """A platform with a tool registered there."""
    with request.param() as platform:
        tool = StandInTool(platform)
        platform.register_tool(tool.url)
        yield platform, tool
        tool.stop()


def score_of(subject: str, given: float, after: int = 0) -> str:
    at = datetime.now(UTC) + timedelta(seconds=after)
    return json.dumps(
        {
            "userId": subject,
            "scoreGiven": given,
            "scoreMaximum": 100,
            "timestamp": at.isoformat(timespec="milliseconds"),
            "activityProgress": "Completed",
            "gradingProgress": "FullyGraded",
        }
    )


@pytest.mark.parametrize("frame", [False, True])
def test_launches_with_a_verified_token_when_a_course_page_is_opened(world, frame):
    platform, tool = world
    steps = Walker(top=platform.url if frame else None).walk(platform.course_url("student", frame=frame))
    assert steps[-1].answer.text == "launched", steps[-1].answer.text
    claims = tool.launches[-1]
    assert claims["sub"] == platform.subjects["student"]
    assert claims[LTI + "deployment_id"] == platform.deployment_id
    assert claims[LTI + "message_type"] == "LtiResourceLinkRequest"
    assert any(role.endswith("#Learner") for role in claims[LTI + "roles"])


@pytest.mark.parametrize(("user", "role"), [("teacher", "#Instructor"), ("admin", "#Administrator")])
def test_sends_the_roles_when_others_launch(world, user, role):
    platform, tool = world
    Walker().walk(platform.course_url(user))
    assert tool.launches[-1]["sub"] == platform.subjects[user]
    assert any(each.endswith(role) for each in tool.launches[-1][LTI + "roles"])


def test_keeps_scores_in_order_when_the_tool_sends_them(world):
    platform, tool = world
    Walker().walk(platform.course_url("student"))
    item = tool.services()["lineitem"]
    path, _mark, query = item.partition("?")
    scores = f"{path}/scores" + (f"?{query}" if query else "")
    subject = platform.subjects["student"]
    answers = [
        tool.ask("POST", scores, SCOPES["scores"], data=score_of(subject, given, after), headers=SCORE)
        for given, after in ((40, 0), (90, 5), (10, -60))
    ]
    assert [answer.status_code < 300 for answer in answers] == [True, True, False], [answer.text for answer in answers]
    assert [score["scoreGiven"] for score in platform.scores(subject)][-3:] == [40, 90, 10]
    found = tool.ask("GET", f"{path}/results" + (f"?{query}" if query else ""), SCOPES["results"]).json()
    assert [(r["userId"], r["resultScore"], r["resultMaximum"]) for r in found] == [(subject, 90, 100)]


def test_lists_line_items_when_asked(world):
    platform, tool = world
    Walker().walk(platform.course_url("student"))
    offered = [scope for scope in tool.services()["scope"] if "lineitem" in scope]  # each platform offers one or both
    answer = tool.ask("GET", tool.services()["lineitems"], offered[0])
    assert answer.status_code == 200, answer.text
    assert tool.services()["lineitem"] in [item["id"] for item in answer.json()]


def test_lists_members_page_by_page_when_asked(world):
    platform, tool = world
    Walker().walk(platform.course_url("student"))
    url, found, pages = tool.launches[-1][NRPS]["context_memberships_url"], {}, 0
    url += ("&" if "?" in url else "?") + "limit=2"
    while url:
        answer = tool.ask("GET", url, SCOPES["members"])
        assert answer.status_code == 200, answer.text
        found |= {member["user_id"]: member for member in answer.json()["members"]}
        url, pages = answer.links.get("next", {}).get("url"), pages + 1
    assert pages == 2
    assert set(found) == set(platform.subjects.values())
    assert found[platform.subjects["student"]]["name"] == "Kari Nordmann"


def test_places_what_was_chosen_when_a_teacher_links_deep(world):
    platform, tool = world
    tool.items = [{"type": "ltiResourceLink", "title": "Håndhygiene", "url": f"{tool.url}/lti/launch", "custom": {"place": "a"}}]
    steps = Walker().walk(platform.deep_linking_url("teacher"))
    assert steps[-1].answer.status_code == 200, steps[-1].answer.text
    kept = platform.content_items if isinstance(platform, OwnPlatform) else platform.stored()["content_items"]
    assert [(item["title"], item["custom"]) for item in kept] == [("Håndhygiene", {"place": "a"})]


def test_gives_no_token_when_the_assertion_is_not_the_tools(world):
    platform, _tool = world
    stranger = StandInTool(platform)
    answer = stranger.token(SCOPES["scores"])
    stranger.stop()
    assert answer.status_code == 400, answer.text
    assert "access_token" not in answer.text


def test_refuses_a_service_when_the_token_is_of_another_scope(world):
    platform, tool = world
    Walker().walk(platform.course_url("student"))
    answer = tool.ask("GET", tool.services()["lineitems"], SCOPES["members"])
    assert answer.status_code in {401, 403}


@pytest.fixture
def own():
    with OwnPlatform() as platform:
        tool = StandInTool(platform)
        platform.register_tool(tool.url)
        yield platform, tool
        tool.stop()
    assert platform.faults == []


@pytest.mark.parametrize(
    "fault", [signed_by_stranger, headed(alg="none"), headed(alg="HS256"), claim("iss", "https://other.example")]
)
def test_spoils_a_message_when_told_to(own, fault):
    platform, tool = own
    platform.fault = fault
    assert Walker().walk(platform.course_url())[-1].answer.text == "refused"
    assert tool.launches == []


def test_refuses_connections_when_it_is_down_and_answers_again_when_it_is_up(own):
    platform, _tool = own
    platform.refuse_connections()
    with pytest.raises(requests.ConnectionError):
        requests.get(platform.jwks_url, timeout=5)
    platform.accept_connections()
    assert requests.get(platform.jwks_url, timeout=5).json()["keys"]


def test_tells_of_itself_when_a_tool_wants_to_register(own):
    platform, tool = own
    told = requests.get(platform.openid_configuration_url, timeout=5).json()
    assert (told["issuer"], told["jwks_uri"]) == (platform.issuer, platform.jwks_url)
    wanted = {
        "initiate_login_uri": f"{tool.url}/lti/login",
        "response_types": ["id_token"],
        "grant_types": ["client_credentials", "implicit"],
        "token_endpoint_auth_method": "private_key_jwt",
        "application_type": "web",
        "https://purl.imsglobal.org/spec/lti-tool-configuration": {"domain": "127.0.0.1", "target_link_uri": tool.url},
    }
    answer = requests.post(told["registration_endpoint"], json=wanted, timeout=5)
    assert (answer.status_code, answer.json()) == (400, {"error": "domain_targetlinkuri_mismatch"})
    wanted["https://purl.imsglobal.org/spec/lti-tool-configuration"]["domain"] = tool.url.removeprefix("http://")
    assert requests.post(told["registration_endpoint"], json=wanted, timeout=5).json()["client_id"] == "registered-1"


@pytest.mark.parametrize("world", [OpenEdx], indirect=True)
def test_launches_by_lti_1p1_when_a_link_of_open_edx_is_old(world):
    platform, _tool = world
    first = Walker().open("GET", platform.launch_1p1_url())
    assert 'name="oauth_signature"' in first.answer.text
