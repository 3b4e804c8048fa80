"""What attackers make, and what is looked for after them."""

import io
import struct
import zipfile

from tests.support.packages import billion_laughs, item_xml, manifest_xml, single_sco, zipped

# Packages


def many_small_bombs(count=80):
    """Entries of 1 MiB, each small enough not to be looked at by itself."""
    zeros = bytes(1024 * 1024 - 8)
    return zipped(single_sco() | {f"zeros{each}.bin": zeros + struct.pack(">Q", each) for each in range(count)})


def overlapping():
    """Two entries of the directory with one local header, as in bombs whose every entry is the same kernel."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for path, text in (single_sco() | {"kernel.bin": "x" * 1000, "copied.bin": "x" * 1000}).items():
            archive.writestr(path, text)
        first, second = archive.getinfo("kernel.bin"), archive.getinfo("copied.bin")
        second.header_offset = first.header_offset
    return made.getvalue()


def laughing_attribute():
    """A manifest whose doubling entities stand in an attribute, where parsers put them in without being told to."""
    return billion_laughs().replace("&l9;", "Kurs").replace('identifier="m1"', 'identifier="&l9;"')


def external_dtds(url):
    """Manifests that want something from that address."""
    types = (
        f'<!DOCTYPE manifest SYSTEM "{url}.dtd">',
        f'<!DOCTYPE manifest PUBLIC "-//X//EN" "{url}.dtd">',
        f'<!DOCTYPE manifest [<!ENTITY % part SYSTEM "{url}.ent"> %part;]>',
    )
    include = f'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="{url}.xml" parse="text"/>'
    style = f'<?xml-stylesheet type="text/xsl" href="{url}.xsl"?>'
    declared = [manifest_xml().replace("\n<manifest", f"\n{each}\n<manifest", 1) for each in (*types, style)]
    return [*declared, manifest_xml(inside=include)]


def drawn_out(depth):
    """Items one in another."""
    open_items = "".join(f'<item identifier="x{each}"><title>Dypt</title>' for each in range(depth))
    return item_xml("i1", "Side", "r1") + open_items + "</item>" * depth


# What is left


def left_on_disk(app):
    """Everything that lies where packages are kept and where uploads wait."""
    data_dir = app.extensions["lrs_bridge"].settings.data_dir
    folders = (data_dir / "packages", data_dir / "uploads")
    return [str(path.relative_to(data_dir)) for folder in folders for path in folder.rglob("*") if path.is_file()]


def quoting(text, *needles):
    """Those of the needles that stand in the text as they are."""
    return [needle for needle in needles if needle in text]


# A course that attacks from inside a browser

ATTACKS_JS = """
// window.attacks.<name>(argument) gives {reached: …} or {refused: name of the error}
(function () {
  "use strict";
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const loaded = (element, parent) => new Promise((resolve, reject) => {
    element.onload = () => resolve(element);
    element.onerror = () => reject(new DOMException("", "NotLoaded"));
    (parent || document.body).append(element);
    setTimeout(() => reject(new DOMException("", "TimeOut")), 3000);
  });
  const made = (name, values) => Object.assign(document.createElement(name), values);
  const all = {
    // the page around the frame
    document_above: () => window.parent.parent.document.title,
    document_at_the_top: () => window.top.document.body.innerHTML,
    cookies_at_the_top: () => window.top.document.cookie,
    storage_at_the_top: () => window.top.localStorage.length,
    session_storage_at_the_top: () => window.top.sessionStorage.length,
    database_at_the_top: () => window.top.indexedDB.databases(),
    address_at_the_top: () => window.top.location.href,
    function_at_the_top: () => window.top.fetch("/"),
    api_at_the_top: () => { window.top.API = {}; return window.top.API; },
    own_frame_element_above: () => window.parent.frameElement.outerHTML,
    // leaving with the whole window
    go: (url) => { window.top.location.href = url; },
    replace: (url) => { window.top.location.replace(url); },
    open_as_top: (url) => String(window.open(url, "_top")),
    open_as_the_parents_parent: (url) => { window.parent.parent.location = url; },
    click_to_top: (url) => { const a = made("a", { href: url, target: "_top" }); document.body.append(a); a.click(); },
    send_to_top: (url) => {
      const form = made("form", { action: url, target: "_top", method: "post" });
      document.body.append(form);
      form.submit();
    },
    // other sites' pages, by all that loads
    fetch: async (url) => (await fetch(url, { credentials: "include" })).text(),
    fetch_opaque: async (url) => (await fetch(url, { credentials: "include", mode: "no-cors" })).text(),
    request: (url) => new Promise((resolve, reject) => {
      const asked = new XMLHttpRequest();
      asked.withCredentials = true;
      asked.onload = () => resolve(asked.responseText);
      asked.onerror = () => reject(new DOMException("", "NotLoaded"));
      asked.open("GET", url);
      asked.send();
    }),
    post_json: async (url) => (await fetch(url, { method: "POST", credentials: "include", body: "{}",
      headers: { "Content-Type": "application/json", "X-CSRFToken": "x" } })).status,
    script: (url) => loaded(made("script", { src: url })),
    module: (url) => import(url),
    image: (url) => loaded(made("img", { src: url })),
    style: (url) => loaded(made("link", { rel: "stylesheet", href: url })).then((link) => link.sheet.cssRules.length),
    frame: async (url) => (await loaded(made("iframe", { src: url }))).contentDocument.body.innerHTML,
    object: async (url) => (await loaded(made("object", { data: url, type: "text/html" }))).contentDocument.body.innerHTML,
    embed: async (url) => (await loaded(made("embed", { src: url, type: "text/html" }))).getSVGDocument().body.innerHTML,
    popup: async (url) => {
      const opened = window.open(url, "_blank");
      await pause(1500);
      return opened.document.body.innerHTML;
    },
    form: async (url) => {
      const frame = made("iframe", { name: `f${Math.random()}` });
      const form = made("form", { action: url, method: "post", target: frame.name });
      document.body.append(frame, form);
      form.submit();
      await pause(1000);
      return frame.contentDocument.body.innerHTML;
    },
    // staying
    own_cookies: () => document.cookie,
    bake: (cookie) => { document.cookie = cookie; return document.cookie; },
    worker: async ([script, scope, type]) => (await navigator.serviceWorker.register(script, { scope, type })).scope,
    workers: async () => (await navigator.serviceWorker.getRegistrations()).length,
    // others' courses, and the server
    state: async (address) => (await fetch(`${address}/state`)).status,
    commit: async ([address, commit]) => {
      const answer = await fetch(`${address}/commit`, { method: "POST", body: JSON.stringify(commit) });
      return [answer.status, (await answer.json()).reason ?? null];
    },
    databases: async () => {
      const found = {};
      for (const { name } of await indexedDB.databases()) {
        const opened = await new Promise((resolve, reject) => {
          const asked = indexedDB.open(name);
          asked.onsuccess = () => resolve(asked.result);
          asked.onerror = () => reject(asked.error);
        });
        for (const store of opened.objectStoreNames) {
          found[`${name}.${store}`] = await new Promise((resolve) => {
            const asked = opened.transaction(store).objectStore(store).getAll();
            asked.onsuccess = () => resolve(asked.result);
          });
        }
        opened.close();
      }
      return found;
    },
    call_off: (attempt) => new BroadcastChannel(`lrs_bridge:${attempt}`).postMessage({ type: "stop", from: "x", session: 1e9 }),
    say_from_here: (message) => window.top.postMessage(message, "*"),
    say_to: ([place, message]) => { window.open("", place).postMessage(message, "*"); },
    // the frame itself, which is of the same origin: its course can make it say anything
    say_as_the_frame: async (messages) => {
      window.parent.messages = messages;
      await loaded(made("script", { src: new URL("speak.js", location.href).href }), window.parent.document.body);
    },
    take_the_api: () => { window.parent.API = { LMSInitialize: () => "mine" }; return window.parent.API.LMSInitialize(); },
    download: (name) => { const a = made("a", { href: "sheet.txt", download: name }); document.body.append(a); a.click(); },
    drawing: async () => {
      const frame = await loaded(made("iframe", { src: "drawing.svg" }));
      await pause(200);
      return frame.contentDocument.documentElement.getAttribute("data-reached");
    },
  };
  window.attacks = Object.fromEntries(Object.entries(all).map(([name, attack]) => [name, async (argument) => {
    try { return { reached: (await attack(argument)) ?? null }; } catch (refused) { return { refused: refused.name }; }
  }]));
})();
"""
SPEAK_JS = "for (const message of window.messages) window.parent.postMessage(message, '*');"
SVG = """<svg xmlns="http://www.w3.org/2000/svg"><script>
let reached; try { reached = top.document.title; } catch (refused) { reached = refused.name; }
document.documentElement.setAttribute("data-reached", reached);
</script></svg>"""
WORKER = "self.addEventListener('fetch', (event) => event.respondWith(new Response('owned')));"


def attacker(title="Angrep"):
    """A course that does what it is told: its page has ``window.attacks``."""
    files = single_sco(title=title, script={"start": [["Initialize"]], "leave": []})
    page = files["index.html"].replace("</body>", '<script src="attacks.js"></script></body>')
    more = {"attacks.js": ATTACKS_JS, "speak.js": SPEAK_JS, "drawing.svg": SVG, "worker.js": WORKER, "sheet.txt": "Ark"}
    return files | more | {"index.html": page}
