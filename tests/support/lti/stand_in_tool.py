"""A tool as small as it can be, by which the platforms are tried alone: logs in, verifies, asks services, chooses content."""

import secrets
import time
from urllib.parse import parse_qsl, urlencode

import requests
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey

from tests.support.lti import own_pages
from tests.support.lti.foreign.serving import Serving
from tests.support.lti.messages import AGS_ENDPOINT, LTI, LTI_DL

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class StandInTool:
    """Served at ``http://127.0.0.1:<port>``; ``launches`` are the claims of verified launches, in order."""

    def __init__(self, platform) -> None:
        self.platform = platform
        self.key = RSAKey.generate_key(2048, {"alg": "RS256", "use": "sig"}, auto_kid=True)
        self.launches: list[dict] = []
        self.nonces: dict[str, str] = {}
        self.items: list[dict] = []
        self.serving = Serving(self._application)
        self.url = f"http://127.0.0.1:{self.serving.port}"

    def stop(self) -> None:
        self.serving.stop()

    def _application(self, environ, start):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode()
        fields = dict(parse_qsl(environ["QUERY_STRING"])) | dict(parse_qsl(body))
        headers, content = [("Content-Type", "text/html; charset=utf-8")], "launched"
        path = environ["PATH_INFO"]
        if path.startswith("/lti/jwks/"):
            headers = [("Content-Type", "application/json")]
            content = self._key_set()
        elif path == "/lti/login":
            start("302 Found", [("Location", self._authorization(fields))])
            return [b""]
        elif path == "/lti/launch":
            try:
                content = self._launched(fields)
            except (JoseError, AssertionError):
                content = "refused"
        start("200 OK", headers)
        return [content.encode()]

    def _key_set(self) -> str:
        public = self.key.as_dict(private=False)
        return str({"keys": [public]}).replace("'", '"')

    def _authorization(self, fields: dict[str, str]) -> str:
        state, nonce = secrets.token_hex(8), secrets.token_hex(8)
        self.nonces[state] = nonce
        asked = {"scope": "openid", "response_type": "id_token", "response_mode": "form_post", "prompt": "none"}
        asked |= {"client_id": fields["client_id"], "redirect_uri": f"{self.url}/lti/launch", "state": state, "nonce": nonce}
        asked |= {name: fields[name] for name in ("login_hint", "lti_message_hint") if name in fields}
        return f"{self.platform.authorization_url}?{urlencode(asked)}"

    def _launched(self, fields: dict[str, str]) -> str:
        keys = KeySet.import_key_set(requests.get(self.platform.jwks_url, timeout=10).json())
        claims = jwt.decode(fields["id_token"], keys, algorithms=["RS256"]).claims
        assert claims["nonce"] == self.nonces.pop(fields["state"])
        assert claims["iss"] == self.platform.issuer
        assert self.platform.client_id in (claims["aud"], *claims["aud"])
        self.launches.append(claims)
        if claims[LTI + "message_type"] == "LtiDeepLinkingRequest":
            return self._chosen(claims)
        return "launched"

    def _chosen(self, claims: dict) -> str:
        wanted = claims[LTI_DL + "deep_linking_settings"]
        now = int(time.time())
        said = {
            "iss": self.platform.client_id,
            "aud": self.platform.issuer,
            "iat": now,
            "exp": now + 60,
            "nonce": secrets.token_hex(8),
            LTI + "deployment_id": claims[LTI + "deployment_id"],
            LTI + "message_type": "LtiDeepLinkingResponse",
            LTI + "version": "1.3.0",
            LTI_DL + "content_items": self.items,
        }
        if "data" in wanted:
            said[LTI_DL + "data"] = wanted["data"]
        return own_pages.sent_form(wanted["deep_link_return_url"], {"JWT": self.signed(said)})

    def signed(self, claims: dict) -> str:
        return jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key)

    def token(self, *scopes: str) -> requests.Response:
        now = int(time.time())
        claims = {"iss": self.platform.client_id, "sub": self.platform.client_id, "aud": self.platform.token_url}
        claims |= {"iat": now, "exp": now + 60, "jti": secrets.token_hex(8)}
        form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION, "scope": " ".join(scopes)}
        return requests.post(self.platform.token_url, data=form | {"client_assertion": self.signed(claims)}, timeout=10)

    def ask(self, method: str, url: str, scope: str, **more) -> requests.Response:
        """A request to a service with a fresh token of that scope."""
        headers = {"Authorization": f"Bearer {self.token(scope).json()['access_token']}"} | more.pop("headers", {})
        return requests.request(method, url, headers=headers, timeout=10, **more)

    def services(self) -> dict:
        """The claim of grades of the last launch."""
        return self.launches[-1][AGS_ENDPOINT]
