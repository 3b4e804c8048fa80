"""The platform's services by real HTTP: pages, tokens, and what can be odd."""

import time
from dataclasses import replace

import pytest

from lrs_bridge.lti.advantage import client
from lrs_bridge.lti.advantage.grades import SCORE_SCOPE
from lrs_bridge.lti.advantage.groups import Group
from lrs_bridge.lti.advantage.token import TokenRefused
from lrs_bridge.lti.launch.roles import LEARNER
from lrs_bridge.web.patience import Limits
from lrs_bridge.web.reply import CallFailed, Trouble
from tests.support.lti.services import PAGE, Placed, platform_services
from tests.support.plans import open_ward


@pytest.fixture
def there():
    client.forget_tokens()
    with platform_services() as services:
        yield services


@pytest.fixture
def access(engine, tmp_path, there):
    placed = Placed(open_ward(engine), tmp_path, there)
    yield placed.access
    placed.parts.engine.dispose()


def member(number, role="Learner"):
    return {"user_id": str(number), "roles": [role], "status": "Active", "name": f"Bruker {number}"}


def test_reads_all_members_page_by_page(access, there):
    there.members = [member(n) for n in range(2 * PAGE + 1)]
    page = client.get_members(access, f"{there.url}/members?course=7", role="Learner", resource_link_id="rl", limit=50)
    assert [one.subject for one in page.members] == [str(n) for n in range(2 * PAGE + 1)]
    assert page.members[0].roles == (LEARNER,)
    assert (page.course_id, page.course_title) == ("c1", "Kurs")
    asked = [one for one in there.asked if one.path.endswith("/members")]
    assert len(asked) == 3
    assert asked[0].parameters == {"course": "7", "role": "Learner", "rlid": "rl", "limit": "50"}
    assert asked[0].headers["accept"] == "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
    assert len(there.token_requests) == 1


def test_reads_groups_and_line_items(access, there):
    there.groups = [{"id": str(n), "name": f"Gruppe {n}"} for n in range(PAGE + 1)]
    assert client.get_groups(access, f"{there.url}/groups") == [Group(str(n), f"Gruppe {n}") for n in range(PAGE + 1)]
    there.items = {str(n): {"label": f"Kolonne {n}"} for n in range(PAGE + 1)}
    found = client.get_line_items(access, there.items_url)
    assert [item.label for item in found] == [f"Kolonne {n}" for n in range(PAGE + 1)]
    assert len(there.token_requests) == 2  # one for each set of scopes


def test_carries_no_token_to_another_host(access, there):
    there.members = [member(n) for n in range(PAGE + 1)]
    there.next_host = "http://localhost:9"
    with pytest.raises(CallFailed) as error:
        client.get_members(access, f"{there.url}/members")
    assert error.value.cause is Trouble.ODD_ANSWER


def test_ends_a_list_that_does_not(access, there):
    there.members = [member(n) for n in range(PAGE + 1)]
    there.endless = True
    with pytest.raises(CallFailed, match="does not end"):
        client.get_members(access, f"{there.url}/members?from=0")


def test_tells_what_a_platform_answers(access, there):
    there.statuses["members"] = 403
    with pytest.raises(CallFailed) as error:
        client.get_members(access, f"{there.url}/members")
    assert (error.value.http_status, error.value.message) == (403, "the platform answered 403: because the test says so")
    there.statuses = {}
    there._get_members = lambda *_asked: (200, {}, b"<html>")
    with pytest.raises(CallFailed, match="can't be read"):
        client.get_members(access, f"{there.url}/members")


def test_tells_when_no_token_is_given(access, there):
    there._token = lambda _asked: (400, {}, b'{"error": "invalid_client"}')
    with pytest.raises(TokenRefused, match="invalid_client"):
        client.check_token(access, (SCORE_SCOPE,))
    with pytest.raises(TokenRefused, match="no token service"):
        client.check_token(replace(access, platform=replace(access.platform, token_url=None)), (SCORE_SCOPE,))


def test_tries_a_token_anew_when_asked_to(access, there):
    client.check_token(access, (SCORE_SCOPE,))
    client.check_token(access, (SCORE_SCOPE,))
    assert len({claims["jti"] for claims in there.token_requests}) == 2


def test_gives_up_when_the_fresh_token_is_refused_too(access, there):
    there._token = lambda _asked: (200, {}, b'{"access_token": "unknown"}')
    with pytest.raises(CallFailed) as error:
        client.get_members(access, f"{there.url}/members")
    assert error.value.http_status == 401
    assert sum(asked.path.endswith("/members") for asked in there.asked) == 2


def test_gives_up_on_a_long_list_when_the_time_for_all_of_it_is_over(access, there):
    there.members = [member(n) for n in range(20 * PAGE)]
    pages = there._get_members

    def slowly(*asked):
        time.sleep(0.2)
        return pages(*asked)

    there._get_members = slowly
    begun = time.monotonic()
    with pytest.raises(CallFailed) as error:
        client.get_members(replace(access, limits=Limits(ends_at=begun + 1)), f"{there.url}/members")
    assert error.value.cause is Trouble.TIMEOUT
    assert time.monotonic() - begun < 3
