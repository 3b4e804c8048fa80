"""The data model as a flat map from its dotted names to the texts that content set.

SCORM 1.2 RTE 3.4, SCORM 2004 4th ed. RTE 4.1 and 4.2. Numbered collections (``cmi.interactions.3.id``) are taken apart here; what
the elements mean is told by ``status`` and ``statements``. Left out: checking values against the data model, which the runtime
in the browser does before it lets content set them.
"""

import math
import re
from collections.abc import Mapping

Cmi = Mapping[str, str]
"""A flat map as it is committed and kept."""

_INDEX = re.compile(r"0|[1-9]\d{0,5}", re.ASCII)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)


def word_of(cmi: Cmi, key: str) -> str:
    """The value in lower case and without spaces around it; empty when there is none."""
    return cmi.get(key, "").strip().lower()


def number_of(cmi: Cmi, key: str) -> float | None:
    """The value as a finite number; None when there is none or it can't be read. A decimal comma is taken for a point."""
    text = cmi.get(key, "").strip().replace(",", ".")
    number = float(text) if _NUMBER.fullmatch(text) else math.nan
    return number if math.isfinite(number) else None


def bounded_number_of(cmi: Cmi, key: str, lowest: float, highest: float) -> float | None:
    """The value as a number between the bounds; None when there is none, or one outside of them."""
    number = number_of(cmi, key)
    return number if number is not None and lowest <= number <= highest else None


def cmi_of(cmi: Cmi, collection: str) -> dict[int, dict[str, str]]:
    """The records of a numbered collection by their numbers, in order: ``cmi_of(cmi, "cmi.objectives")[0]["score.raw"]``.

    Elements of the collection itself (``_count``, ``_children``) are left out, as is what has no name after its number.
    """
    prefix = f"{collection}."
    records: dict[int, dict[str, str]] = {}
    for key, value in cmi.items():
        if key.startswith(prefix):
            index, _, name = key.removeprefix(prefix).partition(".")
            if name and _INDEX.fullmatch(index):
                records.setdefault(int(index), {})[name] = value
    return dict(sorted(records.items()))
