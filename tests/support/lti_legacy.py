"""A platform of LTI 1.1 as tests want it: it signs launches, and takes grades as platforms do."""

from datetime import UTC, datetime
from itertools import count
from types import SimpleNamespace
from uuid import UUID

from authlib.oauth1.rfc5849.signature import verify_hmac_sha1
from authlib.oauth1.rfc5849.wrapper import OAuth1Request

from lrs_bridge.lti.legacy.oauth1 import Method, sign_form
from lrs_bridge.lti.platforms.platform import Platform, Product, State, Version

SITE = "https://lms.example.no"
PLATFORM = Platform(
    tenant="north",
    platform_id=UUID(int=7),
    version=Version.V1P1,
    name="Læringsportalen",
    product=Product.MOODLE,
    state=State.RUNNING,
    issuer="lti1p1:north-lms",
    client_id="north-lms",
    authorization_url=None,
    token_url=None,
    token_audience=None,
    jwks_url=None,
    adopts_deployment=True,
    ancestors=("https://lms.example.no",),
    created_at=datetime(2026, 11, 28, 12, tzinfo=UTC),
)
LAUNCH = {
    "lti_message_type": "basic-lti-launch-request",
    "lti_version": "LTI-1p0",
    "resource_link_id": "rl-1",
    "resource_link_title": "My plan",
    "user_id": "42",
    "roles": "Learner",
    "context_id": "c-7",
    "context_title": "Smittevern",
    "lis_person_name_full": "Kari Nordmann",
    "tool_consumer_instance_guid": "lms.example.no",
    "launch_presentation_return_url": f"{SITE}/course/7",
}
SELECTION = {
    "lti_message_type": "ContentItemSelectionRequest",
    "lti_version": "LTI-1p0",
    "user_id": "43",
    "roles": "Instructor",
    "context_id": "c-7",
    "content_item_return_url": f"{SITE}/return?id=1&course=2",
    "accept_media_types": "application/vnd.ims.lti.v1.ltilink",
    "accept_multiple": "true",
    "data": "opaque",
}
_NONCES = count()


def signed(*, url, key, secret, message=LAUNCH, now=None, nonce=None, method=Method.HMAC_SHA1, **changes):
    """The fields of a launch as the platform's page posts them; None takes a field out."""
    fields = {name: value for name, value in (message | changes).items() if value is not None}
    at = now or datetime.now(UTC)
    return sign_form(
        fields, url=url, consumer_key=key, secret=secret, nonce=nonce or f"nonce-{next(_NONCES)}", now=at, method=method
    )


def is_signed_well(url, asked, secret) -> bool:
    """Whether a call is signed with the secret, by another implementation of OAuth 1.0a than the one under test."""
    request = OAuth1Request("POST", url, headers={"Authorization": asked.headers["authorization"]})
    request.client = SimpleNamespace(get_client_secret=lambda: secret)
    return verify_hmac_sha1(request)


def answer(major="success", description="done", score=None) -> bytes:
    """What a platform answers to a call of Basic Outcomes."""
    result = "" if score is None else f"<result><resultScore><textString>{score}</textString></resultScore></result>"
    return (
        '<?xml version="1.0"?><imsx_POXEnvelopeResponse xmlns="http://www.imsglobal.org/services/ltiv1p1/xsd/imsoms_v1p0">'
        f"<imsx_POXHeader><imsx_POXResponseHeaderInfo><imsx_statusInfo><imsx_codeMajor>{major}</imsx_codeMajor>"
        f"<imsx_description>{description}</imsx_description></imsx_statusInfo></imsx_POXResponseHeaderInfo></imsx_POXHeader>"
        f"<imsx_POXBody><readResultResponse>{result}</readResultResponse></imsx_POXBody></imsx_POXEnvelopeResponse>"
    ).encode()
