"""Puts the demo into the database: people and plans through their services, the history through the same doors as real events.

Statements are stored as the LRS stores them, completions go through the sink, and people sign as they do on the pages, each at
its time, so that everything that a history rests on is really there.
"""

import io
import json
import os
import shlex
import sys
import zipfile
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from pathlib import Path
from uuid import UUID

from lrs_bridge.db import Engine, Session, read, transact
from lrs_bridge.demo.story import (
    Decision,
    Note,
    Sending,
    Step,
    Story,
    id_of,
    morning_of,
    parse_story,
    statement_of,
    times,
    voiding_of,
)
from lrs_bridge.hosting.library import service as library
from lrs_bridge.identity import Identifier, IdentifierKind
from lrs_bridge.packages.archive import Limits
from lrs_bridge.people import service as people
from lrs_bridge.people.access import Role, TenantRole
from lrs_bridge.plans import service as plans
from lrs_bridge.plans.courses import service as courses
from lrs_bridge.plans.courses.service import Editor
from lrs_bridge.plans.intake.service import PlanSink
from lrs_bridge.plans.mapping import Alias, Course, Policy, Requirement, Terms
from lrs_bridge.plans.objective import Activity, Objective, Plan
from lrs_bridge.settings import Settings
from lrs_bridge.signing import service as signing
from lrs_bridge.xapi.credentials import service as lrs_keys
from lrs_bridge.xapi.credentials.credential import Credential
from lrs_bridge.xapi.model.statement import parse_statements
from lrs_bridge.xapi.statements import service as xapi

CREDENTIAL_FILE = "demo-credential.json"
REPORTER = "Kursbyggeren"
PASTED_COURSE = "smittevern"
PASTED_PERSON = "kari"
EDITOR = "admin"
HOST = "eva"
HOSTED = "handhygiene"
HOSTED_FILES = ("imsmanifest.xml", "index.html", "course.css", "course.js")
CAST = (
    ("kari", "resident"),
    ("sigrid", "supervisor"),
    ("hilde", "leader"),
    ("eva", "course owner"),
    ("admin", "administrator"),
)


@dataclass(frozen=True, slots=True)
class DemoSummary:
    """What somebody who tries the demo needs to know. ``loaded`` is False when it was there already."""

    loaded: bool
    url: str
    password: str
    cast: tuple[tuple[str, str, str], ...]
    key: str
    secret: str
    command: str

    def text(self) -> str:
        """The summary as printed in a terminal."""
        people_lines = (f"    {username:8} {name} ({role})" for username, name, role in self.cast)
        return "\n".join(
            (
                "The demo is loaded." if self.loaded else "The demo was loaded earlier; nothing was changed.",
                "",
                f"  Log in at {self.url}/login with the password {self.password} as",
                *people_lines,
                "",
                f"  LRS endpoint {self.url}/xapi/",
                f"    key    {self.key}",
                f"    secret {self.secret}",
                "",
                "  Paste this while the service runs; then look at Kari's plan:",
                f"    {self.command}",
            )
        )


@dataclass(frozen=True, slots=True)
class Stage:
    """What every step of loading works with."""

    session: Session
    story: Story
    settings: Settings
    sink: PlanSink
    signer: signing.SystemSigner
    began_at: datetime

    @property
    def tenant(self) -> str:
        """The demo's tenant."""
        return self.story.tenant.id

    def editor(self, at: datetime) -> Editor:
        """The administrator who registers courses."""
        return Editor(id_of("person", EDITOR), self.signer, at)


def load(engine: Engine, settings: Settings, now: datetime) -> DemoSummary:
    """Loads the demo, all or nothing; a second run changes nothing but makes a new key for the LRS if the first is forgotten."""
    story = parse_story(resources.files(__package__).joinpath("content.toml").read_text(encoding="utf-8"))
    tenants = read(engine, lambda session: {tenant.tenant for tenant in people.tenants(session)})
    missing = story.tenant.id not in tenants
    if missing:
        transact(engine, lambda session: _perform(session, story, settings, now))
    key, secret = _credential(engine, settings.data_dir / CREDENTIAL_FILE, story.tenant.id, now)
    cast = tuple((username, story.people[username].name, role) for username, role in CAST)
    command = _command(story, settings, key, secret)
    return DemoSummary(missing, settings.public_url, story.tenant.password, cast, key, secret, command)


