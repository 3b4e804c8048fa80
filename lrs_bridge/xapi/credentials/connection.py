"""What somebody who connects a learning system copies from its key's page: addresses, headers and ready-made snippets.

Source: xAPI 1.0.3, Communication 2 and 4.0; the launch parameters are those of Tin Can launch, which authoring tools read.
"""

import shlex
from dataclasses import dataclass
from urllib.parse import quote

import orjson

from lrs_bridge.xapi.credentials.authorization import basic_header

SECRET_GOES_HERE = "THE-SECRET"  # noqa: S105  what a reader is to replace


@dataclass(frozen=True, slots=True)
class Connection:
    """A key of the service at ``public_url``. ``secret`` is empty when only its owner knows it."""

    public_url: str
    key: str
    secret: str = ""

    @property
    def endpoint(self) -> str:
        """The LRS's address as clients want it, with a slash at the end."""
        return f"{self.public_url}/xapi/"

    @property
    def token_address(self) -> str:
        """Where OAuth clients get their tokens."""
        return f"{self.public_url}/oauth/token"

    @property
    def authorization(self) -> str:
        """The Authorization header's value, or how it is made."""
        return basic_header(self.key, self.secret) if self.secret else f"Basic BASE64({self.key}:{SECRET_GOES_HERE})"

    @property
    def launch_parameters(self) -> str:
        """What is put behind a package's address; the system that launches adds the learner."""
        return f"endpoint={quote(self.endpoint, safe='')}&auth={quote(self.authorization, safe='')}"

    @property
    def curl(self) -> str:
        """Reads one statement at a terminal."""
        asked = shlex.quote(self.endpoint + "statements?limit=1")
        return f"curl -u {shlex.quote(self._pair)} -H 'X-Experience-API-Version: 1.0.3' {asked}"

    @property
    def tincanjs(self) -> str:
        """TinCanJS, as in many authoring tools."""
        said = {"endpoint": self.endpoint, "username": self.key, "password": self._secret, "allowFail": False}
        return f"var lrs = new TinCan.LRS({_script(said)});"

    @property
    def adl_wrapper(self) -> str:
        """ADL's xAPIWrapper."""
        said = {"endpoint": self.endpoint, "user": self.key, "password": self._secret}
        return f"ADL.XAPIWrapper.changeConfig({_script(said)});"

    @property
    def oauth(self) -> str:
        """A bearer token at a terminal."""
        return f"curl -u {shlex.quote(self._pair)} -d grant_type=client_credentials {shlex.quote(self.token_address)}"

    @property
    def _secret(self) -> str:
        return self.secret or SECRET_GOES_HERE

    @property
    def _pair(self) -> str:
        return f"{self.key}:{self._secret}"


def _script(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
