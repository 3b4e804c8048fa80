"""The description of this tool that platforms of LTI 1.1 read from an address: a basic link cartridge.

Common Cartridge 1.1 profile "LTI link" (``cartridge_basiclti_link``, ``imslticc_v1p0``), with Canvas's extensions for the places
that choose content by Content-Item Message 1.0.
"""

from urllib.parse import urlsplit

from lxml import etree

from lrs_bridge.lti.legacy.launch import CONTENT_ITEM_REQUEST

CC = "http://www.imsglobal.org/xsd/imslticc_v1p0"
BLTI = "http://www.imsglobal.org/xsd/imsbasiclti_v1p0"
LTICM = "http://www.imsglobal.org/xsd/imslticm_v1p0"
LTICP = "http://www.imsglobal.org/xsd/imslticp_v1p0"
CANVAS = "canvas.instructure.com"
CANVAS_PLACES = ("link_selection", "assignment_selection")
_SIZE = {"selection_width": "800", "selection_height": "600"}


def build_cartridge(*, title: str, description: str, launch_url: str, icon_url: str) -> bytes:
    """The cartridge's XML."""
    names = {None: CC, "blti": BLTI, "lticm": LTICM, "lticp": LTICP}
    root = etree.Element(f"{{{CC}}}cartridge_basiclti_link", nsmap=names)
    for name, text in (("title", title), ("description", description), ("icon", icon_url), ("launch_url", launch_url)):
        etree.SubElement(root, f"{{{BLTI}}}{name}").text = text
    if launch_url.startswith("https://"):
        etree.SubElement(root, f"{{{BLTI}}}secure_launch_url").text = launch_url
    extensions = etree.SubElement(root, f"{{{BLTI}}}extensions", platform=CANVAS)
    for name, text in (("privacy_level", "public"), ("domain", urlsplit(launch_url).netloc)):
        _property(extensions, name, text)
    for place in CANVAS_PLACES:
        options = etree.SubElement(extensions, f"{{{LTICM}}}options", name=place)
        for name, text in {"enabled": "true", "message_type": CONTENT_ITEM_REQUEST, "url": launch_url, **_SIZE}.items():
            _property(options, name, text)
    vendor = etree.SubElement(root, f"{{{BLTI}}}vendor")
    etree.SubElement(vendor, f"{{{LTICP}}}code").text = "lrs_bridge"
    etree.SubElement(vendor, f"{{{LTICP}}}name").text = title
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _property(parent: etree._Element, name: str, text: str) -> None:
    etree.SubElement(parent, f"{{{LTICM}}}property", name=name).text = text
