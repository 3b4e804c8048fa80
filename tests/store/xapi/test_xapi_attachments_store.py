"""Contents on disk and the rows that name them: together or not at all."""

import io
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import UUID, uuid4

import orjson
import pytest

from lrs_bridge.db import read, transact
from lrs_bridge.errors import Invalid, LrsBridgeError, NotFound, Unavailable
from lrs_bridge.files import store as disk
from lrs_bridge.xapi.attachments import service
from lrs_bridge.xapi.attachments.report import State
from lrs_bridge.xapi.attachments.signature import MAX_SIGNATURE_BYTES
from lrs_bridge.xapi.credentials.credential import Credential, Scope
from lrs_bridge.xapi.model.statement import parse_statements
from lrs_bridge.xapi.statements import service as statements
from tests.support.parts import MIXED, attachment, body, digest, part
from tests.support.signed import AT, YEAR, authorities, chain, jws, pem, signature_attachment, signer
from tests.support.statements import OTHER_ID, STATEMENT_ID, statement

TEXT, OTHER = b"here is a simple attachment", b"another"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ID, OTHER_UUID = UUID(STATEMENT_ID), UUID(OTHER_ID)
LMS = Credential("demo", "k", "LMS", frozenset({Scope.ALL}), NOW)


class Silent:
    """A completion sink that takes everything and says nothing."""

    def receive(self, session, completions, *, now):
        pass

    def retract(self, session, retractions, *, now):
        pass


class Store:
    """One tenant's attachments."""

    def __init__(self, engine, data_dir, tenant="demo"):
        self.engine, self.data_dir, self.tenant = engine, data_dir, tenant
        self.folder = data_dir / "attachments" / tenant

    def receive(self, value, *parts, read=io.BytesIO):
        return service.receive(
            read(body(value, *parts)),
            MIXED,
            data_dir=self.data_dir,
            tenant=self.tenant,
            parse=lambda text: parse_statements(text, max_bytes=10**6, contents_follow=True),
            max_statements_bytes=10**6,
        )

    def keep(self, session, received, *, new=None):
        ids = [one.id for one in received.statements]
        service.keep(session, self.tenant, received, ids=ids, new=ids if new is None else new, now=NOW)

    def put(self, *contents, id=STATEMENT_ID):
        with self.receive(named(*contents, id=id), *map(part, contents)) as received:
            transact(self.engine, lambda session: self.keep(session, received))

    def of(self, *ids):
        return read(self.engine, lambda session: service.of(session, self.tenant, ids))

    def content(self, one):
        return b"".join(service.pieces(self.data_dir, self.tenant, one))

    def forget(self, *ids):
        return transact(self.engine, lambda session: service.forget(session, self.tenant, ids))

    def sweep(self, now):
        return service.sweep(partial(transact, self.engine), self.tenant, data_dir=self.data_dir, now=now)

    def files(self):
        return {path.name for path in self.folder.rglob("*") if path.is_file()}


def named(*contents, id=STATEMENT_ID, **changes):
    return statement(id=id, attachments=[attachment(content) for content in contents], **changes)


def later():
    """When files of now are old enough to go."""
    return datetime.now(UTC) + service.SWEEP_AGE + timedelta(seconds=1)


@pytest.fixture
def store(engine, tmp_path):
    return Store(engine, tmp_path / "data")


def test_finds_what_each_statement_has_when_some_share_it(store):
    store.put(TEXT, OTHER)
    store.put(TEXT, id=OTHER_ID)
    found = store.of(OTHER_UUID, ID, uuid4())
    assert [(one.statement_id, store.content(one)) for one in found if one.statement_id == OTHER_UUID] == [(OTHER_UUID, TEXT)]
    assert found[0].statement_id == OTHER_UUID
    assert {store.content(one) for one in found[1:]} == {TEXT, OTHER}
    assert {(one.length, one.content_type) for one in found} == {(len(TEXT), "text/plain"), (len(OTHER), "text/plain")}
    assert store.files() == {digest(TEXT), digest(OTHER)}
    assert (store.folder / digest(TEXT)[:2] / digest(TEXT)).read_bytes() == TEXT


