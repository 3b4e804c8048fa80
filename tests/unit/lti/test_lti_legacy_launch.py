"""What a launch by LTI 1.1 says, and at which step one that does not hold is refused."""

from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest

from lrs_bridge.lti.launch.launch import BasicOutcome, Course, DeepLinkingSettings, MessageType, ResourceLink
from lrs_bridge.lti.launch.refusal import LaunchRefused, Step
from lrs_bridge.lti.launch.roles import CONTEXT, INSTITUTION
from lrs_bridge.lti.legacy.launch import Consumer, address_of, first_values, issuer_of, read_launch, target_of, verify_launch
from lrs_bridge.lti.legacy.oauth1 import sign_form
from lrs_bridge.lti.platforms.platform import State
from tests.support.lti_legacy import PLATFORM

URL = "https://lrs.example.no/lti/1p1/launch"
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
SECRET = "a secret of theirs"
LAUNCH = {
    "lti_message_type": "basic-lti-launch-request",
    "lti_version": "LTI-1p0",
    "resource_link_id": "rl-1",
    "resource_link_title": "My plan",
    "user_id": "42",
    "roles": "Learner,urn:lti:instrole:ims/lis/Student, ,Instructor",
    "context_id": "c-7",
    "context_title": "Smittevern",
    "context_label": "SV",
    "lis_person_name_full": "Kari Nordmann",
    "lis_person_contact_email_primary": "kari@example.no",
    "tool_consumer_instance_guid": "lms.example.no",
    "launch_presentation_locale": "nb-NO",
    "launch_presentation_return_url": "https://lms.example.no/course/7",
    "launch_presentation_document_target": "iframe",
    "custom_lrs_bridge_placed": "activity:1",
    "lis_outcome_service_url": "https://lms.example.no/outcomes?id=3",
    "lis_result_sourcedid": '{"data":{"instanceid":"3"}}',
}
SELECTION = {
    "lti_message_type": "ContentItemSelectionRequest",
    "lti_version": "LTI-1p0",
    "user_id": "43",
    "roles": "Instructor",
    "content_item_return_url": "https://lms.example.no/return?id=1&course=2",
    "accept_media_types": "application/vnd.ims.lti.v1.ltilink, image/*",
    "accept_presentation_document_targets": "iframe,window",
    "accept_multiple": "True",
    "data": "opaque ",
}
CONSUMER = Consumer(PLATFORM, SECRET, is_allowed=True)


def form(*, message=LAUNCH, secret=SECRET, now=NOW, **changes):
    fields = {name: value for name, value in (message | changes).items() if value is not None}
    signed = sign_form(fields, url=URL, consumer_key="north-lms", secret=secret, nonce="n-1", now=now)
    return list(signed.items())


def said(message=LAUNCH, **changes):
    return read_launch(first_values((message | changes).items()), url=URL, consumer_key="north-lms")


def refused(pairs, consumer=CONSUMER):
    with pytest.raises(LaunchRefused) as caught:
        verify_launch(pairs, url=URL, consumer=consumer, now=NOW)
    return caught.value.step, caught.value.field


def test_reads_all_that_a_launch_says():
    launch, signed = verify_launch(form(), url=URL, consumer=CONSUMER, now=NOW)
    assert (signed.consumer_key, signed.nonce) == ("north-lms", "n-1")
    assert (launch.version, launch.message_type, launch.issuer, launch.client_id, launch.deployment_id) == (
        "1.1",
        MessageType.RESOURCE_LINK,
        "lti1p1:north-lms",
        "north-lms",
        "lms.example.no",
    )
    assert (launch.subject, launch.name, launch.email) == ("42", "Kari Nordmann", "kari@example.no")
    assert launch.roles == (CONTEXT + "Learner", INSTITUTION + "Student", CONTEXT + "Instructor")
    assert launch.course == Course("c-7", "Smittevern", "SV")
    assert launch.resource_link == ResourceLink("rl-1", "My plan")
    assert launch.custom == {"lrs_bridge_placed": "activity:1"}
    assert (launch.locale, launch.document_target) == ("nb-NO", "iframe")
    assert launch.return_url == "https://lms.example.no/course/7"
    assert launch.basic_outcome == BasicOutcome("https://lms.example.no/outcomes?id=3", '{"data":{"instanceid":"3"}}')
    assert launch.target_link_uri == "https://lrs.example.no/lti/launch"
    assert (launch.deep_linking, launch.migration, launch.grades) == (None, None, None)


