"""The program that reads pictures, installed from Debian where the tests may."""

import shutil
import subprocess

from tests.support.postgres import install

PACKAGES = ["tesseract-ocr", "tesseract-ocr-nor", "tesseract-ocr-eng"]


def install_tesseract() -> None:
    install(PACKAGES, _has_languages)


def _has_languages() -> bool:
    if shutil.which("tesseract") is None:
        return False
    listed = subprocess.run(["tesseract", "--list-langs"], check=True, capture_output=True, text=True).stdout.split()
    return {"nor", "eng", "osd"} <= set(listed)
