"""The transparency log on both databases: it grows with the ledger, and whatever is done to either is found.

``doctor`` finds rows that were touched. Whoever holds an older checkpoint also finds what an operator does who has all keys and
makes everything anew, so that nothing is left to be found in the database.
"""

from datetime import timedelta
from uuid import uuid4

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import text

from lrs_bridge.db import metadata, read, transact
from lrs_bridge.errors import Invalid, NotFound, Unavailable
from lrs_bridge.signing import keys as signing_keys
from lrs_bridge.signing import ledger, service, store
from lrs_bridge.signing.attestation import parse_attestation
from lrs_bridge.signing.document import parse_document
from lrs_bridge.signing.examination import Aspect, Standing
from lrs_bridge.signing.ledger import Flaw
from lrs_bridge.signing.log import service as log
from lrs_bridge.signing.log import store as log_store
from lrs_bridge.signing.log.verification import verify_growth, verify_kept
from lrs_bridge.signing.verification import Step, VerificationFailed, verify_document
from tests.support.signing_world import MASTER_KEY, NOW, TENANT, URL, Statements, sign, sign_due, world

DAY = timedelta(days=1)
SOURCE = Statements()


def signed(engine, count=6):
    """A ledger with that many entries and as many checkpoints; the attestation ids."""
    records = world(engine, count)
    return [transact(engine, lambda session, each=each: sign(session, each)) for each in records]


def tell(engine):
    return [(each.code, each.message) for each in read(engine, lambda session: service.check_ledger(session, TENANT, SOURCE))]


def told_of_the_log(engine):
    return [message for code, message in tell(engine) if code is Flaw.LOG]


def known_keys(engine):
    return read(engine, service.known_keys)


def newest(engine):
    """The newest checkpoint, as anyone may keep it."""
    return read(engine, lambda session: log.latest(session, TENANT))


def file_of(engine, attestation_id):
    return read(engine, lambda session: service.download(session, attestation_id, SOURCE, reader=None, now=NOW))


def growth(engine, old, new=None):
    return msgspec.json.encode(read(engine, lambda session: log.prove_growth(session, TENANT, old, new)))


def alter(engine, *statements):
    """Does by SQL what nobody may do."""
    with engine.begin() as session:
        for sql in statements:
            assert session.execute(text(sql)).rowcount > 0


def test_has_each_entry_by_a_proof_and_a_checkpoint_of_each_signature(engine):
    made = signed(engine)
    for attestation_id in made:
        verdict = verify_document(file_of(engine, attestation_id), keys=known_keys(engine))
        assert (verdict.logged.size, verdict.logged.at, verdict.logged.origin) == (6, NOW, f"{URL}/logs/{TENANT}")
    kept = read(engine, lambda session: log_store.checkpoints(session, TENANT, first=1, last=9))
    assert [each.size for each in kept] == [1, 2, 3, 4, 5, 6]
    assert tell(engine) == []


def test_signs_one_checkpoint_for_a_batch(engine):
    records = world(engine, 5, state="done")
    transact(engine, lambda session: sign_due(session, records[:3]))
    transact(engine, lambda session: sign_due(session, records[3:]))
    assert read(engine, lambda s: [each.size for each in log_store.checkpoints(s, TENANT, first=1, last=9)]) == [3, 5]
    assert tell(engine) == []


def test_proves_that_it_only_grew_between_any_two_sizes(engine):
    made, kept = [], []
    for record_id in world(engine, 6):
        made.append(transact(engine, lambda session, each=record_id: sign(session, each)))
        kept.append(newest(engine))
    for old, checkpoint in enumerate(kept[:-1], start=1):
        verdict = verify_document(
            file_of(engine, made[2]), keys=known_keys(engine), checkpoint=checkpoint, consistency=growth(engine, old)
        )
        assert verdict.kept.size == old
    assert verify_kept(kept[3], keys=known_keys(engine)).size == 4
    for new in range(1, 7):
        assert (
            verify_growth(
                verify_kept(kept[0], keys=known_keys(engine)),
                verify_kept(kept[new - 1], keys=known_keys(engine)),
                growth(engine, 1, new),
            )
            is None
        )


