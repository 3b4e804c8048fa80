"""What an administrator may write about a platform of LTI 1.1."""

import pytest

from lrs_bridge.errors import Invalid
from lrs_bridge.lti.legacy.setup import Setup, parse_setup
from lrs_bridge.lti.platforms.platform import Product

WRITTEN = {"name": " Læringsportalen ", "product": "moodle", "site": "https://LMS.example.no/course/view.php?id=7"}


def test_reads_a_setup_whose_key_and_secret_are_to_be_made():
    assert parse_setup(WRITTEN) == Setup("Læringsportalen", Product.MOODLE, "https://lms.example.no")


def test_reads_a_key_and_a_secret_that_are_taken_over_and_never_shows_the_secret():
    found = parse_setup(WRITTEN | {"key": " jisc.ac.uk ", "secret": " secret secret "})
    assert (found.key, found.secret) == ("jisc.ac.uk", "secret secret")
    assert "secret secret" not in repr(found)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "n" * 201}, "name"),
        ({"name": "a\nb"}, "name"),
        ({"product": "blackbird"}, "product"),
        ({"site": ""}, "site"),
        ({"site": "lms.example.no"}, "site"),
        ({"site": "https://"}, "site"),
        ({"site": "https://a b/"}, "site"),
        ({"site": "ftp://lms.example.no"}, "site"),
        ({"key": "with space", "secret": "s" * 12}, "key"),
        ({"key": "k" * 241, "secret": "s" * 12}, "key"),
        ({"key": "nøkkel", "secret": "s" * 12}, "key"),
        ({"secret": "s" * 12}, "key"),
        ({"key": "k", "secret": ""}, "secret"),
        ({"key": "k", "secret": "s" * 11}, "secret"),
        ({"key": "k", "secret": "s" * 256}, "secret"),
        ({"key": "k", "secret": "secret\x01secret"}, "secret"),
    ],
)
def test_names_the_field_that_is_wrong(changes, field):
    with pytest.raises(Invalid) as caught:
        parse_setup(WRITTEN | changes)
    assert caught.value.field == field


def test_asks_for_every_field_that_is_missing():
    with pytest.raises(Invalid):
        parse_setup({})
