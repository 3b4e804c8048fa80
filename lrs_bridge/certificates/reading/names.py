"""What can be a person's name."""

import re

_TITLES = r"(?:(?:Dr|Prof|Professor|\w*[Ll]ege|LIS(?:[ -]?(?:lege|\d))?|[Ss]tud\.? ?med|Mr|Mrs|Ms)\.?|cand\.?\s?med\.?)\s+"
_LETTER = r"[^\W\d_]"
_UPPER = r"(?:[A-ZÆØÅÄÖÜÉÈÁÓÚÍČŠŽŁŚ])"
_TOKEN = rf"{_UPPER}(?:{_LETTER}|['’-])*"
_PARTICLE = r"(?:van|von|de|der|den|du|da|di|af|av|la|le|el|al|bin|ten|ter)"
NAME = rf"(?:{_TITLES})?(?P<name>{_TOKEN}\.?(?: (?:{_PARTICLE} )?(?:{_UPPER}\.(?= )|{_TOKEN})){{1,4}})(?![\w])"
"""In a text, on one line: ``name`` is the name without titles."""
_WHOLE = re.compile(NAME)
_REVERSED = re.compile(rf"(?P<last>{_TOKEN}(?: {_TOKEN})?), (?P<first>{_TOKEN}(?: (?:{_TOKEN}|{_UPPER}\.)){{0,2}})")
_AFTER = re.compile(r"\s*(?:,|\(|\bf\.|\bfødt\b|\bfødd\b|\bborn\b|\bMD\b|\bM\.D\.|\bPhD\b).*$")
_NOT_NAMES = re.compile(
    r"kurs|bevis|lege\b|^LIS|sykehus|sjukehus|sertifikat|diplom|certific|course|hospital|universit|college|society|forening|foreining|institut|"
    r"academy|akademi|association|council|journal|senter|centre|center|direktorat|kommune|helse|training|medicine|clinical|"
    r"medisin|behandling|advanced|provider|norsk|norges|norwegian|nordic|european|international|department|avdeling|seksjon|leder\b|"
    r"president|director|chair|rådet?\b|regut|learning|læring|online|program|modul|module|masterclass|workshop|oslo|bergen|trondheim|"
    r"^(?:dato|date|timer|hours|navn|name|dag|day|hf|rhf|as|det|den|the|this|vi|we|og|and|of|for|med|in|kl|side|page|postboks|fra|til)$",
    re.IGNORECASE,
)


def person_in(text: str) -> str | None:
    """The name, if the text is a person's name, with titles and what comes after it left out; in the usual order and letters
    (Nordmann, Kari; KARI NORDMANN). None for anything else.
    """
    reverse = _REVERSED.fullmatch(text.strip())
    written = f"{reverse['first']} {reverse['last']}" if reverse else _AFTER.sub("", text.strip(" .:*_"))
    match = _WHOLE.fullmatch(written)
    return tidy(match["name"]) if match and is_plausible(match["name"]) else None


def is_plausible(name: str) -> bool:
    """Whether no word of it is one of organisations, courses or sentences."""
    return not any(_NOT_NAMES.search(token) for token in name.split())


def tidy(name: str) -> str:
    """In small letters with capitals, where it was written in capitals alone."""
    if not name.isupper():
        return name
    return re.sub(rf"{_LETTER}+", lambda word: word[0].capitalize(), name)
