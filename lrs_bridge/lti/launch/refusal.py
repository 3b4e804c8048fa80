"""Why a launch is refused: at which step, in words for whoever set the platform up. The steps are those of the verification."""

from enum import StrEnum

from lrs_bridge.errors import Forbidden


class Step(StrEnum):
    """The steps that a login and a launch pass, in their order."""

    LOGIN = "login"
    PLATFORM = "platform"
    TARGET = "target"
    STATE = "state"
    BROWSER = "browser"
    ANSWER = "answer"
    ALGORITHM = "algorithm"
    KEY = "key"
    SIGNATURE = "signature"
    ISSUER = "issuer"
    AUDIENCE = "audience"
    AUTHORIZED_PARTY = "authorized_party"
    TIME = "time"
    NONCE = "nonce"
    VERSION = "version"
    MESSAGE = "message"
    DEPLOYMENT = "deployment"
    REPLAY = "replay"
    PLACEMENT = "placement"
    CONSUMER = "consumer"
    TIMESTAMP = "timestamp"


class LaunchRefused(Forbidden):
    """The launch does not hold. Nothing is stored of it but a line in the platform's journal, and no session begins."""

    code = "launch_refused"

    def __init__(self, message: str, *, step: Step, field: str | None = None, rule: str | None = None) -> None:
        super().__init__(message, field=field, rule=rule)
        self.step = step
