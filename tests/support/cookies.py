"""Browsers that keep fewer cookies than others, as their users or makers set them."""

import json
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Playwright

from tests.support.chromium import FLAGS, executable

NO_THIRD_PARTY = {"cookie_controls_mode": 1, "block_third_party_cookies": True}
"""Cookies of other sites' frames are blocked, all but partitioned ones."""
NONE_IN_FRAMES = {"content_settings": {"exceptions": {"cookies": {"http://127.0.0.1:*,http://localhost:*": {"setting": 2}}}}}
"""127.0.0.1 keeps nothing in frames of localhost, partitioned or not, as in Safari; in a window of its own it does."""


@contextmanager
def chromium_with(playwright: Playwright, profile: dict):
    """A Chromium whose profile says so from its start."""
    with TemporaryDirectory() as folder:
        preferences = Path(folder) / "Default" / "Preferences"
        preferences.parent.mkdir()
        preferences.write_text(json.dumps({"profile": profile}))
        context = playwright.chromium.launch_persistent_context(
            folder, executable_path=executable(), args=FLAGS, viewport={"width": 1280, "height": 900}, locale="nb-NO"
        )
        try:
            yield context
        finally:
            context.close()
