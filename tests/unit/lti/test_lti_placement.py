from dataclasses import replace
from datetime import UTC, datetime

import pytest

from lrs_bridge.lti.launch.launch import Course, DeepLinkingSettings, Launch, MessageType, ResourceLink
from lrs_bridge.lti.placement.deep_linking import Chosen, response_claims, takes_links
from lrs_bridge.lti.placement.place import PLAN, Place, address_of, custom_of, place_key, place_of

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
PUBLIC = "https://tool.example.no"
LTI = "https://purl.imsglobal.org/spec/lti/claim/"
DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
LAUNCH = Launch(
    version="1.3",
    message_type=MessageType.DEEP_LINKING,
    issuer="https://lms.example.no",
    client_id="client",
    deployment_id="7",
    subject="42",
    roles=(),
    target_link_uri=f"{PUBLIC}/lti/launch",
)
SETTINGS = DeepLinkingSettings("https://lms.example.no/back", (), (), accept_multiple=True, accept_lineitem=True)


@pytest.mark.parametrize("place", [PLAN, Place("activity", "3f2a"), Place("course", "a b/ø")])
def test_finds_by_its_address_what_was_placed(place):
    assert place_of(replace(LAUNCH, target_link_uri=address_of(place, PUBLIC))) == place


@pytest.mark.parametrize("place", [PLAN, Place("activity", "3f2a"), Place("course", "a:b")])
def test_finds_by_the_custom_parameter_what_was_placed_when_every_link_has_one_address(place):
    assert place_of(replace(LAUNCH, custom=custom_of(place))) == place


def test_takes_a_link_that_names_nothing_for_the_plan():
    assert place_of(LAUNCH) == PLAN


def test_names_a_place_in_a_course_by_its_resource_link_and_without_one_by_what_it_is_for():
    linked = replace(LAUNCH, course=Course("1"), resource_link=ResourceLink("9"))
    keys = [
        place_key(each)
        for each in (
            linked,
            replace(linked, resource_link=ResourceLink("8")),
            replace(linked, course=Course("2")),
            replace(linked, deployment_id="8"),
            replace(linked, resource_link=None),
            replace(linked, resource_link=None, custom=custom_of(Place("activity", "1"))),
            LAUNCH,
        )
    ]
    assert len(set(keys)) == len(keys)
    assert place_key(replace(linked, target_link_uri=f"{PUBLIC}/lti/launch/plan")) == place_key(linked)


@pytest.mark.parametrize(("types", "takes"), [((), True), (("link", "ltiResourceLink"), True), (("link", "file"), False)])
def test_says_whether_the_platform_takes_links(types, takes):
    assert takes_links(replace(SETTINGS, accept_types=types)) is takes


def test_sends_what_was_chosen_as_the_specification_says():
    chosen = [Chosen(Place("activity", "3f2a"), "Smittevern", "E-læring", graded=True), Chosen(PLAN, "Plan", "", graded=False)]
    claims = response_claims(chosen, LAUNCH, SETTINGS, public_url=PUBLIC, nonce="n", now=NOW)
    assert claims == {
        "iss": "client",
        "aud": "https://lms.example.no",
        "iat": int(NOW.timestamp()) - 10,
        "exp": int(NOW.timestamp()) + 300,
        "nonce": "n",
        LTI + "deployment_id": "7",
        LTI + "message_type": "LtiDeepLinkingResponse",
        LTI + "version": "1.3.0",
        DL + "content_items": [
            {
                "type": "ltiResourceLink",
                "title": "Smittevern",
                "text": "E-læring",
                "url": f"{PUBLIC}/lti/launch/activity/3f2a",
                "custom": {"lrs_bridge_placed": "activity:3f2a"},
                "lineItem": {"scoreMaximum": 100.0, "label": "Smittevern", "resourceId": "activity:3f2a", "tag": "lrs_bridge"},
            },
            {
                "type": "ltiResourceLink",
                "title": "Plan",
                "text": "",
                "url": f"{PUBLIC}/lti/launch/plan",
                "custom": {"lrs_bridge_placed": "plan:"},
            },
        ],
    }


@pytest.mark.parametrize("given", ["", "csrf:1"])
def test_echoes_the_platforms_value_exactly_when_it_gave_one(given):
    claims = response_claims([], LAUNCH, replace(SETTINGS, data=given), public_url=PUBLIC, nonce="n", now=NOW)
    assert claims[DL + "data"] == given
