"""Pages of signing: the inbox, a record to decide on, the public page of an attestation; the published keys, chain and log."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import UUID

import msgspec
from flask import Blueprint, Response, flash, jsonify, make_response, redirect, render_template, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from lrs_bridge.db import Session, read, transact
from lrs_bridge.errors import Conflict, Invalid
from lrs_bridge.lti.platforms import service as platforms
from lrs_bridge.people import service as people
from lrs_bridge.people.access import Action
from lrs_bridge.people.period import day_of
from lrs_bridge.plans import service as plans
from lrs_bridge.plans.record import Record, State
from lrs_bridge.signing import service
from lrs_bridge.signing.attestation import Login
from lrs_bridge.signing.badges import service as badges
from lrs_bridge.signing.decision import MAX_COMMENT
from lrs_bridge.signing.document import jwks_url
from lrs_bridge.signing.examination import Examination, Standing
from lrs_bridge.signing.excerpt import Excerpt, excerpt
from lrs_bridge.signing.log import service as log
from lrs_bridge.web.auth import current_user, known_user, require_role
from lrs_bridge.web.parts import parts
from lrs_bridge.web.user import SIGNER, User

blueprint = Blueprint("signing", __name__, template_folder="templates")

DECIDED_SHOWN = 20
KEYS_KEPT_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Inbox:
    """What waits for a signer, what is contested of theirs to uphold (whoever signed it), and what they decided lately.

    ``followed`` are the residents whose records the signer may still open; relations end, decisions stay.
    """

    waiting: list[Record]
    contested: list[Record]
    decided: list[Record]
    names: dict[UUID, str]
    followed: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class RecordPage:
    """A record as one person sees it: with evidence by (source, id), and what that person may do about it."""

    record: Record
    names: dict[UUID, str]
    excerpts: dict[tuple[str, str], Excerpt | None]
    attestation: UUID | None
    may_decide: bool
    may_uphold: bool


@blueprint.get("/signing")
def inbox() -> str:
    """Records sent for signing, oldest first."""
    user = require_role(SIGNER)
    return render_template("signing/inbox.html", inbox=read(parts().engine, lambda session: _inbox(session, user)))


def _inbox(session: Session, user: User) -> Inbox:
    now = parts().clock()
    waiting = plans.records_for_signer(session, user.tenant, user.person_id, now)
    contested = plans.contested_for_signer(session, user.tenant, user.person_id, now)
    listed = {record.record_id for record in contested}
    lately = plans.records_decided_by(session, user.tenant, user.person_id, limit=DECIDED_SHOWN)
    decided = [record for record in lately if record.record_id not in listed]
    residents = {record.person_id for record in decided}

    def may_see(resident: UUID) -> bool:
        return people.may(session, user.tenant, user.person_id, Action.VIEW_EVIDENCE, resident, now)

    return Inbox(
        waiting=waiting,
        contested=contested,
        decided=decided,
        names=_names(session, user.tenant, *waiting, *contested, *decided),
        followed=frozenset(resident for resident in residents if may_see(resident)),
    )


def _names(session: Session, tenant: str, *records: Record) -> dict[UUID, str]:
    ids = {record.person_id for record in records} | {record.signer_id for record in records if record.signer_id}
    ids |= {event.actor_id for record in records for event in record.events if event.actor_id}
    ids |= {event.on_behalf_of for record in records for event in record.events if event.on_behalf_of}
    return {person_id: person.name for person_id, person in people.persons(session, tenant, ids).items()}


@blueprint.get("/signing/records/<uuid:record_id>")
def record_page(record_id: UUID) -> str:
    """A record with all its evidence, and the decisions that are the reader's to take."""
    return _render_record(current_user(), record_id)


def _render_record(user: User, record_id: UUID, error: Invalid | Conflict | None = None) -> str:
    page = read(parts().engine, lambda session: _record_page(session, user, record_id))
    form = {"sign": "", "return": "", "uphold": "", request.path.rpartition("/")[2]: request.form.get("comment", "")}
    return render_template("signing/record.html", page=page, error=error, form=form, max_comment=MAX_COMMENT)


