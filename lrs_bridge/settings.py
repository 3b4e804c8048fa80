"""Configuration: ``LRS_BRIDGE_*`` environment variables, read once, checked once, frozen.

``FIELDS`` is the one list of them: ``Settings.from_environ`` reads by it, ``lrs-bridge doctor`` prints it, and a test holds
docs/operations.md to it.
"""

import base64
import binascii
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

from lrs_bridge.errors import LrsBridgeError

PREFIX = "LRS_BRIDGE_"
MASTER_KEY_BYTES = 32
MASTER_KEY_FILE = "master.key"
LANGUAGES = ("nb", "nn", "en")
DATABASES = ("postgresql://", "sqlite:///", "sqlite://", "postgres://", "postgresql+psycopg://")
LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")
LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class InvalidSettings(LrsBridgeError):
    """An environment variable is missing or breaks its rule; the message names it."""

    code = "invalid_settings"


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A value that does not show itself in logs, tracebacks or reprs."""

    value: bytes

    def __repr__(self) -> str:
        return "Secret(…)"

    def __bool__(self) -> bool:
        return bool(self.value)


@dataclass(frozen=True, slots=True)
class Field:
    """One environment variable: its name without the prefix, its default as written, what it means, how it is read."""

    name: str
    default: str
    meaning: str
    parse: Callable[[str], Any]
    secret: bool = False


def _url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be an http or https URL")
    return text.rstrip("/")


def _content_url(text: str) -> str:
    if not text:
        return ""
    url = text.lower().rstrip("/")
    parts = urlsplit(_url(url.replace("*", "label", 1)))
    host, port = parts.hostname or "", f":{parts.port}" if parts.port else ""
    if url.replace("*", "label", 1) != f"{parts.scheme}://{host}{port}" or "*" in host or host.endswith("."):
        raise ValueError("must be an http or https URL of a host, without a path, with one * at most")
    if "*" in url and not host.startswith("label."):
        raise ValueError("may have a * as the first part of its host only")
    return _origin(url)


def _origin(url: str) -> str:
    """The origin of a URL as browsers write it: in small letters, without the port that goes without saying."""
    parts = urlsplit(url.lower())
    return f"{parts.scheme}://{parts.netloc.removesuffix(':443' if parts.scheme == 'https' else ':80')}"


def _database_url(text: str) -> str:
    if text and not text.startswith(DATABASES):
        raise ValueError(f"must begin with {' or '.join(DATABASES[:2])}")
    return text


def _positive(text: str) -> int:
    number = _count(text)
    if number < 1:
        raise ValueError("must be at least 1")
    return number


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise ValueError("must be a number, 0 or more")
    return int(text)


def _log_level(text: str) -> str:
    if text not in LOG_LEVELS:
        raise ValueError(f"must be one of {', '.join(LOG_LEVELS)}")
    return text


def _existing_file(text: str) -> Path | None:
    if text and not Path(text).is_file():
        raise ValueError(f"there is no file {text}")
    return _optional_path(text)


def _language(text: str) -> str:
    if text not in LANGUAGES:
        raise ValueError(f"must be one of {', '.join(LANGUAGES)}")
    return text


def _master_key(text: str) -> Secret:
    try:
        key = base64.b64decode(text, altchars=b"-_", validate=True) if text else b""
    except binascii.Error as error:
        raise ValueError("must be base64") from error
    if text and len(key) != MASTER_KEY_BYTES:
        raise ValueError(f"must be base64 of {MASTER_KEY_BYTES} bytes")
    return Secret(key)


def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def _optional_path(text: str) -> Path | None:
    return Path(text).absolute() if text else None


FIELDS = (
    Field("DATA_DIR", "var", "Directory of the embedded database and of files; relative to where the command runs.", Path),
    Field("DATABASE_URL", "", "postgresql://… or sqlite:///…; empty: SQLite in the data directory.", _database_url, secret=True),
    Field("PUBLIC_URL", "http://127.0.0.1:8080", "The address that users and learning systems reach the service by.", _url),
    Field(
        "CONTENT_URL",
        "",
        "Where hosted courses run: another host than PUBLIC_URL's, best of another domain. A * stands for a label of each "
        "attempt's own (https://*.courses.example). Empty: *.localhost while PUBLIC_URL is on this machine, else none is played.",
        _content_url,
    ),
    Field("MASTER_KEY", "", "Base64 of 32 bytes: encrypts private keys, signs cookies.", _master_key, secret=True),
    Field("MASTER_KEY_FILE", "", "A file with the master key; empty: master.key in the data directory.", _optional_path),
    Field("DEFAULT_LANGUAGE", "nb", "Language of pages when the browser asks for none of ours: nb, nn or en.", _language),
    Field(
        "OIDC_PROVIDERS_FILE", "", "TOML file of OpenID providers (docs/login.md); empty: local accounts only.", _existing_file
    ),
    Field("MAX_STATEMENT_BYTES", "1048576", "Largest single statement that the LRS takes.", _positive),
    Field("MAX_BODY_BYTES", "33554432", "Largest request body that the service takes.", _positive),
    Field("MAX_ATTACHMENT_BYTES", "536870912", "Largest request with attachments that the LRS takes.", _positive),
    Field("MAX_PACKAGE_BYTES", "2147483648", "Largest course package that can be uploaded.", _positive),
    Field("MAX_ATTEMPT_BYTES", "536870912", "Most that is kept of what a course sends in one attempt.", _positive),
    Field(
        "SIGNATURE_TRUST_FILE",
        "",
        "PEM bundle of the certificates that signed statements are trusted by; empty: none is.",
        _existing_file,
    ),
    Field("LOG_LEVEL", "INFO", "Least severe log line that is written: DEBUG, INFO, WARNING or ERROR.", _log_level),
    Field("METRICS_DIR", "", "Directory where worker processes share their metrics; empty: made by serve.", _optional_path),
    Field(
        "ALLOW_PRIVATE_NETWORKS",
        "",
        "Networks (10.0.0.0/8,fd00::/8) of our own that LRSs and learning platforms may be in, also by plain http; empty: the "
        "open Internet only, and this machine while PUBLIC_URL is on it.",
        _networks,
    ),
    Field("TRUSTED_PROXIES", "0", "How many reverse proxies in front set X-Forwarded-*; 0: such headers are ignored.", _count),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The service's whole configuration. ``master_key`` is empty when none is set and no key file exists."""

    data_dir: Path
    database_url: str = field(repr=False)
    public_url: str
    content_url: str
    master_key: Secret
    default_language: str
    oidc_providers_file: Path | None
    max_statement_bytes: int
    max_body_bytes: int
    max_attachment_bytes: int
    max_package_bytes: int
    max_attempt_bytes: int
    signature_trust_file: Path | None
    log_level: str
    metrics_dir: Path | None
    trusted_proxies: int
    allow_private_networks: tuple[IPv4Network | IPv6Network, ...]

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Settings":
        """Reads and checks every variable. Raises InvalidSettings naming the first that is wrong or unknown."""
        unknown = sorted(n for n in environ if n.startswith(PREFIX) and n[len(PREFIX) :] not in {f.name for f in FIELDS})
        if unknown:
            raise InvalidSettings(f"{unknown[0]} is not a setting of this service", field=unknown[0])
        values = {f.name.lower(): _parse(f, environ.get(PREFIX + f.name, f.default)) for f in FIELDS}
        values["data_dir"] = values["data_dir"].absolute()
        values["database_url"] = values["database_url"] or f"sqlite:///{values['data_dir'] / 'lrs_bridge.sqlite3'}"
        values["master_key"] = values["master_key"] or _kept_master_key(values["data_dir"], values.pop("master_key_file"))
        values.pop("master_key_file", None)
        if urlsplit(values["public_url"]).hostname in LOOPBACK_HOSTS:  # tried out on one machine, where everything else is too
            values["allow_private_networks"] = values["allow_private_networks"] or LOOPBACK
            values["content_url"] = values["content_url"] or _beside(values["public_url"])
        _check_apart(values["public_url"], values["content_url"])
        return cls(**values)

    @property
    def secure_cookies(self) -> bool:
        """Cookies are marked Secure wherever users come by https."""
        return self.public_url.startswith("https://")

    @property
    def public_origin(self) -> str:
        """The application's origin as browsers write it."""
        return _origin(self.public_url)


