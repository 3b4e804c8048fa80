"""The ids that this LMS generates for AUs, blocks and courses, and the keys of its sessions.

Source: AICC cmi5 "Quartz", 1st edition: 8.1.5 (activityId: ours, the same for each launch and registration), 9.4 (ids of blocks
and courses), 8.2 (fetch URL, auth-token). An id is made of the course's own IRI and the publisher's id, so that it stays the same
when a new version of the package comes.
"""

import base64
import hashlib
import re
from uuid import NAMESPACE_URL, UUID, uuid5

from lrs_bridge.xapi.statements.own.naming import own_key

_KEY = re.compile(r"([a-z0-9-]{1,64})\.([0-9a-f]{32})", re.ASCII)
_FETCH_TOKEN = re.compile(r"([a-z0-9-]{1,64}\.[0-9a-f]{32})\.([0-9a-f]{64})", re.ASCII)


def unit_activity(course_iri: str, publisher_id: str) -> str:
    """The activityId of an AU."""
    return f"{course_iri}/au/{uuid5(NAMESPACE_URL, publisher_id)}"


def block_activity(course_iri: str, publisher_id: str) -> str:
    """The id of a block as an object."""
    return f"{course_iri}/block/{uuid5(NAMESPACE_URL, publisher_id)}"


def key_of(tenant: str, id: UUID) -> str:
    """The key of a session, with which its AU asks; or of a registration, under which its statements are stored."""
    return own_key(tenant, id)


def parse_key(key: str) -> tuple[str, UUID] | None:
    """The tenant and the id that a key was made of, None for what is no such key."""
    found = _KEY.fullmatch(key)
    return (found[1], UUID(found[2])) if found else None


def auth_token(key: str, secret: str) -> str:
    """What an AU puts after ``Basic`` (8.2.1): a real user name and password, since some content looks inside."""
    return base64.b64encode(f"{key}:{secret}".encode()).decode()


def fetch_token(key: str, secret: str) -> str:
    """The last part of a fetch URL."""
    return f"{key}.{secret}"


def parse_fetch_token(token: str) -> tuple[str, UUID, str] | None:
    """Tenant, session and secret of a fetch token, None for what is none."""
    found = _FETCH_TOKEN.fullmatch(token)
    named = parse_key(found[1]) if found else None
    return (*named, found[2]) if found and named else None


def hash_of(secret: str) -> str:
    """What is kept of a secret, which is long and random."""
    return hashlib.sha256(secret.encode()).hexdigest()
