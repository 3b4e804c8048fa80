// Beside shell.js on the page of a dispatched course: tells the thin package, in the page that frames or opened this one, what the learner
// has achieved. What is told, and when, stands at the top of dispatch.js in the thin package. The shell keeps what the frame says in
// the page's data attributes (completion, success, score, ended), and those are watched here.

const page = document.querySelector("[data-player]");
const host = window.opener ?? window.parent;
const began = performance.now();

const truth = (word, yes, no) => (word === yes ? true : word === no ? false : null);

function outcome() {
  const { completion, success, score } = page.dataset;
  return {
    lrs_bridge: "dispatch.outcome",
    completion: truth(completion, "completed", "incomplete"),
    success: truth(success, "passed", "failed"),
    score: score ? { scaled: Number(score), raw: null, minimum: null, maximum: null } : null,
    seconds: (performance.now() - began) / 1000,
    location: "",
  };
}

function tell(message) {
  if (host && host !== window) host.postMessage(message, page.dataset.hostOrigin);
}

new MutationObserver(() => {
  tell(outcome());
  if (page.dataset.ended) tell({ lrs_bridge: "dispatch.ended" });
}).observe(page, { attributes: true, attributeFilter: ["data-completion", "data-success", "data-score", "data-ended"] });

tell(outcome());
