// A form that takes a package (data-upload): shows how far it has come, and what is wrong with it, without leaving the page.
// Without this script the form works as forms do.
"use strict";

for (const form of document.querySelectorAll("[data-upload]")) {
  form.addEventListener("submit", (event) => { event.preventDefault(); send(form); });
}

function send(form) {
  const progress = form.querySelector("[data-upload-progress]");
  const bar = progress.querySelector("progress");
  const text = progress.querySelector("[data-upload-text]");
  const refusal = form.querySelector("[data-upload-refusal]");
  const button = form.querySelector("button");
  const request = new XMLHttpRequest();
  const content = new FormData(form);
  refusal.hidden = true;
  progress.hidden = false;
  button.disabled = true;
  text.textContent = form.dataset.sending;

  const refuse = (html, text) => {
    progress.hidden = true;
    button.disabled = false;
    refusal.hidden = false;
    const problems = refusal.querySelector("[data-upload-problems]");
    if (html) problems.innerHTML = html; // made by the template that makes it on the page without this script
    else problems.textContent = text;
    refusal.scrollIntoView({ block: "nearest" });
  };
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) bar.value = (100 * event.loaded) / event.total;
  });
  request.upload.addEventListener("load", () => {
    bar.removeAttribute("value"); // the reading takes a while that nobody can tell
    text.textContent = form.dataset.reading;
  });
  request.addEventListener("error", () => refuse(null, form.dataset.failed));
  request.addEventListener("load", () => {
    const answer = answerOf(request);
    if (request.status === 201) location.assign(answer.next);
    else refuse(answer.told, request.status === 413 ? form.dataset.tooLarge : form.dataset.declined);
  });
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "application/json");
  request.send(content);
}

function answerOf(request) {
  try { return JSON.parse(request.responseText); } catch { return {}; }
}
