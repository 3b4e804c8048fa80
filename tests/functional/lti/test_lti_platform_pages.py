"""Learning platforms on the administrator's pages, with a real platform at the other end where one is asked."""

import html
import json
import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import insert, text

from lrs_bridge.app import create_app
from lrs_bridge.db import read, transact
from lrs_bridge.lti import tables
from lrs_bridge.lti.launch.refusal import Step
from lrs_bridge.lti.platforms import client as platforms_client
from lrs_bridge.lti.platforms import service
from lrs_bridge.lti.platforms.platform import Product
from lrs_bridge.lti.platforms.rebinding import Rebinding, former_user, lti_user
from lrs_bridge.lti.platforms.visit import Visit
from lrs_bridge.people import service as people
from lrs_bridge.web.patience import Limits
from lrs_bridge.web.reply import CallFailed
from tests.conftest import TEMPLATES
from tests.support import browsing, cast
from tests.support.cast import ANNE, KARI, NORTH, OLA, SOUTH
from tests.support.environment import settings_for
from tests.support.lti.foreign.serving import Serving
from tests.support.lti.own_platform import OwnPlatform
from tests.support.lti_setups import MOODLE, platform, setup

LOOPBACK = "127.0.0.0/8,::1/128"
BY = f"person:{ANNE}"


@pytest.fixture
def there():
    platforms_client.forget_keys()
    with OwnPlatform() as platform:
        yield platform


@pytest.fixture
def app(database_url, tmp_path):
    """The application, which platforms reach at its public address."""
    made = []
    serving = Serving(lambda environ, start: made[0](environ, start))  # noqa: PLW0108  its port comes before the application
    public = f"http://127.0.0.1:{serving.port}"
    app = create_app(settings_for(database_url, tmp_path, ALLOW_PRIVATE_NETWORKS=LOOPBACK, PUBLIC_URL=public))
    app.testing = True
    app.jinja_env.bytecode_cache = TEMPLATES
    made.append(app.wsgi_app)
    yield app
    serving.stop()
    app.extensions["lrs_bridge"].engine.dispose()


@pytest.fixture
def parts(app):
    found = app.extensions["lrs_bridge"]
    transact(found.engine, lambda s: cast.load(s, passwords=["anne", "kari"]))
    return found


@pytest.fixture
def admin(app, parts):
    client = browsing.browser(app)
    browsing.log_in(client, "anne")
    return client


@pytest.fixture
def act(parts):
    """Runs one use case in its own transaction."""
    return lambda work, *args, **more: transact(parts.engine, lambda s: work(s, *args, **more))


def shown(answer, status=200):
    assert answer.status_code == status, answer.text
    return " ".join(html.unescape(answer.text).split())


def add(act, parts, tenant=NORTH, **changes):
    key = parts.settings.master_key
    return act(service.add_platform, tenant, setup(**changes), master_key=key, by=BY, now=datetime.now(UTC))


def path_of(one, rest=""):
    return f"/platforms/{one.platform_id}{rest}"


def link_of(admin):
    page = shown(browsing.submit(admin, "/platforms/link"))
    return re.search(r'class="copy__text">(http://[^<]+/lti/register/[^<]+)<', page)[1]


def open_link(app, link, **parameters):
    """Opens the link as a platform's page would, in a browser that is not logged in."""
    return browsing.browser(app).get(f"/lti/{link.partition('/lti/')[2]}", query_string=parameters)


# Who may


def test_is_for_administrators_only(app, act, parts):
    one = add(act, parts)
    visitor, kari = browsing.browser(app), browsing.browser(app)
    browsing.log_in(kari, "kari")
    for path in ("/platforms", "/platforms/new", "/platforms/new/moodle", "/platforms/keys", path_of(one), path_of(one, "/edit")):
        assert visitor.get(path).status_code == 303
        assert kari.get(path).status_code == 403
    acts = ("pause", "resume", "remove", "test", "deployments", "deployments/rename", "deployments/remove", "rebindings/approve")
    for path in ("/platforms/link", "/platforms/keys/rotate", *(path_of(one, f"/{each}") for each in acts)):
        assert browsing.submit(kari, path).status_code == 403
    assert read(parts.engine, lambda s: service.list_platforms(s, NORTH)) == [one]


