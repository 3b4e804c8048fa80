"""A throw-away PostgreSQL cluster for a test run: installed where that is allowed, on a free port, removed at the end."""

import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

INSTALL = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "postgresql"]


class Missing(Exception):
    """Something that the tests need is not on this machine, and they may not install it."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def install(packages: list[str], found) -> None:
    """Installs Debian packages when we are root; otherwise says which command would."""
    if found():
        return
    if os.geteuid() != 0:
        raise Missing(f"the tests need {' '.join(packages)}: run  sudo apt-get install {' '.join(packages)}")
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update", "-qq"], check=True, env=environ, stdout=subprocess.DEVNULL)
    subprocess.run([*INSTALL[:-1], *packages], check=True, env=environ, stdout=subprocess.DEVNULL)
    if not found():
        raise Missing(f"{' '.join(packages)} was installed, but what the tests need is still not found")


def binaries() -> Path | None:
    """Where initdb and postgres are: the newest Debian version, or what PATH offers."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[4].split(".")[0]))
    if versions:
        return versions[-1].parent
    found = shutil.which("initdb")
    return Path(found).resolve().parent if found else None


class Cluster:
    """One cluster in a temporary directory; ``url`` is its maintenance database. Durable settings are on request only."""

    def __init__(self, *, durable: bool = False) -> None:
        install(["postgresql"], binaries)
        self.bin = binaries()
        self.root = Path(tempfile.mkdtemp(prefix="lrs-bridge-pg-"))
        self.port = free_port()
        self.durable = durable
        self.url = f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def start(self) -> "Cluster":
        if os.geteuid() == 0:
            shutil.chown(self.root, "postgres", "postgres")
        create = ["-D", self.root / "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"]
        self._run("initdb", *create)
        fast = "" if self.durable else " -c fsync=off -c full_page_writes=off -c synchronous_commit=off"
        where = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.root}"
        options = f"{where} -c max_connections=200{fast}"
        self._run("pg_ctl", "-D", self.root / "data", "-l", self.root / "log", "-o", options, "-w", "start")
        return self

    def stop(self, mode: str = "immediate") -> None:
        self._run("pg_ctl", "-D", self.root / "data", "-m", mode, "-w", "stop", check=False)

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.root, ignore_errors=True)

    def _run(self, command: str, *arguments: object, check: bool = True) -> None:
        as_postgres = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        line = [*as_postgres, str(self.bin / command), *map(str, arguments)]
        done = subprocess.run(line, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd="/", text=True)
        if check and done.returncode:
            raise RuntimeError(f"{command} failed: {done.stderr}")
