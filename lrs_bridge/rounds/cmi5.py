"""The round of AUs' sessions: those from which nothing has been heard for a day are abandoned."""

from functools import partial

from lrs_bridge.cmi5 import service
from lrs_bridge.cmi5.service import Outlets
from lrs_bridge.db import read, transact
from lrs_bridge.people import service as people
from lrs_bridge.web.parts import Parts


def sweep(parts: Parts) -> int:
    """Abandons what is forgotten in every tenant, some at a time; how many there were."""
    outlets = Outlets(parts.settings.public_url, parts.completion_sink, parts.attempt_news)
    ended = 0
    for tenant in read(parts.engine, people.tenants):
        abandon = partial(service.abandon_forgotten, tenant=tenant.tenant, outlets=outlets, now=parts.clock())
        while some := transact(parts.engine, abandon):
            ended += some
    return ended
