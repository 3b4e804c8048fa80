"""The ``lti1p3platform`` package as a server: what it has of LTI is its own; what it leaves to whoever uses it is made here.

Real: registration, the login's first step, the launch and its ID token, deep linking, tokens and their checks, the services'
handling of methods, scopes, media types, statuses, members and pages. Made here, since it leaves that abstract: requests of WSGI,
the form that a launch is sent by, and where line items, scores and members are kept. It has no dynamic registration.

Runs in the platforms' own virtual environment: ``python lti1p3_platform.py`` with an empty standard input kept open.
"""

import html
import json
import sys
import traceback
from urllib.parse import parse_qsl

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from lti1p3platform.exceptions import LineItemNotFoundException, LtiException, LtiServiceException
from lti1p3platform.ltiplatform import LTI1P3PlatformConfAbstract
from lti1p3platform.membership import Context
from lti1p3platform.message_launch import LTIAdvantageMessageLaunchAbstract
from lti1p3platform.oidc_login import OIDCLoginAbstract
from lti1p3platform.registration import Registration
from lti1p3platform.request import Request
from lti1p3platform.response import generate_next_link
from lti1p3platform.score import UpdateScoreStatus
from lti1p3platform.service_connector import AssignmentsGradesService, NamesRoleProvisioningService
from serving import run

MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
INSTITUTION = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#"
CLIENT_ID, DEPLOYMENT_ID = "lti1p3platform-client", "deployment 7"
COURSE = Context(id="kurs-7", label="LIS-7", title="Akuttmedisin")
USERS = {
    "student": {"user_id": "7001", "name": "Kari Nordmann", "email": "kari@example.no", "roles": [MEMBERSHIP + "Learner"]},
    "second": {"user_id": "7002", "name": "Ola Hansen", "email": "ola@example.no", "roles": [MEMBERSHIP + "Learner"]},
    "teacher": {"user_id": "7003", "name": "Åse Lærer", "email": "aase@example.no", "roles": [MEMBERSHIP + "Instructor"]},
    "admin": {
        "user_id": "7004",
        "name": "Per Drift",
        "email": "per@example.no",
        "roles": [INSTITUTION + "Administrator", MEMBERSHIP + "Administrator"],
    },
}
_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PRIVATE = _KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
PUBLIC = _KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

BASE = {"url": ""}
TOOL = {"url": "http://127.0.0.1:9", "keys_url": "http://127.0.0.1:9"}
SETTINGS = {"page": 2, "makes_line_item": True, "custom": {}}
LINE_ITEMS = {}  # id -> the document without its id
RESULTS = {}  # (line item, user) -> the last score
ARRIVED, CONTENT_ITEMS = [], []


class Platform(LTI1P3PlatformConfAbstract):
    """One per request: the package keeps a tool's key set for as long as its configuration lives."""

    def init_platform_config(self, **_named):
        self.get_registration()

    def get_registration_by_params(self, **_named):
        launch = TOOL["url"] + "/lti/launch"
        made = Registration().set_iss(BASE["url"]).set_client_id(CLIENT_ID).set_deployment_id(DEPLOYMENT_ID)
        made.set_oidc_login_url(TOOL["url"] + "/lti/login").set_launch_url(launch).set_deeplink_launch_url(launch)
        made.set_tool_key_set_url(TOOL["keys_url"])
        return made.set_platform_private_key(PRIVATE).set_platform_public_key(PUBLIC)


class Asked(Request):
    """A request of WSGI in the package's words. Numbers of queries are numbers: its own pages reckon with them."""

    def build_metadata(self, environ):
        body = environ["tests.body"]
        query = dict(parse_qsl(environ["QUERY_STRING"], keep_blank_values=True))
        kind = environ.get("CONTENT_TYPE", "")
        headers = {"Authorization": environ.get("HTTP_AUTHORIZATION", ""), "Accept": environ.get("HTTP_ACCEPT", "")}
        return {
            "method": environ["REQUEST_METHOD"],
            "form_data": dict(parse_qsl(body)) if "form" in kind else {},
            "get_data": {name: int(value) if name in ("page", "limit") else value for name, value in query.items()},
            "headers": headers,
            "content_type": kind,
            "path": environ["PATH_INFO"],
            "json": json.loads(body) if "json" in kind else None,
        }


class Login(OIDCLoginAbstract):
    def set_lti_message_hint(self, **hint):
        self._lti_message_hint = json.dumps(hint)

    def get_redirect(self, url):
        return url


