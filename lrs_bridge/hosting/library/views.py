"""Pages of hosted courses, for their owners and administrators: upload, look, preview, new versions, policy."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import BinaryIO, cast
from uuid import UUID

from flask import Blueprint, flash, get_template_attribute, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from lrs_bridge.db import Session, read, transact
from lrs_bridge.errors import Conflict, Forbidden, Invalid, LrsBridgeError
from lrs_bridge.hosting.attempts import service as attempts
from lrs_bridge.hosting.hosted import parse_policy
from lrs_bridge.hosting.library import service
from lrs_bridge.hosting.library.service import Uploaded
from lrs_bridge.hosting.outline import outline_of
from lrs_bridge.hosting.wording import Told, told, told_of
from lrs_bridge.packages.archive import Limits
from lrs_bridge.packages.notice import Refused
from lrs_bridge.plans.courses.service import Editor
from lrs_bridge.web.auth import current_user, require_role
from lrs_bridge.web.errors import error_document, wants_json
from lrs_bridge.web.parts import parts
from lrs_bridge.web.request import at_hand
from lrs_bridge.web.user import ADMINISTRATOR, COURSE_OWNER, User

blueprint = Blueprint("hosted", __name__, template_folder="../templates")

PAGE_SIZE = 50
UPLOADING = ("hosted.upload", "hosted.add_version")
"""Views that take packages, of which a form is larger than others."""
HOSTS = (ADMINISTRATOR, COURSE_OWNER)
Answer = Response | tuple[str | Response, int] | str


def _host() -> User:
    return require_role(*HOSTS)


def _editor(user: User) -> Editor:
    return Editor(user.person_id, parts().system_signer, parts().clock())


@blueprint.get("/hosted")
def courses() -> str:
    """Hosted courses: all for administrators, else one's own."""
    user = _host()
    words = request.args.get("q", "")
    number = min(max(request.args.get("page", 1, type=int), 1), 100_000)
    owner_id = None if ADMINISTRATOR in user.roles else user.person_id

    def work(session: Session) -> list[service.HostedLine]:
        return service.hosted_lines(session, user.tenant, words, owner_id, PAGE_SIZE + 1, (number - 1) * PAGE_SIZE)

    lines = read(parts().engine, work)
    today = parts().clock().date()
    more = len(lines) > PAGE_SIZE
    return render_template("hosting/courses.html", lines=lines[:PAGE_SIZE], words=words, number=number, more=more, today=today)


@blueprint.get("/hosted/new")
def new() -> str:
    """The form that takes a package."""
    _host()
    return _render_new()


def _render_new(refused: tuple[Told, ...] = ()) -> str:
    at_hand().runs_script = True
    return render_template("hosting/new.html", refused=refused, most=parts().settings.max_package_bytes)


@blueprint.post("/hosted/new")
def upload() -> Answer:
    """Takes a package and makes a course of it."""
    user = _host()
    try:
        uploaded = _take(user)
        owner_id, public_url = user.person_id, parts().settings.public_url
        hosted_id = transact(
            parts().engine,
            lambda session: service.add_hosted(session, uploaded, owner_id=owner_id, public_url=public_url, editor=_editor(user)),
        )
    except (Invalid, Conflict) as error:
        return _refused(error, _render_new)
    return _go_on(url_for("hosted.course", hosted_id=hosted_id))


def _take(user: User) -> Uploaded:
    sent: FileStorage | None = request.files.get("package")
    if sent is None or not sent.filename:
        raise Invalid("choose a file", field="package")
    settings = parts().settings
    return service.take_upload(
        cast(BinaryIO, sent.stream),
        sent.filename,
        tenant=user.tenant,
        data_dir=settings.data_dir,
        limits=Limits(),
        by=user.person_id,
        now=parts().clock(),
    )


def _refused(error: LrsBridgeError, page: Callable[[tuple[Told, ...]], str]) -> Answer:
    """What is wrong with a package: on the page, or to the script that sent it, as the part of the page that tells it."""
    found = told_of(error)
    if not wants_json():
        return page(found), error.status
    problems = [
        {"code": one.code, "message": one.message, "place": one.place, "rule": one.rule}
        for one in (error.problems if isinstance(error, Refused) else ())
    ]
    document = {**error_document(error, at_hand().id), "problems": problems}
    return {**document, "told": get_template_attribute("hosting/words.html", "told")(found)}, error.status  # type: ignore[return-value]


