"""Exports that hold everything once, and imports that come to the same whenever they are cut short, on both databases."""

import gzip
import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import orjson
import pytest
from sqlalchemy import select

from lrs_bridge.db import metadata
from lrs_bridge.errors import Conflict, Forbidden, Invalid
from lrs_bridge.plans.record import State
from lrs_bridge.xapi.attachments import service as attachments
from lrs_bridge.xapi.attachments import store as attachment_store
from lrs_bridge.xapi.attachments.store import Kept
from lrs_bridge.xapi.credentials.credential import Scope
from lrs_bridge.xapi.retention import service as retention
from lrs_bridge.xapi.statements import service as statements
from lrs_bridge.xapi.statements.log import store as log
from lrs_bridge.xapi.statements.query import parse_query
from lrs_bridge.xapi.transfer import service as transfer
from lrs_bridge.xapi.transfer.incoming import Fate
from tests.support.custody import EXPERIENCED, HOME, LMS, open_custody
from tests.support.plans import HYGIENE_IRI, START, TENANT
from tests.support.statements import COURSE, KARI, OLA, full_statement, statement, voiding

DAY = timedelta(days=1)
ATTACHED = full_statement()["attachments"][0]
OLD_LRS = {"objectType": "Agent", "name": "Old", "account": {"homePage": "https://old.example.no", "name": "x"}}


@pytest.fixture
def custody(engine):
    return open_custody(engine)


def exported(custody, *, voided=False, tenant=TENANT, **parameters) -> list[dict]:
    query = parse_query(parameters, tenant)
    pages = list(transfer.export_statements(custody.read, tenant, query, voided=voided))
    shares = [page.share for page in pages]
    assert shares == sorted(shares)
    assert all(0 <= share <= 1 for share in shares)
    return [orjson.loads(one.payload) for page in pages for one in page.statements]


def ids(values) -> list[UUID]:
    return [UUID(each["id"]) for each in values]


# Out


def test_exports_every_statement_once_in_order_when_there_are_pages_of_them(custody, monkeypatch):
    monkeypatch.setattr(transfer, "PAGE", 10)
    sent = custody.sends_many(95)
    assert ids(exported(custody, ascending="true")) == sent
    assert ids(exported(custody)) == sent[::-1]


@pytest.mark.parametrize("order", [{}, {"ascending": "true"}])
def test_ends_a_page_when_its_statements_are_large(custody, monkeypatch, order):
    monkeypatch.setattr(log, "MOST_BYTES", 5000)
    sent = custody.sends(*(statement(result={"response": "x" * 1800}) for _ in range(10)))
    pages = list(transfer.export_statements(custody.read, TENANT, parse_query(order, TENANT), voided=False))
    assert [len(page.statements) for page in pages] == [3, 3, 3, 1]
    found = [orjson.loads(one.payload) for page in pages for one in page.statements]
    assert ids(found) == (sent if order else sent[::-1])


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 20])
def test_exports_everything_when_a_page_ends_just_there(custody, monkeypatch, count):
    monkeypatch.setattr(transfer, "PAGE", 10)
    sent = custody.sends_many(count)
    for filters in ({}, {"activity": COURSE}):
        assert ids(exported(custody, ascending="true", **filters)) == sent
        assert ids(exported(custody, **filters)) == sent[::-1]


def test_exports_what_the_api_would_give_when_filters_are_set(custody, monkeypatch):
    monkeypatch.setattr(transfer, "PAGE", 3)
    for n in range(10):
        custody.sends(statement(verb={"id": EXPERIENCED}), statement(actor=OLA), at=START + n * DAY)
    [pointed] = custody.sends(statement(actor=OLA, verb={"id": EXPERIENCED}), at=START + 20 * DAY)
    custody.sends(statement(object={"objectType": "StatementRef", "id": str(pointed)}), at=START + 21 * DAY)
    custody.sends(statement(actor=OLA, context={"instructor": KARI}), at=START + 22 * DAY)
    for filters in (
        {"verb": EXPERIENCED},
        {"agent": json.dumps(KARI)},
        {"agent": json.dumps(KARI), "related_agents": "true"},
        {"activity": COURSE, "since": (START + 3 * DAY).isoformat(), "until": (START + 7 * DAY).isoformat()},
        {"since": (START + 3 * DAY).isoformat()},
        {"registration": str(uuid4())},
    ):
        for order in ({}, {"ascending": "true"}):
            query = parse_query(filters | order | {"limit": "500"}, TENANT)
            page = custody.read(lambda s, query=query: statements.query_statements(s, LMS, query))
            assert exported(custody, **filters, **order) == [orjson.loads(each) for each in page.payloads], filters


