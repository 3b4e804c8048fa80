"""What a request handler needs from the rest of the service, put together in ``app`` and read here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Flask, current_app

from lrs_bridge.db import Engine, Session
from lrs_bridge.ports import (
    AttemptNews,
    AttestationIndex,
    CompletionSink,
    Consequences,
    CourseDirectory,
    CourseHost,
    CoursePlayer,
    EvidenceHold,
    EvidenceSource,
    FrameStore,
    IdentifierLinked,
    KeptAttempts,
    LaunchableSource,
    PassIssuer,
    SystemSigner,
)
from lrs_bridge.settings import Settings
from lrs_bridge.web.user import User

EXTENSION = "lrs_bridge"


@dataclass(frozen=True, slots=True)
class Parts:
    """``load_user`` gives the signed-in person as of now, or None when the account is gone."""

    settings: Settings
    engine: Engine
    clock: Callable[[], datetime]
    completion_sink: CompletionSink
    evidence_hold: EvidenceHold
    kept_attempts: KeptAttempts
    system_signer: SystemSigner
    evidence_source: EvidenceSource
    attestation_index: AttestationIndex
    consequences: Consequences
    course_directory: CourseDirectory
    course_player: CoursePlayer
    course_host: CourseHost
    frames: FrameStore
    launchables: LaunchableSource
    launched_content: PassIssuer
    attempt_news: AttemptNews
    identifier_linked: IdentifierLinked
    load_user: Callable[[Session, str, str, datetime], User | None]


def extension(name: str) -> Any:
    """What the running application keeps under that name."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001  Werkzeug's documented name
    return app.extensions[name]


def parts() -> Parts:
    """The running application's parts."""
    found: Parts = extension(EXTENSION)
    return found
