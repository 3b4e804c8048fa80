"""Launches by LTI 1.1 through the real application: those that hold lead in, and each that does not is refused at its step."""

import html
import json
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode, urlsplit

import pytest
from sqlalchemy import text

from lrs_bridge.db import read, transact
from lrs_bridge.identity import Identifier, IdentifierKind
from lrs_bridge.lti.legacy import service
from lrs_bridge.lti.legacy.oauth1 import Method, verify_signed
from lrs_bridge.lti.legacy.setup import Setup
from lrs_bridge.lti.platforms import service as platforms
from lrs_bridge.lti.platforms.platform import Product
from lrs_bridge.people import service as people
from lrs_bridge.settings import Secret
from tests.support import browsing, cast
from tests.support.cast import ANNE, KARI, NORTH
from tests.support.lti_legacy import LAUNCH, SELECTION, SITE, signed

HERE = "http://127.0.0.1:8080"
URL = f"{HERE}/lti/1p1/launch"
SECRET = "a secret of theirs"
BY = f"person:{ANNE}"
KEPT = ("lti_session", "lti_link", "lti_member", "lti_used", "lti_score", "user_session")


class World:
    """An application with one platform of LTI 1.1, which is allowed."""

    def __init__(self, app) -> None:
        self.app = app
        self.parts = app.extensions["lrs_bridge"]
        self.engine = self.parts.engine
        now, key = self.parts.clock(), self.parts.settings.master_key
        transact(self.engine, lambda s: cast.load(s, passwords=["kari"]))
        setup = Setup("Portalen", Product.OTHER, SITE, key="north-lms", secret=SECRET)
        self.act(service.set_allowed, allowed=True, by=BY, now=now)
        self.platform, _ = self.act(service.add_consumer, setup, master_key=key, by=BY, now=now)

    def act(self, work, *args, **more):
        return transact(self.engine, lambda s: work(s, NORTH, *args, **more))

    def know_kari(self) -> None:
        user = Identifier(IdentifierKind.LTI_USER, "lti1p1:north-lms", "42")
        self.act(people.link_identifier, user, KARI, actor=BY, now=self.parts.clock())

    def post(self, path="/lti/1p1/launch", *, url=URL, browser=None, key="north-lms", secret=SECRET, headers=None, **more):
        fields = signed(url=url, key=key, secret=secret, **more)
        return (browser or browsing.browser(self.app)).post(path, data=fields, base_url=HERE, headers=headers)

    def counts(self):
        with self.engine.connect() as session:
            names = set(session.execute(text(_TABLES[session.dialect.name])).scalars())
            return {name: session.execute(text(f"select count(*) from {name}")).scalar() for name in KEPT if name in names}

    def visits(self):
        return read(self.engine, lambda s: platforms.visits(s, NORTH, self.platform.platform_id))


_TABLES = {
    "sqlite": "select name from sqlite_master where type = 'table'",
    "postgresql": "select relname from pg_stat_user_tables",
}


@pytest.fixture
def world(app):
    return World(app)


def shown(answer):
    return " ".join(html.unescape(answer.text).split())


def led_in(browser, answer):
    """Where the browser ends up, following as a frame does."""
    for _ in range(5):
        if answer.status_code != 303:
            return answer
        answer = browser.get(answer.location, base_url=HERE)
    raise AssertionError("it is led in circles")


def check_refused(world, answer, step, *, before, journaled=True):
    page = shown(answer)
    assert answer.status_code == 403, page
    assert f'<span class="mono" lang="en">{step}</span>' in page
    error_id = answer.headers["X-Request-ID"]
    assert error_id in page
    assert world.counts() == before
    assert "Set-Cookie" not in answer.headers
    assert "frame-ancestors 'none'" not in answer.headers["Content-Security-Policy"]
    newest = [visit for visit in world.visits() if visit.error_id == error_id]
    if journaled:
        (visit,) = newest
        assert (visit.failed_step, visit.failed) == (step, True)
        assert visit.reason in page
    else:
        assert newest == []


def test_leads_a_known_learner_in_and_notes_it(world):
    world.know_kari()
    browser = browsing.browser(world.app)
    answer = world.post(browser=browser)
    assert answer.status_code == 303, answer.text
    assert urlsplit(answer.location).path.startswith("/lti/1p1/on/")
    page = led_in(browser, answer)
    assert page.status_code == 200, page.text
    assert "Kari Nordmann" in shown(page)
    assert f"frame-ancestors {SITE}" in page.headers["Content-Security-Policy"]
    (visit,) = world.visits()
    assert (visit.failed, visit.message_type, visit.context_title, visit.link_title) == (
        False,
        "LtiResourceLinkRequest",
        "Smittevern",
        "My plan",
    )
    assert world.counts()["lti_session"] == 1
    again = read(world.engine, lambda s: platforms.get_platform(s, NORTH, world.platform.platform_id))
    assert again.last_launch_at is not None


