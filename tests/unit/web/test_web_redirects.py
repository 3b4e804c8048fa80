import pytest

from lrs_bridge.web.redirects import login_path, safe_next


@pytest.mark.parametrize("target", ["/plan", "/plan?mode=10&q=a%20b", "/attestations/1#top", "/plan/records/7?x=//y"])
def test_next_is_kept_when_it_is_a_page_of_ours(target):
    assert safe_next(target) == target


@pytest.mark.parametrize(
    "target",
    [
        None,
        "",
        "plan",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/\n/evil.example",
        " //evil.example",
        "/plan\r\nSet-Cookie: a=b",
        "//[x",
        "//[::1",
        "/login?next=/plan",
        "/logout",
        "/language",
        "/" + "x" * 1000,
    ],
)
def test_next_is_the_home_page_when_it_may_lead_elsewhere(target):
    assert safe_next(target) == "/"


@pytest.mark.parametrize(
    ("target", "path"),
    [("/", "/login"), ("//evil.example", "/login"), ("/plan?a=b&c=d", "/login?next=/plan%3Fa%3Db%26c%3Dd")],
)
def test_login_leads_on_to_where_one_wanted_to_go(target, path):
    assert login_path(target) == path