def _record_page(session: Session, user: User, record_id: UUID) -> RecordPage:
    now = parts().clock()
    record = service.visible_record(session, user.tenant, record_id, actor_id=user.person_id, now=now)
    contents = service.evidence_contents(session, user.tenant, record, parts().evidence_source)

    def may(action: Action) -> bool:
        return people.may(session, user.tenant, user.person_id, action, record.person_id, now)

    reference = service.attestations_of(session, user.tenant, [record_id]).get(record_id)
    return RecordPage(
        record=record,
        names=_names(session, user.tenant, record),
        excerpts={
            place: excerpt(content, str(get_locale())) if content is not None else None for place, content in contents.items()
        },
        attestation=reference.attestation_id if reference else None,
        may_decide=record.state is State.SENT and record.signer_id in (None, user.person_id) and may(Action.SIGN_RECORD),
        may_uphold=record.state is State.CONTESTED and may(Action.UPHOLD_RECORD),
    )


@blueprint.post("/signing/records/<uuid:record_id>/sign")
def sign(record_id: UUID) -> AnyResponse:
    """Signs the record as it was shown."""
    user = current_user()

    def work(session: Session) -> None:
        service.sign_record(
            session,
            user.tenant,
            record_id,
            actor_id=user.person_id,
            comment=request.form.get("comment"),
            now=parts().clock(),
            master_key=parts().settings.master_key,
            public_url=parts().settings.public_url,
            seen_revision=_seen_revision(),
            login=Login(user.provider, user.assurance),
        )

    return _decide(user, record_id, work, done=_("Signed. The resident sees it now."))


@blueprint.post("/signing/records/<uuid:record_id>/return")
def give_back(record_id: UUID) -> AnyResponse:
    """Returns the record with a comment."""
    user = current_user()

    def work(session: Session) -> None:
        service.return_record(
            session,
            user.tenant,
            record_id,
            actor_id=user.person_id,
            comment=request.form.get("comment"),
            now=parts().clock(),
            seen_revision=_seen_revision(),
        )

    return _decide(user, record_id, work, done=_("Returned. The resident sees your comment now."))


@blueprint.post("/signing/records/<uuid:record_id>/uphold")
def uphold(record_id: UUID) -> AnyResponse:
    """Lets the signature of a contested record stand."""
    user = current_user()

    def work(session: Session) -> None:
        service.uphold_record(
            session,
            user.tenant,
            record_id,
            actor_id=user.person_id,
            comment=request.form.get("comment"),
            now=parts().clock(),
            seen_revision=_seen_revision(),
        )

    return _decide(user, record_id, work, done=_("Upheld. The signature stands."))


def _decide(user: User, record_id: UUID, work: Callable[[Session], None], *, done: str) -> AnyResponse:
    """Runs a decision. What stands in its way (no comment, somebody was faster) is told on the record's page."""
    try:
        transact(parts().engine, work)
    except (Invalid, Conflict) as error:
        return make_response(_render_record(user, record_id, error), error.status)
    flash(done, "success")
    return redirect(url_for("signing.inbox"), HTTPStatus.SEE_OTHER)


def _seen_revision() -> int:
    try:
        return int(request.form["revision"])
    except (KeyError, ValueError) as error:
        raise Invalid("the form does not say which revision was seen", field="revision") from error


@blueprint.get("/attestations/<uuid:attestation_id>")
def attestation_page(attestation_id: UUID) -> Response:
    """What was signed, and whether it holds now: for anyone who has the address."""
    user, public_url, now = known_user(), parts().settings.public_url, parts().clock()
    reader = (user.tenant, user.person_id) if user else None

    def work(session: Session) -> tuple[Examination, bool]:
        found = service.examine(session, attestation_id, parts().evidence_source)
        if found.attestation is None or found.standing is Standing.BROKEN:
            return found, False
        return found, badges.may_have(session, found.attestation, reader, now)

    found, may_have_badge = read(parts().engine, work)
    page = render_template(
        "signing/attestation.html",
        found=found,
        entry=found.entry,
        flawed=found.flawed(),
        expired=found.expired(on=day_of(now)),
        may_have_badge=may_have_badge,
        checked_at=now,
        address=public_url + url_for("signing.attestation_page", attestation_id=attestation_id),
        jwks_url=jwks_url(public_url),
    )
    return _not_indexed(make_response(page))


