// ADL's xAPI wrapper for node, of 2013: knows neither deletion nor attachments.
import * as cases from "./cases.mjs";

export function connect(library, { endpoint, key, secret }) {
  const wrapper = new library.XAPIWrapper({ url: endpoint, auth: { user: key, pass: secret } });
  const call = (method, ...more) =>
    new Promise((resolve, reject) =>
      wrapper[method](...more, (error, answer, body) =>
        error ? reject(error) : resolve({ status: answer.statusCode, etag: answer.headers.etag, body }),
      ),
    );
  return { library, wrapper, call };
}

const failure = ({ status }) => (status < 300 ? null : status);

export async function about({ wrapper }) {
  const works = await new Promise((resolve) => wrapper.testConfig(resolve));
  return { err: works ? null : "refused", versions: ["1.0.3"] };
}

export async function statements({ library, call }) {
  const result = { score: { scaled: 0.9 }, completion: true };
  const one = cases.statement({ id: library.ruuid(), context: { registration: cases.REGISTRATION }, result });
  const many = [1, 2, 3, 4].map(() => cases.statement({ id: library.ruuid() }));
  const saved = failure(await call("sendStatements", one));
  const again = failure(await call("sendStatements", one));
  const answered = JSON.parse((await call("sendStatements", many)).body);
  const got = JSON.parse((await call("getStatements", { statementId: one.id }, null)).body);
  const pages = [];
  const about = { agent: JSON.stringify(cases.KARI), activity: cases.COURSE, limit: 2 };
  let page = JSON.parse((await call("getStatements", about, null)).body);
  for (;;) {
    pages.push(page.statements.map((each) => each.id));
    if (!page.more) break;
    page = JSON.parse((await call("getStatements", null, page.more)).body);
  }
  const void_ = failure(await call("sendStatements", cases.voiding(one.id)));
  return {
    errors: [saved, again, void_],
    ids: [one.id, ...many.map((each) => each.id)],
    answered,
    got,
    pages,
    gone: (await call("getStatements", { statementId: one.id }, null)).status,
    voided: JSON.parse((await call("getStatements", { voidedStatementId: one.id }, null)).body).id,
  };
}

// The wrapper sends objects by POST, which merges, and text by PUT; its ETags are bare sums that it computes itself.
async function document_({ library, call }, kind, subject) {
  const send = (value, match, noneMatch) =>
    call(`send${kind}`, ...subject, "bokmerke", ...(kind === "State" ? [null] : []), value, match, noneMatch).then(failure);
  const read = () => call(`get${kind}`, ...subject, "bokmerke", ...(kind === "State" ? [null] : []), null);
  const steps = {};
  steps.create = await send(JSON.stringify(cases.BOOKMARK), null, "*");
  const first = await read();
  steps.contents = JSON.parse(first.body);
  steps.etag = first.etag;
  steps.own = library.hash(first.body);
  steps.stale = await send(JSON.stringify({ side: 4 }), library.hash("noe annet"), null);
  steps.replace = await send(JSON.stringify({ side: 4 }), library.hash(first.body), null);
  steps.replaced = JSON.parse((await read()).body);
  steps.taken = await send(JSON.stringify({ side: 6 }), null, "*");
  steps.typo = await send({ ark: 1 }, library.hash((await read()).body), null);
  steps.ids = JSON.parse((await call(`get${kind}`, ...subject, null, ...(kind === "State" ? [null] : []), null)).body);
  return steps;
}

export const state = (client) => document_(client, "State", [cases.COURSE, cases.KARI]);
export const activityProfile = (client) => document_(client, "ActivityProfile", [cases.COURSE]);
export const agentProfile = (client) => document_(client, "AgentProfile", [cases.KARI]);

export async function merging({ library, call }) {
  const send = (value, match) => call("sendState", cases.COURSE, cases.KARI, "json", null, value, match, null).then(failure);
  const read = () => call("getState", cases.COURSE, cases.KARI, "json", null, null);
  const create = await send(cases.BOOKMARK, null);
  const etag = library.hash((await read()).body);
  const merge = await send({ ark: 1 }, etag);
  const merged = JSON.parse((await read()).body);
  return { create, merge, merged, stale: await send({ ark: 2 }, etag) };
}
