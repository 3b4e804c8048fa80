"""Learning platforms that nobody here wrote, in a virtual environment of their own: never in the project's."""

import fcntl
import subprocess
import sys
from pathlib import Path

WANTED = Path(__file__).parent / "requirements.txt"
FOLDER = Path(__file__).parents[3] / ".cache" / "lti-platforms"
SECONDS = 600


def python() -> Path:
    """The interpreter that has the platforms' packages, brought in by pip the first time."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # several test processes may come at once
        wanted = f"{sys.version}\n{WANTED.read_text()}"
        done = FOLDER / "done.txt"
        binary = FOLDER / "venv" / "bin" / "python"
        if not done.is_file() or done.read_text() != wanted:
            done.unlink(missing_ok=True)
            _run([sys.executable, "-m", "venv", "--clear", FOLDER / "venv"])
            line = [binary, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "-r", WANTED]
            _run(line)
            done.write_text(wanted)
    return binary


def _run(line: list) -> None:
    done = subprocess.run(line, check=False, capture_output=True, text=True, timeout=SECONDS)
    if done.returncode:
        raise RuntimeError(f"the learning platforms of the tests were not installed: {done.stdout}{done.stderr}")