def test_exports_what_was_voided_only_when_asked_for(custody):
    kept = custody.sends(statement())
    [gone] = custody.sends(statement(), at=START + DAY)
    [taking_back] = custody.sends(voiding(str(gone)), at=START + 2 * DAY)
    assert set(ids(exported(custody))) == {*kept, taking_back}
    assert set(ids(exported(custody, voided=True))) == {*kept, gone, taking_back}
    assert ids(exported(custody, voided=True, activity=COURSE, ascending="true")) == [*kept, gone, taking_back]
    pages = transfer.export_statements(custody.read, TENANT, parse_query({"activity": COURSE}, TENANT), voided=True)
    assert [UUID(orjson.loads(one.payload)["id"]) for page in pages for one in page.statements if one.voided] == [gone]


def test_leaves_out_what_comes_while_it_runs(custody, monkeypatch):
    monkeypatch.setattr(transfer, "PAGE", 2)
    sent = custody.sends_many(5)
    pages = transfer.export_statements(custody.read, TENANT, parse_query({"ascending": "true"}, TENANT), voided=False)
    first = next(pages)
    custody.sends_many(3, at=START + DAY)
    assert len(first.statements) + sum(len(page.statements) for page in pages) == len(sent)


def test_exports_no_other_tenants_statements(engine, custody):
    open_custody(engine, tenant="other")
    custody.sends(statement())
    assert exported(custody, tenant="other") == []


def test_copies_attachments_once_beside_the_export(custody, tmp_path):
    first, second = custody.sends(*(statement(attachments=[ATTACHED]) for _ in range(2)))
    content, gone = hashlib.sha256(b"bevis"), hashlib.sha256(b"borte")
    path = tmp_path / "files" / "attachments" / TENANT / content.hexdigest()[:2] / content.hexdigest()
    path.parent.mkdir(parents=True)
    path.write_bytes(b"bevis")
    kept = [Kept(one, "s", "text/plain", content.digest(), 5) for one in (first, second)]
    kept.append(Kept(second, "g", "text/plain", gone.digest(), 5))
    custody.write(lambda s: attachment_store.insert(s, TENANT, kept, now=START))
    contents = transfer.Contents(tmp_path / "files", tmp_path / "out")
    for _ in range(2):
        for page in transfer.export_statements(custody.read, TENANT, parse_query({}, TENANT), voided=False):
            transfer.copy_attachments(custody.read, TENANT, page.statements, contents)
    assert [each.name for each in (tmp_path / "out").iterdir()] == [content.hexdigest()]
    assert (tmp_path / "out" / content.hexdigest()).read_bytes() == b"bevis"
    assert (contents.copied, contents.missing) == ({content.hexdigest()}, {gone.hexdigest()})


# In


@pytest.fixture
def file(tmp_path):
    def write(values, name="export.ndjson", form="ndjson"):
        path = tmp_path / name
        parts = [value if isinstance(value, bytes) else orjson.dumps(value) for value in values]
        content = {
            "ndjson": lambda: b"\n".join(parts) + b"\n",
            "array": lambda: b"[" + b",\n".join(parts) + b"]",
            "pages": lambda: (
                b'{"statements":[' + b",".join(parts[:1]) + b'],"more":"/x"}'
                b'{"statements":[' + b",".join(parts[1:]) + b'],"more":""}'
            ),
        }[form]()
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
        return path

    return write