def test_keeps_the_entries_of_a_transaction_that_failed_out_of_the_log(engine):
    records = world(engine, 2)
    transact(engine, lambda session: sign(session, records[0]))

    def fail(session):
        sign(session, records[1])
        raise Invalid("something else went wrong")

    with pytest.raises(Invalid):
        transact(engine, fail)
    assert read(engine, lambda session: log.extent(session, TENANT)).size == 1
    assert tell(engine) == []


def test_walks_a_log_of_several_pages(engine, monkeypatch):
    monkeypatch.setattr(log_store, "PAGE", 2)
    monkeypatch.setattr(store, "PAGE", 3)
    signed(engine)
    assert tell(engine) == []


SWAP = [
    "update {table} set {place} = 92 where {place} = 2",
    "update {table} set {place} = 2 where {place} = 3",
    "update {table} set {place} = 3 where {place} = 92",
]


def swapped(table, place):
    return [sql.format(table=table, place=place) for sql in SWAP]


@pytest.mark.parametrize(
    ("altering", "told"),
    [
        (["update attestation set payload_digest = previous, jws = 'x' where sequence = 2"], "has another entry 2"),
        (["delete from attestation where sequence = 2"], "entry 2 was removed from the ledger"),
        (["delete from attestation where sequence = 6"], "known from the audit log, the transparency log, a signed checkpoint"),
        (
            ["delete from attestation where sequence = 6", "delete from audit_event where action = 'attestation.issue'"],
            "known from the transparency log, a signed checkpoint",
        ),
        (
            [
                "delete from attestation where sequence > 5",
                "delete from audit_event where action = 'attestation.issue'",
                "delete from log_leaf where sequence > 5",
            ],
            "known from a signed checkpoint",
        ),
        (swapped("attestation", "sequence"), "has another entry 2"),
        (["update log_leaf set nodes = (select nodes from log_leaf where sequence = 1) where sequence = 3"], "another entry 3"),
        (
            ["update log_leaf set nodes = (select nodes from log_leaf where sequence = 2) where sequence = 4"],
            "the nodes at entry 4",
        ),
        (["delete from log_leaf where sequence = 2"], "entry 2 was removed from the transparency log"),
        (["delete from log_leaf where sequence = 6"], "entry 6 is not in the transparency log"),
        (swapped("log_leaf", "sequence"), "its first 2 entries are not those that were signed"),
        (["delete from log_checkpoint where size = 6"], "no signed checkpoint has the entries 6 to 6"),
        (["update log_checkpoint set jws = replace(jws, '.', '') where size = 4"], "the checkpoint of size 4 was altered"),
        (swapped("log_checkpoint", "size"), "the checkpoint of size 2 was altered: it was signed for 3 entries"),
        (
            ["update log_checkpoint set jws = (select jws from attestation where sequence = 4) where size = 4"],
            "of size 4 was altered",
        ),
    ],
    ids=[
        "entry altered",
        "entry removed",
        "last entry removed",
        "last entry and its trace removed",
        "all but the checkpoint removed",
        "entries swapped",
        "leaf altered",
        "nodes altered",
        "leaf removed",
        "last leaf removed",
        "leaves swapped",
        "last checkpoint removed",
        "checkpoint altered",
        "checkpoints swapped",
        "checkpoint replaced",
    ],
)
def test_finds_what_was_done_to_rows(engine, altering, told):
    signed(engine)
    alter(engine, *altering)
    assert told in " | ".join(message for _, message in tell(engine))


def test_finds_a_row_that_was_dated_back(engine):
    made = signed(engine)
    table = metadata.tables["attestation"]
    dated_back = table.update().where(table.c.sequence == 3).values(issued_at=NOW - 30 * DAY)
    transact(engine, lambda session: session.execute(dated_back))
    assert tell(engine) == [(Flaw.COLUMN, "its issued_at was altered: it is not what was signed")]
    assert verify_document(file_of(engine, made[2]), keys=known_keys(engine)).attestation.issued_at == NOW


