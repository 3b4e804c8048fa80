"""The authorisation server: client credentials for bearer tokens, and their revocation, by Authlib.

Source: RFC 6749 2.3.1 (client_secret_basic, client_secret_post), 3.3 (scope), 4.4 (client credentials), 5.1, 5.2; RFC 7009;
RFC 8414. What it keeps and finds it does through ``Tokens``. Whether the connection is TLS is settled in front of the service, as
it is for keys and secrets. Left out: every grant that has a user in it, and refresh tokens (RFC 6749 4.4.3).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol

import orjson
from authlib.oauth2.rfc6749 import AuthorizationServer, OAuth2Request, grants
from authlib.oauth2.rfc6749.errors import InvalidClientError, InvalidRequestError
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from authlib.oauth2.rfc7009 import RevocationEndpoint

from lrs_bridge.errors import Invalid, LrsBridgeError, Unauthenticated
from lrs_bridge.xapi.credentials.authorization import Basic, parse_authorization
from lrs_bridge.xapi.credentials.credential import Credential, Scope, narrowed
from lrs_bridge.xapi.exchange import Answer

TOKEN_PATH = "/oauth/token"  # noqa: S105  an address
REVOCATION_PATH = "/oauth/revoke"
WAYS_TO_AUTHENTICATE = ["client_secret_basic", "client_secret_post"]
_ASSUMED_SECURE = "https://lrs"


@dataclass(frozen=True, slots=True)
class Form:
    """A request to the server: its form, and what stood in its Authorization header. ``repeated`` are fields given twice."""

    fields: Mapping[str, str]
    authorization: str | None
    repeated: frozenset[str] = frozenset()


class Tokens(Protocol):
    """What the server needs of the store, within one transaction."""

    def find_client(self, key: str, secret: str) -> Credential | None:
        """The credential of a key and its secret, None when either is wrong."""

    def issue(self, credential: Credential, scopes: frozenset[Scope]) -> tuple[str, int]:
        """A new token for the credential, and for how many seconds it is good."""

    def revoke(self, credential: Credential, token: str) -> None:
        """Ends the token if it is the credential's own."""


def answer_token(form: Form, tokens: Tokens) -> Answer:
    """The answer to a request for a token, refusals included."""
    answer: Answer = _Server(tokens).create_token_response(form)
    return answer


def answer_revocation(form: Form, tokens: Tokens) -> Answer:
    """The answer to the revocation of a token; the same whether there was such a token (RFC 7009 2.2)."""
    answer: Answer = _Server(tokens).create_endpoint_response(RevocationEndpoint.ENDPOINT_NAME, form)
    return answer


def error_of(answer: Answer) -> LrsBridgeError | None:
    """What a refusal says, as one of our errors; None of what is no refusal."""
    if answer.status < HTTPStatus.BAD_REQUEST:
        return None
    assert isinstance(answer.body, bytes)  # noqa: S101  they are short
    said = orjson.loads(answer.body)
    message = said.get("error_description") or said["error"]
    if answer.status == HTTPStatus.UNAUTHORIZED:
        return Unauthenticated(message, field="Authorization", rule="RFC 6749 5.2")
    return Invalid(message, field=said["error"], rule="RFC 6749 5.2")


def metadata(issuer: str) -> dict[str, Any]:
    """What clients are told of the server (RFC 8414 2)."""
    return {
        "issuer": issuer,
        "token_endpoint": f"{issuer}{TOKEN_PATH}",
        "token_endpoint_auth_methods_supported": WAYS_TO_AUTHENTICATE,
        "revocation_endpoint": f"{issuer}{REVOCATION_PATH}",
        "revocation_endpoint_auth_methods_supported": WAYS_TO_AUTHENTICATE,
        "grant_types_supported": [_ClientCredentials.GRANT_TYPE],
        "response_types_supported": [],
        "scopes_supported": list(Scope),
    }


