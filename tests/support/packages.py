"""Packages for tests, made by our own code: in the shapes of authoring tools, plain, and hostile.

A package is a dict from path to content; ``zipped`` makes the file. The content is one page, ``COURSE_PAGE``, which finds the
run-time by walking parents and openers and does what a script tells, so that each tool's habits can be acted out.
"""

import io
import json
import struct
import zipfile
import zlib
from html import escape
from pathlib import Path

SHARED = Path(__file__).parents[2] / "../shared/packages"
"""Real packages, where they are; never part of the project."""

CP_1_2 = "http://www.imsproject.org/xsd/imscp_rootv1p1p2"
ADLCP_1_2 = "http://www.adlnet.org/xsd/adlcp_rootv1p2"
CP_2004 = "http://www.imsglobal.org/xsd/imscp_v1p1"
ADLCP_2004 = "http://www.adlnet.org/xsd/adlcp_v1p3"
SCHEMAVERSIONS = {"1.2": "1.2", "2nd": "CAM 1.3", "3rd": "2004 3rd Edition", "4th": "2004 4th Edition"}
CMI5 = "https://w3id.org/xapi/profiles/cmi5/v1/CourseStructure.xsd"

COURSE_JS = """
(function () {
  "use strict";
  // finds the run-time as SCORM 1.2 RTE 3.3.6.1 and SCORM 2004 RTE 3.2.1 tell: up the parents, then from the opener
  function above(win) {
    for (var steps = 0; win && steps < 500; steps += 1) {
      try {
        if (win.API_1484_11) { return { api: win.API_1484_11, prefix: "", end: "Terminate", start: "Initialize" }; }
        if (win.API) { return { api: win.API, prefix: "LMS", end: "Finish", start: "Initialize" }; }
      } catch (refused) { return null; }
      if (win.parent === win) { return null; }
      win = win.parent;
    }
    return null;
  }
  var found = above(window) || (window.opener ? above(window.opener) : null);
  var course = { found: !!found, log: [], left: 0 };
  // course.call("SetValue", "cmi.location", "3"); 1.2's names are made from 2004's
  course.call = function (name, first, second) {
    if (!found) { return ""; }
    var own = found.prefix + (name === "Terminate" ? found.end : name);
    var given = name === "SetValue" ? [first, second] : [first === undefined ? "" : first];
    var result = found.api[own].apply(found.api, given);
    course.log.push([own].concat(given, [String(result)]));
    return result;
  };
  course.run = function (calls) { (calls || []).forEach(function (call) { course.call.apply(null, call); }); };
  course.leave = function () { course.left += 1; course.run(course.script.leave); };
  var asked = new URLSearchParams(window.location.search).get("script");
  course.script = asked ? JSON.parse(asked) : (window.script || { start: [["Initialize"]], leave: [["Terminate"]] });
  (course.script.events || ["pagehide"]).forEach(function (name) {
    var where = name === "visibilitychange" ? document : window;
    where.addEventListener(name, function () {
      if (name !== "visibilitychange" || document.visibilityState === "hidden") { course.leave(); }
    });
  });
  window.course = course;
  window.addEventListener("load", function () {
    course.run(course.script.start);
    document.getElementById("state").textContent = found ? "ready" : "no run-time";
  });
})();
"""


def course_page(script=None, title="Kurs", source="course.js"):
    """A page that acts a script out: ``start``, ``leave`` (lists of calls) and ``events`` on which it is left."""
    told = f"<script>window.script = {json.dumps(script)};</script>" if script is not None else ""
    return (
        f'<!DOCTYPE html><html lang="nb"><head><meta charset="utf-8"><title>{escape(title)}</title>{told}'
        f'<script src="{source}"></script></head><body><h1>{escape(title)}</h1><p id="state">starting</p></body></html>'
    )


def item_xml(identifier, title="Side", resource=None, *, attributes="", inside=""):
    """An item; ``inside`` is XML after its title."""
    reference = f' identifierref="{resource}"' if resource else ""
    return f'<item identifier="{identifier}"{reference} {attributes}><title>{escape(title)}</title>{inside}</item>'


