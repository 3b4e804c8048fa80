"""Numbers for Prometheus, gathered over all worker processes when ``PROMETHEUS_MULTIPROC_DIR`` is set before the start.

No label carries a person, a tenant or a path: routes only.
"""

import os

from flask import Flask, Response, request
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest, multiprocess

from lrs_bridge.web.logs import elapsed, route

REQUESTS = Histogram(
    "lrs_bridge_request_seconds",
    "Time to answer, by route, method and status.",
    ("route", "method", "status"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
STATEMENTS = Counter("lrs_bridge_statements_total", "Statements stored.")
COMPLETIONS = Counter("lrs_bridge_completions_total", "Completions handed to the plan side.")
LOGINS = Counter("lrs_bridge_logins_total", "Attempts to log in, by way and outcome.", ("way", "outcome"))

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})


def install(app: Flask) -> None:
    """Measures every request, once its answer is ready."""

    @app.after_request
    def observe(response: Response) -> Response:
        method = request.method if request.method in _METHODS else "other"
        REQUESTS.labels(route(), method, str(response.status_code)).observe(elapsed())
        return response


def exposition() -> tuple[bytes, str]:
    """Everything measured, and its content type."""
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry), CONTENT_TYPE_LATEST
