/** One request of this tab. No body, no header: a log shows neither tokens nor signatures. */
export interface Entry {
  readonly id: number;
  readonly at: Date;
  readonly method: string;
  readonly path: string;
  readonly outcome: Outcome;
}

export type Outcome =
  | { readonly kind: "pending" }
  | { readonly kind: "answered"; readonly status: number; readonly code?: string; readonly ms: number }
  | { readonly kind: "unreachable"; readonly ms: number };

const KEPT = 100;

/** Watches every request that the client makes, its own for challenges and refreshes too. */
export class RequestLog {
  #entries: readonly Entry[] = [];
  #last = 0;
  readonly #listeners = new Set<() => void>();
  readonly #send: typeof fetch;

  constructor(send: typeof fetch) {
    this.#send = send;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Newest first. */
  readonly getSnapshot = (): readonly Entry[] => this.#entries;

  readonly clear = (): void => this.#show([]);

  readonly fetch: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    const id = ++this.#last;
    const path = new URL(request.url).pathname;
    const begun = performance.now();
    this.#show([
      { id, at: new Date(), method: request.method, path, outcome: { kind: "pending" } },
      ...this.#entries.slice(0, KEPT - 1),
    ]);
    try {
      const response = await this.#send(request);
      const ms = performance.now() - begun;
      const code = await problemCode(response);
      this.#settle(id, { kind: "answered", status: response.status, ms, ...(code && { code }) });
      return response;
    } catch (error) {
      this.#settle(id, { kind: "unreachable", ms: performance.now() - begun });
      throw error;
    }
  };

  #settle(id: number, outcome: Outcome): void {
    this.#show(this.#entries.map((entry) => (entry.id === id ? { ...entry, outcome } : entry)));
  }

  #show(entries: readonly Entry[]): void {
    this.#entries = entries;
    for (const listener of this.#listeners) listener();
  }
}

/** The code of an `application/problem+json` answer. */
async function problemCode(response: Response): Promise<string | undefined> {
  if (!response.headers.get("content-type")?.startsWith("application/problem+json")) return undefined;
  try {
    const problem: unknown = await response.clone().json();
    const code = problem && typeof problem === "object" && "code" in problem ? problem.code : undefined;
    return typeof code === "string" ? code : undefined;
  } catch {
    return undefined;
  }
}
