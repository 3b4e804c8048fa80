"""Importing a pure module costs nothing but itself."""

import subprocess
import sys

import pytest

PURE = (
    "errors",
    "identity",
    "completion",
    "settings",
    "xapi.model.statement",
    "plans.standing",
    "plans.record",
    "signing.verification",
    "people.access",
    "certificates.reading.reading",
    "certificates.intake.kind",
)


@pytest.mark.parametrize("name", PURE)
def test_loads_neither_flask_nor_sqlalchemy(name):
    code = f"import sys, lrs_bridge.{name}; sys.exit(', '.join({{'flask', 'sqlalchemy', 'requests'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""
