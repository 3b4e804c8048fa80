"""Everything about one attempt, for support."""

from dataclasses import dataclass
from uuid import UUID

from lrs_bridge.db import Session
from lrs_bridge.errors import NotFound
from lrs_bridge.hosting.attempts import service as attempts
from lrs_bridge.hosting.calls import ShownCommit, shown_commit
from lrs_bridge.hosting.faults import Found, find_faults
from lrs_bridge.hosting.hosted import Attempt
from lrs_bridge.hosting.library import service as library
from lrs_bridge.hosting.library.service import HostedPage
from lrs_bridge.hosting.reading import SCORM_1_2
from lrs_bridge.packages import service as packages
from lrs_bridge.packages.package import Package
from lrs_bridge.ports import Consequence, Consequences
from lrs_bridge.scorm import service as scorm
from lrs_bridge.scorm.outcome import SOURCE
from lrs_bridge.scorm.service import Kept, KeptResult, Sitting


@dataclass(frozen=True, slots=True)
class SupportPage:
    """An attempt, its sittings and commits (the newest first), its results, each with what became of it, and what the course
    did wrong.
    """

    hosted: HostedPage
    attempt: Attempt
    package: Package
    sittings: tuple[Sitting, ...]
    commits: tuple[ShownCommit, ...]
    kept: Kept
    results: tuple[tuple[KeptResult, Consequence | None], ...]
    faults: tuple[Found, ...]


def support_page(session: Session, tenant: str, hosted_id: UUID, attempt_id: UUID, *, consequences: Consequences) -> SupportPage:
    """All about the attempt. Raises NotFound when it is none at this course."""
    page = library.hosted_page(session, tenant, hosted_id)
    attempt = attempts.get_attempt(session, tenant, attempt_id)
    if attempt.hosted_id != hosted_id:
        raise NotFound("there is no such attempt", field="attempt_id")
    results = scorm.results_of(session, tenant, attempt_id)
    became = consequences.of(session, tenant, SOURCE, [result.id for result in results])
    commits = tuple(
        shown_commit(session=one.session, sequence=one.sequence, item=one.item, received_at=one.at, body=one.body)
        for one in scorm.commits_of(session, tenant, attempt_id)
    )
    package, kept = packages.get_package(session, tenant, attempt.package_id), scorm.kept_of(session, tenant, attempt_id)
    faults = find_faults(
        commits,
        {item: sco.cmi for item, sco in kept.scos.items()},
        is_1_2=package.edition == SCORM_1_2,
        finish_completes=page.hosted.policy.finish_completes,
    )
    return SupportPage(
        page,
        attempt,
        package,
        tuple(scorm.sittings_of(session, tenant, attempt_id)),
        commits,
        kept,
        tuple((result, became.get(result.id)) for result in results),
        faults,
    )
