"""The journal of launches: one line for each that could be laid at a platform's door, well or failed."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

KEPT = 200
"""So many lines are kept of each platform."""
_LONGEST = {"message_type": 40, "deployment_id": 255, "context_title": 200, "link_title": 200, "failed_step": 40, "reason": 600}


@dataclass(frozen=True, slots=True)
class Visit:
    """A launch, or what failed before it became one. ``failed_step`` is None when all was well (else ``launch.refusal.Step``).

    ``message_type`` is the message's, or ``login`` when it ended before there was one. ``error_id`` is what the user was shown.
    """

    visit_id: UUID
    platform_id: UUID
    at: datetime
    message_type: str
    deployment_id: str | None = None
    context_title: str | None = None
    link_title: str | None = None
    failed_step: str | None = None
    reason: str | None = None
    error_id: str | None = None

    @property
    def failed(self) -> bool:
        """Whether nobody got in by it."""
        return self.failed_step is not None


def shortened(visit: Visit) -> Visit:
    """The visit with texts as long as they are kept: they are the platform's, which may write as it likes."""
    texts = {name: getattr(visit, name) for name in _LONGEST}
    return replace(visit, **{name: text[: _LONGEST[name]] for name, text in texts.items() if text is not None})
