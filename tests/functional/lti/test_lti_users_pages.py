"""The page of platforms' users whom nobody here is known to be."""

import re

import pytest

from lrs_bridge.db import read, transact
from lrs_bridge.lti.launch import service as launches
from lrs_bridge.people import service as people
from tests.support import cast
from tests.support.browsing import browser, log_in, set_clock, submit
from tests.support.framed import ISSUER, enter, launch, register

PAGE = "/platforms/users"


@pytest.fixture
def wired(app):
    transact(app.extensions["lrs_bridge"].engine, lambda s: cast.load(s, ("anne", "kari")))
    set_clock(app, cast.NOW)
    wired = app.extensions["lrs_bridge"]
    enter(wired, register(wired, now=cast.NOW), launch(), now=cast.NOW)
    return wired


@pytest.fixture
def anne(app, wired):
    client = browser(app)
    log_in(client, "anne")
    return client


def test_finds_and_links_a_user_who_waits(anne, wired):
    page = anne.get(PAGE)
    assert "Kari fra kurset" in page.text
    found = anne.get(f"{PAGE}?issuer={ISSUER}&subject=42&text=Nordmann").text
    assert str(cast.KARI) in found
    answer = submit(anne, PAGE, page=PAGE, issuer=ISSUER, subject="42", person_id=str(cast.KARI))
    assert answer.status_code == 303
    assert "Nobody waits" in anne.get(PAGE).text
    user = launches.user_of(ISSUER, "42")
    assert read(wired.engine, lambda s: people.resolve(s, cast.NORTH, [user])) == {user: cast.KARI}


@pytest.mark.parametrize(
    ("person", "subject", "status"),
    [
        ("nobody", "42", 400),
        (str(cast.ANNE), "42", 403),
        (str(cast.KARI), "nobody's", 404),
        ("00000000-0000-0000-0000-0000000000ff", "42", 404),
    ],
)
def test_links_nobody_when_the_choice_is_wrong(anne, wired, person, subject, status):
    answer = submit(anne, PAGE, page=PAGE, issuer=ISSUER, subject=subject, person_id=person)
    assert answer.status_code == status
    assert read(wired.engine, lambda s: people.resolve(s, cast.NORTH, [launches.user_of(ISSUER, "42")])) == {}


def test_says_when_nobody_is_found(anne):
    assert "Nobody found" in anne.get(f"{PAGE}?issuer={ISSUER}&subject=42&text=Ingenting").text


def test_shows_the_page_to_administrators_only(app, wired):
    client = browser(app)
    assert re.search(r"/login", client.get(PAGE).headers["Location"])
    log_in(client, "kari")
    assert client.get(PAGE).status_code == 403
