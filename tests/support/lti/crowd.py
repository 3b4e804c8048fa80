"""A learning platform with many users who all open the tool at once, each in a browser of their own.

The platform is its keys, its name in the database, and the tokens that it signs: what its pages would do, a user does here, for
the least time on the way. Used by tests and by ``bench.lti``.
"""

import re
import time
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Barrier, Thread, local
from typing import Self, TypeVar
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID, uuid5

import orjson
from joserfc.jwk import RSAKey

from lrs_bridge.db import Session
from lrs_bridge.lti.launch import store
from lrs_bridge.lti.launch.service import user_of
from lrs_bridge.lti.platforms import service as platforms
from lrs_bridge.lti.platforms.setup import parse_setup
from lrs_bridge.people import service as people
from lrs_bridge.settings import Settings
from tests.support import tokens

LOOPBACK = "127.0.0.0/8"
AUTHORIZATION = "https://lms.example.no/auth"
IN_FRAME = "/lti/in/"
SECONDS = 120
KEYS = (tokens.KEY, RSAKey.generate_key(2048, {"kid": "second", "use": "sig", "alg": "RS256"}))
NAMED = re.compile(r"\b(?:Learner|Person) \d{5}\b")
_PERSONS = UUID("7c9e6679-7425-40de-944b-e07fc1f90ae7")
T = TypeVar("T")
U = TypeVar("U")


@dataclass(frozen=True)
class User:
    """One of the platform's users; ``person_id`` is whose they are here, for those who are known."""

    number: int
    person_id: UUID | None

    @property
    def subject(self) -> str:
        return f"user-{self.number}"

    @property
    def name(self) -> str:
        """What the platform calls them."""
        return f"Learner {self.number:05d}"

    @property
    def shown(self) -> str:
        """The name that is on the page: the person's, where that is known."""
        return f"Person {self.number:05d}" if self.person_id else self.name


@dataclass
class Flow:
    """One user's way in, as far as it has come."""

    user: User
    link: str
    state: str = ""
    nonce: str = ""
    cookies: dict[str, str] = field(default_factory=dict)
    form: bytes = b""
    location: str = ""
    page: str = ""

    @property
    def session_id(self) -> str:
        """The session that it led into."""
        return self.location.removeprefix(IN_FRAME).partition("/")[0]


@dataclass(frozen=True)
class Answer:
    """What the tool answered."""

    status: int
    location: str
    cookies: dict[str, str]
    text: str


class Unexpected(AssertionError):
    """The tool answered otherwise than it must."""


class Platform:
    """Up for a ``with`` block: then its key set is served at ``jwks_url``."""

    def __init__(self) -> None:
        document = orjson.dumps(tokens.key_set(*KEYS))

        class Served(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(document)))
                self.end_headers()
                self.wfile.write(document)

            def log_message(self, *_told: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Served)
        self.jwks_url = f"http://127.0.0.1:{self._server.server_port}/jwks"

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_raised: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def register(self, session: Session, tenant: str, settings: Settings) -> None:
        """Makes the platform and its deployment known to the tenant."""
        given = {
            "name": "Platform with a crowd",
            "product": "other",
            "issuer": tokens.ISSUER,
            "client_id": tokens.CLIENT,
            "deployment_id": "",
            "authorization_url": AUTHORIZATION,
            "token_url": "https://lms.example.no/token",
            "jwks_url": self.jwks_url,
        }
        setup = parse_setup(given, allowed=settings.allow_private_networks)
        now = datetime.now(UTC)
        added = platforms.add_platform(session, tenant, setup, master_key=settings.master_key, by="test", now=now)
        platforms.add_deployment(session, tenant, added.platform_id, tokens.DEPLOYMENT, "", by="test", now=now)


def users(session: Session, tenant: str, count: int) -> list[User]:
    """That many users, of whom every other one is linked to a person who is added for it."""
    now = datetime.now(UTC)
    found = []
    for number in range(count):
        user = User(number, uuid5(_PERSONS, str(number)) if number % 2 else None)
        if user.person_id is not None:
            people.add_person(session, tenant, name=user.shown, now=now, person_id=user.person_id)
            known_by = user_of(tokens.ISSUER, user.subject)
            people.link_identifier(session, tenant, known_by, user.person_id, actor="test", now=now)
        found.append(user)
    return found


