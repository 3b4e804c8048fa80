"""What tests of forwardings and pulls begin with."""

import uuid
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from shutil import copy

from orjson import dumps
from sqlalchemy import text

from lrs_bridge.app import build_parts
from lrs_bridge.db import read, transact
from lrs_bridge.people import service as people
from lrs_bridge.rounds import relays
from lrs_bridge.xapi.credentials import service as credentials
from lrs_bridge.xapi.model.statement import parse_statements
from lrs_bridge.xapi.relay import service
from lrs_bridge.xapi.relay.filter import parse_filter
from lrs_bridge.xapi.relay.relay import Direction, parse_setup
from lrs_bridge.xapi.statements import service as statements
from tests.support.environment import settings_for
from tests.support.live import LiveServer
from tests.support.lrs import new_key
from tests.support.statements import statement

TENANT = "demo"
SECRET = "secret"
LOOPBACK = "127.0.0.0/8"


def new_id() -> str:
    return str(uuid.uuid4())


def number_by_the_clock() -> None:
    """Lets the next statement be numbered as of now, though a site whose clock is ahead numbered others in this process."""
    statements._sequence.cache_clear()


class Site:
    """One installation: its parts, on a clock that can be set ahead. What it stores is visible to relays at once."""

    def __init__(self, database_url, tmp_path, *, tenant=TENANT, **settings) -> None:
        self.tenant = tenant
        self.ahead = timedelta(seconds=2)
        built = build_parts(settings_for(database_url, tmp_path, **({"ALLOW_PRIVATE_NETWORKS": LOOPBACK} | settings)))
        self.parts = replace(built, clock=lambda: datetime.now(UTC) + self.ahead)
        self.engine = built.engine
        transact(self.engine, lambda s: people.add_tenant(s, tenant, name="Demo", kind="trust", language="nb"))
        _key, _secret = transact(self.engine, self._make_key)
        self.credential = read(self.engine, lambda s: credentials.list_credentials(s, tenant))[0]

    def _make_key(self, session):
        return credentials.create_credential(session, tenant=self.tenant, name="Kilden", scopes=["all"], now=datetime.now(UTC))

    def close(self) -> None:
        self.engine.dispose()

    def store(self, *values, at=None) -> list[str]:
        """Stores the statements, each in its turn, by the clock, or by one that says ``at``, and gives their ids."""
        number_by_the_clock()

        values = [value if "id" in value else value | {"id": new_id()} for value in values]
        for start in range(0, len(values), 100):
            batch = parse_statements(dumps(values[start : start + 100]), max_bytes=10**6)
            more = {"credential": self.credential, "home_page": "https://here.example.no"}
            now = at or datetime.now(UTC)
            sink = self.parts.completion_sink
            transact(self.engine, lambda s: statements.store_statements(s, batch, now=now, sink=sink, **more))  # noqa: B023
        return [value["id"] for value in values]

    def add(self, direction, endpoint, *, start="beginning", key="key", secret=SECRET, **setup):
        lists = {name: setup.pop(name) for name in ("verbs", "activities", "actors", "profiles") if name in setup}
        given = {"name": "Andre siden", "version": "1.0.3", "assigned": True, "stall_minutes": "15"} | setup
        made = parse_setup(endpoint=endpoint, key=key, secret=secret, filter=parse_filter(lists), **given)
        master_key = self.parts.settings.master_key
        more = {"start": start, "master_key": master_key, "by": "system", "now": datetime.now(UTC)}
        return transact(self.engine, lambda s: service.add_relay(s, self.tenant, direction, made, **more))

    def forward_to(self, endpoint, **more):
        return self.add(Direction.FORWARDING, endpoint, **more)

    def pull_from(self, endpoint, **more):
        return self.add(Direction.PULL, endpoint, **more)

    def round(self) -> int:
        """One round of all relays; how much went wrong."""
        return relays.run_all(self.parts, "worker")

    def change(self, act, relay, *more):
        """An administrator's act."""
        now = datetime.now(UTC)
        return transact(self.engine, lambda s: act(s, self.tenant, relay.relay_id, *more, by="system", now=now))

    def standing(self, relay):
        def work(session):
            return service.standing(session, service.get_relay(session, self.tenant, relay.relay_id), self.parts.clock())

        return read(self.engine, work)

    def letters(self, relay):
        return read(self.engine, lambda s: service.dead_letters(s, relay))

    def payloads(self) -> dict[str, str]:
        """Every stored statement's JSON by its id."""

        with self.engine.connect() as session:
            rows = session.execute(text("select statement_id, payload from statement order by seq")).all()
        return {str(uuid.UUID(str(row[0]))): row[1] for row in rows}


@contextmanager
def twin_installation(template, folder):
    """A second installation, a copy of the template in a new folder, served as users run it.

    It has a ``site`` to fill it by, and a ``key`` and ``secret`` that may do everything.
    """
    folder.mkdir()
    copy(template, folder / "lrs.sqlite3")
    server = LiveServer(f"sqlite:///{folder}/lrs.sqlite3", folder, workers=1)
    server.start()
    site = server.site = Site(server.database_url, folder)
    try:
        server.key, server.secret = new_key(site.engine, name="Naboen")
        yield server
    finally:
        site.close()
        server.stop()


def many(count, **changes):
    return [statement(id=new_id(), **changes) for _ in range(count)]