def _credential(engine: Engine, path: Path, tenant: str, now: datetime) -> tuple[str, str]:
    """The key that the pasted line uses: kept in the data directory, since the database only knows a digest of its secret."""
    if path.is_file():
        kept = json.loads(path.read_text())
        known = read(engine, lambda session: {credential.key for credential in lrs_keys.list_credentials(session, tenant)})
        if kept["key"] in known:
            return kept["key"], kept["secret"]
    key, secret = transact(
        engine, lambda session: lrs_keys.create_credential(session, tenant=tenant, name=REPORTER, scopes=["all"], now=now)
    )
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump({"key": key, "secret": secret}, file)
    return key, secret


def _command(story: Story, settings: Settings, key: str, secret: str) -> str:
    """One line for a shell that reports a completion which the system signs at once."""
    address, title = story.course(PASTED_COURSE)
    told = {
        "endpoint": f"{settings.public_url}/xapi/",
        "key": key,
        "secret": secret,
        "email": story.mailbox(PASTED_PERSON),
        "name": story.people[PASTED_PERSON].name,
        "course": address,
        "course-name": title,
    }
    options = (f"--{name} {shlex.quote(value)}" for name, value in told.items())
    return f"{shlex.quote(sys.argv[0])} statement send {' '.join(options)}"


# The cast and the scenery


def _perform(session: Session, story: Story, settings: Settings, now: datetime) -> None:
    signer = signing.SystemSigner(settings.master_key, settings.public_url)
    began_at = morning_of(now, story.tenant.began_days_ago)
    stage = Stage(session, story, settings, PlanSink(signer), signer, began_at)
    _found(stage)
    _hire(stage)
    _plan(stage)
    _register(stage)
    _host(stage)
    credentials = {source: _source(stage, source) for source in story.sources()}
    for at, step in times(story, now):
        _happen(stage, step, at, credentials)


def _found(stage: Stage) -> None:
    tenant = stage.story.tenant
    people.add_tenant(
        stage.session, tenant.id, name=tenant.name, kind=tenant.kind, language=tenant.language, contact=tenant.contact
    )
    signing.ensure_key(stage.session, tenant.id, master_key=stage.settings.master_key, now=stage.began_at)


def _hire(stage: Stage) -> None:
    since = stage.began_at.date()
    for who, person in stage.story.people.items():
        person_id = id_of("person", who)
        people.add_person(
            stage.session,
            stage.tenant,
            name=person.name,
            now=stage.began_at,
            person_id=person_id,
            identifiers=_identifiers(stage.story, who),
        )
        people.add_employment(
            stage.session,
            stage.tenant,
            person_id=person_id,
            department=person.department,
            position=person.position,
            starts_on=since,
        )
        password = stage.story.tenant.password
        people.set_password(stage.session, stage.tenant, username=who, person_id=person_id, password=password, now=stage.began_at)
    _relate(stage)


def _identifiers(story: Story, who: str) -> list[Identifier]:
    mailbox = Identifier(IdentifierKind.MBOX, "", f"mailto:{story.mailbox(who)}")
    number = story.people[who].hpr_number
    return [mailbox, Identifier(IdentifierKind.HPR_NUMBER, "", number)] if number else [mailbox]


def _relate(stage: Stage) -> None:
    since = stage.began_at.date()
    for role, holders in stage.story.tenant_roles.items():
        for who in holders:
            people.add_tenant_role(
                stage.session, stage.tenant, person_id=id_of("person", who), role=TenantRole(role), starts_on=since
            )
    for resident, followers in stage.story.relations.items():
        for role, holders in followers.items():
            for who in holders:
                people.add_role_relation(
                    stage.session,
                    stage.tenant,
                    resident_id=id_of("person", resident),
                    person_id=id_of("person", who),
                    role=Role(role),
                    starts_on=since,
                )


def _plan(stage: Stage) -> None:
    for key, told in stage.story.activities.items():
        activity = Activity(id_of("activity", key), told.title, told.kind, told.mode, told.rule)
        plans.add_activity(stage.session, stage.tenant, activity)
    for described in stage.story.objectives:
        objective = Objective(described.code, "1", described.title, described.theme)
        objective_id = id_of("objective", described.key)
        plans.add_objective(stage.session, stage.tenant, objective, objective_id=objective_id)
        activity_ids = [id_of("activity", key) for key in described.activities]
        plans.serve_objective(stage.session, stage.tenant, objective_id, activity_ids)
    for template in stage.story.plans:
        for who in template.residents:
            plan = Plan(id_of("plan", f"{template.key}/{who}"), id_of("person", who), template.title)
            objective_ids = [id_of("objective", key) for key in template.objectives]
            plans.assign_plan(stage.session, stage.tenant, plan, objective_ids, signer=stage.signer, now=stage.began_at)


