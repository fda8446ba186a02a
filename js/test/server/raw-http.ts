/** HTTP over a bare socket: what is sent is what was written here, byte for byte. */

import { connect } from "node:net";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Values of `Set-Cookie`. */
  readonly cookies: readonly string[];
  readonly body: string;
  json<T = Record<string, unknown>>(): T;
}

/** One request, in exactly this spelling, on a connection of its own. A body in pieces is sent in chunks. */
export function ask(
  port: number,
  method: string,
  target: string,
  headers: Readonly<Record<string, string>> | readonly (readonly [string, string])[] = {},
  body: Uint8Array | string | readonly (Uint8Array | string)[] = "",
): Promise<Answer> {
  const pairs = Array.isArray(headers) ? (headers as [string, string][]) : Object.entries(headers);
  const chunked = Array.isArray(body);
  const bytes = chunked ? chunks(body as (Uint8Array | string)[]) : Buffer.from(body as string);
  const length = chunked ? "Transfer-Encoding: chunked" : `Content-Length: ${bytes.length}`;
  const lines = [`${method} ${target} HTTP/1.1`, "Host: 127.0.0.1", "Connection: close"];
  const head = [...lines, ...pairs.map(([name, value]) => `${name}: ${value}`), length].join("\r\n");
  return exchange(port, Buffer.concat([Buffer.from(`${head}\r\n\r\n`, "latin1"), bytes]));
}

/** Sends these bytes and reads one answer, until the server closes or the answer is whole. */
export function exchange(port: number, request: Uint8Array): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(request));
    let received = Buffer.alloc(0);
    const finish = () => {
      socket.destroy();
      resolve(parse(received));
    };
    socket.on("data", (piece) => {
      received = Buffer.concat([received, piece]);
      if (isWhole(received)) finish();
    });
    socket.on("end", finish);
    // A server may reset the connection of a client that goes on sending; the answer was there before.
    socket.on("error", (cause) => (received.length > 0 ? finish() : reject(cause)));
  });
}

function chunks(pieces: readonly (Uint8Array | string)[]): Buffer {
  const parts = pieces.map((piece) => Buffer.from(piece as string)).filter(({ length }) => length > 0);
  const framed = parts.flatMap((part) => [Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from("\r\n")]);
  return Buffer.concat([...framed, Buffer.from("0\r\n\r\n")]);
}

function isWhole(received: Buffer): boolean {
  const end = received.indexOf("\r\n\r\n");
  const length = /^content-length: (\d+)\r?$/im.exec(received.subarray(0, Math.max(end, 0)).toString("latin1"));
  return end >= 0 && length !== null && received.length >= end + 4 + Number(length[1]);
}

function parse(received: Buffer): Answer {
  const end = received.indexOf("\r\n\r\n");
  const [status = "", ...lines] = received.subarray(0, end).toString("latin1").split("\r\n");
  const pairs = lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
  const headers = Object.fromEntries(pairs);
  const cookies = pairs.filter(([name]) => name === "set-cookie").map(([, value]) => value);
  const raw = received.subarray(end + 4);
  const body = (headers["transfer-encoding"] === "chunked" ? unchunked(raw) : raw).toString();
  return { status: Number(status.split(" ")[1]), headers, cookies, body, json: () => JSON.parse(body) };
}

function unchunked(raw: Buffer): Buffer {
  const pieces: Buffer[] = [];
  for (let at = 0; at < raw.length; ) {
    const line = raw.indexOf("\r\n", at);
    const length = Number.parseInt(raw.subarray(at, line).toString(), 16);
    if (!(length > 0)) break;
    pieces.push(raw.subarray(line + 2, line + 2 + length));
    at = line + 2 + length + 2;
  }
  return Buffer.concat(pieces);
}
