"""Which of our languages a reader gets."""

from collections.abc import Iterable

NAMES = {"nb": "Bokmål", "nn": "Nynorsk", "en": "English"}
_NORWEGIAN = {"no": "nb", "nb": "nb", "nn": "nn", "en": "en"}


def choose(chosen: Iterable[str | None], accepted: Iterable[str], default: str) -> str:
    """The first choice that is one of ours, else the first accepted language that is (``no`` means bokmål), else the default.

    ``chosen`` is what the reader said: the browser's cookie, then the person's own setting. ``accepted`` are language tags
    in order of preference (Accept-Language, RFC 9110 12.5.4).
    """
    for choice in chosen:
        if choice in NAMES:
            return str(choice)
    for tag in accepted:
        ours = _NORWEGIAN.get(tag.lower().replace("_", "-").split("-")[0])
        if ours is not None:
            return ours
    return default