def test_keeps_to_the_administrators_own_tenant(admin, act, parts):
    one = add(act, parts, SOUTH, name="Andre siden")
    assert "Andre siden" not in shown(admin.get("/platforms"))
    for path in (path_of(one), path_of(one, "/edit")):
        assert admin.get(path).status_code == 404
    for each in ("pause", "remove", "test", "deployments/remove", "rebindings/refuse"):
        assert browsing.submit(admin, path_of(one, f"/{each}")).status_code == 404


# By link


@pytest.mark.parametrize("token", [None, "a token of the platform's"])
def test_registers_a_platform_by_a_link_once(app, admin, act, there, token):
    there.needs_registration_token = token
    link = link_of(admin)
    asked = {"openid_configuration": there.openid_configuration_url} | ({"registration_token": token} if token else {})
    answer = open_link(app, link, **asked)
    page = shown(answer)
    assert "Registered" in page
    assert f"{there.issuer}</dd>" in page
    assert 'data-lti="close"' in page
    assert "Activate the tool" in page
    assert "frame-ancestors *;" in answer.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in answer.headers
    assert there.registrations[0]["jwks_uri"].endswith(f"/lti/jwks/{NORTH}.json")
    (kept,) = act(service.list_platforms, NORTH)
    assert (kept.issuer, kept.client_id, kept.product) == (there.issuer, "registered-1", Product.MOODLE)
    assert kept.jwks_url == there.jwks_url
    assert [each.deployment_id for each in act(service.find_deployments, NORTH, kept.platform_id)] == ["1"]
    assert "The registration link is not good any more" in shown(open_link(app, link, **asked), 409)
    assert len(there.registrations) == 1
    assert "localhost" in shown(admin.get("/platforms"))
    assert "The connection works" in shown(browsing.submit(admin, path_of(kept, "/test")))


def test_says_at_which_step_a_registration_failed_and_lets_the_link_be_used_again(app, admin, act, there):
    there.needs_registration_token = "right"
    link, url = link_of(admin), there.openid_configuration_url
    for parameters, status, told in (
        ({}, 400, "This link is not to be opened by itself"),
        ({"openid_configuration": "http://127.0.0.1:9/x"}, 502, "What the platform says of itself could not be used"),
        ({"openid_configuration": "http://169.254.169.254/x"}, 502, "Reading the platform's configuration"),
        ({"openid_configuration": there.jwks_url}, 400, "What the platform says of itself could not be used"),
        ({"openid_configuration": url.replace("localhost", "127.0.0.1")}, 400, "is not where the configuration is"),
        ({"openid_configuration": url, "registration_token": "wrong"}, 502, "The platform did not take our registration"),
    ):
        page = shown(open_link(app, link, **parameters), status)
        assert "Not registered" in page
        assert told in page
        assert "Error id" in page
        assert 'data-lti="close"' not in page
    assert act(service.list_platforms, NORTH) == []
    assert "Registered" in shown(open_link(app, link, openid_configuration=url, registration_token="right"))


@pytest.mark.parametrize(
    ("status", "content", "told"),
    [
        (200, "secret of the inside", "its answer can't be used (HTTP status 200)"),
        (403, "secret of the inside", "its answer can't be used (HTTP status 403)"),
        (200, json.dumps({"issuer": "secret of the inside"}), "is not where the configuration is"),
    ],
)
def test_shows_nothing_of_what_another_server_answered_when_a_registration_fails(app, admin, caplog, status, content, told):
    def inside(_environ, start):
        start(f"{status} Told", [("Content-Type", "text/plain")])
        return [content.encode()]

    serving = Serving(inside)
    answer = open_link(app, link_of(admin), openid_configuration=f"http://127.0.0.1:{serving.port}/x")
    serving.stop()
    assert told in shown(answer, answer.status_code)
    assert "secret" not in answer.text
    assert ("secret of the inside" in caplog.text) == (not content.startswith("{"))


