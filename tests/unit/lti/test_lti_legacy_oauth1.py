"""Signatures of LTI 1.1, held against the specifications' own examples and against another implementation's."""

import base64
import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest

from lrs_bridge.lti.launch.refusal import LaunchRefused, Step
from lrs_bridge.lti.legacy.oauth1 import (
    Method,
    sign_body,
    sign_form,
    signature,
    signed_pairs,
    unverified_consumer_key,
    verify_signed,
)

URL = "https://lrs.example.no/lti/1p1/launch"
SECRET = "hemmelig ø secret"
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
FIELDS = {"lti_message_type": "basic-lti-launch-request", "roles": "Learner", "context_title": "Blåbær & fjord"}
SIGNED_ELSEWHERE = json.loads((Path(__file__).parents[2] / "data" / "lti_legacy" / "oauthlib_requests.json").read_text())[
    "requests"
]

GUIDE = {
    "basiclti_submit": "Launch Endpoint with BasicLTI Data",
    "context_id": "456434513",
    "context_label": "SI182",
    "context_title": "Design of Personal Environments",
    "lis_person_contact_email_primary": "user@school.edu",
    "lis_person_name_full": "Jane Q. Public",
    "lis_person_sourced_id": "school.edu:user",
    "lti_message_type": "basic-lti-launch-request",
    "lti_version": "LTI-1p0",
    "oauth_consumer_key": "12345",
    "oauth_nonce": "c8350c0e47782d16d2fa48b2090c1d8f",
    "oauth_signature_method": "HMAC-SHA1",
    "oauth_timestamp": "1251600739",
    "oauth_version": "1.0",
    "resource_link_id": "120988f929-274612",
    "roles": "Instructor",
    "tool_consumer_instance_description": "University of School (LMSng)",
    "tool_consumer_instance_guid": "lmsng.school.edu",
    "user_id": "292832126",
}


def signed(url=URL, secret=SECRET, now=NOW, nonce="n-1", method=Method.HMAC_SHA1, **fields):
    form = sign_form({**FIELDS, **fields}, url=url, consumer_key="north", secret=secret, nonce=nonce, now=now, method=method)
    return list(form.items())


def altered(form, **changes):
    """The form with these fields instead; None takes a field out."""
    return [(name, changes.get(name, value)) for name, value in form if changes.get(name, value) is not None]


def resigned(form, **changes):
    """The same, signed anew over whatever it says."""
    form = altered(form, oauth_signature=None, **changes)
    return [*form, ("oauth_signature", signature(form, url=URL, secret=SECRET, method=Method.HMAC_SHA1))]


def refused(form, *, url=URL, secret=SECRET, now=NOW):
    with pytest.raises(LaunchRefused) as caught:
        verify_signed(form, url=url, secret=secret, now=now)
    return caught.value.step, caught.value.field


def test_makes_the_signature_of_rfc_5849_1_2():
    form = [
        ("oauth_consumer_key", "dpf43f3p2l4k3l03"),
        ("oauth_signature_method", "HMAC-SHA1"),
        ("oauth_timestamp", "137131200"),
        ("oauth_nonce", "wIjqoS"),
        ("oauth_callback", "http://printer.example.com/ready"),
    ]
    made = signature(form, url="https://photos.example.net/initiate", secret="kd94hf93k423kf44", method=Method.HMAC_SHA1)
    assert made == "74KNZJeDHnMBp0EMJ9ZHt/XKycU="


def test_takes_the_launch_of_the_implementation_guide_appendix_b():
    """Whose signature leaves out the oauth_callback that its form has."""
    form = [*GUIDE.items(), ("oauth_signature", "TPFPK4u3NwmtLt0nDMP1G1zG30U=")]
    at = datetime.fromtimestamp(1251600739, UTC)
    found = verify_signed(form, url="http://dr-chuck.com/ims/php-simple/tool.php", secret="secret", now=at)
    assert (found.consumer_key, found.at, found.nonce) == ("12345", at, "c8350c0e47782d16d2fa48b2090c1d8f")


