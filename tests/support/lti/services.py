"""The services that a platform gives a tool, small: tokens, gradebook and members, with what is known to go wrong with each.

Addresses carry a query, lists come in pages, and the gradebook refuses a timestamp that is not newer in whole seconds, as
Moodle does. ``own_services`` is the fuller one, which a browser can launch from.
"""

import json
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from ipaddress import ip_network
from uuid import UUID

from joserfc import jwt
from joserfc.jwk import KeySet

from lrs_bridge.app import build_parts
from lrs_bridge.db import read, transact
from lrs_bridge.lti.advantage.access import Access
from lrs_bridge.lti.advantage.grades import LINE_ITEM_SCOPE, RESULT_SCOPE, SCORE_SCOPE
from lrs_bridge.lti.launch import store as launches
from lrs_bridge.lti.launch.launch import Course, Grades, Launch, MessageType, ResourceLink
from lrs_bridge.lti.launch.roles import CONTEXT
from lrs_bridge.lti.placement.place import Place
from lrs_bridge.lti.platforms import service as platforms
from lrs_bridge.lti.platforms.platform import Product
from lrs_bridge.lti.platforms.setup import Setup
from tests.support.environment import settings_for
from tests.support.odd_lrs import odd_lrs

LOOPBACK = (ip_network("127.0.0.0/8"),)
PAGE = 2
ALL = (LINE_ITEM_SCOPE, RESULT_SCOPE, SCORE_SCOPE)


@dataclass
class PlatformServices:
    """``down`` answers everything with that status; ``keys`` are the tool's public ones, ``taken`` the scores by line item."""

    url: str
    keys: list[dict] = field(default_factory=list)
    down: int | None = None
    statuses: dict[str, int] = field(default_factory=dict)
    asked: list = field(default_factory=list)
    tokens: dict[str, str] = field(default_factory=dict)
    token_requests: list[dict] = field(default_factory=list)
    lasts: object = 3600
    items: dict[str, dict] = field(default_factory=dict)
    taken: dict[str, list[dict]] = field(default_factory=dict)
    results: dict[str, list[dict]] = field(default_factory=dict)
    members: list[dict] = field(default_factory=list)
    groups: list[dict] = field(default_factory=list)
    next_host: str | None = None
    endless: bool = False

    @property
    def items_url(self) -> str:
        return f"{self.url}/items?type_id=1"

    def item_url(self, name: str) -> str:
        return f"{self.url}/items/{name}/lineitem?type_id=1"

    def sent(self, name: str = "1") -> list[tuple[str, str, float | None]]:
        return [(s["userId"], s["activityProgress"], s.get("scoreGiven")) for s in self.taken.get(name, [])]

    def answer(self, asked):
        """Status, headers and body."""
        self.asked.append(asked)
        if self.down is not None:
            return self.down, {}, b"away"
        step = asked.path.removeprefix("/xapi").strip("/").split("/")
        if step[0] == "token":
            return self._token(asked)
        scope = self.tokens.get(asked.headers.get("authorization", "").removeprefix("Bearer "))
        if scope is None:
            return 401, {}, b"no token"
        if step[-1] in self.statuses:
            return self.statuses[step[-1]], {}, b"because the test says so"
        if step[0] == "items" and asked.parameters.get("type_id") != "1":
            return 404, {}, b"the query is lost"
        return getattr(self, f"_{asked.method.lower()}_{step[-1]}")(asked, step, scope)

    def _token(self, asked):
        form = dict(pair.split("=") for pair in asked.body.decode().split("&"))
        claims = jwt.decode(form["client_assertion"], KeySet.import_key_set({"keys": self.keys}), algorithms=["RS256"]).claims
        assert claims["aud"] == f"{self.url}/token"
        assert claims["exp"] - claims["iat"] <= 300
        self.token_requests.append(claims)
        token = f"t{len(self.token_requests)}"
        self.tokens[token] = form["scope"].replace("%3A", ":").replace("%2F", "/")
        return 200, {}, json.dumps({"access_token": token, "token_type": "bearer", "expires_in": self.lasts}).encode()

    def _post_scores(self, asked, step, scope):
        assert asked.headers["content-type"] == "application/vnd.ims.lis.v1.score+json"
        assert scope.endswith("/score")
        score, taken = json.loads(asked.body), self.taken.setdefault(step[1], [])
        at = datetime.fromisoformat(score["timestamp"])
        older = [one for one in taken if one["userId"] == score["userId"]]
        if older and int(datetime.fromisoformat(older[-1]["timestamp"]).timestamp()) >= int(at.timestamp()):
            return 409, {}, b"newer there"
        taken.append(score)
        return 200, {}, b""

    def _get_results(self, asked, step, scope):
        assert scope.endswith("/result.readonly")
        return self._page(asked, self.results.get(step[1], []))

    def _get_items(self, asked, _step, scope):
        assert "/lineitem" in scope
        wanted = asked.parameters.get("resource_id")
        found = [one | {"id": self.item_url(name)} for name, one in self.items.items() if wanted in (None, one.get("resourceId"))]
        return self._page(asked, found)

    def _post_items(self, asked, _step, scope):
        assert scope.endswith("/lineitem")
        document = json.loads(asked.body)
        assert "resourceLinkId" not in document
        name = str(len(self.items) + 50)
        self.items[name] = document
        return 201, {}, json.dumps(document | {"id": self.item_url(name)}).encode()

    def _get_members(self, asked, _step, _scope):
        return self._page(asked, self.members, lambda some: {"context": {"id": "c1", "title": "Kurs"}, "members": some})

    def _get_groups(self, asked, _step, _scope):
        return self._page(asked, self.groups, lambda some: {"groups": some})

    def _page(self, asked, found, wrap=lambda some: some):
        start = int(asked.parameters.get("from", 0))
        headers = {}
        if self.endless or start + PAGE < len(found):
            query = asked.parameters | {"from": 0 if self.endless else start + PAGE}
            host = self.next_host or self.url.removesuffix("/xapi")
            headers["Link"] = f'<{host}{asked.path}?{"&".join(f"{name}={value}" for name, value in query.items())}>; rel="next"'
        return 200, headers, json.dumps(wrap(found[start : start + PAGE])).encode()