@pytest.mark.parametrize("keeps_cookies", [True, False])
def test_leads_in_with_a_cookie_or_without_as_the_browser_has_it(world, keeps_cookies):
    world.know_kari()
    browser = world.app.test_client(use_cookies=keeps_cookies)
    first = world.post(browser=browser)
    second = browser.get(first.location, base_url=HERE)
    token = second.location.removeprefix("/lti/in/").partition("/")[0]
    assert ("." in token) is not keeps_cookies
    assert ("lrs_bridge_frame" in second.headers.get("Set-Cookie", "")) is keeps_cookies
    assert led_in(browser, second).status_code == 200
    stranger = world.app.test_client(use_cookies=False)
    assert stranger.get(f"/lti/in/{token.partition('.')[0]}/plan", base_url=HERE).status_code != 200


def test_leads_nobody_on_by_a_ticket_that_is_forged(world):
    browser = browsing.browser(world.app)
    answer = world.post(browser=browser)
    forged = browser.get(answer.location[:-3] + "xyz", base_url=HERE)
    assert (forged.status_code, forged.location) == (303, "/lti/1p1/launch")
    assert "Open it from your course" in shown(browser.get(forged.location, base_url=HERE))


def test_leads_a_browser_on_by_a_ticket_once(world):
    answer = world.post()
    first = browsing.browser(world.app).get(answer.location, base_url=HERE)
    assert first.location.startswith("/lti/in/")
    again = browsing.browser(world.app).get(answer.location, base_url=HERE)
    assert (again.status_code, again.location) == (303, "/lti/1p1/launch")
    assert "Set-Cookie" not in again.headers


def test_leads_one_of_many_browsers_on_by_a_ticket_when_they_come_at_once(world):
    ticket = world.post().location

    def once(_number):
        return world.app.test_client().get(ticket, base_url=HERE).location.startswith("/lti/in/")

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(once, range(6))) == 1


@pytest.mark.parametrize(("seconds", "leads"), [(60, True), (60.5, False), (3600, False)])
def test_leads_a_browser_on_by_a_ticket_for_a_minute(world, seconds, leads):
    at = world.parts.clock()
    world.app.extensions["lrs_bridge"] = replace(world.parts, clock=lambda: at)
    ticket = world.post(now=at).location
    world.app.extensions["lrs_bridge"] = replace(world.parts, clock=lambda: at + timedelta(seconds=seconds))
    led = browsing.browser(world.app).get(ticket, base_url=HERE)
    assert led.location.startswith("/lti/in/") is leads


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": SITE, "Sec-Fetch-Dest": "document"},
        {"Origin": HERE},
        {"Origin": "null", "Sec-Fetch-Dest": "iframe"},
    ],
)
def test_takes_a_launch_that_a_page_of_the_platforms_posted(world, headers):
    assert world.post(headers=headers).status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "https://evil.example", "Sec-Fetch-Dest": "iframe"},
        {"Origin": "null", "Sec-Fetch-Dest": "document"},
        {"Origin": "null"},
    ],
)
def test_refuses_a_launch_that_somebody_elses_page_posted_however_well_signed(world, headers):
    world.know_kari()
    before = world.counts()
    check_refused(world, world.post(headers=headers), "browser", before=before)


def test_asks_a_user_who_is_not_known_who_they_are(world):
    browser = browsing.browser(world.app)
    page = led_in(browser, world.post(browser=browser))
    assert "Tell us once who you are" in shown(page)
    assert world.counts()["lti_member"] == 1


def test_lets_a_teacher_choose_content_sends_it_back_signed_and_launches_what_was_chosen(world):
    browser = browsing.browser(world.app)
    page = led_in(browser, world.post(browser=browser, message=SELECTION))
    assert page.status_code == 200, page.text
    assert world.visits()[0].message_type == "LtiDeepLinkingRequest"
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]
    sent = browser.post(page.request.url, data={"csrf_token": token, "place": "plan:", "graded": "yes"})
    assert sent.status_code == 200, sent.text
    assert f"form-action 'self' {SITE}" in sent.headers["Content-Security-Policy"]
    form = re.search(r'<form method="post" action="([^"]+)" data-lti="send".*?</form>', sent.text, re.DOTALL)
    action = html.unescape(form[1])
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[0])
    returned = [(name, html.unescape(value)) for name, value in fields]
    assert action == SELECTION["content_item_return_url"]
    assert verify_signed(returned, url=action, secret=SECRET, now=datetime.now(UTC)).consumer_key == "north-lms"
    said = dict(returned)
    assert (said["lti_message_type"], said["data"]) == ("ContentItemSelection", "opaque")
    (item,) = json.loads(said["content_items"])["@graph"]
    assert item["url"].startswith(URL)
    custom = {f"custom_{name}": value for name, value in item["custom"].items()}
    for more in ({}, custom):
        assert world.post(item["url"].removeprefix(HERE), url=item["url"], **more).status_code == 303


