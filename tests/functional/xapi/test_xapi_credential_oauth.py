"""RFC 6749 4.4, RFC 6750, RFC 7009, RFC 8414 as clients that others wrote see them, over HTTP."""

import time

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session

from lrs_bridge.app import now
from lrs_bridge.db import open_engine, read, transact
from lrs_bridge.xapi.credentials import service
from lrs_bridge.xapi.credentials.credential import Scope
from lrs_bridge.xapi.credentials.journal import service as journals
from lrs_bridge.xapi.credentials.journal.buffer import EXTENSION
from lrs_bridge.xapi.credentials.terms import Terms
from tests.support.lrs import VERSION, basic, new_key, new_key_at
from tests.support.statements import STATEMENT_ID, statement

GRANT = {"grant_type": "client_credentials"}
SCOPES = ("statements/write", "statements/read/mine")


@pytest.fixture
def key(app):
    return new_key(app.extensions["lrs_bridge"].engine, *SCOPES)


def token_of(client, key, **fields):
    return client.post("/oauth/token", data=GRANT | fields, headers=basic(*key))


def statements(client, token, method="GET", **more):
    return client.open("/xapi/statements", method=method, headers=VERSION | {"Authorization": f"Bearer {token}"}, **more)


def test_lets_an_independent_client_in_when_it_authenticates_either_way(live_server):
    key = new_key_at(live_server.database_url, *SCOPES)
    for way in ("client_secret_basic", "client_secret_post"):
        client = OAuth2Session(*key, scope=" ".join(SCOPES), token_endpoint_auth_method=way)
        token = client.fetch_token(f"{live_server.url}/oauth/token", **GRANT)
        assert (token["token_type"], token["expires_in"]) == ("Bearer", 3600)
        address = f"{live_server.url}/xapi/statements"
        stored = client.post(address, json=statement(id=STATEMENT_ID), headers=VERSION, timeout=20)
        assert stored.json() == [STATEMENT_ID]
        found = client.get(address, headers=VERSION, timeout=20).json()["statements"]
        assert found[0]["authority"]["account"]["name"] == key[0]
        assert client.revoke_token(f"{live_server.url}/oauth/revoke", token["access_token"]).status_code == 200
        time.sleep(1)  # for as long as a worker may believe in it
        bearer = VERSION | {"Authorization": f"Bearer {token['access_token']}"}
        assert requests.get(address, headers=bearer, timeout=20).status_code == 401
        client.close()


def test_lets_a_token_do_no_more_than_was_asked_for(client, key):
    given = token_of(client, key, scope="statements/read/mine all").json
    assert given["scope"] == "statements/read/mine"
    assert statements(client, given["access_token"]).status_code == 200
    assert statements(client, given["access_token"], "POST", json=statement()).status_code == 403


def test_ends_tokens_when_their_key_is_revoked(app, client, key):
    token = token_of(client, key).json["access_token"]
    engine = app.extensions["lrs_bridge"].engine
    transact(engine, lambda session: service.revoke_credential(session, "demo", key[0], now()))
    assert statements(client, token).status_code == 401
    assert token_of(client, key).status_code == 401


def test_grants_no_more_than_the_keys_requests_a_minute_when_tokens_are_asked_for(app, client):
    parts = app.extensions["lrs_bridge"]
    terms = Terms("LMS", frozenset({Scope.ALL}), requests_per_minute=3)
    key = transact(parts.engine, lambda session: service.open_credential(session, "demo", terms, now=now()))
    given = token_of(client, key)
    revoked = client.post("/oauth/revoke", data={"token": given.json["access_token"]}, headers=basic(*key))
    assert [given.status_code, revoked.status_code, token_of(client, key).status_code] == [200, 200, 200]
    refused = token_of(client, key)
    assert (refused.status_code, refused.json["code"]) == (429, "too_many_requests")
    assert int(refused.headers["Retry-After"]) >= 1
    assert client.get("/xapi/statements", headers=basic(*key) | VERSION).status_code == 429
    noted = app.extensions[EXTENSION]._noted
    assert [(entry.key, entry.status) for entry in noted if entry.resource == "oauth/token"][-1] == (key[0], 429)


def test_answers_a_wrong_secret_while_somebody_else_writes(app, client, key, database_url):
    engine = open_engine(database_url)
    wrong = basic(key[0], "wrong")
    answer = transact(engine, lambda _session: client.post("/oauth/token", data=GRANT, headers=wrong))
    engine.dispose()
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("fields", "headers", "status", "error"),
    [
        (GRANT, basic("demo.0123456789abcdef", "x"), 401, "invalid_client"),
        (GRANT, {}, 401, "invalid_client"),
        ({"grant_type": "password"}, {}, 400, "unsupported_grant_type"),
        (GRANT | {"scope": "state"}, None, 400, "invalid_scope"),
        (GRANT | {"scope": ["a", "b"]}, None, 400, "invalid_request"),
    ],
    ids=["unknown", "nobody", "another grant", "no scope left", "a field twice"],
)
def test_refuses_in_the_words_of_the_specification_when_a_request_is_wrong(client, key, fields, headers, status, error):
    answer = client.post("/oauth/token", data=fields, headers=basic(*key) if headers is None else headers)
    assert (answer.status_code, answer.json["error"]) == (status, error)
    assert answer.headers["Cache-Control"] == "no-store"
    assert ("WWW-Authenticate" in answer.headers) == (status == 401)


def test_answers_in_json_when_the_method_is_another(client):
    answer = client.get("/oauth/token")
    assert (answer.status_code, answer.json["code"]) == (405, "method_not_allowed")


def test_leads_clients_to_its_addresses_when_they_look_for_them(client, key):
    said = client.get("/.well-known/oauth-authorization-server").json
    token, revocation = (said[name].removeprefix(said["issuer"]) for name in ("token_endpoint", "revocation_endpoint"))
    given = client.post(token, data=GRANT, headers=basic(*key))
    revoked = client.post(revocation, data={"token": given.json["access_token"]}, headers=basic(*key))
    assert (given.status_code, revoked.status_code) == (200, 200)
    assert statements(client, given.json["access_token"]).status_code == 401


# The journal of a server


def told(live_server, key):
    engine = open_engine(live_server.database_url)
    try:
        return read(engine, lambda session: journals.usage(session, "demo", key, now()))
    finally:
        engine.dispose()


def test_tells_a_keys_page_of_its_requests_soon_and_of_all_when_the_server_stops(live_server):
    key, secret = new_key_at(live_server.database_url)

    def ask(with_secret):
        requests.post(f"{live_server.url}/oauth/token", data=GRANT, auth=(key, with_secret), timeout=20)

    ask(secret)
    ask("wrong")
    end = time.monotonic() + 20
    while len(told(live_server, key).newest) < 2 and time.monotonic() < end:
        time.sleep(0.1)
    found = told(live_server, key)
    assert [(line.status, line.resource, line.program) for line in found.newest] == [
        (401, "oauth/token", "Python requests"),
        (200, "oauth/token", "Python requests"),
    ]
    assert [refusal.reason.value for refusal in found.refusals] == ["secret"]
    assert found.report == []
    for _ in range(5):
        ask(secret)
    assert live_server.stop() == 0
    assert len(told(live_server, key).newest) == 7
