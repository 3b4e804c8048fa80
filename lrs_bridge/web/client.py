"""Calls to other servers: each with a limit on time and on what is read, without redirects, only to hosts that may be reached.

A connection goes to the very address that was judged (``web.outbound``), while the host's name is still what its certificate must
be for. Proxies and ``.netrc`` files in the environment are not heeded. Never called inside a transaction.
"""

import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, ReadTimeoutError

from lrs_bridge.errors import Invalid
from lrs_bridge.web.outbound import ForbiddenAddress, Network, NoAddress, Resolver, Target, check_target
from lrs_bridge.web.patience import UNHURRIED, Limits
from lrs_bridge.web.reply import CallFailed, Reply, Trouble

CONNECT_SECONDS = 5
READ_SECONDS = 30
"""How long may pass without a byte."""
TOTAL_SECONDS = 60
"""How long an answer may take in all, once it has begun."""
MAX_BYTES = 1024 * 1024
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
_PIECE = 64 * 1024
_LATE = "it did not answer in time"


def resolve(host: str, port: int) -> Sequence[str]:
    """The host's addresses, as this machine's resolver gives them."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


class Guarded:
    """Connections to the host of one URL, which was judged when this was made; to be used in a ``with`` statement.

    Making one and every call raise CallFailed when no answer comes, or one that breaks a limit; what an answer means is the
    caller's to judge. Every URL that is asked for must be of the host that was judged.
    """

    def __init__(
        self,
        url: str,
        *,
        allowed: Sequence[Network] = (),
        resolver: Resolver = resolve,
        auth: AuthBase | None = None,
        headers: Mapping[str, str] | None = None,
        read_seconds: float = READ_SECONDS,
        limits: Limits = UNHURRIED,
    ) -> None:
        self._limits = limits
        self._timeout = (limits.connect_seconds or CONNECT_SECONDS, limits.read_seconds or read_seconds)
        target = _checked(url, resolver, allowed)
        self._sockets = _Sockets()
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.auth = auth
        self._session.headers.update({**(headers or {}), "Host": urlsplit(url).netloc})
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, _Pinned(target, limits, self._sockets))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: BaseException | None, _where: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connections."""
        self._session.close()
        self._sockets.forget()

    def ask(
        self,
        method: str,
        url: str,
        *,
        limit: int = MAX_BYTES,
        cut: bool = False,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        total_seconds: float = TOTAL_SECONDS,
    ) -> Reply:
        """The answer with at most ``limit`` bytes of it: a longer one is cut off there, or fails."""
        with self._in_time(), self._asking(method, url, headers, body) as answer, told_apart():
            content = _read(answer, limit, total_seconds, cut=cut)
            return Reply(answer.status_code, _headers(answer), content)

    @contextmanager
    def _in_time(self) -> Iterator[None]:
        """Cuts the connection off when the limit of all is reached, whatever is waited for then. Raises CallFailed."""
        left = self._limits.left(time.monotonic())
        if left is None:
            yield
            return
        timer = threading.Timer(left, self._sockets.cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        except CallFailed as error:
            if self._sockets.are_cut:
                raise CallFailed(_LATE, cause=Trouble.TIMEOUT) from error
            raise
        finally:
            timer.cancel()
        if self._sockets.are_cut:  # a body may seem to have ended there
            raise CallFailed(_LATE, cause=Trouble.TIMEOUT)

    @contextmanager
    def open(self, method: str, url: str) -> Iterator[tuple[Reply, "Stream"]]:
        """The beginning of an answer, without its body, and the body to be read."""
        with self._asking(method, url, None, None) as answer:
            yield Reply(answer.status_code, _headers(answer), b""), Stream(answer)

    @contextmanager
    def _asking(self, method: str, url: str, headers: Mapping[str, str] | None, body: Any) -> Iterator[requests.Response]:
        asked: Any = {"timeout": self._timeout, "allow_redirects": False, "stream": True, "headers": headers, "data": body}
        with told_apart():
            answer = self._session.request(method, url, **asked)
        with answer:
            yield answer


class Stream:
    """An answer's body, read as it comes; what is read raises CallFailed when nothing comes."""

    def __init__(self, answer: requests.Response) -> None:
        self._answer = answer

    def read(self, size: int = -1, /) -> bytes:
        """At most ``size`` bytes more, none at the end."""
        with told_apart():
            return bytes(self._answer.raw.read1(size if size > 0 else _PIECE, decode_content=True))


def ask(
    method: str,
    url: str,
    *,
    allowed: Sequence[Network] = (),
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    limit: int = MAX_BYTES,
    limits: Limits = UNHURRIED,
) -> Reply:
    """One call to the URL's host. Raises CallFailed when no answer comes, or one longer than ``limit`` bytes."""
    with Guarded(url, allowed=allowed, limits=limits) as host:
        return host.ask(method, url, limit=limit, headers=headers, body=body)


def get_json(
    url: str,
    *,
    allowed: Sequence[Network] = (),
    headers: Mapping[str, str] | None = None,
    limit: int = MAX_BYTES,
    limits: Limits = UNHURRIED,
) -> Any:
    """The JSON document at the URL. Raises CallFailed, also for an answer that is no success or no JSON."""
    sent = {"Accept": JSON, **(headers or {})}
    return parse_json(ask("GET", url, allowed=allowed, headers=sent, limit=limit, limits=limits))


def post_json(
    url: str,
    document: Any,
    *,
    allowed: Sequence[Network] = (),
    headers: Mapping[str, str] | None = None,
    limit: int = MAX_BYTES,
    limits: Limits = UNHURRIED,
) -> Any:
    """The JSON document that a JSON document is answered with. Raises CallFailed as ``get_json`` does."""
    sent = {"Accept": JSON, "Content-Type": JSON, **(headers or {})}
    body = json.dumps(document).encode()
    return parse_json(ask("POST", url, allowed=allowed, headers=sent, body=body, limit=limit, limits=limits))


def post_form(
    url: str,
    fields: Mapping[str, str],
    *,
    allowed: Sequence[Network] = (),
    limit: int = MAX_BYTES,
    limits: Limits = UNHURRIED,
) -> Reply:
    """The answer to a form, whatever its status. Raises CallFailed when none comes."""
    sent = {"Accept": JSON, "Content-Type": FORM}
    return ask("POST", url, allowed=allowed, headers=sent, body=urlencode(fields).encode(), limit=limit, limits=limits)


def parse_json(reply: Reply) -> Any:
    """The document that a successful answer holds. Raises CallFailed."""
    if not reply.is_success:
        message = f"it answered {reply.status}: {reply.excerpt}".rstrip(": ")
        raise CallFailed(message, cause=Trouble.ODD_ANSWER, http_status=reply.status)
    try:
        return json.loads(reply.body)
    except (ValueError, RecursionError) as error:
        message = f"its answer is not JSON: {reply.excerpt[:100]}"
        raise CallFailed(message, cause=Trouble.ODD_ANSWER, http_status=reply.status) from error


@contextmanager
def told_apart() -> Iterator[None]:
    """Makes one CallFailed of whatever goes wrong with a connection."""
    try:
        yield
    except requests.exceptions.SSLError as error:
        raise CallFailed(f"its certificate is not good: {_told(error)}", cause=Trouble.CERTIFICATE) from error
    except (requests.Timeout, ReadTimeoutError) as error:
        raise CallFailed(_LATE, cause=Trouble.TIMEOUT) from error
    except (requests.RequestException, HTTPError, OSError, UnicodeError) as error:
        raise CallFailed(f"it can't be reached: {_told(error)}", cause=Trouble.UNREACHABLE) from error


def _headers(answer: requests.Response) -> dict[str, str]:
    return {name.lower(): value for name, value in answer.headers.items()}


class _Sockets:
    """The sockets of connections, by which they can be cut off from another thread at any moment."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        self.are_cut = False

    def add(self, made: socket.socket) -> None:
        """Knows one more; a second name of it, since the first becomes another when TLS begins."""
        with self._lock:
            self._open.append(made.dup())
            if self.are_cut:
                _shut(self._open[-1])

    def cut(self) -> None:
        """Ends all that goes on, now and later."""
        with self._lock:
            self.are_cut = True
            for each in self._open:
                _shut(each)

    def forget(self) -> None:
        """Lets go of all."""
        with self._lock:
            for each in self._open:
                each.close()
            self._open.clear()


def _shut(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)


def _watched(kind: Any, sockets: _Sockets) -> Any:
    """The kind of connection, whose sockets are known."""

    class Watched(kind):  # type: ignore[misc]
        def _new_conn(self) -> Any:
            made = super()._new_conn()
            sockets.add(made)
            return made

    return Watched


class _Pinned(HTTPAdapter):
    """Connects to the target's addresses, one after the other until one takes it, whatever its name leads to by then."""

    def __init__(self, target: Target, limits: Limits, sockets: _Sockets) -> None:
        self._target = target
        self._limits = limits
        self._sockets = sockets
        self._address = target.addresses[0]
        self._context = ssl.create_default_context()  # the system's authorities, beside those that requests brings
        super().__init__()

    def send(self, request: requests.PreparedRequest, *options: Any, **more: Any) -> requests.Response:
        """The answer from the first address that can be connected to."""
        candidates = [self._address, *(other for other in self._target.addresses if other != self._address)]
        for self._address in candidates[:-1]:
            try:
                return self._send(request, *options, **more)
            except requests.ConnectionError as error:
                if not _never_connected(error):
                    raise
        self._address = candidates[-1]
        return self._send(request, *options, **more)

    def _send(self, request: requests.PreparedRequest, *options: Any, **more: Any) -> requests.Response:
        """The answer from the address, if there is time left to connect."""
        left = self._limits.left(time.monotonic())
        if left is None:
            return super().send(request, *options, **more)
        if not left:
            raise requests.Timeout(_LATE)
        connect, between = more["timeout"]
        return super().send(request, *options, **{**more, "timeout": (min(connect, left), between)})

    def get_connection_with_tls_context(self, *options: Any, **more: Any) -> Any:
        """The connections to the address, which can be cut off where there is a limit of all."""
        pool: Any = super().get_connection_with_tls_context(*options, **more)
        if self._limits.ends_at is not None and pool.ConnectionCls is type(pool).ConnectionCls:
            pool.ConnectionCls = _watched(pool.ConnectionCls, self._sockets)
        return pool

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


def _checked(url: str, resolver: Resolver, allowed: Sequence[Network]) -> Target:
    try:
        return check_target(url, resolve=resolver, allowed=allowed)
    except (Invalid, ForbiddenAddress) as error:
        raise CallFailed(error.message, cause=Trouble.FORBIDDEN_ADDRESS) from error
    except NoAddress as error:
        raise CallFailed(error.message, cause=Trouble.UNREACHABLE) from error


def _read(answer: requests.Response, limit: int, total_seconds: float, *, cut: bool) -> bytes:
    """The answer's content. Raises CallFailed when it takes too long, and when it is too long and not to be cut."""
    end = time.monotonic() + total_seconds
    content = bytearray()
    while piece := answer.raw.read1(_PIECE, decode_content=True):
        content += piece
        if len(content) > limit:
            if cut:
                return bytes(content[:limit])
            message = f"its answer is longer than {limit} bytes"
            raise CallFailed(message, cause=Trouble.ODD_ANSWER, http_status=answer.status_code)
        if time.monotonic() > end:
            raise CallFailed(_LATE, cause=Trouble.TIMEOUT)
    return bytes(content)


def _told(error: Exception) -> str:
    """What the innermost error says, without the addresses of objects."""
    inner: BaseException = error
    while inner.__cause__ or inner.__context__:
        inner = inner.__cause__ or inner.__context__ or inner
    return getattr(inner, "strerror", None) or str(inner)