def test_reads_a_launch_that_says_next_to_nothing():
    bare = {name: LAUNCH[name] for name in ("lti_message_type", "lti_version", "resource_link_id")}
    launch, _ = verify_launch(form(message=bare), url=URL, consumer=CONSUMER, now=NOW)
    assert (launch.deployment_id, launch.subject, launch.roles, launch.name, launch.email) == ("", None, (), None, None)
    assert (launch.course, launch.locale, launch.custom, launch.basic_outcome) == (None, None, {}, None)
    assert launch.resource_link == ResourceLink("rl-1")


def test_reads_a_content_item_request_as_deep_linking():
    launch, _ = verify_launch(form(message=SELECTION), url=URL, consumer=CONSUMER, now=NOW)
    assert launch.message_type is MessageType.DEEP_LINKING
    assert launch.resource_link is None
    assert launch.deep_linking == DeepLinkingSettings(
        return_url="https://lms.example.no/return?id=1&course=2",
        accept_types=("ltiResourceLink",),
        accept_targets=("iframe", "window"),
        accept_multiple=True,
        accept_lineitem=True,
        data="opaque ",
    )


@pytest.mark.parametrize(
    ("media_types", "accepted"),
    [("*/*", ("ltiResourceLink", "link")), ("text/html", ("link",)), ("image/*", ()), ("", ())],
)
def test_says_in_the_words_of_deep_linking_what_is_taken(media_types, accepted):
    settings = said(SELECTION, accept_media_types=media_types, accept_multiple="false").deep_linking
    assert (settings.accept_types, settings.accept_multiple) == (accepted, False)
    assert said({k: v for k, v in SELECTION.items() if k != "data"}).deep_linking.data is None


@pytest.mark.parametrize(
    ("names", "name"),
    [
        ({"lis_person_name_full": "", "lis_person_name_given": "Kari", "lis_person_name_family": "Nordmann"}, "Kari Nordmann"),
        ({"lis_person_name_full": " ", "lis_person_name_given": "Kari"}, "Kari"),
        ({"lis_person_name_full": "Ka\x00ri"}, "Kari"),
        ({"lis_person_name_full": "K" * 2000}, "K" * 1000),
    ],
)
def test_finds_a_name_in_what_is_given(names, name):
    assert said(**names).name == name


@pytest.mark.parametrize("missing", ["lis_outcome_service_url", "lis_result_sourcedid"])
def test_takes_no_grade_where_half_of_its_place_is_missing(missing):
    assert said(**{missing: ""}).basic_outcome is None


def test_what_is_there_twice_counts_once():
    assert first_values([("a", " "), ("a", "1"), ("a", "2"), ("b", "")]) == {"a": "1"}


@pytest.mark.parametrize(
    ("consumer", "step"),
    [
        (None, Step.CONSUMER),
        (replace(CONSUMER, is_allowed=False), Step.PLATFORM),
        (replace(CONSUMER, platform=replace(PLATFORM, state=State.PAUSED)), Step.PLATFORM),
        (replace(CONSUMER, secret="another secret"), Step.SIGNATURE),
        (replace(CONSUMER, secret=None), Step.KEY),
        (replace(CONSUMER, secret=""), Step.KEY),
    ],
)
def test_refuses_who_may_not_launch(consumer, step):
    assert refused(form(), consumer)[0] is step