class Launch(LTIAdvantageMessageLaunchAbstract):
    """What this platform says in a launch. The package decides how it is said."""

    def get_preflight_response(self):
        return self._request.form_data or self._request.get_data

    def prepare_launch(self, preflight_response):
        hint = json.loads(preflight_response["lti_message_hint"])
        user, link = USERS[hint["user"]], hint["link"]
        if preflight_response.get("login_hint") != user["user_id"]:
            raise LtiException("the login is somebody else's")
        self.set_user_data(user["user_id"], user["roles"], user["name"], user["email"])
        self.set_launch_context_claim(
            COURSE.id, ["http://purl.imsglobal.org/vocab/lis/v2/course#CourseSection"], COURSE.title, COURSE.label
        )
        self.set_launch_presentation_claim("iframe", BASE["url"] + "/course")
        if SETTINGS["custom"]:
            self.set_custom_parameters_claim(SETTINGS["custom"])
        items = f"{BASE['url']}/lineitems"
        if hint["deep"]:
            self.set_dl(f"{BASE['url']}/deep-linking/response", "Velg innhold", extra_data="kurs-7:utkast")
            self.set_ags(items)
            return
        self.set_resource_link_claim(link, title=f"Modul {link}")
        placed = placed_at(link)
        if placed:
            self.set_launch_url(placed.get("url") or self._registration.get_launch_url())
            self.set_custom_parameters_claim(SETTINGS["custom"] | placed.get("custom", {}))
        item = next((each for each, document in LINE_ITEMS.items() if document.get("resourceLinkId") == link), None)
        if item is None and SETTINGS["makes_line_item"]:
            item = add_line_item({"label": f"Modul {link}", "scoreMaximum": 100, "resourceLinkId": link})
        self.set_ags(items, line_item_url(item) if item else None)
        self.set_nrps(f"{BASE['url']}/members")

    def render_launch_form(self, launch_data, **_named):
        hidden = "".join(
            f'<input type="hidden" name="{name}" value="{html.escape(launch_data[name])}">' for name in ("id_token", "state")
        )
        return (
            f'<!doctype html><title>Launch</title><form method="post" action="{html.escape(launch_data["launch_url"])}">'
            f"{hidden}</form><script>document.forms[0].submit();</script>"
        )


def placed_at(link):
    """What was chosen for a place in the course, if anything was."""
    return next((item for item in CONTENT_ITEMS if item["link"] == link), None)


def line_item_url(id):
    return f"{BASE['url']}/lineitems/{id}/lineitem"


def add_line_item(document):
    item = str(len(LINE_ITEMS) + 1)
    LINE_ITEMS[item] = document
    return item


def document_of(id):
    if id not in LINE_ITEMS:
        raise LineItemNotFoundException
    return {"id": line_item_url(id), **LINE_ITEMS[id]}


def page_of(found, page, limit):
    """One page, as the package wants it: it adds the address of the next one."""
    start = (page - 1) * limit if limit else 0
    return {"content": found[start : start + limit] if limit else found, "has_next": bool(limit) and start + limit < len(found)}


class Grades(AssignmentsGradesService):
    def find_lineitems(self, page=1, limit=None, resource_link_id=None, resource_id=None, tag=None, **_named):
        wanted = {"resourceLinkId": resource_link_id, "resourceId": resource_id, "tag": tag}
        found = [
            document_of(item)
            for item, document in LINE_ITEMS.items()
            if all(value in (None, document.get(name)) for name, value in wanted.items())
        ]
        return page_of(found, page, limit)

    def find_lineitem(self, line_item_id):
        return document_of(line_item_id)

    def create_lineitem(self, creation_data):
        return document_of(add_line_item({name: value for name, value in creation_data.items() if name != "id"}))

    def update_lineitem(self, update_data):
        item = update_data.pop("id")
        document_of(item)
        LINE_ITEMS[item] = update_data
        return document_of(item)

    def delete_lineitem(self, line_item_id):
        document_of(line_item_id)
        del LINE_ITEMS[line_item_id]

    def update_score(self, line_item_id, score):
        document_of(line_item_id)
        before = RESULTS.get((line_item_id, score["userId"]))
        if before and before["timestamp"] >= score["timestamp"]:
            return UpdateScoreStatus.OLD_TIMESTAMP
        RESULTS[line_item_id, score["userId"]] = score
        return UpdateScoreStatus.SUCCESS if before else UpdateScoreStatus.CREATED

    def get_results(self, line_item_id, page=1, limit=None, user_id=None):
        item = document_of(line_item_id)
        found = [
            {
                "id": f"{item['id']}/results/{user}",
                "userId": user,
                "resultScore": score["scoreGiven"],
                "resultMaximum": score.get("scoreMaximum", 1),
                "comment": score.get("comment"),
                "scoreOf": item["id"],
            }
            for (of_item, user), score in RESULTS.items()
            if of_item == line_item_id and score.get("scoreGiven") is not None and user_id in (None, user)
        ]
        return page_of(found, page, limit)


