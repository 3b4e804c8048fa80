"""A learning platform as an administrator would register it. Loads nothing of the service, so that unit tests may use it."""

from datetime import UTC, datetime
from uuid import UUID

from lrs_bridge.lti.platforms.platform import Platform, State, Version
from lrs_bridge.lti.platforms.setup import Setup, parse_setup

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
NORTH, SOUTH = "north", "south"
ANNE = UUID(int=7)
MOODLE = "https://lms.example.no"


def setup(**changes) -> Setup:
    given = {"name": "Læringsportalen", "product": "moodle", "site": MOODLE, "client_id": "abc"}
    return parse_setup(given | {name: value for name, value in changes.items() if value is not None})


def platform() -> Platform:
    """The same, as it is kept."""
    written = setup()
    return Platform(
        tenant=NORTH,
        platform_id=UUID(int=40),
        version=Version.V1P3,
        name=written.name,
        product=written.product,
        state=State.RUNNING,
        issuer=written.issuer,
        client_id=written.client_id,
        authorization_url=written.authorization_url,
        token_url=written.token_url,
        token_audience=written.token_audience,
        jwks_url=written.jwks_url,
        adopts_deployment=True,
        ancestors=(),
        created_at=NOW,
    )
