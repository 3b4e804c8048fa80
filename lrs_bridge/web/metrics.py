"""Numbers for Prometheus, gathered over all worker processes when ``PROMETHEUS_MULTIPROC_DIR`` is set before the start.

No label carries a person, a tenant or a path: routes only.
"""

import logging
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from flask import Flask
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest, multiprocess
from prometheus_client import Gauge as PrometheusGauge

from lrs_bridge.errors import LrsBridgeError

log = logging.getLogger(__name__)

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


@dataclass(frozen=True, slots=True)
class Gauge:
    """A number for each combination of labels, as of now."""

    name: str
    meaning: str
    labels: tuple[str, ...]
    values: Mapping[tuple[str, ...], float]


Source = Callable[[], Iterable[Gauge]]
SOURCES = "lrs_bridge_gauges"


def observe(method: str, route: str, status: int, seconds: float) -> None:
    """Counts a request that was answered in so many seconds."""
    _timer(route, method if method in _METHODS else "other", status).observe(seconds)


@lru_cache(maxsize=4096)
def _timer(rule: str, method: str, status: int) -> Histogram:
    return REQUESTS.labels(rule, method, str(status))


def add_source(app: Flask, source: Source) -> None:
    """Adds gauges that are read anew each time somebody asks, from what all processes share."""
    app.extensions.setdefault(SOURCES, []).append(source)


def exposition(sources: Iterable[Source] = ()) -> tuple[bytes, str]:
    """Everything measured, and its content type. A source that raises an error of ours is left out: the database may be away."""
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry) + generate_latest(_gauges(sources)), CONTENT_TYPE_LATEST


def _gauges(sources: Iterable[Source]) -> CollectorRegistry:
    registry = CollectorRegistry()
    for source in sources:
        try:
            found = tuple(source())
        except LrsBridgeError as error:
            log.warning("some gauges can't be read: %s", error.message)
            continue
        for gauge in found:
            shown = PrometheusGauge(gauge.name, gauge.meaning, gauge.labels, registry=registry)
            for labels, value in gauge.values.items():
                shown.labels(*labels).set(value)
    return registry
