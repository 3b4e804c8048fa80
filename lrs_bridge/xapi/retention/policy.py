"""A rule by which statements go, made by an administrator, and when it is due again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

EVERY = timedelta(hours=23)
"""The worker runs each policy once a day; the missing hour lets rounds that begin a little earlier stay daily."""

REQUEST = "request"
"""The reason of an erasure that a person asked for."""


@dataclass(frozen=True, slots=True)
class Policy:
    """Statements go ``older_than_days`` after the LRS stored them; ``activity`` is what their object's IRI begins with."""

    tenant: str
    name: str
    older_than_days: int
    added_at: datetime
    verb: str | None = None
    activity: str | None = None
    person_id: UUID | None = None
    enabled: bool = True
    last_run_at: datetime | None = None

    @property
    def reason(self) -> str:
        """What its erasures are known by."""
        return f"policy:{self.name}"

    def before(self, now: datetime) -> datetime:
        """What was stored until then is old enough."""
        return now - timedelta(days=self.older_than_days)

    def is_due(self, now: datetime) -> bool:
        """Whether the worker should run it."""
        return self.enabled and (self.last_run_at is None or now - self.last_run_at >= EVERY)


@dataclass(frozen=True, slots=True)
class Erasure:
    """One run that erased, or tried to. ``ended_at`` is None while it goes on, and for ever when it was cut short."""

    reason: str
    actor: str
    began_at: datetime
    ended_at: datetime | None
    erased: int
    held: int
