# ruff: noqa: PLC0415  Django's models can't be imported before its settings are there
"""Open edX's LTI consumer as a server: all that is LTI is ``lti-consumer-xblock``'s own; what edx-platform has is made here.

Real: the block (its fields, roles, launch data, LTI 1.1 launch and outcome service), models and migrations, the launch gate, key
sets, tokens, deep linking, Assignment and Grade Services, Names and Role Provisioning Services. Made here and in edx_platform.py:
who is logged in (a cookie), who is in the course, where blocks and grades are kept, and that everybody may open the course.

Runs in the platforms' own virtual environment: ``python open_edx.py`` with an empty standard input kept open.
"""

import json
import tempfile
from pathlib import Path

import django
from django.conf import settings
from edx_platform import COURSE, GRADES, KEY, SECRET, SETTINGS, TOOL, USERS, Blocks, external_id, stand_in_for_edx_platform
from serving import run

FOLDER = Path(tempfile.mkdtemp(prefix="lrs-bridge-open-edx-"))
ARRIVED = []  # what the tool asked of the services, in order


def configure(port):
    """Django as little as the consumer needs."""
    base = f"http://localhost:{port}"
    settings.configure(
        SECRET_KEY="only for tests",
        ALLOWED_HOSTS=["localhost", "127.0.0.1"],
        ROOT_URLCONF=__name__,
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": str(FOLDER / "open-edx.sqlite3"),
                "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 20, "init_command": "PRAGMA synchronous=OFF"},
            }
        },
        INSTALLED_APPS=[
            "django.contrib.contenttypes",
            "django.contrib.auth",
            "django.contrib.sessions",
            "config_models",
            "rest_framework",
            "django_filters",
            "statici18n",
            "lti_consumer",
        ],
        MIDDLEWARE=[
            __name__ + ".recorded",
            __name__ + ".logged_in",
            "edx_django_utils.cache.middleware.RequestCacheMiddleware",
            "edx_django_utils.cache.middleware.TieredCacheMiddleware",
            "crum.CurrentRequestUserMiddleware",
        ],
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
        CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        USE_TZ=True,
        LTI_BASE=base,
        LTI_API_BASE=base,
        LMS_ROOT_URL=base,
        LEARNING_MICROFRONTEND_URL=base,
        PLATFORM_NAME="Open edX of the tests",
        SERVICE_VARIANT="lms",
        FEATURES={},
        USAGE_ID_PATTERN=r"(?P<usage_id>(?:i4x://?[^/]+/[^/]+/[^/]+/[^@]+(?:@[^/]+)?)|(?:[^/]+))",
        REST_FRAMEWORK={"UNAUTHENTICATED_USER": None},
        LOGGING={
            "version": 1,
            "disable_existing_loggers": False,
            "handlers": {"console": {"class": "logging.StreamHandler", "level": "ERROR"}},
            "root": {"handlers": ["console"], "level": "ERROR"},
        },
    )


def logged_in(get_response):
    """edx-platform's session: a cookie that also comes along from another site's frame, as its documentation wants it."""

    def middleware(request):
        from django.contrib.auth.models import AnonymousUser, User

        name = request.GET.get("user") or request.COOKIES.get("sessionid")
        request.user = User.objects.get(username=name) if name in USERS else AnonymousUser()
        response = get_response(request)
        if request.GET.get("user"):
            response.set_cookie("sessionid", name, samesite="None", secure=True, httponly=True)
        return response

    return middleware


def recorded(get_response):
    """Keeps what the tool asked for."""

    def middleware(request):
        body = request.body.decode("utf-8", "replace")
        response = get_response(request)
        if not request.path.startswith(("/tests/", "/course", "/deep-linking")):
            ARRIVED.append(
                {
                    "method": request.method,
                    "path": request.get_full_path(),
                    "content_type": request.headers.get("Content-Type"),
                    "accept": request.headers.get("Accept"),
                    "body": body,
                    "status": response.status_code,
                    "answer": response.content.decode("utf-8", "replace")[:2000],
                }
            )
        return response

    return middleware


FRAME = """<!doctype html><html lang="nb"><meta charset="utf-8"><title>Smittevern for LIS</title>
<h1>Smittevern for LIS</h1><iframe title="Enhet" class="ltiLaunchFrame" name="ltiFrame-{link}" src="{url}"
 allow="microphone *; camera *; midi *; geolocation *; encrypted-media *" width="900" height="700"></iframe></html>"""


def course(request):
    """A unit of the course: its block opens in a frame or, as "open in a new window" does, at the top."""
    from django.http import HttpResponse, HttpResponseRedirect
    from django.utils.html import escape

    link = request.GET.get("link", "one")
    url = BLOCKS[0].load(BLOCKS[0].location(link))._get_lti_block_launch_handler()
    if request.GET.get("frame"):
        return HttpResponse(FRAME.format(link=link, url=escape(url)))
    return HttpResponseRedirect(url)


