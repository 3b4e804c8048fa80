"""Chromium as users who guard their privacy have it."""

import json
from pathlib import Path

from tests.support.chromium import FLAGS, executable

NO_THIRD_PARTIES = [*FLAGS, "--test-third-party-cookie-phaseout"]
"""Flags that block the cookies of third parties; partitioned ones are kept."""


def keeping_nothing(playwright, folder: Path, **options):
    """A browser context that keeps no cookies at all, partitioned ones neither; close it when done."""
    (folder / "Default").mkdir(parents=True, exist_ok=True)
    blocked = {"profile": {"default_content_setting_values": {"cookies": 2}}}
    (folder / "Default" / "Preferences").write_text(json.dumps(blocked))
    return playwright.chromium.launch_persistent_context(folder, executable_path=executable(), args=FLAGS, **options)