def resource_xml(identifier="r1", href="index.html", kind="sco", *, files=(), attributes="", inside="", spelling="scormType"):
    """A resource; ``files`` are declared besides ``href``."""
    launch = f' href="{escape(href)}"' if href else ""
    listed = "".join(f'<file href="{escape(path)}"/>' for path in ([href] if href else []) + list(files))
    kinds = f' adlcp:{spelling}="{kind}"' if kind else ""
    return f'<resource identifier="{identifier}" type="webcontent"{kinds}{launch} {attributes}>{listed}{inside}</resource>'


def manifest_xml(
    version="1.2",
    *,
    items=None,
    resources=None,
    title="Kurs",
    organization="",
    organizations=None,
    attributes="",
    metadata=None,
    inside="",
):
    """A manifest; ``version`` is 1.2, 2nd, 3rd or 4th. ``organization`` is XML after the items."""
    cp, adlcp = (CP_1_2, ADLCP_1_2) if version == "1.2" else (CP_2004, ADLCP_2004)
    if metadata is None:
        metadata = f"<metadata><schema>ADL SCORM</schema><schemaversion>{SCHEMAVERSIONS[version]}</schemaversion></metadata>"
    if organizations is None:
        content = items if items is not None else item_xml("i1", title, "r1")
        organizations = (
            f'<organizations default="o1"><organization identifier="o1"><title>{escape(title)}</title>'
            f"{content}{organization}</organization></organizations>"
        )
    spelling = "scormtype" if version == "1.2" else "scormType"
    listed = resources if resources is not None else resource_xml(spelling=spelling)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<manifest identifier="m1" version="1" xmlns="{cp}" xmlns:adlcp="{adlcp}"'
        ' xmlns:imsss="http://www.imsglobal.org/xsd/imsss" xmlns:adlseq="http://www.adlnet.org/xsd/adlseq_v1p3"'
        f' xmlns:adlnav="http://www.adlnet.org/xsd/adlnav_v1p3" {attributes}>\n{metadata}\n{organizations}\n'
        f"<resources>{listed}</resources>{inside}</manifest>"
    )


