"""What tesseract says about a picture: its table of words (TSV, as of tesseract 4)."""

import csv
import io
from collections.abc import Sequence

from lrs_bridge.certificates.extraction.page import Box, Word

LANGUAGES = ("nor", "eng")
READING = ("-l", "+".join(LANGUAGES), "--psm", "11", "tsv")
"""Tesseract's arguments: words wherever they are (11), since certificates are no running text; lines are made of them later."""
_WORD_LEVEL = "5"


def words_in(table: str) -> list[Word]:
    """The words of the table. Units are the picture's pixels."""
    rows = csv.DictReader(io.StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE)
    return [_word(row) for row in rows if row["level"] == _WORD_LEVEL and (row["text"] or "").strip()]


def _word(row: dict[str, str]) -> Word:
    left, top, width, height = (float(row[name]) for name in ("left", "top", "width", "height"))
    confidence = min(max(float(row["conf"]) / 100, 0), 1)
    return Word(row["text"].strip(), Box(left, top, left + width, top + height), confidence, is_typed=False)


def turn_of(report: str) -> int:
    """By how many degrees clockwise the picture must be turned to be upright, by tesseract's report (``--psm 0``); 0 when
    it is not sure.
    """
    found = dict(line.partition(": ")[::2] for line in report.splitlines())
    is_sure = float(found.get("Orientation confidence", 0)) >= 1
    return int(found.get("Rotate", 0)) % 360 if is_sure else 0


def quality(words: Sequence[Word]) -> float:
    """How well words with letters were recognised, from 0 to 1, each by its length."""
    weights = [(len(word.text), word.confidence) for word in words if any(map(str.isalnum, word.text))]
    return sum(length * confidence for length, confidence in weights) / max(sum(length for length, _ in weights), 1)
