"""Providers that misbehave: every failure becomes an error of ours, in time."""

import json
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from lrs_bridge.errors import UpstreamFailed
from lrs_bridge.people import client
from lrs_bridge.people.oidc import LoginRefused, LoginRequest, Metadata, Provider
from lrs_bridge.settings import Secret

ASKED = LoginRequest("state", "nonce", "verifier-" + "x" * 40)


class Scripted(BaseHTTPRequestHandler):
    def answer(self) -> None:
        status, body = self.server.script[self.path.partition("?")[0]]
        self.server.asked.append(self.path)
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    do_GET = do_POST = answer  # noqa: N815  the names that the base class looks for

    def log_message(self, *_arguments) -> None:
        pass


@pytest.fixture
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Scripted)
    server.script, server.asked = {}, []
    server.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def provider(server):
    return Provider(
        id="test",
        tenant="north",
        name="Test-ID",
        issuer=server.issuer,
        client_id="lrs-bridge",
        secret=Secret(b"secret"),
        private_key_jwt=False,
        scopes=("openid",),
        acr_values=(),
        assurance_claim="acr",
        required_assurance=frozenset(),
        hpr_claim=None,
    )


@pytest.fixture
def metadata(server):
    at = server.issuer
    return Metadata(at, at + "/auth", at + "/token", at + "/jwks", None, at + "/par", names_itself=False)


@pytest.mark.parametrize(
    "answer",
    [(500, "{}"), (302, ""), (200, "not json"), (200, "[]"), (200, '{"issuer": "https://evil.example.no"}')],
    ids=["fails", "redirects", "not JSON", "a list", "another issuer"],
)
def test_description_is_refused_when_it_is_none(server, provider, answer):
    server.script = {client.DISCOVERY_PATH: answer}
    with pytest.raises(UpstreamFailed):
        client.discover(provider)
    assert server.asked == [client.DISCOVERY_PATH]


def test_description_is_asked_for_once_in_a_while(server, provider, metadata):
    described = {
        "issuer": server.issuer,
        "authorization_endpoint": metadata.authorization_endpoint,
        "token_endpoint": metadata.token_endpoint,
        "jwks_uri": metadata.jwks_uri,
    }
    server.script = {client.DISCOVERY_PATH: (200, json.dumps(described))}
    assert client.discover(provider) == client.discover(provider)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    "answer",
    [(400, "{}"), (302, ""), (201, "not json"), (201, "{}"), (201, "[]"), (201, '{"request_uri": 7}')],
    ids=["refuses", "redirects", "not JSON", "no URI", "a list", "a number"],
)
def test_pushed_request_fails_when_it_is_not_taken(server, provider, metadata, answer):
    server.script = {"/par": answer}
    with pytest.raises(UpstreamFailed):
        client.authorization_url(provider, metadata, ASKED, "http://localhost/callback")
    assert server.asked == ["/par"]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ((400, '{"error": "invalid_grant"}'), LoginRefused),
        ((500, ""), UpstreamFailed),
        ((302, ""), UpstreamFailed),
        ((200, "not json"), UpstreamFailed),
        ((200, "[]"), UpstreamFailed),
        ((200, '{"access_token": "a"}'), UpstreamFailed),
        ((200, '{"access_token": "a", "id_token": 7}'), UpstreamFailed),
    ],
    ids=["refused", "fails", "redirects", "not JSON", "a list", "no ID token", "a number"],
)
def test_code_is_not_redeemed_when_the_answer_has_no_token(server, provider, metadata, answer, kind):
    server.script = {"/token": answer}
    with pytest.raises(kind):
        client.redeem(provider, metadata, "code", ASKED, "http://localhost/callback")
    assert server.asked == ["/token"]


@pytest.mark.parametrize("key", ["", "not json", "{}", "[]", '{"kty": "EC"}'])
def test_login_fails_with_its_reason_when_our_own_key_is_broken(provider, metadata, key):
    broken = replace(provider, private_key_jwt=True, secret=Secret(key.encode()))
    with pytest.raises(UpstreamFailed, match="private key"):
        client.authorization_url(broken, metadata, ASKED, "http://localhost/callback")


def test_logout_goes_nowhere_when_the_provider_offers_none(provider, metadata):
    assert client.end_session_url(provider, metadata, "a.b.c", "http://localhost/logged-out") is None


def test_logout_goes_without_the_token_when_it_cannot_be_read(provider, metadata):
    offering = replace(metadata, end_session_endpoint="https://id.example.no/end?x=1")
    url = client.end_session_url(provider, offering, None, "http://localhost/logged-out")
    assert url == (
        "https://id.example.no/end?x=1&client_id=lrs-bridge&post_logout_redirect_uri=http%3A%2F%2Flocalhost%2Flogged-out"
    )
