"""Recognises callers that were seen a moment ago, and holds each key to its rate. One instance per worker process.

A key is believed for at most a second after the database vouched for it, so that revoking one works on every node within that
time. What is remembered is bounded, keyed by digests, and holds no secret. A limit is shared evenly by the worker processes of a
node: each grants its part, so a caller that keeps to one connection, and thereby to one worker, gets that part only.
"""

import hashlib
import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from lrs_bridge.errors import TooManyRequests, Unauthenticated
from lrs_bridge.xapi.credentials.credential import Credential

EXTENSION = "lrs_bridge_admission"
"""Where the application keeps the worker's memory."""
BELIEVED_FOR = timedelta(seconds=1)
MOST_KNOWN = 4096
MOST_REFUSED = 1024
MOST_BUCKETS = 4096


class RateLimited(TooManyRequests):
    """The key's requests per minute are spent. ``retry_after`` is in whole seconds, at least 1, for the header of that name."""

    def __init__(self, requests_per_minute: int, retry_after: int) -> None:
        super().__init__(
            f"this key may send {requests_per_minute} requests a minute; try again in {retry_after} s",
            field="Authorization",
            rule="the key's limit",
        )
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class _Seen:
    since: datetime
    until: datetime
    credential: Credential | None


@dataclass(slots=True)
class _Bucket:
    level: float
    at: datetime


class Admission:
    """The memory of one worker process out of ``workers`` on this node. Safe for threads."""

    def __init__(self, *, workers: int = 1) -> None:
        self._workers = workers
        self._known: dict[bytes, _Seen] = {}
        self._refused: dict[bytes, _Seen] = {}
        self._buckets: dict[tuple[str, str], _Bucket] = {}
        self._lock = Lock()

    def find(self, header: str | None, now: datetime) -> Credential | None:
        """Who sent this Authorization header, or None when the database must be asked.

        Raises Unauthenticated when the database knew nobody by it a moment ago.
        """
        digest = _digest(header)
        seen = self._known.get(digest) or self._refused.get(digest)
        if seen is None or not seen.since <= now < seen.until:
            return None
        if seen.credential is None:
            raise Unauthenticated("the key or its secret is wrong, or the key has ended", field="Authorization")
        return seen.credential

    def keep(self, header: str | None, credential: Credential, now: datetime) -> None:
        """Remembers whom the database vouched for: for a second, or until the credential ends."""
        until = min(now + BELIEVED_FOR, credential.expires_at or now + BELIEVED_FOR)
        self._remember(self._known, header, _Seen(now, until, credential), MOST_KNOWN)

    def refuse(self, header: str | None, now: datetime) -> None:
        """Remembers for a second that the database knew nobody by this header."""
        self._remember(self._refused, header, _Seen(now, now + BELIEVED_FOR, None), MOST_REFUSED)

    def admit(self, credential: Credential, now: datetime) -> None:
        """Counts one request. Raises RateLimited when this worker's part of the key's limit is spent.

        A key that was quiet may send a minute's worth at once; after that they are granted evenly.
        """
        rate = credential.requests_per_minute
        if rate is None:
            return
        share = rate / self._workers
        with self._lock:
            bucket = self._bucket(credential, max(share, 1.0), now)
            bucket.level += max((now - bucket.at).total_seconds(), 0.0) * share / 60
            bucket.level, bucket.at = min(bucket.level, max(share, 1.0)), now
            if bucket.level < 1:
                raise RateLimited(rate, max(math.ceil((1 - bucket.level) * 60 / share), 1))
            bucket.level -= 1

    def _bucket(self, credential: Credential, full: float, now: datetime) -> _Bucket:
        name = credential.tenant, credential.key
        bucket = self._buckets.pop(name, None) or _Bucket(full, now)
        self._buckets[name] = bucket  # the one asked for last stands last
        if len(self._buckets) > MOST_BUCKETS:
            del self._buckets[next(iter(self._buckets))]
        return bucket

    def _remember(self, memory: dict[bytes, _Seen], header: str | None, seen: _Seen, most: int) -> None:
        digest = _digest(header)
        with self._lock:
            self._known.pop(digest, None)
            self._refused.pop(digest, None)
            memory[digest] = seen
            if len(memory) > most:
                del memory[next(iter(memory))]


def _digest(header: str | None) -> bytes:
    return hashlib.blake2b((header or "").encode("utf-8", "surrogatepass"), digest_size=16).digest()
