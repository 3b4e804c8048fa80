"""A ward whose learning system sends real statements, for tests of what is kept, given away and erased."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from uuid import UUID, uuid4

import orjson
from sqlalchemy import func, select

from lrs_bridge.db import metadata, read, transact
from lrs_bridge.hosting.erasing.service import HostedAttempts
from lrs_bridge.plans.holds.service import RecordHold
from lrs_bridge.plans.service import PlanSink
from lrs_bridge.xapi.credentials.credential import Credential, Scope
from lrs_bridge.xapi.model.statement import parse_statements
from lrs_bridge.xapi.retention import service as retention
from lrs_bridge.xapi.statements import service
from tests.support.plans import SIGNER, START, TENANT, Ward, open_ward
from tests.support.statements import statement

HOME = "https://lrs.example.no"
EXPERIENCED = "http://adlnet.gov/expapi/verbs/experienced"
LMS = Credential(TENANT, f"{TENANT}.lms", "Læringsportalen", frozenset({Scope.ALL}), START)


@dataclass
class Custody:
    """``sink`` is the plan side, so that completions become records, and records are signed, as in the service.

    No two batches are stored at the same microsecond, as none are outside of tests.
    """

    engine: object
    ward: Ward
    sink: PlanSink = field(default_factory=lambda: PlanSink(SIGNER))
    pauses: list[float] = field(default_factory=list)
    ticks: Iterator[int] = field(default_factory=partial(count, step=1000))

    def read(self, work):
        return read(self.engine, work)

    def write(self, work):
        return transact(self.engine, work)

    def sends(self, *values, at: datetime = START, credential=LMS, written=orjson.dumps) -> list[UUID]:
        """Stores statements, as ``written`` spells them, at that instant, a microsecond apart; gives their ids."""
        service._sequence.cache_clear()  # numbers never go back within a process; tests tell of the past
        batch = parse_statements(written(values), max_bytes=1 << 20)
        at += timedelta(microseconds=next(self.ticks))
        store = partial(service.store_statements, batch=batch, credential=credential, home_page=HOME, now=at, sink=self.sink)
        return list(self.write(store).ids)

    def sends_many(self, count: int, *, at: datetime = START, **changes) -> list[UUID]:
        values = [statement(id=str(uuid4()), **changes) for _ in range(count)]
        return [each for n in range(0, count, 500) for each in self.sends(*values[n : n + 500], at=at + timedelta(seconds=n))]

    def stored(self) -> set[UUID]:
        table = metadata.tables["statement"]
        return set(self.read(lambda s: s.scalars(select(table.c.statement_id)).all()))

    def count(self, table: str) -> int:
        return self.read(lambda s: s.scalar(select(func.count()).select_from(metadata.tables[table])))

    def sweep(self, now: datetime) -> retention.Sweep:
        hold = RecordHold(self.sink)
        return retention.Sweep(self.read, self.write, hold, HostedAttempts(hold), lambda: now, pause=self.pauses.append)

    def erases(self, rule, now: datetime = START + timedelta(days=500)):
        return retention.carry_out(self.sweep(now), TENANT, rule)

    def erases_agent(self, agent: dict, **more):
        return self.erases(retention.rule_of_agent(orjson.dumps(agent).decode(), actor="operator"), **more)

    def previews(self, rule, now: datetime = START + timedelta(days=500)):
        return retention.preview(self.sweep(now), TENANT, rule)


def open_custody(engine, **more) -> Custody:
    return Custody(engine, open_ward(engine, **more))