@contextmanager
def platform_services():
    """Services that listen on a port of their own."""
    with odd_lrs() as server:
        services = PlatformServices(server.url)
        server.answer = services.answer
        yield services


@cache
def made_keys():
    """Making keys takes its time."""
    return [platforms.new_key(), platforms.new_key()]


class Placed:
    """A service with a platform that has one of its activities placed, and the clock that both go by."""

    def __init__(self, ward, tmp_path, services: PlatformServices, **changes) -> None:
        self.ward, self.services, self.tenant = ward, services, ward.tenant
        built = build_parts(settings_for(str(ward.engine.url.render_as_string(hide_password=False)), tmp_path,
                                         ALLOW_PRIVATE_NETWORKS="127.0.0.0/8"))  # fmt: skip
        self.parts = replace(built, clock=lambda: self.ward.clock)
        self.key = self.parts.settings.master_key
        self.platform = self._platform(**changes)
        self.access = ward.do(
            lambda s: Access(self.platform, platforms.current_key(s, self.tenant, master_key=self.key), LOOPBACK)
        )
        services.keys += ward.do(lambda s: platforms.public_keys(s, self.tenant, ward.clock))

    def _platform(self, **changes):
        url = self.services.url
        given = {
            "name": "Læringsportalen",
            "product": Product.MOODLE,
            "issuer": url,
            "client_id": "abc",
            "deployment_id": "1",
            "authorization_url": f"{url}/auth",
            "token_url": f"{url}/token",
            "token_audience": None,
            "jwks_url": f"{url}/jwks",
        }
        setup = Setup(**(given | changes))
        return self.ward.do(
            lambda s: platforms.add_platform(
                s, self.tenant, setup, master_key=self.key, by="system", now=self.ward.clock, made=made_keys()
            )
        )

    def link(self, activity, *subjects, line_item="1", scopes=ALL, place=None, role="Learner") -> UUID:
        """The link of an activity in a course, that these subjects (with the persons they are) have opened."""
        link_id = None
        for subject, person in subjects:
            grades = Grades(self.services.items_url, line_item and self.services.item_url(line_item), scopes)
            launch = Launch(
                version="1.3",
                message_type=MessageType.RESOURCE_LINK,
                issuer=self.platform.issuer,
                client_id="abc",
                deployment_id="1",
                subject=subject,
                roles=(CONTEXT + role,),
                target_link_uri="https://bridge.example.no/lti/launch",
                course=Course("c1", "Kurs"),
                resource_link=ResourceLink(f"rl {activity} {line_item}", "Smittevern"),
                grades=grades,
            )
            link_id = self.ward.do(lambda s: self._keep(s, launch, place or Place("activity", str(activity)), person))  # noqa: B023
        return link_id

    def _keep(self, s, launch, place, person):
        now = self.ward.clock
        link_id = launches.keep_link(s, self.tenant, self.platform.platform_id, launch, place, now=now)
        launches.keep_member(s, self.tenant, link_id, launch, person_id=person, now=now)
        return link_id

    def later(self, **time) -> None:
        self.ward.clock += timedelta(**time)

    def read(self, work):
        return read(self.ward.engine, work)

    def do(self, work):
        return transact(self.ward.engine, work)
