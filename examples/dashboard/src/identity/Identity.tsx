import type { Session } from "bittensor-auth/client";
import { useHotkeyAuth } from "bittensor-auth/react";
import { useEffect, useRef, useState } from "react";
import { Avatar } from "./Avatar";
import { duration, useNow } from "./time";

/** Who is signed in, as what, and for how long. */
export function Identity({ session, focus }: { readonly session: Session; readonly focus: boolean }) {
  const auth = useHotkeyAuth();
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (focus) title.current?.focus();
  }, [focus]);

  return (
    <section className="card" aria-labelledby="identity-title">
      <header className="card-head">
        <h2 id="identity-title" ref={title} tabIndex={-1}>
          Signed in
        </h2>
      </header>
      <div className="identity">
        <Avatar address={session.hotkey} size={56} />
        <div>
          <p className="label">Hotkey</p>
          <p className="address">{session.hotkey}</p>
          <Copy text={session.hotkey} />
        </div>
      </div>
      <dl className="facts">
        <div>
          <dt>Role</dt>
          <dd>{session.role ?? <span className="muted">none at this server</span>}</dd>
        </div>
        <Times session={session} />
      </dl>
      <button type="button" className="wide" onClick={() => auth.logout()}>
        Sign out in all tabs
      </button>
    </section>
  );
}

function Times({ session }: { readonly session: Session }) {
  const now = useNow();
  const left = session.refreshesAt - now;
  return (
    <>
      <div>
        <dt>Refresh</dt>
        <dd>
          {left > 0 ? `in ${duration(left)}` : "now"}
          <Since key={session.expiresAt} end={session.refreshesAt} now={now} />
        </dd>
      </div>
      <div>
        <dt>Token ends</dt>
        <dd>in {duration(session.expiresAt - now)}</dd>
      </div>
      <div>
        <dt>Signed in until</dt>
        <dd>
          <time dateTime={new Date(session.refreshExpiresAt).toISOString()}>
            {new Date(session.refreshExpiresAt).toLocaleTimeString([], { timeStyle: "short", hourCycle: "h23" })}
          </time>
          , longer while a tab is open
        </dd>
      </div>
    </>
  );
}

/** How much of the wait is over, counted from when this tab learned of the token. */
function Since({ end, now }: { readonly end: number; readonly now: number }) {
  const [begin] = useState(Date.now);
  const part = end > begin ? Math.min(1, Math.max(0, (now - begin) / (end - begin))) : 1;
  return <progress value={part} aria-label="Time until the refresh" />;
}

function Copy({ text }: { readonly text: string }) {
  const [copied, setCopied] = useState(false);
  async function copy() {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
      setTimeout(() => setCopied(false), 2000);
    } catch {
      // Without permission the address is still there to select.
    }
  }
  return (
    <button type="button" className="quiet copy" onClick={copy} aria-live="polite">
      {copied ? "Copied" : "Copy address"}
    </button>
  );
}
