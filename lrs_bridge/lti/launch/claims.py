"""The claims of an LTI message, read into a ``Launch``.

LTI 1.3 Core 5.3 and 5.4 with appendix C, Deep Linking 2.0 4.4, AGS 2.0 3.1, NRPS 2.0 3.6, Course Groups 1.0 3.3, Submission
Review 1.0 3. Platforms leave things out and send empty texts (Moodle's ``lis``): what can be missing may be. Left out: ``lis``
identifiers, ``role_scope_mentor`` and platform claims, of which nothing here follows.
"""

from collections.abc import Mapping
from typing import Any

from lrs_bridge.lti.launch.launch import Course, DeepLinkingSettings, Grades, Launch, MessageType, Migration, ResourceLink
from lrs_bridge.lti.launch.login import safe_origin
from lrs_bridge.lti.launch.refusal import LaunchRefused, Step
from lrs_bridge.lti.launch.roles import full_roles

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
DEEP_LINKING = "https://purl.imsglobal.org/spec/lti-dl/claim/"
MESSAGE_TYPE = LTI + "message_type"
VERSION = LTI + "version"
DEPLOYMENT_ID = LTI + "deployment_id"
TARGET_LINK_URI = LTI + "target_link_uri"
ROLES = LTI + "roles"
CONTEXT = LTI + "context"
RESOURCE_LINK = LTI + "resource_link"
CUSTOM = LTI + "custom"
PRESENTATION = LTI + "launch_presentation"
FOR_USER = LTI + "for_user"
LTI_1P1 = LTI + "lti1p1"
SETTINGS = DEEP_LINKING + "deep_linking_settings"
ENDPOINT = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
MEMBERS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
GROUPS = "https://purl.imsglobal.org/spec/lti-gs/claim/groupsservice"

LONGEST_ID = 255


def read_launch(claims: Mapping[str, Any], *, client_id: str, migration: Migration | None = None) -> Launch:
    """What the message says. Raises LaunchRefused for a message that is none of ours, or lacks what its kind needs."""
    kind = _message_type(claims)
    launch = Launch(
        version="1.3",
        message_type=kind,
        issuer=str(claims["iss"]),
        client_id=client_id,
        deployment_id=_needed(claims, DEPLOYMENT_ID, Step.DEPLOYMENT),
        subject=_id(claims.get("sub"), "sub"),
        roles=_roles(claims.get(ROLES)),
        target_link_uri=_target(claims, kind),
        name=_text(claims.get("name")) or _joined(claims),
        email=_text(claims.get("email")),
        course=_course(_object(claims, CONTEXT)),
        resource_link=_resource_link(_object(claims, RESOURCE_LINK)),
        custom={name: str(value) for name, value in _object(claims, CUSTOM).items() if isinstance(value, str | int | float)},
        locale=_text(_object(claims, PRESENTATION).get("locale")) or _text(claims.get("locale")),
        return_url=_text(_object(claims, PRESENTATION).get("return_url")),
        document_target=_text(_object(claims, PRESENTATION).get("document_target")),
        grades=_grades(_object(claims, ENDPOINT)),
        memberships_url=_text(_object(claims, MEMBERS).get("context_memberships_url")),
        groups_url=_text(_object(claims, GROUPS).get("context_groups_url")),
        deep_linking=_deep_linking(_object(claims, SETTINGS)),
        for_subject=_id(_object(claims, FOR_USER).get("user_id"), FOR_USER),
        migration=migration,
    )
    _check_complete(launch)
    return launch


def _check_complete(launch: Launch) -> None:
    if launch.message_type is MessageType.DEEP_LINKING and launch.deep_linking is None:
        raise _lacks(f"{SETTINGS}.deep_link_return_url", "Deep Linking 2.0 4.4.1")
    if launch.message_type is MessageType.SUBMISSION_REVIEW and launch.for_subject is None:
        raise _lacks(f"{FOR_USER}.user_id", "Submission Review 1.0 3")