class _Request(OAuth2Request):  # type: ignore[misc]  # Authlib has no types
    def __init__(self, form: Form) -> None:
        super().__init__("POST", _ASSUMED_SECURE, headers={"Authorization": form.authorization})
        self.payload = BasicOAuth2Payload(dict(form.fields))
        self.repeated = form.repeated

    @property
    def form(self) -> Mapping[str, str]:
        return self.payload.data  # type: ignore[no-any-return]


class _Client:
    """A credential as Authlib asks for it."""

    def __init__(self, credential: Credential) -> None:
        self.credential = credential

    def check_grant_type(self, grant_type: str) -> bool:
        return bool(grant_type == _ClientCredentials.GRANT_TYPE)

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """Those asked for that the credential has; all that it has when none are asked for; None when nothing remains."""
        granted = self.credential.scopes
        return " ".join(sorted(narrowed(scope.split(), granted) if scope and scope.strip() else granted)) or None


class _ClientCredentials(grants.ClientCredentialsGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = WAYS_TO_AUTHENTICATE


class _Revocation(RevocationEndpoint):  # type: ignore[misc]
    CLIENT_AUTH_METHODS = WAYS_TO_AUTHENTICATE

    def authenticate_token(self, request: _Request, client: _Client) -> str:
        """The token that the client names. What kind it is said to be makes no difference (RFC 7009 2.1): there is one kind."""
        del client
        if "token" not in request.form:
            raise InvalidRequestError("The token is missing")
        return request.form["token"]

    def revoke_token(self, token: str, request: _Request) -> None:
        self.server.tokens.revoke(request.client.credential, token)


class _Server(AuthorizationServer):  # type: ignore[misc]
    """Authlib's server for one request."""

    def __init__(self, tokens: Tokens) -> None:
        super().__init__()
        self.tokens = tokens
        self.register_grant(_ClientCredentials)
        self.register_endpoint(_Revocation)
        self.register_token_generator("default", self._issue)

    def create_oauth2_request(self, request: Form) -> _Request:
        return _Request(request)

    def authenticate_client(self, request: _Request, methods: list[str], endpoint: str = "token") -> _Client:
        """RFC 6749 2.3: by the header or by the form, never by both. ``methods`` and ``endpoint`` are the same here for all."""
        del methods, endpoint
        if request.repeated:
            raise InvalidRequestError(f"{min(request.repeated)} is given more than once")
        key, secret = _named(request)
        credential = self.tokens.find_client(key, secret)
        if credential is None:
            raise InvalidClientError("The key or its secret is wrong, or the key has ended", status_code=HTTPStatus.UNAUTHORIZED)
        return _Client(credential)

    def save_token(self, token: dict[str, Any], request: _Request) -> None:
        """Kept when it was issued."""

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""

    def handle_response(self, status: int, body: Any, headers: list[tuple[str, str]]) -> Answer:
        named = dict(headers)
        content_type = named.pop("Content-Type", "application/json")
        if status == HTTPStatus.UNAUTHORIZED:
            named["WWW-Authenticate"] = 'Basic realm="OAuth", charset="UTF-8"'
        return Answer(orjson.dumps(dict(body)), HTTPStatus(status), content_type, named)

    def _issue(self, *, client: _Client, scope: str | None = None, **_more: Any) -> dict[str, Any]:
        allowed = BearerTokenGenerator.get_allowed_scope(client, scope)
        token, seconds = self.tokens.issue(client.credential, frozenset(map(Scope, allowed.split())))
        return {"access_token": token, "token_type": "Bearer", "expires_in": seconds, "scope": allowed}


def _named(request: _Request) -> tuple[str, str]:
    """Key and secret of the client, from the one place where they stand."""
    header, form = request.headers["Authorization"], request.form
    in_form = "client_secret" in form
    if header is None:
        return (form["client_id"], form["client_secret"]) if in_form and "client_id" in form else ("", "")
    if in_form:
        raise InvalidRequestError("The client authenticates in the header and in the form; do it once")
    try:
        said = parse_authorization(header)
    except Unauthenticated:
        return "", ""
    return (said.key, said.secret) if isinstance(said, Basic) else ("", "")
