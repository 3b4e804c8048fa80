"""Scores to a platform and grades from it in a browser: each page on both widths."""

from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace

import pytest

from lrs_bridge.db import open_engine, read, transact
from lrs_bridge.lti.advantage.grades import LINE_ITEM_READ_SCOPE, RESULT_SCOPE, SCORE_SCOPE, LineItem
from lrs_bridge.lti.platforms import service as platforms
from lrs_bridge.lti.results import service as results
from lrs_bridge.lti.scores import service as scores
from lrs_bridge.people import service as people
from lrs_bridge.plans import service as plans
from lrs_bridge.ports import Reached, Standing
from tests.support.lti.services import Placed, PlatformServices

TENANT = "demo"
SCOPES = (LINE_ITEM_READ_SCOPE, RESULT_SCOPE, SCORE_SCOPE)


@pytest.fixture(scope="module")
def world(demo, tmp_path_factory):
    """A paused platform, so that the server's own sender leaves it alone, with scores in every state and two columns."""
    engine = open_engine(demo.database_url)
    work = partial(transact, engine)
    there = SimpleNamespace(engine=engine, tenant=TENANT, clock=datetime.now(UTC), do=work)
    made = Placed(there, tmp_path_factory.mktemp("world"), PlatformServices("https://portal.example.no"))
    who = {"by": "system", "now": there.clock}
    made.do(lambda s: platforms.pause_platform(s, TENANT, made.platform.platform_id, **who))
    activity = made.read(lambda s: plans.search_activities(s, TENANT))[0]
    (kari,) = made.read(lambda s: people.find_persons(s, TENANT, "Kari"))[:1]
    link_id = made.link(activity.activity_id, ("42", kari.person_id), ("43", None), scopes=SCOPES)
    for number, (reached, status) in enumerate(
        [(Reached.DONE, 200), (Reached.SENT, 422), (Reached.RETURNED, 503), (Reached.SIGNED, 409)]
    ):
        standing = Standing(reached, there.clock, 0.875, reached is Reached.SIGNED, "/plan")
        for subject in ("42", "43") if reached is Reached.DONE else ("42",):
            at = there.clock + timedelta(minutes=number)
            made.do(lambda s: scores.enqueue_for(s, TENANT, link_id, subject, standing, now=at))  # noqa: B023
        settle(made, status)
    place = made.read(lambda s: results.get_place(s, TENANT, link_id))
    for name in ("Avsluttende prøve", "Refleksjonsnotat"):
        item = LineItem(made.services.item_url(name[:3]), name)
        made.do(lambda s: results.watch(s, TENANT, place, item, **who))  # noqa: B023
    column = made.read(lambda s: results.columns(s, TENANT, made.platform.platform_id))[0]
    made.do(lambda s: results.fail(s, column, "the platform answered 503: maintenance", spread=0, now=there.clock))
    yield made
    made.do(lambda s: platforms.remove_platform(s, TENANT, made.platform.platform_id, **who))
    made.parts.engine.dispose()
    engine.dispose()


def settle(made, status):
    waiting = scores.scores_of
    found = read(made.ward.engine, lambda s: waiting(s, TENANT, made.platform.platform_id, [scores.State.WAITING]))
    for one in found:
        if one.score.subject == "42" and one.score.reason is None:
            reason = f"the platform answered {status}"
            made.do(lambda s: scores.settle(s, one.score, status, reason=reason, spread=0, now=made.ward.clock))  # noqa: B023


@pytest.mark.parametrize("name", ["scores", "grades"])
def test_shows_a_page_that_every_administrator_can_use(name, world, signed_in, inspect, width):
    page = signed_in("admin", width)
    page.goto(f"/platforms/{world.platform.platform_id}/{name}")
    inspect(page, f"platform-{name}")
    assert page.locator("h1").count() == 1


def test_tells_when_the_platform_lists_no_columns(world, signed_in, inspect, width):
    page = signed_in("admin", width)
    page.goto(f"/platforms/{world.platform.platform_id}/grades")
    page.locator("main a[href*='/grades/']").first.click()
    inspect(page, "platform-grades-unlisted")
    assert page.locator(".ds-alert[data-color=danger]").count() == 1
