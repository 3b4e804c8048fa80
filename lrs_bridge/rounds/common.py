"""What the rounds of forwardings and of pulls share."""

from lrs_bridge.db import read, transact
from lrs_bridge.web.parts import Parts
from lrs_bridge.xapi.relay import service as setup
from lrs_bridge.xapi.relay.client import Remote
from lrs_bridge.xapi.relay.relay import DeadLetter, Relay
from lrs_bridge.xapi.relay.running import service
from lrs_bridge.xapi.relay.running.service import Held


def open_remote(parts: Parts, relay: Relay) -> Remote:
    """The other LRS, as the relay's key sees it. Raises RelayFailed."""
    secret = setup.secret_of(relay, parts.settings.master_key)
    allowed = parts.settings.allow_private_networks
    return Remote(relay.endpoint, key=relay.key, secret=secret, version=relay.version, allowed=allowed)


def queued(parts: Parts, held: Held) -> list[DeadLetter]:
    """The dead letters that are to be tried again now."""
    return read(parts.engine, lambda session: service.queued(session, held.relay))


def settle_letter(parts: Parts, held: Held, letter: DeadLetter, reason: str | None, *, taken: int = 1) -> Held:
    """Notes how a letter that was tried again fared: the reason why it was refused anew, or None."""
    now = parts.clock()
    return transact(
        parts.engine, lambda session: service.settle_letter(session, held, letter, reason=reason, taken=taken, now=now)
    )
