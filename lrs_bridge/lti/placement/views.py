"""In a learning platform's frame: choosing what to place in a course, and what is to be said of what is placed."""

import secrets
from collections.abc import Sequence
from http import HTTPStatus

from flask import Blueprint, make_response, render_template, request
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from lrs_bridge.db import Session, read
from lrs_bridge.errors import Forbidden, Invalid, NotFound
from lrs_bridge.lti.launch import service as launches
from lrs_bridge.lti.launch.launch import DeepLinkingSettings
from lrs_bridge.lti.launch.login import origin_of
from lrs_bridge.lti.launch.service import LaunchSession
from lrs_bridge.lti.legacy import service as legacy
from lrs_bridge.lti.legacy.content_item import Item, selection_form
from lrs_bridge.lti.placement.deep_linking import MAXIMUM, Chosen, resource_id, response_claims, takes_links
from lrs_bridge.lti.placement.place import PLAN, Place, address_of, custom_of, place_of
from lrs_bridge.lti.platforms import service as platforms
from lrs_bridge.lti.platforms.keys import sign_jwt
from lrs_bridge.lti.platforms.platform import Version
from lrs_bridge.ports import Launchable
from lrs_bridge.web import frames
from lrs_bridge.web.parts import parts
from lrs_bridge.web.request import at_hand

blueprint = Blueprint("lti_placement", __name__, template_folder="templates")

FOUND_AT_MOST = 50


@blueprint.get("/lti/place")
def place() -> str:
    """What can be placed, with a search."""
    found, settings = _placing()
    return _picker(found, settings)


def _picker(found: LaunchSession, settings: DeepLinkingSettings, error: Invalid | None = None) -> str:
    words = request.args.get("q", "").strip()[:100]

    def work(session: Session) -> list[Launchable]:
        return parts().launchables.search(session, found.tenant, words, FOUND_AT_MOST)

    offered = read(parts().engine, work)
    return render_template(
        "placement/place.html",
        launch=found.launch,
        settings=settings,
        offered=offered,
        words=words,
        error=error,
        most=FOUND_AT_MOST,
    )


@blueprint.post("/lti/place")
def placed() -> Response:
    """Sends what was chosen to the platform, by a form that the browser posts there."""
    found, settings = _placing()
    try:
        chosen = _chosen(found, settings)
    except Invalid as error:
        return make_response(_picker(found, settings, error), error.status)
    fields = _of_1p1(found, settings, chosen) if found.launch.version == Version.V1P1 else _of_1p3(found, settings, chosen)
    at_hand().form_targets = (origin_of(settings.return_url),)
    return make_response(render_template("placement/sent.html", action=settings.return_url, fields=fields))


def _placing() -> tuple[LaunchSession, DeepLinkingSettings]:
    found = _launched()
    settings = found.launch.deep_linking
    if settings is None:
        raise NotFound("this page is opened when something is placed in a course")
    if not takes_links(settings):
        raise Forbidden("the platform takes no LTI links here", rule="Deep Linking 2.0 4.4.1")
    return found, settings


def _launched() -> LaunchSession:
    frame = frames.required()
    return read(parts().engine, lambda session: launches.get_session(session, frame.tenant, frame.session_id))


def _chosen(found: LaunchSession, settings: DeepLinkingSettings) -> list[Chosen]:
    """What was ticked. Raises Invalid when that is nothing, or more than the platform takes."""
    named = [Place(*text.partition(":")[::2]) for text in dict.fromkeys(request.form.getlist("place"))]
    if not named:
        raise Invalid("choose at least one", field="place", rule="none")
    if len(named) > 1 and not settings.accept_multiple:
        raise Invalid("the platform takes one at a time", field="place", rule="one")
    graded = settings.accept_lineitem and "graded" in request.form

    def work(session: Session) -> list[Launchable | None]:
        return [parts().launchables.find(session, found.tenant, *each) for each in named]

    there = read(parts().engine, work)
    if None in there:
        raise Invalid("one of them is not here any more", field="place", rule="gone")
    return [Chosen(Place(one.kind, one.id), *_words(one), graded=graded and one.is_graded) for one in there if one]


def _words(one: Launchable) -> tuple[str, str]:
    """Title and text as the course shows them: the plan's in the language of whoever places it."""
    return (_("My plan"), _("Each resident sees their own.")) if one.kind == PLAN.kind else (one.title, one.description)


def _of_1p3(found: LaunchSession, settings: DeepLinkingSettings, chosen: Sequence[Chosen]) -> dict[str, str]:
    nonce, wired = secrets.token_urlsafe(16), parts()
    claims = response_claims(chosen, found.launch, settings, public_url=wired.settings.public_url, nonce=nonce, now=wired.clock())
    key = read(wired.engine, lambda session: platforms.current_key(session, found.tenant, master_key=wired.settings.master_key))
    return {"JWT": sign_jwt(key, claims)}


def _of_1p1(found: LaunchSession, settings: DeepLinkingSettings, chosen: Sequence[Chosen]) -> dict[str, str]:
    wired = parts()
    items = [
        Item(
            url=address_of(each.place, wired.settings.public_url).replace("/lti/launch", "/lti/1p1/launch", 1),
            title=each.title,
            text=each.text,
            custom=custom_of(each.place),
            resource_id=resource_id(each.place),
            maximum=MAXIMUM if each.graded else None,
        )
        for each in chosen
    ]

    def work(session: Session) -> str:
        consumer = legacy.get_consumer(session, found.tenant, found.platform_id)
        return legacy.secret_of(consumer, wired.settings.master_key)

    return selection_form(
        items,
        return_url=settings.return_url,
        consumer_key=found.launch.client_id,
        secret=read(wired.engine, work),
        nonce=secrets.token_urlsafe(16),
        now=wired.clock(),
        data=settings.data,
    )


@blueprint.get("/lti/here")
def here() -> tuple[str, int]:
    """What a learner sees in whose plan the activity that is placed does not stand."""
    found = _launched()

    def work(session: Session) -> Launchable | None:
        return parts().launchables.find(session, found.tenant, *place_of(found.launch))

    return render_template("placement/here.html", placed=read(parts().engine, work)), HTTPStatus.OK
