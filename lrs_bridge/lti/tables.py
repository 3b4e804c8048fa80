"""Tables of learning platforms, of who launched what, and of the scores and results that go to and fro.

``platform_id`` names a platform's registration here: a learning platform that several tenants use is registered with each.
"""

from sqlalchemy import Boolean, Column, Float, ForeignKeyConstraint, Index, Integer, String, Table, Text, Uuid, text

from lrs_bridge.db import Json, UtcDateTime, metadata

TENANT = String(64)
WORD = String(40)
NAME = String(200)
KEY = String(64)  # SHA-256 in hexadecimal digits: what is longer than an index takes is looked up by it
LONG_ID = String(255)
_waiting = text("state = 'waiting'")


def _of_platform() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["tenant_id", "platform_id"], ["lti_platform.tenant_id", "lti_platform.platform_id"])


def _of_link() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["tenant_id", "link_id"], ["lti_link.tenant_id", "lti_link.link_id"])


tool_key = Table(
    "lti_tool_key",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),
    Column("kid", KEY, primary_key=True),
    Column("state", WORD, nullable=False, comment="next, current or retired"),
    Column("public_jwk", Json, nullable=False),
    Column("sealed_private_jwk", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("published_until", UtcDateTime, comment="of a retired key"),
)

policy = Table(
    "lti_policy",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),
    Column("allows_1p1", Boolean, nullable=False),
)

platform = Table(
    "lti_platform",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),
    Column("platform_id", Uuid, primary_key=True),
    Column("version", String(4), nullable=False, comment="1.3 or 1.1"),
    Column("name", NAME, nullable=False),
    Column("product", WORD, nullable=False),
    Column("state", WORD, nullable=False),
    Column("issuer", String(1000), nullable=False, comment="of LTI 1.1: made from the consumer key"),
    Column("client_id", LONG_ID, nullable=False, comment="of LTI 1.1: the consumer key"),
    Column("authorization_url", String(1000)),
    Column("token_url", String(1000)),
    Column("token_audience", String(1000)),
    Column("jwks_url", String(1000)),
    Column("sealed_secret", Text, comment="of LTI 1.1"),
    Column("adopts_deployment", Boolean, nullable=False, comment="the first deployment that launches is taken for known"),
    Column("ancestors", Json, nullable=False, comment="origins beside its own whose frames may show us"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("last_launch_at", UtcDateTime),
    Index("ix_lti_platform_client", "issuer", "client_id"),
)

deployment = Table(
    "lti_deployment",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),
    Column("platform_id", Uuid, primary_key=True),
    Column("deployment_id", LONG_ID, primary_key=True),
    Column("name", NAME, nullable=False),
    Column("added_at", UtcDateTime, nullable=False),
    Column("last_launch_at", UtcDateTime),
    _of_platform(),
)

# Links by which a platform's administrator registers us: each good for one dynamic registration.
registration_link = Table(
    "lti_registration_link",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),
    Column("token_key", KEY, primary_key=True),
    Column("made_by", Uuid, comment="null on the command line"),
    Column("made_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
    Column("platform_id", Uuid),
    Index(None, "token_key"),
)

# What may be used once: states of logins, nonces of LTI 1.1.
used = Table(
    "lti_used",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),
    Column("value_key", KEY, primary_key=True),
    Column("used_at", UtcDateTime, nullable=False),
    Index(None, "tenant_id", "used_at"),
)

# The journal of launches: the last of each platform, those that failed with the step that did.
visit = Table(
    "lti_visit",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),
    Column("visit_id", Uuid, primary_key=True),
    Column("platform_id", Uuid, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("message_type", WORD, nullable=False),
    Column("deployment_id", LONG_ID),
    Column("context_title", NAME),
    Column("link_title", NAME),
    Column("failed_step", WORD, comment="null when all was well"),
    Column("reason", String(600)),
    Column("error_id", KEY),
    _of_platform(),
    Index(None, "tenant_id", "platform_id", "at"),
)

link = Table(
    "lti_link",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),
    Column("link_id", Uuid, primary_key=True),
    Column("platform_id", Uuid, nullable=False),
    Column("place_key", KEY, nullable=False, comment="of deployment, context and resource link"),
    Column("deployment_id", LONG_ID, nullable=False),
    Column("context_id", LONG_ID),
    Column("context_title", NAME),
    Column("resource_link_id", LONG_ID),
    Column("title", NAME),
    Column("kind", WORD, nullable=False, comment="of what is placed"),
    Column("target_id", KEY, nullable=False, comment="of what is placed; empty where the kind says all"),
    Column("lineitems_url", Text),
    Column("lineitem_url", Text),
    Column("memberships_url", Text),
    Column("groups_url", Text),
    Column("scopes", Json, nullable=False),
    Column("first_at", UtcDateTime, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
    _of_platform(),
    Index("uq_lti_link_place", "tenant_id", "platform_id", "place_key", unique=True),
    Index(None, "tenant_id", "kind", "target_id"),
)

