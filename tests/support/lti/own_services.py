"""The services of the tests' own platform, with Moodle's habits: addresses with queries, 409 for equal seconds, short roles."""

import json
import secrets
import time
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qs, parse_qsl, urlencode

import requests
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

AGS = "https://purl.imsglobal.org/spec/lti-ags/scope/"
SCOPES = {
    "line_items": AGS + "lineitem",
    "line_items_read": AGS + "lineitem.readonly",
    "results": AGS + "result.readonly",
    "scores": AGS + "score",
    "members": "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly",
    "groups": "https://purl.imsglobal.org/spec/lti-gs/scope/contextgroup.readonly",
}
MEDIA = {
    "line_item": "application/vnd.ims.lis.v2.lineitem+json",
    "line_items": "application/vnd.ims.lis.v2.lineitemcontainer+json",
    "score": "application/vnd.ims.lis.v1.score+json",
    "results": "application/vnd.ims.lis.v2.resultcontainer+json",
    "members": "application/vnd.ims.lti-nrps.v2.membershipcontainer+json",
    "groups": "application/vnd.ims.lti-gs.v1.contextgroupcontainer+json",
}
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
QUERY = "type_id=1"  # what Moodle's addresses carry


class Refused(Exception):
    """The request is answered with this status and a word of why."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


@dataclass
class Answer:
    status: int
    content: object = ""
    media: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Asked:
    """A request that a service is to answer."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: str


