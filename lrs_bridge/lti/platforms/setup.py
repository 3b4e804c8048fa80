"""What an administrator writes about a platform, and what follows from its product.

LTI 1.3 Core 3.1 and 1EdTech Security Framework 1.0, 5.1: issuer, client id, deployment, and the addresses of the authorization,
token and key set services. The issuer is compared letter by letter, so it is kept exactly as it is written, slash at the end or
not. Where a product has the same addresses everywhere, or below its site's, they are filled in.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from lrs_bridge.errors import Invalid
from lrs_bridge.lti.platforms.platform import Platform, Product
from lrs_bridge.web.outbound import ForbiddenAddress, Network, check_written, parse_url

LONGEST_NAME = 200
LONGEST_URL = 1000
LONGEST_ID = 255
MOST_ORIGINS = 20
URLS = ("authorization_url", "token_url", "jwks_url")
FIELDS = ("name", "product", "site", "issuer", "client_id", "deployment_id", *URLS, "token_audience", "ancestors")

PRESETS: dict[Product, dict[str, str]] = {
    Product.MOODLE: {
        "issuer": "{site}",
        "authorization_url": "{site}/mod/lti/auth.php",
        "token_url": "{site}/mod/lti/token.php",
        "jwks_url": "{site}/mod/lti/certs.php",
    },
    Product.CANVAS: {
        "issuer": "https://canvas.instructure.com",
        "authorization_url": "https://sso.canvaslms.com/api/lti/authorize_redirect",
        "token_url": "https://sso.canvaslms.com/login/oauth2/token",
        "jwks_url": "https://sso.canvaslms.com/api/lti/security/jwks",
    },
    Product.BLACKBOARD: {
        "issuer": "https://blackboard.com",
        "authorization_url": "https://developer.blackboard.com/api/v1/gateway/oidcauth",
        "token_url": "https://developer.blackboard.com/api/v1/gateway/oauth2/jwttoken",
        "jwks_url": "https://developer.blackboard.com/api/v1/management/applications/{client_id}/jwks.json",
    },
    Product.BRIGHTSPACE: {
        "issuer": "{site}",
        "authorization_url": "{site}/d2l/lti/authenticate",
        "token_url": "https://auth.brightspace.com/core/connect/token",
        "token_audience": "https://api.brightspace.com/auth/token",
        "jwks_url": "{site}/d2l/.well-known/jwks",
    },
}
"""What is known of a product's addresses; ``{site}`` is where its users go, ``{client_id}`` ours there."""
NEEDS_DEPLOYMENT = frozenset({Product.BLACKBOARD})
"""Products whose one issuer stands for all customers, and whose client id is the same for all of them."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What is decided about a platform of LTI 1.3. Without a deployment id the first deployment that launches is taken."""

    name: str
    product: Product
    issuer: str
    client_id: str
    deployment_id: str | None
    authorization_url: str
    token_url: str
    token_audience: str | None
    jwks_url: str
    ancestors: tuple[str, ...] = ()


def asks_for_site(product: Product) -> bool:
    """Whether a product's addresses follow from its site's."""
    return any("{site}" in text for text in PRESETS.get(product, {}).values())


