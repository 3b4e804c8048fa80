"""A sitting at a SCORM course: its state for the player, its commits, and what follows from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import orjson

from lrs_bridge.db import Lock, Session, lock, named
from lrs_bridge.errors import Conflict
from lrs_bridge.hosting.attempts import service as attempts
from lrs_bridge.hosting.hosted import Attempt, Mode
from lrs_bridge.packages import service as packages
from lrs_bridge.packages.ticket import PlayTicket
from lrs_bridge.scorm import service as scorm
from lrs_bridge.scorm.manifest.model import Manifest

AUTOSAVE_MS = 1000


class Superseded(Conflict):
    """A newer sitting of the attempt has committed; what came is kept, but the attempt goes on elsewhere."""

    code = "superseded"


def sit(session: Session, tenant: str, attempt: Attempt, *, user_agent: str, now: datetime) -> tuple[int, Mode]:
    """Begins a sitting; gives its number, and how it counts."""
    mode = attempts.sitting_mode(attempt)
    number = scorm.open_sitting(session, tenant, attempt.attempt_id, mode=mode, user_agent=user_agent, now=now)
    return number, mode


def state(session: Session, ticket: PlayTicket, *, files: str) -> dict[str, Any]:
    """All that the player needs to begin, or to go on where the learner was."""
    attempt = attempts.get_attempt(session, ticket.tenant, ticket.attempt_id)
    manifest = packages.structure_of(session, ticket.tenant, attempt.package_id, Manifest)
    kept = scorm.kept_of(session, ticket.tenant, ticket.attempt_id)
    position = kept.position
    return {
        "attempt": str(attempt.attempt_id),
        "session": ticket.session,
        "version": manifest.version,
        "edition": manifest.edition,
        "learner": {"id": attempt.learner.name, "name": attempt.learner_name},
        "mode": ticket.mode,
        "credit": "credit" if ticket.mode == Mode.NORMAL else "no-credit",
        "organization": msgspec.to_builtins(manifest.organization),
        "files": files,
        "scos": {item: {"cmi": sco.cmi, "seconds": sco.seconds + sco.session_seconds} for item, sco in kept.scos.items()},
        "sequencing": _json(position.sequencing),
        "globals": _json(position.globals),
        "current": position.current,
        "autosave_ms": AUTOSAVE_MS,
    }


def _json(text: str | None) -> Any:
    return None if text is None else orjson.loads(text)
