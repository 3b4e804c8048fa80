"""The keys under which statements of courses that are played here are kept: one for each attempt, and nobody's."""

import re
from uuid import UUID

NAME = "Courses played here"
"""What readers are shown as the source of such statements."""
_OWN = re.compile(r"[a-z0-9-]{1,64}\.[0-9a-f]{32}")


def own_key(tenant: str, attempt_id: UUID) -> str:
    """The attempt's key."""
    return f"{tenant}.{attempt_id.hex}"


def source_name(key: str) -> str:
    """What readers are shown for a key that has no name of its own: the key itself, unless it is an attempt's."""
    return NAME if _OWN.fullmatch(key) else key
