import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from lrs_bridge.errors import LrsBridgeError, UpstreamFailed
from lrs_bridge.identity import Identifier, IdentifierKind
from lrs_bridge.people.oidc import (
    LoginRefused,
    Metadata,
    Provider,
    check_answer,
    parse_metadata,
    parse_providers,
    verify_id_token,
)
from lrs_bridge.settings import InvalidSettings, Secret

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ISSUER = "https://id.example.no"
NONCE = "nonce-of-this-login"
KEY = ECKey.generate_key("P-256", {"kid": "k1", "use": "sig"}, private=True)
JWKS = {"keys": [KEY.as_dict(private=False)]}
PROVIDER = Provider(
    id="test",
    tenant="north",
    name="Test-ID",
    issuer=ISSUER,
    client_id="lrs-bridge",
    secret=Secret(b"s"),
    private_key_jwt=False,
    scopes=("openid",),
    acr_values=("high",),
    assurance_claim="acr",
    required_assurance=frozenset({"high"}),
    hpr_claim="hpr_number",
)
CLAIMS = {
    "iss": ISSUER,
    "aud": "lrs-bridge",
    "sub": "subject-1",
    "nonce": NONCE,
    "acr": "high",
    "iat": int(NOW.timestamp()),
    "exp": int(NOW.timestamp()) + 300,
    "name": "Kari Nordmann",
    "email": "kari@example.no",
    "hpr_number": "1234567",
}


def token(key=KEY, header=None, **changes) -> str:
    claims = {name: value for name, value in (CLAIMS | changes).items() if value is not None}
    return jwt.encode(header or {"alg": "ES256", "kid": "k1"}, claims, key)


def verified(id_token, jwks=JWKS, provider=PROVIDER):
    return verify_id_token(id_token, jwks, provider, NONCE, NOW)


# ID tokens


def test_id_token_names_subject_and_hpr_number_but_no_address():
    login = verified(token())
    subject = Identifier(IdentifierKind.OIDC_SUBJECT, ISSUER, "subject-1")
    hpr_number = Identifier(IdentifierKind.HPR_NUMBER, "", "1234567")
    assert login.identifiers == (subject, hpr_number)
    assert (login.provider, login.name, login.assurance) == ("test", "Kari Nordmann", "high")
    assert "kari@example.no" not in repr(login)


@pytest.mark.parametrize(
    ("changes", "claim"),
    [
        pytest.param({"iss": "https://evil.example.no"}, "iss", id="step 3: another issuer"),
        pytest.param({"iss": ISSUER + "/"}, "iss", id="step 3: an issuer that is nearly the same"),
        pytest.param({"iss": None}, "iss", id="step 3: no issuer"),
        pytest.param({"aud": "another-client"}, "aud", id="step 4: for another client"),
        pytest.param({"aud": ["a", "b"]}, "aud", id="step 4: for other clients"),
        pytest.param({"aud": None}, "aud", id="step 4: for nobody"),
        pytest.param({"aud": {"lrs-bridge": 1}}, "aud", id="step 4: an audience of no known shape"),
        pytest.param({"aud": ["lrs-bridge", "other"]}, "azp", id="step 5: several audiences, given to nobody"),
        pytest.param({"azp": "other"}, "azp", id="step 5: given to another client"),
        pytest.param({"exp": int(NOW.timestamp()) - 61}, "exp", id="step 6: expired"),
        pytest.param({"exp": None}, "exp", id="step 6: without end"),
        pytest.param({"exp": "soon"}, "exp", id="step 6: an end that is no number"),
        pytest.param({"exp": 10**30}, "exp", id="step 6: an end beyond all dates"),
        pytest.param({"iat": int(NOW.timestamp()) - 601}, "iat", id="step 7: old"),
        pytest.param({"iat": int(NOW.timestamp()) + 61}, "iat", id="step 7: from the future"),
        pytest.param({"iat": None}, "iat", id="step 7: of no time"),
        pytest.param({"nbf": int(NOW.timestamp()) + 61}, "nbf", id="step 7: not yet"),
        pytest.param({"nonce": "another"}, "nonce", id="step 8: another login's nonce"),
        pytest.param({"nonce": None}, "nonce", id="step 8: no nonce"),
        pytest.param({"nonce": 7}, "nonce", id="step 8: a nonce that is no text"),
        pytest.param({"acr": "substantial"}, "acr", id="step 9: too weak"),
        pytest.param({"acr": None}, "acr", id="step 9: of unknown strength"),
        pytest.param({"acr": True}, "acr", id="step 9: a strength that is no text"),
        pytest.param({"acr": ["high"]}, "acr", id="step 9: a list of strengths"),
        pytest.param({"acr": {"high": 1}}, "acr", id="step 9: a strength of no known shape"),
        pytest.param({"sub": None}, "sub", id="no subject"),
        pytest.param({"sub": ""}, "sub", id="an empty subject"),
        pytest.param({"sub": "x" * 256}, "sub", id="a subject that is too long"),
        pytest.param({"sub": "a\x00b"}, "sub", id="a subject with NUL"),
    ],
)
def test_id_token_is_refused_when_one_claim_is_wrong(changes, claim):
    with pytest.raises(LoginRefused) as refused:
        verified(token(**changes))
    assert refused.value.field == claim


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"aud": ["lrs-bridge"]}, id="a list of one audience"),
        pytest.param({"aud": ["lrs-bridge", "other"], "azp": "lrs-bridge"}, id="several audiences, given to us"),
        pytest.param({"exp": int(NOW.timestamp()) - 59}, id="expired within the leeway"),
        pytest.param({"iat": int(NOW.timestamp()) + 60}, id="a clock a minute ahead"),
        pytest.param({"nbf": int(NOW.timestamp())}, id="holds from now"),
    ],
)
def test_id_token_holds_when_at_a_limit(changes):
    assert verified(token(**changes)).subject.value == "subject-1"