def current_key(engine):
    stored = read(engine, lambda session: store.current_key(session, TENANT))
    return signing_keys.unseal(stored.sealed, master_key=MASTER_KEY, tenant=TENANT, kid=stored.kid), stored.kid


def rewritten(engine, change, *, at=NOW + DAY):
    """What an operator with all keys does: the ledger and its log anew, as if they had always been so."""
    key, kid = current_key(engine)
    entries = read(engine, lambda session: list(store.entries(session, TENANT, first=1)))
    made, head = [], ledger.EMPTY
    for stated in change([parse_attestation(entry.payload.encode()) for entry in entries]):
        moved = replace(stated, sequence=head.sequence + 1, previous=head.chain_hash)
        made.append(ledger.enter(moved, key=key, kid=kid))
        head = made[-1].head

    def work(session):
        for table in ("attestation", "log_leaf", "log_checkpoint"):
            session.execute(text(f"delete from {table}"))
        session.execute(text("delete from audit_event where action = 'attestation.issue'"))
        store.add_entries(session, made)
        digests = [entry.payload_digest for entry in made]
        log.extend(session, TENANT, digests, after=0, signer=log.Signer(key, URL, at))

    transact(engine, work)


def altered(entries):
    second = replace(entries[1], resident=replace(entries[1].resident, name="Noen Andre"))
    return [entries[0], second, *entries[2:]]


def backdated(entries):
    return [entries[0], replace(entries[1], issued_at=entries[1].issued_at - 30 * DAY), *entries[2:]]


def without_one(entries):
    return [entries[0], *entries[2:]]


def moved_to_the_front(entries):
    return [entries[4], *entries[:4], entries[5]]


def swapped_neighbours(entries):
    return [entries[0], entries[2], entries[1], *entries[3:]]


CHANGES = [altered, backdated, without_one, moved_to_the_front, swapped_neighbours]


def kept_after_four(engine):
    """Six entries, and the checkpoint that somebody kept when there were four; the attestation ids."""
    records = world(engine, 6)
    made = [transact(engine, lambda session, each=each: sign(session, each)) for each in records[:4]]
    kept = newest(engine)
    return kept, [*made, *(transact(engine, lambda session, each=each: sign(session, each)) for each in records[4:])]


@pytest.mark.parametrize("change", [altered, backdated, without_one, moved_to_the_front, swapped_neighbours])
def test_shows_a_rewritten_log_to_whoever_kept_a_checkpoint(engine, change):
    kept, made = kept_after_four(engine)
    given = {"keys": known_keys(engine), "checkpoint": kept}
    assert verify_document(file_of(engine, made[0]), consistency=growth(engine, 4), **given).kept.size == 4
    rewritten(engine, change)
    assert told_of_the_log(engine) == []  # nothing is left to be found here
    with pytest.raises(VerificationFailed, match="the log was rewritten") as caught:
        verify_document(file_of(engine, made[0]), consistency=growth(engine, 4), **given)
    assert caught.value.step is Step.CONSISTENCY


@pytest.mark.parametrize("at", [NOW + DAY, NOW], ids=["dated truly", "dated as the one before"])
def test_shows_a_log_whose_end_was_cut_off_to_whoever_kept_a_checkpoint(engine, at):
    made = signed(engine, 4)
    kept = newest(engine)
    rewritten(engine, lambda entries: entries[:-1], at=at)
    with pytest.raises(VerificationFailed, match=r"it was cut|between the checkpoints is missing") as caught:
        verify_document(file_of(engine, made[0]), keys=known_keys(engine), checkpoint=kept)
    assert caught.value.step is Step.CONSISTENCY
    with pytest.raises(Invalid, match="between 1 and 3"):
        growth(engine, 3, 4)