def test_keeps_where_a_grade_goes(world):
    world.know_kari()
    outcome = {"lis_outcome_service_url": f"{SITE}/outcomes?id=3", "lis_result_sourcedid": '{"a":"ø"}'}
    assert world.post(**outcome).status_code == 303
    with world.engine.connect() as session:
        kept = session.execute(text("select outcome_url, sourcedid, subject from lti_member")).one()
    assert tuple(kept) == (f"{SITE}/outcomes?id=3", '{"a":"ø"}', "42")


@pytest.mark.parametrize("method", Method)
def test_a_learner_can_not_leave_out_what_the_platform_says_by_moving_it_to_the_address(world, method):
    fields = signed(url=URL, key="north-lms", secret=SECRET, method=method)
    query = urlencode({"context_title": fields.pop("context_title")})
    answer = browsing.browser(world.app).post(f"/lti/1p1/launch?{query}", data=fields, base_url=HERE)
    assert answer.status_code == 303
    assert world.visits()[0].context_title == "Smittevern"
    before = world.counts()
    answer = browsing.browser(world.app).post(f"/lti/1p1/launch?{query}", data=fields | {"context_title": "x"}, base_url=HERE)
    check_refused(world, answer, "signature", before=before)


@pytest.mark.parametrize("address", ["http://[", "https://evil.example; script-src-elem *", "https://evil.example\t/x y"])
def test_drops_an_address_to_go_back_to_that_is_none(world, address):
    browser = browsing.browser(world.app)
    page = led_in(browser, world.post(browser=browser, launch_presentation_return_url=address))
    assert page.status_code == 200, page.text
    policy = page.headers["Content-Security-Policy"]
    assert f"frame-ancestors {SITE};" in policy
    assert "evil.example" not in policy
    with world.engine.connect() as session:
        assert "evil.example" not in str(session.execute(text("select launch from lti_session")).scalar_one())


@pytest.mark.parametrize("method", Method)
def test_takes_both_signature_methods_and_addresses_with_a_place_and_a_query(world, method):
    assert world.post(method=method).status_code == 303
    place = "/lti/1p1/launch/plan"
    assert world.post(f"{place}?from=canvas&x=%20y", url=f"{HERE}{place}?from=canvas&x=%20y", method=method).status_code == 303
    doubled = signed(url=f"{HERE}{place}?from=canvas", key="north-lms", secret=SECRET) | {"from": "canvas"}
    answer = browsing.browser(world.app).post(f"{place}?from=canvas", data=doubled, base_url=HERE)
    assert answer.status_code == 303


@pytest.mark.parametrize(
    ("step", "changes"),
    [
        ("signature", {"secret": "a forged secret"}),
        ("signature", {"url": f"{HERE}/lti/1p1/lunch"}),
        ("signature", {"url": "http://evil.example/lti/1p1/launch"}),
        ("timestamp", {"later": timedelta(minutes=-6)}),
        ("timestamp", {"later": timedelta(minutes=6)}),
        ("version", {"lti_version": "LTI-2p0"}),
        ("version", {"lti_version": "1.3.0"}),
        ("message", {"lti_message_type": "LtiResourceLinkRequest"}),
        ("message", {"lti_message_type": "ToolProxyRegistrationRequest"}),
        ("message", {"resource_link_id": None}),
        ("message", {"user_id": "4" * 256}),
        ("message", {"message": SELECTION, "roles": "Learner"}),
        ("message", {"message": SELECTION, "content_item_return_url": "javascript:alert(1)"}),
        ("placement", {"custom_lrs_bridge_placed": "activity:00000000-0000-0000-0000-000000000000"}),
    ],
)
def test_refuses_a_launch_at_the_step_that_fails_and_stores_nothing(world, step, changes):
    world.know_kari()
    before = world.counts()
    if "later" in changes:
        changes = {"now": datetime.now(UTC) + changes["later"]}
    check_refused(world, world.post(**changes), step, before=before)
    assert world.post().status_code == 303


def test_refuses_a_launch_that_was_altered_on_its_way(world):
    before = world.counts()
    for altered in ({"user_id": "1"}, {"roles": "Instructor"}, {"custom_lrs_bridge_placed": "plan:"}, {"oauth_nonce": "x"}):
        fields = signed(url=URL, key="north-lms", secret=SECRET) | altered
        answer = browsing.browser(world.app).post("/lti/1p1/launch", data=fields, base_url=HERE)
        check_refused(world, answer, "signature", before=before)
    moved = signed(url=URL, key="north-lms", secret=SECRET)
    answer = browsing.browser(world.app).post("/lti/1p1/launch/activity/1?x=1", data=moved, base_url=HERE)
    check_refused(world, answer, "signature", before=before)


