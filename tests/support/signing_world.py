"""A small tenant to sign in: a resident, those who may sign for her and those who may not, and activities sent for signing."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from sqlalchemy import insert, select, update

from lrs_bridge.completion import Outcome, Score
from lrs_bridge.db import metadata, transact
from lrs_bridge.identity import Identifier, IdentifierKind
from lrs_bridge.people import service as people
from lrs_bridge.people.access import Role, TenantRole
from lrs_bridge.people.person import TenantKind
from lrs_bridge.plans import service as plans
from lrs_bridge.plans.claim import outcome_to_json
from lrs_bridge.plans.courses import store as courses
from lrs_bridge.plans.mapping import Course, Mapping, Policy, Requirement
from lrs_bridge.plans.objective import Activity, Kind, Mode, Objective, Plan
from lrs_bridge.plans.record import Event
from lrs_bridge.ports import DueSignature
from lrs_bridge.settings import Secret
from lrs_bridge.signing import service
from lrs_bridge.signing.chain import digest_of

MASTER_KEY = Secret(b"tests use this and nobody else!!")
URL = "http://127.0.0.1:8080"
NOW = datetime(2026, 11, 12, 9, 30, tzinfo=UTC)
TODAY = NOW.date()
YEAR = timedelta(days=365)
TENANT = "demo"
PASSWORD = "a long enough password"
CAST = {
    "kari": "Kari Nordmann",
    "ola": "Ola Hansen",
    "sigrid": "Sigrid Sæther",
    "siri": "Siri Solberg",
    "anders": "Anders Aas",
    "erik": "Erik Eide",
    "leder": "Line Leder",
    "eier": "Kristin Kurseier",
    "admin": "Arne Administrator",
}
RESIDENT = "kari"
ROLES = {"sigrid": Role.SUPERVISOR, "siri": Role.SUPERVISOR, "anders": Role.ADVISOR, "leder": Role.LEADER}
NAMESPACE = UUID("00000000-0000-4000-8000-00000000cafe")


def id_of(name: str) -> UUID:
    return uuid5(NAMESPACE, name)


@dataclass
class Statements:
    """A source that keeps evidence in memory, as another LRS would elsewhere."""

    contents: dict[str, bytes] = field(default_factory=dict)

    def evidence_bytes(self, session, tenant, source, id):
        if source == "note":
            return plans.NoteEvidence().evidence_bytes(session, tenant, source, id)
        return self.contents.get(id) if (tenant, source) == (TENANT, "xapi") else None


SIGNER = service.SystemSigner(MASTER_KEY, URL)


def people_of(session) -> None:
    people.add_tenant(session, TENANT, name="Helse Fjordvik", kind=TenantKind.TRUST, language="nb")
    people.add_tenant(session, "other", name="Helse Annen", kind=TenantKind.TRUST, language="nb")
    for username, name in CAST.items():
        people.add_person(session, TENANT, name=name, now=NOW, person_id=id_of(username))
    people.add_person(session, "other", name="Frida Fremmed", now=NOW, person_id=id_of("frida"))
    hpr = Identifier(IdentifierKind.HPR_NUMBER, "", "9876543")
    people.link_identifier(session, TENANT, hpr, id_of(RESIDENT), actor="system", now=NOW)
    for username, role in ROLES.items():
        people.add_role_relation(
            session,
            TENANT,
            resident_id=id_of(RESIDENT),
            person_id=id_of(username),
            role=role,
            starts_on=TODAY - YEAR,
        )
    people.add_role_relation(
        session,
        TENANT,
        resident_id=id_of(RESIDENT),
        person_id=id_of("erik"),
        role=Role.SUPERVISOR,
        starts_on=TODAY - YEAR,
        ends_on=TODAY - timedelta(days=2),
    )
    people.add_tenant_role(session, TENANT, person_id=id_of("admin"), role=TenantRole.ADMINISTRATOR, starts_on=TODAY - YEAR)
    people.add_tenant_role(session, TENANT, person_id=id_of("eier"), role=TenantRole.COURSE_OWNER, starts_on=TODAY - YEAR)


def planned(session, username: str, count: int) -> list[UUID]:
    """A plan with that many activities; the ids of its records."""
    objective, activities = id_of("objective"), [id_of(f"activity {n}") for n in range(count)]
    plans.add_objective(session, TENANT, Objective("KLS-014", "1", "Kunne forebygge smitte"), objective_id=objective)
    for n, activity in enumerate(activities):
        plans.add_activity(session, TENANT, Activity(activity, f"Sentralt venekateter {n + 1}", Kind.PROCEDURE, Mode.ON_THE_JOB))
    plans.serve_objective(session, TENANT, objective, activities)
    plan = Plan(id_of(f"plan of {username}"), id_of(username), "LIS1")
    plans.assign_plan(session, TENANT, plan, [objective], signer=SIGNER, now=NOW)
    page = plans.plan_of(session, TENANT, id_of(username), viewer_id=id_of(username), now=NOW)
    return [page.records[activity].record_id for activity in activities]


def done(session, record_id: UUID, username: str = RESIDENT, at: datetime = NOW) -> None:
    plans.mark_done(session, TENANT, record_id, actor_id=id_of(username), note="Gjort under oppsyn på Hovedintensiv.", now=at)


def sent(session, record_id: UUID, *, to: str | None = None, username: str = RESIDENT, at: datetime = NOW) -> None:
    done(session, record_id, username, at)
    signer = id_of(to) if to else None
    plans.send_record(session, TENANT, record_id, actor_id=id_of(username), signer_id=signer, comment=None, now=at)


def with_statement(session, record_id: UUID, statement_id: str, content: bytes) -> None:
    """Adds a completion's evidence to a record, as the sink does."""
    row = {
        "tenant_id": TENANT,
        "evidence_id": id_of(statement_id),
        "record_id": record_id,
        "kind": "completion",
        "source": "xapi",
        "source_id": statement_id,
        "revision": 1,
        "asserted_by": "Læringsportalen",
        "activity_iri": "https://kurs.example.no/cvk",
        "outcome": outcome_to_json(Outcome(completion=True, success=True, score=Score(scaled=0.85))),
        "occurred_at": NOW,
        "received_at": NOW,
        "digest": digest_of(content),
        "added_at": NOW,
        "record_revision": 0,
    }
    session.execute(insert(metadata.tables["record_evidence"]), row)


