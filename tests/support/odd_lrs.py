"""Another LRS as a test wants it: it keeps what it is sent and answers as it is told, by real HTTP on a port of its own."""

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Asked:
    method: str
    path: str
    parameters: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def ids(self) -> list[str]:
        return [one["id"] for one in json.loads(self.body)]


def always(status: int, headers: dict[str, str], body: bytes):
    """One answer to everything."""
    return lambda _asked: (status, headers, body)


@dataclass
class OddLRS:
    """``answer`` gives status, headers and body for what is ``asked``; by default every statement is taken."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)

    def answer(self, _asked: Asked) -> tuple[int, dict[str, str], bytes]:
        return 200, {}, b"[]"

    @property
    def sent(self) -> list[Asked]:
        return [one for one in self.asked if one.method == "POST"]


@contextmanager
def odd_lrs(tls=None):
    """An OddLRS that listens; with an SSL context by https."""
    lrs = OddLRS()

    class Handler(BaseHTTPRequestHandler):
        def respond(self):
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, parts.path, dict(parse_qsl(parts.query)), headers, body)
            lrs.asked.append(asked)
            status, headers, content = lrs.answer(asked)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = respond  # noqa: N815  names of the standard library

        def log_message(self, *_arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    lrs.url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}/xapi"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield lrs
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
