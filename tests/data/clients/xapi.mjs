// @xapi/xapi, in node and in browsers.
import * as cases from "./cases.mjs";

export function connect(library, { endpoint, key, secret, version, adapter }) {
  const XAPI = library.default ?? library;
  return { XAPI, xapi: new XAPI({ endpoint, auth: XAPI.toBasicAuth(key, secret), version, adapter }) };
}

const status = (promise) => promise.then(() => null, (error) => error.response?.status ?? error.status ?? String(error));
const SUBJECT = { agent: cases.KARI, activityId: cases.COURSE };
const uuid = () => crypto.randomUUID();

export async function about({ xapi }) {
  const { data } = await xapi.getAbout();
  return { err: null, versions: data.version };
}

export async function statements({ xapi }) {
  const result = { score: { scaled: 0.9 }, completion: true };
  const one = cases.statement({ id: uuid(), context: { registration: cases.REGISTRATION }, result });
  const many = [1, 2, 3, 4].map(() => cases.statement({ id: uuid() }));
  const saved = await status(xapi.sendStatement({ statement: one }));
  const again = await status(xapi.sendStatement({ statement: one }));
  const answered = (await xapi.sendStatements({ statements: many })).data;
  const got = (await xapi.getStatement({ statementId: one.id })).data;
  const pages = [];
  let page = (await xapi.getStatements({ agent: cases.KARI, activity: cases.COURSE, limit: 2 })).data;
  for (;;) {
    pages.push(page.statements.map((each) => each.id));
    if (!page.more) break;
    page = (await xapi.getMoreStatements({ more: page.more })).data;
  }
  const void_ = await status(xapi.voidStatement({ actor: cases.KARI, statementId: one.id }));
  return {
    errors: [saved, again, void_],
    ids: [one.id, ...many.map((each) => each.id)],
    answered,
    got,
    pages,
    gone: await status(xapi.getStatement({ statementId: one.id })),
    voided: (await xapi.getVoidedStatement({ voidedStatementId: one.id })).data.id,
  };
}

async function document_({ xapi }, kind, subject, idName, valueName, creation) {
  const key = { ...subject, [idName]: "bokmerke" };
  const save = (val, more) => status(xapi[`set${kind}`]({ ...key, [valueName]: val, ...more }));
  const matching = (etag) => ({ etag, matchHeader: "If-Match" });
  const read = () => xapi[`get${kind}`](key);
  const steps = {};
  steps.create = await save(cases.BOOKMARK, creation);
  const first = await read();
  steps.contents = first.data;
  steps.etag = first.headers.etag;
  steps.stale = await save({ side: 4 }, matching('"0000000000000000000000000000000000000000"'));
  steps.replace = await save({ side: 4 }, matching(first.headers.etag));
  const second = await read();
  steps.replaced = second.data;
  steps.unquoted = await save({ side: 5 }, matching(second.headers.etag.replaceAll('"', "")));
  steps.taken = await save({ side: 6 }, { etag: "*", matchHeader: "If-None-Match" });
  const third = await read();
  steps.merge = await status(xapi[`create${kind}`]({ ...key, [valueName]: { ark: 1 }, ...matching(third.headers.etag) }));
  const fourth = await read();
  steps.merged = fourth.data;
  steps.ids = (await xapi[`get${kind}s`](subject)).data;
  steps.drop = await status(xapi[`delete${kind}`]({ ...key, etag: fourth.headers.etag }));
  steps.dropped = await status(read());
  return steps;
}

export const state = (client) => document_(client, "State", SUBJECT, "stateId", "state", {});
const CREATION = { etag: "*", matchHeader: "If-None-Match" };
export const activityProfile = (client) =>
  document_(client, "ActivityProfile", { activityId: cases.COURSE }, "profileId", "profile", CREATION);
export const agentProfile = (client) => document_(client, "AgentProfile", { agent: cases.KARI }, "profileId", "profile", CREATION);

export async function registrations({ xapi }) {
  const other = { ...SUBJECT, registration: cases.REGISTRATION };
  await xapi.setState({ ...SUBJECT, stateId: "a", state: { n: 1 } });
  await xapi.setState({ ...other, stateId: "a", state: { n: 2 } });
  await xapi.setState({ ...other, stateId: "b", state: "bare tekst", contentType: "text/plain" });
  const text = await xapi.getState({ ...other, stateId: "b" });
  const found = {
    both: [(await xapi.getState({ ...SUBJECT, stateId: "a" })).data, (await xapi.getState({ ...other, stateId: "a" })).data],
    ids: (await xapi.getStates(other)).data.sort(),
    text: [text.data, text.headers["content-type"]],
  };
  found.drop = await status(xapi.deleteStates(other));
  found.left = [(await xapi.getStates(other)).data, (await xapi.getStates(SUBJECT)).data];
  return found;
}

async function sha256(bytes) {
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(sum, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export async function attachments({ xapi }) {
  const content = new TextEncoder().encode(cases.CERTIFICATE);
  const attachment = {
    usageType: cases.CERTIFICATE_TYPE,
    display: { nb: "Kursbevis" },
    contentType: "text/plain; charset=utf-8",
    length: content.length,
    sha2: await sha256(content),
  };
  const one = cases.statement({ id: uuid(), attachments: [attachment] });
  const saved = await status(xapi.sendStatement({ statement: one, attachments: [content.buffer] }));
  const got = (await xapi.getStatement({ statementId: one.id, attachments: true })).data;
  const page = (await xapi.getStatements({ attachments: true })).data;
  const without = (await xapi.getStatement({ statementId: one.id })).data;
  return {
    errors: [saved],
    single: got[1],
    page: page[1],
    sha2: [got[0].attachments[0].sha2, page[0].statements[0].attachments[0].sha2],
    described: without.attachments.length,
  };
}

export async function discovery({ xapi }) {
  await xapi.sendStatement({ statement: cases.statement() });
  const agent = await xapi.getAgent({ agent: cases.KARI });
  const activity = await xapi.getActivity({ activityId: cases.COURSE });
  return { agent: agent.data, activity: activity.data };
}
