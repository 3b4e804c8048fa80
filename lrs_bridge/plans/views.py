"""Pages of plans: a resident's own, those of residents whom one follows, and one activity record with its evidence."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from lrs_bridge.db import Session, read, transact
from lrs_bridge.errors import Conflict, Invalid
from lrs_bridge.people import service as people
from lrs_bridge.people.access import Action
from lrs_bridge.people.period import day_of
from lrs_bridge.people.person import Person
from lrs_bridge.plans import mix, service
from lrs_bridge.plans.courses import service as course_register
from lrs_bridge.plans.objective import EvidenceRule, Mode
from lrs_bridge.plans.overview import (
    Wanted,
    mix_of_records,
    outside_plan,
    parse_wanted,
    plan_views,
    source_lines,
)
from lrs_bridge.plans.readable import readable
from lrs_bridge.plans.record import TRANSITIONS, Event, Evidence, Record, State
from lrs_bridge.plans.standing import Verdict
from lrs_bridge.plans.validity import validity
from lrs_bridge.web.auth import current_user
from lrs_bridge.web.parts import parts
from lrs_bridge.web.user import User

blueprint = Blueprint("plans", __name__, template_folder="templates")

SELF_REPORTED = {State.PLANNED, State.RETURNED}


@blueprint.get("/plan")
def own_plan() -> str:
    """The signed-in person's own plan."""
    user = current_user()
    return _plan(user, user.person_id)


@blueprint.get("/plan/<uuid:person_id>")
def plan(person_id: UUID) -> str:
    """The plan of a resident whom the signed-in person follows."""
    return _plan(current_user(), person_id)


def _plan(user: User, person_id: UUID) -> str:
    now = parts().clock()

    def work(session: Session) -> tuple[service.PlanPage, dict[UUID, UUID]]:
        page = service.plan_of(session, user.tenant, person_id, viewer_id=user.person_id, now=now)
        ids = [record.record_id for record in page.records.values()]
        return page, parts().attestation_index.attestations_of(session, user.tenant, ids)

    page, attestations = read(parts().engine, work)
    wanted = _wanted()
    records = page.records.values()
    shares = mix_of_records(records)
    return render_template(
        "plans/plan.html",
        page=page,
        own=user.person_id == person_id,
        wanted=wanted,
        views=plan_views(page.plans, page.records, wanted),
        shares=shares,
        mix=mix,
        attestations=attestations,
        sources=source_lines(page.claims, records),
        outside=outside_plan(page.claims, records),
        states=State,
        modes=Mode,
        validity=lambda record: validity(record.valid_until, day_of(now)),
    )


def _wanted() -> Wanted:
    return parse_wanted(request.args.get("state", ""), request.args.get("mode", ""), request.args.get("q", ""))


@blueprint.get("/residents")
def residents() -> str:
    """The residents whom the signed-in person follows."""
    user = current_user()
    now = parts().clock()
    found = read(parts().engine, lambda s: service.residents_followed_by(s, user.tenant, user.person_id, now))
    return render_template("plans/residents.html", residents=found)


# One record


@dataclass(frozen=True, slots=True)
class RecordPage:
    """A record as one reader sees it, with the stored text behind each piece of evidence, and what the reader may do.

    ``played`` are the courses that the resident can take here for it: title and path.
    """

    record: Record
    person: Person
    persons: dict[UUID, Person]
    contents: dict[UUID, str]
    attestation: UUID | None
    signers: list[Person]
    own: bool
    may_sign: bool
    may_uphold: bool
    shortfall: Verdict | None
    played: list[tuple[str, str]]

    def can(self, event: Event) -> bool:
        """Whether the resident, reading this, may do it now."""
        return self.own and (self.record.state, event) in TRANSITIONS

    @property
    def may_register(self) -> bool:
        """Whether the resident may say in their own words that it is done."""
        return self.own and self.record.state in SELF_REPORTED and self.record.activity.rule is not EvidenceRule.COMPLETION


@blueprint.get("/plan/records/<uuid:record_id>")
def record(record_id: UUID) -> str:
    """One activity record: evidence, history, and what can be done."""
    return _render_record(current_user(), record_id)