def test_takes_no_link_that_nobody_made_or_that_has_ended(app, admin, there):
    link = link_of(admin)
    browsing.set_clock(app, datetime.now(UTC) + timedelta(days=7))
    asked = {"openid_configuration": there.openid_configuration_url}
    assert "The registration link is not good any more" in shown(open_link(app, link, **asked), 409)
    assert "The registration link is not good any more" in shown(open_link(app, link + "x", **asked), 404)
    assert there.registrations == []


def test_says_that_a_registration_can_not_be_kept_where_others_have_the_deployment(app, admin, act, parts, there):
    asked = {"openid_configuration": there.openid_configuration_url}
    registered = open_link(app, link_of(admin), **asked)
    assert registered.status_code == 200
    key, now = parts.settings.master_key, datetime.now(UTC)
    token = act(service.make_link, SOUTH, made_by=ANNE, master_key=key, now=now)
    there.registrations.clear()  # so that the platform gives the same client id again
    page = shown(open_link(app, f"{parts.settings.public_url}/lti/register/{token}", **asked), 400)
    assert "it can't be kept here" in page
    assert act(service.list_platforms, SOUTH) == []


def test_a_platform_that_registers_again_by_a_new_link_is_not_doubled(app, admin, act, there):
    for _time in range(2):
        there.registrations.clear()
        assert open_link(app, link_of(admin), openid_configuration=there.openid_configuration_url).status_code == 200
    assert len(act(service.list_platforms, NORTH)) == 1


# By hand


def test_registers_a_platform_by_hand(admin, act, there):
    page = shown(admin.get("/platforms/new"))
    assert all(f"/platforms/new/{product.value}" in page for product in Product)
    page = shown(admin.get("/platforms/new/moodle"))
    for told in (
        "/lti/login",
        "/lti/launch",
        "/lti/jwks/north.json",
        "/lti/canvas/north.json",
        "BEGIN PUBLIC KEY",
        "lti-ags/scope/score",
    ):
        assert told in page
    form = {"site": there.url, "client_id": "own-client", "deployment_id": "1", "name": "Læringsportalen"}
    answer = browsing.submit(admin, "/platforms/new/moodle", **form)
    assert answer.status_code == 303, answer.text
    page = shown(admin.get(answer.location))
    assert "The platform is registered" in page
    assert "There was no launch yet" in page
    (kept,) = act(service.list_platforms, NORTH)
    assert (kept.issuer, kept.token_url) == (there.url, f"{there.url}/mod/lti/token.php")
    assert "Not used yet" in shown(admin.get("/platforms"))
    assert "already" in shown(browsing.submit(admin, "/platforms/new/moodle", **form), 400)


@pytest.mark.parametrize("product", list(Product))
def test_has_a_form_for_every_product_that_says_what_to_paste(admin, product):
    page = shown(admin.get(f"/platforms/new/{product.value}"))
    assert "/lti/launch" in page
    assert 'name="client_id"' in page


def test_marks_what_is_wrong_and_keeps_what_was_written(admin, act):
    for product, changes, told in (
        ("moodle", {"site": "lms.example.no"}, "Write the whole address, from https:// on."),
        ("moodle", {"site": "https://10.0.0.1"}, "in a network that this service may not connect to"),
        ("other", {"issuer": "https://lms.example.no"}, "Write the whole address, from https:// on."),
        ("other", {"issuer": ""}, "Write the issuer exactly"),
        ("BlackboardLearn", {}, "Write the deployment id"),
    ):
        page = shown(browsing.submit(admin, f"/platforms/new/{product}", **({"client_id": "abc-1", "name": "X"} | changes)), 400)
        assert told in page
        assert 'value="abc-1"' in page
        assert 'aria-invalid="true"' in page
    assert admin.get("/platforms/new/blackbird").status_code == 404
    assert act(service.list_platforms, NORTH) == []


