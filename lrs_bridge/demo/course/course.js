// A small SCORM 1.2 course: it reports where the learner is, what was answered, and how it went.
"use strict";

const api = find(window) ?? find(window.opener);
const pages = [...document.querySelectorAll(".page")];
let at = 0;

function find(from) {
  for (let place = from, hops = 0; place && hops < 20; place = place.parent === place ? null : place.parent, hops += 1) {
    if (place.API) return place.API;
  }
  return null;
}

const get = (key) => api?.LMSGetValue(key) ?? "";
const set = (key, value) => api?.LMSSetValue(key, String(value));

function show(number) {
  at = Math.min(Math.max(number, 0), pages.length - 1);
  pages.forEach((page, index) => { page.hidden = index !== at; });
  document.getElementById("where").textContent = `${at + 1} av ${pages.length}`;
  document.getElementById("back").disabled = at === 0;
  document.getElementById("on").disabled = at === pages.length - 1;
  set("cmi.core.lesson_location", at);
}

function deliver(event) {
  event.preventDefault();
  const questions = [...document.querySelectorAll("#quiz fieldset")];
  const first = Number(get("cmi.interactions._count")) || 0;
  const right = questions.filter((question, index) => answered(question, first + index)).length;
  const score = Math.round((100 * right) / questions.length);
  set("cmi.core.score.min", 0);
  set("cmi.core.score.max", 100);
  set("cmi.core.score.raw", score);
  set("cmi.core.lesson_status", score >= 80 ? "passed" : "failed");
  api?.LMSCommit("");
  document.getElementById("result").textContent = score >= 80
    ? `${right} av ${questions.length} riktige. Kurset er bestått.`
    : `${right} av ${questions.length} riktige. Les en gang til og prøv igjen.`;
}

function answered(question, index) {
  const given = question.querySelector("input:checked")?.value ?? "";
  const isRight = given === question.dataset.answer;
  const place = `cmi.interactions.${index}`;
  set(`${place}.id`, question.querySelector("input").name);
  set(`${place}.type`, "choice");
  set(`${place}.student_response`, given);
  set(`${place}.correct_responses.0.pattern`, question.dataset.answer);
  set(`${place}.result`, isRight ? "correct" : "wrong");
  return isRight;
}

const opened = Date.now();
let isOver = false;

function leave() {
  if (isOver) return;
  isOver = true;
  const seconds = Math.round((Date.now() - opened) / 1000);
  const part = (number) => String(number).padStart(2, "0");
  set("cmi.core.session_time", `${String(Math.floor(seconds / 3600)).padStart(4, "0")}:${part(Math.floor(seconds / 60) % 60)}:${part(seconds % 60)}`);
  set("cmi.core.exit", get("cmi.core.lesson_status") === "passed" ? "" : "suspend");
  api?.LMSFinish("");
}

api?.LMSInitialize("");
if (get("cmi.core.lesson_status") === "not attempted") set("cmi.core.lesson_status", "incomplete");
document.getElementById("quiz").addEventListener("submit", deliver);
document.getElementById("back").addEventListener("click", () => show(at - 1));
document.getElementById("on").addEventListener("click", () => show(at + 1));
addEventListener("pagehide", leave);
show(Number(get("cmi.core.lesson_location")) || 0);
