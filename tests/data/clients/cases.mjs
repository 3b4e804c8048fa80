// What every driver speaks of.
export const COURSE = "https://kurs.example.no/smittevern?språk=nb";
export const KARI = { name: "Kari Nordmann", mbox: "mailto:kari@example.no" };
export const COMPLETED = { id: "http://adlnet.gov/expapi/verbs/completed", display: { nb: "fullførte" } };
export const VOIDED = { id: "http://adlnet.gov/expapi/verbs/voided", display: { en: "voided" } };
export const ACTIVITY = { id: COURSE, definition: { name: { nb: "Smittevern på «sengepost»" } } };
export const REGISTRATION = "5f2f2a0e-8f0a-4c55-9ad1-0f6f3f1f00aa";
export const CERTIFICATE = "Kursbevis for Kari Nordmann, på norsk: æøå";
export const CERTIFICATE_TYPE = "http://id.tincanapi.com/attachment/certificate-of-completion";
export const BOOKMARK = { side: 3, "får lov": "ja ☃" };

export const statement = (more) => ({ actor: KARI, verb: COMPLETED, object: ACTIVITY, ...more });
export const voiding = (id) => statement({ verb: VOIDED, object: { objectType: "StatementRef", id } });
