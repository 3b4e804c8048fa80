"""Tests a connection from outside: asks the LRS at its public address, as a learning system would."""

from collections.abc import Callable

import requests

from lrs_bridge.xapi.credentials.authorization import basic_header
from lrs_bridge.xapi.credentials.probe import Reply, Step, Verdict, judge_about, judge_key, judge_preflight
from lrs_bridge.xapi.exchange import VERSION_HEADER

TIMEOUT = (3, 10)
"""Seconds to connect, and between bytes."""
MOST_BYTES = 65_536
USER_AGENT = "lrs-bridge-test"
"""By which the journal tells a test from the system itself."""


def examine(endpoint: str, *, key: str, secret: str, origin: str) -> list[Step]:
    """The steps of a test, up to the first that makes the others moot.

    Without a secret the key is not tested; with an origin it is tested as a page of that origin. Raises nothing of the network's.
    """
    headers = {"User-Agent": USER_AGENT, **({"Origin": origin} if origin else {})}
    steps = [_step(lambda: judge_about(_ask("GET", endpoint + "about", headers)))]
    if steps[0].good and origin:
        asked = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}
        preflight = {**headers, **asked}
        steps.append(_step(lambda: judge_preflight(_ask("OPTIONS", endpoint + "statements", preflight), origin)))
    if steps[0].good and secret:
        known = {**headers, VERSION_HEADER: "1.0.3", "Authorization": basic_header(key, secret)}
        steps.append(_step(lambda: judge_key(_ask("GET", endpoint + "statements?limit=1", known))))
    return steps


def _step(judge: Callable[[], Step]) -> Step:
    try:
        return judge()
    except requests.RequestException as error:
        return Step(Verdict.UNREACHED, type(error).__name__)


def _ask(method: str, address: str, headers: dict[str, str]) -> Reply:
    with requests.request(method, address, headers=headers, timeout=TIMEOUT, allow_redirects=False, stream=True) as answer:
        body = answer.raw.read(MOST_BYTES, decode_content=True)
        return Reply(answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, body)
