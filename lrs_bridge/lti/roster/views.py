"""In a learning platform's frame: the roster of a course, and one learner's work."""

import time
from dataclasses import dataclass, replace
from http import HTTPStatus

from flask import Blueprint, render_template, request

from lrs_bridge.db import Session, read, transact
from lrs_bridge.errors import Forbidden
from lrs_bridge.lti.advantage import client
from lrs_bridge.lti.advantage import service as advantage
from lrs_bridge.lti.advantage.access import Access
from lrs_bridge.lti.advantage.groups import Group
from lrs_bridge.lti.advantage.members import Member
from lrs_bridge.lti.launch import service as launches
from lrs_bridge.lti.launch.roles import is_teacher
from lrs_bridge.lti.launch.service import LaunchSession
from lrs_bridge.lti.platforms.platform import Version
from lrs_bridge.lti.roster import service
from lrs_bridge.lti.roster.roster import learners
from lrs_bridge.lti.roster.service import Placed
from lrs_bridge.ports import Launchable
from lrs_bridge.web import frames
from lrs_bridge.web.parts import parts
from lrs_bridge.web.patience import in_request
from lrs_bridge.web.reply import CallFailed

_NO_SUCH_LINK = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY})

blueprint = Blueprint("lti_roster", __name__, template_folder="templates")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the platform said of its course. ``trouble`` is why it could not be asked; then they are those known already."""

    members: list[Member]
    groups: list[Group]
    trouble: CallFailed | None = None


@blueprint.get("/lti/roster")
def roster() -> str:
    """Each learner of the course, with how far they have come with what is placed."""
    launched = _launched()
    if not is_teacher(launched.launch.roles):
        raise Forbidden("only those who teach the course see its roster", rule="NRPS 2.0")
    placed = read(parts().engine, lambda session: service.placed_at(session, launched.tenant, launched.link_id))
    asked = _asked(launched, placed)
    group_id = request.args.get("group") or None
    shown = learners(asked.members, group_id)
    now = parts().clock()

    def work(session: Session) -> str:
        found = service.roster_of(session, launched, placed, shown, launchables=parts().launchables, now=now)
        named = parts().launchables.find(session, launched.tenant, *placed.place)
        seen = service.sees_records(session, launched, {line.person_id for line in found.lines if line.person_id}, now)
        return _page(launched, placed, named, roster=found, asked=asked, group_id=group_id, seen=seen)

    return transact(parts().engine, work)


def _page(launched: LaunchSession, placed: Placed, named: Launchable | None, **more: object) -> str:
    return render_template(
        "roster/roster.html", launch=launched.launch, person_id=launched.person_id, placed=placed, named=named, **more
    )


def _launched() -> LaunchSession:
    frame = frames.required()
    return read(parts().engine, lambda session: launches.get_session(session, frame.tenant, frame.session_id))


def _asked(launched: LaunchSession, placed: Placed) -> Asked:
    """Asks the platform who is in the course. Where it offers no roster, or none comes, it is who has opened the link so far."""
    engine = parts().engine
    trouble = None
    if placed.memberships_url and launched.launch.version == Version.V1P3:
        try:
            access = read(engine, lambda s: advantage.access_to(s, launched.tenant, placed.platform_id, parts().settings))
            access = replace(access, limits=in_request(time.monotonic()))
            members = _members(access, placed.memberships_url, placed)
            groups = client.get_groups(access, placed.groups_url) if placed.groups_url else []
            return Asked(members, groups)
        except CallFailed as error:
            trouble = error
    known = read(engine, lambda session: service.known_learners(session, launched.tenant, placed))
    return Asked(known, [], trouble)


def _members(access: Access, url: str, placed: Placed) -> list[Member]:
    """Those to whom the link is open, and all of the course where the platform does not tell them apart (NRPS 3.2)."""
    groups = placed.groups_url is not None
    try:
        page = client.get_members(access, url, resource_link_id=placed.resource_link_id, with_groups=groups)
    except CallFailed as error:
        if placed.resource_link_id is None or error.http_status not in _NO_SUCH_LINK:
            raise
        page = client.get_members(access, url, with_groups=groups)
    return list(page.members)


@blueprint.get("/lti/review")
def review() -> str:
    """One learner's work, for whoever grades it, or the learner (Submission Review 1.0)."""
    launched = _launched()
    launch, now = launched.launch, parts().clock()
    subject = launch.for_subject
    if subject is None or not (is_teacher(launch.roles) or subject == launch.subject):
        raise Forbidden("only teachers see others' work", rule="Submission Review 1.0")

    def work(session: Session) -> str:
        placed = service.reviewed_at(session, launched)
        member = Member(subject, (), is_active=True, name=launch.name if subject == launch.subject else None)
        known = [each for each in service.known_learners(session, launched.tenant, placed) if each.subject == subject]
        found = service.roster_of(session, launched, placed, known or [member], launchables=parts().launchables, now=now)
        named = parts().launchables.find(session, launched.tenant, *placed.place)
        seen = service.sees_records(session, launched, {line.person_id for line in found.lines if line.person_id}, now)
        return render_template("roster/review.html", line=found.lines[0], named=named, seen=seen)

    return transact(parts().engine, work)
