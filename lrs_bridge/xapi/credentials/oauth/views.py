"""``/oauth``: tokens for learning systems, and where they find that out.

Source: RFC 6749 3.2, RFC 7009 2.1, RFC 8414 3.
"""

from collections.abc import Callable
from datetime import datetime
from typing import cast

from flask import Blueprint, Response, current_app, jsonify, request

from lrs_bridge.db import Session, transact
from lrs_bridge.web.parts import parts
from lrs_bridge.xapi.credentials.authorization import named_key, our_key
from lrs_bridge.xapi.credentials.credential import Credential, tenant_of
from lrs_bridge.xapi.credentials.journal.buffer import EXTENSION, Journal
from lrs_bridge.xapi.credentials.oauth import server, service
from lrs_bridge.xapi.credentials.oauth.server import Form
from lrs_bridge.xapi.exchange import Answer

blueprint = Blueprint("oauth", __name__)


@blueprint.post(server.TOKEN_PATH)
def token() -> Response:
    """A bearer token for a key and its secret."""
    return _answer(service.answer_token)


@blueprint.post(server.REVOCATION_PATH)
def revoke() -> Response:
    """Ends a token."""
    return _answer(service.answer_revocation)


@blueprint.get("/.well-known/oauth-authorization-server")
def authorization_server() -> Response:
    """The server's metadata."""
    return jsonify(server.metadata(parts().settings.public_url))


def _answer(give: Callable[[Session, Form, datetime], tuple[Answer, Credential | None]]) -> Response:
    now = parts().clock()
    repeated = frozenset(name for name, values in request.form.lists() if len(values) > 1)
    form = Form(request.form.to_dict(), request.headers.get("Authorization"), repeated)
    found, client = transact(parts().engine, lambda session: give(session, form, now))
    _note(found, client, form, now)
    return Response(found.body, found.status, dict(found.headers), content_type=found.content_type)


def _note(found: Answer, client: Credential | None, form: Form, now: datetime) -> None:
    """Lets the key's page tell of it."""
    key = client.key if client else named_key(form.authorization) or our_key(form.fields.get("client_id", ""))
    journal = cast(Journal, current_app.extensions[EXTENSION])
    journal.note(
        tenant_of(key),
        key,
        now,
        method=request.method,
        resource=request.path.lstrip("/"),
        version=None,
        status=found.status,
        error=server.error_of(found),
        origin=request.headers.get("Origin"),
        user_agent=request.headers.get("User-Agent"),
    )