def zipped(files, *, compression=zipfile.ZIP_DEFLATED):
    """The zip file of a package."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", compression) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return made.getvalue()


def single_sco(version="1.2", *, script=None, title="Kurs", **manifest):
    """One SCO, in a package that is as plain as can be."""
    page = course_page(script, title)
    resources = resource_xml(files=["course.js"], spelling="scormtype" if version == "1.2" else "scormType")
    made = manifest_xml(version, title=title, **({"resources": resources} | manifest))
    return {"imsmanifest.xml": made, "index.html": page, "course.js": COURSE_JS}


def several_scos(version="1.2", *, count=3, scripts=(), title="Kurs", organization="", item_inside=()):
    """SCOs ``i1``, ``i2`` … below one organization, each with a page (``p1.html`` …) and a script of its own."""
    inside = dict(enumerate(item_inside, 1))
    numbers = range(1, count + 1)
    items = "".join(item_xml(f"i{each}", f"Side {each}", f"r{each}", inside=inside.get(each, "")) for each in numbers)
    spelling = "scormtype" if version == "1.2" else "scormType"
    resources = "".join(resource_xml(f"r{each}", f"p{each}.html", files=["course.js"], spelling=spelling) for each in numbers)
    pages = {f"p{each}.html": course_page(dict(enumerate(scripts, 1)).get(each), f"Side {each}") for each in numbers}
    made = manifest_xml(version, title=title, items=items, resources=resources, organization=organization)
    return {"imsmanifest.xml": made, "course.js": COURSE_JS} | pages


def _scorm(version, href, pages, *, title, schemaversion=None):
    """A package of a tool: its pages, with a manifest that declares all of them."""
    spelling = "scormtype" if version == "1.2" else "scormType"
    resource = resource_xml(href=href, files=[path for path in pages if path != href], spelling=spelling)
    metadata = schemaversion and f"<metadata><schema>ADL SCORM</schema><schemaversion>{schemaversion}</schemaversion></metadata>"
    return {"imsmanifest.xml": manifest_xml(version, title=title, resources=resource, metadata=metadata)} | pages


def _values(version, **values):
    """Calls that set values, by the names of the version: ``status``, ``completion``, ``success``, ``exit``, ``suspend_data``,
    ``raw``, ``location``.
    """
    names = {
        "1.2": {
            "status": "cmi.core.lesson_status",
            "exit": "cmi.core.exit",
            "suspend_data": "cmi.suspend_data",
            "raw": "cmi.core.score.raw",
            "location": "cmi.core.lesson_location",
        },
        "2004": {
            "completion": "cmi.completion_status",
            "success": "cmi.success_status",
            "exit": "cmi.exit",
            "suspend_data": "cmi.suspend_data",
            "raw": "cmi.score.raw",
            "location": "cmi.location",
        },
    }["1.2" if version == "1.2" else "2004"]
    return [["SetValue", names[name], value] for name, value in values.items() if name in names]


def rise(version="1.2", *, title="Rise-kurs"):
    """Rise 360: a driver that starts the content, and no commit before it is left."""
    script = {
        "start": [["Initialize"], *_values(version, status="incomplete", completion="incomplete", exit="suspend")],
        "leave": [*_values(version, location="2", suspend_data="{" + "x" * 5000 + "}"), ["Terminate"]],
        "events": ["beforeunload", "unload"],
    }
    pages = {
        "scormdriver/indexAPI.html": course_page(script, title, "scormdriver.js"),
        "scormdriver/scormdriver.js": COURSE_JS,
        "scormdriver/driverOptions.js": "",
        "scormcontent/index.html": course_page({"start": []}, title, "lib/main.bundle.js"),
        "scormcontent/lib/main.bundle.js": COURSE_JS,
    }
    return _scorm(version, "scormdriver/indexAPI.html", pages, title=title)


def _storyline_files(title, script):
    page = course_page(script, title)
    made_by = "<!-- Created using Storyline 360 - http://www.articulate.com  --><!-- version: 3.43.22859.0 -->"
    described = (
        f'<?xml version="1.0" encoding="utf-8"?><meta><project title="{escape(title)}">'
        '<application name="Articulate Storyline" version="3.57.26476.0" xmlversion="4.0" /></project></meta>'
    )
    return {
        "story.html": page.replace("<head>", f"<head>{made_by}"),
        "index_lms.html": page,
        "meta.xml": described,
        "course.js": COURSE_JS,
        "html5/data/js/data.js": "",
        "story_content/user.js": "",
    }


def storyline(version="2nd", *, title="Storyline-kurs"):
    """Storyline 360: says ``CAM 1.3`` for SCORM 2004, and that success is unknown."""
    script = {
        "start": [["Initialize"], *_values(version, status="incomplete", completion="incomplete", success="unknown"), ["Commit"]],
        "leave": [*_values(version, suspend_data="2a38" * 1500, exit="suspend"), ["Commit"], ["Terminate"]],
        "events": ["beforeunload", "unload"],
    }
    return _scorm(version, "index_lms.html", _storyline_files(title, script), title=title)


def tincan_xml(activity="urn:articulate:storyline:5bf7UNdh4tm", *, title="Kurs", launch="index_lms.html", inside=""):
    """A ``tincan.xml`` of one course."""
    started = f'<launch lang="und">{escape(launch)}</launch>' if launch else ""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<tincan xmlns="http://projecttincan.com/tincan.xsd"><activities>'
        f'<activity id="{escape(activity)}" type="http://adlnet.gov/expapi/activities/course"><name>{escape(title)}</name>'
        f'<description lang="en-US">Om {escape(title)}</description>{started}</activity>{inside}</activities></tincan>'
    )


def storyline_tincan(*, title="Storyline-kurs"):
    """Storyline 360 published as xAPI."""
    return {"tincan.xml": tincan_xml(title=title)} | _storyline_files(title, {"start": [], "leave": []})


def cmi5_xml(*, title="Kurs", publisher_id="https://lrs-bridge.example/kurs/1", url="index.html", move_on="Completed", inside=""):
    """A course structure of one AU."""
    said = f'<title><langstring lang="nb">{escape(title)}</langstring></title>'
    said += f'<description><langstring lang="nb">Om {escape(title)}</langstring></description>'
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<courseStructure xmlns="{CMI5}"><course id="{publisher_id}">{said}</course>'
        f'<au id="{publisher_id}/au" moveOn="{move_on}">{said}<url>{escape(url)}</url></au>{inside}</courseStructure>'
    )


def storyline_cmi5(*, title="Storyline-kurs"):
    """Storyline 360 published as cmi5."""
    files = _storyline_files(title, {"start": [], "leave": []})
    return {"cmi5.xml": cmi5_xml(title=title, url="index_lms.html")} | files


def captivate(version="3rd", *, title="Captivate-kurs"):
    """Captivate: sets its values and leaves committing to the end."""
    script = {
        "start": [["Initialize"], *_values(version, status="incomplete", completion="incomplete", exit="suspend")],
        "leave": [*_values(version, location="Slide2", suspend_data="A1Enone%24"), ["Terminate"]],
        "events": ["beforeunload", "unload"],
    }
    project = {"metadata": {"generator": "Captivate", "generatorVersion": "11.5.5", "launchFile": "index_scorm.html"}}
    pages = {
        "index_scorm.html": course_page(script, title),
        "index.html": course_page({"start": []}, title),
        "course.js": COURSE_JS,
        "project.txt": json.dumps(project),
        "assets/js/CPM.js": "",
        "dr/img1.json": "{}",
    }
    return _scorm(version, "index_scorm.html", pages, title=title)


def ispring(version="4th", *, title="iSpring-kurs"):
    """ISpring: reports ``failed`` within seconds of its first opening, before anything is completed."""
    early = _values(version, raw="16.67", status="failed", success="failed", completion="incomplete")
    script = {
        "start": [["Initialize"], *early, *_values(version, exit="suspend"), ["Commit"]],
        "leave": [*_values(version, suspend_data="N4IgDgTgpgbg"), ["Commit"], ["Terminate"]],
        "events": ["beforeunload", "unload", "pagehide"],
    }
    page = course_page(script, title).replace("<head>", '<head><meta name="generator" content="iSpring Suite 11.3.2"/>')
    pages = {"res/index.html": page, "res/course.js": COURSE_JS, "res/data/player.js": ""}
    return _scorm(version, "res/index.html", pages, title=title)


def adapt(version="1.2", *, title="Adapt-kurs"):
    """Adapt: tests the connection, commits when it is hidden, and ends up to three times."""
    test = [["GetValue", "cmi.suspend_data"], ["Commit"]]
    state = json.dumps({"_isComplete": False, "c": "hgCQAwA="})
    script = {
        "start": [["Initialize"], *test, *_values(version, status="incomplete", completion="incomplete"), ["Commit"]],
        "leave": [*_values(version, suspend_data=state, exit="suspend"), ["Commit"], ["Terminate"]],
        "events": ["visibilitychange", "beforeunload", "unload", "pagehide"],
    }
    build = {"package": {"name": "adapt_framework", "version": "5.31.2"}}
    pages = {
        "index.html": course_page(script, title, "adapt/js/adapt.min.js"),
        "adapt/js/adapt.min.js": COURSE_JS,
        "adapt/js/build.min.js": json.dumps(build, separators=(",", ":")),
        "course/config.json": "{}",
        "course/en/course.json": json.dumps({"title": title}),
    }
    return _scorm(version, "index.html", pages, title=title)


def h5p(version="1.2", *, title="H5P-kurs"):
    """An H5P content in a player of its own, in a SCORM wrapper."""
    script = {
        "start": [["Initialize"], *_values(version, status="incomplete", completion="incomplete"), ["Commit"]],
        "leave": [["Terminate"]],
    }
    main = {"machineName": "H5P.QuestionSet", "majorVersion": 1, "minorVersion": 20}
    described = {"title": title, "mainLibrary": "H5P.QuestionSet", "preloadedDependencies": [main]}
    pages = {
        "index.html": course_page(script, title),
        "course.js": COURSE_JS,
        "workspace/h5p.json": json.dumps(described),
        "workspace/content/content.json": "{}",
        "js/h5p-standalone.js": "",
    }
    return _scorm(version, "index.html", pages, title=title)


def kursbyggeren(version="1.2", *, title="Kurs i Kursbyggeren", server="https://kursbyggeren.example"):
    """A thin package that frames a player elsewhere, and completes when that says so."""
    script = {
        "start": [["Initialize"], *_values(version, status="incomplete", completion="incomplete")],
        "leave": [["Terminate"]],
    }
    frame = f'<iframe src="{server}/?startcourseid=726&amp;tracking=1" title="{escape(title)}"></iframe>'
    page = course_page(script, title).replace("</body>", f"{frame}</body>")
    return _scorm(version, "index.html", {"index.html": page, "course.js": COURSE_JS}, title=title)


TOOLS = {
    "Articulate Rise 360": rise,
    "Articulate Storyline 360": storyline,
    "Adobe Captivate": captivate,
    "iSpring Suite": ispring,
    "Adapt": adapt,
    "H5P": h5p,
    "Kursbyggeren": kursbyggeren,
}
"""A builder for each tool that is recognised."""

# -- hostile packages: what each attacks is its name


def with_entry(name, content=b"x", *, mode=None, flags=0, size=None, summed=None):
    """A plain package with one more entry that no tool writes: any name, unix mode, flags, a false length or checksum."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in single_sco().items():
            archive.writestr(path, text)
        entry = zipfile.ZipInfo("evil.txt")
        entry.filename = name
        entry.compress_type = zipfile.ZIP_DEFLATED
        if mode is not None:
            entry.create_system, entry.external_attr = 3, mode << 16
        archive.writestr(entry, content)
    raw = bytearray(made.getvalue())
    local, central = raw.rfind(b"PK\x03\x04"), raw.rfind(b"PK\x01\x02")
    if flags:
        raw[local + 6 : local + 8] = struct.pack("<H", struct.unpack_from("<H", raw, local + 6)[0] | flags)
        raw[central + 8 : central + 10] = struct.pack("<H", struct.unpack_from("<H", raw, central + 8)[0] | flags)
    if size is not None:
        raw[local + 22 : local + 26] = raw[central + 24 : central + 28] = struct.pack("<I", size)
    if summed is not None:
        raw[local + 14 : local + 18] = raw[central + 16 : central + 20] = struct.pack("<I", zlib.crc32(summed))
    return bytes(raw)


