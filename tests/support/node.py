"""Node, and modules that npm brings in when a test first needs them, in the versions that a package.json names."""

import fcntl
import json
import os
import shutil
import subprocess
from pathlib import Path

from tests.support.postgres import install

CACHE = Path(__file__).parents[2] / ".cache"
CLIENTS = Path(__file__).parents[1] / "data" / "clients"
SECONDS = 120


def modules(package_json: Path, name: str) -> Path:
    """The folder that holds ``node_modules`` of that package.json, under ``.cache/<name>``."""
    install(["nodejs", "npm"], lambda: shutil.which("node") and shutil.which("npm"))
    folder = CACHE / name
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several test processes may come at once
        wanted = package_json.read_text()
        done = folder / "done.json"
        if not done.is_file() or done.read_text() != wanted:
            (folder / "package.json").write_text(wanted)
            line = ["npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--silent", "--ignore-scripts"]
            subprocess.run(line, cwd=folder, check=True, timeout=300)
            done.write_text(wanted)
    return folder


def client_modules() -> Path:
    """Where the xAPI clients are."""
    return modules(CLIENTS / "package.json", "xapi-clients")


def run_client(package: str, driver: str, step: str, **settings) -> dict:
    """What a client found when its driver (tests/data/clients) took a step against an LRS."""
    wanted = {"modules": str(client_modules()), "package": package, "driver": driver, "step": step, **settings}
    line = [shutil.which("node"), "--no-deprecation", str(CLIENTS / "run.mjs")]
    environ = {**os.environ, "CLIENT_TEST": json.dumps(wanted)}
    done = subprocess.run(line, env=environ, check=False, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, f"{driver} {step}: {done.stderr}"
    return json.loads(done.stdout)
