/** For `npm run orval`. A relative address is below the `baseURL` of the session. */
module.exports = {
  score: {
    input: "openapi.json",
    output: {
      target: "orval/api.ts",
      client: "fetch",
      override: { mutator: { path: "orval-send.ts", name: "orvalSend" } },
    },
  },
};