class Crowd:
    """Users who do each step all at once, ``at_once`` of them at a time, towards the tool at ``url``."""

    def __init__(self, url: str, *, at_once: int) -> None:
        self.url, self.at_once = url, at_once
        self._own = local()
        self._connections: list[HTTPConnection] = []

    def flows(self, among: Iterable[User], *, links: int) -> list[Flow]:
        """A way in for each, through one of so many links in the platform's courses."""
        return [Flow(user, f"link-{user.number % links}") for user in among]

    def begin(self, flow: Flow) -> None:
        """The login: half of them by GET, half by POST."""
        method, path, form = self.login(flow)
        answer = self.ask(method, path, form)
        asked = {name: value for name, (value,) in parse_qs(urlsplit(answer.location).query).items()}
        _require(answer, HTTPStatus.FOUND, answer.location.startswith(AUTHORIZATION) and asked["login_hint"] == flow.user.subject)
        flow.state, flow.nonce, flow.cookies = asked["state"], asked["nonce"], answer.cookies

    def login(self, flow: Flow) -> tuple[str, str, bytes]:
        """Method, path and form of the login's request."""
        asked = urlencode(
            {
                "iss": tokens.ISSUER,
                "client_id": tokens.CLIENT,
                "login_hint": flow.user.subject,
                "target_link_uri": f"{self.url}/lti/launch",
                "lti_deployment_id": tokens.DEPLOYMENT,
            }
        )
        return ("POST", "/lti/login", asked.encode()) if flow.user.number % 2 else ("GET", f"/lti/login?{asked}", b"")

    def sign(self, flow: Flow) -> None:
        """What the platform posts for this user."""
        now = int(time.time())
        user = flow.user
        said = tokens.claims(
            sub=user.subject,
            name=user.name,
            iat=now,
            exp=now + 600,
            nonce=flow.nonce,
            target_link_uri=f"{self.url}/lti/launch",
            resource_link={"id": flow.link, "title": f"Smittevern {flow.link}"},
            context={"id": "course-1", "title": "LIS1"},
        )
        signed = tokens.token(said, KEYS[user.number % len(KEYS)])
        flow.form = urlencode({"state": flow.state, "id_token": signed}).encode()

    def launch(self, flow: Flow) -> None:
        """The launch, which must lead into a session of its own."""
        if not self.try_launch(flow):
            raise Unexpected(f"the launch of {flow.user.name} was refused as one that was used")

    def try_launch(self, flow: Flow) -> bool:
        """Whether the launch leads in; else it is refused since it did so before."""
        answer = self.ask("POST", "/lti/launch", flow.form, flow.cookies)
        if answer.status == HTTPStatus.FORBIDDEN and '">replay</span>' in answer.text:
            return False
        _require(answer, HTTPStatus.SEE_OTHER, answer.location.startswith(IN_FRAME))
        flow.location = answer.location
        flow.cookies = flow.cookies | answer.cookies
        return True

    def open(self, flow: Flow) -> None:
        """The page that the launch led to."""
        answer = self.ask("GET", flow.location, cookies=flow.cookies)
        _require(answer, HTTPStatus.OK)
        flow.page = answer.text

    def enter(self, flow: Flow) -> None:
        """The launch, and then the page that it leads to."""
        self.launch(flow)
        self.open(flow)

    def trespass(self, flow: Flow, into: Flow) -> Answer:
        """What a user gets who asks for the page of another's session."""
        return self.ask("GET", into.location, cookies=flow.cookies)

    def each(self, work: Callable[[U], T], among: Collection[U]) -> list[T]:
        """What the work gives for each, done by threads that begin together. Raises what the first that failed raised."""
        together = Barrier(min(self.at_once, len(among)))
        begun = local()

        def one(given: U) -> T:
            if not hasattr(begun, "so"):
                begun.so = True
                together.wait(SECONDS)
            return work(given)

        try:
            with ThreadPoolExecutor(together.parties) as pool:
                return list(pool.map(one, among))
        finally:
            self._hang_up()

    def ask(self, method: str, path: str, form: bytes = b"", cookies: dict[str, str] | None = None) -> Answer:
        """One request, over the connection that this thread keeps."""
        headers = {"Accept-Language": "en"}
        if form:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        connection = self._connection()
        connection.request(method, path, form or None, headers)
        response = connection.getresponse()
        text = response.read().decode()
        return Answer(response.status, response.headers.get("Location", ""), _cookies(response), text)

    def _connection(self) -> HTTPConnection:
        if not hasattr(self._own, "connection"):
            self._own.connection = HTTPConnection(urlsplit(self.url).netloc, timeout=SECONDS)
            self._connections.append(self._own.connection)
        kept: HTTPConnection = self._own.connection
        return kept

    def _hang_up(self) -> None:
        """Closes what the threads kept, which are gone."""
        while self._connections:
            self._connections.pop().close()
        self._own = local()


def mistaken(session: Session, flows: Iterable[Flow]) -> list[str]:
    """Whose session, or page, is not their own: the users, with what was found."""
    wrong = []
    for flow in flows:
        user, found = flow.user, store.find_session(session, flow.session_id)
        kept = found and (found.launch.subject, found.person_id)
        if kept != (user.subject, user.person_id) or names_on(flow.page) != {user.shown}:
            wrong.append(f"{user.name}: {kept}, {names_on(flow.page)} on {flow.location}")
    return wrong


def raw(url: str, method: str, path: str, form: bytes = b"", cookies: dict[str, str] | None = None) -> bytes:
    """A request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {urlsplit(url).netloc}", "Accept-Language: en"]
    if cookies:
        lines.append("Cookie: " + "; ".join(f"{name}={value}" for name, value in cookies.items()))
    if form:
        lines += ["Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(form)}"]
    return "\r\n".join([*lines, "", ""]).encode() + form


def _cookies(response: HTTPResponse) -> dict[str, str]:
    """Those that were set, without those that were taken away."""
    found = {}
    for written in response.headers.get_all("Set-Cookie", []):
        pair, _, flags = written.partition(";")
        name, _, value = pair.partition("=")
        if "max-age=0" not in flags.lower():
            found[name] = value
    return found


def _require(answer: Answer, status: int, holds: bool = True) -> None:  # noqa: FBT001, FBT002  the condition is the point
    if answer.status != status or not holds:
        raise Unexpected(f"{answer.status}, not {status}: {answer.location} {answer.text[:3000]}")


def names_on(page: str) -> set[str]:
    """Whose names are on a page."""
    return set(NAMED.findall(page))
