"""``/cmi5/fetch/<token>``: where an AU gets its authorization token.

Source: AICC cmi5 "Quartz", 1st edition, 8.2. AUs ask from origins of their own and without cookies; what the address holds is all
that is needed.
"""

from http import HTTPStatus

from flask import Blueprint, Response, jsonify, make_response, request

from lrs_bridge.cmi5 import service
from lrs_bridge.db import transact
from lrs_bridge.web.parts import parts

blueprint = Blueprint("cmi5", __name__)

CROSS_ORIGIN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, X-Experience-API-Version",
    "Access-Control-Max-Age": "86400",
}


@blueprint.route("/cmi5/fetch/<token>", methods=["POST", "OPTIONS"], provide_automatic_options=False)
def fetch(token: str) -> Response:
    """8.2.1: the token, once; each further request gets an error, also with status 200."""
    if request.method == "OPTIONS":
        return _open_to_all(make_response(b"", HTTPStatus.NO_CONTENT))
    wired = parts()
    found = transact(wired.engine, lambda session: service.fetch(session, token, now=wired.clock()))
    return _open_to_all(jsonify(found))


def _open_to_all(answer: Response) -> Response:
    answer.headers.update(CROSS_ORIGIN)
    answer.headers["Cache-Control"] = "no-store"
    return answer
