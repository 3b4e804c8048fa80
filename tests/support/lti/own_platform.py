"""A platform of the tests' own, for what the real ones can't do: misbehave on purpose, keep things for frames, register, fail.

It runs in this process, so its attributes are its switches. What it signs and checks it does by other means than the service.
"""

import json
import secrets
import time
import traceback
from collections.abc import Callable
from urllib.parse import parse_qsl, urlencode, urlsplit

from joserfc.errors import JoseError

from tests.support.lti import own_pages
from tests.support.lti.foreign.serving import Serving
from tests.support.lti.messages import LTI, LTI_DL, Key, Message
from tests.support.lti.own_claims import DEEP_LINKING, RESOURCE_LINK, cast, claims_of, target_of
from tests.support.lti.own_registration import configuration_of, register
from tests.support.lti.own_services import Answer, Asked, Refused, Services, asked_of

HTML = "text/html; charset=utf-8"


class OwnPlatform:
    """Start it, register the tool, open its course. Its switches, which ``behave`` sets as they are at the start:

    ``fault`` spoils each message before it is signed (messages.py); ``changes`` are claims of every launch, None leaves one out;
    ``login_changes`` are fields of the login likewise; ``posts_login`` sends it by a form; ``storage`` names the window that
    keeps things (``_parent`` or a frame's name), ``storage_is_silent`` lets it not answer; ``status`` is every answer's (503);
    ``answers`` are statuses that the next scores get. See also ``refuse_connections``, ``rotate_keys``, ``forget_tokens``.
    """

    product = "moodle"

    def __init__(self, *, client_id: str = "own-client", deployment_id: str = "1") -> None:
        self.client_id, self.deployment_id = client_id, deployment_id
        self.tool_url = self.tool_keys_url = "http://127.0.0.1:9"
        self.users = cast()
        self.key = Key("first")
        self.published = [self.key]
        self.course_id, self.course_label, self.course_title = "2", "LIS1", "Smittevern <LIS1>"
        self.links: dict[str, dict] = {}
        self.content_items: list[dict] = []
        self.requests: list[dict] = []
        self.registrations: list[dict] = []
        self.faults: list[str] = []
        self.serving: Serving | None = None
        self.services = Services(self)
        self.behave()

    def behave(self) -> None:
        """Sets every switch as it is at the start."""
        self.fault: Callable[[Message], None] | None = None
        self.changes: dict[str, object] = {}
        self.login_changes: dict[str, str | None] = {}
        self.posts_login = False
        self.storage: str | None = None
        self.storage_is_silent = False
        self.status: int | None = None
        self.answers: list[int] = []
        self.token_lasts, self.token_audience = 3600, None
        self.withheld_scopes: set[str] = set()
        self.page = 2
        self.short_role_names = True
        self.refuses_resource_link_id = False
        self.makes_line_items = True
        self.custom: dict[str, str] = {}
        self.groups: list[dict] = []
        self.data: str | None = "chosen in course 2"
        self.needs_registration_token: str | None = None

    def start(self) -> "OwnPlatform":
        self.serving = Serving(self._application)
        self.port = self.serving.port
        self.url = self.issuer = f"http://localhost:{self.port}"
        return self

    def stop(self) -> None:
        if self.serving:
            self.refuse_connections()

    __enter__ = start

    def __exit__(self, *_raised: object) -> None:
        self.stop()

    def refuse_connections(self) -> None:
        """Down: nobody listens at its port."""
        self.serving.stop()
        self.serving = None

    def accept_connections(self) -> None:
        """Up again, where it was."""
        self.serving = Serving(self._application, self.port)

    # What the tool is told of it

    @property
    def authorization_url(self) -> str:
        return f"{self.url}/authorization"

    @property
    def token_url(self) -> str:
        return f"{self.url}/token"

    @property
    def jwks_url(self) -> str:
        return f"{self.url}/jwks"

    @property
    def expected_token_audience(self) -> str:
        return self.token_audience or self.token_url

    @property
    def openid_configuration_url(self) -> str:
        return f"{self.url}/.well-known/openid-configuration"

    @property
    def subjects(self) -> dict[str, str]:
        return {word: user.subject for word, user in self.users.items()}

    def register_tool(self, tool_url: str, tenant: str = "demo") -> None:
        self.tool_url, self.tool_keys_url = tool_url, f"{tool_url}/lti/jwks/{tenant}.json"

    # Where browsers go

    def course_url(self, user: str = "student", link: str = "one", *, frame: bool = False, message: str = RESOURCE_LINK) -> str:
        query = {"user": user, "link": link, "message": message} | ({"frame": "1"} if frame else {})
        return f"{self.url}/course?{urlencode(query)}"

    def deep_linking_url(self, user: str = "teacher", link: str = "one", *, frame: bool = False) -> str:
        return self.course_url(user, link, frame=frame, message=DEEP_LINKING)

    def registration_page_url(self, link: str) -> str:
        """The page of its administrators that opens the tool's registration link in a frame."""
        return f"{self.url}/registering?{urlencode({'link': link})}"

    def registration_url(self, link: str) -> str:
        """What that frame opens."""
        query = {"openid_configuration": self.openid_configuration_url}
        if self.needs_registration_token:
            query["registration_token"] = self.needs_registration_token
        return f"{link}{'&' if '?' in link else '?'}{urlencode(query)}"

    # What arrived, and what it has

    def arrived(self, path: str = "") -> list[dict]:
        """What was asked of it in order: method, path, content_type, accept, body, status."""
        return [each for each in self.requests if path in each["path"]]

    def scores(self, subject: str | None = None) -> list[dict]:
        """The scores that arrived in order: the document, with the ``path`` and the ``status`` that it was answered with."""
        found = [{**json.loads(e["body"]), "path": e["path"], "status": e["status"]} for e in self.arrived("/scores")]
        return [score for score in found if subject in (None, score["userId"])]

    def grade(self, user: str, link: str, score: float, maximum: float) -> None:
        """A teacher grades there."""
        item = self.services.line_item_of(link)
        self.services.grades[item, self.users[user].subject] = {"resultScore": score, "resultMaximum": maximum}

    def rotate_keys(self, *, keeps_old: bool = False) -> None:
        """Signs with a new key from now on."""
        self.key = Key(f"key-{len(self.published) + 1}-{secrets.token_hex(2)}")
        self.published = [*self.published, self.key] if keeps_old else [self.key]

    def forget_tokens(self) -> None:
        self.services.forget_tokens()

    # Messages

    def message(self, user: str, link: str, *, nonce: str, state: str, kind: str = RESOURCE_LINK) -> Message:
        """A message as it goes out, spoiled where ``fault`` says so."""
        claims = claims_of(self, self.users[user], link, kind) | {"nonce": nonce} | self.changes
        made = Message({name: value for name, value in claims.items() if value is not None}, self.key, state)
        if self.storage:
            made.fields["lti_storage_target"] = self.storage
        if self.fault:
            self.fault(made)
        return made

    # Its own endpoints

    def _login(self, asked: Asked) -> tuple[str, dict[str, str]]:
        user, link = asked.query.get("user", "student"), asked.query.get("link", "one")
        fields = {
            "iss": self.issuer,
            "target_link_uri": target_of(self, link),
            "login_hint": self.users[user].subject,
            "lti_message_hint": json.dumps({"user": user, "link": link, "message": asked.query.get("message", RESOURCE_LINK)}),
            "client_id": self.client_id,
            "lti_deployment_id": self.deployment_id,
        }
        if self.storage:
            fields["lti_storage_target"] = self.storage
        fields |= self.login_changes
        return f"{self.tool_url}/lti/login", {name: value for name, value in fields.items() if value is not None}

    def login(self, asked: Asked) -> Answer:
        """The first step: to the tool's login, by a link or a form."""
        url, fields = self._login(asked)
        if self.posts_login:
            return Answer(200, own_pages.sent_form(url, fields), HTML)
        return Answer(302, headers={"Location": f"{url}?{urlencode(fields)}"})

    def course(self, asked: Asked) -> Answer:
        """The tool at the top, or in a frame beside what keeps things."""
        if not asked.query.get("frame"):
            return self.login(asked)
        named = self.storage if self.storage not in (None, "_parent") else None
        parts = urlsplit(self.tool_url)
        script = own_pages.storage_script(
            f"{parts.scheme}://{parts.netloc}",
            frame=self.storage or "_parent",
            here=self.storage == "_parent",
            silent=self.storage_is_silent,
        )
        url = f"/login?{urlencode({name: value for name, value in asked.query.items() if name != 'frame'})}"
        return Answer(200, own_pages.course(self.course_title, url, script=script, storage_frame=named), HTML)

    def keeper(self, _asked: Asked) -> Answer:
        """The hidden frame that keeps things for tools."""
        parts = urlsplit(self.tool_url)
        script = own_pages.storage_script(
            f"{parts.scheme}://{parts.netloc}", frame=self.storage or "_parent", here=True, silent=self.storage_is_silent
        )
        return Answer(200, own_pages.page("storage", "", script=script), HTML)

    def authorization(self, asked: Asked) -> Answer:
        """The second step (OpenID Connect Core 3.2.2): checks what the tool asks, and sends the message to it."""
        fields = asked.query or dict(parse_qsl(asked.body))
        needed = {"scope": "openid", "response_type": "id_token", "response_mode": "form_post", "prompt": "none"}
        wrong = [name for name, value in needed.items() if fields.get(name) != value]
        hint = json.loads(fields.get("lti_message_hint") or "{}")
        if wrong or not fields.get("nonce") or not fields.get("state") or fields.get("client_id") != self.client_id:
            raise Refused(400, f"the request is wrong: {wrong or fields}")
        if not hint or fields.get("login_hint") != self.users[hint["user"]].subject:
            raise Refused(400, "the hints did not come back as they were")
        if not fields.get("redirect_uri", "").startswith(f"{self.tool_url}/lti/launch"):
            raise Refused(400, "the redirect URI is not registered")
        sent = self.message(hint["user"], hint["link"], nonce=fields["nonce"], state=fields["state"], kind=hint["message"])
        return Answer(200, own_pages.sent_form(fields["redirect_uri"], sent.form()), HTML)

    def deep_linking_return(self, asked: Asked) -> Answer:
        """Takes what a teacher chose (Deep Linking 2.0 4.5); each link is placed as ``placed-<n>``."""
        try:
            said = self.services.verified(dict(parse_qsl(asked.body)).get("JWT", ""))
        except (JoseError, ValueError) as error:
            raise Refused(400, f"the response does not verify: {error}") from error
        audience = said.get("aud")
        now = time.time()
        wanted = [
            said.get("iss") == self.client_id,
            self.issuer in (audience if isinstance(audience, list) else [audience]),
            said.get(LTI + "deployment_id") == self.deployment_id,
            said.get(LTI + "message_type") == "LtiDeepLinkingResponse",
            said.get(LTI + "version") == "1.3.0",
            said.get(LTI_DL + "data") == self.data,
            bool(said.get("nonce")),
            said.get("iat", 0) - 60 <= now < said.get("exp", 0) + 60,
            asked.query.get("course") == "2",
        ]
        if not all(wanted):
            raise Refused(400, f"the response is wrong: {wanted} {said}")
        for item in said.get(LTI_DL + "content_items", []):
            self._place(item)
        return Answer(200, own_pages.page("Saved", "<p>Saved</p>"), HTML)

    def _place(self, item: dict) -> None:
        link = f"placed-{len(self.content_items) + 1}"
        self.content_items.append({**item, "link": link})
        self.links[link] = {"title": item.get("title", link), "url": item.get("url"), "custom": item.get("custom", {})}
        if item.get("lineItem"):
            self.services.add_line_item({"label": item.get("title", ""), **item["lineItem"], "resourceLinkId": link})

    def registering(self, asked: Asked) -> Answer:
        script = own_pages.storage_script("", frame="_parent", here=False, silent=True)
        url = self.registration_url(asked.query["link"])
        return Answer(200, own_pages.course("Registrering", url, script=script, storage_frame=None), HTML)

    # The server

    def _application(self, environ, start):
        asked = asked_of(environ)
        answer = self._answered(asked)
        path = asked.path + (f"?{environ['QUERY_STRING']}" if environ["QUERY_STRING"] else "")
        self.requests.append(
            {
                "method": asked.method,
                "path": path,
                "content_type": asked.headers["content-type"],
                "accept": asked.headers.get("accept"),
                "body": asked.body,
                "status": answer.status,
            }
        )
        content = (answer.content if isinstance(answer.content, str) else json.dumps(answer.content)).encode()
        headers = {"Content-Type": answer.media, "Content-Length": str(len(content))} | answer.headers
        start(f"{answer.status} Answer", list(headers.items()))
        return [content]

    def _answered(self, asked: Asked) -> Answer:
        if self.status:
            return Answer(self.status, {"error": "down"}, headers={"Retry-After": "1"} if self.status == 503 else {})
        if self.answers and asked.path.endswith("/scores"):
            status = self.answers.pop(0)
            return Answer(status, {"error": "as the test wants it"})
        routes = {
            "course": self.course,
            "login": self.login,
            "storage": self.keeper,
            "authorization": self.authorization,
            "deep-linking": self.deep_linking_return,
            "jwks": lambda _asked: Answer(200, {"keys": [key.jwk for key in self.published]}),
            "token": self.services.token,
            "ags": self.services.ags,
            "members": self.services.members,
            "groups": self.services.course_groups,
            ".well-known": lambda _asked: Answer(200, configuration_of(self)),
            "registration": lambda asked: Answer(200, register(self, asked)),
            "registering": self.registering,
            "return": lambda _asked: Answer(200, own_pages.page("Back", "<p>Back in the course</p>"), HTML),
        }
        try:
            route = routes.get(asked.path.strip("/").partition("/")[0])
            return route(asked) if route else Answer(404, {"error": "not found"})
        except Refused as error:
            return Answer(error.status, {"error": str(error)})
        except Exception:  # noqa: BLE001  the test is told of it at the end
            self.faults.append(traceback.format_exc())
            return Answer(500, {"error": "a fault of the platform's"})
