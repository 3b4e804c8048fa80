"""``lrs-bridge worker``: what is done behind the users' backs.

Today that is one thing: each tenant's ledger is walked round after round, so that a record that somebody altered or removed in
the database is in the log within the hour, and not first when a doctor's approval depends on it.
"""

import logging
import signal
import threading
from datetime import timedelta
from functools import partial

from lrs_bridge.db import read
from lrs_bridge.errors import LrsBridgeError
from lrs_bridge.people import service as people
from lrs_bridge.signing import service as signing
from lrs_bridge.web.parts import Parts

log = logging.getLogger(__name__)


def check_ledgers(parts: Parts) -> int:
    """Logs an error for each finding, and gives how many there were. Raises what the database raises."""
    found = 0
    for tenant in read(parts.engine, people.tenants):
        check = partial(signing.check_ledger, tenant=tenant.tenant, evidence_source=parts.evidence_source)
        findings = read(parts.engine, check)
        for finding in findings:
            fields = {"tenant": tenant.tenant, "code": finding.code, "subject": finding.subject}
            log.error("the ledger was tampered with: %s", finding.message, extra={"fields": fields})
        found += len(findings)
    return found


def work(parts: Parts, *, every: timedelta) -> None:
    """Round after round until told to stop (SIGTERM, SIGINT). A database that is away is tried again in the next round."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    while not stop.is_set():
        try:
            found = check_ledgers(parts)
            log.info("checked the ledgers", extra={"fields": {"found": found}})
        except LrsBridgeError as error:
            log.warning("could not check the ledgers: %s", error.message)
        stop.wait(every.total_seconds())