def test_changes_a_platform(admin, act, parts):
    one = add(act, parts)
    page = shown(admin.get(path_of(one, "/edit")))
    assert f'value="{MOODLE}/mod/lti/token.php"' in page
    form = {"name": "Ny", "product": "sakai", "issuer": MOODLE, "client_id": "abc", "ancestors": "https://a.no\r\nhttps://b.no"}
    urls = {name: f"{MOODLE}/{name}" for name in ("authorization_url", "token_url", "jwks_url")}
    assert browsing.submit(admin, path_of(one, "/edit"), **form, **urls).status_code == 303
    changed = act(service.get_platform, NORTH, one.platform_id)
    assert (changed.name, changed.product, changed.ancestors) == ("Ny", Product.SAKAI, ("https://a.no", "https://b.no"))
    assert "https://a.no, https://b.no" in shown(admin.get(path_of(one)))
    wrong = form | {"ancestors": "a.no"}
    assert "Write origins such as" in shown(browsing.submit(admin, path_of(one, "/edit"), **wrong, **urls), 400)
    assert browsing.submit(admin, path_of(one, "/edit"), **(form | {"product": "x"}), **urls).status_code == 404


# One platform


def test_tests_the_connection_and_says_what_to_do(admin, act, parts, there):
    there.register_tool(parts.settings.public_url, NORTH)
    issuer = {"product": "other", "issuer": there.issuer, "client_id": there.client_id}
    urls = {name: getattr(there, name) for name in ("authorization_url", "token_url", "jwks_url")}
    browsing.submit(admin, "/platforms/new/other", **issuer, **urls)
    (one,) = act(service.list_platforms, NORTH)
    page = shown(browsing.submit(admin, path_of(one, "/test")))
    assert "The connection works" in page
    assert "The platform knows us and takes our key" in page
    there.client_id = "another"
    page = shown(browsing.submit(admin, path_of(one, "/test")))
    assert "The connection does not work yet" in page
    assert "the platform does not accept us" in page
    assert "The platform publishes its keys" in page
    there.refuse_connections()
    assert "it can't be reached" in shown(browsing.submit(admin, path_of(one, "/test")))


def test_shows_launches_and_what_to_do_about_those_that_failed(admin, act, parts):
    one = add(act, parts, deployment_id="1")
    now = datetime.now(UTC)
    act(service.note_visit, NORTH, Visit(uuid4(), one.platform_id, now, "LtiResourceLinkRequest", "1", "Akuttkurset", "Min plan"))
    for step in Step:
        told = f"<b>{step.value}</b> was wrong"
        act(service.note_visit, NORTH, Visit(uuid4(), one.platform_id, now, "login", failed_step=step.value, reason=told))
    later = now + timedelta(seconds=1)
    unknown = Visit(uuid4(), one.platform_id, later, "LtiResourceLinkRequest", "17", failed_step="deployment", error_id="e-1")
    act(service.note_visit, NORTH, unknown)
    answer = admin.get(path_of(one))
    assert "<b>" not in answer.text
    page = shown(answer)
    for told in ("Akuttkurset", "The deployment is not known", "error id e-1", "Add this deployment"):
        assert told in page
    headings = re.findall(r'<h3 class="ds-heading" data-size="2xs">([^<]+)</h3>', page)
    assert len(set(headings)) >= 18
    assert not set(headings) & {step.value for step in Step}
    assert "launches failed in the last week" in shown(admin.get("/platforms"))


def test_pauses_resumes_and_removes(admin, act, parts):
    one = add(act, parts)
    browsing.submit(admin, path_of(one, "/pause"))
    assert "It is paused" in shown(admin.get(path_of(one)))
    browsing.submit(admin, path_of(one, "/resume"))
    assert "Launches are taken again" in shown(admin.get(path_of(one)))
    browsing.submit(admin, path_of(one, "/remove"))
    assert admin.get(path_of(one)).status_code == 404
    with parts.engine.connect() as session:
        events = session.execute(text("select actor, action from audit_event where action like 'lti.platform.%'")).all()
    assert {f"lti.platform.{each}" for each in ("add", "pause", "resume", "remove")} == {event.action for event in events}
    assert {event.actor for event in events} == {BY}


