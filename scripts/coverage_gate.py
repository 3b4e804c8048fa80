"""Holds branch coverage to its floors: the whole package at least 90 %, every pure module 100 %."""

import json
import sys
from pathlib import Path

WHOLE = 90.0
PURE = 100.0
RESERVED = {"views.py", "service.py", "store.py", "tables.py", "client.py"}
COMMANDS = {"app.py", "doctor.py", "serve.py", "worker.py", "wsgi.py"}
IMPURE_ROOMS = {"cli", "db", "demo", "rounds", "web"}


def is_pure(path: str) -> bool:
    """House rule: everything outside the reserved file names and the rooms that do I/O is pure."""
    parts = Path(path).parts
    return parts[-1] not in RESERVED | COMMANDS and parts[1] not in IMPURE_ROOMS


def main() -> int:
    """Prints what is below its floor; the exit status says whether anything is."""
    report = json.loads(Path(sys.argv[1]).read_text())
    total = report["totals"]["percent_covered"]
    short = {p: f["summary"]["percent_covered"] for p, f in report["files"].items() if is_pure(p)}
    short = {path: percent for path, percent in short.items() if percent < PURE}
    for path, percent in sorted(short.items()):
        missing = report["files"][path]
        sys.stdout.write(f"{path}: {percent:.1f} %, missing {missing['missing_lines']} {missing['missing_branches']}\n")
    sys.stdout.write(f"branch coverage {total:.1f} % (floor {WHOLE:.0f} %), {len(short)} pure modules below 100 %\n")
    return 1 if short or total < WHOLE else 0


if __name__ == "__main__":
    sys.exit(main())
