"""The rounds of retention: every policy that is due, one after the other, a page of statements a transaction."""

import logging
from collections.abc import Callable
from functools import partial
from threading import Event

from lrs_bridge.db import read, transact
from lrs_bridge.errors import LrsBridgeError
from lrs_bridge.people import service as people
from lrs_bridge.web.parts import Parts
from lrs_bridge.xapi.retention import service as retention
from lrs_bridge.xapi.retention.policy import Policy
from lrs_bridge.xapi.retention.service import Rule, Sweep
from lrs_bridge.xapi.retention.tally import Tally

ACTOR = "system"

log = logging.getLogger(__name__)


def sweep_of(parts: Parts, progress: Callable[[float], None] = lambda _share: None) -> Sweep:
    """How a run goes through the statements of this service."""
    reading, writing = partial(read, parts.engine), partial(transact, parts.engine)
    return Sweep(reading, writing, parts.evidence_hold, parts.kept_attempts, parts.clock, progress)


class _StoppedError(Exception):
    """The worker was told to stop."""


def run_due(parts: Parts, stop: Event | None = None) -> int:
    """Runs what is due in every tenant; gives how many statements went. A policy that fails is in the log and holds up no other.

    Told to ``stop`` it ends after the page that it is at; the policy is due again then.
    """
    progress = _unless(stop or Event())
    due = [
        policy
        for tenant in read(parts.engine, people.tenants)
        for policy in read(parts.engine, partial(retention.list_policies, tenant=tenant.tenant))
        if policy.is_due(parts.clock())
    ]
    erased = 0
    for policy in due:
        try:
            progress(0.0)
            erased += run(parts, policy, progress=progress).erased
        except _StoppedError:
            break
        except LrsBridgeError as error:
            fields = {"tenant": policy.tenant, "policy": policy.name}
            log.error("could not run a retention policy: %s", error.message, extra={"fields": fields})  # noqa: TRY400
    return erased


def _unless(stop: Event) -> Callable[[float], None]:
    def progress(_share: float) -> None:
        if stop.is_set():
            raise _StoppedError

    return progress


def run(parts: Parts, policy: Policy, *, actor: str = ACTOR, progress: Callable[[float], None] = lambda _share: None) -> Tally:
    """Runs one policy now."""
    rule = rule_of(parts, policy, actor=actor)
    done = retention.carry_out(sweep_of(parts, progress), policy.tenant, rule)
    fields = {"tenant": policy.tenant, "policy": policy.name, **done.totals()}
    log.info("erased what was kept long enough", extra={"fields": fields})
    return done


def rule_of(parts: Parts, policy: Policy, *, actor: str = ACTOR) -> Rule:
    """What the policy means as of now."""
    return read(parts.engine, partial(retention.rule_of_policy, policy=policy, actor=actor, now=parts.clock()))