def test_keeps_a_platform_whose_grades_are_evidence(admin, act, parts):
    one = add(act, parts)
    at = datetime.now(UTC)
    link_id, item_id = uuid4(), uuid4()
    link = {"link_id": link_id, "platform_id": one.platform_id, "place_key": "k", "deployment_id": "1", "kind": "plan"}
    item = {"line_item_id": item_id, "link_id": link_id, "url_key": "k", "url": "u", "label": "x"} | {
        "is_own": False,
        "is_watched": True,
    }
    graded = {"result_key": "r", "line_item_id": item_id, "subject": "s", "document": "{}", "digest": "d", "seen_at": at} | {
        "number": 1,
        "counts": True,
    }
    with parts.engine.begin() as session:
        for table, values in (
            (tables.link, link | {"target_id": "", "scopes": [], "first_at": at, "last_at": at}),
            (tables.line_item, item | {"platform_id": one.platform_id, "added_at": at, "next_at": at, "failures": 0}),
            (tables.result, graded),
        ):
            session.execute(insert(table), {"tenant_id": NORTH} | values)
    assert "It can't be removed" in shown(browsing.submit(admin, path_of(one, "/remove")), 409)
    assert act(service.get_platform, NORTH, one.platform_id) == one
    with parts.engine.begin() as session:
        session.execute(text("delete from lti_result"))
    assert browsing.submit(admin, path_of(one, "/remove")).status_code == 303
    with parts.engine.connect() as session:
        assert session.execute(text("select count(*) from lti_link")).scalar_one() == 0


def test_adds_names_and_removes_deployments(admin, act, parts):
    one, other = add(act, parts), add(act, parts, SOUTH, client_id="def", deployment_id="7")
    assert other.tenant == SOUTH
    assert "The first deployment that is used is taken" in shown(admin.get(path_of(one)))
    browsing.submit(admin, path_of(one, "/deployments"), deployment_id=" 1 ", name="Hele sykehuset")
    assert "Hele sykehuset" in shown(admin.get(path_of(one)))
    for wrong, told in (("1", "This deployment is registered here already"), (" ", "Write the deployment id")):
        assert told in shown(browsing.submit(admin, path_of(one, "/deployments"), deployment_id=wrong), 400)
    browsing.submit(admin, path_of(one, "/deployments/rename"), deployment_id="1", name="Avdelingen")
    assert "Avdelingen" in shown(admin.get(path_of(one)))
    browsing.submit(admin, path_of(one, "/deployments/remove"), deployment_id="1")
    assert act(service.find_deployments, NORTH, one.platform_id) == []
    assert browsing.submit(admin, path_of(one, "/deployments/remove"), deployment_id="1").status_code == 404


def test_decides_whether_two_users_are_one_person(admin, act, parts):
    one, now = add(act, parts), datetime.now(UTC)
    asked = [
        Rebinding(one.platform_id, f"{number}", "key", f"old-{number}", f"Navn {number}", "Kurs", now) for number in range(4)
    ]
    for each in asked:
        act(service.ask_rebinding, NORTH, each)
    for person, number in ((KARI, 0), (OLA, 2)):
        act(people.link_identifier, NORTH, former_user(asked[number]), person, actor=BY, now=now)
    act(people.link_identifier, NORTH, lti_user(MOODLE, "2"), KARI, actor=BY, now=now)
    assert "User id 0 now, old-0 before (consumer key key)." in shown(admin.get(path_of(one)))

    def decide(verdict, number):
        return browsing.submit(admin, path_of(one, f"/rebindings/{verdict}"), subject=str(number), consumer_key="key")

    assert decide("approve", 0).status_code == 303
    assert "Nobody here is known by that user id" in shown(decide("approve", 1), 404)
    assert "The user is linked to somebody else already" in shown(decide("approve", 2), 409)
    assert decide("refuse", 3).status_code == 303
    assert decide("refuse", 3).status_code == 404
    assert [each.subject for each in act(service.rebindings, NORTH, one.platform_id)] == ["1", "2"]
    assert act(people.resolve, NORTH, [lti_user(MOODLE, "0")]) == {lti_user(MOODLE, "0"): KARI}