def _render_record(user: User, record_id: UUID, error: Invalid | None = None) -> str:
    page = read(parts().engine, lambda session: _record_page(session, user, record_id))
    status = validity(page.record.valid_until, day_of(parts().clock()))
    return render_template("plans/record.html", page=page, record=page.record, error=error, validity=status, events=Event)


def _record_page(session: Session, user: User, record_id: UUID) -> RecordPage:
    now = parts().clock()
    found = service.view_record(session, user.tenant, record_id, viewer_id=user.person_id, now=now)
    known = people.persons(session, user.tenant, service.mentioned([found]) | {found.person_id})
    own = user.person_id == found.person_id

    def may(action: Action) -> bool:
        return people.may(session, user.tenant, user.person_id, action, found.person_id, now)

    return RecordPage(
        record=found,
        person=known[found.person_id],
        persons=known,
        contents=_contents(session, user.tenant, found.evidence) if may(Action.VIEW_EVIDENCE) else {},
        attestation=parts().attestation_index.attestations_of(session, user.tenant, [record_id]).get(record_id),
        signers=service.signers_of(session, user.tenant, found.person_id, now) if own else [],
        own=own,
        may_sign=found.state is State.SENT and may(Action.SIGN_RECORD),
        may_uphold=found.state is State.CONTESTED and may(Action.UPHOLD_RECORD),
        shortfall=service.shortfall(session, user.tenant, found),
        played=_played(session, user.tenant, found) if own else [],
    )


def _played(session: Session, tenant: str, record: Record) -> list[tuple[str, str]]:
    courses = course_register.courses_of_activity(session, tenant, record.activity.activity_id)
    paths = parts().course_player.paths(session, tenant, [course.course_id for course in courses])
    return [(course.title, paths[course.course_id]) for course in courses if course.course_id in paths]


def _contents(session: Session, tenant: str, evidence: tuple[Evidence, ...]) -> dict[UUID, str]:
    source = parts().evidence_source
    found = {
        piece.evidence_id: source.evidence_bytes(session, tenant, piece.source, piece.source_id)
        for piece in evidence
        if piece.text is None
    }
    return {evidence_id: readable(content) for evidence_id, content in found.items() if content is not None}


@blueprint.post("/plan/records/<uuid:record_id>/done")
def mark_done(record_id: UUID) -> Response | tuple[str, int]:
    """The resident registers the activity as done, in their own words."""
    user = current_user()
    actor_id, note, now = user.person_id, request.form.get("note", ""), parts().clock()

    def work(session: Session) -> Record:
        return service.mark_done(session, user.tenant, record_id, actor_id=actor_id, note=note, now=now)

    return _act(user, record_id, work, _("Registered as done."))


@blueprint.post("/plan/records/<uuid:record_id>/send")
def send(record_id: UUID) -> Response | tuple[str, int]:
    """The resident sends the record to a supervisor, or to whoever may sign."""
    user = current_user()

    def work(session: Session) -> Record:
        return service.send_record(
            session,
            user.tenant,
            record_id,
            actor_id=user.person_id,
            signer_id=_signer_id(),
            comment=request.form.get("comment"),
            now=parts().clock(),
        )

    return _act(user, record_id, work, _("Sent for signing."))


def _signer_id() -> UUID | None:
    text = request.form.get("signer_id", "")
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise Invalid("choose one of your supervisors", field="signer_id") from error


@blueprint.post("/plan/records/<uuid:record_id>/recall")
def recall(record_id: UUID) -> Response | tuple[str, int]:
    """The resident takes back what was sent."""
    user = current_user()
    actor_id, now = user.person_id, parts().clock()

    def work(session: Session) -> Record:
        return service.recall_record(session, user.tenant, record_id, actor_id=actor_id, now=now)

    return _act(user, record_id, work, _("Recalled."))


def _act(user: User, record_id: UUID, work: Callable[[Session], Record], done: str) -> Response | tuple[str, int]:
    """Does it and shows the record: as it is now, with what is wrong in the form, or with what others did meanwhile."""
    try:
        transact(parts().engine, work)
    except Invalid as error:
        return _render_record(user, record_id, error), HTTPStatus.BAD_REQUEST
    except Conflict:
        flash(_("Nothing was changed: the activity is in another state by now. This is how it stands."), "warning")
    else:
        flash(done, "success")
    return redirect(url_for("plans.record", record_id=record_id), HTTPStatus.SEE_OTHER)
