"""Somebody else's web server: course content on an origin of its own, with the xAPI clients' browser builds."""

from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from tests.support.node import CLIENTS, client_modules

PAGE = b"<!doctype html><html lang=nb><meta charset=utf-8><title>Kurs</title><h1>Kurs</h1>"


class _Content(SimpleHTTPRequestHandler):
    """A page, the drivers of tests/data/clients, and what npm brought in."""

    extensions_map = {**SimpleHTTPRequestHandler.extensions_map, ".mjs": "text/javascript", ".js": "text/javascript"}  # noqa: RUF012

    def do_GET(self) -> None:
        if self.path.startswith(("/clients/", "/modules/")):
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def translate_path(self, path: str) -> str:
        folder, _, rest = path.lstrip("/").partition("/")
        root = {"clients": CLIENTS, "modules": client_modules() / "node_modules"}[folder]
        return str(root / Path(rest))

    def log_message(self, *_words) -> None:
        """Says nothing."""


class ContentHost:
    """Serves on ``localhost``, so that an LRS on 127.0.0.1 is of another origin and another site."""

    def __init__(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Content)
        self._serving = Thread(target=self._server.serve_forever, daemon=True)
        self.url = f"http://localhost:{self._server.server_port}"

    def start(self) -> "ContentHost":
        self._serving.start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._serving.join()
        self._server.server_close()