class Services:
    """Tokens, line items, scores, results, members and groups. Attributes change its habits; see ``OwnPlatform``."""

    def __init__(self, platform) -> None:
        self.platform = platform
        self.tokens: dict[str, tuple[set[str], float]] = {}
        self.seen_jti: set[str] = set()
        self.line_items: dict[str, dict] = {}
        self.scores: dict[tuple[str, str], list[dict]] = {}
        self.grades: dict[tuple[str, str], dict] = {}

    # Tokens: RFC 6749 4.4, RFC 7523, 1EdTech Security Framework 4.1

    def token(self, asked: Asked) -> Answer:
        form = dict(parse_qsl(asked.body))
        try:
            claims = self._assertion(form)
        except (Refused, JoseError, ValueError, KeyError) as error:
            return Answer(400, {"error": "invalid_client", "error_description": str(error)})
        scopes = set(form.get("scope", "").split())
        if not scopes or not scopes <= set(SCOPES.values()) - self.platform.withheld_scopes:
            return Answer(400, {"error": "invalid_scope"})
        self.seen_jti.add(claims["jti"])
        token = secrets.token_urlsafe(24)
        self.tokens[token] = (scopes, time.time() + self.platform.token_lasts)
        lasts = self.platform.token_lasts
        return Answer(
            200, {"access_token": token, "token_type": "Bearer", "expires_in": lasts, "scope": " ".join(sorted(scopes))}
        )

    def _assertion(self, form: dict[str, str]) -> dict:
        if form.get("grant_type") != "client_credentials" or form.get("client_assertion_type") != ASSERTION:
            raise Refused(400, "the grant or the assertion's type is wrong")
        claims = self.verified(form["client_assertion"])
        client_id = self.platform.client_id
        if (claims.get("iss"), claims.get("sub")) != (client_id, client_id):
            raise Refused(400, "iss and sub must be the client id")
        if self.platform.expected_token_audience not in _listed(claims.get("aud")):
            raise Refused(400, f"aud must be {self.platform.expected_token_audience}")
        now = time.time()
        if not (claims["iat"] - 60 <= now < claims["exp"] + 60 and claims["exp"] - claims["iat"] <= 3600):
            raise Refused(400, "its times are wrong")
        if not claims.get("jti") or claims["jti"] in self.seen_jti:
            raise Refused(400, "jti is missing or was used")
        return claims

    def verified(self, compact: str) -> dict:
        """What the tool signed. Raises JoseError or ValueError when no key of its key set did."""
        found = requests.get(self.platform.tool_keys_url, timeout=10)
        found.raise_for_status()
        return jwt.decode(compact, KeySet.import_key_set(found.json()), algorithms=["RS256"]).claims

    def require(self, asked: Asked, *scopes: str) -> None:
        """Raises Refused unless the request bears a token with one of the scopes."""
        kind, _space, token = asked.headers.get("authorization", "").partition(" ")
        granted, until = self.tokens.get(token, (set(), 0))
        if kind.lower() != "bearer" or until < time.time():
            raise Refused(401, "the token is not one, or has ended")
        if granted.isdisjoint(SCOPES[scope] for scope in scopes):
            raise Refused(403, "the token lacks the scope")

    def forget_tokens(self) -> None:
        """As a platform that was restarted."""
        self.tokens.clear()

    # Assignment and Grade Services 2.0

    def line_item_url(self, id: str) -> str:
        return f"{self.platform.url}/ags/lineitems/{id}/lineitem?{QUERY}"

    @property
    def line_items_url(self) -> str:
        return f"{self.platform.url}/ags/lineitems?{QUERY}"

    def add_line_item(self, document: dict) -> str:
        item = str(len(self.line_items) + 101)
        self.line_items[item] = document
        return item

    def line_item_of(self, link: str) -> str | None:
        """The id of the line item that belongs to the link."""
        return next((item for item, document in self.line_items.items() if document.get("resourceLinkId") == link), None)

    def ags(self, asked: Asked) -> Answer:
        if asked.query.get("type_id") != "1":
            raise Refused(404, "the address has lost its query")
        parts = asked.path.strip("/").split("/")[2:]
        if not parts:
            return self._container(asked)
        item, *rest = parts
        if item not in self.line_items or rest[:1] != ["lineitem"]:
            raise Refused(404, "there is no such line item")
        if rest[1:] == ["scores"]:
            return self._score(asked, item)
        if rest[1:2] == ["results"]:
            return self._results(asked, item)
        self.require(asked, "line_items", "line_items_read")
        return Answer(200, self._document(item), MEDIA["line_item"])

    def _container(self, asked: Asked) -> Answer:
        if asked.method == "POST":
            self.require(asked, "line_items")
            _check_media(asked, "line_item")
            document = json.loads(asked.body)
            if document.get("resourceLinkId") and self.platform.refuses_resource_link_id:
                raise Refused(422, "resourceLinkId is not allowed here")
            if not document.get("label") or not document.get("scoreMaximum", 0) > 0:
                raise Refused(400, "label and scoreMaximum are needed")
            return Answer(201, self._document(self.add_line_item(document)), MEDIA["line_item"])
        self.require(asked, "line_items", "line_items_read")
        names = {"resource_link_id": "resourceLinkId", "resource_id": "resourceId", "tag": "tag"}
        wanted = {names[name]: value for name, value in asked.query.items() if name in names}
        found = [
            self._document(item)
            for item, document in self.line_items.items()
            if all(document.get(name) == value for name, value in wanted.items())
        ]
        return self._paged(asked, found, MEDIA["line_items"])

    def _document(self, id: str) -> dict:
        return {**self.line_items[id], "id": self.line_item_url(id)}

    def _score(self, asked: Asked, id: str) -> Answer:
        self.require(asked, "scores")
        _check_media(asked, "score")
        score = json.loads(asked.body)
        known = [user for user in self.platform.users.values() if user.subject == score.get("userId")]
        if not known or not known[0].is_learner:
            raise Refused(400, "the user can't be graded in this course")
        if "scoreGiven" in score and not score.get("scoreMaximum", 0) > 0:
            raise Refused(400, "scoreMaximum is missing")
        at = datetime.fromisoformat(score["timestamp"])
        if at.tzinfo is None or "." not in score["timestamp"]:
            raise Refused(400, "the timestamp needs a zone and parts of a second")
        taken = self.scores.setdefault((id, score["userId"]), [])
        if taken and int(datetime.fromisoformat(taken[-1]["timestamp"]).timestamp()) >= int(at.timestamp()):
            raise Refused(409, "a score as new or newer is there")
        taken.append(score)
        if score["gradingProgress"] == "FullyGraded" and "scoreGiven" in score:
            self.grades[id, score["userId"]] = {"resultScore": score["scoreGiven"], "resultMaximum": score["scoreMaximum"]}
        else:
            self.grades[id, score["userId"]] = {}  # Moodle keeps an empty grade
        return Answer(200)

    def _results(self, asked: Asked, id: str) -> Answer:
        self.require(asked, "results")
        of_user = asked.query.get("user_id")
        base = f"{self.platform.url}/ags/lineitems/{id}/lineitem/results"
        found = [
            {"id": f"{base}/{user}?{QUERY}", "userId": user, "scoreOf": self.line_item_url(id)} | grade
            for (item, user), grade in self.grades.items()
            if item == id and of_user in (None, user)
        ]
        return self._paged(asked, found, MEDIA["results"])

    def _paged(self, asked: Asked, found: list[dict], media: str, wrap=lambda part: part) -> Answer:
        start = int(asked.query.get("from", "0"))
        limit = int(asked.query.get("limit") or 0)
        most = min(limit or self.platform.page, self.platform.page)
        headers = {}
        if start + most < len(found):
            query = {**asked.query, "from": start + most, "limit": most}
            headers["Link"] = f'<{self.platform.url}{asked.path}?{urlencode(query)}>; rel="next"'
        return Answer(200, wrap(found[start : start + most]), media, headers)

    # Names and Role Provisioning Services 2.0, Course Groups 1.0

    def members(self, asked: Asked) -> Answer:
        self.require(asked, "members")
        link = asked.query.get("rlid")
        if link and link not in self.platform.links:
            raise Refused(403, "the link is not this tool's")
        role = asked.query.get("role", "").rpartition("#")[2]
        found = [self._member(user, link) for user in self.platform.users.values() if not role or role in user.short_roles]
        course = {"id": self.platform.course_id, "label": self.platform.course_label, "title": self.platform.course_title}
        wrap = lambda part: {"id": f"{self.platform.url}{asked.path}", "context": course, "members": part}  # noqa: E731
        return self._paged(asked, found, MEDIA["members"], wrap)

    def _member(self, user, link: str | None) -> dict:
        roles = user.short_roles if self.platform.short_role_names else user.roles
        found = {"user_id": user.subject, "roles": roles, "status": user.status, "name": user.name, "email": user.email}
        if link:
            found["message"] = [
                {
                    "https://purl.imsglobal.org/spec/lti/claim/message_type": "LtiResourceLinkRequest",
                    "https://purl.imsglobal.org/spec/lti-bo/claim/basicoutcome": {
                        "lis_result_sourcedid": f"{link}:{user.subject}",
                        "lis_outcome_service_url": f"{self.platform.url}/outcomes",
                    },
                }
            ]
        if self.platform.groups:
            found["group_enrollments"] = [
                {"group_id": group["id"]} for group in self.platform.groups if user.subject in group["members"]
            ]
        return found

    def course_groups(self, asked: Asked) -> Answer:
        self.require(asked, "groups")
        subject = asked.query.get("user_id")
        found = [
            {"id": group["id"], "name": group["name"]}
            for group in self.platform.groups
            if subject is None or subject in group["members"]
        ]
        wrap = lambda part: {"id": f"{self.platform.url}{asked.path}", "groups": part}  # noqa: E731
        return self._paged(asked, found, MEDIA["groups"], wrap)


def asked_of(environ: dict) -> Asked:
    """The request of a WSGI server."""
    headers = {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")}
    headers["content-type"] = environ.get("CONTENT_TYPE", "")
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode()
    query = {name: values[-1] for name, values in parse_qs(environ["QUERY_STRING"], keep_blank_values=True).items()}
    return Asked(environ["REQUEST_METHOD"], environ["PATH_INFO"], query, headers, body)


def _listed(audience: object) -> list:
    return audience if isinstance(audience, list) else [audience]


def _check_media(asked: Asked, name: str) -> None:
    if asked.headers["content-type"].partition(";")[0].strip() != MEDIA[name]:
        raise Refused(415, f"the content type must be {MEDIA[name]}")
