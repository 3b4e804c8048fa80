"""What the door learns of a request on its way through: for the headers of its answer, and for the page of its key."""

from dataclasses import dataclass
from datetime import datetime

from lrs_bridge.errors import LrsBridgeError
from lrs_bridge.xapi.credentials.credential import Credential
from lrs_bridge.xapi.exchange import VERSION_HEADER, Call, Version, version_of

UNNAMED_VERSION = "0.95"
"""What a caller that names no version speaks: the last one that did not ask for it. It is refused, in these terms."""


@dataclass(slots=True)
class Visit:
    """``authorization`` and ``said_version`` are as the request has them, in whichever syntax; ``at`` is when its key was looked
    for, None when none was. ``alternate`` is the content type of a request in the alternate syntax, else empty;
    ``consistent_through`` is as written in the header.
    """

    method: str
    authorization: str | None
    origin: str | None = None
    user_agent: str | None = None
    at: datetime | None = None
    resource: str = ""
    alternate: str = ""
    said_version: str | None = None
    credential: Credential | None = None
    consistent_through: str | None = None
    error: LrsBridgeError | None = None

    def read(self, call: Call) -> None:
        """Takes over what the call says, which in the alternate syntax stands in its form."""
        self.method = call.method
        self.authorization = call.headers.get("authorization")
        self.said_version = call.headers.get(VERSION_HEADER.lower())

    @property
    def version_to_tell(self) -> str:
        """The version that the answer is in."""
        if self.said_version is None and self.error is not None and self.error.field == VERSION_HEADER:
            return UNNAMED_VERSION
        return version_of(self.said_version or "") or Version.V1
