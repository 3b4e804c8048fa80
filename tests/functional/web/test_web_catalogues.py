"""The catalogues say everything that the code can say, in both forms of Norwegian."""

import re
from pathlib import Path

import pytest
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[3]
CATALOGUES = ROOT / "lrs_bridge" / "web" / "translations"
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%%")


@pytest.fixture(scope="module")
def texts() -> set:
    """Every text in code and templates: msgid, or (msgid, msgid_plural)."""
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    found = extract_from_dir(ROOT, methods, options, DEFAULT_KEYWORDS | {"_l": None})
    return {message for _file, _line, message, _comments, _context in found}


def catalogue(language):
    with (CATALOGUES / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=language)


def forms(text) -> tuple[str, ...]:
    return text if isinstance(text, tuple) else (text,)


@pytest.mark.parametrize("language", ["nb", "nn"])
def test_catalogue_has_just_the_texts_of_the_code(texts, language):
    known = {message.id for message in catalogue(language) if message.id}
    assert not texts - known, "run scripts/translations.sh and translate"
    assert not known - texts, "run scripts/translations.sh"


@pytest.mark.parametrize("language", ["nb", "nn"])
def test_every_text_is_translated_and_settled(language):
    open_texts = [m.id for m in catalogue(language) if m.id and (not all(forms(m.string)) or "fuzzy" in m.flags)]
    assert not open_texts


@pytest.mark.parametrize("language", ["nb", "nn"])
def test_translations_keep_the_placeholders(language):
    for message in catalogue(language):
        wanted = {tuple(sorted(PLACEHOLDER.findall(text))) for text in forms(message.id)}
        for text in forms(message.string) if message.id else ():
            assert tuple(sorted(PLACEHOLDER.findall(text))) in wanted, message.id


def test_plural_texts_have_a_form_for_each_number():
    for language in ("nb", "nn"):
        for message in catalogue(language):
            if isinstance(message.id, tuple):
                assert len(message.string) == 2, message.id


def test_nynorsk_is_not_bokmal():
    telling = re.compile(r"\b(ikke|jeg|hvem|hva|hvor|hvordan|noen|noe|fra|brukernavn\w*|siden er|tjenesten\w*)\b", re.IGNORECASE)
    slips = [m.id for m in catalogue("nn") if m.id and any(telling.search(text) for text in forms(m.string))]
    assert not slips
