"""Platforms of LTI 1.1 on the administrators' pages."""

import html
import re

import pytest
from lxml import etree
from sqlalchemy import text

from lrs_bridge.db import read, transact
from lrs_bridge.lti.legacy import service
from tests.support import browsing, cast
from tests.support.cast import NORTH, SOUTH

NEW = {"name": "Læringsportalen", "product": "moodle", "site": "https://lms.example.no/course"}


@pytest.fixture
def world(app):
    parts = app.extensions["lrs_bridge"]
    transact(parts.engine, lambda s: cast.load(s, passwords=["anne", "kari"]))
    return parts


@pytest.fixture
def admin(app, world):
    client = browsing.browser(app)
    browsing.log_in(client, "anne")
    return client


def shown(answer, status=200):
    assert answer.status_code == status, answer.text
    return " ".join(html.unescape(answer.text).split())


def consumers(world, tenant=NORTH):
    return read(world.engine, lambda s: service.consumers(s, tenant))


def add(admin, world, **changes):
    page = shown(browsing.submit(admin, "/platforms/legacy/new", **(NEW | changes)))
    one = max(consumers(world), key=lambda each: each.created_at)
    return page, one, f"/platforms/legacy/{one.platform_id}"


def secret_on(page):
    return re.search(r"Secret</p> <code class=\"copy__text\">([^<]+)<", page)


def test_is_for_administrators_only(app, world, admin):
    _page, one, path = add(admin, world)
    visitor, kari = browsing.browser(app), browsing.browser(app)
    browsing.log_in(kari, "kari")
    for page in ("/platforms/legacy", "/platforms/legacy/new", path, f"{path}/edit"):
        assert visitor.get(page).status_code == 303
        assert kari.get(page).status_code == 403
    acts = ("pause", "resume", "remove", "renew", "edit")
    for act in ("/platforms/legacy/allow", "/platforms/legacy/new", *(f"{path}/{act}" for act in acts)):
        assert browsing.submit(kari, act, allowed="yes", **NEW).status_code == 403
        assert admin.post(act, data={"allowed": "yes", **NEW}).status_code == 400
    assert consumers(world) == [one]
    assert not read(world.engine, lambda s: service.allows(s, NORTH))


def test_keeps_to_the_administrators_own_tenant(admin, world):
    _page, _one, path = add(admin, world)
    with world.engine.begin() as session:
        session.execute(text("update lti_platform set tenant_id = :south"), {"south": SOUTH})
    assert "No platform uses LTI 1.1" in shown(admin.get("/platforms/legacy"))
    assert admin.get(path).status_code == 404
    for act in ("pause", "resume", "remove", "renew", "edit"):
        assert browsing.submit(admin, f"{path}/{act}", **NEW).status_code == 404


def test_turns_lti_1_1_on_and_off(admin, world):
    page = shown(admin.get("/platforms/legacy"))
    assert "Allow LTI 1.1" in page
    page = shown(browsing.submit(admin, "/platforms/legacy/allow", allowed="yes") and admin.get("/platforms/legacy"))
    assert "Launches by LTI 1.1 are taken." in page
    assert "Turn off LTI 1.1" in page
    assert read(world.engine, lambda s: service.allows(s, NORTH))
    browsing.submit(admin, "/platforms/legacy/allow", allowed="no")
    assert not read(world.engine, lambda s: service.allows(s, NORTH))
    with world.engine.connect() as session:
        events = session.execute(text("select actor from audit_event where action = 'lti.legacy.allow'")).scalars().all()
    assert events == [f"person:{cast.ANNE}"] * 2


def test_shows_the_secret_of_a_new_platform_once(admin, world):
    assert "Add a platform of LTI 1.1" in shown(admin.get("/platforms/legacy/new"))
    page, one, path = add(admin, world)
    secret = secret_on(page)[1]
    assert secret == service.secret_of(one, world.settings.master_key)
    assert one.client_id in page
    assert "Keep the secret now" in page
    later = shown(admin.get(path))
    assert secret not in later
    assert secret_on(later) is None
    for told in (one.client_id, "/lti/1p1/launch", "/lti/1p1/config.xml", "https://lms.example.no", "LTI 1.1 is off"):
        assert told in later
    assert "Læringsportalen" in shown(admin.get("/platforms/legacy"))
    assert "Moodle" in shown(admin.get("/platforms/legacy"))


def test_takes_a_key_and_a_secret_over(admin, world):
    page, one, _path = add(admin, world, key="jisc.ac.uk", secret="secret secret")
    assert (one.client_id, secret_on(page)[1]) == ("jisc.ac.uk", "secret secret")
    again = shown(browsing.submit(admin, "/platforms/legacy/new", **NEW, key="jisc.ac.uk", secret="secret secret"), 400)
    assert "This key is taken" in again
    assert consumers(world) == [one]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"name": ""}, "Write a name"),
        ({"product": "x"}, "Choose one from the list"),
        ({"site": "lms.example.no"}, "Write the whole address"),
        ({"key": "a b", "secret": "secret secret"}, "without spaces"),
        ({"key": "k", "secret": "short"}, "12 to 255 characters"),
    ],
)
def test_marks_what_is_wrong_and_keeps_what_was_written(admin, world, changes, told):
    page = shown(browsing.submit(admin, "/platforms/legacy/new", **({"name": "Min", **NEW} | changes)), 400)
    assert told in page
    assert 'aria-invalid="true"' in page
    assert consumers(world) == []


def test_changes_pauses_resumes_renews_and_removes(admin, world):
    _page, one, path = add(admin, world)
    assert 'value="Læringsportalen"' in shown(admin.get(f"{path}/edit"))
    changed = {"name": "Nytt navn", "product": "canvas", "site": "https://canvas.example.no"}
    assert "The changes are saved" in shown(browsing.submit(admin, f"{path}/edit", **changed) and admin.get(path))
    (now,) = consumers(world)
    assert (now.name, now.product, now.ancestors) == ("Nytt navn", "canvas", ("https://canvas.example.no",))
    assert now.sealed_secret == one.sealed_secret
    assert "Write a name" in shown(browsing.submit(admin, f"{path}/edit", **(changed | {"name": " "})), 400)
    browsing.submit(admin, f"{path}/pause")
    assert "Paused" in shown(admin.get(path))
    browsing.submit(admin, f"{path}/resume")
    assert consumers(world)[0].state == "running"
    page = shown(browsing.submit(admin, f"{path}/renew"))
    assert secret_on(page)[1] == service.secret_of(consumers(world)[0], world.settings.master_key)
    assert consumers(world)[0].sealed_secret != one.sealed_secret
    assert "It is removed" in shown(browsing.submit(admin, f"{path}/remove") and admin.get("/platforms/legacy"))
    assert consumers(world) == []


def test_leaves_platforms_of_lti_1_3_alone(admin, world):
    _page, one, path = add(admin, world)
    with world.engine.begin() as session:
        session.execute(text("update lti_platform set version = '1.3'"))
    for act in ("pause", "remove", "renew"):
        assert browsing.submit(admin, f"{path}/{act}").status_code == 404
    with world.engine.connect() as session:
        assert session.execute(text("select state, sealed_secret from lti_platform")).one() == ("running", one.sealed_secret)


def test_describes_the_tool_to_anybody_who_asks(app, world):
    answer = browsing.browser(app).get("/lti/1p1/config.xml")
    assert answer.mimetype == "application/xml"
    root = etree.fromstring(answer.data)
    assert f"{world.settings.public_url}/lti/1p1/launch" in [each.text for each in root]