def test_dates_nothing_before_what_came_earlier_whatever_the_clock_does(engine):
    records = world(engine, 2)
    first, second = (
        transact(engine, lambda session, each=each, at=at: sign(session, each, now=at))
        for each, at in zip(records, (NOW, NOW - 30 * DAY), strict=True)
    )
    entries = [read(engine, lambda session, each=each: service.get_entry(session, each)) for each in (first, second)]
    assert [entry.issued_at for entry in entries] == [NOW, NOW]
    assert parse_attestation(entries[1].payload.encode()).decision.at == NOW - 30 * DAY
    assert tell(engine) == []


def dated_back(engine):
    """What an operator with all keys appends, as of an earlier day; its id."""
    key, kid = current_key(engine)
    day = NOW - 30 * DAY

    def work(session):
        head = store.head(session, TENANT)
        (like,) = store.entries(session, TENANT, first=head.sequence)
        changes = {"id": uuid4(), "record": uuid4(), "issued_at": day, "previous": head.chain_hash, "sequence": head.sequence + 1}
        entry = ledger.enter(replace(parse_attestation(like.payload.encode()), **changes), key=key, kid=kid)
        store.add_entries(session, [entry])
        log.extend(session, TENANT, [entry.payload_digest], after=head.sequence, signer=log.Signer(key, URL, day))
        return entry.attestation_id

    return transact(engine, work)


def test_shows_an_entry_that_was_dated_before_the_checkpoint_that_lacks_it(engine):
    """The log only grew, and the signature is good: what is wrong is the day."""
    records = world(engine, 2)
    transact(engine, lambda session: sign(session, records[0]))
    kept = newest(engine)
    made = dated_back(engine)
    transact(engine, lambda session: sign(session, records[1], now=NOW + DAY))
    first, second = told_of_the_log(engine)
    assert (f"issued at {NOW - 30 * DAY}" in first, "the checkpoint of size 2 is dated before" in second) == (True, True)
    page = read(engine, lambda session: service.examine(session, made, SOURCE))
    assert (page.standing, [message.message for message in page.flawed()[Aspect.LOG]]) == (Standing.BROKEN, [first])
    given = {"checkpoint": kept, "consistency": growth(engine, 1)}
    with pytest.raises(VerificationFailed, match="it was back-dated") as caught:
        verify_document(file_of(engine, made), keys=known_keys(engine), **given)
    assert caught.value.step is Step.CONSISTENCY


def test_shows_on_the_page_of_an_attestation_where_it_is_in_the_log(engine):
    made = signed(engine, 3)
    page = read(engine, lambda session: service.examine(session, made[1], SOURCE))
    assert (page.place.index, page.place.checkpoint.size, page.standing) == (1, 3, Standing.HOLDS)


@pytest.mark.parametrize(
    ("altering", "told"),
    [
        ("update log_leaf set nodes = (select nodes from log_leaf where sequence = 1) where sequence = 3", "not in the tree"),
        ("delete from log_leaf where sequence = 3", "lacks rows"),
        ("update log_checkpoint set jws = 'x' where size = 3", "three segments"),
    ],
    ids=["leaf", "no leaf", "checkpoint"],
)
def test_says_on_the_page_of_an_attestation_that_the_log_was_altered(engine, altering, told):
    made = signed(engine, 3)
    alter(engine, altering)
    page = read(engine, lambda session: service.examine(session, made[1], SOURCE))
    assert (page.standing, page.place) == (Standing.BROKEN, None)
    assert [aspect for aspect, found in page.flawed().items() if found] == [Aspect.LOG]
    assert told in page.findings[0].message


def test_still_gives_the_file_when_the_log_lacks_rows(engine):
    made = signed(engine, 3)
    alter(engine, "delete from log_leaf where sequence = 3")
    assert verify_document(file_of(engine, made[1]), keys=known_keys(engine)).logged is None
    with pytest.raises(Unavailable):
        growth(engine, 1)


LEDGERS_END = "delete from attestation where sequence = 4"


