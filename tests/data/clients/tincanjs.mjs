// Rustici's TinCanJS, in node and in browsers.
import * as cases from "./cases.mjs";

export function connect(TinCan, { endpoint, key, secret }) {
  const lrs = new TinCan.LRS({ endpoint, username: key, password: secret, allowFail: false });
  const call = (method, ...more) =>
    new Promise((resolve) => {
      const settings = more.pop();
      lrs[method](...more, { ...settings, callback: (err, result) => resolve({ err, result }) });
    });
  return { TinCan, lrs, call };
}

const made = ({ TinCan }, more = {}) => new TinCan.Statement(cases.statement(more));
const keyOf = ({ TinCan }) => ({
  activity: new TinCan.Activity({ id: cases.COURSE }),
  agent: new TinCan.Agent(cases.KARI),
});

export async function about({ call }) {
  const { err, result } = await call("about", {});
  return { err, versions: result.version };
}

export async function statements(client) {
  const { TinCan, lrs, call } = client;
  const one = made(client, { context: { registration: cases.REGISTRATION }, result: { score: { scaled: 0.9 }, completion: true } });
  const saved = await call("saveStatement", one, {});
  const again = await call("saveStatement", one, {});
  const many = [made(client), made(client), made(client), made(client)];
  const savedMany = await call("saveStatements", many, {});
  const got = await call("retrieveStatement", one.id, {});
  const about = { agent: new TinCan.Agent(cases.KARI), activity: new TinCan.Activity({ id: cases.COURSE }), limit: 2 };
  const pages = [];
  let page = await call("queryStatements", { params: about });
  for (;;) {
    pages.push(page.result.statements.map((each) => each.id));
    if (!page.result.more) break;
    page = await call("moreStatements", { url: page.result.more });
  }
  const sender = new TinCan({});
  sender.recordStores = [lrs];
  const void_ = await new Promise((resolve) =>
    sender.voidStatement(one, (results) => resolve(results[0].err), { actor: new TinCan.Agent(cases.KARI) }),
  );
  const gone = await call("retrieveStatement", one.id, {});
  const voided = await call("retrieveVoidedStatement", one.id, {});
  return {
    errors: [saved.err, again.err, savedMany.err, got.err, void_],
    ids: [one.id, ...many.map((each) => each.id)],
    answered: JSON.parse(savedMany.result.responseText),
    got: got.result.asVersion("1.0.1"),
    pages,
    gone: gone.err,
    voided: voided.result.id,
  };
}

async function document_(client, kind, { bookkeeping }) {
  const { call } = client;
  const key = keyOf(client);
  const json = { contentType: "application/json" };
  const steps = {};
  const save = (val, more = {}) => call(`save${kind}`, "bokmerke", val, { ...key, ...json, ...more }).then((done) => done.err);
  const read = () => call(`retrieve${kind}`, "bokmerke", { ...key });
  steps.create = await save(cases.BOOKMARK, bookkeeping);
  const first = (await read()).result;
  steps.contents = first.contents;
  steps.etag = first.etag;
  steps.stale = await save({ side: 4 }, { lastSHA1: '"0000000000000000000000000000000000000000"' });
  steps.replace = await save({ side: 4 }, { lastSHA1: first.etag });
  const second = (await read()).result;
  steps.replaced = second.contents;
  steps.unquoted = await save({ side: 5 }, { lastSHA1: second.etag.replaceAll('"', "") });
  steps.taken = await save({ side: 6 }, { requestHeaders: { "If-None-Match": "*" } });
  steps.merge = await save({ ark: 1 }, { method: "POST", lastSHA1: (await read()).result.etag });
  steps.merged = (await read()).result.contents;
  steps.ids = (await call(`retrieve${kind}Ids`, { ...key })).result;
  steps.drop = (await call(`drop${kind}`, "bokmerke", { ...key })).err;
  steps.dropped = (await read()).result;
  return steps;
}

export const state = (client) => document_(client, "State", {});
export const activityProfile = (client) => document_(client, "ActivityProfile", {});
export const agentProfile = (client) => document_(client, "AgentProfile", {});

export async function attachments(client) {
  const { TinCan, call } = client;
  const one = made(client);
  const certificate = new TinCan.Attachment({
    usageType: cases.CERTIFICATE_TYPE,
    display: { nb: "Kursbevis" },
    contentType: "text/plain; charset=utf-8",
  });
  certificate.setContentFromString(cases.CERTIFICATE);
  one.attachments = [certificate];
  const saved = await call("saveStatement", one, {});
  const got = await call("retrieveStatement", one.id, { params: { attachments: true } });
  const page = await call("queryStatements", { params: { attachments: true } });
  const without = await call("retrieveStatement", one.id, {});
  return {
    errors: [saved.err, got.err, page.err, without.err],
    single: got.result.attachments[0].getContentAsString(),
    page: page.result.statements[0].attachments[0].getContentAsString(),
    sha2: [got.result.attachments[0].sha2, certificate.sha2],
    described: without.result.attachments.length,
  };
}

// Beyond 2048 characters TinCanJS in a browser turns a request into the alternate syntax.
export async function long(client) {
  const { TinCan, call } = client;
  const name = "Kari ".repeat(500);
  const one = made(client);
  const saved = await call("saveStatement", one, {});
  const agent = new TinCan.Agent({ ...cases.KARI, name });
  const query = await call("queryStatements", { params: { agent, limit: 5 } });
  const key = { ...keyOf(client), agent };
  const json = { contentType: "application/json" };
  const set = await call("saveState", "langt", { tekst: "æ & ø = å + ☃" }, { ...key, ...json });
  const read = await call("retrieveState", "langt", { ...key });
  const replace = await call("saveState", "langt", { tekst: "ny" }, { ...key, ...json, lastSHA1: read.result.etag });
  const stale = await call("saveState", "langt", { tekst: "ny" }, { ...key, ...json, lastSHA1: read.result.etag });
  const drop = await call("dropState", "langt", { ...key });
  return {
    errors: [saved.err, query.err, set.err, read.err, replace.err, drop.err],
    found: query.result.statements.map((each) => each.id === one.id),
    contents: read.result.contents,
    stale: stale.err,
  };
}
