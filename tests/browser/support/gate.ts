import { once } from "node:events";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** One request as it passed, with what was answered. */
export interface Passed {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly body: string;
  readonly authorization: string | undefined;
}

/** Stands before a server: passes everything on, and keeps what passed. */
export class Gate {
  readonly passed: Passed[] = [];
  /** The origin that the server is told, in place of the browser's: what a hostile host between the two would do. */
  forgedOrigin: string | undefined;
  /** The server's address; a request without any finds nobody. */
  target: string | undefined;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(): Promise<Gate> {
    const server = createServer();
    const gate = new Gate(server);
    server.on("request", (incoming, answer) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("end", () => {
        const body = Buffer.concat(chunks);
        const headers = { ...incoming.headers, ...(gate.forgedOrigin && { origin: gate.forgedOrigin }) };
        if (gate.target === undefined) return answer.destroy();
        const outgoing = request(`${gate.target}${incoming.url}`, { method: incoming.method ?? "GET", headers });
        outgoing.on("response", (response) => {
          gate.passed.push({
            method: incoming.method ?? "",
            path: incoming.url ?? "",
            status: response.statusCode ?? 0,
            body: body.toString(),
            authorization: incoming.headers.authorization,
          });
          answer.writeHead(response.statusCode ?? 502, response.headers);
          response.pipe(answer);
        });
        outgoing.on("error", () => answer.destroy());
        outgoing.end(body);
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return gate;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What passed to this path, oldest first. */
  to(method: string, path: string): readonly Passed[] {
    return this.passed.filter((one) => one.method === method && one.path === path);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}
