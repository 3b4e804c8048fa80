"""What browsers show where courses run, in place of a cookie: addresses that hold a signed ticket for one attempt.

A ticket is good on its attempt's own host only, for a limited time. It is all the right that a course has: to read the files of
its package, and to report to its attempt.
"""

import hashlib
from datetime import datetime, timedelta
from functools import lru_cache
from uuid import UUID

import msgspec
from itsdangerous import BadSignature, URLSafeSerializer

from lrs_bridge.errors import Unauthenticated

PLAY_LASTS = timedelta(hours=12)
FILES_LAST = timedelta(days=2)
LABEL_BYTES = 10
_SALT = "course"


class PlayTicket(msgspec.Struct, frozen=True, array_like=True, tag="play"):
    """Lets one sitting of an attempt read its state and commit to it."""

    tenant: str
    attempt_id: UUID
    session: int
    mode: str
    expires: int


class FilesTicket(msgspec.Struct, frozen=True, array_like=True, tag="files"):
    """Lets one attempt read the files of its package."""

    tenant: str
    attempt_id: UUID
    package_id: UUID
    expires: int


Ticket = PlayTicket | FilesTicket


class RefusedTicket(Unauthenticated):
    """A ticket that opens nothing here; ``ticket`` is what it says, None when it is none of ours."""

    def __init__(self, message: str, ticket: Ticket | None = None) -> None:
        super().__init__(message, field="ticket")
        self.ticket = ticket


def signer(key: bytes, salt: str) -> URLSafeSerializer:
    """Writes and reads texts that are signed by HMAC-SHA-256."""
    return URLSafeSerializer(key, salt, signer_kwargs={"digest_method": hashlib.sha256})


def label_of(attempt_id: UUID) -> str:
    """The first part of the host where an attempt runs: its own, so that no other can reach what it keeps in the browser."""
    return hashlib.blake2b(attempt_id.bytes, digest_size=LABEL_BYTES).hexdigest()


def play_ticket(tenant: str, attempt_id: UUID, session: int, mode: str, now: datetime) -> PlayTicket:
    """A ticket for one sitting in its mode (normal, browse, review), from now on."""
    return PlayTicket(tenant, attempt_id, session, mode, int((now + PLAY_LASTS).timestamp()))


def files_ticket(tenant: str, attempt_id: UUID, package_id: UUID, now: datetime) -> FilesTicket:
    """A ticket for the files. All of one day are the same, so that browsers find what they have kept."""
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return FilesTicket(tenant, attempt_id, package_id, int((day + FILES_LAST).timestamp()))


def written(ticket: Ticket, key: bytes) -> str:
    """The ticket as it stands in addresses."""
    return signer(key, _SALT).dumps(msgspec.to_builtins(ticket))


def parse_ticket(text: str, key: bytes, *, label: str | None, now: datetime) -> Ticket:
    """The ticket that stands in an address on the host with that label, None where all attempts share one host.

    Raises RefusedTicket when it is forged, another host's or over.
    """
    found = _opened(text, key)
    if label is not None and label != label_of(found.attempt_id):
        raise RefusedTicket("this address belongs to another attempt", found)
    if now.timestamp() > found.expires:
        raise RefusedTicket("this address has expired; open the course again", found)
    return found


@lru_cache(maxsize=4096)
def _opened(text: str, key: bytes) -> Ticket:
    """The ticket, however old; the same is asked for again and again."""
    try:
        found: Ticket = msgspec.convert(signer(key, _SALT).loads(text), PlayTicket | FilesTicket)
    except (BadSignature, msgspec.ValidationError) as error:
        raise RefusedTicket("this address is not one of ours") from error
    return found
