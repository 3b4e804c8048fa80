"""The page on which support reads an attempt."""

from uuid import UUID

from flask import Blueprint, render_template

from lrs_bridge.db import Session, read
from lrs_bridge.hosting.calls import count_errors
from lrs_bridge.hosting.library import service as library
from lrs_bridge.hosting.support import service
from lrs_bridge.hosting.wording import FAULTS
from lrs_bridge.web.auth import require_role
from lrs_bridge.web.parts import parts
from lrs_bridge.web.user import ADMINISTRATOR, COURSE_OWNER

blueprint = Blueprint("support", __name__, template_folder="../templates")


@blueprint.get("/hosted/<uuid:hosted_id>/attempts/<uuid:attempt_id>")
def attempt(hosted_id: UUID, attempt_id: UUID) -> str:
    """One attempt: what it came to, and every call that led there."""
    user = require_role(ADMINISTRATOR, COURSE_OWNER)

    def work(session: Session) -> service.SupportPage:
        page = service.support_page(session, user.tenant, hosted_id, attempt_id, consequences=parts().consequences)
        library.check_host(session, user.tenant, user.person_id, page.hosted.course.course, parts().clock())
        return page

    page = read(parts().engine, work)
    faults = [(found, FAULTS[found.fault]) for found in page.faults]
    return render_template("hosting/attempt.html", page=page, errors=count_errors(page.commits), faults=faults)
