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
    return next((found for tag in accepted if (found := ours(tag))), default)


def ours(tag: str | None) -> str | None:
    """Our language for a language tag (``no-NO``, ``nb_NO``, ``en-US``), or None."""
    return _NORWEGIAN.get((tag or "").lower().replace("_", "-").split("-")[0])