def _go_on(address: str) -> Answer:
    if wants_json():
        return {"next": address}, HTTPStatus.CREATED  # type: ignore[return-value]
    return redirect(address, HTTPStatus.SEE_OTHER)


@blueprint.get("/hosted/<uuid:hosted_id>")
def course(hosted_id: UUID) -> Answer:
    """One hosted course: for its owner what it is, for everybody else the page to take it on."""
    user = current_user()
    try:
        return _render_course(user, hosted_id)
    except Forbidden:
        return redirect(url_for("learn.course", hosted_id=hosted_id), HTTPStatus.SEE_OTHER)


def _render_course(user: User, hosted_id: UUID, *, refused: tuple[Told, ...] = (), error: LrsBridgeError | None = None) -> str:
    at_hand().runs_script = True

    def work(session: Session) -> service.HostedPage:
        page = service.hosted_page(session, user.tenant, hosted_id)
        service.check_host(session, user.tenant, user.person_id, page.course.course, parts().clock())
        return page

    page = read(parts().engine, work)
    return render_template(
        "hosting/course.html",
        page=page,
        outline=outline_of(page.structure),
        noticed=told(page.versions[0].package.notices),
        refused=refused,
        error=error,
        most=parts().settings.max_package_bytes,
        is_playable=bool(parts().settings.content_url),
        today=parts().clock().date(),
    )


@blueprint.post("/hosted/<uuid:hosted_id>/versions")
def add_version(hosted_id: UUID) -> Answer:
    """Takes a package that new attempts begin in from now on."""
    user = _host()
    try:
        uploaded = _take(user)
        transact(parts().engine, lambda session: service.add_version(session, hosted_id, uploaded, editor=_editor(user)))
    except (Invalid, Conflict) as error:
        return _refused(error, lambda found: _render_course(user, hosted_id, refused=found))
    flash(_("New attempts begin in this version. Those under way go on in theirs."), "success")
    return _go_on(url_for("hosted.course", hosted_id=hosted_id))


@blueprint.post("/hosted/<uuid:hosted_id>/policy")
def change_policy(hosted_id: UUID) -> Answer:
    """Says how the course is taken."""
    user = _host()
    try:
        policy = parse_policy(request.form)
        transact(
            parts().engine, lambda session: service.change_policy(session, user.tenant, hosted_id, policy, editor=_editor(user))
        )
    except Invalid as error:
        return _render_course(user, hosted_id, error=error), error.status
    flash(_("Saved."), "success")
    return redirect(url_for("hosted.course", hosted_id=hosted_id), HTTPStatus.SEE_OTHER)


@blueprint.post("/hosted/<uuid:hosted_id>/preview")
def preview(hosted_id: UUID) -> Answer:
    """Plays the newest version for its owner; nothing of it counts."""
    user = _host()
    now: datetime = parts().clock()

    def work(session: Session) -> UUID:
        hosted = service.get_hosted(session, user.tenant, hosted_id)
        page = service.hosted_page(session, user.tenant, hosted_id)
        service.check_host(session, user.tenant, user.person_id, page.course.course, now)
        learner = attempts.person_as_learner(
            session,
            user.tenant,
            user.person_id,
            public_url=parts().settings.public_url,
            linked=parts().identifier_linked,
            now=now,
        )
        return attempts.preview(session, user.tenant, hosted, learner, now=now).attempt_id

    attempt_id = transact(parts().engine, work)
    return redirect(url_for("learn.play", attempt_id=attempt_id), HTTPStatus.SEE_OTHER)


@blueprint.get("/hosted/<uuid:hosted_id>/attempts")
def attempt_list(hosted_id: UUID) -> str:
    """The attempts at a course, for support."""
    user = _host()
    number = min(max(request.args.get("page", 1, type=int), 1), 100_000)

    def work(session: Session) -> tuple[service.HostedPage, list[attempts.AttemptLine]]:
        page = service.hosted_page(session, user.tenant, hosted_id)
        service.check_host(session, user.tenant, user.person_id, page.course.course, parts().clock())
        return page, attempts.attempt_lines(session, user.tenant, hosted_id, PAGE_SIZE + 1, (number - 1) * PAGE_SIZE)

    page, lines = read(parts().engine, work)
    more = len(lines) > PAGE_SIZE
    return render_template("hosting/attempts.html", page=page, lines=lines[:PAGE_SIZE], number=number, more=more)
