"""A learning system without LTI: imports a SCORM package, plays it two frames deep, and keeps what it reports."""

import io
import json
import mimetypes
import zipfile

from tests.support.lti.foreign.serving import Serving

SYSTEM = """<!DOCTYPE html><html lang="nb"><meta charset="utf-8"><title>Læringsportalen</title><script>
window.values = VALUES; window.calls = [];
const log = (name, answer) => (...given) => { window.calls.push([name, ...given]); return answer(...given); };
const is12 = IS_12;
const names = is12 ? ["LMSInitialize", "LMSGetValue", "LMSSetValue", "LMSCommit", "LMSFinish", "LMSGetLastError"]
  : ["Initialize", "GetValue", "SetValue", "Commit", "Terminate", "GetLastError"];
window[is12 ? "API" : "API_1484_11"] = {
  [names[0]]: log("initialize", () => "true"),
  [names[1]]: (key) => window.values[key] ?? "",
  [names[2]]: log("set", (key, value) => { window.values[key] = String(value); return "true"; }),
  [names[3]]: log("commit", () => "true"),
  [names[4]]: log("finish", () => "true"),
  [names[5]]: () => "0",
};
</script><body style="margin:0"><h1 style="font:1rem system-ui;margin:.5rem">Læringsportalen</h1>
<iframe src="/middle" title="Kurs" style="width:100%;height:90vh;border:0"></iframe></body></html>"""
MIDDLE = """<!DOCTYPE html><html lang="nb"><title>Kurs</title><body style="margin:0">
<iframe src="/package/index.html" title="Kurs" style="width:100%;height:88vh;border:0"></iframe></body></html>"""
LEARNERS = {"1.2": ("cmi.core.student_id", "cmi.core.student_name"), "2004": ("cmi.learner_id", "cmi.learner_name")}


class OtherLms:
    """Start it with the bytes of a package; a page of it shows the package to a learner. ``url`` is its origin."""

    def __init__(self, package: bytes, *, is_2004: bool = False) -> None:
        self.package, self.is_2004 = zipfile.ZipFile(io.BytesIO(package)), is_2004
        self.learner = ("ola", "Nordmann, Ola")

    def __enter__(self):
        self.serving = Serving(self._application)
        self.url = f"http://localhost:{self.serving.port}"
        return self

    def __exit__(self, *_raised):
        self.serving.stop()

    def _application(self, environ, start):
        path = environ["PATH_INFO"]
        if path == "/":
            named = dict(zip(LEARNERS["2004" if self.is_2004 else "1.2"], self.learner, strict=True))
            values = named | ({} if self.is_2004 else {"cmi.core.lesson_status": "not attempted"})
            text = SYSTEM.replace("VALUES", json.dumps(values)).replace("IS_12", json.dumps(not self.is_2004))
            kind, content = "text/html", text.encode()
        elif path == "/middle":
            kind, content = "text/html", MIDDLE.encode()
        elif path.startswith("/package/") and path[9:] in self.package.namelist():
            kind, content = mimetypes.guess_type(path)[0], self.package.read(path[9:])
        else:
            start("404 Not Found", [("Content-Length", "0")])
            return [b""]
        start("200 OK", [("Content-Type", f"{kind}; charset=utf-8"), ("Content-Length", str(len(content)))])
        return [content]
