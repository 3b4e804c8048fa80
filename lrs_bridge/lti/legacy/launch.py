"""A launch by LTI 1.1: whether it holds, and what it says, in the form that a launch by LTI 1.3 has.

LTI 1.1 Implementation Guide 3 (launch parameters) and 6.1 (``lis_result_sourcedid``), Content-Item Message 1.0 3.1. Left out: LTI
2.0, ``lis_person_sourcedid``, ``role_scope_mentor`` and platforms' extensions, of which nothing here follows.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from lrs_bridge.errors import Invalid
from lrs_bridge.lti.launch.launch import (
    BasicOutcome,
    Course,
    DeepLinkingSettings,
    Launch,
    MessageType,
    ResourceLink,
    VerifiedLaunch,
)
from lrs_bridge.lti.launch.refusal import LaunchRefused, Step
from lrs_bridge.lti.launch.roles import full_roles
from lrs_bridge.lti.legacy.oauth1 import Pairs, Signed, signed_pairs, verify_signed
from lrs_bridge.lti.placement.place import LAUNCH_PATH
from lrs_bridge.lti.platforms.platform import Platform, State
from lrs_bridge.lti.platforms.rebinding import LEGACY_ISSUER
from lrs_bridge.web.outbound import parse_url
from lrs_bridge.web.reply import shown

VERSION = "LTI-1p0"
LEGACY_LAUNCH_PATH = "/lti/1p1/launch"
LTI_LINK = "application/vnd.ims.lti.v1.ltilink"
LONGEST_ID = 255
LONGEST_TEXT = 1000
LONGEST_ADDRESS = 4000
CUSTOM = "custom_"
_AUTHORITY = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")
_GUIDE = "LTI 1.1 Implementation Guide 3"
_CONTENT_ITEM = "Content-Item Message 1.0 3.1"
LAUNCH_REQUEST = "basic-lti-launch-request"
CONTENT_ITEM_REQUEST = "ContentItemSelectionRequest"
_MESSAGES = {LAUNCH_REQUEST: MessageType.RESOURCE_LINK, CONTENT_ITEM_REQUEST: MessageType.DEEP_LINKING}


@dataclass(frozen=True, slots=True)
class Consumer:
    """Who a launch is said to be from; its secret, None when it can't be opened; and whether the tenant takes LTI 1.1 at all."""

    platform: Platform
    secret: str | None = field(repr=False)
    is_allowed: bool


def address_of(target_link_uri: str) -> str:
    """Where a platform of LTI 1.1 posts to for what LTI 1.3 launches by this address."""
    return target_link_uri.replace(LAUNCH_PATH, LEGACY_LAUNCH_PATH, 1)


def target_of(url: str) -> str:
    """The address that LTI 1.3 would launch the same by."""
    return url.replace(LEGACY_LAUNCH_PATH, LAUNCH_PATH, 1)


def issuer_of(consumer_key: str) -> str:
    """What stands for the issuer of a platform that has none."""
    return LEGACY_ISSUER + consumer_key


def verify_launch(form: Pairs, *, url: str, consumer: Consumer | None, now: datetime) -> tuple[VerifiedLaunch, Signed]:
    """What a form that was posted to ``url`` says. ``consumer`` is the one with the form's ``oauth_consumer_key``.

    It may be used once: the last step is the caller's, with ``Signed.once``. Raises LaunchRefused at the first step that fails.
    """
    if consumer is None:  # 1
        message = "there is no such consumer key: is it written as it is on the platform's page here?"
        raise LaunchRefused(message, step=Step.CONSUMER, field="oauth_consumer_key", rule=_GUIDE)
    if not consumer.is_allowed:  # 2
        raise LaunchRefused("launches by LTI 1.1 are switched off", step=Step.PLATFORM, rule="LTI 1.1 must be allowed here")
    if consumer.platform.state is not State.RUNNING:  # 3
        raise LaunchRefused("the platform is paused here", step=Step.PLATFORM, rule="only running platforms launch")
    if not consumer.secret:  # 4
        message = "the platform's secret can't be opened here any more; make a new one, and write it on both sides"
        raise LaunchRefused(message, step=Step.KEY, rule="LRS_BRIDGE_MASTER_KEY")
    signed = verify_signed(form, url=url, secret=consumer.secret, now=now)  # 5: consumer key, algorithm, time, nonce, signature
    said = first_values(signed_pairs(form, url))
    for name, value in said.items():
        if "\x00" in name + value:
            message = "a field holds the character NUL, which can't be kept"
            raise LaunchRefused(message, step=Step.MESSAGE, field=shown(name)[:100], rule=_GUIDE)
    if said.get("lti_version") != VERSION:  # 6
        message = f"the launch is of {shown(said.get('lti_version', 'no version'))[:100]}, and must be of {VERSION}"
        raise LaunchRefused(message, step=Step.VERSION, field="lti_version", rule=_GUIDE)
    return VerifiedLaunch(read_launch(said, url=url, consumer_key=signed.consumer_key)), signed  # 7