def test_keeps_tenants_apart_when_they_have_the_same_content(store, engine, tmp_path):
    other = Store(engine, store.data_dir, "fjordvik")
    store.put(TEXT)
    other.put(TEXT)
    assert len(other.of(ID)) == len(store.of(ID)) == 1
    assert other.forget(ID) == 1
    assert (len(store.of(ID)), other.of(ID)) == (1, [])
    assert other.sweep(later()) == 1
    assert store.files() == {digest(TEXT)}


def test_notes_each_name_when_a_statement_names_a_content_twice(store):
    total = digest(TEXT)
    twice = [attachment(TEXT), attachment(TEXT, display={"nb": "Igjen"}), attachment(TEXT, sha2=total.upper())]
    with store.receive(statement(id=STATEMENT_ID, attachments=twice), part(TEXT)) as received:
        transact(store.engine, lambda session: store.keep(session, received))
    assert [one.sha2 for one in store.of(ID)] == sorted({total, total.upper()})


def test_keeps_nothing_when_no_statement_is_new(store):
    with store.receive(named(TEXT), part(TEXT)) as received:
        transact(store.engine, lambda session: store.keep(session, received, new=[]))
    assert (store.of(ID), store.files()) == ([], set())


def test_leaves_nothing_in_the_database_when_the_transaction_fails(store):
    def fail(session):
        store.keep(session, received)
        raise LrsBridgeError("no")

    with store.receive(named(TEXT), part(TEXT)) as received, pytest.raises(LrsBridgeError):
        transact(store.engine, fail)
    assert store.of(ID) == []
    assert store.files() == {digest(TEXT)}  # a sweep removes it, but not as long as somebody may be about to name it
    assert store.sweep(datetime.now(UTC) + service.SWEEP_AGE - timedelta(minutes=1)) == 0
    assert store.sweep(later()) == 1
    assert store.files() == set()


def test_keeps_content_when_the_transaction_runs_again(store):
    with store.receive(named(TEXT), part(TEXT)) as received:
        with pytest.raises(LrsBridgeError):
            transact(store.engine, lambda session: (store.keep(session, received), fail()))
        transact(store.engine, lambda session: store.keep(session, received))
    assert [store.content(one) for one in store.of(ID)] == [TEXT]


def fail():
    raise LrsBridgeError("once")


def test_forgets_content_when_the_last_statement_with_it_is_forgotten(store):
    store.put(TEXT, OTHER)
    store.put(TEXT, id=OTHER_ID)
    assert store.forget(ID) == 1
    assert store.of(ID) == []
    assert [store.content(one) for one in store.of(OTHER_UUID)] == [TEXT]
    assert store.sweep(later()) == 1
    assert store.files() == {digest(TEXT)}
    assert store.forget(OTHER_UUID) == 1
    assert (store.forget(OTHER_UUID), store.sweep(later()), store.files()) == (0, 1, set())


def test_sweeps_what_a_killed_worker_left_and_nothing_that_is_not_its_own(store):
    store.put(TEXT)
    (store.folder / ".coming-abc").write_bytes(b"half")
    (store.folder / "README").write_text("of the operator's")
    assert store.sweep(datetime.now(UTC)) == 0
    assert store.sweep(later()) == 1
    assert store.files() == {digest(TEXT), "README"}
    assert [store.content(one) for one in store.of(ID)] == [TEXT]


def test_sweeps_nothing_when_nothing_ever_came(store):
    assert store.sweep(later()) == 0


