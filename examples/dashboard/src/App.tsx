import type { SessionSnapshot } from "bittensor-auth/client";
import { useSession } from "bittensor-auth/react";
import { useEffect, useRef } from "react";
import { short } from "./identity/address";
import { Identity } from "./identity/Identity";
import { Calls } from "./requests/Calls";
import type { RequestLog } from "./requests/log";
import { RequestTable } from "./requests/RequestTable";
import { apiURL } from "./settings";
import { SignIn } from "./sign-in/SignIn";
import { reasons } from "./sign-in/words";
import { ThemeChoice } from "./theme/ThemeChoice";

export function App({ log }: { readonly log: RequestLog }) {
  const session = useSession();
  const signedIn = session.status === "logged-in";
  const before = useRef(session.status);
  const changed = before.current !== session.status;
  useEffect(() => {
    before.current = session.status;
  }, [session.status]);

  return (
    <>
      <header className="top">
        <img src="/icon.svg" alt="" width="32" height="32" />
        <div className="top-title">
          <h1>Hotkey dashboard</h1>
          <p className="muted">
            API at <span className="path">{apiURL}</span>
          </p>
        </div>
        <ThemeChoice />
      </header>
      <p className="unseen" role="status">
        {announcement(session)}
      </p>
      <main>
        <div className="person">
          {signedIn ? (
            <Identity session={session} focus={changed && before.current === "logging-in"} />
          ) : (
            <SignIn session={session} focus={changed && before.current === "logged-in"} />
          )}
        </div>
        <div className="work">
          {/* What was read for one person is not left for the next. */}
          <Calls key={signedIn ? session.hotkey : ""} signedIn={signedIn} />
          <RequestTable log={log} />
        </div>
      </main>
    </>
  );
}

/** What a screen reader says when the state changes. */
function announcement(session: SessionSnapshot): string {
  switch (session.status) {
    case "starting":
      return "";
    case "logging-in":
      return session.step === "wallet" ? "Waiting for your wallet" : "Signing in";
    case "logged-in":
      return `Signed in as ${short(session.hotkey)}`;
    case "logged-out":
      return session.reason ? reasons[session.reason] : "Signed out";
  }
}
