"""What learners see of hosted courses: the course, and the player."""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask_babel import get_locale
from werkzeug.wrappers import Response as AnyResponse

from lrs_bridge.cmi5.service import Outlets
from lrs_bridge.db import Session, read, transact
from lrs_bridge.errors import Conflict, Forbidden, NotFound
from lrs_bridge.hosting.attempts import service
from lrs_bridge.hosting.hosted import Attempt
from lrs_bridge.hosting.launching import service as launching
from lrs_bridge.hosting.launching.service import Unit
from lrs_bridge.hosting.library import service as library
from lrs_bridge.hosting.playing import service as playing
from lrs_bridge.packages import service as packages
from lrs_bridge.packages.recognise import Kind
from lrs_bridge.packages.ticket import PlayTicket, label_of
from lrs_bridge.web import frames
from lrs_bridge.web.auth import current_user
from lrs_bridge.web.origins import content_origin
from lrs_bridge.web.parts import parts
from lrs_bridge.web.request import at_hand
from lrs_bridge.web.user import User

blueprint = Blueprint("learn", __name__, template_folder="../templates")

Answer = AnyResponse | tuple[str, int] | str


@blueprint.get("/learn/<uuid:hosted_id>")
def course(hosted_id: UUID) -> str:
    """The course, and how far the learner has come with it."""
    return _render_course(current_user(), hosted_id)


def _render_course(user: User, hosted_id: UUID, error: Conflict | Forbidden | None = None) -> str:
    public_url = parts().settings.public_url
    page = read(
        parts().engine,
        lambda session: service.course_for_learner(session, user.tenant, hosted_id, user.person_id, public_url=public_url),
    )
    return render_template("hosting/learn.html", page=page, error=error, is_playable=bool(parts().settings.content_url))


@blueprint.post("/learn/<uuid:hosted_id>/start")
def start(hosted_id: UUID) -> Answer:
    """Goes on with the attempt that is under way, or begins one."""
    user, now = current_user(), parts().clock()
    again = request.form.get("again") == "yes"

    def work(session: Session) -> Attempt:
        hosted = library.get_hosted(session, user.tenant, hosted_id)
        learner = service.person_as_learner(
            session,
            user.tenant,
            user.person_id,
            public_url=parts().settings.public_url,
            linked=parts().identifier_linked,
            now=now,
        )
        return service.enter(session, user.tenant, hosted, learner, again=again, now=now)

    try:
        attempt = transact(parts().engine, work)
    except (Conflict, Forbidden) as error:
        return _render_course(user, hosted_id, error), error.status
    return redirect(url_for("learn.play", attempt_id=attempt.attempt_id), HTTPStatus.SEE_OTHER)


@blueprint.get("/learn/attempts/<uuid:attempt_id>")
def play(attempt_id: UUID) -> Answer:
    """The player, in which a new sitting begins each time; of courses that play themselves, what can be opened."""
    user, now = current_user(), parts().clock()
    agent = request.headers.get("User-Agent", "")

    def work(session: Session) -> tuple[Attempt, str, PlayTicket | list[Unit]]:
        attempt = service.get_own_attempt(session, user.tenant, attempt_id, user.person_id)
        title = service.title_of(session, user.tenant, attempt)
        match packages.get_package(session, user.tenant, attempt.package_id).kind:
            case Kind.CMI5:
                return attempt, title, launching.cmi5_units(session, user.tenant, attempt, outlets=_outlets(), now=now)
            case Kind.TINCAN:
                return attempt, title, launching.tincan_units(session, user.tenant, attempt)
        return attempt, title, playing.sit(session, user.tenant, attempt, user_agent=agent, wiring=_wiring(), now=now)

    origin = content_origin(parts().settings, label_of(attempt_id))
    attempt, title, found = transact(parts().engine, work)
    if isinstance(found, PlayTicket):
        return _render_player(attempt, title, found, origin)
    at_hand().form_targets = ("https:", origin)  # a course without a package may be anywhere
    return render_template("hosting/units.html", attempt=attempt, title=title, units=found)


def _render_player(attempt: Attempt, title: str, ticket: PlayTicket, origin: str) -> Answer:
    """The player. Courses that run in a window of their own find their runtime by the one that opened it, which the application's
    other pages don't let windows know.
    """
    asked = at_hand()
    asked.runs_script = True
    asked.frames_shown = (origin,)
    play = playing.play_address(parts().settings, ticket)
    response = make_response(
        render_template("hosting/play.html", attempt=attempt, title=title, ticket=ticket, origin=origin, play=play)
    )
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin-allow-popups"
    return response


def _wiring() -> playing.Wiring:
    return playing.Wiring(parts().completion_sink, parts().settings, parts().clock)


def _outlets() -> Outlets:
    return Outlets(parts().settings.public_url, parts().completion_sink, parts().attempt_news)


@blueprint.post("/learn/attempts/<uuid:attempt_id>/units/<int:place>")
def launch(attempt_id: UUID, place: int) -> Answer:
    """Opens a unit of a course that plays itself: the browser goes to where courses run."""
    user, now, settings = current_user(), parts().clock(), parts().settings
    back = settings.public_origin + frames.without_secret(url_for("learn.play", attempt_id=attempt_id))  # whatever Host says
    language = str(get_locale())

    def work(session: Session) -> str:
        attempt = service.get_own_attempt(session, user.tenant, attempt_id, user.person_id)
        kind = packages.get_package(session, user.tenant, attempt.package_id).kind
        if kind is Kind.TINCAN:
            return launching.launch_tincan(session, user.tenant, attempt, settings=settings, now=now)
        if kind is not Kind.CMI5:
            raise NotFound("this course has no units", field="place")
        begun = launching.launch_unit(
            session,
            user.tenant,
            attempt,
            place,
            outlets=_outlets(),
            settings=settings,
            return_url=back,
            language=language,
            now=now,
        )
        return begun.url

    return redirect(transact(parts().engine, work), HTTPStatus.SEE_OTHER)


@blueprint.post("/learn/attempts/<uuid:attempt_id>/sittings/<int:number>/ticket")
def renew(attempt_id: UUID, number: int) -> dict[str, str]:
    """Another ticket for a sitting whose own has expired: its learner is still logged in."""
    user, now = current_user(), parts().clock()

    def work(session: Session) -> PlayTicket:
        attempt = service.get_own_attempt(session, user.tenant, attempt_id, user.person_id)
        return playing.renewed(session, user.tenant, attempt, number, now)

    return {"play_token": playing.written_ticket(parts().settings, read(parts().engine, work))}
