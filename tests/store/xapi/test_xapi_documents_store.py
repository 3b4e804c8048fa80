"""Documents stored, merged, listed, deleted and erased, on both databases."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Thread
from uuid import UUID

import pytest
from sqlalchemy import select, update

from lrs_bridge.db import read, transact
from lrs_bridge.errors import Conflict, Invalid, NotFound, PreconditionFailed, TooLarge
from lrs_bridge.xapi.documents import service, store
from lrs_bridge.xapi.documents.conditions import Blind, Condition
from lrs_bridge.xapi.documents.key import Context, Kind
from lrs_bridge.xapi.documents.tables import document

NOW = datetime(2026, 3, 4, 10, 0, 0, 123456, tzinfo=UTC)
ACTIVITY = "https://kurs.example.no/" + "smittevern/" * 500
KARI, OLA = "mbox mailto:kari@example.no", "account https://idp.example.no hpr-7654321"
FIRST, SECOND = UUID(int=1), UUID(int=2)
STATE = Context("demo", Kind.STATE, ACTIVITY, KARI)
AGENT_PROFILE = Context("demo", Kind.AGENT_PROFILE, agent=KARI)
ACTIVITY_PROFILE = Context("demo", Kind.ACTIVITY_PROFILE, activity=ACTIVITY)
CONTEXTS = [STATE, AGENT_PROFILE, ACTIVITY_PROFILE]
JSON = "application/json"
ALWAYS = Condition()


class Documents:
    def __init__(self, engine):
        self.engine = engine

    def put(self, key, content=b"x", content_type="text/plain", *, now=NOW, condition=ALWAYS):
        def work(session):
            return service.put_document(session, key, content, content_type, now=now, condition=condition)

        return transact(self.engine, work)

    def post(self, key, content, content_type=JSON, *, now=NOW, condition=ALWAYS, max_bytes=1000):
        def work(session):
            return service.post_document(session, key, content, content_type, now=now, condition=condition, max_bytes=max_bytes)

        return transact(self.engine, work)

    def get(self, key):
        return read(self.engine, lambda session: service.get_document(session, key))

    def ids(self, context, since=None):
        return read(self.engine, lambda session: service.find_ids(session, context, since))

    def delete(self, key, condition=ALWAYS):
        transact(self.engine, lambda session: service.delete_document(session, key, condition))

    def delete_all(self, context):
        return transact(self.engine, lambda session: service.delete_documents(session, context))

    def is_there(self, key):
        try:
            self.get(key)
        except NotFound:
            return False
        return True


@pytest.fixture
def documents(engine):
    return Documents(engine)


@pytest.mark.parametrize("context", CONTEXTS, ids=[context.kind for context in CONTEXTS])
def test_gives_the_very_bytes_back_when_a_document_was_put(documents, context):
    content = bytes(range(256)) * 3
    documents.put(context.key("bokmerke"), content, "image/png; x=y")
    found = documents.get(context.key("bokmerke"))
    assert (found.content, found.content_type, found.updated_at) == (content, "image/png; x=y", NOW)
    assert found.tag == hashlib.sha1(content, usedforsecurity=False).hexdigest()


def test_keeps_empty_documents_and_odd_ids(documents):
    for name in ("", " ", "a/b?c", "æøå 🦠", "x" * 5000, "'; drop table document; --"):
        documents.put(STATE.key(name), b"")
        assert documents.get(STATE.key(name)).content == b""
    assert len(documents.ids(STATE).ids) == 6


def test_finds_nothing_when_anything_in_the_key_differs(documents):
    documents.put(Context("demo", Kind.STATE, ACTIVITY, KARI, FIRST).key("a"))
    for other in (
        Context("nabo", Kind.STATE, ACTIVITY, KARI, FIRST).key("a"),
        Context("demo", Kind.STATE, ACTIVITY + "x", KARI, FIRST).key("a"),
        Context("demo", Kind.STATE, ACTIVITY, OLA, FIRST).key("a"),
        Context("demo", Kind.STATE, ACTIVITY, KARI, SECOND).key("a"),
        STATE.key("a"),
        Context("demo", Kind.STATE, ACTIVITY, KARI, FIRST).key("A"),
    ):
        assert not documents.is_there(other)
        documents.delete(other)
    assert documents.is_there(Context("demo", Kind.STATE, ACTIVITY, KARI, FIRST).key("a"))


def test_replaces_content_type_tag_and_time_when_put_again(documents):
    documents.put(STATE.key("a"), b"1", "text/plain")
    later = NOW + timedelta(seconds=1)
    documents.put(STATE.key("a"), b"2", JSON, now=later)
    found = documents.get(STATE.key("a"))
    assert (found.content, found.content_type, found.updated_at) == (b"2", JSON, later)
    assert documents.ids(STATE).ids == ("a",)


def test_never_goes_back_in_time_when_the_clock_was_set_back(documents):
    documents.put(STATE.key("a"), b"1")
    documents.put(STATE.key("a"), b"2", now=NOW - timedelta(hours=1))
    assert documents.get(STATE.key("a")).updated_at == NOW


def test_changes_nothing_when_a_condition_fails(documents):
    tag = documents.put(STATE.key("a"), b'{"a":1}', JSON).tag
    stale, never = Condition(if_match=frozenset({"0" * 40})), Condition(if_none_match=frozenset({"*"}))
    for condition in (stale, never):
        for work in (
            lambda condition=condition: documents.put(STATE.key("a"), b"{}", JSON, condition=condition),
            lambda condition=condition: documents.post(STATE.key("a"), b"{}", condition=condition),
            lambda condition=condition: documents.delete(STATE.key("a"), condition),
        ):
            with pytest.raises(PreconditionFailed):
                work()
    with pytest.raises(Conflict):
        documents.put(STATE.key("a"), b"{}", condition=Condition(blind=Blind.CREATES))
    assert documents.get(STATE.key("a")).tag == tag
    documents.delete(STATE.key("a"), Condition(if_match=frozenset({tag})))
    assert not documents.is_there(STATE.key("a"))
    with pytest.raises(Invalid):
        documents.put(STATE.key("a"), condition=Condition(blind=Blind.REFUSED))
    assert not documents.is_there(STATE.key("a"))


def test_merges_when_both_are_json_objects(documents):
    documents.post(STATE.key("a"), b'{"x": 1.0, "y": 2}')
    documents.post(STATE.key("a"), b'{"y": [3 ], "z": 4}', "application/json; charset=utf-8", now=NOW + timedelta(seconds=1))
    found = documents.get(STATE.key("a"))
    assert found.content == b'{"x":1.0,"y":[3 ],"z":4}'
    assert found.tag == hashlib.sha1(found.content, usedforsecurity=False).hexdigest()
    assert (found.content_type, found.updated_at) == ("application/json; charset=utf-8", NOW + timedelta(seconds=1))


@pytest.mark.parametrize(
    ("stored", "stored_type", "posted", "posted_type"),
    [
        (b"{}", JSON, b"{}", "text/plain"),
        (b"{}", "text/plain", b"{}", JSON),
        (b"[]", JSON, b"{}", JSON),
        (b"{", JSON, b"{}", JSON),
        (b"{}", JSON, b"[]", JSON),
        (b"{}", JSON, b'{"a":1}{', JSON),
    ],
)
def test_merges_nothing_when_either_is_no_json_object(documents, stored, stored_type, posted, posted_type):
    documents.put(STATE.key("a"), stored, stored_type)
    with pytest.raises(Invalid):
        documents.post(STATE.key("a"), posted, posted_type)
    assert documents.get(STATE.key("a")).content == stored


def test_stores_what_is_posted_where_nothing_was(documents):
    documents.post(STATE.key("a"), b' {"a": 1} ')
    documents.post(STATE.key("b"), b"abc", "text/plain")
    assert documents.get(STATE.key("a")).content == b' {"a": 1} '
    assert documents.get(STATE.key("b")).content == b"abc"
    with pytest.raises(Invalid):
        documents.post(STATE.key("c"), b"[1]")
    assert not documents.is_there(STATE.key("c"))


def test_refuses_a_merge_when_it_would_grow_beyond_the_limit(documents):
    documents.post(STATE.key("a"), b'{"a":"%s"}' % (b"x" * 600))
    with pytest.raises(TooLarge):
        documents.post(STATE.key("a"), b'{"b":"%s"}' % (b"x" * 600))
    assert len(documents.get(STATE.key("a")).content) < 1000


def test_lists_ids_that_changed_after_an_instant_the_latest_first(documents):
    for number in range(3):
        documents.put(STATE.key(str(number)), now=NOW + timedelta(seconds=number))
    assert documents.ids(STATE) == service.Ids(("2", "1", "0"), NOW + timedelta(seconds=2))
    assert documents.ids(STATE, NOW).ids == ("2", "1")
    assert documents.ids(STATE, NOW + timedelta(seconds=2)) == service.Ids((), None)
    assert documents.ids(STATE, NOW - timedelta(microseconds=1)).ids == ("2", "1", "0")
    documents.put(STATE.key("0"), now=NOW + timedelta(seconds=5))
    assert documents.ids(STATE, NOW).ids == ("0", "2", "1")


def test_lists_and_deletes_states_of_one_registration_or_of_all(documents):
    of = {registration: Context("demo", Kind.STATE, ACTIVITY, KARI, registration) for registration in (None, FIRST, SECOND)}
    for number, context in enumerate(of.values()):
        documents.put(context.key("felles"), now=NOW + timedelta(seconds=number))
        documents.put(context.key(str(number)))
    assert set(documents.ids(of[FIRST]).ids) == {"felles", "1"}
    assert set(documents.ids(of[None]).ids) == {"felles", "0", "1", "2"}
    assert documents.delete_all(of[FIRST]) == 2
    assert set(documents.ids(of[None]).ids) == {"felles", "0", "2"}
    assert documents.delete_all(of[None]) == 4
    assert documents.ids(of[None]).ids == ()


@pytest.mark.parametrize("context", CONTEXTS, ids=[context.kind for context in CONTEXTS])
def test_leaves_other_contexts_alone_when_it_lists_or_deletes(documents, context):
    others = [one for one in CONTEXTS if one != context] + [
        Context("nabo", context.kind, context.activity, context.agent),
        Context("demo", Kind.STATE, ACTIVITY + "x", KARI),
        Context("demo", Kind.STATE, ACTIVITY, OLA),
    ]
    for one in others:
        documents.put(one.key("annet"))
    documents.put(context.key("eget"))
    assert documents.ids(context).ids == ("eget",)
    assert documents.delete_all(context) == 1
    assert [documents.ids(one).ids for one in others] == [("annet",)] * len(others)


def test_confirms_the_context_when_two_share_a_number(documents, engine):
    documents.put(STATE.key("eget"))
    other = Context("demo", Kind.STATE, ACTIVITY, OLA)
    documents.put(other.key("annet"))
    with engine.begin() as session:
        session.execute(update(document).values(context_ref=STATE.ref(), agent_ref=STATE.agent_ref()))
    assert documents.ids(STATE).ids == ("eget",)
    assert transact(engine, lambda session: service.delete_documents_of_agent(session, "demo", [KARI])) == 1
    assert documents.delete_all(STATE) == 0
    assert documents.is_there(other.key("annet"))


def test_erases_all_documents_of_an_agent_and_no_others(documents, engine):
    upper = "mbox mailto:Kari@Example.no"
    kept = [ACTIVITY_PROFILE, Context("demo", Kind.AGENT_PROFILE, agent=OLA), Context("nabo", Kind.AGENT_PROFILE, agent=KARI)]
    gone = [STATE, AGENT_PROFILE, Context("demo", Kind.STATE, ACTIVITY, upper, FIRST)]
    for context in (*kept, *gone):
        documents.put(context.key("a"))
        documents.put(context.key("b"))
    assert read(engine, lambda session: service.count_documents_of_agent(session, "demo", [KARI])) == 6
    assert transact(engine, lambda session: service.delete_documents_of_agent(session, "demo", [KARI, KARI])) == 6
    assert read(engine, lambda session: service.count_documents_of_agent(session, "demo", [KARI, upper])) == 0
    assert [documents.ids(context).ids for context in kept] == [("a", "b")] * 3
    assert [documents.ids(context).ids for context in gone] == [()] * 3


def test_stays_erased_when_it_was_being_changed_meanwhile(documents, engine):
    documents.put(STATE.key("a"), b"old", "text/plain")
    erasure = Thread(target=lambda: transact(engine, lambda s: service.delete_documents_of_agent(s, "demo", [KARI])))
    with engine.begin() as session:
        old = store.find_document(session, STATE.key("a"), to_change=True)
        erasure.start()
        erasure.join(0.3)  # it waits for this transaction to end
        store.save_document(session, STATE.key("a"), replace(old, content=b"old and new"))
    erasure.join()
    assert not documents.is_there(STATE.key("a"))


def test_erases_more_documents_than_one_query_can_name(documents, engine):
    def work(session):
        for number in range(600):
            service.put_document(session, AGENT_PROFILE.key(str(number)), b"x", "text/plain", now=NOW, condition=ALWAYS)
        return service.delete_documents_of_agent(session, "demo", [KARI])

    assert transact(engine, work) == 600
    assert read(engine, lambda session: session.execute(select(document.c.digest)).all()) == []
