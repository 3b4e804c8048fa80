"""A cmi5 LMS to test: courses kept, learners registered, AUs launched; and an AU that keeps the rules unless told otherwise."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import orjson

from lrs_bridge.cmi5 import service
from lrs_bridge.cmi5.door.service import AuSessions
from lrs_bridge.cmi5.vocabulary import LaunchMode
from lrs_bridge.completion import Outcome
from lrs_bridge.db import read, transact
from lrs_bridge.identity import Account
from tests.support import browsing
from tests.support.cmi5 import LEARNER, NOON, said
from tests.support.lrs import VERSION, Caller
from tests.support.relays import number_by_the_clock

TENANT = "demo"
COURSE_IRI = "http://127.0.0.1:8080/hosted/1"
FILES = "http://content.example.no/files/1/"


@dataclass
class Heard:
    """What attempts were told to have come to; implements ``ports.AttemptNews``."""

    outcomes: list[tuple[UUID, Outcome]] = field(default_factory=list)

    def attempt_changed(self, _session, _tenant, registration, outcome, *, now) -> None:  # noqa: ARG002  the port's
        self.outcomes.append((registration, outcome))


class Sink:
    """Keeps what doors hand in; implements ``ports.CompletionSink``."""

    def __init__(self) -> None:
        self.received = []

    def receive(self, _session, completions, *, now) -> None:  # noqa: ARG002  the port's
        self.received += completions

    def locks(self, _tenant) -> tuple:
        return ()

    def retract(self, _session, _retractions, *, now) -> None:  # noqa: ARG002  the port's
        raise AssertionError("nothing is taken back here")


class Lms:
    """The service with a clock that tests set, its LMS's use cases, and an administrator's key."""

    def __init__(self, app, tenant=TENANT) -> None:
        number_by_the_clock()
        self.app, self.tenant, self.at = app, tenant, NOON
        self.sink, self.news = Sink(), Heard()
        parts = app.extensions["lrs_bridge"]
        self.engine = parts.engine
        self.outlets = service.Outlets(parts.settings.public_url, self.sink, self.news)
        app.extensions["lrs_bridge"] = replace(
            parts,
            completion_sink=self.sink,
            launched_content=AuSessions(self.outlets),
            attempt_news=self.news,
        )
        self.admin = Caller(app.test_client(), self.engine, tenant=tenant)
        self.wait()

    def wait(self, **length) -> datetime:
        """Lets time pass."""
        self.at += timedelta(**length)
        browsing.set_clock(self.app, self.at)
        return self.at

    def do(self, work):
        return transact(self.engine, work)

    def keep(self, structure, iri=COURSE_IRI) -> UUID:
        course_id = uuid4()
        self.do(lambda s: service.keep_course(s, self.tenant, course_id, structure, iri=iri, now=self.at))
        return course_id

    def register(self, course_id, learner=LEARNER, registration=None, **more) -> UUID:
        registration = registration or uuid4()
        told = {"course_id": course_id, "learner": learner, "outlets": self.outlets, "now": self.at, **more}
        self.do(lambda s: service.register(s, self.tenant, registration, **told))
        return registration

    def enrol(self, structure, **more) -> UUID:
        return self.register(self.keep(structure), **more)

    def launch(self, registration, unit=0, **more) -> service.Launch:
        told = {"outlets": self.outlets, "now": self.at, "files_url": FILES, **more}
        return self.do(lambda s: service.launch(s, self.tenant, registration, unit, **told))

    def open(self, registration, unit=0, *, ready=True, **more) -> "Au":
        """Launches an AU that has its token and, when ``ready``, has read preferences and told Initialized."""
        au = Au(self, self.launch(registration, unit, **more))
        if ready:
            au.fetch()
            au.read_preferences()
            assert au.tell("initialized") == 204
        return au

    def waive(self, registration, unit=0, reason="Tested Out") -> None:
        self.do(lambda s: service.waive(s, self.tenant, registration, unit, reason, outlets=self.outlets, now=self.at))

    def abandon(self, session_id) -> None:
        self.do(lambda s: service.abandon(s, self.tenant, session_id, outlets=self.outlets, now=self.at))

    def sweep(self) -> int:
        return self.do(lambda s: service.abandon_forgotten(s, self.tenant, outlets=self.outlets, now=self.at))

    def standing(self, registration) -> service.Standing:
        return read(self.engine, lambda s: service.standing(s, self.tenant, registration))

    def statements(self, registration) -> list[dict]:
        """All statements of the registration, in the order in which they were stored."""
        return self.admin.get(registration=str(registration), ascending="true").json["statements"]

    def verbs(self, registration) -> list[str]:
        return [statement["verb"]["id"].rpartition("/")[2] for statement in self.statements(registration)]


class Au:
    """An AU that was launched, as far as it is its own code: it knows its launch URL and nothing else."""

    def __init__(self, lms: Lms, launch: service.Launch) -> None:
        self.lms, self.url, self.session_id = lms, launch.url, launch.session_id
        self.client = lms.app.test_client()
        told = {name: values[0] for name, values in parse_qs(urlsplit(launch.url).query).items()}
        self.endpoint, self.fetch_url = urlsplit(told["endpoint"]).path, urlsplit(told["fetch"]).path
        self.actor, self.registration, self.activity = told["actor"], told["registration"], told["activityId"]
        self.headers = dict(VERSION)
        self._template = None

    def fetch(self) -> dict:
        found = self.client.post(self.fetch_url).json
        if "auth-token" in found:
            self.headers["Authorization"] = f"Basic {found['auth-token']}"
        return found

    def ask(self, method, path, *, headers=None, **more):
        return self.client.open(self.endpoint + path, method=method, headers=self.headers | (headers or {}), **more)

    def state(self, method, state_id, *, headers=None, **more):
        about = {"activityId": self.activity, "agent": self.actor, "registration": self.registration, "stateId": state_id}
        return self.ask(method, "activities/state", query_string=about, headers=headers, **more)

    def preferences(self, method, *, headers=None, **more):
        about = {"agent": self.actor, "profileId": "cmi5LearnerPreferences"}
        return self.ask(method, "agents/profile", query_string=about, headers=headers, **more)

    def launch_data(self) -> dict:
        return self.state("GET", "LMS.LaunchData").json

    def read_preferences(self):
        return self.preferences("GET")

    def statement(self, verb, **more) -> dict:
        if self._template is None:
            self._template = self.launch_data()["contextTemplate"]
        account = orjson.loads(self.actor)["account"]
        told = {
            "template": self._template,
            "activity": self.activity,
            "registration": self.registration,
            "learner": Account(account["homePage"], account["name"]),
            "at": self.lms.at,
        }
        return said(verb, **told | more)

    def send(self, *values, method="POST"):
        """The answer to these statements, sent together; several or one alone."""
        if method == "PUT":
            return self.ask("PUT", "statements", query_string={"statementId": values[0]["id"]}, json=values[0])
        return self.ask("POST", "statements", json=list(values))

    def tell(self, verb, **more) -> int:
        """The status of the answer to a statement that this AU puts."""
        return self.send(self.statement(verb, **more), method="PUT").status_code


MODES = (LaunchMode.BROWSE, LaunchMode.REVIEW)