class Members(NamesRoleProvisioningService):
    def get_context_by_id(self):
        return COURSE

    def is_resource_link_valid(self, context_id, resource_link_id):  # noqa: ARG002  the package's
        return any(document.get("resourceLinkId") == resource_link_id for document in LINE_ITEMS.values())

    def get_member_data_page(self, page=1, limit=None, role=None, **_more):
        found = [
            dict(user) for user in USERS.values() if role is None or any(role in (r, r.partition("#")[2]) for r in user["roles"])
        ]
        return page_of(found, page, limit)


# What answers


def authorization(asked, _environ):
    return 200, [("Content-Type", "text/html; charset=utf-8")], Launch(asked, Platform()).lti_launch()


def token(asked, _environ):
    try:
        answer = Platform().get_access_token(asked.form_data)
    except (LtiException, jwt.PyJWTError) as error:
        return 400, [], {"error": "invalid_client", "error_description": str(error)}
    return 200, [("Cache-Control", "no-store")], answer


def course(asked, _environ):
    query = asked.get_data
    url = started(query, deep=False)
    if query.get("frame"):
        size = 'width="900" height="700"'
        frame = f'<iframe title="Modul" class="ltiLaunchFrame" name="tool" src="{html.escape(url)}" {size}></iframe>'
        head = f'<!doctype html><html lang="nb"><meta charset="utf-8"><title>{COURSE.title}</title>'
        page = f"{head}<h1>{COURSE.title}</h1>{frame}</html>"
        return 200, [("Content-Type", "text/html; charset=utf-8")], page
    return 302, [("Location", url)], ""


def started(query, *, deep):
    user, link = query.get("user", "student"), query.get("link", "one")
    login = Login(None, Platform())
    login.set_lti_message_hint(user=user, link=link, deep=deep)
    placed = placed_at(link)
    if placed and placed.get("url") and not deep:
        login.set_launch_url(placed["url"])
    return login.initiate_login(USERS[user]["user_id"])


def deep_linking(asked, _environ):
    return 302, [("Location", started(asked.get_data, deep=True))], ""


def deep_linking_response(asked, _environ):
    """Takes what was chosen, and places each link in the course, with a line item where one was asked for."""
    platform = Platform()
    try:
        items = platform.validate_deeplinking_resp(asked.form_data)
    except (LtiException, jwt.PyJWTError) as error:
        return 400, [], {"error": str(error)}
    said = platform._jwt["body"]
    for item in items:
        link = f"placed-{len(CONTENT_ITEMS) + 1}"
        CONTENT_ITEMS.append({**item, "link": link, "data": said.get("https://purl.imsglobal.org/spec/lti-dl/claim/data")})
        if item.get("lineItem"):
            add_line_item({"label": item.get("title", ""), **item["lineItem"], "resourceLinkId": link})
    return 200, [("Content-Type", "text/html; charset=utf-8")], f"<!doctype html><title>Saved</title><p>{len(items)} placed"


def grades(asked, environ):
    """The services of grades: which of the package's functions an address and a method mean."""
    parts = environ["PATH_INFO"].strip("/").split("/")
    item = parts[1] if len(parts) > 1 else None
    service = Grades(asked, Platform(), f"{BASE['url']}/lineitems", line_item_url(item) if item else None)
    if asked.method == "GET" and parts[-1] in ("lineitems", "results"):
        limit_page(asked)
    one = {"GET": service.handle_get_lineitem, "PUT": service.handle_update_lineitem, "DELETE": service.handle_delete_lineitem}
    if item is None:
        many = {"GET": service.handle_get_lineitems, "POST": service.handle_create_lineitem}
        answer = service.handle_resp(many.get(asked.method, service.handle_get_lineitems))
    else:
        named = {"results": service.handle_get_results, "scores": service.handle_update_score}
        function = named.get(parts[-1]) or one.get(asked.method, service.handle_get_lineitem)
        answer = service.handle_resp(function, line_item_id=item)
    return paged(answer)


