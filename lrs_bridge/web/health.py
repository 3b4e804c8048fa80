"""Whether the service can work: each thing it needs, tried."""

from collections.abc import Callable, Mapping

from flask import Flask

from lrs_bridge.db import Engine, Session, read
from lrs_bridge.errors import LrsBridgeError

Check = Callable[[Session], None]
EXTENSION = "lrs_bridge_readiness"


def install(app: Flask, checks: Mapping[str, Check]) -> None:
    """Keeps the checks for ``/readyz``; each raises an error of ours when something is wrong."""
    app.extensions[EXTENSION] = {"database": _check_database, **checks}


def findings(engine: Engine, checks: Mapping[str, Check]) -> dict[str, str]:
    """Each check's verdict: ``ok``, or what is wrong."""
    return {name: _verdict(engine, check) for name, check in checks.items()}


def _verdict(engine: Engine, check: Check) -> str:
    try:
        read(engine, check)
    except LrsBridgeError as error:
        return error.message
    return "ok"


def _check_database(session: Session) -> None:
    session.exec_driver_sql("select 1")
