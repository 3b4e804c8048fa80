"""Pages of destinations, for course owners; and the page that plays a course in another learning system's frame."""

from http import HTTPStatus
from uuid import UUID, uuid4

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from lrs_bridge.db import Session, read, transact
from lrs_bridge.errors import Invalid, LrsBridgeError
from lrs_bridge.hosting.attempts import service as attempts
from lrs_bridge.hosting.destination import parse_asked, parse_destination, parse_page, written_page
from lrs_bridge.hosting.dispatch import service
from lrs_bridge.hosting.library import service as library
from lrs_bridge.hosting.playing import service as playing
from lrs_bridge.packages.ticket import PlayTicket, label_of
from lrs_bridge.scorm.dispatch.package import Edition, Texts
from lrs_bridge.web.auth import require_role
from lrs_bridge.web.origins import content_origin
from lrs_bridge.web.parts import parts
from lrs_bridge.web.request import at_hand
from lrs_bridge.web.user import ADMINISTRATOR, COURSE_OWNER, User

blueprint = Blueprint("dispatch", __name__, template_folder="../templates")

Answer = AnyResponse | tuple[str, int] | str


def _host() -> User:
    return require_role(ADMINISTRATOR, COURSE_OWNER)


def _check(session: Session, user: User, hosted_id: UUID) -> library.HostedPage:
    page = library.hosted_page(session, user.tenant, hosted_id)
    library.check_host(session, user.tenant, user.person_id, page.course.course, parts().clock())
    return page


@blueprint.get("/hosted/<uuid:hosted_id>/destinations")
def destinations(hosted_id: UUID) -> str:
    """Where the course is dispatched to."""
    return _render(_host(), hosted_id)


def _render(user: User, hosted_id: UUID, error: LrsBridgeError | None = None) -> str:
    def work(session: Session) -> tuple[library.HostedPage, list[service.DestinationLine]]:
        return _check(session, user, hosted_id), service.destinations(session, user.tenant, hosted_id)

    page, lines = read(parts().engine, work)
    return render_template("hosting/destinations.html", page=page, lines=lines, error=error, editions=list(Edition))


@blueprint.post("/hosted/<uuid:hosted_id>/destinations")
def add(hosted_id: UUID) -> Answer:
    """Adds a destination."""
    user, now = _host(), parts().clock()

    def work(session: Session) -> None:
        _check(session, user, hosted_id)
        new = parse_destination(request.form, destination_id=uuid4(), hosted_id=hosted_id, now=now)
        service.add_destination(session, user.tenant, new, by=user.person_id, now=now)

    try:
        transact(parts().engine, work)
    except Invalid as error:
        return _render(user, hosted_id, error), error.status
    flash(_("Download the package and import it there."), "success")
    return redirect(url_for("dispatch.destinations", hosted_id=hosted_id), HTTPStatus.SEE_OTHER)


@blueprint.post("/hosted/<uuid:hosted_id>/destinations/<uuid:destination_id>/end")
def end(hosted_id: UUID, destination_id: UUID) -> Answer:
    """Lets nobody in from there any more."""
    user, now = _host(), parts().clock()

    def work(session: Session) -> None:
        _check(session, user, hosted_id)
        service.end_destination(session, user.tenant, hosted_id, destination_id, by=user.person_id, now=now)

    transact(parts().engine, work)
    flash(_("Nobody can open the course from there any more."), "success")
    return redirect(url_for("dispatch.destinations", hosted_id=hosted_id), HTTPStatus.SEE_OTHER)


@blueprint.get("/hosted/<uuid:hosted_id>/destinations/<uuid:destination_id>/package.zip")
def package(hosted_id: UUID, destination_id: UUID) -> Response:
    """The package that is imported there."""
    user = _host()

    def work(session: Session) -> bytes:
        _check(session, user, hosted_id)
        found = service.get_destination(session, user.tenant, hosted_id, destination_id)
        return service.package_of(session, user.tenant, found, settings=parts().settings, texts=_texts())

    response = Response(read(parts().engine, work), mimetype="application/zip")
    response.headers["Content-Disposition"] = f'attachment; filename="dispatch-{destination_id}.zip"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _texts() -> Texts:
    return Texts(
        no_system=_(
            "The learning system that should keep your result does not answer. Close this window and open the course again."
        ),
        no_learner=_("The learning system does not say who you are. Log in there and open the course again."),
        not_loaded=_("The course does not load here. Try again, or open it in a window of its own."),
        elsewhere=_("The course is open in a window of its own. Keep this one open: it passes your result on."),
        ended=_("You have left the course, and your result is passed on. You can close this window."),
        again=_("Try again"),
        new_window=_("Open in a new window"),
        no_script=_("This course needs JavaScript."),
    )


# In the other learning system's frame. No cookie is read: the form and the page's address hold all that is needed.


@blueprint.post("/dispatch/<uuid:destination_id>")
def arrive(destination_id: UUID) -> str:
    """Plays the course for the learner whom the thin package names."""
    asked = parse_asked(request.form)
    at_hand().frame_ancestors = (asked.origin,)
    settings, now = parts().settings, parts().clock()
    agent = request.headers.get("User-Agent", "")
    secret = request.form.get("token", "")

    def work(session: Session) -> tuple[service.Arrived, PlayTicket]:
        arrived = service.arrive(session, destination_id, secret, asked, settings=settings, now=now)
        wiring = playing.Wiring(parts().completion_sink, settings, parts().clock)
        ticket = playing.sit(session, arrived.tenant, arrived.attempt, user_agent=agent, wiring=wiring, now=now)
        return arrived, ticket

    arrived, ticket = transact(parts().engine, work)
    page = written_page(arrived.tenant, arrived.attempt.attempt_id, ticket.session, key=service.secrets_key(settings), now=now)
    origin = content_origin(settings, label_of(arrived.attempt.attempt_id))
    at_hand().runs_script = True
    at_hand().frames_shown = (origin,)
    return render_template(
        "hosting/dispatched.html",
        attempt=arrived.attempt,
        title=arrived.title,
        ticket=ticket,
        origin=origin,
        play=playing.play_address(settings, ticket),
        renew=url_for("dispatch.renew", page=page),
        host_origin=asked.origin,
    )


@blueprint.post("/dispatch/pages/<page>/ticket")
def renew(page: str) -> dict[str, str]:
    """Another ticket for a page whose own has expired."""
    now = parts().clock()
    tenant, attempt_id, number = parse_page(page, key=service.secrets_key(parts().settings), now=now)

    def work(session: Session) -> PlayTicket:
        attempt = attempts.get_attempt(session, tenant, attempt_id)
        service.check_open(session, tenant, attempt)
        return playing.renewed(session, tenant, attempt, number, now)

    return {"play_token": playing.written_ticket(parts().settings, read(parts().engine, work))}
