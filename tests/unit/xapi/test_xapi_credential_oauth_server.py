"""RFC 6749 4.4 and 5, RFC 7009, RFC 8414: the authorisation server on tokens in memory."""

import base64
from datetime import UTC, datetime

import orjson
import pytest
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.errors import Invalid, Unauthenticated
from lrs_bridge.xapi.credentials.credential import Credential, Scope
from lrs_bridge.xapi.credentials.oauth.server import Form, answer_revocation, answer_token, error_of, metadata

NOW = datetime(2026, 3, 4, tzinfo=UTC)
KEY, SECRET = "demo.0123456789abcdef", "hemmelig"
CREDENTIAL = Credential("demo", KEY, "LMS", frozenset({Scope.WRITE, Scope.READ}), NOW)
GRANT = {"grant_type": "client_credentials"}
IN_FORM = {"client_id": KEY, "client_secret": SECRET}


class Memory:
    def __init__(self):
        self.issued = []
        self.revoked = []

    def find_client(self, key, secret):
        return CREDENTIAL if (key, secret) == (KEY, SECRET) else None

    def issue(self, credential, scopes):
        self.issued.append((credential, scopes))
        return "demo.token", 3600

    def revoke(self, credential, token):
        self.revoked.append((credential, token))


@pytest.fixture
def memory():
    return Memory()


def basic(key=KEY, secret=SECRET):
    return "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode()


def ask(memory, fields=None, authorization=None, *, give=answer_token, **more):
    answer = give(Form(GRANT if fields is None else fields, authorization, **more), memory)
    return answer, orjson.loads(answer.body)


@pytest.mark.parametrize(("fields", "authorization"), [(GRANT, basic()), (GRANT | IN_FORM, None)])
def test_gives_a_token_when_the_client_authenticates_either_way(memory, fields, authorization):
    answer, said = ask(memory, fields, authorization)
    assert answer.status == 200
    assert said == {
        "access_token": "demo.token",
        "token_type": "Bearer",
        "expires_in": 3600,
        "scope": "statements/read statements/write",
    }
    assert (answer.content_type, answer.headers["Cache-Control"]) == ("application/json", "no-store")
    assert memory.issued == [(CREDENTIAL, frozenset({Scope.WRITE, Scope.READ}))]
    assert error_of(answer) is None


def test_narrows_the_scopes_when_some_are_asked_for(memory):
    said = ask(memory, GRANT | {"scope": "statements/read/mine all unknown"}, basic())[1]
    assert said["scope"] == "statements/read/mine"
    assert memory.issued == [(CREDENTIAL, frozenset({Scope.READ_MINE}))]


def test_refuses_the_scopes_when_none_of_them_is_the_keys(memory):
    answer, said = ask(memory, GRANT | {"scope": "state"}, basic())
    assert (answer.status, said["error"], memory.issued) == (400, "invalid_scope", [])
    assert isinstance(error_of(answer), Invalid)


@pytest.mark.parametrize(
    ("fields", "authorization"),
    [
        (GRANT, basic(secret="wrong")),
        (GRANT, basic(key="demo.other")),
        (GRANT, None),
        (GRANT, "Basic"),
        (GRANT, "Basic /w=="),
        (GRANT, "Bearer abc"),
        (GRANT | {"client_id": KEY}, None),
        (GRANT | {"client_secret": SECRET}, None),
        (GRANT | IN_FORM | {"client_secret": "wrong"}, None),
    ],
)
@pytest.mark.parametrize("give", [answer_token, answer_revocation])
def test_knows_nobody_when_the_client_does_not_authenticate(memory, fields, authorization, give):
    answer, said = ask(memory, fields | {"token": "t"}, authorization, give=give)
    assert (answer.status, said["error"]) == (401, "invalid_client")
    assert answer.headers["WWW-Authenticate"].startswith('Basic realm="OAuth"')
    assert isinstance(error_of(answer), Unauthenticated)
    assert memory.issued == memory.revoked == []


@pytest.mark.parametrize(
    ("fields", "repeated", "error"),
    [
        (GRANT | IN_FORM, frozenset(), "invalid_request"),
        (GRANT, frozenset({"scope"}), "invalid_request"),
        ({"grant_type": "password"}, frozenset(), "unsupported_grant_type"),
        ({}, frozenset(), "unsupported_grant_type"),
    ],
    ids=["authenticated twice", "a field twice", "another grant", "no grant"],
)
def test_refuses_a_request_when_it_is_not_as_the_specification_says(memory, fields, repeated, error):
    answer, said = ask(memory, fields, basic(), repeated=repeated)
    assert (answer.status, said["error"], memory.issued) == (400, error, [])


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "x"])
def test_ends_a_token_when_its_client_asks(memory, hint):
    answer, said = ask(memory, {"token": "t", "token_type_hint": hint}, basic(), give=answer_revocation)
    assert (answer.status, said, memory.revoked) == (200, {}, [(CREDENTIAL, "t")])


def test_refuses_a_revocation_when_it_names_no_token(memory):
    answer, said = ask(memory, {}, basic(), give=answer_revocation)
    assert (answer.status, said["error"], memory.revoked) == (400, "invalid_request", [])


FIELDS = st.dictionaries(
    st.sampled_from(["grant_type", "scope", "client_id", "client_secret", "token", "token_type_hint"]), st.text()
)


@given(FIELDS, st.one_of(st.none(), st.just(basic()), st.text(), st.text().map("Basic {}".format)))
def test_answers_in_its_own_way_when_a_request_holds_any_text(fields, authorization):
    for give in (answer_token, answer_revocation):
        answer, said = ask(Memory(), fields, authorization, give=give)
        assert answer.status in {200, 400, 401}
        assert answer.status == 200 or said["error"]


def test_tells_where_and_how_when_clients_look_for_it():
    said = metadata("https://lrs.no")
    assert said["token_endpoint"] == "https://lrs.no/oauth/token"
    assert said["scopes_supported"] == list(Scope)
    AuthorizationServerMetadata(said | {"response_types_supported": ["none"]}).validate()