def test_spares_an_old_file_when_it_is_named_again_before_the_sweep(store):
    store.put(TEXT)
    store.forget(ID)
    os.utime(store.folder / digest(TEXT)[:2] / digest(TEXT), (0, 0))
    store.put(TEXT, id=OTHER_ID)
    assert store.sweep(datetime.now(UTC)) == 0
    assert [store.content(one) for one in store.of(OTHER_UUID)] == [TEXT]


def test_spares_a_file_when_it_was_placed_anew_after_the_sweep_saw_it(store):
    """Its transaction was rolled back and is about to run again, without placing the file once more."""
    store.put(TEXT)
    store.forget(ID)
    os.utime(store.folder / digest(TEXT)[:2] / digest(TEXT), (0, 0))
    now = datetime.now(UTC)
    (seen,) = disk.old_files(store.folder, now - service.SWEEP_AGE)
    with store.receive(named(TEXT), part(TEXT)) as received:
        with pytest.raises(LrsBridgeError):
            transact(store.engine, lambda session: (store.keep(session, received), fail()))
        sweep = partial(service._sweep, tenant="demo", files=seen, before=now - service.SWEEP_AGE)
        assert transact(store.engine, sweep) == 0
        transact(store.engine, lambda session: store.keep(session, received))
    assert [store.content(one) for one in store.of(ID)] == [TEXT]


def put_at_last(store, id):
    """A client that comes again when told to."""
    while True:
        try:
            return store.put(TEXT, id=id)
        except Unavailable:
            continue


def test_never_loses_content_when_it_is_named_and_forgotten_at_once(store):
    """Each names the same content and forgets it again, over and over, while a sweep takes everything for old.

    So the sweep also takes what is still coming, which is answered with 503, and the client comes again.
    """
    ids = [UUID(int=number) for number in range(3)]

    def name_and_forget(own):
        for _ in range(6):
            put_at_last(store, str(own))
            assert [store.content(one) for one in store.of(own)] == [TEXT]
            store.forget(own)
        put_at_last(store, str(own))

    with ThreadPoolExecutor() as pool:
        under_way = [pool.submit(name_and_forget, own) for own in ids]
        while not all(one.done() for one in under_way):
            store.sweep(later())
        assert [one.result() for one in under_way] == [None] * 3
    assert [store.content(one) for one in store.of(*ids)] == [TEXT] * 3


def test_leaves_nothing_on_disk_when_the_body_breaks_off(store):
    class Breaking(io.BytesIO):
        def read(self, size=-1):
            if self.tell() > 100_000:
                raise ConnectionResetError
            return super().read(size)

    content = os.urandom(300_000)
    with pytest.raises(ConnectionResetError):
        store.receive(named(content), part(content), read=Breaking)
    assert store.files() == set()


def open_files():
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_holds_no_open_files_when_many_contents_come(store):
    many = [b"%d" % number for number in range(300)]
    before = open_files()
    with store.receive(named(*many), *map(part, many)):
        assert open_files() <= before + 2
        assert len(store.files()) == 300
    assert store.files() == set()


def test_says_unavailable_when_the_disk_fills_up_under_way(store, monkeypatch):
    """A device that is always full stands in for the disk, behind real writes."""
    made = []

    def full_file(prefix, dir):
        path = dir / f"{prefix}{len(made)}"
        path.symlink_to("/dev/full")
        made.append(path)
        return os.open(path, os.O_RDWR), str(path)

    monkeypatch.setattr(disk.tempfile, "mkstemp", full_file)
    for content in (TEXT, os.urandom(300_000)):
        with pytest.raises(Unavailable, match="No space left"):
            store.receive(named(content), part(content))
    assert len(made) == 2
    assert list(store.folder.iterdir()) == []


def test_tells_at_once_when_a_file_is_gone_or_cut(store):
    store.put(TEXT)
    (one,) = store.of(ID)
    path = store.folder / digest(TEXT)[:2] / digest(TEXT)
    path.write_bytes(TEXT[:-1])
    with pytest.raises(Unavailable):
        service.pieces(store.data_dir, "demo", one)
    path.unlink()
    with pytest.raises(Unavailable):
        service.pieces(store.data_dir, "demo", one)


