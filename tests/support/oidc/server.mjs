// A real OpenID provider for tests: any login name is accepted, and decides the claims.
//   hpr-<digits>   has that HPR number; anybody else has none
//   weak-…         logs in at a lower level of assurance
// Prints one line of JSON when it listens. Configuration comes as JSON in the environment variable OIDC_TEST.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const wanted = JSON.parse(process.env.OIDC_TEST);
const require = createRequire(wanted.modules + "/");
const { Provider } = await import(pathToFileURL(require.resolve("oidc-provider")));
const { generateKeyPairSync } = await import("node:crypto");

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const jwk = { ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256", kid: "provider-key-1" };

const provider = new Provider(wanted.issuer, {
  jwks: { keys: [jwk] },
  clients: wanted.clients,
  cookies: { keys: ["a key for tests only"] },
  claims: { openid: ["sub"], profile: ["name"], hpr: ["hpr_number"], email: ["email"], acr: null },
  scopes: ["openid", "profile", "hpr", "email"],
  conformIdTokenClaims: false,
  acrValues: ["high", "substantial"],
  pkce: { required: () => true },
  features: {
    devInteractions: { enabled: true },
    pushedAuthorizationRequests: { enabled: wanted.pushed },
    rpInitiatedLogout: { enabled: true },
  },
  async findAccount(_context, id) {
    const hpr = /^hpr-(\d+)$/.exec(id);
    return {
      accountId: id,
      claims: async () => ({
        sub: id,
        name: `Name of ${id}`,
        email: `${id}@example.no`,
        ...(hpr && { hpr_number: hpr[1] }),
      }),
    };
  },
});

// The built-in login form knows no levels of assurance, so the level is added to what it finds.
const finished = provider.interactionFinished.bind(provider);
provider.interactionFinished = (request, response, result, options) => {
  if (result.login) result.login.acr = result.login.accountId.startsWith("weak-") ? "substantial" : "high";
  return finished(request, response, result, options);
};

provider.listen(wanted.port, "127.0.0.1", () => console.log(JSON.stringify({ listening: wanted.port })));
