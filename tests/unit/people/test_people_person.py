import pytest

from lrs_bridge.errors import Invalid
from lrs_bridge.people.person import checked_name, search_key, username_key


@pytest.mark.parametrize(
    ("one", "other"),
    [("Ø\u0301rjan", "ǿRJAN"), ("  Kari \t Nordmann ", "kari nordmann"), ("A\u030ase", "åse"), ("STRASSE", "straße")],
)
def test_names_compare_alike_when_written_differently(one, other):
    assert search_key(one) == search_key(other)


@pytest.mark.parametrize("username", ["", "  ", "x" * 101, "ka\x00ri"])
def test_user_name_is_refused_when_it_cannot_be_one(username):
    with pytest.raises(Invalid) as refused:
        username_key(username)
    assert refused.value.field == "username"


def test_user_names_are_kept_without_case():
    assert username_key(" Kari ") == "kari"


@pytest.mark.parametrize("name", ["", " \n ", "x" * 201, "Ka\x07ri"])
def test_name_is_refused_when_it_cannot_be_shown(name):
    with pytest.raises(Invalid) as refused:
        checked_name(name)
    assert refused.value.field == "name"


def test_name_is_kept_tidy():
    assert checked_name(" Kari  Nordmann\n") == "Kari Nordmann"
