"""The page of users whom learning platforms know and nobody here does, for administrators."""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from lrs_bridge.db import Session, read, transact
from lrs_bridge.errors import Invalid
from lrs_bridge.lti.users import service
from lrs_bridge.people import service as people
from lrs_bridge.web.auth import require_role
from lrs_bridge.web.parts import parts
from lrs_bridge.web.user import ADMINISTRATOR

blueprint = Blueprint("lti_users", __name__, template_folder="templates")


@blueprint.get("/platforms/users")
def unknown_users() -> str:
    """Who waits, with a search for who they may be."""
    user = require_role(ADMINISTRATOR)
    text = request.args.get("text", "")
    chosen = (request.args.get("issuer", ""), request.args.get("subject", ""))

    def work(session: Session) -> str:
        waiting = service.unknown_users(session, user.tenant)
        found = people.find_persons(session, user.tenant, text) if all(chosen) else []
        return render_template("users/users.html", waiting=waiting, chosen=chosen, text=text, found=found)

    return read(parts().engine, work)


@blueprint.post("/platforms/users")
def link_user() -> Response:
    """Links one of them to a person."""
    user = require_role(ADMINISTRATOR)
    try:
        person_id = UUID(request.form.get("person_id", ""))
    except ValueError as error:
        raise Invalid("choose a person", field="person_id") from error
    issuer, subject, now = request.form.get("issuer", ""), request.form.get("subject", ""), parts().clock()

    def work(session: Session) -> None:
        service.link_unknown(
            session,
            user.tenant,
            issuer,
            subject,
            person_id,
            actor_id=user.person_id,
            launchables=parts().launchables,
            linked=parts().identifier_linked,
            now=now,
        )

    transact(parts().engine, work)
    flash(_("The user is linked, and opens their own plan from now on."), "success")
    return redirect(url_for("lti_users.unknown_users"), HTTPStatus.SEE_OTHER)
