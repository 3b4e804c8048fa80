"""Runs the application under granian, chosen by measurement (docs/adr/0003-wsgi-server.md)."""

import os
import socket
import sys
import tempfile
from typing import NoReturn

from lrs_bridge.errors import Unavailable
from lrs_bridge.settings import Settings

THREADS_PER_WORKER = 16
"""Of which ``web.turns`` lets few into the application at a time."""
STOP_SECONDS = 30
APPLICATION = "lrs_bridge.wsgi:create_app_from_environ"


def serve(settings: Settings, *, host: str, port: int, workers: int) -> NoReturn:
    """Becomes the server until told to stop; a stop lets running requests finish, for at most STOP_SECONDS.

    The process is replaced, so that workers start from a clean interpreter: nothing opened here is shared with them.
    """
    options = {
        "--interface": "wsgi",
        "--host": host,
        "--port": str(port),
        "--workers": str(workers),
        "--blocking-threads": str(THREADS_PER_WORKER),
        "--workers-kill-timeout": str(STOP_SECONDS),
        "--log-level": "warning",
    }
    _require_free(host, port)
    words = [word for option in options.items() for word in option]
    line = [sys.executable, "-m", "granian", "--no-ws", "--respawn-failed-workers", *words, "--factory", APPLICATION]
    environ = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": _metrics_directory(settings), "WEB_CONCURRENCY": str(workers)}
    os.execve(sys.executable, line, environ)  # noqa: S606  our own interpreter, no shell


def _require_free(host: str, port: int) -> None:
    """Workers share a port, and would share it with another server just as well: half the requests would go astray."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Unavailable(f"{host} port {port} can't be used: {error.strerror}; choose another with --port") from error


def _metrics_directory(settings: Settings) -> str:
    """Where the workers share their numbers, emptied of a former run's."""
    if settings.metrics_dir is None:
        return tempfile.mkdtemp(prefix="lrs-bridge-metrics-")
    settings.metrics_dir.mkdir(parents=True, exist_ok=True)
    for left_over in settings.metrics_dir.glob("*.db"):
        left_over.unlink()
    return str(settings.metrics_dir)
