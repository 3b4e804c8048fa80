"""What ``lrs-bridge verify`` reads from outside: files, and the key set that the verifier names.

The address in a downloaded file is never followed: a forged file would name a forger's keys.
"""

from pathlib import Path
from urllib.parse import urlsplit

import requests

from lrs_bridge.errors import Invalid, UpstreamFailed
from lrs_bridge.signing.keys import KeyRing, PublicKey, parse_jwks
from lrs_bridge.signing.verification import Verdict, verify_document

TIMEOUT_SECONDS = 10
MAX_JWKS_BYTES = 1024 * 1024
LOOPBACK = ("127.0.0.1", "::1", "localhost")


def load_keys(place: str) -> dict[str, PublicKey]:
    """The trusted keys from a file or an https URL (http from this machine only). Raises Invalid or UpstreamFailed."""
    content = _fetch(place) if "://" in place else _read(Path(place))
    return parse_jwks(content)


def verify_file(
    path: Path,
    *,
    keys: KeyRing,
    chain: Path | None = None,
    checkpoint: Path | None = None,
    consistency: Path | None = None,
) -> Verdict:
    """Checks a downloaded attestation file. Raises VerificationFailed with the step and the reason; Invalid when unreadable."""
    given = {"chain": chain, "checkpoint": checkpoint, "consistency": consistency}
    return verify_document(_read(path), keys=keys, **{name: _read(each) for name, each in given.items() if each})


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Invalid(f"{path} can't be read: {error.strerror}") from error


def _fetch(url: str) -> bytes:
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise Invalid("keys are fetched by https only: who can change them on the way can forge", field="jwks")
    try:
        with requests.get(url, timeout=TIMEOUT_SECONDS, allow_redirects=False, stream=True) as answer:
            content = answer.raw.read(MAX_JWKS_BYTES + 1, decode_content=True)
            status = answer.status_code
    except requests.RequestException as error:
        raise UpstreamFailed(f"{url} can't be reached") from error
    if status != requests.codes.ok or len(content) > MAX_JWKS_BYTES:
        raise UpstreamFailed(f"{url} answered {status} with {len(content)} bytes, not with a key set")
    return bytes(content)
