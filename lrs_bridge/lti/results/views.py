"""The page of a platform's gradebook columns whose results are brought here, for administrators."""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from lrs_bridge.db import Session, read, transact
from lrs_bridge.errors import LrsBridgeError, NotFound
from lrs_bridge.lti.advantage import client
from lrs_bridge.lti.advantage.access import Access
from lrs_bridge.lti.advantage.grades import LineItem
from lrs_bridge.lti.advantage.service import access_to
from lrs_bridge.lti.platforms import service as platforms
from lrs_bridge.lti.results import service
from lrs_bridge.lti.results.service import Place
from lrs_bridge.web.auth import require_role
from lrs_bridge.web.parts import parts
from lrs_bridge.web.user import ADMINISTRATOR, User

blueprint = Blueprint("lti_results", __name__, template_folder="templates")


@blueprint.get("/platforms/<uuid:platform_id>/grades")
def grades(platform_id: UUID) -> str:
    """Whose results come here, and the gradebooks that more can be chosen from."""
    return _page(require_role(ADMINISTRATOR), platform_id)


@blueprint.get("/platforms/<uuid:platform_id>/grades/<uuid:link_id>")
def choose(platform_id: UUID, link_id: UUID) -> str | tuple[str, int]:
    """The columns of one gradebook as the platform lists them now."""
    user = require_role(ADMINISTRATOR)
    place, access = read(parts().engine, lambda s: _found(s, user, platform_id, link_id))
    try:
        items = client.get_line_items(access, place.lineitems_url)
    except LrsBridgeError as error:
        return _page(user, platform_id, chosen=place, error=error), error.status
    return _page(user, platform_id, chosen=place, items=items)


def _found(session: Session, user: User, platform_id: UUID, link_id: UUID) -> tuple[Place, Access]:
    place = service.get_place(session, user.tenant, link_id)
    if place.platform_id != platform_id:
        raise NotFound("there is no such link on this platform", field="link_id")
    return place, access_to(session, user.tenant, platform_id, parts().settings)


def _page(
    user: User,
    platform_id: UUID,
    *,
    chosen: Place | None = None,
    items: list[LineItem] | None = None,
    error: LrsBridgeError | None = None,
) -> str:
    def work(session: Session) -> str:
        columns = service.columns(session, user.tenant, platform_id)
        return render_template(
            "results/grades.html",
            platform=platforms.get_platform(session, user.tenant, platform_id),
            columns=columns,
            places=service.places(session, user.tenant, platform_id),
            chosen=chosen,
            items=items,
            watched={column.url for column in columns},
            error=error,
        )

    return read(parts().engine, work)


@blueprint.post("/platforms/<uuid:platform_id>/grades/<uuid:link_id>/watch")
def watch(platform_id: UUID, link_id: UUID) -> Response:
    """Brings the results of a column here from now on."""
    user, now = require_role(ADMINISTRATOR), parts().clock()
    item = LineItem(request.form.get("url", ""), request.form.get("label", "").replace("\0", ""))

    def work(session: Session) -> None:
        place, _access = _found(session, user, platform_id, link_id)
        service.watch(session, user.tenant, place, item, by=_by(user), now=now)

    transact(parts().engine, work)
    flash(_("Its results come here within minutes. Link the column to a course on the work list, so that they count."), "success")
    return _back(platform_id)


@blueprint.post("/platforms/<uuid:platform_id>/grades/columns/<uuid:line_item_id>/unwatch")
def unwatch(platform_id: UUID, line_item_id: UUID) -> Response:
    """Brings the results of a column no more."""
    user, now = require_role(ADMINISTRATOR), parts().clock()
    transact(parts().engine, lambda s: service.unwatch(s, user.tenant, line_item_id, by=_by(user), now=now))
    flash(_("Its results come here no more. What came stays."), "success")
    return _back(platform_id)


def _back(platform_id: UUID) -> Response:
    return redirect(url_for("lti_results.grades", platform_id=platform_id), HTTPStatus.SEE_OTHER)


def _by(user: User) -> str:
    return f"person:{user.person_id}"