@pytest.mark.parametrize(
    ("altering", "told"),
    [
        ([LEDGERS_END], "ends before its transparency log"),
        ([LEDGERS_END, "delete from log_checkpoint where size = 4"], "ends before its transparency log"),
        (["update log_checkpoint set size = 5 where size = 3"], "ends before its transparency log"),
        (
            [
                "delete from log_leaf where sequence in (2, 4)",
                "delete from log_checkpoint where size = 4",
            ],
            "lacks rows",
        ),
        (["delete from log_leaf where sequence = 4", "update log_leaf set sequence = 9 where sequence = 3"], "lacks rows"),
        ([LEDGERS_END, "delete from log_leaf where sequence = 2"], "lacks rows"),
    ],
    ids=["the ledger's end", "its checkpoint too", "a checkpoint", "nodes", "the log's end", "nodes and the ledger's end"],
)
def test_signs_nothing_on_top_of_what_was_removed(engine, altering, told):
    records = world(engine, 5)
    for record_id in records[:4]:
        transact(engine, lambda session, each=record_id: sign(session, each))
    alter(engine, *altering)
    with pytest.raises(Unavailable, match=told):
        transact(engine, lambda session: sign(session, records[4]))


def test_signs_on_when_another_version_of_the_program_signed_without_a_log(engine):
    records = world(engine, 5)
    for record_id in records[:4]:
        transact(engine, lambda session, each=record_id: sign(session, each))
    alter(engine, "delete from log_leaf where sequence > 2", "delete from log_checkpoint where size > 2")
    transact(engine, lambda session: sign(session, records[4]))
    assert tell(engine) == []


def seal(engine):
    given = {"master_key": MASTER_KEY, "public_url": URL, "now": NOW}
    transact(engine, lambda session: service.seal_log(session, TENANT, **given))


def test_seals_a_ledger_from_before_there_was_a_log(engine):
    made = signed(engine, 5)
    alter(engine, "delete from log_leaf", "delete from log_checkpoint")
    assert parse_document(file_of(engine, made[1])).format == "lrs-bridge-attestation/1"
    assert read(engine, lambda session: service.examine(session, made[1], SOURCE)).place is None
    for ask in (lambda s: log.latest(s, TENANT), lambda s: service.inclusion_of(s, made[1])):
        with pytest.raises(NotFound):
            read(engine, ask)
    seal(engine)
    assert tell(engine) == []
    assert verify_document(file_of(engine, made[1]), keys=known_keys(engine)).logged.size == 5
    checkpoint = newest(engine)
    seal(engine)
    assert newest(engine) == checkpoint


def test_does_not_prove_an_entry_that_no_checkpoint_has_yet(engine):
    made = signed(engine, 2)
    alter(engine, "delete from log_checkpoint where size = 2")
    with pytest.raises(NotFound):
        read(engine, lambda session: service.inclusion_of(session, made[1]))
    assert verify_document(file_of(engine, made[0]), keys=known_keys(engine)).logged.size == 1


def test_keeps_the_places_of_the_others_when_an_entry_was_gone_before_the_log_came(engine):
    made = signed(engine, 4)
    alter(engine, "delete from log_leaf", "delete from log_checkpoint", "delete from attestation where sequence = 2")
    seal(engine)
    assert [code for code, _ in tell(engine)] == [Flaw.MISSING, Flaw.UNATTESTED]
    assert verify_document(file_of(engine, made[3]), keys=known_keys(engine)).logged.size == 4


def test_seals_nothing_where_nothing_was_signed(engine):
    world(engine, 1)
    seal(engine)
    assert read(engine, lambda session: log.extent(session, TENANT)).signed == 0
    assert read(engine, service.public_keys) == []


@pytest.mark.parametrize(("old", "new"), [(0, 2), (3, 2), (1, 4), (-1, None), (4, None)])
def test_proves_no_growth_between_sizes_that_it_never_had(engine, old, new):
    signed(engine, 3)
    with pytest.raises(Invalid, match="between 1 and 3"):
        growth(engine, old, new)
