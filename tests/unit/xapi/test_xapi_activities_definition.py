"""Communication 2.5: an Activity put together from what statements say of it."""

from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.xapi.documents.definition import activity_of, combined
from tests.support.statements import COURSE, KARI, statement, sub_statement

LANGUAGES = st.dictionaries(st.sampled_from(["nb", "nn", "en"]), st.text(max_size=3), max_size=3)


def test_gives_the_bare_activity_when_nothing_is_known():
    assert combined(COURSE, []) == {"objectType": "Activity", "id": COURSE}
    assert combined(COURSE, [{}]) == {"objectType": "Activity", "id": COURSE}


def test_lets_the_newest_word_count_in_each_language_and_member():
    newest = {"name": {"nb": "Ny", "fr": "Neuf"}, "type": "https://x.no/ny", "extensions": {"https://x.no/a": 1}}
    older = {
        "name": {"nb": "Gammel", "en": "Old"},
        "description": {"en": "About"},
        "type": "https://x.no/gammel",
        "moreInfo": "https://x.no/mer",
        "extensions": {"https://x.no/a": 2, "https://x.no/b": None},
    }
    assert combined(COURSE, [newest, older])["definition"] == {
        "name": {"nb": "Ny", "fr": "Neuf", "en": "Old"},
        "description": {"en": "About"},
        "type": "https://x.no/ny",
        "moreInfo": "https://x.no/mer",
        "extensions": {"https://x.no/a": 1, "https://x.no/b": None},
    }


def test_takes_an_interaction_whole_from_the_newest_that_has_one():
    choice = {"interactionType": "choice", "choices": [{"id": "a"}]}
    order = {
        "interactionType": "sequencing",
        "choices": [{"id": "b"}],
        "correctResponsesPattern": ["b"],
        "moreInfo": "https://x.no",
    }
    found = combined(COURSE, [{"name": {"nb": "Q"}}, choice, order])["definition"]
    assert found == {"name": {"nb": "Q"}, **choice, "moreInfo": "https://x.no"}


def test_takes_the_definition_of_that_activity_alone():
    assert activity_of(statement(), COURSE) == statement()["object"]["definition"]
    assert activity_of(statement(object={"id": COURSE}), COURSE) is None
    assert activity_of(statement(), COURSE + "/annet") is None
    assert activity_of(statement(object=KARI), COURSE) is None
    assert activity_of(statement(object=sub_statement()), COURSE) is None


@given(st.lists(LANGUAGES, max_size=5))
def test_agrees_with_dictionaries_merged_from_the_oldest_on(names):
    expected = {}
    for name in reversed(names):
        expected |= name
    assert combined(COURSE, [{"name": name} for name in names]).get("definition", {}).get("name", {}) == expected
