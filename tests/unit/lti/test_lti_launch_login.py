from datetime import UTC, datetime, timedelta
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from itsdangerous import URLSafeSerializer

from lrs_bridge.lti.launch.login import (
    Kept,
    LoginAsked,
    LoginState,
    authorization_request,
    check_proof,
    check_target,
    nonce_of,
    open_state,
    origin_of,
    parse_login,
    proof_of,
    safe_origin,
    seal_state,
    tidy_target,
)
from lrs_bridge.lti.launch.refusal import LaunchRefused, Step

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
PUBLIC = "https://tool.example.no"
KEY = b"k" * 32
GIVEN = {"iss": "https://lms.example.no", "login_hint": "7", "target_link_uri": f"{PUBLIC}/lti/launch"}


def state(**changes) -> LoginState:
    base = {
        "token": "abc",
        "began": int(NOW.timestamp()),
        "issuer": "https://lms.example.no",
        "client_id": "client",
        "tenant": "north",
        "platform_id": UUID(int=1),
        "target": f"{PUBLIC}/lti/launch",
        "storage_target": None,
    }
    return LoginState(**base | changes)


def test_reads_a_login_when_optional_fields_are_missing_or_empty():
    assert parse_login(GIVEN | {"client_id": ""}) == LoginAsked(
        "https://lms.example.no", "7", f"{PUBLIC}/lti/launch", None, None, None, None
    )


def test_keeps_the_message_hint_as_it_came_when_it_is_json():
    assert parse_login(GIVEN | {"lti_message_hint": '{"cmid": 2}'}).message_hint == '{"cmid": 2}'


@pytest.mark.parametrize("name", ["iss", "login_hint", "target_link_uri"])
def test_refuses_a_login_when_a_field_is_missing(name):
    with pytest.raises(LaunchRefused) as caught:
        parse_login({key: value for key, value in GIVEN.items() if key != name})
    assert (caught.value.step, caught.value.field) == (Step.LOGIN, name)


@pytest.mark.parametrize("name", ["iss", "target_link_uri", "client_id", "lti_deployment_id", "lti_storage_target"])
def test_refuses_a_login_when_a_field_is_too_long(name):
    with pytest.raises(LaunchRefused) as caught:
        parse_login(GIVEN | {name: "x" * 1001})
    assert (caught.value.step, caught.value.field) == (Step.LOGIN, name)


@pytest.mark.parametrize("path", ["/lti/launch", "/lti/launch/", "/lti/launch/activity/7", "/lti/launch?a=b"])
def test_takes_a_target_when_it_is_a_launch_of_ours(path):
    assert check_target(PUBLIC + path, PUBLIC) is None


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example.no/lti/launch",
        "https://tool.example.no.evil.example/lti/launch",
        "https://tool.example.no@evil.example/lti/launch",
        "http://tool.example.no/lti/launch",
        f"{PUBLIC}/lti/launcher",
        f"{PUBLIC}/login",
        "javascript:alert(1)",
        "https://[broken",
    ],
)
def test_refuses_a_target_when_it_is_elsewhere(target):
    with pytest.raises(LaunchRefused) as caught:
        check_target(target, PUBLIC)
    assert caught.value.step is Step.TARGET


def test_compares_targets_without_regard_to_what_means_the_same():
    assert tidy_target("HTTPS://Tool.example.no/lti/launch/#x") == tidy_target("https://tool.example.no/lti/launch")
    assert tidy_target("https://tool.example.no/lti/Launch") != tidy_target("https://tool.example.no/lti/launch")


@pytest.mark.parametrize("changes", [{}, {"tenant": None, "platform_id": None, "storage_target": "_parent"}])
def test_opens_the_state_that_was_sealed(changes):
    assert open_state(KEY, seal_state(KEY, state(**changes)), NOW) == state(**changes)


def test_refuses_a_state_when_it_is_missing_forged_or_not_a_state():

    sealed = seal_state(KEY, state())
    ours = URLSafeSerializer(KEY, salt="lti state", signer_kwargs={"digest_method": sha256})
    for wrong in (None, "", sealed[:-1] + ("A" if sealed[-1] != "A" else "B"), seal_state(b"other", state()), ours.dumps(["a"])):
        with pytest.raises(LaunchRefused) as caught:
            open_state(KEY, wrong, NOW)
        assert caught.value.step is Step.STATE


@pytest.mark.parametrize("age", [timedelta(minutes=11), timedelta(minutes=-2)])
def test_refuses_a_state_when_it_is_too_old_or_from_the_future(age):
    with pytest.raises(LaunchRefused) as caught:
        open_state(KEY, seal_state(KEY, state(began=int((NOW - age).timestamp()))), NOW)
    assert caught.value.step is Step.STATE


def test_ties_a_login_to_its_browser():
    cookie = proof_of(KEY, state(), Kept.COOKIE)
    check_proof(KEY, state(), Kept.COOKIE, cookie)
    others = (proof_of(KEY, state(token="other"), Kept.COOKIE), proof_of(b"other", state(), Kept.COOKIE), nonce_of(KEY, state()))
    for shown in (None, "", "é", proof_of(KEY, state(), Kept.STORAGE), *others):
        with pytest.raises(LaunchRefused) as caught:
            check_proof(KEY, state(), Kept.COOKIE, shown)
        assert caught.value.step is Step.BROWSER


@pytest.mark.parametrize(("url", "hint"), [("https://lms.example.no/auth", None), ("https://lms.example.no/auth?x=1", '{"a":1}')])
def test_asks_the_platform_as_the_specification_says(url, hint):
    asked = LoginAsked("https://lms.example.no", "7", f"{PUBLIC}/lti/launch", "client", None, hint, None)
    sent = urlsplit(authorization_request(url, asked, client_id="client", state="s", nonce="n", back_to=f"{PUBLIC}/lti/launch"))
    said = {name: values[0] for name, values in parse_qs(sent.query).items()}
    assert said.pop("x", None) == ("1" if "?" in url else None)
    assert said.pop("lti_message_hint", None) == hint
    assert said == {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": "client",
        "redirect_uri": f"{PUBLIC}/lti/launch",
        "login_hint": "7",
        "state": "s",
        "nonce": "n",
    }


def test_gives_the_origin_of_a_url():
    assert origin_of("https://LMS.example.no:8443/a/b?c") == "https://lms.example.no:8443"


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://LMS.example.no:8443/a?b", "https://lms.example.no:8443"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
        ("https://evil.example; script-src-elem *", None),
        ("https://a b.example/", None),
        ("http://[", None),
        ("javascript:alert(1)", None),
        ("//lms.example.no", None),
        ("https://user@lms.example.no/", None),
        (None, None),
    ],
)
def test_gives_an_origin_only_when_it_can_stand_in_a_header(url, origin):
    assert safe_origin(url) == origin
