"""Pages of the tests' own platform: a course with the tool in a frame, its storage for tools, and forms that send themselves.

Client Side postMessages 1.0 (``lti.capabilities``), Platform Storage 1.0 (``lti.put_data``, ``lti.get_data``), and what Canvas
began and others follow (``lti.frameResize``).
"""

import html
import json

_STORAGE = """
const kept = {}, LIMIT = 4096;
window.told = [];
const supported = () => [
  {subject: "lti.capabilities"}, {subject: "lti.frameResize"},
  {subject: "lti.get_data", frame: FRAME}, {subject: "lti.put_data", frame: FRAME}];
addEventListener("message", event => {
  const asked = event.data;
  if (!asked || typeof asked !== "object" || !asked.subject) return;
  window.told.push({origin: event.origin, ...asked});
  if (asked.subject === "lti.frameResize") {
    for (const frame of document.querySelectorAll("iframe"))
      if (frame.contentWindow === event.source) frame.style.height = asked.height + "px";
    return;
  }
  if (asked.subject === "org.imsglobal.lti.close") { document.body.dataset.closed = "yes"; return; }
  if (SILENT) return;
  const answer = {subject: asked.subject + ".response", message_id: asked.message_id};
  const own = kept[event.origin] ??= {};
  if (!asked.message_id) answer.error = {code: "bad_request", message: "There is no message_id"};
  else if (asked.subject === "lti.capabilities") answer.supported_messages = supported();
  else if (!HERE) answer.error = {code: "wrong_frame", message: "Not in this window"};
  else if (event.origin !== TOOL) answer.error = {code: "wrong_origin", message: "Not a tool of this platform"};
  else if (asked.subject === "lti.put_data") {
    if (typeof asked.key !== "string") answer.error = {code: "bad_request", message: "There is no key"};
    else if (JSON.stringify(asked.value ?? null).length > LIMIT) answer.error = {code: "storage_exhaustion", message: "Too long"};
    else {
      if (asked.value === null || asked.value === undefined) delete own[asked.key]; else own[asked.key] = asked.value;
      Object.assign(answer, {key: asked.key, value: asked.value});
    }
  } else if (asked.subject === "lti.get_data") Object.assign(answer, {key: asked.key, value: own[asked.key]});
  else answer.error = {code: "unsupported_subject", message: "Not known"};
  event.source.postMessage(answer, event.origin);
});
"""


def page(title: str, body: str, *, script: str = "") -> str:
    """A whole page."""
    written = f"<script>{script}</script>" if script else ""
    head = f'<!doctype html><html lang="nb"><meta charset="utf-8"><title>{html.escape(title)}</title>'
    return f"{head}<body>{body}{written}</body></html>"


def storage_script(tool_origin: str, *, frame: str, here: bool, silent: bool = False) -> str:
    """What keeps things for the tool. ``here`` says that this window is the one; ``frame`` is what it is called."""
    facts = {"TOOL": tool_origin, "FRAME": frame, "HERE": here, "SILENT": silent}
    return "".join(f"const {name} = {json.dumps(value)};" for name, value in facts.items()) + _STORAGE


def course(title: str, frame_url: str, *, script: str, storage_frame: str | None) -> str:
    """A course with the tool in a frame, and with a hidden frame that keeps things where it is called something."""
    keeper = (
        f'<iframe name="{storage_frame}" title="storage" src="/storage" style="display:none"></iframe>' if storage_frame else ""
    )
    tool = (
        f'<iframe title="Verktøy" class="ltiLaunchFrame" name="tool" src="{html.escape(frame_url)}"'
        ' style="width:100%;height:300px;border:1px solid"></iframe>'
    )
    return page(title, f"<h1>{html.escape(title)}</h1>{keeper}{tool}", script=script)


def sent_form(action: str, fields: dict[str, str]) -> str:
    """A form that sends itself."""
    hidden = "".join(
        f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">' for name, value in fields.items()
    )
    return page(
        "…", f'<form id="f" method="post" action="{html.escape(action)}">{hidden}</form>', script="document.forms[0].submit();"
    )
