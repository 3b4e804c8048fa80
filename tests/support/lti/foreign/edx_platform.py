# ruff: noqa: PLC0415  Django's models can't be imported before its settings are there
"""What Open edX's LTI consumer asks of edx-platform, in a few lines: users, a course, blocks and where they are kept, grades.

It is asked for through ``lti_consumer.plugin.compat``, which was made to hold all of it, and through the runtime of blocks.
"""

import threading
import uuid
from types import SimpleNamespace

from crum import get_current_user
from django.conf import settings
from opaque_keys.edx.keys import CourseKey
from xblock.core import XBlock
from xblock.fields import Boolean, DateTime, Scope, ScopeIds, Timedelta
from xblock.reference.user_service import UserService, XBlockUser
from xblock.runtime import DictKeyValueStore, KvsFieldData, MemoryIdManager, Runtime

COURSE = "course-v1:Sykehuset+LIS+2026"
NAMESPACE = uuid.UUID("5b1a2b52-5d3c-4f0f-a7f6-6b1e5b0ce9d1")
KEY, SECRET = "open-edx-key", "a secret of the tests"
USERS = {  # their roles are Open edX's own words
    "student": {"id": 11, "name": "Kari Nordmann", "email": "kari@example.no", "role": "student", "is_staff": False},
    "second": {"id": 12, "name": "Ola Hansen", "email": "ola@example.no", "role": "student", "is_staff": False},
    "teacher": {"id": 13, "name": "Åse Lærer", "email": "aase@example.no", "role": "instructor", "is_staff": False},
    "admin": {"id": 14, "name": "Per Drift", "email": "per@example.no", "role": "staff", "is_staff": True},
}
GRADES = []  # what went to the gradebook, in order
TOOL = {"url": "http://127.0.0.1:9", "keys_url": "http://127.0.0.1:9"}
SETTINGS = {"ags": "declarative", "pii": True, "custom": []}


def external_id(user_id):
    """The id that tools know a user by."""
    return str(uuid.uuid5(NAMESPACE, str(user_id)))


class Inherited(XBlock):
    """Fields that blocks have from their course there."""

    due = DateTime(scope=Scope.settings, default=None)
    start = DateTime(scope=Scope.settings, default=None)
    graceperiod = Timedelta(scope=Scope.settings, default=None)
    graded = Boolean(scope=Scope.settings, default=True)


class Users(UserService):
    def get_current_user(self):
        user = get_current_user()
        known = USERS.get(getattr(user, "username", ""))
        found = XBlockUser(is_current_user=True)
        found.opt_attrs["edx-platform.is_authenticated"] = bool(known)
        if known:
            found.emails, found.full_name = [known["email"]], known["name"]
            found.opt_attrs |= {
                "edx-platform.user_id": known["id"],
                "edx-platform.anonymous_user_id": external_id(known["id"]).replace("-", ""),
                "edx-platform.username": user.username,
                "edx-platform.user_role": known["role"],
                "edx-platform.user_is_staff": known["is_staff"],
                "edx-platform.user_preferences": {"pref-lang": "nb"},
            }
        return found

    def get_external_user_id(self, _kind):
        return external_id(self.get_current_user().opt_attrs["edx-platform.user_id"])

    def get_user_by_anonymous_id(self, anonymous):
        from django.contrib.auth.models import User

        return next((u for u in User.objects.all() if external_id(u.id).replace("-", "") == anonymous), None)


class Rebinding:
    def rebind_noauth_module_to_user(self, block, user):
        block.scope_ids = block.scope_ids._replace(user_id=user.id)


class PlatformRuntime(Runtime):
    def __init__(self):
        ids = MemoryIdManager()
        services = {"user": Users(), "rebind_user": Rebinding()}
        super().__init__(ids, ids, services=services, mixins=(Inherited,))

    def handler_url(self, block, handler_name, **_more):
        return f"{settings.LTI_BASE}/handler/{block.scope_ids.usage_id.block_id}/{handler_name}"

    def resource_url(self, resource):
        return "/static/" + resource

    def local_resource_url(self, block, uri):  # noqa: ARG002  the runtime's
        return "/static/" + uri

    def publish(self, block, event_type, event_data):
        GRADES.append({"link": block.scope_ids.usage_id.block_id, "event": event_type, **event_data})


