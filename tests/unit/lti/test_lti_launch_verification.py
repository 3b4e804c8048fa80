import base64
import hmac
import json

import pytest
from joserfc import jws
from joserfc.jwk import RSAKey

from lrs_bridge.lti.launch.refusal import LaunchRefused, Step
from lrs_bridge.lti.launch.verification import Expected, find_key, parse_token, verify_id_token
from tests.support.tokens import CLIENT, DEPLOYMENT, ISSUER, KEY, LTI, NONCE, NOW, PUBLIC, claims, key_set, token

OTHER = RSAKey.generate_key(2048, {"kid": "first", "use": "sig", "alg": "RS256"})
SECONDS = int(NOW.timestamp())


def expected(**changes) -> Expected:
    base = {
        "issuer": ISSUER,
        "client_id": CLIENT,
        "deployments": [DEPLOYMENT],
        "nonce": NONCE,
        "target": f"{PUBLIC}/lti/launch",
        "public_url": PUBLIC,
    }
    return Expected(**base | changes)


def verify(given, jwks=None, **changes):
    return verify_id_token(parse_token(given), jwks or key_set(), expected(**changes), now=NOW)


def refused(given, jwks=None, **changes) -> LaunchRefused:
    with pytest.raises(LaunchRefused) as caught:
        verify(given, jwks, **changes)
    return caught.value


def test_gives_the_launch_when_everything_holds():
    launch = verify(token(claims()))
    assert (launch.issuer, launch.client_id, launch.deployment_id, launch.subject) == (ISSUER, CLIENT, DEPLOYMENT, "42")


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": [CLIENT]},
        {"aud": [CLIENT, "other"], "azp": CLIENT},
        {"azp": CLIENT},
        {"exp": SECONDS - 59},
        {"iat": SECONDS + 59},
        {"iat": SECONDS - 3599},
        {"nbf": SECONDS + 59},
        {"iat": float(SECONDS)},
        {"target_link_uri": f"{PUBLIC}/lti/launch/"},
    ],
)
def test_takes_a_token_when_it_is_unusual_and_right(changes):
    assert verify(token(claims(**changes))).subject == "42"


@pytest.mark.parametrize(
    ("changes", "step", "field"),
    [
        ({"iss": "https://evil.example"}, Step.ISSUER, "iss"),
        ({"iss": None}, Step.ISSUER, "iss"),
        ({"iss": ISSUER + "/"}, Step.ISSUER, "iss"),
        ({"aud": "other"}, Step.AUDIENCE, "aud"),
        ({"aud": ["other"]}, Step.AUDIENCE, "aud"),
        ({"aud": None}, Step.AUDIENCE, "aud"),
        ({"aud": {"a": 1}}, Step.AUDIENCE, "aud"),
        ({"aud": [CLIENT, "other"]}, Step.AUTHORIZED_PARTY, "azp"),
        ({"azp": "other"}, Step.AUTHORIZED_PARTY, "azp"),
        ({"exp": SECONDS - 60}, Step.TIME, "exp"),
        ({"exp": None}, Step.TIME, "exp"),
        ({"exp": True}, Step.TIME, "exp"),
        ({"exp": "soon"}, Step.TIME, "exp"),
        ({"iat": SECONDS + 61}, Step.TIME, "iat"),
        ({"iat": SECONDS - 3601}, Step.TIME, "iat"),
        ({"iat": None}, Step.TIME, "iat"),
        ({"nbf": SECONDS + 61}, Step.TIME, "nbf"),
        ({"nonce": "another"}, Step.NONCE, "nonce"),
        ({"nonce": None}, Step.NONCE, "nonce"),
        ({"nonce": 7}, Step.NONCE, "nonce"),
        ({"version": "1.1"}, Step.VERSION, LTI + "version"),
        ({"version": None}, Step.VERSION, LTI + "version"),
        ({"message_type": "LtiStartProctoring"}, Step.MESSAGE, LTI + "message_type"),
        ({"deployment_id": "8"}, Step.DEPLOYMENT, LTI + "deployment_id"),
        ({"deployment_id": None}, Step.DEPLOYMENT, LTI + "deployment_id"),
        ({"target_link_uri": "https://evil.example/lti/launch"}, Step.TARGET, "target_link_uri"),
    ],
)
def test_refuses_a_token_at_its_step_when_one_claim_is_wrong(changes, step, field):
    error = refused(token(claims(**changes)))
    assert (error.step, error.field) == (step, field)


def test_takes_any_deployment_when_none_is_known_yet():
    assert verify(token(claims(deployment_id="new")), deployments=None).deployment_id == "new"


def test_refuses_a_token_when_another_key_signed_it_under_the_same_name():
    assert refused(token(claims(), OTHER)).step is Step.SIGNATURE