def sign(session, record_id: UUID, by: str = "sigrid", **changes) -> UUID:
    given = {"comment": None, "now": NOW, "master_key": MASTER_KEY, "public_url": URL}
    return service.sign_record(session, TENANT, record_id, actor_id=id_of(by), **given | changes)


def under_a_rule(session, record_id: UUID) -> None:
    """A course with a mapping, and the record as completed by it."""
    tables = metadata.tables
    mine = (tables["activity_record"].c.tenant_id == TENANT) & (tables["activity_record"].c.record_id == record_id)
    activity_id = session.execute(select(tables["activity_record"].c.activity_id).where(mine)).scalar_one()
    course = Course(id_of("course"), "https://kurs.example.no/cvk", "CVK", "2026", id_of("eier"))
    mapping = Mapping(id_of("mapping"), id_of("course"), activity_id, Policy.SUPERVISOR, Requirement.PASSED, 0.8, 12, 1)
    courses.insert_course(session, TENANT, course, NOW)
    courses.insert_mapping(session, TENANT, mapping, NOW)
    session.execute(update(tables["activity_record"]).where(mine).values(mapping_id=mapping.mapping_id))


def contest(session, record_id: UUID) -> None:
    """A source takes back what the record was signed on."""
    plans.apply_event(session, TENANT, record_id, Event.CONTEST, actor_id=None, actor_role="system", comment="voided", now=NOW)


def supersede(session, old: UUID, new: UUID) -> None:
    """The new record takes the old one's place, as the intake does it."""
    plans.apply_event(session, TENANT, old, Event.SUPERSEDE, actor_id=None, actor_role="system", now=NOW)
    records = metadata.tables["activity_record"]
    for record_id, link in ((old, {"superseded_by": new}), (new, {"supersedes": old})):
        session.execute(update(records).where(records.c.tenant_id == TENANT, records.c.record_id == record_id).values(**link))


def sign_due(session, record_ids, owner: str = "eier") -> None:
    due = [DueSignature(record_id, id_of("mapping"), id_of(owner)) for record_id in record_ids]
    SIGNER.sign_due(session, TENANT, due, now=NOW)


def accounts(session, *usernames: str) -> None:
    """Local accounts for those who log in; hashing takes its time."""
    for username in usernames:
        people.set_password(session, TENANT, username=username, person_id=id_of(username), password=PASSWORD, now=NOW)


def crowd(engine, residents: int, each: int, *, state: str = "sent") -> list[UUID]:
    """Records of several residents whom the same supervisor follows: their locks are apart, the ledger is one."""

    def work(session):
        people_of(session)
        records = []
        for n in range(residents):
            resident = f"resident {n}"
            people.add_person(session, TENANT, name=resident.capitalize(), now=NOW, person_id=id_of(resident))
            follows = {"resident_id": id_of(resident), "person_id": id_of("sigrid"), "role": Role.SUPERVISOR}
            people.add_role_relation(session, TENANT, **follows, starts_on=TODAY - YEAR)
            records += planned(session, resident, each)
            for record_id in records[-each:]:
                (sent if state == "sent" else done)(session, record_id, username=resident)
        return records

    return transact(engine, work)


def world(engine, count: int, *, state: str = "sent") -> list[UUID]:
    """The whole cast, and that many records of the resident in a state."""

    def work(session):
        people_of(session)
        records = planned(session, RESIDENT, count)
        for record_id in records:
            {"planned": lambda *_: None, "done": done, "sent": sent}[state](session, record_id)
        return records

    return transact(engine, work)