def first_values(form: Pairs) -> dict[str, str]:
    """The first value of each name that is not blank."""
    said: dict[str, str] = {}
    for name, value in form:
        if value.strip():
            said.setdefault(name, value)
    return said


def read_launch(said: Mapping[str, str], *, url: str, consumer_key: str) -> Launch:
    """What the message says. Raises LaunchRefused for a message that is none of ours, or lacks what its kind needs."""
    kind = _message_type(said)
    return Launch(
        version="1.1",
        message_type=kind,
        issuer=issuer_of(consumer_key),
        client_id=consumer_key,
        deployment_id=_id(said, "tool_consumer_instance_guid") or "",
        subject=_id(said, "user_id"),
        roles=full_roles(said.get("roles", "").split(",")),
        target_link_uri=target_of(url),
        name=_name(said),
        email=_text(said, "lis_person_contact_email_primary"),
        course=_course(said),
        resource_link=_resource_link(said, kind),
        custom={name[len(CUSTOM) :]: value for name, value in said.items() if name.startswith(CUSTOM)},
        locale=_text(said, "launch_presentation_locale"),
        return_url=_address(said, "launch_presentation_return_url"),
        document_target=_text(said, "launch_presentation_document_target"),
        deep_linking=_deep_linking(said) if kind is MessageType.DEEP_LINKING else None,
        basic_outcome=_basic_outcome(said),
    )


def _message_type(said: Mapping[str, str]) -> MessageType:
    written = said.get("lti_message_type", "no type")
    if written not in _MESSAGES:
        message = f"messages of {shown(written)[:100]} are not taken; {' and '.join(_MESSAGES)} are"
        raise LaunchRefused(message, step=Step.MESSAGE, field="lti_message_type", rule=_GUIDE)
    return _MESSAGES[written]


def _id(said: Mapping[str, str], name: str) -> str | None:
    value = said.get(name)
    if value is not None and (len(value) > LONGEST_ID or "\x00" in value):
        message = f"{name} is longer than {LONGEST_ID} characters, or holds one that can't be kept"
        raise LaunchRefused(message, step=Step.MESSAGE, field=name, rule=_GUIDE)
    return value


def _text(said: Mapping[str, str], name: str) -> str | None:
    """A text, without what no database keeps."""
    return said.get(name, "").replace("\x00", "").strip()[:LONGEST_TEXT] or None


def _name(said: Mapping[str, str]) -> str | None:
    parts = (_text(said, "lis_person_name_given"), _text(said, "lis_person_name_family"))
    return _text(said, "lis_person_name_full") or " ".join(part for part in parts if part) or None


def _course(said: Mapping[str, str]) -> Course | None:
    named = _id(said, "context_id")
    return None if named is None else Course(named, _text(said, "context_title"), _text(said, "context_label"))


def _resource_link(said: Mapping[str, str], kind: MessageType) -> ResourceLink | None:
    named = _id(said, "resource_link_id")
    if named is None and kind is MessageType.RESOURCE_LINK:
        raise LaunchRefused("the launch has no resource_link_id", step=Step.MESSAGE, field="resource_link_id", rule=_GUIDE)
    return None if named is None else ResourceLink(named, _text(said, "resource_link_title"))


def _basic_outcome(said: Mapping[str, str]) -> BasicOutcome | None:
    url, sourcedid = said.get("lis_outcome_service_url"), said.get("lis_result_sourcedid")
    return None if url is None or sourcedid is None else BasicOutcome(url.strip(), sourcedid)


def _deep_linking(said: Mapping[str, str]) -> DeepLinkingSettings:
    return_url = _address(said, "content_item_return_url")
    if return_url is None:
        message = "the message has no address to return what is chosen to"
        raise LaunchRefused(message, step=Step.MESSAGE, field="content_item_return_url", rule=_CONTENT_ITEM)
    media_types = _list(said, "accept_media_types")
    taken = (("ltiResourceLink", {LTI_LINK, "*/*"}), ("link", {"text/html", "*/*"}))
    return DeepLinkingSettings(
        return_url=return_url,
        accept_types=tuple(kind for kind, names in taken if not names.isdisjoint(media_types)),
        accept_targets=_list(said, "accept_presentation_document_targets"),
        accept_multiple=said.get("accept_multiple", "").strip().lower() == "true",
        accept_lineitem=True,  # the message can't say; a platform leaves out what it does not know
        data=said.get("data"),
    )


def _address(said: Mapping[str, str], name: str) -> str | None:
    """An address that a browser may be sent to, and whose origin may stand in a header as it is; None for what is none."""
    url = said.get(name, "").strip()
    if len(url) > LONGEST_ADDRESS or not url.isprintable() or " " in url:
        return None
    try:
        parse_url(url)
    except Invalid:
        return None
    return url if _AUTHORITY.fullmatch(urlsplit(url).netloc) else None


def _list(said: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in said.get(name, "").split(",") if part.strip())
