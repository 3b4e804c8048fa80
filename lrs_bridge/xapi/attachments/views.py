"""A resource of our own, ``statements/signature``: what the signature of a statement is worth.

The specification leaves open how a signed statement is authenticated (xAPI 1.0.3, Data 2.6); this tells what was found here.
"""

from typing import Any

import orjson

from lrs_bridge.db import Session, read
from lrs_bridge.errors import Invalid
from lrs_bridge.web.parts import parts
from lrs_bridge.xapi.attachments import service
from lrs_bridge.xapi.attachments.report import SignatureReport, Signer
from lrs_bridge.xapi.credentials.credential import Credential
from lrs_bridge.xapi.exchange import Answer, Call
from lrs_bridge.xapi.model.formats import parse_uuid
from lrs_bridge.xapi.model.payload import written


def get_signature(call: Call, credential: Credential) -> Answer:
    """The signature report of the statement ``statementId``, voided or not, for a key that may read the statement."""
    call.require_known(("statementId",))
    statement_id = parse_uuid(call.parameters.get("statementId", ""))
    if statement_id is None:
        raise Invalid("statementId must be a UUID in standard form", field="statementId")
    wired = parts()
    trusted = service.trusted(wired.settings.signature_trust_file)

    def judge(session: Session) -> SignatureReport:
        return service.signature_report(
            session,
            credential.tenant,
            statement_id,
            writer=credential.writer_to_read(),
            data_dir=wired.settings.data_dir,
            trusted=trusted,
            now=wired.clock(),
        )

    return Answer(orjson.dumps({"statementId": str(statement_id), **_shown(read(wired.engine, judge))}))


METHODS = {"GET": get_signature, "HEAD": get_signature}
RESOURCES = {"statements/signature": METHODS}


def _shown(report: SignatureReport) -> dict[str, Any]:
    return {
        "state": report.state,
        "algorithm": report.algorithm,
        "signer": _shown_signer(report.signer) if report.signer else None,
        "chain": [_shown_signer(one) for one in report.chain],
        "checkedAt": written(report.checked_at),
        "reasons": [reason.message for reason in report.reasons],
    }


def _shown_signer(signer: Signer) -> dict[str, str]:
    return {
        "subject": signer.subject,
        "issuer": signer.issuer,
        "sha256Fingerprint": signer.fingerprint,
        "validFrom": written(signer.valid_from),
        "validUntil": written(signer.valid_until),
    }