@pytest.mark.parametrize("request_", SIGNED_ELSEWHERE, ids=[one["name"] for one in SIGNED_ELSEWHERE])
def test_takes_what_oauthlib_signed_and_nothing_else(request_):
    form, url, secret = [tuple(pair) for pair in request_["form"]], request_["url"], request_["secret"]
    now = datetime.fromtimestamp(1795867200, UTC)
    assert verify_signed(form, url=url, secret=secret, now=now).consumer_key == "north-lms"
    assert refused([*form, ("roles", "Instructor")], url=url, secret=secret, now=now)[0] is Step.SIGNATURE
    assert refused(form, url=url, secret=f"{secret}x", now=now)[0] is Step.SIGNATURE
    assert refused(form, url=url.replace("launch", "lunch"), secret=secret, now=now)[0] is Step.SIGNATURE
    assert refused([pair for pair in form if pair[0] != "user_id"], url=url, secret=secret, now=now)[0] is Step.SIGNATURE


@pytest.mark.parametrize("method", Method)
def test_takes_its_own_forms(method):
    assert verify_signed(signed(method=method), url=URL, secret=SECRET, now=NOW).nonce == "n-1"
    assert dict(signed())["oauth_callback"] == "about:blank"


def test_takes_a_query_that_is_in_the_form_as_well_when_it_was_signed_once_or_twice():
    url = f"{URL}?placed=plan&empty="
    doubled = [*signed(url=url), ("placed", "plan"), ("empty", "")]
    assert verify_signed(doubled, url=url, secret=SECRET, now=NOW)
    twice = signed(url=url, placed="plan")
    assert verify_signed(twice, url=url, secret=SECRET, now=NOW)
    assert refused([*signed(url=url), ("placed", "other")], url=url)[0] is Step.SIGNATURE


def test_takes_no_signature_when_no_secret_is_known():
    assert refused(signed(secret=""), secret="") == (Step.SIGNATURE, "oauth_signature")


@pytest.mark.parametrize(
    ("minutes", "holds"), [(0, True), (4.9, True), (-4.9, True), (5.1, False), (-5.1, False), (60 * 24 * 365, False)]
)
def test_takes_times_within_five_minutes(minutes, holds):
    form = signed(now=NOW + timedelta(minutes=minutes))
    if holds:
        assert verify_signed(form, url=URL, secret=SECRET, now=NOW)
    else:
        assert refused(form) == (Step.TIMESTAMP, "oauth_timestamp")


@pytest.mark.parametrize(
    ("changes", "step", "field"),
    [
        ({"oauth_consumer_key": None}, Step.CONSUMER, "oauth_consumer_key"),
        ({"oauth_consumer_key": " "}, Step.CONSUMER, "oauth_consumer_key"),
        ({"oauth_consumer_key": "k" * 241}, Step.CONSUMER, "oauth_consumer_key"),
        ({"oauth_consumer_key": "k\x00"}, Step.CONSUMER, "oauth_consumer_key"),
        ({"oauth_version": "2.0"}, Step.VERSION, "oauth_version"),
        ({"oauth_signature_method": None}, Step.ALGORITHM, "oauth_signature_method"),
        ({"oauth_signature_method": "PLAINTEXT"}, Step.ALGORITHM, "oauth_signature_method"),
        ({"oauth_signature_method": "RSA-SHA1"}, Step.ALGORITHM, "oauth_signature_method"),
        ({"oauth_signature_method": "hmac-sha1"}, Step.ALGORITHM, "oauth_signature_method"),
        ({"oauth_timestamp": None}, Step.TIMESTAMP, "oauth_timestamp"),
        ({"oauth_timestamp": "now"}, Step.TIMESTAMP, "oauth_timestamp"),
        ({"oauth_timestamp": "١٢٣"}, Step.TIMESTAMP, "oauth_timestamp"),
        ({"oauth_timestamp": "9" * 13}, Step.TIMESTAMP, "oauth_timestamp"),
        ({"oauth_nonce": None}, Step.NONCE, "oauth_nonce"),
        ({"oauth_nonce": "n" * 4001}, Step.NONCE, "oauth_nonce"),
    ],
)
def test_refuses_a_launch_that_is_signed_well_but_lacks_a_parameter_or_has_a_wrong_one(changes, step, field):
    assert refused(resigned(signed(), **changes)) == (step, field)