# Who is known to have something placed before them: from launches and rosters.
member = Table(
    "lti_member",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),
    Column("link_id", Uuid, primary_key=True),
    Column("subject", LONG_ID, primary_key=True, comment="the platform's id of the user"),
    Column("person_id", Uuid),
    Column("name", NAME, comment="as the platform shows it"),
    Column("is_learner", Boolean, nullable=False),
    Column("sourcedid", Text, comment="of Basic Outcomes"),
    Column("outcome_url", Text, comment="of Basic Outcomes"),
    Column("last_at", UtcDateTime, nullable=False),
    _of_link(),
    Index(None, "tenant_id", "person_id"),
)

# A browser's way through what was launched. Its data are what a cookie would hold, and the launch itself.
session = Table(
    "lti_session",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),
    Column("session_id", KEY, primary_key=True),
    Column("secret_key", KEY, nullable=False),
    Column("platform_id", Uuid, nullable=False),
    Column("link_id", Uuid),
    Column("person_id", Uuid),
    Column("launch", Json, nullable=False),
    Column("data", Json, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    _of_platform(),
    Index(None, "session_id"),
    Index(None, "tenant_id", "opened_at"),
    Index(None, "tenant_id", "person_id"),
)

score = Table(
    "lti_score",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),
    Column("score_id", Uuid, primary_key=True),
    Column("platform_id", Uuid, nullable=False),
    Column("link_id", Uuid, nullable=False),
    Column("subject", LONG_ID, nullable=False),
    Column("number", Integer, nullable=False, comment="counts the scores of this user and link"),
    Column("activity_progress", WORD, nullable=False),
    Column("grading_progress", WORD, nullable=False),
    Column("score_given", Float),
    Column("score_maximum", Float, nullable=False),
    Column("comment", String(600)),
    Column("at", UtcDateTime, nullable=False, comment="goes out as the score's timestamp"),
    Column("state", WORD, nullable=False, comment="waiting, sent, newer_there or failed"),
    Column("attempts", Integer, nullable=False),
    Column("next_at", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime),
    Column("reason", String(600)),
    _of_platform(),
    _of_link(),
    Index("uq_lti_score_number", "tenant_id", "link_id", "subject", "number", unique=True),
    Index("ix_lti_score_waiting", "tenant_id", "next_at", postgresql_where=_waiting, sqlite_where=_waiting),
    Index(None, "tenant_id", "platform_id", "state", "at"),
)

# Columns of a platform's gradebook whose results are brought here.
line_item = Table(
    "lti_line_item",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),
    Column("line_item_id", Uuid, primary_key=True),
    Column("platform_id", Uuid, nullable=False),
    Column("link_id", Uuid, nullable=False, comment="whose services lead to it"),
    Column("url_key", KEY, nullable=False),
    Column("url", Text, nullable=False, comment="also the IRI that completions name as their activity"),
    Column("label", NAME, nullable=False),
    Column("is_own", Boolean, nullable=False, comment="of something that is placed: we send scores there"),
    Column("is_watched", Boolean, nullable=False, comment="what was brought stays when it is not any more"),
    Column("added_at", UtcDateTime, nullable=False),
    Column("asked_at", UtcDateTime),
    Column("next_at", UtcDateTime, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("reason", String(600)),
    _of_platform(),
    _of_link(),
    Index("uq_lti_line_item_url", "tenant_id", "platform_id", "url_key", unique=True),
    Index(None, "tenant_id", "link_id"),
)

# What a platform graded, each time that it said something else: the evidence behind a completion.
result = Table(
    "lti_result",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),
    Column("result_key", KEY, primary_key=True, comment="of the line item and the user"),
    Column("number", Integer, primary_key=True, comment="with the key, the completion's id"),
    Column("line_item_id", Uuid, nullable=False),
    Column("subject", LONG_ID, nullable=False),
    Column("document", Text, nullable=False, comment="as it was received"),
    Column("digest", String(72), nullable=False),
    Column("counts", Boolean, nullable=False, comment="it is a completion that was not taken back"),
    Column("seen_at", UtcDateTime, nullable=False),
    ForeignKeyConstraint(["tenant_id", "line_item_id"], ["lti_line_item.tenant_id", "lti_line_item.line_item_id"]),
    Index(None, "tenant_id", "line_item_id"),
)

# Users who are said to have been somebody else under LTI 1.1, where nothing proves it: an administrator decides.
rebinding = Table(
    "lti_rebinding",
    metadata,
    Column("tenant_id", TENANT, primary_key=True),
    Column("platform_id", Uuid, primary_key=True),
    Column("subject", LONG_ID, primary_key=True),
    Column("consumer_key", LONG_ID, primary_key=True),
    Column("former_subject", LONG_ID, nullable=False),
    Column("name", NAME),
    Column("context_title", NAME),
    Column("asked_at", UtcDateTime, nullable=False),
    _of_platform(),
)
