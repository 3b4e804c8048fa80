"""Which family of programs a User-Agent header tells of, so that a report can name it and nobody's own browser is kept.

Source: RFC 9110 10.1.5. The order matters: browsers name their forebears too.
"""

from functools import lru_cache

NONE = "none"
OTHER = "other"

_FAMILIES = (
    ("lrs-bridge", "lrs-bridge"),
    ("articulate", "Articulate"),
    ("captivate", "Captivate"),
    ("ispring", "iSpring"),
    ("moodle", "Moodle"),
    ("tincanphp", "TinCanPHP"),
    ("learning locker", "Learning Locker"),
    ("ralph", "Ralph"),
    ("python-requests", "Python requests"),
    ("python-urllib", "Python urllib"),
    ("python-httpx", "Python httpx"),
    ("aiohttp", "Python aiohttp"),
    ("axios", "axios"),
    ("node", "Node.js"),
    ("okhttp", "OkHttp"),
    ("java", "Java"),
    ("go-http-client", "Go"),
    ("dotnet", ".NET"),
    ("guzzle", "PHP Guzzle"),
    ("ruby", "Ruby"),
    ("curl", "curl"),
    ("wget", "Wget"),
    ("postman", "Postman"),
    ("edg", "Edge"),
    ("firefox", "Firefox"),
    ("chrom", "Chrome"),
    ("trident", "Internet Explorer"),
    ("safari", "Safari"),
)


@lru_cache(maxsize=1024)
def family(user_agent: str | None) -> str:
    """The family's name, ``other`` when it is not known here and ``none`` without a header."""
    if not user_agent:
        return NONE
    said = user_agent.lower()
    return next((name for mark, name in _FAMILIES if mark in said), OTHER)
