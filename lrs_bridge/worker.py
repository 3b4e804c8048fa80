"""``lrs-bridge worker``: what is done behind the users' backs.

Each tenant's ledger is walked round after round, so that a record that somebody altered or removed in the database is in the log
within the hour, and not first when a doctor's approval depends on it. And every few seconds statements go out to other LRSs and
come in from them, each forwarding and each pull in a thread of its own, so that a slow LRS holds up no other; scores go out to
learning platforms, and what these graded comes in. Sittings at hosted courses that nobody ended are closed. Once a day each
retention policy erases what was kept long enough, and files that no statement and no package names any longer go.
"""

import logging
import os
import secrets
import signal
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from functools import partial

from lrs_bridge.db import read
from lrs_bridge.errors import LrsBridgeError
from lrs_bridge.people import service as people
from lrs_bridge.rounds import attachments, cmi5, hosting, lti, relays, retention
from lrs_bridge.signing import service as signing
from lrs_bridge.web.parts import Parts
from lrs_bridge.xapi.relay.relay import Relay

THREADS = 8
SWEEP_EVERY = timedelta(days=1)
RESULTS_EVERY = timedelta(seconds=30)
SITTINGS_EVERY = timedelta(minutes=5)
SESSIONS_EVERY = timedelta(minutes=10)

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


def once(parts: Parts) -> int:
    """One round of everything; how much was found to be wrong. Raises what the database raises."""
    retention.run_due(parts)
    attachments.sweep(parts)
    hosting.sweep(parts)
    hosting.close_silent(parts)
    cmi5.sweep(parts)
    lti.run_scores(parts)
    lti.run_results(parts)
    return relays.run_all(parts, _name()) + check_ledgers(parts)


def work(parts: Parts, *, every: timedelta, relay_every: timedelta, lease: timedelta = relays.LEASE) -> None:
    """Round after round until told to stop (SIGTERM, SIGINT). A database that is away is tried again in the next round.

    Ledgers are checked ``every`` so often, relays looked after each ``relay_every``. When told to stop, calls to other LRSs that
    are under way are waited for.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    worker = _name()
    with ThreadPoolExecutor(THREADS) as pool:
        crew = _Crew(pool)
        while not stop.is_set():
            crew.start("ledgers", partial(_check_ledgers, parts), pause=every)
            crew.start("retention", partial(retention.run_due, parts, stop), pause=every)
            crew.start("attachments", partial(attachments.sweep, parts), pause=SWEEP_EVERY)
            crew.start("packages", partial(hosting.sweep, parts), pause=SWEEP_EVERY)
            crew.start("sittings", partial(hosting.close_silent, parts), pause=SITTINGS_EVERY)
            crew.start("AUs' sessions", partial(cmi5.sweep, parts), pause=SESSIONS_EVERY)
            crew.start("stalls", partial(relays.tell_stalls, parts))
            crew.start("scores", partial(lti.run_scores, parts, stop))
            crew.start("results", partial(lti.run_results, parts, stop), pause=RESULTS_EVERY)
            for relay in _due(parts):
                crew.start(f"relay {relay.relay_id}", partial(relays.run, parts, relay, worker, stop, lease=lease))
            stop.wait(relay_every.total_seconds())


class _Crew:
    """Threads for work of different names, none of which is under way twice at once."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool
        self._under_way: dict[str, Future[None]] = {}
        self._begun: dict[str, float] = {}

    def start(self, name: str, job: Callable[[], object], *, pause: timedelta = timedelta()) -> None:
        """Begins the job, unless it is under way or was begun less than ``pause`` ago."""
        under_way, begun = self._under_way.get(name), self._begun.get(name)
        if under_way is not None and not under_way.done():
            return
        if begun is None or time.monotonic() - begun >= pause.total_seconds():
            self._begun[name] = time.monotonic()
            self._under_way[name] = self._pool.submit(_do, name, job)


def _do(name: str, job: Callable[[], object]) -> None:
    """Does the job; whatever goes wrong is in the log, and the next round tries again."""
    try:
        job()
    except LrsBridgeError as error:
        log.warning("could not do the %s: %s", name, error.message)
    except Exception:
        log.exception("the %s failed", name)


def _due(parts: Parts) -> list[Relay]:
    try:
        return relays.due(parts)
    except LrsBridgeError as error:
        log.warning("could not look for relays: %s", error.message)
    except Exception:
        log.exception("could not look for relays")
    return []


def _check_ledgers(parts: Parts) -> None:
    found = check_ledgers(parts)
    log.info("checked the ledgers", extra={"fields": {"found": found}})


def _name() -> str:
    """What this worker is called in leases: nobody else is called so."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}:{secrets.token_hex(4)}"
