"""Calls to other LRSs: each with a limit on time and on what is read, no redirects followed, only to hosts that may be reached.

A connection goes to the very address that was judged (``web.outbound``), while the host's name is still what its certificate must
be for. Proxies and ``.netrc`` files in the environment are not heeded.
"""

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ReadTimeoutError

from lrs_bridge.errors import Invalid
from lrs_bridge.web.outbound import ForbiddenAddress, Network, NoAddress, Resolver, Target, check_target
from lrs_bridge.xapi.exchange import JSON, VERSION_HEADER
from lrs_bridge.xapi.model.version import Version
from lrs_bridge.xapi.relay.reply import Cause, RelayFailed, Reply

CONNECT_SECONDS = 5
READ_SECONDS = 30
"""How long may pass without a byte."""
TOTAL_SECONDS = 60
"""How long an answer may take in all, once it has begun."""
SHORT_BYTES = 64 * 1024
_PIECE = 64 * 1024


def resolve(host: str, port: int) -> Sequence[str]:
    """The host's addresses, as this machine's resolver gives them."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


class Remote:
    """Another LRS as seen with one key; to be used in a ``with`` statement, for one round.

    Every call raises RelayFailed when no answer comes, or one that breaks a limit; what an answer means is the caller's to judge.
    """

    def __init__(
        self,
        endpoint: str,
        *,
        key: str,
        secret: str,
        version: Version,
        allowed: Sequence[Network] = (),
        resolver: Resolver = resolve,
        read_seconds: float = READ_SECONDS,
    ) -> None:
        self.endpoint = endpoint
        self._timeout = (CONNECT_SECONDS, read_seconds)
        target = _checked(endpoint, resolver, allowed)
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.auth = HTTPBasicAuth(key.encode(), secret.encode())
        self._session.headers.update({VERSION_HEADER: version.value, "Host": urlsplit(endpoint).netloc})
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, _Pinned(target))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: BaseException | None, _where: TracebackType | None) -> None:
        self._session.close()

    def post_statements(self, body: "bytes | Content", content_type: str = JSON) -> Reply:
        """Sends statements, alone or with their attachments' contents; of the answer, its beginning."""
        headers = {"Content-Type": content_type}
        return self._ask("POST", f"{self.endpoint}/statements", limit=SHORT_BYTES, cut=True, data=body, headers=headers)

    def get(self, url: str, *, limit: int) -> Reply:
        """What is at an address of the same host, at most ``limit`` bytes of it."""
        return self._ask("GET", url, limit=limit, cut=False)

    @contextmanager
    def open(self, url: str) -> Iterator[tuple[Reply, "Stream"]]:
        """The beginning of an answer, without its body, and the body to be read."""
        with self._asking("GET", url) as answer:
            yield Reply(answer.status_code, _headers(answer), b""), Stream(answer)

    def about(self) -> Reply:
        """What the LRS says of itself."""
        return self._ask("GET", f"{self.endpoint}/about", limit=SHORT_BYTES, cut=True)

    def _ask(self, method: str, url: str, *, limit: int, cut: bool, **more: Any) -> Reply:
        with self._asking(method, url, **more) as answer, _told_apart():
            return Reply(answer.status_code, _headers(answer), _read(answer, limit, cut=cut))

    @contextmanager
    def _asking(self, method: str, url: str, **more: Any) -> Iterator[requests.Response]:
        asked: Any = {"timeout": self._timeout, "allow_redirects": False, "stream": True, **more}
        with _told_apart():
            answer = self._session.request(method, url, **asked)
        with answer:
            yield answer


class Content:
    """A body that is made while it is sent, each time anew, and whose length is known beforehand."""

    def __init__(self, length: int, pieces: Callable[[], Iterable[bytes]]) -> None:
        self._length = length
        self._pieces = pieces

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._pieces())


class Stream:
    """An answer's body, read as it comes; what is read raises RelayFailed when nothing comes."""

    def __init__(self, answer: requests.Response) -> None:
        self._answer = answer

    def read(self, size: int = -1, /) -> bytes:
        """At most ``size`` bytes more, none at the end."""
        with _told_apart():
            return bytes(self._answer.raw.read1(size if size > 0 else _PIECE, decode_content=True))


