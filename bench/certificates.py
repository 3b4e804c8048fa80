"""How much of certificates is read rightly, and whether anything wrong is shown as sure.

    python -m bench.certificates [--unseen] [--each]

Forty certificates that the rules were made with, drawn by ``tests/support/certificates/corpus.py``; with ``--unseen`` also those
of ``unseen.py``, which they were not made with (needs Chromium). *Promised* are title, holder, dates and hours. The exit status
says whether the targets are met: 90 % on text, 75 % on scans and photos, nothing wrong shown as sure.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

from lrs_bridge.certificates.extraction.client import extract
from lrs_bridge.certificates.intake.kind import recognise
from lrs_bridge.certificates.intake.limits import Limits, check_limits
from lrs_bridge.certificates.reading.certificate import Issuer
from lrs_bridge.certificates.reading.reading import read_certificates
from tests.support.certificates import unseen
from tests.support.certificates.corpus import ISSUERS, SAMPLES, Sample
from tests.support.certificates.scoring import PROMISED, Judged, judge, summary
from tests.support.tesseract import install_tesseract

CATALOGUE = tuple(Issuer(name) for name in ISSUERS)
TARGETS = {"text": 0.90, "scan": 0.75, "photo": 0.75}
WRONG = ("wrong", "missing", "extra")


def main() -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--unseen", action="store_true", help="the certificates that the rules were not made with, too")
    parser.add_argument("--each", action="store_true", help="print each field that was not read rightly")
    options = parser.parse_args()
    install_tesseract()
    rows = measured("the forty that the rules were made with", SAMPLES, each=options.each)
    if options.unseen:
        with unseen.printer() as printed:
            rows += measured("others", unseen.samples(printed), each=options.each)
    return 0 if met(rows) else 1


def measured(name: str, samples: list[Sample], *, each: bool) -> list[Judged]:
    """Reads the samples and prints their table."""
    rows: list[Judged] = []
    seconds: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for sample in samples:
            content, path = sample.make(), Path(folder) / sample.name
            path.write_bytes(content)
            started = time.perf_counter()
            kind = recognise(content)
            check_limits(content, kind, Limits())
            rows += judge(sample, read_certificates(extract(path, kind), CATALOGUE))
            seconds.setdefault(sample.medium, []).append(time.perf_counter() - started)
    print(f"\n{name}\n{summary(rows)}")
    print("seconds a file: " + ", ".join(f"{medium} {sorted(taken)[len(taken) // 2]:.1f}" for medium, taken in seconds.items()))
    for row in rows:
        if each and row.verdict in WRONG:
            print(f"  {row.sample}: {row.field} {row.verdict} ({row.sureness}): {row.got!r} for {row.wanted!r}")
    return rows


def met(rows: list[Judged]) -> bool:
    """Whether every target is."""
    stated = [row for row in rows if row.wanted is not None and row.field in PROMISED]
    for medium, target in TARGETS.items():
        of = [row.verdict == "right" for row in stated if row.medium == medium]
        if sum(of) < target * len(of):
            return False
    return not any(row.sureness == "sure" and row.verdict in WRONG for row in rows)


if __name__ == "__main__":
    sys.exit(main())
