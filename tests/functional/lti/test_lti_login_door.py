"""The door of logins: whose proof of the browser counts, and where browsers are sent."""

import re
from dataclasses import replace
from uuid import uuid4

import pytest

from lrs_bridge.db import transact
from lrs_bridge.lti.platforms import store
from tests.support import cast
from tests.support.browsing import browser, set_clock
from tests.support.framed import CLIENT, DEPLOYMENT, ISSUER, register

PUBLIC = "http://127.0.0.1:8080"
LOGIN = {
    "iss": ISSUER,
    "client_id": CLIENT,
    "lti_deployment_id": DEPLOYMENT,
    "login_hint": "42",
    "target_link_uri": f"{PUBLIC}/lti/launch",
}


@pytest.fixture
def wired(app):
    transact(app.extensions["lrs_bridge"].engine, cast.load)
    set_clock(app, cast.NOW)
    return app.extensions["lrs_bridge"]


@pytest.fixture
def platform(wired):
    return register(wired, now=cast.NOW)


def begin(app, **more):
    """A login; its state, and what the platform's storage is to keep where there is one."""
    answer = browser(app).get("/lti/login", query_string=LOGIN | more)
    state = re.search(r"state=([^&\"]+)", answer.headers.get("Location", "") or answer.text)[1]
    proof = re.search(r'data-proof="([^"]+)"', answer.text)
    return state, proof and proof[1]


def step_of(answer) -> str:
    assert answer.status_code == 403
    return re.search(r'class="mono" lang="en">(\w+)<', answer.text)[1]


@pytest.mark.parametrize("origin", ["https://evil.example", "null", ISSUER, None])
def test_takes_no_proof_from_anybody_elses_page(app, platform, origin):
    """Whoever began a login knows its proof, and could send it from a page of theirs in somebody else's browser."""
    state, proof = begin(app, lti_storage_target="_parent")
    headers = {"Origin": origin} if origin else {}
    sent = {"state": state, "id_token": "no token", "lti_proof": proof}
    assert step_of(browser(app).post("/lti/launch", data=sent, headers=headers)) == "browser"


def test_takes_the_proof_from_our_own_page(app, platform):
    state, proof = begin(app, lti_storage_target="_parent")
    sent = {"state": state, "id_token": "no token", "lti_proof": proof}
    answer = browser(app).post("/lti/launch", data=sent, headers={"Origin": PUBLIC})
    assert step_of(answer) == "answer"  # the next step


def test_takes_no_proof_in_place_of_a_cookie_when_the_login_named_no_storage(app, platform):
    state, _ = begin(app)
    _, proof = begin(app, lti_storage_target="_parent")
    sent = {"state": state, "id_token": "no token", "lti_proof": proof}
    assert step_of(browser(app).post("/lti/launch", data=sent, headers={"Origin": PUBLIC})) == "browser"


def test_sends_nobody_to_a_login_address_that_another_tenant_wrote(app, wired, platform):
    astray = replace(platform, tenant=cast.SOUTH, platform_id=uuid4(), authorization_url="https://evil.example/auth")
    transact(wired.engine, lambda s: store.insert_platform(s, astray))
    unnamed = {name: value for name, value in LOGIN.items() if name != "lti_deployment_id"}
    assert step_of(browser(app).get("/lti/login", query_string=unnamed)) == "platform"
    answer = browser(app).get("/lti/login", query_string=LOGIN)
    assert answer.headers["Location"].startswith(f"{ISSUER}/auth?")


def test_keeps_in_its_journal_what_failed_once_the_platform_was_known(app, wired, platform):
    state, _ = begin(app)
    browser(app).post("/lti/launch", data={"state": state, "id_token": "no token"})
    found = transact(wired.engine, lambda s: store.list_visits(s, cast.NORTH, platform.platform_id, 10, failed=True))
    assert [visit.failed_step for visit in found] == ["browser"]
