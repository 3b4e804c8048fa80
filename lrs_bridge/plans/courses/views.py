"""Pages of the course register, for administrators."""

from collections.abc import Callable
from http import HTTPStatus
from uuid import UUID, uuid4

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from lrs_bridge.db import Session, read, transact
from lrs_bridge.errors import Conflict, Invalid, LrsBridgeError
from lrs_bridge.people import service as people
from lrs_bridge.plans.courses import service
from lrs_bridge.plans.courses.service import Editor
from lrs_bridge.plans.intake.service import Applied
from lrs_bridge.plans.mapping import Alias, Course, parse_id, parse_iri, parse_terms
from lrs_bridge.web.auth import require_role
from lrs_bridge.web.parts import parts
from lrs_bridge.web.user import ADMINISTRATOR, COURSE_OWNER, User

blueprint = Blueprint("courses", __name__, template_folder="templates")

PAGE_SIZE = 50
LAST_PAGE = 100_000
"""Beyond any register, and within what a database counts."""
Answer = Response | tuple[str, int] | str


def _editor(user: User) -> Editor:
    return Editor(user.person_id, parts().system_signer, parts().clock())


def _tell(applied: Applied) -> None:
    """Says on the next page what the change did."""
    what = ngettext("%(num)s completion applied", "%(num)s completions applied", applied.completions)
    done = ngettext("%(num)s activity completed", "%(num)s activities completed", applied.activities)
    flash(f"{what}, {done}.", "success")


@blueprint.get("/courses")
def courses() -> str:
    """All courses, or those that match a search."""
    return _render_courses(require_role(ADMINISTRATOR))


def _render_courses(user: User, error: LrsBridgeError | None = None) -> str:
    words = request.args.get("q", "")
    number = min(max(request.args.get("page", 1, type=int), 1), LAST_PAGE)

    def work(session: Session) -> list[service.CourseLine]:
        offset = (number - 1) * PAGE_SIZE
        found = service.search_courses(session, user.tenant, words, limit=PAGE_SIZE + 1, offset=offset)
        return service.course_lines(session, user.tenant, found)

    lines = read(parts().engine, work)
    more = len(lines) > PAGE_SIZE
    return render_template("courses/courses.html", lines=lines[:PAGE_SIZE], words=words, number=number, more=more, error=error)


@blueprint.post("/courses")
def add_course() -> Answer:
    """Registers a course; its owner is found by name or identifier."""
    user = require_role(ADMINISTRATOR)
    course_id = uuid4()

    def work(session: Session) -> Applied:
        form = request.form
        title, version = form.get("title", "").strip(), form.get("version", "").strip()
        owner_id = _owner(session, user, form.get("owner", ""))
        course = Course(course_id, parse_iri(form.get("iri", "")), title, version, owner_id)
        return service.add_course(session, user.tenant, course, known_to=form.get("known_to", ""), editor=_editor(user))

    try:
        _tell(transact(parts().engine, work))
    except (Invalid, Conflict) as error:
        return _render_courses(user, error), error.status
    return redirect(url_for("courses.course", course_id=course_id), HTTPStatus.SEE_OTHER)


def _owner(session: Session, user: User, words: str) -> UUID:
    found = people.find_persons(session, user.tenant, words, limit=2)
    if len(found) != 1:
        raise Invalid("name exactly one person", field="owner")
    return found[0].person_id


@blueprint.get("/courses/<uuid:course_id>")
def course(course_id: UUID) -> str:
    """One course: its addresses, and what completing it does."""
    return _render_course(require_role(ADMINISTRATOR, COURSE_OWNER), course_id)


def _render_course(user: User, course_id: UUID, error: LrsBridgeError | None = None) -> str:
    def work(session: Session) -> service.CoursePage:
        page = service.course_page(session, user.tenant, course_id)
        service.check_editor(session, user.tenant, _editor(user), page.course)
        return page

    page = read(parts().engine, work)
    return render_template("courses/course.html", page=page, error=error)


@blueprint.post("/courses/<uuid:course_id>/aliases")
def add_alias(course_id: UUID) -> Answer:
    """Makes the course known under another address."""

    def work(session: Session, user: User) -> Applied:
        alias = Alias(parse_iri(request.form.get("iri", "")), request.form.get("known_to", "").strip())
        return service.add_alias(session, user.tenant, course_id, alias, editor=_editor(user))

    return _change(course_id, work)


@blueprint.post("/courses/<uuid:course_id>/mappings")
def map_course(course_id: UUID) -> Answer:
    """Says what completing the course does for an activity; a changed mapping becomes a new version."""

    def work(session: Session, user: User) -> Applied:
        activity_id = parse_id(request.form.get("activity_id", ""), "activity_id")
        terms = parse_terms(request.form)
        return service.map_course(session, user.tenant, course_id, activity_id, terms=terms, editor=_editor(user))

    return _change(course_id, work)


@blueprint.post("/courses/<uuid:course_id>/mappings/<uuid:activity_id>/end")
def unmap_course(course_id: UUID, activity_id: UUID) -> Answer:
    """Takes a mapping out of force."""

    def work(session: Session, user: User) -> None:
        service.unmap_course(session, user.tenant, course_id, activity_id, editor=_editor(user))

    return _change(course_id, work)


def _change(course_id: UUID, work: Callable[[Session, User], Applied | None]) -> Answer:
    """Does it and shows the course again, or what is wrong with the form."""
    user = require_role(ADMINISTRATOR, COURSE_OWNER)
    try:
        applied = transact(parts().engine, lambda session: work(session, user))
    except (Invalid, Conflict) as error:
        return _render_course(user, course_id, error), error.status
    if applied is None:
        flash(_("The mapping is no longer in force."), "success")
    else:
        _tell(applied)
    return redirect(url_for("courses.course", course_id=course_id), HTTPStatus.SEE_OTHER)
