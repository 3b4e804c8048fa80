"""Local passwords: Argon2id (RFC 9106) with its second recommended parameters, 64 MiB and three passes.

Left out: rules about kinds of characters, which make passwords worse (NIST SP 800-63B 5.1.1.2); length is what counts.
"""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from lrs_bridge.errors import Invalid

SALT_BYTES = 16
SHORTEST = 12
LONGEST_BYTES = 1024

_HASHER = PasswordHasher(time_cost=3, memory_cost=65536, parallelism=4, hash_len=32, salt_len=SALT_BYTES)

NOBODYS_HASH = "$argon2id$v=19$m=65536,t=3,p=4$bm9ib2R5bm9ib2R5bm9ibw$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
"""Checked against when the user name is unknown, so that the answer takes as long as for a known one."""


def check_new_password(password: str) -> None:
    """Raises Invalid when a password is too short to be safe or too long to be one."""
    if len(password) < SHORTEST:
        raise Invalid(f"a password has at least {SHORTEST} characters", field="password")
    if len(password.encode()) > LONGEST_BYTES:
        raise Invalid(f"a password has at most {LONGEST_BYTES} bytes", field="password")


def hash_password(password: str, salt: bytes) -> str:
    """The hash to keep; ``salt`` is 16 random bytes. Raises Invalid for a password that may not be chosen."""
    check_new_password(password)
    return _HASHER.hash(password, salt=salt)


def matches(password: str, password_hash: str | None) -> bool:
    """Whether this is the password. Takes equally long for a wrong password and for nobody's (None)."""
    if len(password.encode()) > LONGEST_BYTES:
        return False
    try:
        _HASHER.verify(password_hash or NOBODYS_HASH, password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def is_outdated(password_hash: str) -> bool:
    """Whether the hash was made with other parameters than today's, so that it is made anew at the next login."""
    return _HASHER.check_needs_rehash(password_hash)
