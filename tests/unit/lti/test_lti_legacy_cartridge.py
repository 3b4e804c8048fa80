"""The description of this tool that platforms of LTI 1.1 read."""

import pytest
from lxml import etree

from lrs_bridge.lti.legacy.cartridge import BLTI, CC, LTICM, build_cartridge


def built(launch_url):
    return etree.fromstring(
        build_cartridge(title="Signed <learning>", description="Øving", launch_url=launch_url, icon_url="https://x/icon.svg")
    )


@pytest.mark.parametrize(
    ("launch_url", "secure", "domain"),
    [
        ("https://lrs.example.no/lti/1p1/launch", "https://lrs.example.no/lti/1p1/launch", "lrs.example.no"),
        ("http://localhost:8080/lti/1p1/launch", None, "localhost:8080"),
    ],
)
def test_tells_where_to_launch(launch_url, secure, domain):
    root = built(launch_url)
    assert root.tag == f"{{{CC}}}cartridge_basiclti_link"
    assert root.findtext(f"{{{BLTI}}}title") == "Signed <learning>"
    assert root.findtext(f"{{{BLTI}}}description") == "Øving"
    assert root.findtext(f"{{{BLTI}}}launch_url") == launch_url
    assert root.findtext(f"{{{BLTI}}}secure_launch_url") == secure
    assert root.findtext(f".//{{{LTICM}}}property[@name='domain']") == domain


def test_tells_canvas_where_content_is_chosen():
    extensions = built("https://lrs.example.no/lti/1p1/launch").find(f"{{{BLTI}}}extensions")
    assert extensions.get("platform") == "canvas.instructure.com"
    options = extensions.findall(f"{{{LTICM}}}options")
    assert [each.get("name") for each in options] == ["link_selection", "assignment_selection"]
    said = {each.get("name"): each.text for each in options[0]}
    assert said["message_type"] == "ContentItemSelectionRequest"
    assert said["url"] == "https://lrs.example.no/lti/1p1/launch"