@blueprint.get("/attestations/<uuid:attestation_id>.json")
def attestation_json(attestation_id: UUID) -> Response:
    """The attestation's file, for programs."""
    return _file(attestation_id)


@blueprint.get("/attestations/<uuid:attestation_id>/download")
def attestation_download(attestation_id: UUID) -> Response:
    """The attestation's file, to keep and pass on."""
    answer = _file(attestation_id)
    answer.headers["Content-Disposition"] = f'attachment; filename="attestation-{attestation_id}.json"'
    return answer


def _file(attestation_id: UUID) -> Response:
    user = known_user()
    reader = (user.tenant, user.person_id) if user else None

    def work(session: Session) -> bytes:
        return service.download(session, attestation_id, parts().evidence_source, reader=reader, now=parts().clock())

    return _not_indexed(Response(read(parts().engine, work), mimetype="application/json"))


@blueprint.get("/attestations/<uuid:attestation_id>/chain.json")
def chain_json(attestation_id: UUID) -> Response:
    """The ledger's links up to the attestation, without contents; ``from`` chooses the first."""
    first = request.args.get("from", type=int)
    if first is None and "from" in request.args:
        raise Invalid("from is a sequence number", field="from")
    return _published(lambda session: msgspec.json.encode(service.chain_until(session, attestation_id, first)))


@blueprint.get("/attestations/<uuid:attestation_id>/inclusion.json")
def inclusion_json(attestation_id: UUID) -> Response:
    """Proof that the attestation is in the log of the newest checkpoint."""
    return _published(lambda session: msgspec.json.encode(service.inclusion_of(session, attestation_id)))


@blueprint.get("/logs/<tenant>/checkpoint.json")
def checkpoint_json(tenant: str) -> Response:
    """The newest checkpoint of a tenant's log, to be kept."""
    return _published(lambda session: log.latest(session, tenant))


@blueprint.get("/logs/<tenant>/consistency.json")
def consistency_json(tenant: str) -> Response:
    """Proof that a tenant's log only grew ``from`` one size ``to`` another, by default the newest checkpoint's."""
    old, new = _size("from"), _size("to") if "to" in request.args else None
    return _published(lambda session: msgspec.json.encode(log.prove_growth(session, tenant, old, new)))


def _size(name: str) -> int:
    size = request.args.get(name, type=int)
    if size is None:
        raise Invalid(f"{name} is how many entries a log has", field=name)
    return size


def _published(work: Callable[[Session], bytes]) -> Response:
    return _not_indexed(_open_to_all(Response(read(parts().engine, work), mimetype="application/json")))


@blueprint.get("/.well-known/jwks.json")
def jwks() -> Response:
    """The keys that attestations are checked with (RFC 7517); of the only tenant, those that learning platforms know it by, too.

    Several tenants' keys for platforms must not stand together: a platform would take any of them for any client id.
    """

    def work(session: Session) -> list[dict[str, Any]]:
        tenants = people.tenants(session)
        of_lti = platforms.public_keys(session, tenants[0].tenant, parts().clock()) if len(tenants) == 1 else []
        return [*service.public_keys(session), *of_lti]

    answer = jsonify(keys=read(parts().engine, work))
    answer.headers["Cache-Control"] = f"public, max-age={KEYS_KEPT_SECONDS}"
    return _open_to_all(answer)


def _open_to_all(answer: Response) -> Response:
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer


def _not_indexed(answer: Response) -> Response:
    answer.headers["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    return answer
