"""Until when the answers of this process are whole, as found a moment ago: what was true then stays true.

Source: xAPI 1.0.3, Communication 2.1 (X-Experience-API-Consistent-Through). Finding out costs a query, so that is done a few
times a second and not for each request.
"""

from datetime import datetime, timedelta

FRESH_FOR = timedelta(milliseconds=200)


class Consistency:
    """What was found last for each tenant, as the header tells it. Safe for threads: values are replaced whole."""

    def __init__(self) -> None:
        self._found: dict[str | None, tuple[datetime, str]] = {}

    def find(self, tenant: str | None, now: datetime) -> str | None:
        """What was found a moment ago, or None when it is time to look again."""
        at, told = self._found.get(tenant, (None, ""))
        return told if at is not None and timedelta() <= now - at < FRESH_FOR else None

    def keep(self, tenant: str | None, told: str, now: datetime) -> str:
        """Remembers what was found ``now``, and gives it back."""
        self._found[tenant] = now, told
        return told