def imports(custody, path, **more):
    told = []
    options = {name: more.pop(name) for name in ("dry_run", "again") if name in more}
    work = transfer.Import(
        read=more.pop("read", custody.read),
        write=more.pop("write", custody.write),
        credential=more.pop("credential", LMS),
        home_page=HOME,
        sink=custody.sink,
        clock=lambda: START + 30 * DAY,
        max_bytes=1 << 20,
        told=told.append,
        **more,
    )
    return transfer.import_statements(work, path, TENANT, **options), told


def some(count, **changes):
    return [statement(id=str(uuid4()), **changes) for _ in range(count)]


@pytest.mark.parametrize("form", ["ndjson", "array", "pages"])
@pytest.mark.parametrize("name", ["x.json", "x.json.gz"])
def test_stores_every_statement_of_a_file(custody, file, form, name):
    values = some(450)
    result, told = imports(custody, file(values, name, form))
    assert (result.fates, told) == ({Fate.STORED: 450}, [])
    assert ids(exported(custody, ascending="true")) == ids(values)


def test_comes_to_the_same_store_when_its_own_export_is_imported(custody, file):
    custody.sends_many(5)
    [gone] = custody.sends(statement(), at=START + DAY)
    custody.sends(voiding(str(gone)), at=START + 2 * DAY)
    before = exported(custody, voided=True)
    result, _ = imports(custody, file(before))
    assert result.fates == {Fate.PRESENT: 7}
    other = open_custody(custody.engine, tenant="other")
    key = replace(LMS, tenant="other", key="other.lms")
    work = transfer.Import(other.read, other.write, key, HOME, other.sink, lambda: START + 40 * DAY, 1 << 20)
    assert transfer.import_statements(work, file(before), "other").fates == {Fate.STORED: 7}
    again = {each["id"]: each for each in exported(other, voided=True, tenant="other")}
    assigned = ("stored", "authority")
    for each in before:
        assert {k: v for k, v in again[each["id"]].items() if k not in assigned} == {
            k: v for k, v in each.items() if k not in assigned
        }
    assert len(exported(other, tenant="other")) == 6


def test_makes_completions_and_records_as_at_the_door(custody, file):
    result, _ = imports(custody, file(some(1, object={"id": HYGIENE_IRI})))
    assert result.completions == 1
    assert custody.ward.record(custody.ward.hygiene).state is State.SIGNED


def test_leaves_out_what_breaks_a_rule_and_says_where_it_stands(custody, file):
    present, conflicting = some(2)
    custody.sends(present, conflicting)
    values = [
        present,
        conflicting | {"verb": {"id": EXPERIENCED}},
        statement(verb={"id": "completed"}, id=str(uuid4())),
        b'{"actor":',
        *(twice := some(1)),
        twice[0],
        twice[0] | {"actor": OLA},
        *some(1),
    ]
    dry, foretold = imports(custody, file(values), dry_run=True)
    assert len(custody.stored()) == 2
    result, told = imports(custody, file(values))
    expected = {Fate.PRESENT: 2, Fate.CONFLICTING: 2, Fate.INVALID: 2, Fate.STORED: 2}
    assert result.fates == dry.fates == expected
    assert result.refused == 4
    assert told == foretold
    assert [(each.line, each.number, each.fate, each.field) for each in told] == [
        (2, 2, Fate.CONFLICTING, "id"),
        (3, 3, Fate.INVALID, "verb.id"),
        (4, 4, Fate.INVALID, told[2].field),
        (7, 7, Fate.CONFLICTING, "id"),
    ]
    assert all(each.rule for each in told)
    assert len(custody.stored()) == 4


def test_leaves_out_one_statement_when_only_storing_tells_that_it_breaks_a_rule(custody, file):
    [gone] = custody.sends(statement())
    [taking_back] = custody.sends(voiding(str(gone)), at=START + DAY)
    values = [*some(2), voiding(str(taking_back), id=str(uuid4())), *some(2)]
    result, told = imports(custody, file(values))
    assert result.fates == {Fate.STORED: 4, Fate.INVALID: 1}
    assert [(each.line, each.rule) for each in told] == [(3, "xAPI 1.0.3 Data 2.3.2")]


