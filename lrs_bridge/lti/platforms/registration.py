"""Dynamic registration: a platform tells of itself, and we tell of ourselves.

LTI Dynamic Registration 1.0: 3.3 and 3.4 (the platform's OpenID configuration), 3.5 (the registration, RFC 7591), 3.6 (answers).
The configuration must be of the issuer that it names: hosts are compared, and Canvas's hosted service, whose issuer is elsewhere,
is known by name. Left out: reading and changing a registration afterwards (RFC 7592), which platforms do not offer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from lrs_bridge.errors import Invalid
from lrs_bridge.lti.platforms.platform import Product
from lrs_bridge.lti.platforms.setup import LONGEST_ID, LONGEST_NAME, Setup, parse_setup
from lrs_bridge.lti.platforms.tool import DEEP_LINKING, MESSAGES, SUBMISSION_REVIEW, Tool
from lrs_bridge.web.outbound import Network

PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"
TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"
CANVAS = "https://canvas.instructure.com/lti/"
RULE = "LTI Dynamic Registration 1.0"
_PRODUCTS = {
    "moodle": Product.MOODLE,
    "canvas": Product.CANVAS,
    "blackboardlearn": Product.BLACKBOARD,
    "blackboard": Product.BLACKBOARD,
    "desire2learn": Product.BRIGHTSPACE,
    "brightspace": Product.BRIGHTSPACE,
    "d2l": Product.BRIGHTSPACE,
    "itslearning": Product.ITSLEARNING,
    "openedx": Product.OPEN_EDX,
    "sakai": Product.SAKAI,
}
_HOSTED = ((".instructure.com", ".canvaslms.com"), (".blackboard.com",))
"""Suppliers whose issuer and configuration are at different hosts of theirs."""
_CANVAS_PLACEMENTS = {"LtiResourceLinkRequest": ("course_navigation",), DEEP_LINKING: ("link_selection", "assignment_selection")}


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a platform says of itself. ``messages`` are the placements of each message that it sends."""

    issuer: str
    registration_endpoint: str
    authorization_url: str
    token_url: str
    token_audience: str | None
    jwks_url: str
    scopes: tuple[str, ...]
    product: Product
    name: str
    messages: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Registered:
    """What a platform answered: the client id that it gave us, and the deployment that it made, if it did."""

    client_id: str
    deployment_id: str | None


def parse_configuration(document: Any, url: str) -> Configuration:
    """A platform's OpenID configuration, as it was found at ``url``.

    Raises Invalid naming the member that is missing or wrong. Whether its addresses may be connected to is not asked here.
    """
    if not isinstance(document, dict):
        raise Invalid("the configuration is no JSON object", field="openid_configuration", rule=RULE)
    issuer = _text(document, "issuer")
    _check_host(issuer, url)
    _check_algorithms(document)
    about = document.get(PLATFORM)
    about = about if isinstance(about, dict) else {}
    audience = document.get("authorization_server")
    return Configuration(
        issuer=issuer,
        registration_endpoint=_text(document, "registration_endpoint"),
        authorization_url=_text(document, "authorization_endpoint"),
        token_url=_text(document, "token_endpoint"),
        token_audience=audience if isinstance(audience, str) and "://" in audience else None,  # Canvas names a mere host
        jwks_url=_text(document, "jwks_uri"),
        scopes=tuple(each for each in _list(document, "scopes_supported") if isinstance(each, str)),
        product=_product(about.get("product_family_code")),
        name=_name(about, issuer),
        messages=_messages(about),
    )


def registration_request(tool: Tool, configuration: Configuration) -> dict[str, Any]:
    """Our registration, of what the platform supports (3.5.1).

    ``domain`` is host and port of ``target_link_uri`` exactly, which Moodle insists on.
    """
    scopes = [scope for scope in tool.scopes if scope in configuration.scopes]
    return {
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["implicit", "client_credentials"],
        "initiate_login_uri": tool.login_url,
        "redirect_uris": [tool.launch_url],
        "client_name": tool.names["en"],
        **{f"client_name#{language}": name for language, name in tool.names.items() if language != "en"},
        "client_uri": tool.public_url,
        "jwks_uri": tool.jwks_url,
        "logo_uri": tool.icon_url,
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": " ".join(scopes),
        TOOL: _tool_configuration(tool, configuration),
    }


def _tool_configuration(tool: Tool, configuration: Configuration) -> dict[str, Any]:
    document: dict[str, Any] = {
        "domain": tool.domain,
        "target_link_uri": tool.launch_url,
        "description": tool.descriptions["en"],
        **{f"description#{language}": text for language, text in tool.descriptions.items() if language != "en"},
        "claims": list(tool.claims),
        "messages": [_message(tool, kind, configuration) for kind in MESSAGES if _is_wanted(kind, configuration)],
    }
    if configuration.product is Product.CANVAS:
        document[CANVAS + "privacy_level"] = "public"
        document[CANVAS + "tool_id"] = "lrs_bridge"
    return document


