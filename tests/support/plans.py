"""A small training ward to test plans in: a resident with a plan, who follows her, courses, and a clock that moves on."""

import base64
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

from lrs_bridge.completion import Completion, Outcome, Retraction, Score, SourceKey
from lrs_bridge.db import transact
from lrs_bridge.identity import Identifier, IdentifierKind, Mbox
from lrs_bridge.people import service as people
from lrs_bridge.people.access import Role, TenantRole
from lrs_bridge.plans import service as plans
from lrs_bridge.plans.courses import service as courses
from lrs_bridge.plans.courses.service import Editor
from lrs_bridge.plans.mapping import Course, Policy, Requirement, Terms
from lrs_bridge.plans.objective import Activity, EvidenceRule, Kind, Mode, Objective, Plan
from lrs_bridge.plans.service import PlanSink
from lrs_bridge.settings import Secret
from lrs_bridge.signing.service import SystemSigner
from tests.support.environment import MASTER_KEY

TENANT = "ward"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SIGNER = SystemSigner(Secret(base64.b64decode(MASTER_KEY)), "https://bridge.example.no")
PASSWORD = "a password of the ward"
KARI_MBOX = "mailto:kari@example.no"
HYGIENE_IRI = "https://kurs.example.no/smittevern"
DRUGS_IRI = "https://kurs.example.no/legemidler"


@dataclass
class Ward:
    """Ids of the cast, and the clock.

    ``hygiene`` is signed by the system, ``drugs`` by a supervisor, ``intubation`` has no course.
    """

    engine: object
    tenant: str = TENANT
    clock: datetime = START
    kari: UUID = field(default_factory=uuid4)
    ola: UUID = field(default_factory=uuid4)
    sigrid: UUID = field(default_factory=uuid4)
    owner: UUID = field(default_factory=uuid4)
    admin: UUID = field(default_factory=uuid4)
    hygiene: UUID = field(default_factory=uuid4)
    drugs: UUID = field(default_factory=uuid4)
    intubation: UUID = field(default_factory=uuid4)
    hygiene_course: UUID = field(default_factory=uuid4)
    drugs_course: UUID = field(default_factory=uuid4)

    def do(self, work):
        return transact(self.engine, work)

    def now(self) -> datetime:
        self.clock += timedelta(minutes=1)
        return self.clock

    def editor(self) -> Editor:
        return Editor(self.admin, SIGNER, self.now())

    def account(self, username) -> None:
        """A local account for one of the cast, with PASSWORD; hashing takes its time."""
        person = getattr(self, username)
        told = {"username": username, "person_id": person, "password": PASSWORD, "now": self.clock}
        self.do(lambda s: people.set_password(s, self.tenant, **told))

    # What doors do

    def receive(self, *completions: Completion) -> None:
        now = self.now()
        self.do(lambda s: PlanSink(SIGNER).receive(s, completions, now=now))

    def completion(
        self, iri=HYGIENE_IRI, *, key=None, who=KARI_MBOX, at=None, registration=None, name=None, **outcome
    ) -> Completion:
        score = outcome.pop("score", None)
        outcome = outcome or {"completion": True}
        return Completion(
            key=SourceKey(self.tenant, "xapi", key or str(uuid4())),
            learner=Mbox(who) if isinstance(who, str) else who,
            activity=iri,
            registration=registration,
            outcome=Outcome(**outcome, score=None if score is None else Score(scaled=score)),
            occurred_at=at or self.clock,
            asserted_by="Læringsportalen",
            evidence="sha-256:" + "0" * 64,
            activity_name="Et kurs",
            learner_name=name,
        )

    def reports(self, iri=HYGIENE_IRI, **told) -> SourceKey:
        completion = self.completion(iri, **told)
        self.receive(completion)
        return completion.key

    def voids(self, *keys: SourceKey, reason="voided by a statement") -> None:
        now = self.now()
        self.do(lambda s: PlanSink(SIGNER).retract(s, [Retraction(key, now, reason) for key in keys], now=now))

    # What people see

    def page(self, viewer=None, person=None):
        now = self.now()
        return self.do(lambda s: plans.plan_of(s, self.tenant, person or self.kari, viewer_id=viewer or self.kari, now=now))

    def record(self, activity, person=None):
        return self.page(person=person, viewer=person).records[activity]

    def get(self, record_id):
        return self.do(lambda s: plans.get_record(s, self.tenant, record_id))

    # What people do

    def apply(self, record_id, event, actor=None, role="supervisor", **more):
        now = self.now()
        return self.do(
            lambda s: plans.apply_event(
                s, self.tenant, record_id, event, actor_id=actor or self.sigrid, actor_role=role, now=now, **more
            )
        )

    def mark_done(self, activity, note="Gjort under oppsyn."):
        record_id, now = self.record(activity).record_id, self.now()
        return self.do(lambda s: plans.mark_done(s, self.tenant, record_id, actor_id=self.kari, note=note, now=now))

    def send(self, activity, to=None, actor=None):
        record_id, now = self.record(activity).record_id, self.now()
        return self.do(
            lambda s: plans.send_record(
                s, self.tenant, record_id, actor_id=actor or self.kari, signer_id=to, comment=None, now=now
            )
        )

    def map(self, course, activity, policy=Policy.AUTO, **terms):
        editor = self.editor()
        return self.do(
            lambda s: courses.map_course(s, self.tenant, course, activity, terms=Terms(policy, **terms), editor=editor)
        )

    def alias(self, course, iri, known_to="KS Læring"):
        editor = self.editor()
        return self.do(lambda s: courses.add_alias(s, self.tenant, course, courses.Alias(iri, known_to), editor=editor))


