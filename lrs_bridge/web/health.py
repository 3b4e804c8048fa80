"""Whether the service can work: each thing it needs, tried."""

import logging
from collections.abc import Callable, Mapping

from flask import Flask

from lrs_bridge.db import Engine, Session, read
from lrs_bridge.errors import LrsBridgeError

Check = Callable[[Session], None]
EXTENSION = "lrs_bridge_readiness"

log = logging.getLogger(__name__)


def install(app: Flask, checks: Mapping[str, Check]) -> None:
    """Keeps the checks for ``/readyz``; each raises when something is wrong, an error of ours if it can say what."""
    app.extensions[EXTENSION] = {"database": _check_database, **checks}


def findings(engine: Engine, checks: Mapping[str, Check]) -> dict[str, str]:
    """Each check's verdict: ``ok``, or what is wrong."""
    return {name: _verdict(engine, check) for name, check in checks.items()}


def _verdict(engine: Engine, check: Check) -> str:
    try:
        read(engine, check)
    except LrsBridgeError as error:
        return error.message
    except Exception as error:
        log.exception("a check for readiness failed")
        return f"the check failed ({type(error).__name__}); the log says more"
    return "ok"


def _check_database(session: Session) -> None:
    session.exec_driver_sql("select 1")