def _is_wanted(kind: str, configuration: Configuration) -> bool:
    """Submission review only where it is offered: others refuse what they do not know."""
    return kind != SUBMISSION_REVIEW or kind in configuration.messages


def _message(tool: Tool, kind: str, configuration: Configuration) -> dict[str, Any]:
    message: dict[str, Any] = {
        "type": kind,
        "target_link_uri": tool.launch_url,
        "label": tool.names["en"],
        **{f"label#{language}": name for language, name in tool.names.items() if language != "en"},
        "icon_uri": tool.icon_url,
    }
    if configuration.product is Product.CANVAS:
        offered = configuration.messages.get(kind, ())
        message["placements"] = [_spelt(place, offered) for place in _CANVAS_PLACEMENTS.get(kind, ())]
        if kind == MESSAGES[0]:
            message[CANVAS + "course_navigation/default_enabled"] = False
    return message


def _spelt(placement: str, offered: tuple[str, ...]) -> str:
    """Canvas's placements have had a prefix and none: as the platform writes it itself, with the prefix otherwise."""
    return placement if placement in offered else CANVAS + placement


def parse_response(document: Any) -> Registered:
    """What the platform answered to our registration (3.6). Raises Invalid when there is no client id in it."""
    if not isinstance(document, dict):
        raise Invalid("the answer is no JSON object", field="registration", rule=RULE)
    client_id = _id(document.get("client_id"))
    if client_id is None:
        raise Invalid("the answer has no client_id", field="client_id", rule=RULE)
    tool = document.get(TOOL)
    return Registered(client_id, _id(tool.get("deployment_id") if isinstance(tool, dict) else None))


def registered_setup(configuration: Configuration, registered: Registered, *, allowed: tuple[Network, ...]) -> Setup:
    """The platform's set-up that a registration came to. Raises Invalid as ``setup.parse_setup`` does."""
    return parse_setup(
        {
            "name": configuration.name,
            "product": configuration.product.value,
            "issuer": configuration.issuer,
            "client_id": registered.client_id,
            "deployment_id": registered.deployment_id or "",
            "authorization_url": configuration.authorization_url,
            "token_url": configuration.token_url,
            "token_audience": configuration.token_audience or "",
            "jwks_url": configuration.jwks_url,
        },
        allowed=allowed,
    )


def _check_host(issuer: str, url: str) -> None:
    named, found = urlsplit(issuer), urlsplit(url)
    if named.hostname and (named.hostname, named.port) == (found.hostname, found.port):
        return
    hosts = (named.hostname or "", found.hostname or "")
    if not any(all(f".{host}".endswith(suppliers) for host in hosts) for suppliers in _HOSTED):
        message = "the issuer that it names is not where the configuration is"
        raise Invalid(message, field="issuer", rule=f"{RULE}, 3.4")


def _check_algorithms(document: Mapping[str, Any]) -> None:
    for name in ("id_token_signing_alg_values_supported", "token_endpoint_auth_signing_alg_values_supported"):
        if name in document and "RS256" not in _list(document, name):
            raise Invalid("the platform does not take RS256", field=name, rule="1EdTech Security Framework 1.0, 5.1.2")


def _messages(about: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    found = [each for each in _list(about, "messages_supported") if isinstance(each, dict) and isinstance(each.get("type"), str)]
    return {each["type"]: tuple(place for place in _list(each, "placements") if isinstance(place, str)) for each in found}


def _product(code: Any) -> Product:
    return _PRODUCTS.get(str(code).strip().lower(), Product.OTHER)


def _name(about: Mapping[str, Any], issuer: str) -> str:
    """As Canvas calls its customer; elsewhere the issuer's host."""
    name = about.get(CANVAS + "account_name")
    return (name.strip() if isinstance(name, str) else "")[:LONGEST_NAME] or urlsplit(issuer).hostname or issuer


def _text(document: Mapping[str, Any], name: str) -> str:
    text = document.get(name)
    if not isinstance(text, str) or not text.strip():
        raise Invalid(f"the configuration has no {name}", field=name, rule=f"{RULE}, 3.4")
    return text


def _list(document: Mapping[str, Any], name: str) -> list[Any]:
    found = document.get(name)
    return found if isinstance(found, list) else []


def _id(value: Any) -> str | None:
    """An id, which some platforms write as a number."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value).strip()
    return text if 0 < len(text) <= LONGEST_ID else None
