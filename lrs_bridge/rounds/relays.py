"""The rounds of all relays: each is held by one worker at a time, fails by itself, and tells once when it stalls."""

import logging
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from lrs_bridge.db import read, transact
from lrs_bridge.errors import LrsBridgeError
from lrs_bridge.rounds.forwarding import forward
from lrs_bridge.rounds.pulling import pull
from lrs_bridge.web.parts import Parts
from lrs_bridge.xapi.relay import service as setup
from lrs_bridge.xapi.relay.relay import Direction, Relay, State
from lrs_bridge.xapi.relay.reply import RelayFailed
from lrs_bridge.xapi.relay.running import service
from lrs_bridge.xapi.relay.running.service import Held, LeaseLost

LEASE = timedelta(seconds=60)
"""How long a worker is waited for that gives no sign of life."""

log = logging.getLogger(__name__)

_STEPS: dict[Direction, Callable[[Parts, Held, threading.Event], Held]] = {Direction.FORWARDING: forward, Direction.PULL: pull}


def due(parts: Parts, *, at_once: bool = False) -> list[Relay]:
    """The relays that there is something to do for. Raises Unavailable."""
    return read(parts.engine, lambda session: service.due(session, parts.clock(), at_once=at_once))


def run(parts: Parts, relay: Relay, worker: str, stop: threading.Event, *, lease: timedelta = LEASE) -> bool:
    """One round of a relay, unless another worker holds it; whether nothing went wrong. Raises Unavailable."""
    now = parts.clock()
    held = transact(parts.engine, lambda session: service.hold(session, relay, worker, length=lease, now=now))
    if held is None:
        return True
    try:
        with _kept_alive(parts, held):
            _STEPS[relay.direction](parts, held, stop)
    except LeaseLost as error:
        log.info("left a relay to others: %s", error.message, extra=_fields(relay))
    except RelayFailed as error:
        _fail(parts, held, error)
        return False
    finally:
        transact(parts.engine, lambda session: service.let_go(session, held))
    return True


@contextmanager
def _kept_alive(parts: Parts, held: Held) -> Iterator[None]:
    """Renews the lease again and again, since a long attachment on a slow line may take longer than it lasts."""
    done = threading.Event()

    def renew() -> None:
        while not done.wait(held.length.total_seconds() / 3):
            try:
                transact(parts.engine, lambda session: service.keep_holding(session, held, parts.clock()))
            except LrsBridgeError as error:  # what is done next finds out
                log.info("could not renew a lease: %s", error.message, extra=_fields(held.relay))

    renewing = threading.Thread(target=renew, daemon=True)
    renewing.start()
    try:
        yield
    finally:
        done.set()
        renewing.join()


def _fail(parts: Parts, held: Held, error: RelayFailed) -> None:
    now, spread = parts.clock(), random.random()  # noqa: S311  spreads retries, no secret
    try:
        failed = transact(parts.engine, lambda session: service.fail(session, held, error, spread=spread, now=now)).relay
    except LeaseLost:
        return
    fields = _fields(failed, cause=error.cause.value, failures=failed.failures)
    if failed.state is State.REFUSED:
        log.error("the %s %s was stopped: %s", failed.direction, failed.name, error.message, extra=fields)
    else:
        log.warning("the %s %s will be tried again: %s", failed.direction, failed.name, error.cause, extra=fields)


def tell_stalls(parts: Parts) -> int:
    """Logs an error for each relay that has stalled since the last time; how many. Raises Unavailable."""
    stalled = transact(parts.engine, lambda session: setup.tell_stalls(session, parts.clock()))
    for one in stalled:
        fields = _fields(one.relay, waiting=one.waiting, lag_seconds=int(one.lag.total_seconds()))
        log.error("the %s %s has stalled", one.relay.direction, one.relay.name, extra=fields)
    return len(stalled)


def run_all(parts: Parts, worker: str, *, lease: timedelta = LEASE) -> int:
    """One round of every relay, also of those that wait, and then their alerts; how many went wrong or have stalled."""
    stop = threading.Event()
    failed = 0
    for relay in due(parts, at_once=True):
        try:
            failed += not run(parts, relay, worker, stop, lease=lease)
        except LrsBridgeError as error:
            log.warning("could not see to a relay: %s", error.message, extra=_fields(relay))
            failed += 1
    return failed + tell_stalls(parts)


def _fields(relay: Relay, **more: object) -> dict[str, dict[str, object]]:
    return {"fields": {"tenant": relay.tenant, "relay": str(relay.relay_id), **more}}
