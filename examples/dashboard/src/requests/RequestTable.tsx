import { Fragment, useSyncExternalStore } from "react";
import type { Entry, Outcome, RequestLog } from "./log";

/** Every request of this tab, newest first. */
export function RequestTable({ log }: { readonly log: RequestLog }) {
  const entries = useSyncExternalStore(log.subscribe, log.getSnapshot);
  return (
    <section className="card log" aria-labelledby="log-title">
      <header className="card-head">
        <h2 id="log-title">Requests</h2>
        <button type="button" className="quiet" onClick={log.clear} disabled={entries.length === 0}>
          Clear
        </button>
      </header>
      {entries.length === 0 ? (
        <p className="empty">Nothing yet. What this tab sends appears here: sign-in, calls and refreshes.</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keyboard
        <section className="log-scroll" tabIndex={0} aria-label="Requests of this tab">
          <table>
            <thead>
              <tr>
                <th scope="col">Time</th>
                <th scope="col">Request</th>
                <th scope="col">Answer</th>
                <th scope="col" className="number">
                  Took
                </th>
              </tr>
            </thead>
            <tbody>
              {entries.map((entry) => (
                <Row key={entry.id} entry={entry} />
              ))}
            </tbody>
          </table>
        </section>
      )}
    </section>
  );
}

function Row({ entry }: { readonly entry: Entry }) {
  const { outcome } = entry;
  return (
    <tr>
      <td className="time">
        <time dateTime={entry.at.toISOString()}>{entry.at.toLocaleTimeString([], { hourCycle: "h23" })}</time>
      </td>
      <td>
        <span className="method">{entry.method}</span> <Path path={entry.path} />
      </td>
      <td>
        <Answer outcome={outcome} />
      </td>
      <td className="number">{outcome.kind === "pending" ? "" : `${Math.round(outcome.ms)} ms`}</td>
    </tr>
  );
}

function Answer({ outcome }: { readonly outcome: Outcome }) {
  if (outcome.kind === "pending") return <span className="badge">waiting</span>;
  if (outcome.kind === "unreachable") return <span className="badge bad">no answer</span>;
  return (
    <>
      <span className={outcome.status < 400 ? "badge good" : "badge bad"}>{outcome.status}</span>
      {outcome.code && <code className="code">{outcome.code}</code>}
    </>
  );
}

/** A path that may break after each slash. */
function Path({ path }: { readonly path: string }) {
  const parts = path.split("/");
  return (
    <span className="path">
      {parts.map((part, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one path never change places
        <Fragment key={index}>
          {index > 0 && (
            <>
              /<wbr />
            </>
          )}
          {part}
        </Fragment>
      ))}
    </span>
  );
}