RSA = RSAKey.generate_key(2048, {"kid": "k2"}, private=True)


@pytest.mark.parametrize(
    "id_token",
    [
        pytest.param(token(ECKey.generate_key("P-256", {"kid": "k1"}, private=True)), id="a stranger's key with our kid"),
        pytest.param(token(header={"alg": "ES256", "kid": "k9"}), id="an unknown kid"),
        pytest.param(token(RSA, {"alg": "RS256", "kid": "k2"}), id="a key that is not published"),
        pytest.param(token()[:-4] + "AAAA", id="an altered signature"),
        pytest.param("eyJhbGciOiJub25lIn0.e30.", id="no signature"),
        pytest.param(
            token(OctKey.import_key(json.dumps(JWKS["keys"][0])), {"alg": "HS256", "kid": "k1"}), id="HMAC with the public key"
        ),
        pytest.param("", id="nothing"),
        pytest.param("a.b", id="two parts"),
        pytest.param("æ.ø.å", id="not ASCII"),
    ],
)
def test_id_token_is_refused_when_its_signature_does_not_hold(id_token):
    with pytest.raises(LoginRefused):
        verified(id_token)


@given(st.text() | st.from_regex(r"[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*"))
def test_id_token_raises_nothing_but_our_errors_when_it_is_noise(noise):
    with pytest.raises(LrsBridgeError):
        verified(noise)


@pytest.mark.parametrize(
    "jwks",
    [
        None,
        {},
        {"keys": "k1"},
        {"keys": []},
        {"keys": [7]},
        {"keys": [{"kty": "oct", "k": "AAAA"}]},
        {"keys": [JWKS["keys"][0] | {"use": "enc"}]},
    ],
)
def test_provider_has_failed_when_it_publishes_no_key_to_check_with(jwks):
    with pytest.raises(UpstreamFailed):
        verified(token(), jwks)


def test_login_is_refused_when_a_published_key_is_broken():
    with pytest.raises(LoginRefused):
        verified(token(), {"keys": [{"kty": "EC", "crv": "P-256", "x": "!", "y": "!"}]})


@pytest.mark.parametrize("number", [None, 1234567, "", "12345678901", "HPR 12", "١٢٣"], ids=str)
def test_hpr_number_is_left_out_when_it_is_none(number):
    assert verified(token(hpr_number=number)).hpr_number is None


def test_hpr_number_counts_for_nothing_when_no_claim_is_trusted_for_it():
    provider = parse_providers(toml(), {"S": "x"})[0]
    assert provider.hpr_claim is None
    assert verified(token(), provider=provider).hpr_number is None


@pytest.mark.parametrize(
    ("name", "shown"), [(None, None), (7, None), (" \n", None), ("Ka\x00ri\u202e ", "Kari"), ("x" * 300, "x" * 200)]
)
def test_name_is_made_safe_to_show(name, shown):
    assert verified(token(name=name)).name == shown


def test_any_strength_will_do_when_none_is_required():
    provider = parse_providers(toml(acr_values="[]"), {"S": "x"})[0]
    assert verified(token(acr=None), provider=provider).assurance is None


# Answers

METADATA = Metadata(ISSUER, ISSUER + "/auth", ISSUER + "/token", ISSUER + "/jwks", None, None, names_itself=False)
NAMED = Metadata(ISSUER, ISSUER + "/auth", ISSUER + "/token", ISSUER + "/jwks", None, None, names_itself=True)


@pytest.mark.parametrize(("answer", "metadata"), [({"code": "c"}, METADATA), ({"code": "c", "iss": ISSUER}, NAMED)])
def test_answer_gives_its_code(answer, metadata):
    assert check_answer(answer, metadata) == "c"


@pytest.mark.parametrize(
    ("answer", "metadata", "field"),
    [
        pytest.param({}, METADATA, "code", id="no code"),
        pytest.param({"code": ""}, METADATA, "code", id="an empty code"),
        pytest.param({"code": "c"}, NAMED, "iss", id="RFC 9207: no issuer from a provider that names itself"),
        pytest.param({"code": "c", "iss": "https://evil.example.no"}, METADATA, "iss", id="RFC 9207: another issuer"),
        pytest.param({"error": "access_denied"}, METADATA, "error", id="broken off"),
        pytest.param({"error": "access_denied", "code": "c"}, METADATA, "error", id="broken off, with a code"),
    ],
)
def test_answer_is_refused_when_it_proves_nothing(answer, metadata, field):
    with pytest.raises(LoginRefused) as refused:
        check_answer(answer, metadata)
    assert refused.value.field == field