def test_heals_a_damaged_file_when_the_same_content_comes_again(store):
    store.put(TEXT)
    (store.folder / digest(TEXT)[:2] / digest(TEXT)).write_bytes(b"damaged")
    store.put(TEXT, id=OTHER_ID)
    assert [store.content(one) for one in store.of(ID)] == [TEXT]


# --- signatures ------------------------------------------------------------------------------------------------------------

VALUE = statement(id=STATEMENT_ID, timestamp="2026-03-04T10:00:00Z")


def sign(**more):
    root, below = authorities()
    return jws(VALUE, x5c=chain(signer(), below, root), **more)


@pytest.fixture
def signed(store):
    """Stores VALUE with these signatures, and tells what they are worth."""

    def keep(*signatures):
        value = VALUE | {"attachments": [signature_attachment(one, digest(one)) for one in signatures]}
        parts = [part(one, Content_Type="application/octet-stream") for one in signatures]
        with store.receive(value, *parts) as received:
            transact(store.engine, lambda session: both(session, received))

    def both(session, received):
        statements.store_statements(
            session, received.statements, credential=LMS, home_page="https://lrs.example.no", now=NOW, sink=Silent()
        )
        store.keep(session, received)

    return keep


def report(store, *, trusted=None, id=ID, writer=None):
    trusted = authorities()[:1] if trusted is None else trusted
    return read(
        store.engine,
        lambda session: service.signature_report(
            session, "demo", id, data_dir=store.data_dir, trusted=trusted, now=AT + YEAR, writer=writer
        ),
    )


def test_reports_valid_when_everything_is_as_it_was_signed(store, signed):
    signed(sign())
    found = report(store)
    assert (found.state, found.reasons, found.checked_at) == (State.VALID, (), AT + YEAR)
    assert report(store, writer="k").state is State.VALID


def test_reports_the_least_when_there_are_several_signatures(store, signed):
    signed(sign(), jws(VALUE))
    assert report(store).state is State.UNTRUSTED


def test_reports_altered_when_the_file_is_gone_or_another(store, signed):
    signed(sign())
    (one,) = store.of(ID)
    path = store.folder / one.sha256.hex()[:2] / one.sha256.hex()
    path.write_bytes(jws(VALUE))
    assert report(store).state is State.ALTERED
    path.write_bytes(b"x" * (MAX_SIGNATURE_BYTES + 1))
    assert report(store).state is State.ALTERED
    path.unlink()
    assert report(store).state is State.ALTERED


def test_reports_untrusted_when_the_signature_never_came(store, signed):
    signed(sign())
    store.forget(ID)
    found = report(store)
    assert (found.state, found.signer) == (State.UNTRUSTED, None)


def test_reports_unsigned_or_nothing_when_there_is_no_signature_or_statement(store, signed):
    signed()
    assert report(store).state is State.UNSIGNED
    for more in ({"id": OTHER_UUID}, {"writer": "other"}):
        with pytest.raises(NotFound):
            report(store, **more)


def test_reads_the_trust_list_anew_when_it_changes(tmp_path):
    path = tmp_path / "trust.pem"
    path.write_bytes(pem(authorities()[0]))
    assert service.trusted(path) == authorities()[:1]
    path.write_bytes(pem(*authorities()))
    os.utime(path, (1, 1))
    assert service.trusted(path) == authorities()
    assert service.trusted(None) == ()
    path.unlink()
    with pytest.raises(Invalid):
        service.trusted(path)


def test_keeps_the_statement_as_stored_when_it_was_signed(store, signed):
    signed(sign())
    found = read(store.engine, lambda s: statements.evidence_bytes(s, "demo", "xapi", STATEMENT_ID))
    assert orjson.loads(found)["attachments"][0]["usageType"].endswith("/signature")