@pytest.mark.parametrize(
    "form",
    [
        altered(signed(), oauth_signature=None),
        altered(signed(), oauth_signature=""),
        altered(signed(), oauth_signature="AAAA"),
        altered(signed(), oauth_signature="ø"),
        altered(signed(), roles="Instructor"),
        altered(signed(), oauth_consumer_key="south"),
        altered(signed(), oauth_nonce="n-2"),
        altered(signed(), oauth_signature_method="HMAC-SHA256"),
        [*signed(), ("custom_more", "x")],
        signed(secret="another"),
        signed(url="http://lrs.example.no/lti/1p1/launch"),
    ],
)
def test_refuses_a_forged_signature(form):
    assert refused(form) == (Step.SIGNATURE, "oauth_signature")


@pytest.mark.parametrize("name", ["oauth_consumer_key", "oauth_nonce", "oauth_timestamp", "oauth_signature", "oauth_version"])
def test_refuses_a_parameter_that_is_there_twice(name):
    form = signed()
    assert refused([*form, (name, dict(form)[name])])[1] == name


def test_takes_a_launch_without_a_version_of_oauth():
    assert verify_signed(resigned(signed(), oauth_version=None), url=URL, secret=SECRET, now=NOW)


def test_a_launch_has_one_mark_that_no_other_has():
    def mark(**more):
        return verify_signed(signed(**more), url=URL, secret=SECRET, now=NOW).once

    assert mark() == mark()
    assert len(mark(nonce="n" * 4000)) == 64
    different = {mark(), mark(nonce="n-2"), mark(now=NOW + timedelta(seconds=1)), mark(nonce="n" * 33)}
    assert len(different) == 4


def test_reads_a_consumer_key_before_anything_is_known():
    assert unverified_consumer_key([("oauth_consumer_key", " north ")]) == "north"


def test_signs_a_body_by_its_sum():
    header = sign_body(b"<xml/>", url=f"{URL}?id=7&b=%20", consumer_key="nø", secret="s", nonce="n", now=NOW)
    assert header.startswith("OAuth ")
    said = dict(part.split("=", 1) for part in header.removeprefix("OAuth ").split(", "))
    assert said["oauth_consumer_key"] == '"n%C3%B8"'
    digest = base64.b64encode(hashlib.sha1(b"<xml/>").digest()).decode()  # noqa: S324  the specification's
    assert said["oauth_body_hash"] == '"' + digest.replace("=", "%3D").replace("/", "%2F").replace("+", "%2B") + '"'
    others = [
        ("oauth_consumer_key", "nø"),
        ("oauth_nonce", "n"),
        ("oauth_timestamp", str(int(NOW.timestamp()))),
        ("oauth_version", "1.0"),
        ("oauth_signature_method", "HMAC-SHA1"),
        ("oauth_body_hash", digest),
    ]
    made = signature(others, url=f"{URL}?id=7&b=%20", secret="s", method=Method.HMAC_SHA1)
    assert said["oauth_signature"] == '"' + made.replace("=", "%3D").replace("/", "%2F").replace("+", "%2B") + '"'


@pytest.mark.parametrize("name", ["roles", "context_id", "custom_more", "oauth_version"])
def test_reads_what_was_moved_from_the_form_to_the_address_which_the_signature_is_over_as_well(name):
    form = signed(context_id="c-7", custom_more="x")
    moved = f"{URL}?{urlencode({name: dict(form)[name]})}"
    rest = altered(form, **{name: None})
    assert verify_signed(rest, url=moved, secret=SECRET, now=NOW)
    assert dict(signed_pairs(rest, moved)) == dict(form)


def test_refuses_a_version_of_oauth_that_was_moved_to_the_address():
    form = resigned(signed(), oauth_version="2.0")
    assert refused(altered(form, oauth_version=None), url=f"{URL}?oauth_version=2.0") == (Step.VERSION, "oauth_version")


@pytest.mark.parametrize(("query", "form"), [("a", "b"), ("a", ""), ("", "a")])
def test_refuses_a_name_with_another_value_in_the_address_than_in_the_form_however_it_was_signed(query, form):
    url = f"{URL}?custom_x={query}"
    assert refused(signed(url=url, custom_x=form), url=url) == (Step.SIGNATURE, "custom_x")


def test_reads_a_query_that_is_in_the_form_as_well_once():
    url = f"{URL}?placed=plan&empty=&more=1"
    assert signed_pairs([("a", "b"), ("placed", "plan"), ("empty", "")], url) == [
        ("a", "b"),
        ("placed", "plan"),
        ("empty", ""),
        ("more", "1"),
    ]
