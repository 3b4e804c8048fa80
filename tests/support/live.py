"""Runs ``lrs-bridge serve`` as a process of its own, as an operator would, so that it can be killed."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from tests.support.environment import environ_for
from tests.support.postgres import free_port

START_SECONDS = 60


class LiveServer:
    def __init__(self, database_url, data_dir, *, workers: int = 2, **settings: str) -> None:
        self.database_url = database_url
        self.data_dir = Path(data_dir)
        self.workers = workers
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environ = {
            **os.environ,
            **environ_for(database_url, data_dir, PUBLIC_URL=self.url, **settings),
        }
        self.command = str(Path(sys.executable).parent / "lrs-bridge")
        self.running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        line = [self.command, "serve", "--host", "127.0.0.1", "--port", str(self.port), "--workers", str(self.workers)]
        self.log = (self.data_dir / "serve.log").open("ab")
        self.running = subprocess.Popen(line, env=self.environ, stdout=self.log, stderr=self.log, start_new_session=True)
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            try:
                with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.05)
            if self.running.poll() is not None:
                break
        if self.running.poll() is None:
            self.kill()
        self.log.close()
        raise RuntimeError("the server did not start:\n" + (self.data_dir / "serve.log").read_text()[-4000:])

    def kill(self) -> None:
        """``kill -9`` of the server and all its workers, with no chance to tidy up."""
        os.killpg(self.running.pid, signal.SIGKILL)
        self.running.wait()
        self.log.close()

    def stop(self) -> int:
        """A polite stop; the exit status."""
        if self.running.poll() is None:
            self.running.send_signal(signal.SIGTERM)
            try:
                self.running.wait(40)
            except subprocess.TimeoutExpired:
                self.kill()
                raise
        self.log.close()
        return self.running.returncode

    def peak_mib(self) -> int:
        """The most memory that any process of the server has ever held."""
        group = os.getpgid(self.running.pid)
        peaks = []
        for status in Path("/proc").glob("[0-9]*/status"):
            try:
                if os.getpgid(int(status.parent.name)) == group:
                    peaks += [int(found[1]) for found in [re.search(r"VmHWM:\s+(\d+)", status.read_text())] if found]
            except (FileNotFoundError, ProcessLookupError):
                continue
        return max(peaks) // 1024

    def run(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Another ``lrs-bridge`` command with the same configuration."""
        return subprocess.run([self.command, *arguments], env=self.environ, check=check, capture_output=True, text=True)