# Keys


def test_shows_and_changes_the_keys_that_platforms_know_us_by(admin, act, parts):
    assert "There are no keys yet" in shown(admin.get("/platforms/keys"))
    add(act, parts)
    page = shown(admin.get("/platforms/keys"))
    assert ("Signs now" in page, "Signs next" in page, "Retired" in page) == (True, True, False)
    before = {key["kid"] for key in admin.get("/lti/jwks/north.json").get_json()["keys"]}
    assert browsing.submit(admin, "/platforms/keys/rotate").status_code == 303
    assert "Retired" in shown(admin.get("/platforms/keys"))
    answer = admin.get("/lti/jwks/north.json")
    published = answer.get_json()["keys"]
    assert before < {key["kid"] for key in published}
    assert {name for key in published for name in key} == {"kty", "n", "e", "kid", "use", "alg"}
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_publishes_each_tenants_keys_apart_and_not_among_those_of_attestations(app, act, parts):
    for tenant in (NORTH, SOUTH):
        add(act, parts, tenant, client_id=tenant)
    visitor = browsing.browser(app)

    def kids(path):
        return {key["kid"] for key in visitor.get(path).get_json()["keys"]}

    for tenant in (NORTH, SOUTH):
        own = {key.kid for key in act(service.tenant_keys, tenant, datetime.now(UTC))}
        assert kids(f"/lti/jwks/{tenant}.json") == own
        assert not kids("/.well-known/jwks.json") & own
    for gone in ("/lti/jwks/nowhere.json", "/lti/jwks.json", "/lti/canvas/nowhere.json", "/lti/canvas.json"):
        assert visitor.get(gone).status_code == 404


def test_tells_canvas_our_settings(app, parts):
    answer = browsing.browser(app).get(f"/lti/canvas/{NORTH}.json")
    assert json.loads(answer.text)["public_jwk_url"] == f"{parts.settings.public_url}/lti/jwks/{NORTH}.json"
    assert json.loads(answer.text)["oidc_initiation_url"] == f"{parts.settings.public_url}/lti/login"


# The keys of platforms


def test_fetches_a_platforms_keys_anew_for_an_unknown_name_but_not_again_within_a_minute(monkeypatch, parts, there):
    one = replace(platform(), jwks_url=there.jwks_url)
    allowed = parts.settings.allow_private_networks
    clock = [1000.0]
    monkeypatch.setattr(platforms_client, "_clock", lambda: clock[0])

    def kids(kid=None):
        return {key["kid"] for key in platforms_client.platform_keys(one, allowed=allowed, kid=kid)["keys"]}

    first = kids()
    there.rotate_keys()
    assert kids() == first
    second = kids("unknown")
    assert second != first
    there.rotate_keys()
    clock[0] += 59
    assert kids("unknown") == second
    clock[0] += 2
    third = kids("unknown")
    assert third not in (first, second)
    there.rotate_keys()
    assert kids(next(iter(third))) == third
    clock[0] += 601
    assert kids() not in (first, second, third)
    clock[0] += 601
    there.refuse_connections()
    with pytest.raises(CallFailed):
        kids()


