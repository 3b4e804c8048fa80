"""Pages of the work list, for administrators: what waits, the statements behind it, and the missing link."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from lrs_bridge.completion import SourceKey
from lrs_bridge.db import Session, read, transact
from lrs_bridge.errors import Conflict, Forbidden, Invalid, LrsBridgeError, NotFound
from lrs_bridge.people.person import Person
from lrs_bridge.plans import service as plans
from lrs_bridge.plans.claim import Claim
from lrs_bridge.plans.courses import service as courses
from lrs_bridge.plans.courses.service import Editor
from lrs_bridge.plans.intake.service import Applied
from lrs_bridge.plans.mapping import Course, parse_id, parse_terms
from lrs_bridge.plans.objective import Activity
from lrs_bridge.plans.readable import readable
from lrs_bridge.plans.worklist import service
from lrs_bridge.plans.worklist.entry import Topic, Waiting, is_key
from lrs_bridge.plans.worklist.service import NewCourse
from lrs_bridge.web.auth import require_role
from lrs_bridge.web.parts import parts
from lrs_bridge.web.user import ADMINISTRATOR, User

blueprint = Blueprint("worklist", __name__, template_folder="templates")

OFFERED = 20
Answer = Response | tuple[str, int] | str


def _editor(user: User) -> Editor:
    return Editor(user.person_id, parts().system_signer, parts().clock())


def _topic(text: str) -> Topic:
    if text not in set(Topic):
        abort(HTTPStatus.NOT_FOUND)
    return Topic(text)


@blueprint.get("/work-list")
def work_list() -> str:
    """One of the lists: unknown persons, unknown courses, courses without an activity; and what was set aside."""
    user = require_role(ADMINISTRATOR)
    topic = _topic(request.args.get("list", Topic.PERSON))
    aside = bool(request.args.get("aside"))
    number = request.args.get("page", 1, type=int)

    def work(session: Session) -> str:
        page = service.work_list(session, user.tenant, topic, page=number, aside=aside)
        counts = service.counts(session, user.tenant)
        return render_template("worklist/list.html", topic=topic, aside=aside, page=page, counts=counts)

    return read(parts().engine, work)


@dataclass(frozen=True, slots=True)
class EntryPage:
    """An entry with the stored text behind its completions, and what it may be linked to."""

    waiting: Waiting
    contents: dict[SourceKey, str]
    persons: Sequence[Person] = ()
    courses: Sequence[Course] = ()
    activities: Sequence[Activity] = ()
    owners: Sequence[Person] = ()


@blueprint.get("/work-list/<topic>/<key>")
def entry(topic: str, key: str) -> str:
    """One entry: the statements behind it, and the forms that make the missing link."""
    return _render_entry(require_role(ADMINISTRATOR), _topic(topic), key)


def _render_entry(user: User, topic: Topic, key: str, error: LrsBridgeError | None = None) -> str:
    page = read(parts().engine, lambda session: _entry_page(session, user, topic, key))
    words, owner = request.values.get("q", ""), request.values.get("owner", "")
    return render_template("worklist/entry.html", page=page, entry=page.waiting.entry, words=words, owner=owner, error=error)


def _entry_page(session: Session, user: User, topic: Topic, key: str) -> EntryPage:
    waiting = service.get_waiting(session, user.tenant, topic, key)
    contents = _contents(session, user.tenant, waiting.claims)
    words = request.values.get("q", "")
    if topic is Topic.PERSON:
        return EntryPage(waiting, contents, persons=service.suggest_persons(session, user.tenant, waiting, words))
    return EntryPage(
        waiting,
        contents,
        courses=service.suggest_courses(session, user.tenant, waiting, words, limit=OFFERED),
        activities=plans.search_activities(session, user.tenant),
        owners=service.suggest_owners(session, user.tenant, user.person_id, request.values.get("owner", "")),
    )


def _contents(session: Session, tenant: str, claims: Sequence[Claim]) -> dict[SourceKey, str]:
    source = parts().evidence_source
    found = {claim.key: source.evidence_bytes(session, tenant, claim.key.source, claim.key.id) for claim in claims}
    return {key: readable(content) for key, content in found.items() if content is not None}


@blueprint.post("/work-list/person/<key>/link")
def link_person(key: str) -> Answer:
    """Makes the identifier a person's, and applies what waited."""

    def work(session: Session, user: User) -> Applied:
        person_id = parse_id(request.form.get("person_id", ""), "person_id")
        return service.link_person(session, user.tenant, key, person_id, editor=_editor(user), launchables=parts().launchables)

    return _link(Topic.PERSON, key, work)


