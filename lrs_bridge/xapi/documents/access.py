"""What a key may learn from the agents and activities resources, and whose words count there.

Source: xAPI 1.0.3, Communication 4.2 (scopes; ``define``), 2.4 (increased permissions for several identifiers of a person).
"""

from lrs_bridge.errors import Forbidden
from lrs_bridge.xapi.credentials.credential import Credential, Scope

_READERS = frozenset({Scope.READ_MINE, Scope.READ, Scope.STATE, Scope.PROFILE, Scope.ALL_READ, Scope.ALL})
_STATEMENT_READERS = frozenset({Scope.READ, Scope.ALL_READ, Scope.ALL})
_LINK_READERS = frozenset({Scope.ALL_READ, Scope.ALL})
_DEFINERS = frozenset({Scope.DEFINE, Scope.ALL})


def require_reader(credential: Credential) -> None:
    """Raises Forbidden unless the key may read anything at all."""
    if not credential.scopes & _READERS:
        rule = "xAPI 1.0.3 Communication 4.2"
        raise Forbidden("this key may not read agents and activities", field="Authorization", rule=rule)


def reads_all_statements(credential: Credential) -> bool:
    """Whether the key may know what stands in other keys' statements."""
    return bool(credential.scopes & _STATEMENT_READERS)


def reads_links(credential: Credential) -> bool:
    """Whether the key may know which identifiers are one person's."""
    return bool(credential.scopes & _LINK_READERS)


def defines(credential: Credential) -> bool:
    """Whether what the key says of activities and agents becomes known to others."""
    return bool(credential.scopes & _DEFINERS)