def _lacks(claim: str, rule: str) -> LaunchRefused:
    return LaunchRefused(f"the message has no {claim}", step=Step.MESSAGE, field=claim, rule=rule)


def _message_type(claims: Mapping[str, Any]) -> MessageType:
    try:
        return MessageType(str(claims.get(MESSAGE_TYPE)))
    except ValueError as error:
        message = f"messages of the type {claims.get(MESSAGE_TYPE)} are not taken; {', '.join(MessageType)} are"
        raise LaunchRefused(message[:500], step=Step.MESSAGE, field=MESSAGE_TYPE, rule="LTI 1.3 Core 5.3.1") from error


def _target(claims: Mapping[str, Any], kind: MessageType) -> str:
    """Only a resource link's message must name it."""
    if kind is MessageType.RESOURCE_LINK:
        return _needed(claims, TARGET_LINK_URI, Step.TARGET)
    return _text(claims.get(TARGET_LINK_URI)) or ""


def _needed(claims: Mapping[str, Any], name: str, step: Step) -> str:
    value = _id(claims.get(name), name) if step is Step.DEPLOYMENT else _text(claims.get(name))
    if value is None:
        raise LaunchRefused(f"the message has no {name}", step=step, field=name, rule="LTI 1.3 Core 5.3")
    return value


def _object(claims: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = claims.get(name)
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str | None:
    """The text, None for an empty one, for what is no text, and for one that no database keeps."""
    return value if isinstance(value, str) and value.strip() and "\x00" not in value else None


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _id(value: Any, name: str) -> str | None:
    """An id, which some platforms write as a number."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    text = value if isinstance(value, str) and value.strip() else None
    if text is not None and (len(text) > LONGEST_ID or "\x00" in text):
        raise LaunchRefused(
            f"{name} is longer than {LONGEST_ID} characters", step=Step.MESSAGE, field=name, rule="LTI 1.3 Core 5.3"
        )
    return text


def _roles(value: Any) -> tuple[str, ...]:
    return full_roles(_texts(value))


def _joined(claims: Mapping[str, Any]) -> str | None:
    parts = (_text(claims.get("given_name")), _text(claims.get("family_name")))
    return " ".join(part for part in parts if part) or None


def _course(said: Mapping[str, Any]) -> Course | None:
    named = _id(said.get("id"), f"{CONTEXT}.id")
    return None if named is None else Course(named, _text(said.get("title")), _text(said.get("label")))


def _resource_link(said: Mapping[str, Any]) -> ResourceLink | None:
    named = _id(said.get("id"), f"{RESOURCE_LINK}.id")
    return None if named is None else ResourceLink(named, _text(said.get("title")))


def _grades(said: Mapping[str, Any]) -> Grades | None:
    found = Grades(_text(said.get("lineitems")), _text(said.get("lineitem")), _texts(said.get("scope")))
    return found if found.lineitems_url or found.lineitem_url else None


def _deep_linking(said: Mapping[str, Any]) -> DeepLinkingSettings | None:
    return_url = _text(said.get("deep_link_return_url"))
    if return_url is None:
        return None
    if safe_origin(return_url) is None:
        message = "deep_link_return_url is no http or https address"
        raise LaunchRefused(message, step=Step.MESSAGE, field=f"{SETTINGS}.deep_link_return_url", rule="Deep Linking 2.0 4.4.1")
    given = said.get("data")
    return DeepLinkingSettings(
        return_url=return_url,
        accept_types=_texts(said.get("accept_types")),
        accept_targets=_texts(said.get("accept_presentation_document_targets")),
        accept_multiple=_yes(said.get("accept_multiple"), otherwise=False),
        accept_lineitem=_yes(said.get("accept_lineitem"), otherwise=True),
        data=given if isinstance(given, str) else None,
    )


def _yes(value: Any, *, otherwise: bool) -> bool:
    """A boolean, which some platforms write as a text."""
    if isinstance(value, bool):
        return value
    return value.strip().lower() == "true" if isinstance(value, str) else otherwise
