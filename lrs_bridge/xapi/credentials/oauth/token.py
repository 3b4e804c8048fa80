"""Bearer tokens: what is kept of one, and how long it lasts."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from lrs_bridge.xapi.credentials.credential import Scope

LIFETIME = timedelta(hours=1)
MOST_PER_KEY = 100
"""Tokens that a key has at a time; the oldest ends when one more is given."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token grants until it ends."""

    scopes: frozenset[Scope]
    issued_at: datetime
    expires_at: datetime
