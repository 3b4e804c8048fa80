import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs_bridge.errors import UpstreamFailed
from lrs_bridge.lti.advantage.paging import add_query, add_to_path, is_same_origin, next_page

HERE = "https://lms.example.no/mod/lti/services.php/2/lineitems?type_id=1"


@pytest.mark.parametrize(
    ("url", "longer"),
    [
        ("https://lms.example.no/items/7/lineitem?type_id=1", "https://lms.example.no/items/7/lineitem/scores?type_id=1"),
        ("https://lms.example.no/items/7", "https://lms.example.no/items/7/scores"),
        ("https://lms.example.no/items/7/", "https://lms.example.no/items/7/scores"),
        ("https://lms.example.no/items/7#top", "https://lms.example.no/items/7/scores"),
    ],
)
def test_goes_a_step_down_before_the_query(url, longer):
    assert add_to_path(url, "scores") == longer


def test_adds_parameters_beside_those_that_are_there():
    assert add_query(HERE, {"limit": 50, "role": None}) == HERE + "&limit=50"
    assert add_query("https://a.example/m?limit=9&x=", {"limit": 2, "rlid": "a b"}) == "https://a.example/m?x=&limit=2&rlid=a+b"
    assert add_query(HERE, {"role": None}) == HERE


@pytest.mark.parametrize(
    "link",
    [
        '<https://lms.example.no/m?page=2>; rel="next"',
        "<https://lms.example.no/m?page=2>;rel=next",
        '<https://lms.example.no/m?page=1>; rel="prev", <https://lms.example.no/m?page=2>; rel="next"',
        '<https://lms.example.no/m?page=9>; rel="last",<https://lms.example.no/m?page=2>; title="a, b"; REL="Next up"',
        '</m?page=2>; rel="next"',
        '<https://lms.example.no:443/m?page=2>; rel="next"',
    ],
)
def test_finds_the_next_page(link):
    found = next_page(HERE, {"link": link})
    assert found.replace(":443", "") == "https://lms.example.no/m?page=2"


@pytest.mark.parametrize("link", ["", '<https://lms.example.no/m>; rel="prev"', "nonsense", "<>", '<https://a>; title="next"'])
def test_ends_where_no_next_page_is_said(link):
    assert next_page(HERE, {"link": link} if link else {}) is None


@pytest.mark.parametrize(
    "target", ["https://evil.example/m", "http://lms.example.no/m", "https://lms.example.no:8443/m", "https://lms.example.no:x/m"]
)
def test_does_not_carry_the_token_to_another_host(target):
    with pytest.raises(UpstreamFailed):
        next_page(HERE, {"link": f'<{target}>; rel="next"'})


def test_tells_origins_apart():
    assert is_same_origin("http://a.example:80/x", "http://a.example/y")
    assert not is_same_origin("http://a.example/x", "http://b.example/x")


@given(st.text(max_size=80))
def test_reads_any_header(text):
    try:
        found = next_page(HERE, {"link": text})
    except UpstreamFailed:
        return
    assert found is None or is_same_origin(HERE, found)