def deep_linking(request):
    """Studio's "Deep Linking Launch"."""
    from django.http import HttpResponseRedirect
    from lti_consumer.api import get_lti_1p3_launch_info

    block = BLOCKS[0].load(BLOCKS[0].location(request.GET.get("link", "one")))
    return HttpResponseRedirect(get_lti_1p3_launch_info(block.get_lti_1p3_launch_data())["deep_linking_launch_url"])


def handler(request, link, name):
    """A handler of the block: the launch and the outcome service of LTI 1.1."""
    from django.http import HttpResponse
    from webob import Request

    block = BLOCKS[0].load(BLOCKS[0].location(link))
    asked = Request.blank(request.get_full_path(), base_url=settings.LTI_BASE, method=request.method, body=request.body)
    asked.headers.update({name: value for name, value in request.headers.items() if name != "Content-Length"})
    answer = getattr(block, name)(asked)
    return HttpResponse(answer.body, status=answer.status_int, content_type=answer.content_type)


def facts():
    from lti_consumer import models, utils

    passport = models.Lti1p3Passport.objects.get()
    return {
        "issuer": utils.get_lti_api_base(),
        "client_id": passport.lti_1p3_client_id,
        "deployment_id": "1",
        "authorization_url": utils.get_lms_lti_launch_link(),
        "token_url": utils.get_lms_lti_access_token_link(passport.passport_id),
        "jwks_url": utils.get_lms_lti_keyset_link(passport.passport_id),
        "subjects": {word: external_id(known["id"]) for word, known in USERS.items()},
        "course": COURSE,
        "consumer_key": KEY,
        "consumer_secret": SECRET,
    }


def register(wanted):
    """The tool's addresses, as an author fills them in."""
    from lti_consumer.models import Lti1p3Passport

    TOOL.update(wanted)
    Lti1p3Passport.objects.update(lti_1p3_tool_keyset_url=wanted["keys_url"])
    return facts()


def grade(wanted):
    """A score that stands in the platform's gradebook, as another tool's message or a teacher made it."""
    from django.utils import timezone
    from lti_consumer.models import LtiAgsLineItem

    item = LtiAgsLineItem.objects.get(resource_link_id=BLOCKS[0].location(wanted["link"]))
    values = {
        "timestamp": timezone.now(),
        "score_given": wanted["score"],
        "score_maximum": wanted["maximum"],
        "activity_progress": "Completed",
        "grading_progress": "FullyGraded",
    }
    item.scores.update_or_create(user_id=external_id(USERS[wanted["user"]]["id"]), defaults=values)
    return {}


def stored():
    """The line items, scores and content items that are in the database."""
    from lti_consumer.models import LtiAgsLineItem, LtiAgsScore, LtiDlContentItem

    return {
        "line_items": [
            {"id": i.id, "link": i.resource_link_id and i.resource_link_id.block_id, "label": i.label, "tag": i.tag,
             "resource_id": i.resource_id, "maximum": i.score_maximum}
            for i in LtiAgsLineItem.objects.order_by("id")
        ],
        "scores": [
            {"line_item": s.line_item_id, "user": s.user_id, "given": s.score_given, "maximum": s.score_maximum,
             "activity": s.activity_progress, "grading": s.grading_progress, "comment": s.comment}
            for s in LtiAgsScore.objects.order_by("id")
        ],
        "content_items": [{"type": i.content_type, **i.attributes} for i in LtiDlContentItem.objects.order_by("id")],
        "grades": GRADES,
    }  # fmt: skip


def tests(request, what):
    """What only the tests ask for."""
    from django.http import JsonResponse

    wanted = json.loads(request.body or b"{}")
    if what == "options":
        SETTINGS.update(wanted)
    answers = {
        "facts": facts,
        "tool": lambda: register(wanted),
        "arrived": lambda: ARRIVED,
        "stored": stored,
        "grade": lambda: grade(wanted),
        "options": dict,
    }
    return JsonResponse(answers[what](), safe=False)


BLOCKS = []
urlpatterns = []


def make(port):
    configure(port)
    django.setup()
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.core.wsgi import get_wsgi_application
    from django.urls import include, path
    from django.views.decorators.csrf import csrf_exempt
    from lti_consumer.models import CourseAllowPIISharingInLTIFlag, Lti1p3Passport

    blocks = Blocks()
    stand_in_for_edx_platform(blocks)
    call_command("migrate", verbosity=0)
    for word, known in USERS.items():
        User.objects.create(id=known["id"], username=word, email=known["email"], is_staff=known["is_staff"])
    passport = Lti1p3Passport.objects.create(name="Tool of the tests", context_key=COURSE, lti_1p3_tool_keyset_url=TOOL["url"])
    blocks.passport_id = passport.passport_id
    CourseAllowPIISharingInLTIFlag.objects.create(course_id=blocks.course_key, enabled=True)
    BLOCKS.append(blocks)
    urlpatterns.extend(
        [
            path("api/", include("lti_consumer.plugin.urls", namespace="lti_consumer")),
            path("course", course),
            path("deep-linking", deep_linking),
            path("handler/<str:link>/<str:name>", csrf_exempt(handler)),
            path("tests/<str:what>", csrf_exempt(tests)),
        ]
    )
    return get_wsgi_application()


if __name__ == "__main__":
    run(make)