def zip_bomb(length=64 * 1024 * 1024):
    """One entry of zeros that is more than a thousand times as long as it is packed."""
    return zipped(single_sco() | {"zeros.bin": bytes(length)})


def xxe_manifest(target="file:///etc/passwd"):
    """A manifest whose title is a file of the server."""
    declared = f'<!DOCTYPE manifest [<!ENTITY xxe SYSTEM "{target}">]>'
    made = manifest_xml().replace("\n<manifest", f"\n{declared}\n<manifest", 1)
    return made.replace("<title>Kurs</title>", "<title>&xxe;</title>")


def billion_laughs():
    """A manifest whose entities double ten times and more."""
    entities = '<!ENTITY l0 "ha">' + "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    made = manifest_xml().replace("\n<manifest", f"\n<!DOCTYPE manifest [{entities}]>\n<manifest", 1)
    return made.replace("<title>Kurs</title>", "<title>&l9;</title>")


def scripted_titles():
    """A package whose every text is a script, as HTML and as a link."""
    evil = '<script>parent.document.title="owned"</script><img src=x onerror=alert(1)>"\'>'
    return single_sco(title=evil)


ATTACKS_JS = """
// each attack notes in window.tried what came of it: "reached: …" or "refused: …"; window.triedAll is set when all are through
(async function () {
  "use strict";
  var target = new URLSearchParams(window.location.search).get("target") || "/";
  window.tried = {};
  async function attempt(name, attack) {
    try { window.tried[name] = "reached: " + String(await attack()).slice(0, 200); }
    catch (refused) { window.tried[name] = "refused: " + (refused && refused.name); }
  }
  await attempt("parent_document", function () { return window.parent.document.title; });
  await attempt("top_document", function () { return window.top.document.title; });
  await attempt("top_cookie", function () { return window.top.document.cookie; });
  await attempt("top_storage", function () { return window.top.localStorage.length; });
  await attempt("own_cookie", function () { return document.cookie || "(none)"; });
  await attempt("application", async function () {
    var answer = await fetch(target, { credentials: "include" });
    return answer.status + " " + (await answer.text()).length;
  });
  await attempt("service_worker", async function () {
    return (await navigator.serviceWorker.register("sw.js", { scope: "/" })).scope;
  });
  await attempt("popup", function () { return window.open(target, "attack") ? "opened" : "blocked"; });
  await attempt("top_navigation", function () { window.top.location.href = "about:blank"; return "navigated"; });
  window.triedAll = true;
})();
"""


def attacking(version="1.2", *, title="Angrep"):
    """A package whose page tries to reach the application, other attempts and the browser; ``window.tried`` tells how far."""
    page = course_page(None, title).replace("</body>", '<script src="attacks.js"></script></body>')
    worker = "self.addEventListener('fetch', function (event) { event.respondWith(new Response('owned')); });"
    pages = {"index.html": page, "course.js": COURSE_JS, "attacks.js": ATTACKS_JS, "sw.js": worker}
    return _scorm(version, "index.html", pages, title=title)