def test_keeps_who_vouched_when_asked_to(custody, file):
    values = [*some(2, authority=OLD_LRS), *some(1)]
    imports(custody, file(values), keep_authority=True)
    found = {each["id"]: each["authority"]["name"] for each in exported(custody)}
    assert [found[each["id"]] for each in values] == ["Old", "Old", LMS.name]
    by_old = exported(custody, agent=json.dumps(OLD_LRS), related_agents="true")
    assert len(by_old) == 2
    assert imports(custody, file(values, "again.ndjson"), again=True)[0].fates == {Fate.PRESENT: 3}


def test_sets_who_vouches_when_not_asked_to_keep_it(custody, file):
    imports(custody, file(some(1, authority=OLD_LRS)))
    assert [each["authority"]["name"] for each in exported(custody)] == [LMS.name]


def test_keeps_the_time_at_which_the_other_lrs_stored_when_a_statement_tells_no_other(custody, file):
    imports(custody, file(some(1, stored="2020-01-02T03:04:05Z")))
    assert [each["timestamp"] for each in exported(custody)] == ["2020-01-02T03:04:05Z"]


class CutShortError(Exception):
    pass


def test_goes_on_where_it_was_when_it_was_cut_short(custody, file):
    values = [statement() for _ in range(450)]  # without ids: a second time they would be others
    path = file(values)
    calls = []

    def write(work):
        calls.append(1)
        if len(calls) == 4:  # begun, two batches
            raise CutShortError
        return custody.write(work)

    with pytest.raises(CutShortError):
        imports(custody, path, write=write)
    assert len(custody.stored()) == 400
    result, _ = imports(custody, path)
    assert (result.skipped, result.fates) == (400, {Fate.STORED: 50})
    assert len(custody.stored()) == 450
    row = custody.read(lambda s: s.execute(select(metadata.tables["statement_import"])).one())
    assert (row.dealt_with, row.stored, row.refused, row.ended_at) == (450, 450, 0, START + 30 * DAY)


def test_stores_a_few_statements_at_a_time_when_they_are_large(custody, file, monkeypatch):
    monkeypatch.setattr(transfer, "BATCH_BYTES", 5000)
    path = file(some(10, result={"response": "x" * 1800}))
    stored = []

    def write(work):
        done = custody.write(work)
        stored.append(len(custody.stored()))
        return done

    result, _ = imports(custody, path, write=write)
    assert result.fates == {Fate.STORED: 10}
    assert stored == [0, 3, 6, 9, 10, 10]  # begun, four batches, ended


def attached(content, algorithm="sha256", **changes):
    sha2 = hashlib.new(algorithm, content).hexdigest()
    own = {name: item for name, item in ATTACHED.items() if name != "fileUrl"} | {"sha2": sha2, "length": len(content)}
    return statement(id=str(uuid4()), attachments=[own | changes])


@pytest.fixture
def folder(tmp_path):
    """Contents as an export leaves them."""
    folder = tmp_path / "contents"
    folder.mkdir()
    for content in (b"bevis", b"attest"):
        (folder / hashlib.sha256(content).hexdigest()).write_bytes(content)
    return folder


def test_brings_the_contents_of_attachments_along_when_they_are_in_a_folder(custody, file, folder, tmp_path):
    values = [attached(b"bevis"), attached(b"attest", "sha512"), attached(b"bevis", "sha384"), statement(id=str(uuid4()))]
    contents = transfer.Contents(tmp_path / "files", folder)
    result, told = imports(custody, file(values), contents=contents)
    assert (result.fates, told) == ({Fate.STORED: 4}, [])
    kept = custody.read(lambda s: attachments.of(s, TENANT, ids(values)))
    found = [b"".join(attachments.pieces(tmp_path / "files", TENANT, one)) for one in kept]
    assert (found, [one.statement_id for one in kept]) == ([b"bevis", b"attest", b"bevis"], ids(values)[:3])
    again = transfer.Contents(tmp_path / "files", tmp_path / "out")
    for page in transfer.export_statements(custody.read, TENANT, parse_query({}, TENANT), voided=False):
        transfer.copy_attachments(custody.read, TENANT, page.statements, again)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {path.name for path in folder.iterdir()}


