"""Pages of the statement browser, for administrators: the search, one statement, and its exact bytes."""

from functools import partial
from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, Response, render_template, request, url_for
from flask_babel import get_locale

from lrs_bridge.db import read, transact
from lrs_bridge.errors import Invalid
from lrs_bridge.web.auth import require_role
from lrs_bridge.web.parts import parts
from lrs_bridge.web.user import ADMINISTRATOR, User
from lrs_bridge.xapi.browser import service, wording
from lrs_bridge.xapi.browser.page import Reader, Results
from lrs_bridge.xapi.browser.search import Search, parse_search
from lrs_bridge.xapi.browser.service import Surroundings
from lrs_bridge.xapi.browser.verbs import suggestions

blueprint = Blueprint("statements", __name__, template_folder="templates")

Answer = str | tuple[str, int]


@blueprint.get("/statements")
def statements() -> Answer:
    """What the form asks for, the newest first; all statements when it asks for nothing."""
    user = require_role(ADMINISTRATOR)
    try:
        search = parse_search(request.args)
    except Invalid as error:
        return _render(Search(), None, error.field), error.status
    results = read(
        parts().engine,
        lambda session: service.search_statements(
            session,
            user.tenant,
            search,
            reader=_reader(user),
            consequences=parts().consequences,
            directory=parts().course_directory,
        ),
    )
    now = parts().clock()
    transact(
        parts().engine,
        lambda session: service.note_search(session, user.tenant, search, results, reader=_reader(user), now=now),
    )
    return _render(search, results)


def _render(search: Search, results: Results | None, wrong: str | None = None) -> str:
    return render_template(
        "statements/statements.html",
        search=search,
        results=results,
        wrong=wrong,
        verbs=suggestions(_language()),
        address=lambda **more: url_for("statements.statements", **{**search.parameters(), **more}),
    )


@blueprint.get("/statements/<uuid:statement_id>")
def statement(statement_id: UUID) -> str:
    """One statement: what it says, who sent it, what it led to and why, and what stands around it."""
    user = require_role(ADMINISTRATOR)
    settings = parts().settings
    around = Surroundings(parts().consequences, settings.data_dir, settings.signature_trust_file, parts().clock())
    page = read(
        parts().engine,
        lambda session: service.get_statement_page(session, user.tenant, statement_id, reader=_reader(user), around=around),
    )
    _note(user, statement_id, "read")
    return render_template("statements/statement.html", page=page, percent=partial(wording.percent, language=_language()))


@blueprint.get("/statements/<uuid:statement_id>/json")
def download(statement_id: UUID) -> Response:
    """The statement as a file: exactly the bytes that its digest was made of."""
    user = require_role(ADMINISTRATOR)
    stored = read(parts().engine, lambda session: service.get_stored(session, user.tenant, statement_id))
    _note(user, statement_id, "download")
    response = Response(stored.payload.encode(), status=HTTPStatus.OK, mimetype="application/json")
    return _as_file(response, f"{statement_id}.json")


@blueprint.get("/statements/<uuid:statement_id>/attachments/<sha2>")
def attachment(statement_id: UUID, sha2: str) -> Response:
    """An attachment's content as a file to keep: what it says it is, the browser is not told."""
    user = require_role(ADMINISTRATOR)
    content = read(
        parts().engine,
        lambda session: service.get_content(session, user.tenant, statement_id, sha2, data_dir=parts().settings.data_dir),
    )
    _note(user, statement_id, "download", sha2)
    response = Response(content.pieces, status=HTTPStatus.OK, mimetype="application/octet-stream")
    response.headers["Content-Length"] = str(content.length)
    return _as_file(response, content.name)


def _as_file(response: Response, name: str) -> Response:
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _reader(user: User) -> Reader:
    return Reader(user.person_id, _language())


def _language() -> str:
    return str(get_locale())


def _note(user: User, statement_id: UUID, action: str, sha2: str = "") -> None:
    now = parts().clock()
    transact(
        parts().engine,
        lambda session: service.note_reading(
            session, user.tenant, statement_id, action=action, reader=_reader(user), now=now, sha2=sha2
        ),
    )
