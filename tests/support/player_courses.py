"""Courses of the tests' own: pages that look for the API as real content does, and otherwise do what a test tells them to."""

LIBRARY = """
"use strict";
// Content of the tests: ``api`` is found by walking up, then from the opener; what is said at the end stands in the address.
function find(start) {
  for (let here = start, tries = 0; tries < 20; tries += 1, here = here.parent) {
    if (here.API || here.API_1484_11) return here.API_1484_11 || here.API;
    if (here.parent === here) break;
  }
  return null;
}
const api = find(window.parent) || (window.opener && find(window.opener));
const is12 = Boolean(api && api.LMSInitialize);
const call = (name, ...given) => api[is12 ? "LMS" + (name === "Terminate" ? "Finish" : name) : name](...given);
const get = (key) => call("GetValue", key);
const set = (key, value) => call("SetValue", key, value);
const asked = new URLSearchParams(location.search);
if (!asked.has("quiet")) window.began = call("Initialize", "");
for (const end of asked.getAll("end")) {
  addEventListener(end, () => {
    if (asked.has("last")) set("cmi.suspend_data", asked.get("last"));
    call("Terminate", "");
  });
}
"""

PAGE = """<!DOCTYPE html>
<html lang="en"><title>{title}</title><script src="sco.js"></script><h1>{title}</h1><a href="more.html?quiet">More</a></html>
"""


def _files(manifest: str) -> dict[str, bytes]:
    pages = {name: PAGE.format(title=name).encode() for name in ("index.html", "more.html", "popup.html")}
    return {"imsmanifest.xml": manifest.encode(), "sco.js": LIBRARY.encode(), **pages}


def single(version: str, query: str = "") -> dict[str, bytes]:
    """A package with one SCO. ``query`` tells its page what to do: ``end=<event>`` terminates at that event, ``last=<text>`` sets
    suspend_data just before, ``quiet`` does not initialise."""
    return several(version, [("one", query, "")])


def several(version: str, items: list[tuple[str, str, str]], sequencing: str = "") -> dict[str, bytes]:
    """A package with these items: identifier, query, and what stands inside the item's element."""
    make = _manifest_12 if version == "1.2" else _manifest_2004
    written = "".join(
        f'<item identifier="{name}" identifierref="r" parameters="?{_escaped(query) or "x=1"}">'
        f"<title>Item {name}</title>{inside}</item>"
        for name, query, inside in items
    )
    return _files(make(written, sequencing))


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;")


def _manifest_12(items: str, _sequencing: str) -> str:
    return f"""<?xml version="1.0"?>
<manifest identifier="course" version="1" xmlns="http://www.imsproject.org/xsd/imscp_rootv1p1p2"
  xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_rootv1p2">
  <metadata><schema>ADL SCORM</schema><schemaversion>1.2</schemaversion></metadata>
  <organizations default="o"><organization identifier="o"><title>Hygiene</title>{items}</organization></organizations>
  <resources>
    <resource identifier="r" type="webcontent" adlcp:scormtype="sco" href="index.html"><file href="index.html"/></resource>
  </resources>
</manifest>"""


def _manifest_2004(items: str, sequencing: str) -> str:
    return f"""<?xml version="1.0"?>
<manifest identifier="course" version="1" xmlns="http://www.imsglobal.org/xsd/imscp_v1p1"
  xmlns:adlcp="http://www.adlnet.org/xsd/adlcp_v1p3" xmlns:adlseq="http://www.adlnet.org/xsd/adlseq_v1p3"
  xmlns:adlnav="http://www.adlnet.org/xsd/adlnav_v1p3" xmlns:imsss="http://www.imsglobal.org/xsd/imsss">
  <metadata><schema>ADL SCORM</schema><schemaversion>2004 4th Edition</schemaversion></metadata>
  <organizations default="o"><organization identifier="o"><title>Hygiene</title>{items}{sequencing}</organization></organizations>
  <resources>
    <resource identifier="r" type="webcontent" adlcp:scormType="sco" href="index.html"><file href="index.html"/></resource>
  </resources>
</manifest>"""