def open_ward(engine, tenant=TENANT, *, supervisor=True) -> Ward:
    ward = Ward(engine, tenant)
    ward.do(lambda s: _build(s, ward, supervisor=supervisor))
    return ward


def _build(s, ward: Ward, *, supervisor: bool) -> None:
    tenant, today = ward.tenant, date(2026, 1, 1)
    people.add_tenant(s, tenant, name="Testavdelingen", kind="trust", language="nb")
    names = {"kari": "Kari Nordmann", "ola": "Ola Hansen", "sigrid": "Sigrid Berg", "owner": "Eva Eier", "admin": "Arne Admin"}
    for who, name in names.items():
        mbox = Identifier(IdentifierKind.MBOX, "", f"mailto:{who}@example.no")
        known = (mbox,) if who == "kari" else ()
        people.add_person(s, tenant, name=name, now=ward.clock, person_id=getattr(ward, who), identifiers=known)
    people.add_tenant_role(s, tenant, person_id=ward.admin, role=TenantRole.ADMINISTRATOR, starts_on=today)
    if supervisor:
        for resident in (ward.kari, ward.ola):
            people.add_role_relation(
                s, tenant, resident_id=resident, person_id=ward.sigrid, role=Role.SUPERVISOR, starts_on=today
            )
    _build_plan(s, ward)
    _build_courses(s, ward)


def _build_plan(s, ward: Ward) -> None:
    tenant = ward.tenant
    for activity in (
        Activity(ward.hygiene, "Smittevern", Kind.ELEARNING, Mode.COURSES, EvidenceRule.COMPLETION),
        Activity(ward.drugs, "Legemiddelhåndtering", Kind.ELEARNING, Mode.COURSES, EvidenceRule.COMPLETION),
        Activity(ward.intubation, "Endotrakeal intubasjon", Kind.PROCEDURE, Mode.ON_THE_JOB),
    ):
        plans.add_activity(s, tenant, activity)
    first, second = uuid4(), uuid4()
    plans.add_objective(s, tenant, Objective("KLS-001", "1", "Eksempel: akutte tilstander"), objective_id=first)
    plans.add_objective(s, tenant, Objective("FKM-01", "1", "Eksempel: pasientsikkerhet"), objective_id=second)
    plans.serve_objective(s, tenant, first, [ward.hygiene, ward.intubation])
    plans.serve_objective(s, tenant, second, [ward.drugs, ward.hygiene])
    for person in (ward.kari, ward.ola):
        for title in ("LIS1 sykehus", "FKM"):
            objectives = [first, second] if title == "FKM" else [first]
            plans.assign_plan(s, tenant, Plan(uuid4(), person, title), objectives, signer=SIGNER, now=ward.clock)


def _build_courses(s, ward: Ward) -> None:
    editor = Editor(ward.admin, SIGNER, ward.clock)
    for course_id, iri, title in (
        (ward.hygiene_course, HYGIENE_IRI, "Smittevern"),
        (ward.drugs_course, DRUGS_IRI, "Legemidler"),
    ):
        course = Course(course_id, iri, title, "2026.1", ward.owner)
        courses.add_course(s, ward.tenant, course, known_to="Læringsportalen", editor=editor)
    auto = Terms(Policy.AUTO)
    supervised = Terms(Policy.SUPERVISOR, Requirement.PASSED, minimum_score=0.8)
    courses.map_course(s, ward.tenant, ward.hygiene_course, ward.hygiene, terms=auto, editor=editor)
    courses.map_course(s, ward.tenant, ward.drugs_course, ward.drugs, terms=supervised, editor=editor)
