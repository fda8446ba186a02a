import type { ErrorCode } from "bittensor-auth/client";

/** What a person can do in this dashboard, where the error itself cannot know it. */
export const advice: Readonly<Partial<Record<ErrorCode, string>>> = {
  bad_signature: "Choose the account again, and sign with that one.",
  challenge_refused:
    "Nothing was signed. Leave this page and open the service at the address that its operator gave you.",
  login_required: "Sign in first.",
  origin_refused: "Open the dashboard at the address that the server knows, or have its operator add this one.",
  scheme_not_accepted: "Choose an account with an sr25519 key; hardware wallets have none.",
  server_unavailable: "Wait a moment, then try again. If it lasts, tell the operator.",
};
