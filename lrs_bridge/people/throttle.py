"""How long a guesser waits: failed logins are counted per user name and per address, and each further one costs more time.

A count is forgotten after a quiet day, and a wait never exceeds a quarter of an hour, so nobody is locked out for good. An
attempt that is turned away is not counted. The price: whoever goes on guessing at a name, once in every quarter of an hour, makes
its owner wait with them, who gets in only by being the first when a wait is over, or by an OpenID provider.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv6Address, IPv6Network, ip_address

from lrs_bridge.errors import TooManyRequests

FORGET_AFTER = timedelta(days=1)
LONGEST_WAIT = timedelta(minutes=15)


class Scope(StrEnum):
    """What failures are counted by."""

    USERNAME = "username"
    ADDRESS = "address"


FREE_FAILURES = {Scope.USERNAME: 5, Scope.ADDRESS: 30}  # an address may be a whole hospital's


def network_of(address: str) -> str:
    """What an address is counted as: itself, or for IPv6 its /64, within which anyone has addresses without number."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or IPv6Network((int(parsed) >> 64 << 64, 64)))
    return str(parsed)


class Throttled(TooManyRequests):
    """Too many failed logins; the next attempt is let through at ``until``."""

    def __init__(self, until: datetime) -> None:
        super().__init__("too many failed logins", rule="failed logins cost time")
        self.until = until


@dataclass(frozen=True, slots=True)
class Attempts:
    """Failures so far, the last one at ``last_at``."""

    failures: int
    last_at: datetime


def wait_until(scope: Scope, attempts: Attempts) -> datetime:
    """When a further attempt is let through: 1, 2, 4 … seconds after the last failure, once the free ones are spent."""
    beyond = attempts.failures - FREE_FAILURES[scope]
    if beyond < 0:
        return attempts.last_at
    return attempts.last_at + min(timedelta(seconds=2 ** min(beyond, 20)), LONGEST_WAIT)


def counted(attempts: Attempts | None, now: datetime) -> Attempts:
    """The count with one more failure in it."""
    if attempts is None or now - attempts.last_at > FORGET_AFTER:
        return Attempts(1, now)
    return Attempts(attempts.failures + 1, now)