@blueprint.post("/work-list/course/<key>/link")
def link_course(key: str) -> Answer:
    """Makes the IRI an address of a known course, and applies what waited."""

    def work(session: Session, user: User) -> Applied:
        course_id = parse_id(request.form.get("course_id", ""), "course_id")
        return service.link_course(session, user.tenant, key, course_id, editor=_editor(user))

    return _link(Topic.COURSE, key, work)


@blueprint.post("/work-list/course/<key>/register")
def register_course(key: str) -> Answer:
    """Registers a new course under the IRI, maps it when an activity is chosen, and applies what waited."""

    def work(session: Session, user: User) -> Applied:
        form = request.form
        new = NewCourse(
            title=form.get("title", ""),
            version=form.get("version", ""),
            owner_id=parse_id(form.get("owner_id", ""), "owner_id"),
            activity_id=parse_id(form["activity_id"], "activity_id") if form.get("activity_id") else None,
            terms=parse_terms(form) if form.get("activity_id") else None,
        )
        return service.register_course(session, user.tenant, key, new=new, editor=_editor(user))

    return _link(Topic.COURSE, key, work)


@blueprint.post("/work-list/mapping/<key>/map")
def map_course(key: str) -> Answer:
    """Lets a known course complete an activity, and applies what waited."""

    def work(session: Session, user: User) -> Applied:
        course_id = _course_id(key)
        activity_id = parse_id(request.form.get("activity_id", ""), "activity_id")
        terms = parse_terms(request.form)
        return courses.map_course(session, user.tenant, course_id, activity_id, terms=terms, editor=_editor(user))

    return _link(Topic.MAPPING, key, work)


def _course_id(key: str) -> UUID:
    if not is_key(Topic.MAPPING, key):
        raise NotFound("nothing waits here", field="key")
    return UUID(key)


def _link(topic: Topic, key: str, work: Callable[[Session, User], Applied]) -> Answer:
    """Does it and goes back to the list telling what it did, or shows the entry with what is wrong."""
    user = require_role(ADMINISTRATOR)
    try:
        applied = transact(parts().engine, lambda session: work(session, user))
    except (Invalid, Conflict, Forbidden) as error:
        return _render_entry(user, topic, key, error), error.status
    what = ngettext("%(num)s completion applied", "%(num)s completions applied", applied.completions)
    done = ngettext("%(num)s activity completed", "%(num)s activities completed", applied.activities)
    flash(f"{what}, {done}.", "success")
    return redirect(url_for("worklist.work_list", list=topic), HTTPStatus.SEE_OTHER)


@blueprint.post("/work-list/<topic>/<key>/aside")
def set_aside(topic: str, key: str) -> Answer:
    """Takes an entry off the list."""
    user = require_role(ADMINISTRATOR)
    which = _topic(topic)
    transact(parts().engine, lambda s: service.put_aside(s, user.tenant, which, key, editor=_editor(user)))
    flash(_("Set aside. Nothing is lost: you find it under “Set aside”."), "success")
    return redirect(url_for("worklist.work_list", list=which), HTTPStatus.SEE_OTHER)


@blueprint.post("/work-list/<topic>/<key>/take-back")
def take_back(topic: str, key: str) -> Answer:
    """Puts an entry back on the list."""
    user = require_role(ADMINISTRATOR)
    which = _topic(topic)
    transact(parts().engine, lambda s: service.take_back(s, user.tenant, which, key, editor=_editor(user)))
    flash(_("Back on the list."), "success")
    return redirect(url_for("worklist.work_list", list=which), HTTPStatus.SEE_OTHER)
