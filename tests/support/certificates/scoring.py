"""How much of a sample was read rightly: each field right, missing, wrong, or rightly left out."""

from collections.abc import Iterable
from dataclasses import dataclass

from lrs_bridge.certificates.reading.certificate import ReadCertificate
from tests.support.certificates.corpus import Sample
from tests.support.certificates.layouts import Truth

FIELDS = ("title", "holder", "issuer", "held_from", "held_to", "issued", "valid_until", "hours", "points", "verification")
PROMISED = ("title", "holder", "held_from", "held_to", "hours")
"""The fields that the project's target counts."""


@dataclass(frozen=True)
class Judged:
    """``verdict``: right, missing, wrong, extra (there is none on the certificate) or silent (rightly nothing)."""

    sample: str
    medium: str
    field: str
    verdict: str
    sureness: str | None
    got: object
    wanted: object


def judge(sample: Sample, found: tuple[ReadCertificate, ...]) -> list[Judged]:
    """Each field of each certificate that is in the sample."""
    rows = []
    for index, truth in enumerate(sample.truths):
        read = found[index] if index < len(found) else None
        rows += [_judged(sample, field, truth, read) for field in FIELDS]
    for read in found[len(sample.truths) :]:
        rows += [_judged(sample, field, Truth(None, None, None), read) for field in FIELDS]
    return rows


def _judged(sample: Sample, field: str, truth: Truth, read: ReadCertificate | None) -> Judged:
    wanted = getattr(truth, field)
    got = _got(field, read, wanted) if read else None
    value = got.value if got else None
    if wanted is None:
        verdict = "silent" if got is None else "extra"
    elif got is None:
        verdict = "missing"
    else:
        verdict = "right" if _same(value, wanted) else "wrong"
    return Judged(sample.name, sample.medium, field, verdict, got.sureness.value if got else None, value, wanted)


def _got(field: str, read: ReadCertificate, wanted: object):
    if field != "verification":
        return getattr(read, field)
    found = [each for each in (read.code, read.link) if each is not None]
    return next((each for each in found if _same(each.value, wanted)), found[0] if found else None)


def _same(got: object, wanted: object) -> bool:
    if isinstance(wanted, str) and isinstance(got, str):
        return " ".join(got.casefold().split()) == " ".join(wanted.casefold().split())
    return got == wanted


def summary(rows: Iterable[Judged]) -> str:
    """A table: for each medium the share of fields that were read rightly, and what was shown as sure although it is wrong."""
    rows = list(rows)
    lines = [
        f"{'':14}{'files':>6}{'promised':>16}{'all fields':>16}{'wrong':>7}{'extra':>7}{'wrong, sure':>13}{'right, sure':>13}"
    ]
    for medium in dict.fromkeys(row.medium for row in rows):
        of = [row for row in rows if row.medium == medium]
        cells = f"{medium:14}{len({row.sample for row in of}):>6}"
        for fields in (PROMISED, FIELDS):
            stated = [row for row in of if row.wanted is not None and row.field in fields]
            right = sum(row.verdict == "right" for row in stated)
            cells += f"{right:>5}/{len(stated):<4}{right / len(stated):>5.0%} " if stated else f"{'–':>16}"
        wrong = [row for row in of if row.verdict in ("wrong", "extra")]
        cells += f"{sum(row.verdict == 'wrong' for row in of):>7}{sum(row.verdict == 'extra' for row in of):>7}"
        cells += f"{sum(row.sureness == 'sure' for row in wrong):>13}"
        cells += f"{sum(row.sureness == 'sure' and row.verdict == 'right' for row in of):>13}"
        lines.append(cells)
    return "\n".join(lines)