@pytest.mark.parametrize(
    ("message", "changes", "step", "field"),
    [
        (LAUNCH, {"lti_version": "LTI-2p0"}, Step.VERSION, "lti_version"),
        (LAUNCH, {"lti_version": None}, Step.VERSION, "lti_version"),
        (LAUNCH, {"lti_message_type": "LtiResourceLinkRequest"}, Step.MESSAGE, "lti_message_type"),
        (LAUNCH, {"lti_message_type": None}, Step.MESSAGE, "lti_message_type"),
        (LAUNCH, {"resource_link_id": " "}, Step.MESSAGE, "resource_link_id"),
        (LAUNCH, {"resource_link_id": "r" * 256}, Step.MESSAGE, "resource_link_id"),
        (LAUNCH, {"user_id": "u" * 256}, Step.MESSAGE, "user_id"),
        (LAUNCH, {"user_id": "4\x002"}, Step.MESSAGE, "user_id"),
        (LAUNCH, {"custom_x": "4\x002"}, Step.MESSAGE, "custom_x"),
        (LAUNCH, {"lis_result_sourcedid": "4\x002"}, Step.MESSAGE, "lis_result_sourcedid"),
        (LAUNCH, {"context_id": "c" * 256}, Step.MESSAGE, "context_id"),
        (LAUNCH, {"tool_consumer_instance_guid": "g" * 256}, Step.MESSAGE, "tool_consumer_instance_guid"),
        (SELECTION, {"content_item_return_url": None}, Step.MESSAGE, "content_item_return_url"),
        (SELECTION, {"content_item_return_url": "javascript:alert(1)"}, Step.MESSAGE, "content_item_return_url"),
        (SELECTION, {"content_item_return_url": "https://x.example; script-src-elem *"}, Step.MESSAGE, "content_item_return_url"),
        (SELECTION, {"content_item_return_url": "https://"}, Step.MESSAGE, "content_item_return_url"),
        (SELECTION, {"content_item_return_url": "https://[x/"}, Step.MESSAGE, "content_item_return_url"),
    ],
)
def test_refuses_a_message_that_is_signed_well_and_is_none_of_ours(message, changes, step, field):
    assert refused(form(message=message, **changes)) == (step, field)


def test_a_signature_is_checked_before_what_it_is_over():
    assert refused(form(lti_version="LTI-2p0", secret="forged"))[0] is Step.SIGNATURE


def test_a_link_has_an_address_for_each_version_of_lti():
    here = "https://lrs.example.no/lti/launch/activity/1"
    assert address_of(here) == "https://lrs.example.no/lti/1p1/launch/activity/1"
    assert target_of(address_of(here)) == here
    assert issuer_of("k") == "lti1p1:k"


NO_ADDRESSES = [
    "http://[",
    "https://evil.example; script-src-elem *",
    "https://evil.example;script-src-elem",
    "https://evil.example,https://other.example/",
    "https://evil.example\r\nX-More: 1",
    "https://evil\t.example/",
    "https://evil.example/\x00",
    "https://evil.example/a b",
    "https://evil.example/a\u00a0b",
    "https://*/",
    "https://'none'/",
    "https://høy.example/",
    "https://evil.example\\.lms.example.no/",
    "https://user@evil.example/",
    "https://evil.example:70000/",
    "https://evil.example:/",
    "https:///course",
    "//evil.example/",
    "javascript:alert(1)",
    "data:text/html,x",
    "course/7",
    "https://lms.example.no/" + "x" * 4000,
]


@pytest.mark.parametrize("address", NO_ADDRESSES)
def test_keeps_no_address_that_is_none(address):
    assert said(launch_presentation_return_url=address).return_url is None
    with pytest.raises(LaunchRefused) as caught:
        said(SELECTION, content_item_return_url=address)
    assert (caught.value.step, caught.value.field) == (Step.MESSAGE, "content_item_return_url")


@pytest.mark.parametrize(
    "address",
    [
        "https://lms.example.no",
        "http://127.0.0.1:8080/course/7?a=b&c=%20#d",
        "https://[2001:db8::1]:8443/",
        "HTTPS://LMS_1.example.no/kurs/ø?title=it's;more",
        "https://lms.example.no/" + "x" * 3000,
    ],
)
def test_keeps_addresses_that_are_well_formed(address):
    assert said(launch_presentation_return_url=f" {address} ").return_url == address
    assert said(SELECTION, content_item_return_url=address).deep_linking.return_url == address


@pytest.mark.parametrize(("name", "read"), [("roles", "roles"), ("context_id", "course"), ("custom_lrs_bridge_placed", "custom")])
def test_a_learner_can_not_launch_without_a_parameter_by_moving_it_to_the_address(name, read):
    pairs = form()
    moved = f"{URL}?{urlencode({name: LAUNCH[name]})}"
    rest = [pair for pair in pairs if pair[0] != name]
    whole, _ = verify_launch(pairs, url=URL, consumer=CONSUMER, now=NOW)
    launch, _ = verify_launch(rest, url=moved, consumer=CONSUMER, now=NOW)
    assert getattr(launch, read) == getattr(whole, read)
    with pytest.raises(LaunchRefused) as caught:
        verify_launch([*rest, (name, "")], url=moved, consumer=CONSUMER, now=NOW)
    assert caught.value.step is Step.SIGNATURE
