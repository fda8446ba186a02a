/** Session routes that need no process: what they answer is what `spec/04 §8` and `§11` say about bodies, and no more. */

/** Where tokens travel. */
export type Travel = "bodies" | "cookies";

/** The session routes, and with cookies also what the browser keeps of them. */
export class FakeService {
  readonly #page: string;
  readonly #hotkey: string;
  readonly #travel: Travel;
  session = false;
  refresh = false;
  rotations = 0;
  readonly bodies: unknown[] = [];

  constructor(page: string, hotkey: string, travel: Travel = "bodies") {
    this.#page = page;
    this.#hotkey = hotkey;
    this.#travel = travel;
  }

  async answer(input: string | Request, init?: RequestInit): Promise<Response> {
    const request = input instanceof Request ? input : new Request(input, init);
    const fields = JSON.parse((await request.text()) || "{}");
    this.bodies.push(fields);
    const now = Date.now();
    switch (new URL(request.url).pathname) {
      case "/auth/challenge": {
        const [issued, expires] = [Math.floor(now / 1_000), Math.floor(now / 1_000) + 120];
        const facts = `1 finney AAECAwQFBgcICQoLDA0ODw ${issued} ${expires}`;
        const first = `${new URL(this.#page).host} wants you to sign in with your Bittensor account:`;
        const challenge = `${first}\n${this.#hotkey}\n${this.#page}\n${facts}`;
        return Response.json({ challenge, sealed: "s", expires_at: expires, server_time_ms: now });
      }
      case "/auth/session":
        this.session = this.refresh = true;
        return this.#grant(now);
      case "/auth/refresh":
        if (!this.refresh) return this.#problem("missing_credentials");
        this.session = true;
        this.rotations++;
        return this.#grant(now);
      case "/auth/logout":
        if (!this.session) return this.#problem(this.refresh ? "session_expired" : "missing_credentials");
        this.session = this.refresh = false;
        return Response.json({ ended: true, server_time_ms: now });
      default:
        return this.session
          ? Response.json({ hello: true })
          : this.#problem(this.refresh ? "session_expired" : "missing_credentials");
    }
  }

  #grant(now: number): Response {
    const seconds = Math.floor(now / 1_000);
    const times = { expires_at: seconds + 900, refresh_expires_at: seconds + 7_200, server_time_ms: now };
    const tokens = { session_token: `btas_${"x".repeat(124)}`, refresh_token: `btar_${"y".repeat(124)}` };
    return Response.json({ hotkey: this.#hotkey, role: null, ...times, ...(this.#travel === "bodies" && tokens) });
  }

  #problem(code: string): Response {
    const headers = { "content-type": "application/problem+json" };
    return new Response(JSON.stringify({ code }), { status: 401, headers });
  }
}
