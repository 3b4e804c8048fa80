"""How PostgreSQL answers each filter of the API: along an index, and reading little more than the page."""

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID, uuid4

import orjson
import pytest
from sqlalchemy import text

from lrs_bridge.db import open_engine, read, transact
from lrs_bridge.xapi.credentials.credential import Credential, Scope
from lrs_bridge.xapi.model.statement import parse_statements
from lrs_bridge.xapi.statements import service
from lrs_bridge.xapi.statements.pages import store as pages
from lrs_bridge.xapi.statements.query import parse_query
from tests.support.databases import new_database
from tests.support.statements import COMPLETED, statement

TENANT = "demo"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LMS = Credential(TENANT, f"{TENANT}.lms", "LMS", frozenset({Scope.ALL}), NOW)
LIMIT = 25
LEARNERS, COURSES, VERBS = 200, 60, 6
ROUNDS = 24
GROUP = {"objectType": "Group", "name": "Vakt"}


class Silent:
    def receive(self, _session, completions, *, now):
        pass

    def retract(self, _session, retractions, *, now):
        pass


def learner(number):
    return {"mbox": f"mailto:lege{number}@example.no"}


def course(number):
    return {"id": f"https://kurs.example.no/{number}"}


def verb(number):
    return {"id": f"{COMPLETED}/{number}"}


def attempt(number):
    return str(UUID(int=number + 1))


def reported(number):
    """What a learning system reports, over and over: the same learners, courses and verbs, now and then in a group."""
    who, what = learner(number % LEARNERS), course(number % COURSES)
    context = {"registration": attempt(number // 8), "contextActivities": {"parent": [what]}, "instructor": learner(number % 7)}
    actor = who if number % 10 else GROUP | {"member": [who, learner(number % 5)]}
    return statement(id=str(uuid4()), actor=actor, verb=verb(number % VERBS), object={"id": f"{what['id']}/del"}, context=context)


def pointing_at(value):
    return statement(id=str(uuid4()), actor=learner(0), object={"objectType": "StatementRef", "id": value["id"]})


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    """A database with a few thousand statements of which PostgreSQL has made its statistics."""
    engine = open_engine(new_database("postgresql", tmp_path_factory.mktemp("plans")))
    for number in range(ROUNDS):
        values = [reported(number * LEARNERS + each) for each in range(LEARNERS)]
        values += [pointing_at(value) for value in values[:: LEARNERS // 10]]
        batch = parse_statements(orjson.dumps(values), max_bytes=1 << 22)
        more = {"credential": LMS, "home_page": "https://lrs.example.no", "sink": Silent()}
        at = NOW + timedelta(minutes=number)
        transact(engine, lambda s: service.store_statements(s, batch, now=at, **more))  # noqa: B023
    transact(engine, lambda s: s.execute(text("analyze")))
    yield engine
    engine.dispose()


RARE_LEARNER, RARE_COURSE = orjson.dumps(learner(153)).decode(), f"{course(17)['id']}/del"
FILTERS = {
    "nothing": {},
    "verb": {"verb": verb(3)["id"]},
    "agent": {"agent": RARE_LEARNER},
    "busy agent": {"agent": orjson.dumps(learner(0)).decode()},
    "activity": {"activity": RARE_COURSE},
    "registration": {"registration": attempt(100)},
    "agent and verb": {"agent": RARE_LEARNER, "verb": verb(0)["id"]},
    "agent and activity": {"agent": RARE_LEARNER, "activity": RARE_COURSE},
    "related agents": {"agent": RARE_LEARNER, "related_agents": "true"},
    "busy related agents": {"agent": orjson.dumps(learner(3)).decode(), "related_agents": "true"},
    "related activities": {"activity": course(17)["id"], "related_activities": "true"},
    "time": {"since": (NOW + timedelta(minutes=3)).isoformat(), "until": (NOW + timedelta(minutes=9)).isoformat()},
    "unknown agent": {"agent": '{"mbox": "mailto:ingen@example.no"}'},
}
MOST_READ = 16 * LIMIT
"""Rows of the statement table that one page may cost, whichever way leads to them; there are some thousands."""

ACTUAL = re.compile(r"^(?P<indent> *)(?:->  )?(?P<node>\w.*?) +\(actual time=\S+ rows=(?P<rows>[0-9.]+) loops=(?P<loops>\d+)\)")
REMOVED = re.compile(r"Rows Removed by (?:Filter|Index Recheck): (\d+)")


def nodes(plan):
    """Each step that was taken, in the plan's order, with all rows that it gave and those that it left out."""
    found = []
    for line in plan:
        step, left_out = ACTUAL.match(line), REMOVED.search(line)
        if step:
            loops = int(step["loops"])
            found.append({"node": step["node"], "rows": round(float(step["rows"]) * loops), "left_out": 0, "loops": loops})
        elif left_out and found:
            found[-1]["left_out"] += int(left_out[1]) * found[-1]["loops"]
    return found


@pytest.mark.parametrize("order", [{}, {"ascending": "true"}], ids=["newest first", "oldest first"])
@pytest.mark.parametrize("asked", FILTERS.values(), ids=FILTERS.keys())
def test_follows_an_index_to_little_more_than_the_page_when_statements_are_searched_for(engine, asked, order):
    query = parse_query({"limit": str(LIMIT), **asked, **order}, TENANT)
    plan = read(engine, lambda session: pages.explain_page(session, TENANT, query))
    steps, shown = nodes(plan), "\n".join(plan)
    assert steps, shown
    assert not [step for step in steps if re.search(r"Seq Scan on statement\b", step["node"])], shown
    sorted_ = [below["rows"] for step, below in pairwise(steps) if step["node"].endswith("Sort")]
    assert max(sorted_, default=0) <= LIMIT + 1, shown
    read_ = [step["rows"] + step["left_out"] for step in steps if re.search(r"Scan.* on statement\b", step["node"])]
    assert sum(read_) <= MOST_READ, shown
