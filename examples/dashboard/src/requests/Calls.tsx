import { errorOf } from "bittensor-auth/client";
import { useHotkeyAuth } from "bittensor-auth/react";
import { useState } from "react";
import { Notice } from "../notice/Notice";

interface Call {
  readonly label: string;
  readonly method: "GET" | "POST";
  readonly path: string;
}

const CALLS: readonly Call[] = [
  { label: "Who am I?", method: "GET", path: "/auth/session" },
  { label: "Score", method: "POST", path: "/score" },
  { label: "Open to all", method: "GET", path: "/" },
];

type Result =
  | { readonly kind: "none" }
  | { readonly kind: "sending"; readonly call: Call }
  | { readonly kind: "answer"; readonly call: Call; readonly status: number; readonly text: string }
  | { readonly kind: "failed"; readonly error: unknown };

/** Calls to the API as a dashboard makes them: `auth.fetch` brings the session along. */
export function Calls({ signedIn }: { readonly signedIn: boolean }) {
  const auth = useHotkeyAuth();
  const [result, show] = useState<Result>({ kind: "none" });

  async function send(call: Call) {
    show({ kind: "sending", call });
    try {
      const response = await auth.fetch(call.path.slice(1), { method: call.method });
      if (!response.ok) throw await errorOf(response);
      show({ kind: "answer", call, status: response.status, text: pretty(await response.text()) });
    } catch (error) {
      show({ kind: "failed", error });
    }
  }

  return (
    <section className="card" aria-labelledby="calls-title">
      <header className="card-head">
        <h2 id="calls-title">Call the API</h2>
      </header>
      <div className="calls">
        {CALLS.map((call) => (
          <button key={call.path} type="button" className="call" disabled={!signedIn} onClick={() => send(call)}>
            <span>{call.label}</span>
            <span className="call-line">
              {call.method} {call.path}
            </span>
          </button>
        ))}
      </div>
      <output className="result" aria-live="polite">
        {result.kind === "none" && (
          <p className="empty">{signedIn ? "The answer appears here." : "Sign in to call the API."}</p>
        )}
        {result.kind === "sending" && <p className="empty">Asking {result.call.path} …</p>}
        {result.kind === "answer" && (
          <>
            <p className="result-head">
              <span className="badge good">{result.status}</span> {result.call.method} {result.call.path}
            </p>
            <pre>{result.text}</pre>
          </>
        )}
        {result.kind === "failed" && <Notice error={result.error} />}
      </output>
    </section>
  );
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
