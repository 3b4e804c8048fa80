"""A launch of LTI 1.3, verified as far as the service's insides are concerned, for tests that are about what follows from it."""

from dataclasses import replace
from uuid import uuid4

from lrs_bridge.db import transact
from lrs_bridge.lti.launch import service
from lrs_bridge.lti.launch.launch import Course, Launch, MessageType, ResourceLink, VerifiedLaunch
from lrs_bridge.lti.launch.roles import full_roles
from lrs_bridge.lti.platforms import service as platforms
from lrs_bridge.lti.platforms.setup import parse_setup
from tests.support.cast import NORTH

ISSUER, CLIENT, DEPLOYMENT = "https://lms.example.no", "client", "7"
GIVEN = {
    "name": "Læringsportalen",
    "product": "other",
    "issuer": ISSUER,
    "client_id": CLIENT,
    "deployment_id": DEPLOYMENT,
    "authorization_url": f"{ISSUER}/auth",
    "token_url": f"{ISSUER}/token",
    "jwks_url": f"{ISSUER}/jwks",
}


def launch(subject="42", roles=("Learner",), public_url="http://127.0.0.1:8080", **changes) -> VerifiedLaunch:
    base = Launch(
        version="1.3",
        message_type=MessageType.RESOURCE_LINK,
        issuer=ISSUER,
        client_id=CLIENT,
        deployment_id=DEPLOYMENT,
        subject=subject,
        roles=full_roles(roles),
        target_link_uri=f"{public_url}/lti/launch",
        name="Kari fra kurset",
        course=Course("course-1", "LIS1"),
        resource_link=ResourceLink("link-1", "Planen"),
    )
    return VerifiedLaunch(replace(base, **changes))


def register(wired, *, now, tenant=NORTH, **changes):
    """A platform of the tenant's."""
    setup = parse_setup(GIVEN | changes)
    key = wired.settings.master_key
    return transact(wired.engine, lambda s: platforms.add_platform(s, tenant, setup, master_key=key, by="test", now=now))


def enter(wired, platform, said: VerifiedLaunch, *, now, once=None, secret=None) -> service.Entered:
    """Opens the session of a launch."""
    session_id, secret = uuid4().hex, secret or uuid4().hex

    def work(session):
        return service.enter(
            session,
            platform,
            said,
            once=once or uuid4().hex,
            session_id=session_id,
            secret=secret,
            launchables=wired.launchables,
            linked=wired.identifier_linked,
            now=now,
        )

    return transact(wired.engine, work)
