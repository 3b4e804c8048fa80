r"""Where a browser may be sent after a login: to a page of ours, never to an address that somebody else chose.

Browsers read ``//host``, ``/\host`` and a path with a tab in it as another host, so nothing of the kind passes.
"""

from urllib.parse import quote, urlsplit

HOME = "/"
LONGEST = 1000
_NOT_AFTER_LOGIN = ("/login", "/logout", "/language")


def safe_next(target: str | None) -> str:
    """The target if it is a path on this service that makes sense after a login, else the home page."""
    if not target or not target.startswith("/") or not target.isprintable() or "\\" in target or len(target) > LONGEST:
        return HOME
    try:
        parts = urlsplit(target)
    except ValueError:  # brackets that are no IPv6 address
        return HOME
    if parts.scheme or parts.netloc or target.startswith("//") or parts.path.startswith(_NOT_AFTER_LOGIN):
        return HOME
    return target


def login_path(target: str) -> str:
    """The login page, which leads on to the target if that is safe."""
    target = safe_next(target)
    return "/login" if target == HOME else f"/login?next={quote(target, safe='/')}"