def test_refuses_a_token_when_a_claim_was_changed_after_signing():
    header, _, signature = token(claims()).split(".")
    forged = base64.urlsafe_b64encode(json.dumps(claims(sub="1")).encode()).decode().rstrip("=")
    assert refused(f"{header}.{forged}.{signature}").step is Step.SIGNATURE


def test_refuses_a_token_when_its_key_is_not_published():
    assert refused(token(claims(), kid="unknown")).step is Step.KEY


def test_takes_a_token_without_a_key_name_when_there_is_but_one_key():
    parsed = parse_token(
        jws.serialize_compact({"alg": "RS256"}, json.dumps(claims()), RSAKey.import_key(KEY.as_pem(private=True)))
    )
    assert parsed.kid is None
    assert verify_id_token(parsed, key_set(), expected(), now=NOW).subject == "42"
    second = RSAKey.generate_key(2048, {"kid": "second"})
    with pytest.raises(LaunchRefused) as caught:
        verify_id_token(parsed, key_set(KEY, second), expected(), now=NOW)
    assert caught.value.step is Step.KEY


def test_refuses_a_token_when_it_is_not_signed_by_rs256():
    header = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"first"}').decode().rstrip("=")
    signed = f"{header}.{token(claims()).split('.')[1]}"
    mac = base64.urlsafe_b64encode(hmac.digest(KEY.as_pem(private=False), signed.encode(), "sha256")).decode().rstrip("=")
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=") + ".e30."
    bare = RSAKey.import_key(KEY.as_pem(private=True), {"kid": "first"})
    for compact in (none, f"{signed}.{mac}", token(claims(), bare, alg="PS256")):
        with pytest.raises(LaunchRefused) as caught:
            parse_token(compact)
        assert caught.value.step is Step.ALGORITHM


@pytest.mark.parametrize("compact", [None, "", "x", "a.b", "x" * 70_000, "e30", "W10.e30.x"])
def test_refuses_what_is_no_token(compact):
    with pytest.raises(LaunchRefused) as caught:
        parse_token(compact)
    assert caught.value.step in {Step.ANSWER, Step.ALGORITHM}


@pytest.mark.parametrize("claims_part", ["AAAA", "W10", "!"])
def test_refuses_a_token_when_its_claims_are_no_object(claims_part):
    header = base64.urlsafe_b64encode(b'{"alg":"RS256"}').decode().rstrip("=")
    with pytest.raises(LaunchRefused) as caught:
        parse_token(f"{header}.{claims_part}.x")
    assert caught.value.step is Step.ANSWER


def test_refuses_a_token_when_it_has_not_three_parts():
    header = base64.urlsafe_b64encode(b'{"alg":"RS256"}').decode().rstrip("=")
    with pytest.raises(LaunchRefused) as caught:
        parse_token(f"{header}.e30")
    assert caught.value.step is Step.ANSWER


def test_reads_the_deployment_before_it_is_known_to_be_true():
    assert parse_token(token(claims(deployment_id=8))).deployment_id == "8"
    assert parse_token(token(claims(deployment_id=None))).deployment_id is None


@pytest.mark.parametrize(
    "jwks",
    [
        {},
        {"keys": "none"},
        {"keys": ["text", {"kty": "EC", "kid": "first"}]},
        {"keys": [KEY.as_dict(private=False) | {"use": "enc"}]},
        {"keys": [{"kty": "RSA", "kid": "first", "n": "AQAB"}]},
        {"keys": [{"kty": "RSA", "kid": "first", "n": 7, "e": "AQAB"}]},
        {"keys": [KEY.as_dict(private=False), OTHER.as_dict(private=False)]},
    ],
)
def test_finds_no_key_when_the_set_has_no_usable_one(jwks):
    assert find_key(jwks, "first") is None


def test_does_not_compare_targets_when_a_deep_linking_message_names_none():
    settings = {"https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings": {"deep_link_return_url": f"{ISSUER}/back"}}
    given = claims(message_type="LtiDeepLinkingRequest", target_link_uri=None, **settings)
    assert verify(token(given)).deep_linking.return_url == f"{ISSUER}/back"


@pytest.mark.parametrize("target", [f"{PUBLIC}/lti/launch/activity/8", f"{PUBLIC}/lti/launch/plan", f"{PUBLIC}/lti/launch?a=1"])
def test_refuses_a_message_for_something_else_than_the_login_named(target):
    error = refused(token(claims(target_link_uri=target)), target=f"{PUBLIC}/lti/launch/activity/7")
    assert (error.step, error.field) == (Step.TARGET, LTI + "target_link_uri")


def test_takes_a_message_for_anything_of_ours_when_the_login_named_what_stands_for_all():
    target = f"{PUBLIC}/lti/launch/activity/8"
    assert verify(token(claims(target_link_uri=target))).target_link_uri == target
