"""Communication 3.3: which version a text names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.xapi.model.version import Version, parse_version


@pytest.mark.parametrize(
    ("said", "version"),
    [
        *[(said, Version.V1) for said in ("1.0", "1.0.0", "1.0.3", "1.0.9", " 1.0.2 ")],
        *[(said, Version.V2) for said in ("2.0", "2.0.0", "2.0.1")],
        *[
            (said, None)
            for said in ("", "1", "2", "1.1.0", "0.9", "0.95", "2.1", "3.0.0", "1.0.x", "1.0.", "v1.0", "1.0.0,2.0.0")
        ],
    ],
)
def test_knows_a_version_when_it_is_one_of_ours(said, version):
    assert parse_version(said) is version


@given(st.text() | st.text("012. "))
def test_never_raises_when_any_text_is_read_as_a_version(said):
    assert parse_version(said) in (None, *Version)
