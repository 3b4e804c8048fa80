"""``/api/cmi5``: courses imported, learners registered, AUs launched, waived and abandoned, by programs (docs/cmi5.md).

Authenticated by a key of the LRS with scope ``all``; no cookie is read.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import BinaryIO, TypeVar
from uuid import UUID, uuid4

from flask import Blueprint, Response, jsonify, request
from werkzeug.wrappers import Response as AnyResponse

from lrs_bridge.cmi5 import service
from lrs_bridge.cmi5.administration.asked import (
    Enrolling,
    Launching,
    Waiving,
    actor_document,
    course_document,
    ending_of,
    learner_of,
    name_of,
    outcome_document,
    parse_asked,
    parse_owner,
    session_document,
)
from lrs_bridge.cmi5.service import Outlets, Standing
from lrs_bridge.db import Session, read, transact
from lrs_bridge.errors import Forbidden, LrsBridgeError
from lrs_bridge.web import errors
from lrs_bridge.web.parts import parts
from lrs_bridge.web.request import at_hand
from lrs_bridge.xapi.credentials import service as credentials
from lrs_bridge.xapi.credentials.authorization import challenge
from lrs_bridge.xapi.credentials.credential import Scope

blueprint = Blueprint("cmi5_administration", __name__, url_prefix="/api/cmi5")

PACKAGES = ("cmi5_administration.import_course",)
"""Views that take a course package as their body."""
PIECE = 256 * 1024
T = TypeVar("T")


@blueprint.post("/courses")
def import_course() -> tuple[Response, int]:
    """Takes a package, which is the body, and makes a course of it."""
    tenant, wired = _tenant(), parts()
    ending, owner_id = ending_of(request.headers.get("Content-Type", "")), parse_owner(request.args.get("owner"))
    with _received() as file:
        course_id = wired.course_host.take(file, f"package{ending}", tenant=tenant, owner_id=owner_id, now=wired.clock())
    return jsonify(_course(tenant, course_id)), HTTPStatus.CREATED


@blueprint.get("/courses/<uuid:course_id>")
def course(course_id: UUID) -> Response:
    """A course and its AUs."""
    return jsonify(_course(_tenant(), course_id))


@blueprint.post("/courses/<uuid:course_id>/registrations")
def register(course_id: UUID) -> tuple[Response, int]:
    """Registers a learner."""
    tenant, asked = _tenant(), parse_asked(request.get_data(), Enrolling)
    registration = asked.registration or uuid4()
    _change(lambda session: _begin(session, tenant, course_id, asked, registration))
    return jsonify(registration=str(registration)), HTTPStatus.CREATED


@blueprint.post("/courses/<uuid:course_id>/launch-url")
def launch_url(course_id: UUID) -> tuple[Response, int]:
    """Begins a session of an AU; the answer has the URL to open."""
    tenant, asked = _tenant(), parse_asked(request.get_data(), Launching)
    registration, now = asked.registration or uuid4(), parts().clock()
    learner_of(asked.actor)

    def work(session: Session) -> service.Launch:
        if asked.registration is None or service.find_registration(session, tenant, registration) is None:
            _begin(session, tenant, course_id, asked, registration)
        service.check_registration(
            session,
            tenant,
            registration,
            parts().course_host.get_content(session, tenant, course_id).iri,
            learner_of(asked.actor),
        )
        return service.launch(
            session,
            tenant,
            registration,
            asked.au,
            outlets=_outlets(),
            now=now,
            mode=asked.mode,
            files_url=parts().course_host.files_url(session, tenant, registration, now=now),
            return_url=asked.returnUrl,
            language=asked.language,
        )

    begun = _change(work)
    told = {"registration": str(registration), "session": str(begun.session_id), "activityId": begun.activity_id}
    return jsonify(url=begun.url, launchMethod=begun.method, **told), HTTPStatus.CREATED


@blueprint.post("/registrations/<uuid:registration>/waive")
def waive(registration: UUID) -> Response:
    """Waives an AU."""
    tenant, asked, now = _tenant(), parse_asked(request.get_data(), Waiving), parts().clock()
    _change(lambda session: service.waive(session, tenant, registration, asked.au, asked.reason, outlets=_outlets(), now=now))
    return jsonify(_standing(tenant, registration))


@blueprint.post("/sessions/<uuid:session_id>/abandon")
def abandon(session_id: UUID) -> Response:
    """Abandons a session, unless it has ended."""
    tenant, now = _tenant(), parts().clock()
    _change(lambda session: service.abandon(session, tenant, session_id, outlets=_outlets(), now=now))
    found = read(parts().engine, lambda session: service.get_session(session, tenant, session_id))
    return jsonify(session_document(found))


@blueprint.get("/registrations/<uuid:registration>")
def registration(registration: UUID) -> Response:
    """How a registration stands."""
    return jsonify(_standing(_tenant(), registration))


def _tenant() -> str:
    """The tenant whose key asks. Raises Unauthenticated, and Forbidden unless the key may do everything."""
    now = parts().clock()
    found = read(parts().engine, lambda session: credentials.authenticate(session, request.headers.get("Authorization"), now))
    if Scope.ALL not in found.scopes:
        raise Forbidden("this key may not administer courses; it needs the scope all", field="Authorization", rule="docs/cmi5.md")
    at_hand().tenant = found.tenant
    return found.tenant


@contextmanager
def _received() -> Iterator[BinaryIO]:
    """The body, on disk meanwhile: a package may be larger than memory. One that is too large is refused by Werkzeug."""
    folder = parts().settings.data_dir / "uploads"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as file:
        while piece := request.stream.read(PIECE):
            file.write(piece)
        file.seek(0)
        yield file


def _begin(session: Session, tenant: str, course_id: UUID, asked: Enrolling | Launching, registration: UUID) -> None:
    learner, name, now = learner_of(asked.actor), name_of(asked.actor), parts().clock()
    parts().course_host.begin(session, tenant, course_id, id=registration, learner=learner, name=name, now=now)


def _change(work: Callable[[Session], T]) -> T:
    return transact(parts().engine, work)


def _outlets() -> Outlets:
    return Outlets(parts().settings.public_url, parts().completion_sink, parts().attempt_news)


def _course(tenant: str, course_id: UUID) -> dict[str, object]:
    return course_document(read(parts().engine, lambda session: parts().course_host.get_content(session, tenant, course_id)))


def _standing(tenant: str, registration: UUID) -> dict[str, object]:
    found: Standing = read(parts().engine, lambda session: service.standing(session, tenant, registration))
    return {
        "registration": str(registration),
        "actor": actor_document(found.registration.learner),
        "satisfiedAt": found.satisfied_at.isoformat() if found.satisfied_at else None,
        "outcome": outcome_document(found.outcome),
        "aus": [
            {
                "index": place,
                "publisherId": each.publisher_id,
                "activityId": each.activity_id,
                "moveOn": each.move_on,
                "satisfied": each.satisfied,
                "completed": each.progress.completed,
                "passed": each.progress.passed,
                "failed": each.progress.failed,
                "waived": each.progress.waived,
            }
            for place, each in enumerate(found.units)
        ],
        "sessions": [session_document(each) for each in found.sessions],
    }


@blueprint.errorhandler(LrsBridgeError)
def refuse(error: LrsBridgeError) -> AnyResponse:
    """The error in JSON, and how to authenticate where that is what was wrong."""
    response = errors.respond(error)
    asked_for = challenge(error, request.headers.get("Authorization"), from_page=False)
    if asked_for:
        response.headers["WWW-Authenticate"] = asked_for
    return response