def test_refuses_algorithms_that_prove_nothing(world):
    before = world.counts()
    for method in ("PLAINTEXT", "RSA-SHA1", "none"):
        fields = signed(url=URL, key="north-lms", secret=SECRET) | {"oauth_signature_method": method}
        answer = browsing.browser(world.app).post("/lti/1p1/launch", data=fields, base_url=HERE)
        check_refused(world, answer, "algorithm", before=before)


def test_refuses_a_launch_that_comes_a_second_time_from_whatever_browser(world):
    world.know_kari()
    nonce = "n" * 500
    assert world.post(nonce=nonce).status_code == 303
    before = world.counts()
    same = signed(url=URL, key="north-lms", secret=SECRET, nonce=nonce)
    check_refused(world, world.post(nonce=nonce), "replay", before=before)
    answer = browsing.browser(world.app).post("/lti/1p1/launch", data=same, base_url=HERE)
    check_refused(world, answer, "replay", before=before)
    later = datetime.now(UTC) + timedelta(seconds=90)
    assert world.post(nonce=nonce, now=later).status_code == 303  # RFC 5849 3.3: a nonce is of its second


def test_lets_one_of_many_launches_with_the_same_nonce_in_when_they_come_at_once(world):
    world.know_kari()
    fields = signed(url=URL, key="north-lms", secret=SECRET)

    def once(_number):
        return world.app.test_client().post("/lti/1p1/launch", data=fields, base_url=HERE).status_code

    with ThreadPoolExecutor(6) as pool:
        statuses = sorted(pool.map(once, range(6)))
    assert statuses == [303, 403, 403, 403, 403, 403]
    assert world.counts()["lti_session"] == 1


def test_refuses_a_consumer_key_that_nobody_has_and_keeps_no_journal_of_it(world):
    before = world.counts()
    check_refused(world, world.post(key="unknown"), "consumer", before=before, journaled=False)
    answer = browsing.browser(world.app).post("/lti/1p1/launch", data={"x": "1"}, base_url=HERE)
    check_refused(world, answer, "consumer", before=before, journaled=False)
    answer = browsing.browser(world.app).post("/lti/1p1/launch", json={"oauth_consumer_key": "north-lms"}, base_url=HERE)
    assert answer.status_code == 403


def test_refuses_everybody_when_the_tenant_has_it_switched_off(world):
    world.act(service.set_allowed, allowed=False, by=BY, now=world.parts.clock())
    check_refused(world, world.post(), "platform", before=world.counts())


def test_refuses_a_platform_that_is_paused(world):
    world.act(platforms.pause_platform, world.platform.platform_id, by=BY, now=world.parts.clock())
    check_refused(world, world.post(), "platform", before=world.counts())


def test_refuses_a_platform_whose_secret_can_not_be_opened_any_more(world):
    key = Secret(b"x" * 32)
    world.act(service.renew_secret, world.platform.platform_id, master_key=key, by=BY, now=world.parts.clock())
    check_refused(world, world.post(), "key", before=world.counts())


def test_refuses_a_person_whose_access_was_ended(world):
    world.know_kari()
    world.act(people.block_person, KARI, actor=BY, now=world.parts.clock())
    check_refused(world, world.post(), "message", before=world.counts())


def test_names_what_is_wrong_in_the_platforms_journal_on_one_line_whatever_it_wrote(world):
    fields = signed(url=URL, key="north-lms", secret=SECRET, tool_consumer_instance_guid="a\x01b")
    answer = browsing.browser(world.app).post(
        "/lti/1p1/launch", data=fields | {"oauth_signature_method": "M\x07" * 99}, base_url=HERE
    )
    assert answer.status_code == 403
    (visit,) = world.visits()
    assert (visit.failed_step, visit.deployment_id) == ("algorithm", "a b")


def test_takes_no_launch_by_get_but_explains(world):
    answer = browsing.browser(world.app).get("/lti/1p1/launch?oauth_consumer_key=north-lms")
    assert "Open it from your course" in shown(answer)
    assert re.search(r'href="/login"', answer.text)
    assert world.visits() == []


def test_reads_no_cookie_of_ours_and_needs_no_token_of_our_forms(world):
    browser = browsing.browser(world.app)
    browsing.log_in(browser, "kari")
    page = led_in(browser, world.post(browser=browser, message=LAUNCH | {"user_id": "7"}))
    assert "Tell us once who you are" in shown(page)
