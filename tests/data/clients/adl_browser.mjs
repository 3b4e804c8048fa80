// ADL's xAPIWrapper for browsers.
import * as cases from "./cases.mjs";

export function connect(ADL, { endpoint, key, secret }) {
  ADL.XAPIWrapper.changeConfig({ endpoint, user: key, password: secret, strictCallbacks: true });
  const call = (method, ...more) =>
    new Promise((resolve) => {
      const done = (error, xhr, body) =>
        resolve({ status: xhr.status, err: error === null ? null : xhr.status, etag: xhr.getResponseHeader("ETag"), body, xhr });
      const at = more.indexOf("callback");
      ADL.XAPIWrapper[method](...more.slice(0, at < 0 ? undefined : at), done, ...(at < 0 ? [] : more.slice(at + 1)));
    });
  return { ADL, call };
}

export async function about() {
  const wrapper = new ADL.XAPIWrapper.constructor(ADL.XAPIWrapper.lrs, true);
  const answer = await fetch(`${wrapper.lrs.endpoint}about`);
  return { err: answer.ok ? null : answer.status, versions: (await answer.json()).version };
}

export async function statements({ ADL, call }) {
  const result = { score: { scaled: 0.9 }, completion: true };
  const one = cases.statement({ id: ADL.ruuid(), context: { registration: cases.REGISTRATION }, result });
  const many = [1, 2, 3, 4].map(() => cases.statement({ id: ADL.ruuid() }));
  const saved = (await call("sendStatement", one)).err;
  const again = (await call("sendStatement", one)).err;
  const answered = (await call("sendStatements", many)).body;
  const got = (await call("getStatements", { statementId: one.id }, null)).body;
  const pages = [];
  const about = { agent: JSON.stringify(cases.KARI), activity: cases.COURSE, limit: 2 };
  let page = (await call("getStatements", about, null)).body;
  for (;;) {
    pages.push(page.statements.map((each) => each.id));
    if (!page.more) break;
    page = (await call("getStatements", null, page.more)).body;
  }
  const void_ = (await call("sendStatement", cases.voiding(one.id))).err;
  return {
    errors: [saved, again, void_],
    ids: [one.id, ...many.map((each) => each.id)],
    answered,
    got,
    pages,
    gone: (await call("getStatements", { statementId: one.id }, null)).status,
    voided: (await call("getStatements", { voidedStatementId: one.id }, null)).body.id,
  };
}

async function document_({ ADL, call }, kind, subject, none) {
  const bare = (etag) => etag.replaceAll('"', "");
  const send = (value, match, noneMatch) =>
    call(`send${kind}`, ...subject, "bokmerke", ...none, value, match, noneMatch).then((done) => done.err);
  const read = () => call(`get${kind}`, ...subject, "bokmerke", ...none, null);
  const steps = {};
  steps.create = await send(cases.BOOKMARK, null, "*");
  const first = await read();
  steps.contents = first.body;
  steps.etag = first.etag;
  steps.own = ADL.XAPIWrapper.hash(JSON.stringify(cases.BOOKMARK));
  steps.stale = await send({ side: 4 }, "0000000000000000000000000000000000000000", null);
  steps.merge = await send({ ark: 1 }, bare(first.etag), null);
  const second = await read();
  steps.merged = second.body;
  steps.taken = await send({ side: 6 }, null, "*");
  steps.ids = (await call(`get${kind}`, ...subject, null, ...none, null)).body;
  steps.drop = (await call(`delete${kind}`, ...subject, "bokmerke", ...none, bare(second.etag), null)).err;
  steps.dropped = (await read()).status;
  return steps;
}

export const state = (client) => document_(client, "State", [cases.COURSE, cases.KARI], [null]);
export const activityProfile = (client) => document_(client, "ActivityProfile", [cases.COURSE], []);
export const agentProfile = (client) => document_(client, "AgentProfile", [cases.KARI], []);

export async function attachments({ ADL, call }) {
  const one = cases.statement({ id: ADL.ruuid() });
  const type = { usageType: cases.CERTIFICATE_TYPE, display: { nb: "Kursbevis" }, contentType: "text/plain" };
  const saved = await call("sendStatement", one, "callback", [{ type, value: cases.CERTIFICATE }]);
  const got = await call("getStatements", { statementId: one.id, attachments: true }, null);
  const without = await call("getStatements", { statementId: one.id }, null);
  return {
    errors: [saved.err, got.err],
    type: got.xhr.getResponseHeader("Content-Type"),
    whole: got.xhr.responseText,
    sha2: without.body.attachments[0].sha2,
  };
}
