"""Where this service may connect to: a guard against being sent to addresses that only it can reach.

An address that somebody types in may lead into the hospital's own network, to this machine or to a cloud's metadata service:
server-side request forgery, OWASP API Security 2023 API7. So a name is resolved first, each of its addresses is judged, and the
caller connects to an address that was judged, not to the name anew. Special addresses are IANA's (RFC 6890).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

from lrs_bridge.errors import Forbidden, Invalid, UpstreamFailed

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address
Resolver = Callable[[str, int], Sequence[str]]
"""The addresses of a host and port, as text; raises OSError when there are none."""

PORTS = {"http": 80, "https": 443}
SETTING = "LRS_BRIDGE_ALLOW_PRIVATE_NETWORKS"
_NAT64 = IPv6Network("64:ff9b::/96")


class ForbiddenAddress(Forbidden):
    """An address that this service does not connect to unless its operator allows it."""

    code = "forbidden_address"


class NoAddress(UpstreamFailed):
    """A host name that leads nowhere."""

    code = "no_address"


@dataclass(frozen=True, slots=True)
class Target:
    """A host that may be connected to: ``addresses`` were judged, in the resolver's order, and are never empty."""

    scheme: str
    host: str
    port: int
    addresses: tuple[str, ...]


def parse_url(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an http or https URL. Raises Invalid for others, and for one with a user or a password."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Invalid("the address can't be read", field="url") from error
    if parts.scheme not in PORTS or not parts.hostname:
        raise Invalid("the address must begin with https:// (or http:// in a network of your own)", field="url")
    if parts.username is not None or parts.password is not None:
        raise Invalid("the address must not hold a user name or a password", field="url")
    return parts.scheme, parts.hostname, port or PORTS[parts.scheme]


def check_target(url: str, *, resolve: Resolver, allowed: Sequence[Network] = ()) -> Target:
    """The host of the URL, once it is known that it may be connected to.

    Addresses that are not of the open Internet, and plain http, are for the networks in ``allowed`` only; one such address among
    several is enough to refuse. Raises Invalid, ForbiddenAddress, and NoAddress for a name that has none.
    """
    scheme, host, port = parse_url(url)
    try:
        found = [_parse(address) for address in resolve(host, port)]
    except (OSError, UnicodeError) as error:
        raise NoAddress(f"{host} has no address: is the name right?", field="url") from error
    if not found:
        raise NoAddress(f"{host} has no address: is the name right?", field="url")
    for address in found:
        _check_address(host, address, scheme, allowed)
    return Target(scheme, host, port, tuple(str(address) for address in found))


def check_written(url: str, *, allowed: Sequence[Network] = ()) -> None:
    """What the address alone tells, before a name is looked up. Raises Invalid and ForbiddenAddress as ``check_target`` would."""
    scheme, host, _ = parse_url(url)
    try:
        address = _parse("127.0.0.1" if host == "localhost" else host)
    except ValueError:  # a name, which may lead into one of the networks
        if scheme != "https" and not allowed:
            raise ForbiddenAddress(f"keys can be read on the way to {host}: use https", field="url", rule="https") from None
    else:
        _check_address(host, address, scheme, allowed)


def _check_address(host: str, address: Address, scheme: str, allowed: Sequence[Network]) -> None:
    meant = _meant(address)
    if any(meant in network for network in allowed):
        return
    if not meant.is_global or meant.is_multicast:
        message = f"{host} leads to {meant}, which is not on the open Internet; {SETTING} can allow its network"
        raise ForbiddenAddress(message, field="url", rule=SETTING)
    if scheme != "https":
        message = f"{host} is on the open Internet, where keys can be read on the way: use https"
        raise ForbiddenAddress(message, field="url", rule="https")


def _parse(text: str) -> Address:
    return ip_address(text.partition("%")[0])  # an IPv6 address may name the interface


def _meant(address: Address) -> Address:
    """The address that is reached in the end, where an IPv6 address stands for one of IPv4."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