def _beside(public_url: str) -> str:
    """Hosts that browsers know to be this machine, and that share no cookie with its others."""
    parts = urlsplit(public_url)
    return f"{parts.scheme}://*.localhost" + (f":{parts.port}" if parts.port else "")


def _check_apart(public_url: str, content_url: str) -> None:
    """Cookies tell hosts apart, not ports. Raises InvalidSettings."""
    public, content = (urlsplit(url).hostname or "" for url in (public_url, content_url))
    label, _, rest = public.partition(".")
    if content and (public == content or (content == f"*.{rest}" and label.isalnum())):
        message = f"{PREFIX}CONTENT_URL: must have another host than {PREFIX}PUBLIC_URL, or courses could read its cookies"
        raise InvalidSettings(message, field=f"{PREFIX}CONTENT_URL")


def _kept_master_key(data_dir: Path, named: Path | None) -> Secret:
    """The key in the file that is named, which must be there, or else in the data directory, where it may be."""
    path = named or data_dir / MASTER_KEY_FILE
    try:
        text = path.read_text().strip()
    except FileNotFoundError as error:
        if named is None:
            return Secret(b"")
        raise InvalidSettings(f"{PREFIX}MASTER_KEY_FILE: there is no {named}", field=f"{PREFIX}MASTER_KEY_FILE") from error
    return cast(Secret, _parse(_field("MASTER_KEY"), text))


def make_master_key(settings: Settings) -> Settings:
    """Settings with a master key: the configured one, or a new one kept in the data directory for its owner's eyes only."""
    if settings.master_key:
        return settings
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    path = settings.data_dir / MASTER_KEY_FILE
    key = secrets.token_bytes(MASTER_KEY_BYTES)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(base64.b64encode(key).decode() + "\n")
    return replace(settings, master_key=Secret(key))


def _field(name: str) -> Field:
    return next(f for f in FIELDS if f.name == name)


def _parse(setting: Field, text: str) -> Any:
    try:
        return setting.parse(text)
    except ValueError as error:
        raise InvalidSettings(f"{PREFIX}{setting.name}: {error}", field=PREFIX + setting.name) from error
