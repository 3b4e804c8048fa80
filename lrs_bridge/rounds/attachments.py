"""The round of attachments: files that no statement names any longer go."""

import logging
from functools import partial

from lrs_bridge.db import read, transact
from lrs_bridge.people import service as people
from lrs_bridge.web.parts import Parts
from lrs_bridge.xapi.attachments import service as attachments

log = logging.getLogger(__name__)


def sweep(parts: Parts) -> int:
    """Sweeps every tenant's directory; gives how many files went."""
    removed = 0
    for tenant in read(parts.engine, people.tenants):
        write = partial(transact, parts.engine)
        went = attachments.sweep(write, tenant.tenant, data_dir=parts.settings.data_dir, now=parts.clock())
        if went:
            log.info("removed files of attachments", extra={"fields": {"tenant": tenant.tenant, "files": went}})
        removed += went
    return removed
