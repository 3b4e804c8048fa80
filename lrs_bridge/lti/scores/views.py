"""The page of the scores that go to a platform, for administrators; and their gauges."""

from collections.abc import Callable, Iterable
from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import ngettext
from werkzeug.wrappers import Response

from lrs_bridge.db import Session, read, transact
from lrs_bridge.errors import NotFound
from lrs_bridge.lti.platforms import service as platforms
from lrs_bridge.lti.scores import service
from lrs_bridge.lti.scores.delivery import State
from lrs_bridge.lti.scores.service import Count
from lrs_bridge.people import service as people
from lrs_bridge.web.auth import require_role
from lrs_bridge.web.metrics import Gauge
from lrs_bridge.web.parts import Parts, parts
from lrs_bridge.web.user import ADMINISTRATOR

blueprint = Blueprint("lti_scores", __name__, template_folder="templates")


@blueprint.get("/platforms/<uuid:platform_id>/scores")
def scores(platform_id: UUID) -> str:
    """What waits, what was refused and can be sent again, and what was sent lately."""
    user = require_role(ADMINISTRATOR)

    def work(session: Session) -> str:
        platform = platforms.get_platform(session, user.tenant, platform_id)
        lists = {
            "failed": service.scores_of(session, user.tenant, platform_id, [State.FAILED]),
            "waiting": service.scores_of(session, user.tenant, platform_id, [State.WAITING]),
            "sent": service.scores_of(session, user.tenant, platform_id, [State.SENT, State.NEWER_THERE]),
        }
        ids = {one.person_id for some in lists.values() for one in some if one.person_id}
        names = people.persons(session, user.tenant, ids)
        return render_template("scores/scores.html", platform=platform, names=names, **lists)

    return read(parts().engine, work)


@blueprint.post("/platforms/<uuid:platform_id>/scores/resend")
def resend(platform_id: UUID) -> Response:
    """Sends one score again, or all that failed."""
    user, now = require_role(ADMINISTRATOR), parts().clock()
    wanted = _score_id(request.form.get("score_id", ""))
    by = f"person:{user.person_id}"
    again = transact(parts().engine, lambda s: service.resend(s, user.tenant, platform_id, wanted, by=by, now=now))
    told = ngettext("%(num)s score is on its way again.", "%(num)s scores are on their way again.", again)
    flash(told, "success")
    return redirect(url_for("lti_scores.scores", platform_id=platform_id), HTTPStatus.SEE_OTHER)


def _score_id(written: str) -> UUID | None:
    try:
        return UUID(written) if written else None
    except ValueError as error:
        raise NotFound("there is no such score", field="score_id") from error


def gauges(wired: Parts) -> Iterable[Gauge]:
    """How the outboxes fare, by tenant, for Prometheus."""
    found = read(wired.engine, service.counts)
    now = wired.clock()

    def of(value: Callable[[Count], float]) -> dict[tuple[str, ...], float]:
        return {(one.tenant,): value(one) for one in found}

    def age(one: Count) -> float:
        return max((now - one.waiting_since).total_seconds(), 0.0) if one.waiting_since else 0.0

    return (
        Gauge("lrs_bridge_lti_scores_waiting", "Scores that wait to be sent.", ("tenant",), of(lambda one: one.waiting)),
        Gauge("lrs_bridge_lti_scores_failed", "Scores that were refused.", ("tenant",), of(lambda one: one.failed)),
        Gauge("lrs_bridge_lti_scores_oldest_seconds", "How long the oldest waits.", ("tenant",), of(age)),
    )