def limit_page(asked):
    """No more on a page than this platform gives, however many are wanted; the package has no limit of its own."""
    if SETTINGS["page"]:
        asked.get_data["limit"] = min(asked.get_data.get("limit") or SETTINGS["page"], SETTINGS["page"])


def members(asked, _environ):
    limit_page(asked)
    service = Members(asked, Platform(), f"{BASE['url']}/members")
    return paged(service.handle_resp(service.handle_get_members))


def paged(answer):
    """The package names the next page inside the result; the specifications want it in a header."""
    headers, result = [("Content-Type", answer.media_type)], answer.result
    if isinstance(result, dict) and result.get("next"):
        headers.append(("Link", generate_next_link(result.pop("next"))))
    if isinstance(result, dict) and "content" in result:
        result = result["content"]
    return answer.code, headers, "" if result is None else result


# What only the tests ask for


def facts():
    return {
        "issuer": BASE["url"],
        "client_id": CLIENT_ID,
        "deployment_id": DEPLOYMENT_ID,
        "authorization_url": BASE["url"] + "/authorization",
        "token_url": BASE["url"] + "/token",
        "jwks_url": BASE["url"] + "/jwks",
        "subjects": {word: user["user_id"] for word, user in USERS.items()},
    }


def tests(asked, environ):
    wanted = json.loads(environ["tests.body"] or "{}")
    what = environ["PATH_INFO"].rpartition("/")[2]
    if what == "tool":
        TOOL.update(wanted)
    elif what == "options":
        SETTINGS.update(wanted)
    elif what == "grade":
        (item,) = [item for item, document in LINE_ITEMS.items() if document.get("resourceLinkId") == wanted["link"]]
        RESULTS[item, USERS[wanted["user"]]["user_id"]] = {
            "scoreGiven": wanted["score"],
            "scoreMaximum": wanted["maximum"],
            "timestamp": "2026-01-01T00:00:00.000Z",
        }
    answers = {
        "facts": facts,
        "tool": facts,
        "arrived": lambda: ARRIVED,
        "stored": lambda: {
            "line_items": [document_of(item) for item in LINE_ITEMS],
            "scores": [{"line_item": line_item_url(item), **score} for (item, _user), score in RESULTS.items()],
            "content_items": CONTENT_ITEMS,
        },
    }
    return 200, [], answers.get(what, dict)()


ROUTES = {
    "authorization": authorization,
    "token": token,
    "jwks": lambda *_asked: (200, [], Platform().get_jwks()),
    "course": course,
    "deep-linking": deep_linking,
    "deep-linking/response": deep_linking_response,
    "lineitems": grades,
    "members": members,
    "tests": tests,
}
STATUSES = {200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 302: "Found"}


def application(environ, start):
    length = int(environ.get("CONTENT_LENGTH") or 0)
    environ["tests.body"] = environ["wsgi.input"].read(length).decode()
    path = environ["PATH_INFO"].strip("/")
    route = ROUTES.get(path) or ROUTES.get(path.partition("/")[0])
    try:
        status, headers, answer = route(Asked(environ), environ) if route else (404, [], "")
    except LtiServiceException as error:
        status, headers, answer = error.status_code, [], {"error": error.message}
    except (LtiException, jwt.PyJWTError) as error:  # the package lets these of a bad token pass
        status, headers, answer = 401, [], {"error": str(error)}
    except Exception:  # noqa: BLE001  what else goes wrong is told by the test
        traceback.print_exc(file=sys.stderr)
        status, headers, answer = 500, [], {"error": "a fault of the platform's"}
    body = answer if isinstance(answer, str) else json.dumps(answer)
    if not path.startswith(("tests/", "course", "deep-linking")) or path == "deep-linking/response":
        ARRIVED.append(
            {
                "method": environ["REQUEST_METHOD"],
                "path": environ["PATH_INFO"] + ("?" + environ["QUERY_STRING"] if environ["QUERY_STRING"] else ""),
                "content_type": environ.get("CONTENT_TYPE"),
                "accept": environ.get("HTTP_ACCEPT"),
                "body": environ["tests.body"],
                "status": status,
                "answer": body[:2000],
            }
        )
    if not any(name == "Content-Type" for name, _value in headers):
        headers = [*headers, ("Content-Type", "application/json")]
    content = body.encode()
    start(f"{status} {STATUSES.get(status, 'Answer')}", [*headers, ("Content-Length", str(len(content)))])
    return [content]


def make(port):
    BASE["url"] = f"http://localhost:{port}"
    return application


if __name__ == "__main__":
    run(make)
