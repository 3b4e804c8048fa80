"""How long a call to another server may take."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """How many seconds to wait for a connection and for the next byte, and until when in all, by the monotonic clock.

    None is what the client waits by itself; for ``ends_at``, that all together is not limited. ``ends_at`` holds for everything
    that is asked with these limits: finding the host, connecting, headers and content.
    """

    connect_seconds: float | None = None
    read_seconds: float | None = None
    ends_at: float | None = None

    def left(self, now: float) -> float | None:
        """How many seconds are left in all, none below 0; None when that is not limited."""
        return None if self.ends_at is None else max(self.ends_at - now, 0.0)


UNHURRIED = Limits()


def in_request(now: float) -> Limits:
    """Limits of calls that somebody's browser waits for, from now on."""
    return Limits(connect_seconds=3, read_seconds=5, ends_at=now + 8)
