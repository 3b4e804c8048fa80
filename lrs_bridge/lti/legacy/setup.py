"""What an administrator writes about a platform of LTI 1.1, and the keys and secrets that are made or taken over.

LTI 1.1 Implementation Guide 4: a consumer key and a secret that both sides know. A pair that an older tool shared with the
platform may be taken over, so that its links go on, and so that the platform can prove its users' old ids under LTI 1.3.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lrs_bridge.errors import Invalid
from lrs_bridge.lti.legacy.oauth1 import LONGEST_KEY
from lrs_bridge.lti.platforms.platform import Product
from lrs_bridge.lti.platforms.setup import LONGEST_NAME, parse_origins

FIELDS = ("name", "product", "site", "key", "secret")
KEY_BYTES = 12
SECRET_BYTES = 32
SHORTEST_SECRET = 12
LONGEST_SECRET = 255
_PLAIN = range(0x21, 0x7F)


@dataclass(frozen=True, slots=True)
class Setup:
    """What is decided about a platform of LTI 1.1. ``site`` is where its pages are from: their frames may show us.

    ``key`` and ``secret`` are None where new ones are to be made; there are always both or none.
    """

    name: str
    product: Product
    site: str
    key: str | None = None
    secret: str | None = field(default=None, repr=False)


def parse_setup(given: Mapping[str, str]) -> Setup:
    """A set-up from what somebody wrote, by the names in ``FIELDS``. Raises Invalid naming the field."""
    key, secret = given.get("key", "").strip(), given.get("secret", "").strip()
    if secret and not key:
        raise Invalid("write the key as well", field="key")
    return Setup(
        name=_name(given.get("name", "")),
        product=_product(given.get("product", "")),
        site=_site(given.get("site", "")),
        key=_key(key) if key else None,
        secret=_secret(secret) if key else None,
    )


def _name(written: str) -> str:
    name = written.strip()
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise Invalid(f"write 1 to {LONGEST_NAME} characters on one line", field="name")
    return name


def _product(written: str) -> Product:
    try:
        return Product(written)
    except ValueError as error:
        raise Invalid("choose one from the list", field="product") from error


def _site(written: str) -> str:
    """The origin of any address of the platform's."""
    address = written.strip()
    scheme, divider, rest = address.partition("://")
    try:
        (site,) = parse_origins([scheme + divider + rest.partition("/")[0]])
    except (Invalid, ValueError) as error:
        raise Invalid("write the platform's address, such as https://lms.example.no", field="site") from error
    return site


def _key(written: str) -> str:
    if len(written) > LONGEST_KEY or any(ord(character) not in _PLAIN for character in written):
        raise Invalid(f"a key has 1 to {LONGEST_KEY} letters, digits and signs, and no spaces", field="key")
    return written


def _secret(written: str) -> str:
    if not SHORTEST_SECRET <= len(written) <= LONGEST_SECRET or not written.isprintable():
        raise Invalid(f"a secret has {SHORTEST_SECRET} to {LONGEST_SECRET} characters", field="secret")
    return written
