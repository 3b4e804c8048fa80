// Pages inside the frame of a learning platform. No inline script runs there, so what a page wants stands in its data-lti attributes:
//   login     finds out what the browser keeps for frames, leaves the login's proof there, and goes on to the platform
//   storage   fetches that proof from the platform's storage and sends the launch with it
//   send      sends the form at once
//   close     tells a platform that its registration window may close
//   wait      looks now and then whether the user is known by now
// Specifications: LTI Client Side postMessages 1.0, LTI Platform Storage 1.0, LTI Dynamic Registration 1.0.
"use strict";

(() => {
  const ANSWER_MS = 1500;
  const platform = () => (window.opener && window.opener !== window ? window.opener : window.parent);

  // Asks the platform's window, or a frame of its own that keeps things for tools, and gives its answer; null when none comes.
  function ask(target, origin, message) {
    return new Promise((resolve) => {
      const id = crypto.randomUUID();
      const done = (answer) => { window.removeEventListener("message", listen); clearTimeout(timer); resolve(answer); };
      const listen = (event) => {
        const told = event.data;
        if (!told || told.message_id !== id || told.subject !== `${message.subject}.response`) return;
        if (origin !== "*" && event.origin !== origin) return;
        done(told.error ? null : told);
      };
      const timer = setTimeout(() => done(null), ANSWER_MS);
      window.addEventListener("message", listen);
      target.postMessage({ ...message, message_id: id }, origin);
    });
  }

  // The window that keeps things: the platform's own, or the frame in it that lti_storage_target names.
  function keeper(name) {
    if (!name || name === "_parent") return platform();
    try { return platform().frames[name] || platform(); } catch { return platform(); }
  }

  async function keepsCookies(address) {
    try {
      const answer = await fetch(address, { credentials: "same-origin", cache: "no-store" });
      return (await answer.json()).kept === true;
    } catch { return false; }
  }

  async function login(page) {
    const { url, kept, key, proof, storage, origin } = page.dataset;
    if (await keepsCookies(kept)) { location.replace(url); return; }
    if (storage) {
      const answer = await ask(keeper(storage), origin, { subject: "lti.put_data", key, value: proof });
      if (answer && answer.value === proof) { location.replace(url); return; }
    }
    page.querySelector("[data-lti-blocked]").hidden = false;
    page.querySelector("[data-lti-busy]").hidden = true;
  }

  async function storage(page) {
    const { key, storage: name, origin } = page.dataset;
    const answer = await ask(keeper(name), origin, { subject: "lti.get_data", key });
    if (answer && typeof answer.value === "string") {
      page.querySelector("[name=lti_proof]").value = answer.value;
      page.querySelector("form").submit();
      return;
    }
    page.querySelector("[data-lti-blocked]").hidden = false;
    page.querySelector("[data-lti-busy]").hidden = true;
  }

  function close() {
    platform().postMessage({ subject: "org.imsglobal.lti.close" }, "*");
  }

  function wait(page) {
    const look = async () => {
      try {
        const answer = await fetch(page.dataset.known, { credentials: "same-origin", cache: "no-store" });
        if ((await answer.json()).known) { clearInterval(timer); location.replace(page.dataset.then); }
      } catch { /* asked again in a moment */ }
    };
    const timer = setInterval(look, 3000);
    window.addEventListener("focus", look);
  }

  // A platform that can, makes the frame as high as the page.
  function resize() {
    if (window.parent === window) return;
    const tell = () => {
      const height = Math.ceil(document.documentElement.getBoundingClientRect().height);
      window.parent.postMessage({ subject: "lti.frameResize", height, message_id: crypto.randomUUID() }, "*");
    };
    new ResizeObserver(tell).observe(document.body);
    tell();
  }

  const wanted = { login, storage, close, wait, send: (page) => page.submit() };
  for (const page of document.querySelectorAll("[data-lti]")) wanted[page.dataset.lti]?.(page);
  resize();
})();
