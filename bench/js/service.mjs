/** Our guard under Express, each route in an application of its own as in ../servers/split.py. */

import { createServer } from "node:http";
import express from "express";
import { MemoryStore } from "../../js/dist/index.js";
import { callerOf, expressGuard, HotkeyAuth } from "../../js/dist/express.js";

const { PORT, RECEIVER } = process.env;
const auth = new HotkeyAuth({
  receiver: RECEIVER,
  store: new MemoryStore({ nothingAcceptedBefore: true }),
  origin: "http://127.0.0.1",
});
const guard = expressGuard(auth);
const answer = (request, response) => response.json({ hotkey: callerOf(request).hotkey });

const plain = express().get("/open", (_request, response) => response.json({ hotkey: "anybody" }));
const signed = express().use(guard.middleware).get("/signed", guard.signed, answer);
const session = express().use(guard.middleware).get("/session", guard.session, answer);
const applications = { "/open": plain, "/signed": signed };

await auth.start();
createServer((request, response) => (applications[request.url] ?? session)(request, response)).listen(
  Number(PORT),
  "127.0.0.1",
);
