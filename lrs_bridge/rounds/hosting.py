"""The round of hosted courses: sittings that nobody ended are closed, and files that no package has go."""

import logging
from functools import partial

from lrs_bridge.db import read, transact
from lrs_bridge.hosting.playing import service as playing
from lrs_bridge.hosting.playing.service import Wiring
from lrs_bridge.packages import service as packages
from lrs_bridge.people import service as people
from lrs_bridge.web.parts import Parts

log = logging.getLogger(__name__)


def close_silent(parts: Parts) -> int:
    """Closes SCORM sittings that nobody ended and that nothing has come of for long, as suspended; gives how many."""
    wiring = Wiring(parts.completion_sink, parts.settings, parts.clock)
    closed = 0
    for tenant in read(parts.engine, people.tenants):
        some = partial(playing.close_silent, tenant=tenant.tenant, wiring=wiring, now=parts.clock())
        while ended := transact(parts.engine, some):
            closed += ended
    return closed


def sweep(parts: Parts) -> int:
    """Removes files that no package has; gives how many went."""
    removed = 0
    for tenant in read(parts.engine, people.tenants):
        write = partial(transact, parts.engine)
        went = packages.sweep(write, tenant.tenant, data_dir=parts.settings.data_dir, now=parts.clock())
        if went:
            log.info("removed files of packages", extra={"fields": {"tenant": tenant.tenant, "files": went}})
        removed += went
    return removed