def parse_setup(given: Mapping[str, str], *, allowed: Sequence[Network] = ()) -> Setup:
    """A set-up from what somebody wrote, by the names in ``FIELDS``; what is blank is filled in where the product tells it.

    Raises Invalid naming the field. ``allowed`` are the networks of our own that may be connected to, also by plain http.
    """
    product = _product(given.get("product", ""))
    site = _site(given.get("site", ""), allowed) if asks_for_site(product) and not given.get("issuer", "").strip() else ""
    client_id = _text("client_id", given.get("client_id", ""), LONGEST_ID)
    written = {name: given.get(name, "").strip() for name in ("issuer", *URLS, "token_audience")}
    known = {name: text.format(site=site, client_id=client_id) for name, text in _presets(product, site).items()}
    filled = {name: text or known.get(name, "") for name, text in written.items()}
    audience = filled["token_audience"]
    return Setup(
        name=_text("name", given.get("name", "").strip() or _host(filled["issuer"]), LONGEST_NAME),
        product=product,
        issuer=_issuer(filled["issuer"]),
        client_id=client_id,
        deployment_id=_deployment(given.get("deployment_id", ""), product),
        authorization_url=_url("authorization_url", filled["authorization_url"], allowed),
        token_url=_url("token_url", filled["token_url"], allowed),
        token_audience=_text("token_audience", audience, LONGEST_URL) if audience else None,
        jwks_url=_url("jwks_url", filled["jwks_url"], allowed),
        ancestors=parse_origins(given.get("ancestors", "").splitlines()),
    )


def _presets(product: Product, site: str) -> dict[str, str]:
    """What can be filled in: without a site, only what does not follow from it."""
    return {name: text for name, text in PRESETS.get(product, {}).items() if site or "{site}" not in text}


def as_written(one: Platform) -> dict[str, str]:
    """A platform as its form shows it."""
    return {
        "name": one.name,
        "product": one.product.value,
        "issuer": one.issuer,
        "client_id": one.client_id,
        "authorization_url": one.authorization_url or "",
        "token_url": one.token_url or "",
        "token_audience": one.token_audience or "",
        "jwks_url": one.jwks_url or "",
        "ancestors": "\n".join(one.ancestors),
    }


def parse_origins(lines: Iterable[str]) -> tuple[str, ...]:
    """Origins whose frames may show us, each once. Raises Invalid for a line that is none, and for too many."""
    found = tuple(dict.fromkeys(_origin(line.strip()) for line in lines if line.strip()))
    if len(found) > MOST_ORIGINS:
        raise Invalid(f"write {MOST_ORIGINS} at most", field="ancestors")
    return found


def parse_deployment_id(written: str) -> str:
    """A deployment's id as the platform shows it. Raises Invalid."""
    return _text("deployment_id", written, LONGEST_ID)


def _origin(written: str) -> str:
    try:
        parse_url(written)
    except Invalid as error:
        raise Invalid("write origins such as https://lms.example.no, one on each line", field="ancestors") from error
    parts = urlsplit(written)
    if any(character.isspace() or character in ";,'\"*" for character in written) or (parts.path + parts.query).strip("/"):
        raise Invalid("write origins such as https://lms.example.no, one on each line", field="ancestors")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _product(written: str) -> Product:
    try:
        return Product(written)
    except ValueError as error:
        raise Invalid("choose one from the list", field="product") from error


def _site(written: str, allowed: Sequence[Network]) -> str:
    return _url("site", written.strip().rstrip("/"), allowed)


def _issuer(written: str) -> str:
    issuer = _text("issuer", written, LONGEST_URL)
    if any(character.isspace() for character in issuer):
        raise Invalid("an issuer has no spaces in it", field="issuer", rule="OpenID Connect Core 2")
    return issuer


def _deployment(written: str, product: Product) -> str | None:
    if not written.strip() and product not in NEEDS_DEPLOYMENT:
        return None
    return parse_deployment_id(written)


def _url(field: str, written: str, allowed: Sequence[Network]) -> str:
    url = _text(field, written, LONGEST_URL)
    try:
        check_written(url, allowed=allowed)
    except (Invalid, ForbiddenAddress) as error:
        raise Invalid(error.message, field=field, rule=error.rule) from error
    if "#" in url or any(character.isspace() for character in url):
        raise Invalid("the address has no # and no spaces in it", field=field)
    return url


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def _text(field: str, written: str, longest: int) -> str:
    text = written.strip()
    if not 0 < len(text) <= longest or any(ord(character) < ord(" ") for character in text):
        raise Invalid(f"write 1 to {longest} characters on one line", field=field)
    return text
