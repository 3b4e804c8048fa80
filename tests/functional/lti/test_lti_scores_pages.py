"""The administrator's pages of scores and of grades, and the gauges."""

import html
import re
from dataclasses import replace

import pytest

from lrs_bridge.lti.advantage import client as advantage
from lrs_bridge.lti.scores import service, views
from lrs_bridge.ports import Reached, Standing
from lrs_bridge.rounds import lti
from tests.support import browsing
from tests.support.environment import settings_for
from tests.support.lti.services import Placed, platform_services
from tests.support.plans import DRUGS_IRI, PASSWORD, open_ward


@pytest.fixture
def settings(database_url, tmp_path):
    return settings_for(database_url, tmp_path, ALLOW_PRIVATE_NETWORKS="127.0.0.0/8")


@pytest.fixture
def there():
    advantage.forget_tokens()
    with platform_services() as services:
        yield services


@pytest.fixture
def ward(engine):
    ward = open_ward(engine)
    ward.account("admin")
    ward.account("kari")
    return ward


@pytest.fixture
def placed(ward, tmp_path, there):
    made = Placed(ward, tmp_path, there)
    yield made
    made.parts.engine.dispose()


@pytest.fixture
def admin(app, ward):
    app.extensions["lrs_bridge"] = replace(app.extensions["lrs_bridge"], clock=lambda: ward.clock)
    client = browsing.browser(app)
    browsing.log_in(client, "admin", password=PASSWORD, tenant=ward.tenant)
    return client


def page(client, placed, rest):
    answer = client.get(f"/platforms/{placed.platform.platform_id}/{rest}")
    assert answer.status_code == 200, answer.text
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def test_shows_what_waits_what_failed_and_what_was_sent(admin, placed, ward, there):
    assert "No score was refused" in page(admin, placed, "scores")
    placed.link(ward.drugs, ("42", ward.kari), ("43", ward.ola))
    there.statuses["scores"] = 422
    ward.reports(DRUGS_IRI, success=True, score=0.9)
    lti.run_scores(placed.parts)
    text = page(admin, placed, "scores")
    assert "Kari Nordmann" in text
    assert "Smittevern: Sent for signing" in text
    assert "the platform answered 422: because the test says so" in text
    answer = browsing.submit(admin, f"/platforms/{placed.platform.platform_id}/scores/resend")
    assert answer.status_code == 303
    assert "1 score is on its way again." in page(admin, placed, "scores")
    del there.statuses["scores"]
    there.down = 503
    lti.run_scores(placed.parts)
    assert "Try now" in page(admin, placed, "scores")
    there.down = None
    (shown,) = re.findall(r'name="score_id" value="([^"]+)"', admin.get(f"/platforms/{placed.platform.platform_id}/scores").text)
    browsing.submit(admin, f"/platforms/{placed.platform.platform_id}/scores/resend", score_id=shown)
    lti.run_scores(placed.parts)
    text = page(admin, placed, "scores")
    assert "Nothing waits" in text
    assert "No score was refused" in text
    assert there.sent() == [("42", "Submitted", None)]


@pytest.mark.parametrize(("share", "shown"), [(1, "100 of 100 points"), (0.8005, "80.05 of 100 points"), (0, "0 of 100 points")])
def test_shows_points_as_they_are(admin, placed, ward, share, shown):
    link_id = placed.link(ward.drugs, ("42", ward.kari))
    standing = Standing(Reached.SIGNED, ward.clock, share, is_final=True, path="/plan")
    ward.do(lambda s: service.enqueue_for(s, ward.tenant, link_id, "42", standing, now=ward.clock))
    assert f"Smittevern: Done, {shown}" in page(admin, placed, "scores")


def test_shows_nothing_to_others(app, placed, ward, admin):
    kari = browsing.browser(app)
    browsing.log_in(kari, "kari", password=PASSWORD, tenant=ward.tenant)
    base = f"/platforms/{placed.platform.platform_id}"
    for path in ("scores", "grades"):
        assert kari.get(f"{base}/{path}").status_code == 403
        assert browsing.browser(app).get(f"{base}/{path}").status_code in (302, 303, 401)
    assert browsing.submit(kari, f"{base}/scores/resend").status_code == 403
    for wrong in ("x", "00000000-0000-0000-0000-000000000001"):
        assert browsing.submit(admin, f"{base}/scores/resend", score_id=wrong).status_code == 404
    assert admin.get("/platforms/00000000-0000-0000-0000-000000000001/scores").status_code == 404


def test_chooses_columns_from_what_the_platform_lists(admin, placed, ward, there):
    assert "None is known yet" in page(admin, placed, "grades")
    link_id = placed.link(ward.hygiene, ("42", ward.kari), line_item=None)
    assert "Show its columns" in page(admin, placed, "grades")
    there.items = {"quiz": {"label": "Avsluttende prøve"}}
    text = page(admin, placed, f"grades/{link_id}")
    assert "Avsluttende prøve" in text
    assert "Bring its results here" in text
    base = f"/platforms/{placed.platform.platform_id}/grades"
    chosen = {"url": there.item_url("quiz"), "label": "Avsluttende prøve"}
    assert browsing.submit(admin, f"{base}/{link_id}/watch", **chosen).status_code == 303
    text = page(admin, placed, "grades")
    assert "Link the column to a course on the work list" in text
    assert "Not asked for yet" in text
    assert "Its results come here" in page(admin, placed, f"grades/{link_id}")
    lti.run_results(placed.parts)
    assert "Asked for last" in page(admin, placed, "grades")
    named = re.search(r"grades/columns/([^/]+)/unwatch", admin.get(base).text)[1]
    assert browsing.submit(admin, f"{base}/columns/{named}/unwatch").status_code == 303
    assert "No results come here" in page(admin, placed, "grades")
    elsewhere = chosen | {"url": "https://evil.example/7"}
    assert browsing.submit(admin, f"{base}/{link_id}/watch", **elsewhere).status_code == 400


def test_tells_when_the_platform_does_not_list_its_columns(admin, placed, ward, there):
    link_id = placed.link(ward.hygiene, ("42", ward.kari), line_item=None)
    there.statuses["items"] = 403
    answer = admin.get(f"/platforms/{placed.platform.platform_id}/grades/{link_id}")
    assert answer.status_code == 502
    assert "the platform answered 403" in html.unescape(answer.text)
    other = "/platforms/00000000-0000-0000-0000-000000000001"
    assert admin.get(f"{other}/grades/{link_id}").status_code == 404


def test_measures_the_outbox(placed, ward):
    placed.link(ward.drugs, ("42", ward.kari))
    ward.reports(DRUGS_IRI, success=True, score=0.9)
    ward.clock = ward.clock.replace(microsecond=0)
    placed.later(minutes=1)
    waiting, failed, oldest = views.gauges(placed.parts)
    label = (ward.tenant,)
    assert (waiting.values, failed.values) == ({label: 1}, {label: 0})
    assert oldest.values[label] == pytest.approx(60, abs=1)