def test_refuses_a_statement_alone_when_the_content_of_its_attachment_is_not_there(custody, file, folder, tmp_path):
    (folder / hashlib.sha256(b"bevis").hexdigest()).write_bytes(b"another")
    elsewhere = attached(b"gone", fileUrl="https://example.no/bevis.pdf")
    values = [attached(b"attest"), attached(b"bevis"), attached(b"gone"), elsewhere]
    contents = transfer.Contents(tmp_path / "files", folder)
    result, told = imports(custody, file(values), contents=contents)
    assert result.fates == {Fate.STORED: 2, Fate.INVALID: 2}
    assert [(one.number, one.id) for one in told] == [(2, ids(values)[1]), (3, ids(values)[2])]
    assert told[1].field == "attachments[0].fileUrl"
    assert custody.stored() == {ids(values)[0], ids(values)[3]}
    left = [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
    assert [path.name for path in left] == [hashlib.sha256(b"attest").hexdigest()]


def test_leaves_no_content_behind_when_it_only_looks(custody, file, folder, tmp_path):
    contents = transfer.Contents(tmp_path / "files", folder)
    path = file([attached(b"bevis"), attached(b"gone")])
    result, _ = imports(custody, path, contents=contents, dry_run=True)
    assert result.fates == {Fate.STORED: 1, Fate.INVALID: 1}
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == []


def test_stores_after_all_that_is_there_when_the_clock_was_set_back(custody, file):
    earlier = custody.sends(statement(), at=START + 300 * DAY)
    statements._sequence.cache_clear()  # as a process that starts now
    values = some(2)
    imports(custody, file(values))
    assert ids(exported(custody, ascending="true")) == [*earlier, *ids(values)]


def test_leaves_a_file_alone_when_it_was_imported_to_its_end(custody, file):
    path = file([statement() for _ in range(3)])
    imports(custody, path)
    result, _ = imports(custody, path)
    assert (result.finished_at, result.fates) == (START + 30 * DAY, {})
    assert len(custody.stored()) == 3
    imports(custody, path, again=True)
    assert len(custody.stored()) == 6


def test_says_so_when_another_run_is_at_the_same_file(custody, file):
    path = file(some(250))

    def write(work):
        done = custody.write(work)
        if len(custody.stored()) == 200:
            imports(custody, path, again=True)
        return done

    with pytest.raises(Conflict, match="another run"):
        imports(custody, path, write=write)
    assert len(custody.stored()) == 250


def test_says_that_a_file_is_not_whole_and_keeps_what_came_before(custody, file):
    packed = file(some(300), "x.gz")
    packed.write_bytes(packed.read_bytes()[:-20])
    with pytest.raises(Invalid, match="not whole"):
        imports(custody, packed)
    cut = file([*some(3), b'{"actor"'], form="array")
    cut.write_bytes(cut.read_bytes().removesuffix(b"]"))
    with pytest.raises(Invalid, match="not whole"):
        imports(custody, cut)
    assert custody.read(lambda s: s.scalars(select(metadata.tables["statement_import"].c.ended_at)).all()) == [None, None]


def test_does_not_take_back_what_was_erased_here(custody, file):
    [gone, *others] = some(3, verb={"id": EXPERIENCED})
    custody.sends(gone)
    custody.erases(retention.rule_of_agent(json.dumps(KARI), actor="operator"))
    retention._NEVER_ERASED.clear()
    result, told = imports(custody, file([gone, *others]))
    assert result.fates == {Fate.ERASED: 1, Fate.STORED: 2}
    assert "erased here" in told[0].message


def test_refuses_a_key_that_may_not_store(custody, file):
    with pytest.raises(Forbidden):
        imports(custody, file(some(1)), credential=replace(LMS, scopes=frozenset({Scope.READ})))
    with pytest.raises(Invalid):
        imports(custody, file(some(1)), credential=replace(LMS, tenant="other"))
