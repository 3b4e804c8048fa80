"""Badges to download, and what verifiers fetch: status lists and who the issuers are."""

from uuid import UUID

from flask import Blueprint, Response, jsonify

from lrs_bridge.db import Session, read, transact
from lrs_bridge.signing.attestation import Attestation
from lrs_bridge.signing.badges import service
from lrs_bridge.web.auth import current_user
from lrs_bridge.web.parts import parts

blueprint = Blueprint("badges", __name__)

MEDIA_TYPE = "application/vc+jwt"
"""VC JOSE COSE 6.1."""
LIST_KEPT_SECONDS = 300
ISSUER_KEPT_SECONDS = 3600


@blueprint.get("/attestations/<uuid:attestation_id>/open-badge")
def download(attestation_id: UUID) -> Response:
    """The badge of an attestation, for those who may have it; the first time it is made."""
    user, now, settings = current_user(), parts().clock(), parts().settings
    reader = (user.tenant, user.person_id)

    def issue(session: Session) -> str:
        return service.issue(
            session,
            attestation,
            actor_id=user.person_id,
            now=now,
            master_key=settings.master_key,
            public_url=settings.public_url,
        )

    def find(session: Session) -> tuple[Attestation, str | None]:
        return service.find(session, attestation_id, parts().evidence_source, reader=reader, now=now)

    attestation, kept = read(parts().engine, find)
    answer = Response(kept or transact(parts().engine, issue), mimetype=MEDIA_TYPE)
    answer.headers["Content-Disposition"] = f'attachment; filename="open-badge-{attestation_id}.jwt"'
    return answer


@blueprint.get("/issuers/<tenant>/status/<int:number>")
def status_list(tenant: str, number: int) -> Response:
    """A status list, for whoever checks a badge."""
    settings = parts().settings

    def work(session: Session) -> str:
        return service.status_list(
            session,
            tenant,
            number,
            now=parts().clock(),
            master_key=settings.master_key,
            public_url=settings.public_url,
        )

    return _published(Response(read(parts().engine, work), mimetype=MEDIA_TYPE), LIST_KEPT_SECONDS)


@blueprint.get("/issuers/<tenant>/did.json")
def issuer(tenant: str) -> Response:
    """Who an issuer is, by its keys: what ``did:web`` resolves to."""
    url = parts().settings.public_url
    return _published(
        jsonify(read(parts().engine, lambda session: service.issuer_document(session, tenant, url))), ISSUER_KEPT_SECONDS
    )


def _published(answer: Response, kept_seconds: int) -> Response:
    answer.headers["Cache-Control"] = f"public, max-age={kept_seconds}"
    answer.headers["Access-Control-Allow-Origin"] = "*"
    return answer
