import pytest

from lrs_bridge.web.languages import choose


@pytest.mark.parametrize(
    ("chosen", "accepted", "language"),
    [
        pytest.param(("nn", "en"), ("nb",), "nn", id="the browser's choice first"),
        pytest.param((None, "en"), ("nb",), "en", id="then the person's"),
        pytest.param(("sv", None), ("en-GB", "nb"), "en", id="a choice that is none of ours is none"),
        pytest.param((None, None), ("no", "en"), "nb", id="Norwegian is bokmål"),
        pytest.param((None, None), ("sv", "nn-NO", "nb"), "nn", id="the first that is ours"),
        pytest.param((None, None), ("NB_no",), "nb", id="tags have no case"),
        pytest.param((None, None), ("sv", "*"), "nb", id="none of ours"),
        pytest.param((), (), "nb", id="nothing said"),
    ],
)
def test_language_is_chosen_in_order(chosen, accepted, language):
    assert choose(chosen, accepted, "nb") == language
