"""``/oauth``: tokens for learning systems, and where they find that out.

Source: RFC 6749 3.2, RFC 7009 2.1, RFC 8414 3.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import cast

from flask import Blueprint, Response, current_app, jsonify, request

from lrs_bridge.db import read, transact
from lrs_bridge.errors import LrsBridgeError
from lrs_bridge.web.parts import parts
from lrs_bridge.xapi.credentials.admission import EXTENSION as ADMISSION
from lrs_bridge.xapi.credentials.admission import Admission
from lrs_bridge.xapi.credentials.authorization import named_key, our_key
from lrs_bridge.xapi.credentials.credential import Credential, tenant_of
from lrs_bridge.xapi.credentials.journal.buffer import EXTENSION as JOURNAL
from lrs_bridge.xapi.credentials.journal.buffer import Journal
from lrs_bridge.xapi.credentials.oauth import server, service
from lrs_bridge.xapi.credentials.oauth.server import Form, Tokens
from lrs_bridge.xapi.exchange import Answer

blueprint = Blueprint("oauth", __name__)


@blueprint.post(server.TOKEN_PATH)
def token() -> Response:
    """A bearer token for a key and its secret."""
    return _answer(server.answer_token)


@blueprint.post(server.REVOCATION_PATH)
def revoke() -> Response:
    """Ends a token."""
    return _answer(server.answer_revocation)


@blueprint.get("/.well-known/oauth-authorization-server")
def authorization_server() -> Response:
    """The server's metadata."""
    return jsonify(server.metadata(parts().settings.public_url))


def _answer(give: Callable[[Form, Tokens], Answer]) -> Response:
    """Lets the server answer, and counts the request as one of its key's."""
    now, engine = parts().clock(), parts().engine
    repeated = frozenset(name for name, values in request.form.lists() if len(values) > 1)
    form = Form(request.form.to_dict(), request.headers.get("Authorization"), repeated)
    admission = cast(Admission, current_app.extensions[ADMISSION])
    tokens = service.StoredTokens(
        partial(read, engine), partial(transact, engine), lambda client: admission.admit(client, now), now
    )
    try:
        found = give(form, tokens)
    except LrsBridgeError as error:
        _note(tokens.client, form, now, error.status, error)
        raise
    _note(tokens.client, form, now, found.status, server.error_of(found))
    return Response(found.body, found.status, dict(found.headers), content_type=found.content_type)


def _note(client: Credential | None, form: Form, now: datetime, status: int, error: LrsBridgeError | None) -> None:
    """Lets the key's page tell of it."""
    key = client.key if client else named_key(form.authorization) or our_key(form.fields.get("client_id", ""))
    journal = cast(Journal, current_app.extensions[JOURNAL])
    journal.note(
        tenant_of(key),
        key,
        now,
        method=request.method,
        resource=request.path.lstrip("/"),
        version=None,
        status=status,
        error=error,
        origin=request.headers.get("Origin"),
        user_agent=request.headers.get("User-Agent"),
    )