class Blocks:
    """edx-platform's module store, runtime and services, as far as the block asks for them."""

    def __init__(self):
        from lti_consumer.lti_xblock import LtiConsumerXBlock

        self.block_class = LtiConsumerXBlock
        self.course_key = CourseKey.from_string(COURSE)
        self.store = DictKeyValueStore()
        self.fields = KvsFieldData(self.store)
        self.lock = threading.RLock()
        self.passport_id = None

    def location(self, link):
        return self.course_key.make_usage_key("lti_consumer", link)

    def load(self, location):
        """The block at a place, for whoever is logged in. Every block of the course shares one LTI 1.3 registration."""
        with self.lock:
            block = PlatformRuntime().construct_xblock_from_class(
                self.block_class, ScopeIds("nobody", "lti_consumer", location, location), self.fields
            )
            self._set_up(block, location)
        return block

    def _set_up(self, block, location):
        launch = TOOL["url"] + "/lti/launch"
        wanted = {
            "display_name": f"Enhet {location.block_id}",
            "lti_version": "lti_1p1" if location.block_id.startswith("old") else "lti_1p3",
            "lti_id": "tool",
            "launch_url": TOOL["url"] + "/lti/1p1/launch",
            "lti_1p3_oidc_url": TOOL["url"] + "/lti/login",
            "lti_1p3_launch_url": launch,
            "lti_1p3_redirect_uris": [launch],
            "lti_1p3_tool_key_mode": "keyset_url",
            "lti_1p3_tool_keyset_url": TOOL["keys_url"],
            "lti_1p3_passport_id": str(self.passport_id),
            "lti_advantage_deep_linking_enabled": True,
            "lti_advantage_deep_linking_launch_url": launch,
            "lti_advantage_ags_mode": SETTINGS["ags"],
            "lti_1p3_enable_nrps": True,
            "ask_to_send_username": SETTINGS["pii"],
            "ask_to_send_full_name": SETTINGS["pii"],
            "ask_to_send_email": SETTINGS["pii"],
            "custom_parameters": SETTINGS["custom"],
            "has_score": True,
            "weight": 1.0,
        }
        for name, value in wanted.items():
            if getattr(block, name) != value:
                setattr(block, name, value)
        block.save()


def stand_in_for_edx_platform(blocks):
    """Fills ``lti_consumer.plugin.compat``, the layer in which the consumer keeps all that it asks of edx-platform."""
    from django.contrib.auth.models import User
    from lti_consumer import utils
    from lti_consumer.exceptions import LtiError
    from lti_consumer.plugin import compat

    off = SimpleNamespace(is_enabled=lambda *_key: False)
    for flag in ("external_config", "external_user_id_1p1_launches", "database_config", "external_multiple_launch_urls"):
        setattr(utils, f"get_{flag}_waffle_flag", lambda: off)
    course = SimpleNamespace(
        display_name_with_default="Smittevern for LIS",
        display_org_with_default="Sykehuset",
        lti_passports=[f"tool:{KEY}:{SECRET}"],
    )

    def user_of(external):
        for user in User.objects.all():
            if external_id(user.id) == external:
                return user
        raise LtiError("Invalid User")

    def members(_course_key):
        return {
            known["id"]: {
                "id": known["id"],
                "username": word,
                "email": known["email"],
                "name": known["name"],
                "roles": [known["role"]],
            }
            for word, known in USERS.items()
        }

    compat.load_enough_xblock = compat.load_block_as_user = blocks.load
    compat.save_xblock = lambda _block: None
    compat.get_course_by_id = lambda _key: course
    compat.get_user_from_external_user_id = user_of
    compat.user_has_access = compat.user_course_access = lambda *_args, **_named: True
    compat.user_has_studio_write_access = lambda user, _key: user.username in ("teacher", "admin")
    compat.batch_get_or_create_externalids = lambda users: {
        user.id: SimpleNamespace(external_user_id=external_id(user.id)) for user in users.prefetch_related(None)
    }
    compat.get_course_members = members
    compat.get_user_course_forum_role = lambda *_args: None
    compat.get_signal_handler = lambda: None