def _register(stage: Stage) -> None:
    editor = stage.editor(stage.began_at)
    for key, told in stage.story.courses.items():
        course_id = id_of("course", key)
        (address, known_to), *others = told.addresses.items()
        course = Course(course_id, address, told.title, told.version, id_of("person", "eva"))
        courses.add_course(stage.session, stage.tenant, course, known_to=known_to, editor=editor)
        for other, system in others:
            courses.add_alias(stage.session, stage.tenant, course_id, Alias(other, system), editor=editor)
        if told.completes:
            activity_id = id_of("activity", told.completes.activity)
            courses.map_course(
                stage.session,
                stage.tenant,
                course_id,
                activity_id,
                terms=told.completes.terms,
                editor=editor,
                mapping_id=id_of("mapping", key),
            )


def _host(stage: Stage) -> None:
    """A course that is played here: uploaded by its owner, and signed by the service for those who pass."""
    editor = stage.editor(stage.began_at)
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in HOSTED_FILES:
            archive.writestr(name, resources.files(__package__).joinpath("course", name).read_bytes())
    owner_id = id_of("person", HOST)
    uploaded = library.take_upload(
        package,
        f"{HOSTED}.zip",
        tenant=stage.tenant,
        data_dir=stage.settings.data_dir,
        limits=Limits(),
        by=owner_id,
        now=stage.began_at,
    )
    hosted_id = library.add_hosted(
        stage.session, uploaded, owner_id=owner_id, public_url=stage.settings.public_url, editor=editor
    )
    course_id = library.get_hosted(stage.session, stage.tenant, hosted_id).course_id
    terms = Terms(Policy.AUTO, Requirement.PASSED, validity_months=24)
    courses.map_course(
        stage.session,
        stage.tenant,
        course_id,
        id_of("activity", HOSTED),
        terms=terms,
        editor=editor,
        mapping_id=id_of("mapping", HOSTED),
    )


# The history


def _source(stage: Stage, name: str) -> Credential:
    lrs_keys.create_credential(stage.session, tenant=stage.tenant, name=name, scopes=["all"], now=stage.began_at)
    return next(c for c in lrs_keys.list_credentials(stage.session, stage.tenant) if c.name == name)


def _happen(stage: Stage, step: Step, at: datetime, credentials: dict[str, Credential]) -> None:
    if step.reports:
        _store(stage, statement_of(stage.story, step.reports, at), credentials[step.reports.by], at)
    if step.voids:
        _store(stage, voiding_of(step.voids, at), credentials[step.voids.by], at)
    if step.notes:
        _note(stage, step.notes, at)
    if step.sends:
        _send(stage, step.sends, at)
    if step.signs:
        _sign(stage, step.signs, at)
    if step.returns:
        _return(stage, step.returns, at)


def _store(stage: Stage, body: bytes, credential: Credential, at: datetime) -> None:
    batch = parse_statements(body, max_bytes=stage.settings.max_statement_bytes)
    xapi.store_statements(
        stage.session, batch, credential=credential, home_page=stage.settings.public_url, now=at, sink=stage.sink
    )


def _record_id(stage: Stage, told: Note | Sending | Decision, at: datetime) -> UUID:
    person_id = id_of("person", told.resident)
    page = plans.plan_of(stage.session, stage.tenant, person_id, viewer_id=person_id, now=at)
    return page.records[id_of("activity", told.activity)].record_id


def _note(stage: Stage, note: Note, at: datetime) -> None:
    actor_id = id_of("person", note.resident)
    plans.mark_done(stage.session, stage.tenant, _record_id(stage, note, at), actor_id=actor_id, note=note.text, now=at)


def _send(stage: Stage, sending: Sending, at: datetime) -> None:
    plans.send_record(
        stage.session,
        stage.tenant,
        _record_id(stage, sending, at),
        actor_id=id_of("person", sending.resident),
        signer_id=id_of("person", sending.to),
        comment=None,
        now=at,
    )


def _sign(stage: Stage, decision: Decision, at: datetime) -> None:
    signing.sign_record(
        stage.session,
        stage.tenant,
        _record_id(stage, decision, at),
        actor_id=id_of("person", decision.signer),
        comment=decision.comment,
        now=at,
        master_key=stage.settings.master_key,
        public_url=stage.settings.public_url,
    )


def _return(stage: Stage, decision: Decision, at: datetime) -> None:
    signing.return_record(
        stage.session,
        stage.tenant,
        _record_id(stage, decision, at),
        actor_id=id_of("person", decision.signer),
        comment=decision.comment,
        now=at,
    )