@pytest.fixture
def slow():
    """A key set that is given when ``goes_on`` is set; ``asked`` counts, and ``begun`` is set when somebody asks."""

    class Slow:
        begun, goes_on, asked, status = threading.Event(), threading.Event(), 0, "200 OK"

        def __call__(self, _environ, start):
            self.asked += 1
            self.begun.set()
            self.goes_on.wait(10)
            start(self.status, [("Content-Type", "application/json")])
            return [b'{"keys": [{"kid": "a"}]}']

    platforms_client.forget_keys()
    slow = Slow()
    serving = Serving(slow)
    slow.one = replace(platform(), jwks_url=f"http://127.0.0.1:{serving.port}/jwks")
    yield slow
    slow.goes_on.set()
    serving.stop()


def test_lets_nobody_wait_for_long_while_another_fetches_a_platforms_keys(monkeypatch, parts, slow):
    allowed = parts.settings.allow_private_networks
    clock = [1000.0]
    monkeypatch.setattr(platforms_client, "_clock", lambda: clock[0])

    def fetch(kid):
        return platforms_client.platform_keys(slow.one, allowed=allowed, kid=kid)["keys"]

    with ThreadPoolExecutor() as others:
        first = others.submit(fetch, "a")
        assert slow.begun.wait(5)
        with pytest.raises(CallFailed):
            fetch("a")
        slow.goes_on.set()
        assert first.result(5) == [{"kid": "a"}]
        clock[0] += 601
        slow.goes_on.clear()
        slow.begun.clear()
        again = others.submit(fetch, "a")
        assert slow.begun.wait(5)
        assert fetch("a") == [{"kid": "a"}]
        with pytest.raises(CallFailed):
            fetch("b")
        assert slow.asked == 2
        slow.goes_on.set()
        assert again.result(5) == [{"kid": "a"}]


def test_fetches_keys_once_for_many_who_come_at_once(parts, slow):
    allowed = parts.settings.allow_private_networks
    with ThreadPoolExecutor(8) as others:
        asked = [others.submit(platforms_client.platform_keys, slow.one, allowed=allowed, kid="a") for _each in range(8)]
        assert slow.begun.wait(5)
        time.sleep(0.1)
        slow.goes_on.set()
        assert [each.result(5)["keys"] for each in asked] == [[{"kid": "a"}]] * 8
    assert slow.asked == 1


def test_asks_for_no_keys_for_half_a_minute_after_they_could_not_be_fetched(monkeypatch, parts, slow):
    clock = [1000.0]
    monkeypatch.setattr(platforms_client, "_clock", lambda: clock[0])
    slow.status = "503 Away"
    slow.goes_on.set()
    for wait, asked in ((0, 1), (29, 1), (2, 2)):
        clock[0] += wait
        with pytest.raises(CallFailed) as error:
            platforms_client.platform_keys(slow.one, allowed=parts.settings.allow_private_networks)
        assert (error.value.http_status, slow.asked) == (503, asked)
    slow.status = "200 OK"
    clock[0] += 31
    assert platforms_client.platform_keys(slow.one, allowed=parts.settings.allow_private_networks)["keys"]


def test_gives_up_soon_on_a_platform_that_does_not_answer(monkeypatch, parts, slow):
    monkeypatch.setattr(platforms_client, "in_request", lambda _now: Limits(1, 1, time.monotonic() + 0.3))
    begun = time.monotonic()
    with pytest.raises(CallFailed):
        platforms_client.platform_keys(slow.one, allowed=parts.settings.allow_private_networks)
    assert time.monotonic() - begun < 0.9


def test_publishes_the_only_tenants_keys_also_where_all_keys_are_looked_for(app):
    wired, now = app.extensions["lrs_bridge"], datetime.now(UTC)

    def work(session):
        people.add_tenant(session, "alone", name="Alone", kind="trust", language="nb")
        service.ensure_keys(session, "alone", master_key=wired.settings.master_key, now=now)
        return {key.kid for key in service.tenant_keys(session, "alone", now)}

    own = transact(wired.engine, work)
    keys = browsing.browser(app).get("/.well-known/jwks.json").get_json()["keys"]
    assert {key["kid"] for key in keys if key["alg"] == "RS256"} == own
    assert len(own) == 2
