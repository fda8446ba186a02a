/** Requests and answers of Node's own HTTP server. */

import type { IncomingMessage, ServerResponse } from "node:http";
import { deadline, incomplete } from "../body.js";
import type { Caller } from "../caller.js";
import { BittensorAuthError } from "../errors.js";
import type { Answer } from "./answer.js";
import { consumed, type Received } from "./received.js";

const callers = new WeakMap<IncomingMessage, Caller>();
const bodies = new WeakMap<IncomingMessage, readonly Uint8Array[]>();

/** Remembers who sends a request, for the handlers behind. */
export function setCaller(request: IncomingMessage, caller: Caller): void {
  callers.set(request, caller);
}

/** Who sends a request that was let through. */
export function callerOf(request: IncomingMessage): Caller {
  const caller = callers.get(request);
  if (caller !== undefined) return caller;
  const message =
    "this route is not protected: expected `caller`, `signed` or `session` of the guard before the handler";
  throw new BittensorAuthError("invalid_configuration", message);
}

/** A request of Node. `target`: path and query exactly as on the request line. `cure`: how to read its body in time. */
export function receivedByNode(request: IncomingMessage, target: string, cure: string): Received {
  return {
    request,
    method: request.method ?? "",
    target,
    headers: request.rawHeaders,
    readBody: (take, withinMs) => readRawBody(request, take, withinMs, cure),
  };
}

/** Sends a whole answer. What is left of the request is read and dropped, so that its sender gets to read the answer. */
export function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const { status, headers, body, cookies } = answer;
  if (cookies.length > 0) response.appendHeader("set-cookie", cookies);
  response.writeHead(status, headers).end(body);
  request.resume();
}

/** Adds `no-store` to a response that says nothing of caches until it is sent. */
export function keepPrivate(response: ServerResponse): void {
  const writeHead = response.writeHead.bind(response);
  // Fields that are given to `writeHead` take the place of those that were set before.
  response.writeHead = ((...head: Parameters<typeof writeHead>) => {
    if (!response.hasHeader("cache-control")) response.setHeader("cache-control", "no-store");
    return writeHead(...head);
  }) as typeof writeHead;
}

/** Gives every piece of the raw body to `take`, then puts all of them back: parsers behind this one see a new stream. */
async function readRawBody(
  request: IncomingMessage,
  take: (piece: Uint8Array) => void,
  withinMs: number,
  cure: string,
): Promise<void> {
  const known = bodies.get(request);
  if (known !== undefined) return known.forEach(take);
  if (!hasBody(request)) return;
  if (request.readableDidRead || request.readableEnded) throw consumed(cure);
  if (request.readableEncoding !== null) throw consumed("nothing may set an encoding on the request");
  const late = deadline(withinMs);
  try {
    const pieces = await piecesOf(request, take, late.passed);
    bodies.set(request, pieces);
  } finally {
    late.clear();
  }
}

async function piecesOf(
  request: IncomingMessage,
  take: (piece: Uint8Array) => void,
  late: Promise<never>,
): Promise<readonly Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  // The parser may be in the middle of what arrived: afterwards a body that is whole can be told from one that is not.
  await undefined;
  for (;;) {
    // Reading at the end would end the stream; while there is something to put back it stays open.
    while (request.readableLength > 0) {
      const piece = request.read() as Uint8Array;
      take(piece);
      pieces.push(piece);
    }
    if (request.complete) break;
    if (request.destroyed) incomplete();
    await Promise.race([more(request), late]);
  }
  for (const piece of [...pieces].reverse()) request.unshift(piece);
  return pieces;
}

/** HTTP/1.1 announces a body by one of these headers; HTTP/2 by not ending the stream. */
function hasBody({ headers, httpVersionMajor }: IncomingMessage): boolean {
  if (httpVersionMajor > 1) return true;
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}

/** When there may be more to read, or never will be. */
function more(request: IncomingMessage): Promise<void> {
  const { promise, done } = signal();
  const events = ["readable", "end", "error", "close"];
  for (const event of events) request.on(event, done);
  return promise.finally(() => {
    for (const event of events) request.off(event, done);
  });
}

function signal(): { readonly promise: Promise<void>; readonly done: () => void } {
  let done = () => {};
  const promise = new Promise<void>((resolve) => {
    done = resolve;
  });
  return { promise, done };
}
