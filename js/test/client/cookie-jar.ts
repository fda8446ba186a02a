/** What a browser does about cookies and origins. Node's `fetch` does neither. */

interface Cookie {
  readonly value: string;
  /** ms since 1970. */
  readonly until: number;
}

/** The cookies of one browser for one server, and what it says and checks about the page that sends. */
export class CookieJar {
  readonly cookies: Map<string, Cookie> = new Map();
  /** Every `Set-Cookie` as it came. */
  readonly received: string[] = [];
  /** Whatever a script of the page could read in answers. */
  shown = "";
  /** Where the server of the page's own origin really is, when something stands before both. */
  behind: string | undefined;

  /** `fetch` of a page at `page`, with `now` as the browser's clock. */
  async fetch(page: string, now: number, input: string | Request, init?: RequestInit): Promise<Response> {
    const request = new Request(input, init);
    const isForeign = new URL(request.url).origin !== page;
    // A browser names the origin with every unsafe method, and with every request to another origin.
    if (isForeign || request.method !== "GET") request.headers.set("origin", page);
    request.headers.set("sec-fetch-site", isForeign ? "same-site" : "same-origin");
    const isSent = request.credentials === "include" || (!isForeign && request.credentials === "same-origin");
    const live = [...this.cookies].filter(([, { until }]) => until > now);
    if (isSent && live.length > 0) {
      request.headers.set("cookie", live.map(([name, { value }]) => `${name}=${value}`).join("; "));
    }
    const response = await fetch(this.behind ? new Request(request.url.replace(page, this.behind), request) : request);
    if (isSent) for (const line of response.headers.getSetCookie()) this.#keep(line, now);
    if (isForeign) readable(response, page, request.credentials);
    this.shown += await response.clone().text();
    return response;
  }

  #keep(line: string, now: number): void {
    this.received.push(line);
    const [pair = "", ...attributes] = line.split("; ");
    const [name = "", value = ""] = pair.split("=");
    const age = Number(attributes.find((one) => one.startsWith("Max-Age="))?.slice("Max-Age=".length));
    if (age > 0) this.cookies.set(name, { value, until: now + age * 1_000 });
    else this.cookies.delete(name);
  }
}

/** The CORS check of an answer. */
function readable({ headers }: Response, page: string, credentials: RequestCredentials): void {
  const mayRead = headers.get("access-control-allow-origin") === page;
  const mayShare = credentials !== "include" || headers.get("access-control-allow-credentials") === "true";
  if (!mayRead || !mayShare) throw new TypeError("Failed to fetch");
}