@contextmanager
def _told_apart() -> Iterator[None]:
    """Makes one RelayFailed of whatever goes wrong with a connection."""
    try:
        yield
    except requests.exceptions.SSLError as error:
        raise RelayFailed(f"its certificate is not good: {_told(error)}", cause=Cause.CERTIFICATE) from error
    except (requests.Timeout, ReadTimeoutError) as error:
        raise RelayFailed("it did not answer in time", cause=Cause.TIMEOUT) from error
    except (requests.RequestException, HTTPError, OSError, UnicodeError) as error:
        raise RelayFailed(f"it can't be reached: {_told(error)}", cause=Cause.UNREACHABLE) from error


def _headers(answer: requests.Response) -> dict[str, str]:
    return {name.lower(): value for name, value in answer.headers.items()}


class _Pinned(HTTPAdapter):
    """Connects to the target's addresses, one after the other until one takes it, whatever its name leads to by then."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._address = target.addresses[0]
        self._context = ssl.create_default_context()  # the system's authorities, beside those that requests brings
        super().__init__()

    def send(self, request: requests.PreparedRequest, *options: Any, **more: Any) -> requests.Response:
        """The answer from the first address that can be connected to."""
        candidates = [self._address, *(other for other in self._target.addresses if other != self._address)]
        for self._address in candidates[:-1]:
            try:
                return super().send(request, *options, **more)
            except requests.ConnectionError as error:
                if not _never_connected(error):
                    raise
        self._address = candidates[-1]
        return super().send(request, *options, **more)

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
        """Host and options of the connection."""
        host, options = super().build_connection_pool_key_attributes(request, verify, cert)
        host["host"] = self._address
        if self._target.scheme == "https":
            named: dict[str, Any] = {"server_hostname": self._target.host, "assert_hostname": self._target.host}
            return host, {**options, **named, "ssl_context": self._context}
        return host, options


def _never_connected(error: requests.ConnectionError) -> bool:
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)


def _checked(endpoint: str, resolver: Resolver, allowed: Sequence[Network]) -> Target:
    try:
        return check_target(endpoint, resolve=resolver, allowed=allowed)
    except (Invalid, ForbiddenAddress) as error:
        raise RelayFailed(error.message, cause=Cause.FORBIDDEN_ADDRESS) from error
    except NoAddress as error:
        raise RelayFailed(error.message, cause=Cause.UNREACHABLE) from error


def _read(answer: requests.Response, limit: int, *, cut: bool) -> bytes:
    """The answer's content. Raises RelayFailed when it takes too long, and when it is too long and not to be cut."""
    end = time.monotonic() + TOTAL_SECONDS
    content = bytearray()
    while piece := answer.raw.read1(_PIECE, decode_content=True):
        content += piece
        if len(content) > limit:
            if cut:
                return bytes(content[:limit])
            raise RelayFailed(f"its answer is longer than {limit} bytes", cause=Cause.ODD_ANSWER, status=answer.status_code)
        if time.monotonic() > end:
            raise RelayFailed("it did not answer in time", cause=Cause.TIMEOUT)
    return bytes(content)


def _told(error: Exception) -> str:
    """What the innermost error says, without the addresses of objects."""
    inner: BaseException = error
    while inner.__cause__ or inner.__context__:
        inner = inner.__cause__ or inner.__context__ or inner
    return getattr(inner, "strerror", None) or str(inner)


def connection_report(remote: Remote, *, writes: bool) -> tuple[Reply, Reply]:
    """What the other LRS answers to a question that needs no key, and to one that needs ours and changes nothing there.

    ``writes`` asks as one who stores: with an empty batch, which leaves nothing behind.
    """
    about = remote.about()
    if writes:
        return about, remote.post_statements(b"[]")
    return about, remote.get(f"{remote.endpoint}/statements?limit=1", limit=SHORT_BYTES * 64)
