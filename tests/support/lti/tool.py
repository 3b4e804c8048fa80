"""The service as platforms meet it: a live server with the demo, platforms registered with it, users linked to its people."""

import re
import shutil
import sqlite3
import time
from datetime import UTC, datetime

import requests

from lrs_bridge.db import open_engine, transact
from lrs_bridge.demo.content import REPORTER
from lrs_bridge.demo.story import id_of
from lrs_bridge.lti.launch import service as launches
from lrs_bridge.lti.legacy import service as legacy
from lrs_bridge.lti.legacy import setup as legacy_setup
from lrs_bridge.lti.platforms import service as platforms
from lrs_bridge.lti.platforms.setup import parse_setup
from lrs_bridge.people import service as people
from lrs_bridge.settings import Settings
from lrs_bridge.xapi.credentials import service as lrs_keys
from tests.support.live import LiveServer
from tests.support.lti.walking import Walker, forms

TENANT, PASSWORD = "demo", "lrs-demo-2026"
LOOPBACK = "127.0.0.0/8,::1/128"
PERSONS = {"student": "kari", "second": "amir", "teacher": "sigrid", "admin": "admin"}
STORED = ("lti_session", "lti_link", "lti_member", "lti_score", "lti_used", "person_identifier")
SECONDS = 30


class Tool:
    """Start it on a copy of the demo's database. ``url`` is where platforms find it."""

    def __init__(self, folder, template, *, workers: int = 1, **settings: str) -> None:
        self.path = folder / "lrs_bridge.sqlite3"
        shutil.copy(template, self.path)
        self.server = LiveServer(f"sqlite:///{self.path}", folder, workers=workers, ALLOW_PRIVATE_NETWORKS=LOOPBACK, **settings)
        self.url = self.server.url

    def start(self) -> "Tool":
        self.server.start()
        return self

    def stop(self) -> None:
        self.server.stop()

    __enter__ = start

    def __exit__(self, *_raised: object) -> None:
        self.stop()

    # What an administrator does beforehand

    def register(self, platform, *, tenant: str = TENANT, deployment: str | None = "", product: str | None = None):
        """Registers each with the other; ``deployment`` None adopts the first, and "" is the one that the platform has."""
        platform.register_tool(self.url, tenant)
        given = {
            "name": f"Platform of {type(platform).__name__}",
            "product": product or platform.product,
            "issuer": platform.issuer,
            "client_id": platform.client_id,
            "deployment_id": platform.deployment_id if deployment == "" else deployment or "",
            "authorization_url": platform.authorization_url,
            "token_url": platform.token_url,
            "token_audience": platform.token_audience or "",
            "jwks_url": platform.jwks_url,
        }
        setup = parse_setup(given, allowed=self.settings.allow_private_networks)
        settings = self.settings

        def work(session):
            return platforms.add_platform(
                session, tenant, setup, master_key=settings.master_key, by="test", now=datetime.now(UTC)
            )

        return self.change(work)

    def register_1p1(self, platform):
        """Registers a platform of LTI 1.1 by the key and secret that it has, and lets the tenant take its launches."""
        given = {"name": "Old one", "product": platform.product, "site": platform.issuer}
        setup = legacy_setup.parse_setup(given | {"key": platform.consumer_key, "secret": platform.consumer_secret})
        settings, now = self.settings, datetime.now(UTC)

        def work(session):
            legacy.set_allowed(session, TENANT, allowed=True, by="test", now=now)
            return legacy.add_consumer(session, TENANT, setup, master_key=settings.master_key, by="test", now=now)[0]

        return self.change(work)

    @property
    def settings(self) -> Settings:
        return Settings.from_environ(self.server.environ)

    def change(self, work):
        """Something that happens in the database beside the server, in one transaction."""
        engine = open_engine(self.server.database_url)
        try:
            return transact(engine, work)
        finally:
            engine.dispose()

    def link(self, platform, *users: str) -> None:
        """Makes the platform's users known as people of the demo: see PERSONS."""
        self.link_as(platform.issuer, {user: platform.subjects[user] for user in users})

    def link_as(self, issuer: str, subjects: dict[str, str]) -> None:
        """The same by the ids that an issuer has for users."""

        def work(session):
            for user, subject in subjects.items():
                identifier = launches.user_of(issuer, subject)
                person_id = id_of("person", PERSONS[user])
                people.link_identifier(session, TENANT, identifier, person_id, actor="test", now=datetime.now(UTC))

        self.change(work)

    def add_tenant(self, tenant: str) -> None:
        self.change(lambda s: people.add_tenant(s, tenant, name=tenant, kind="trust", language="nb", contact=None))

    def credential(self) -> tuple[str, str]:
        """A key and secret of the LRS, for the system that the demo's courses are in."""

        def work(session):
            return lrs_keys.create_credential(session, tenant=TENANT, name=REPORTER, scopes=["all"], now=datetime.now(UTC))

        return self.change(work)

    # What is there

    def rows(self, query: str, *values: object) -> list[dict]:
        """What a query finds, read beside the server."""
        connection = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=SECONDS)
        connection.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in connection.execute(query, values)]
        finally:
            connection.close()

    def change_rows(self, statement: str, *values: object) -> None:
        """Changes rows beside the server."""
        with sqlite3.connect(self.path, timeout=SECONDS) as connection:
            connection.execute(statement, values)
        connection.close()

    def counts(self) -> dict[str, int]:
        """How many rows there are in what launches may change."""
        return {table: self.rows(f'select count(*) as n from "{table}"')[0]["n"] for table in STORED}

    def visits(self) -> list[dict]:
        """The journal of launches, oldest first."""
        return self.rows("select * from lti_visit order by at, rowid")

    # What people do here

    def walk(self, platform, user: str = "student", link: str = "one", **more):
        """A browser that opens the link in the course; it and its steps."""
        browser = Walker()
        return browser, browser.walk(platform.course_url(user, link), **more)

    def place(self, platform, *titles: str, user: str = "teacher", graded: bool = True):
        """A teacher chooses these by deep linking; the steps from there."""
        browser = Walker()
        page = browser.walk(platform.deep_linking_url(user))[-1].answer
        (form,) = [each for each in forms(page) if each.method == "POST" and each.action.endswith("/lti/place")]
        places = []
        for title in titles:
            found = re.search(
                rf'value="([^"]+)" id="(place-\d+)">\s*<label for="\2"><span class="row__title">{title}<', page.text
            )
            assert found, f"{title} is not offered: {page.text}"
            places.append(found[1])
        fields = {name: value for name, value in form.fields.items() if name not in {"place", "graded"}}
        wanted = {"place": places} | ({"graded": "yes"} if graded else {})
        return browser.send(form.__class__(form.method, form.action, fields), **wanted)

    def log_in(self, username: str) -> requests.Session:
        """Somebody who has logged in here in a window of their own."""
        browser = requests.Session()
        page = browser.get(f"{self.url}/login", timeout=SECONDS)
        token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]
        fields = {"csrf_token": token, "tenant": TENANT, "username": username, "password": PASSWORD}
        answer = browser.post(f"{self.url}/login", data=fields, timeout=SECONDS)
        assert answer.ok, answer.text
        return browser

    def wait_for(self, holds, seconds: float = SECONDS):
        """Waits until something is so, and gives it."""
        end = time.monotonic() + seconds
        while not (found := holds()):
            assert time.monotonic() < end, f"it did not happen within {seconds} seconds"
            time.sleep(0.1)
        return found
