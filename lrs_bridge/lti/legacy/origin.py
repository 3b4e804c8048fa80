"""Whether the page that posted a launch is the platform's: a form signed for somebody else may come from anybody's page.

Fetch 3.2 (``Origin``), Fetch Metadata 2.1 (``Sec-Fetch-Dest``); RFC 6749 10.12 names the attack, for logins. Requests without an
``Origin`` are not told apart: browsers send one with each form that another site's page posts.
"""

from urllib.parse import urlsplit

from lrs_bridge.lti.launch.refusal import LaunchRefused, Step
from lrs_bridge.lti.platforms.platform import Platform
from lrs_bridge.web.outbound import PORTS
from lrs_bridge.web.reply import shown

HIDDEN = "null"
_FRAMES = ("iframe", "frame")
_RULE = "Fetch 3.2"


def check_origin(platform: Platform, *, origin: str | None, destination: str | None, own_url: str) -> None:
    """Lets a launch pass that a page of the platform's, or of ours, posted. ``origin`` and ``destination`` are the headers
    ``Origin`` and ``Sec-Fetch-Dest``. Raises LaunchRefused for others.
    """
    if origin is None:
        return
    if origin == HIDDEN:
        _check_hidden(platform, destination)
    elif _spelled(origin) not in {_spelled(each) for each in (*platform.ancestors, own_url)} - {None}:
        message = f"the launch came from a page of {shown(origin)[:200]}, which is not the platform's site as it is written here"
        raise LaunchRefused(message, step=Step.BROWSER, field="Origin", rule=_RULE)


def _check_hidden(platform: Platform, destination: str | None) -> None:
    """Of pages that hide where they are from, only what is shown in a frame.

    Platforms do hide it: whose pages have the Referrer-Policy ``same-origin`` (Django's default, so Open edX may) or
    ``no-referrer`` post from the origin ``null``. But so can any page that wants to. In a frame it gains nothing by that: the
    browser shows what follows inside of the platform's pages only (``frame-ancestors``), and keeps the cookie for the page around
    it alone. In a window nothing tells the two apart, so it is refused there, also to apps that post from a file. No page can set
    ``Sec-Fetch-Dest``.
    """
    if not platform.ancestors or destination not in _FRAMES:
        message = (
            "the page that the launch came from hides its origin (null), as any page could: let the platform open the link "
            "inside the course, or send the Referrer-Policy strict-origin-when-cross-origin"
        )
        raise LaunchRefused(message, step=Step.BROWSER, field="Origin", rule=_RULE)


def _spelled(address: str) -> str | None:
    """The origin of an address as browsers write it, without the port that its scheme has anyway; None for what has none."""
    try:
        parts = urlsplit(address)
        scheme, host, port = parts.scheme, (parts.hostname or "").encode("idna").decode(), parts.port
    except ValueError:  # UnicodeError as well
        return None
    return f"{scheme}://{host}:{port or PORTS.get(scheme)}" if host else None
