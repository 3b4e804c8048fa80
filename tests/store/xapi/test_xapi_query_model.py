"""Random statements and random queries: the LRS answers as a naive one does that was written down from the specification."""

import json
from collections import Counter
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.lrs import basic, new_key
from tests.support.naive_lrs import NaiveLrs
from tests.support.random_lrs import IDS, batches, queries

TENANTS = count()
WRITE_AND_READ_OWN = ("statements/write", "statements/read/mine")
on_one_database = settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


class Both:
    """The LRS and the naive one, given the same; a new tenant of the same database each time, with the same ids as all others."""

    def __init__(self, app) -> None:
        self.client = app.test_client()
        engine = app.extensions["lrs_bridge"].engine
        tenant = f"model-{next(TENANTS)}"
        self.keys = [new_key(engine, tenant=tenant), new_key(engine, *WRITE_AND_READ_OWN, tenant=tenant)]
        self.naive = NaiveLrs(mighty=frozenset({self.keys[0][0]}))

    def call(self, method, path="/xapi/statements", *, writer=0, version="1.0.3", **more):
        headers = basic(*self.keys[writer]) | {"X-Experience-API-Version": version}
        return self.client.open(path, method=method, headers=headers, **more)

    def send(self, version, batch, writer):
        answer = self.call("POST", writer=writer, version=version, json=batch)
        refused = self.naive.refuses(batch, self.keys[writer][0])
        assert answer.status_code in ({400, 403} if refused else {200}), answer.text
        if not refused:
            self.naive.statements += [self._as_stored(one["id"]) for one in batch]

    def _as_stored(self, id):
        for name in ("statementId", "voidedStatementId"):
            answer = self.call("GET", query_string={name: id})
            if answer.status_code == 200:
                return answer.json
        raise AssertionError(f"{id} was accepted, but is not there")

    def first(self, parameters, reader=0):
        return self._page(self.call("GET", query_string=parameters, writer=reader))

    def next(self, more, reader=0):
        return self._page(self.call("GET", more, writer=reader))

    def _page(self, answer):
        assert answer.status_code == 200, answer.text
        return [one["id"] for one in answer.json["statements"]], answer.json["more"]

    def writer(self, reader):
        """Whose statements that reader may see."""
        return self.keys[reader][0] if reader else None


def see(both, parameters, reader, page, after=None):
    """Holds a page against the naive answer."""
    expected = both.naive.query(parameters, writer=both.writer(reader), after=after)
    assert page == expected, json.dumps([parameters, both.naive.statements], ensure_ascii=False)


@on_one_database
@given(st.data())
def test_answers_as_the_naive_lrs_when_statements_and_queries_are_random(app, data):
    both = Both(app)
    for version, batch in data.draw(batches()):
        both.send(version, batch, data.draw(st.integers(0, 1)))
    stored = [one["stored"] for one in both.naive.statements]
    assert stored == sorted(stored)
    for _ in range(16):
        parameters, reader = data.draw(queries(stored)), data.draw(st.integers(0, 1))
        page, more = both.first(parameters, reader)
        see(both, parameters, reader, page)
        given_out = page
        while more:
            page, more = both.next(more, reader)
            see(both, parameters, reader, page, after=given_out[-1])
            given_out = given_out + page
        assert given_out == both.naive.all(parameters, writer=both.writer(reader))


@on_one_database
@given(st.data())
def test_more_stays_stable_when_statements_arrive_between_pages(app, data):
    both = Both(app)
    early, late = data.draw(batches(ids=IDS[:10])), data.draw(batches(ids=IDS[10:]))
    for version, batch in early:
        both.send(version, batch, 0)
    parameters = data.draw(queries([one["stored"] for one in both.naive.statements])) | {"limit": "2"}
    expected = both.naive.all(parameters)
    given_out, more = both.first(parameters)
    see(both, parameters, 0, given_out)
    while more:
        if late:
            version, batch = late.pop(0)
            both.send(version, batch, 0)
        page, more = both.next(more)
        see(both, parameters, 0, page, after=given_out[-1])
        given_out = given_out + page
    assert [one for one, times in Counter(given_out).items() if times > 1] == []
    assert set(expected) - set(given_out) <= both.naive.voided()
