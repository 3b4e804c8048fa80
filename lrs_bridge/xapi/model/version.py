"""The versions of xAPI that are spoken here, and how they are named.

Source: xAPI 1.0.3, Communication 3.3 (Versioning) and Data 2.4.10; IEEE 9274.1.1 (xAPI 2.0) 4.1.1.
"""

import re
from enum import StrEnum


class Version(StrEnum):
    """The versions of xAPI that are spoken here, each as its answers name it."""

    V1 = "1.0.3"
    V2 = "2.0.0"


_FORMS = {Version.V1: re.compile(r"1\.0(?:\.[0-9]+)?"), Version.V2: re.compile(r"2\.0(?:\.[0-9]+)?")}


def parse_version(said: str) -> Version | None:
    """The version that a header's or a statement's text names, None when we don't speak it."""
    said = said.strip()
    return next((version for version, form in _FORMS.items() if form.fullmatch(said)), None)
