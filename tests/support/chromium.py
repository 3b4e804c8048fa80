"""A headless Chromium from Debian, driven by Playwright; axe-core to find accessibility violations; screenshots."""

import shutil
from pathlib import Path

from tests.support.postgres import install

AXE = Path(__file__).parent / "vendor" / "axe-core" / "axe.min.js"
WIDTHS = {"desktop": (1280, 900), "phone": (390, 844)}
FLAGS = [
    "--no-sandbox",  # tests may run as root in a container
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def executable() -> str:
    """Where Chromium is, installing it first where that is allowed."""
    install(["chromium"], lambda: shutil.which("chromium"))
    return shutil.which("chromium")


def violations(page) -> list[str]:
    """What axe-core finds wrong with the page, a line each."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [f"{v['id']} ({v['impact']}): {v['help']}: {[n['target'] for n in v['nodes']][:3]}" for v in found]


def overflows(page) -> bool:
    """Whether the page is wider than the window, so that a reader has to scroll sideways."""
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