# Discovery

DISCOVERED = {
    "issuer": ISSUER,
    "authorization_endpoint": ISSUER + "/auth",
    "token_endpoint": ISSUER + "/token",
    "jwks_uri": ISSUER + "/jwks",
}


def test_metadata_is_read_with_what_is_offered():
    offered = {
        "end_session_endpoint": ISSUER + "/end",
        "pushed_authorization_request_endpoint": ISSUER + "/par",
        "authorization_response_iss_parameter_supported": True,
    }
    metadata = parse_metadata(DISCOVERED | offered, ISSUER)
    assert metadata.end_session_endpoint == ISSUER + "/end"
    assert metadata.pushed_authorization_endpoint == ISSUER + "/par"
    assert metadata.names_itself
    assert parse_metadata(DISCOVERED, ISSUER) == METADATA


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        DISCOVERED | {"issuer": "https://evil.example.no"},
        DISCOVERED | {"token_endpoint": "http://id.example.no/token"},
        DISCOVERED | {"jwks_uri": None},
        DISCOVERED | {"jwks_uri": "https:///jwks"},
        DISCOVERED | {"end_session_endpoint": "javascript:alert(1)"},
    ],
    ids=["nothing", "a list", "another issuer", "not https", "no keys", "no host", "a script"],
)
def test_metadata_is_refused_when_it_is_not_to_be_trusted(document):
    with pytest.raises(UpstreamFailed):
        parse_metadata(document, ISSUER)


# Configuration


def toml(**changes) -> str:
    keys = {
        "id": '"test"',
        "tenant": '"north"',
        "name": '"Test-ID"',
        "issuer": f'"{ISSUER}"',
        "client_id": '"lrs-bridge"',
        "client_secret_env": '"S"',
        "acr_values": '["high"]',
    } | changes
    return "[[provider]]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items() if value)


def test_providers_are_read_with_defaults():
    (provider,) = parse_providers(toml(), {"S": "from the environment"})
    assert provider.secret.value == b"from the environment"
    assert provider.scopes == ("openid",)
    assert provider.assurance_claim == "acr"
    assert provider.required_assurance == {"high"}
    assert not provider.private_key_jwt
    assert "from the environment" not in repr(provider)


def test_providers_are_read_with_everything_said():
    text = toml(
        client_secret_env=None,
        client_key_env='"K"',
        scopes='["openid", "hpr"]',
        assurance_claim='"level"',
        required_assurance='["4"]',
        hpr_claim='"hpr"',
    )
    (provider,) = parse_providers(text, {"K": "{}"})
    assert provider.private_key_jwt
    assert provider.scopes == ("openid", "hpr")
    assert (provider.assurance_claim, provider.required_assurance, provider.hpr_claim) == ("level", {"4"}, "hpr")


def test_there_are_no_providers_when_the_file_is_empty():
    assert parse_providers("", {}) == ()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        pytest.param("[[provider]", "TOML", id="not TOML"),
        pytest.param("[other]", "[[provider]]", id="another table"),
        pytest.param("provider = 7", "[[provider]]", id="not tables"),
        pytest.param(toml() + toml(), "same id", id="one id twice"),
        pytest.param(toml(id=None), "id", id="no id"),
        pytest.param(toml(id='"Test ID"'), "id", id="an id that is no part of an address"),
        pytest.param(toml(tenant='""'), "tenant", id="an empty tenant"),
        pytest.param(toml(name="7"), "name", id="a name that is no text"),
        pytest.param(toml(issuer='"http://id.example.no"'), "issuer", id="an issuer without https"),
        pytest.param(toml(scopes='"openid"'), "scopes", id="scopes that are no list"),
        pytest.param(toml(scopes='[""]'), "scopes", id="an empty scope"),
        pytest.param(toml(client_secret_env=None), "client_secret", id="no secret"),
        pytest.param(toml(client_secret='"x"'), "client_secret", id="two secrets"),
        pytest.param(toml(client_secret_env='"T"'), "T is not set", id="a variable that is not set"),
        pytest.param(toml(trust_email="true"), "trust_email", id="an unknown key"),
    ],
)
def test_providers_are_refused_when_one_thing_is_wrong(text, named):
    with pytest.raises(InvalidSettings, match=named.replace("[", r"\[")):
        parse_providers(text, {"S": "x"})


def test_http_is_accepted_when_the_provider_is_on_this_machine():
    (provider,) = parse_providers(toml(issuer='"http://127.0.0.1:9"', client_secret_env=None, client_secret='"x"'), {})
    assert provider.issuer == "http://127.0.0.1:9"


def test_a_token_lives_no_longer_than_its_leeway():
    with pytest.raises(LoginRefused):
        verify_id_token(token(), JWKS, PROVIDER, NONCE, NOW + timedelta(minutes=7))
