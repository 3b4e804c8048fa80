"""Calls to other LRSs, as one key of theirs sees them; each guarded as ``web.client`` says."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from requests.auth import HTTPBasicAuth

from lrs_bridge.web import client as web
from lrs_bridge.web.client import Guarded, resolve
from lrs_bridge.web.outbound import Network, Resolver
from lrs_bridge.web.reply import CallFailed, Reply
from lrs_bridge.xapi.exchange import JSON, VERSION_HEADER
from lrs_bridge.xapi.model.version import Version
from lrs_bridge.xapi.relay.reply import Cause, RelayFailed

READ_SECONDS = web.READ_SECONDS
TOTAL_SECONDS = web.TOTAL_SECONDS
SHORT_BYTES = 64 * 1024


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
        with _as_relay_failed():
            self._host = Guarded(
                endpoint,
                allowed=allowed,
                resolver=resolver,
                auth=HTTPBasicAuth(key.encode(), secret.encode()),
                headers={VERSION_HEADER: version.value},
                read_seconds=read_seconds,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: BaseException | None, _where: TracebackType | None) -> None:
        self._host.close()

    def post_statements(self, body: "bytes | Content", content_type: str = JSON) -> Reply:
        """Sends statements, alone or with their attachments' contents; of the answer, its beginning."""
        url, headers = f"{self.endpoint}/statements", {"Content-Type": content_type}
        with _as_relay_failed():
            return self._host.ask(
                "POST", url, limit=SHORT_BYTES, cut=True, headers=headers, body=body, total_seconds=TOTAL_SECONDS
            )

    def get(self, url: str, *, limit: int) -> Reply:
        """What is at an address of the same host, at most ``limit`` bytes of it."""
        with _as_relay_failed():
            return self._host.ask("GET", url, limit=limit, total_seconds=TOTAL_SECONDS)

    @contextmanager
    def open(self, url: str) -> Iterator[tuple[Reply, "Stream"]]:
        """The beginning of an answer, without its body, and the body to be read."""
        with _as_relay_failed(), self._host.open("GET", url) as (reply, stream):
            yield reply, Stream(stream)

    def about(self) -> Reply:
        """What the LRS says of itself."""
        with _as_relay_failed():
            return self._host.ask("GET", f"{self.endpoint}/about", limit=SHORT_BYTES, cut=True, total_seconds=TOTAL_SECONDS)


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

    def __init__(self, stream: web.Stream) -> None:
        self._stream = stream

    def read(self, size: int = -1, /) -> bytes:
        """At most ``size`` bytes more, none at the end."""
        with _as_relay_failed():
            return self._stream.read(size)


@contextmanager
def _as_relay_failed() -> Iterator[None]:
    try:
        yield
    except CallFailed as error:
        raise RelayFailed(error.message, cause=Cause(error.cause.value), status=error.http_status) from error


def connection_report(remote: Remote, *, writes: bool) -> tuple[Reply, Reply]:
    """What the other LRS answers to a question that needs no key, and to one that needs ours and changes nothing there.

    ``writes`` asks as one who stores: with an empty batch, which leaves nothing behind.
    """
    about = remote.about()
    if writes:
        return about, remote.post_statements(b"[]")
    return about, remote.get(f"{remote.endpoint}/statements?limit=1", limit=SHORT_BYTES * 64)
