/**
 * An Express service that knows which hotkey calls: the routes of `examples/fastapi/app.py`. Settings come from the
 * environment, so that the tests can run it as it is.
 */

import { MemoryStore } from "bittensor-auth";
import { callerOf, expressGuard, HotkeyAuth } from "bittensor-auth/express";
import { RedisStore } from "bittensor-auth/redis";
import cors from "cors";
import express from "express";
import { Redis } from "ioredis";

const { COOKIES, FIRST_START, ORIGIN = "http://127.0.0.1:8000", PORT = "8000", RECEIVER, REDIS_URL, SECRET } = process.env;
const cookies = COOKIES !== undefined;
const timeoutMs = Number(process.env.STORE_TIMEOUT_MS ?? 200);

const auth = new HotkeyAuth({
  receiver: RECEIVER ?? "",
  store: REDIS_URL ? new RedisStore(new Redis(REDIS_URL), { timeoutMs }) : new MemoryStore({ nothingAcceptedBefore: FIRST_START !== undefined }),
  origin: ORIGIN,
  ...(SECRET && { secret: SECRET }),
  cookies,
});
const guard = expressGuard(auth);
const app = express();

// A dashboard in development is served from another port. In production name its origin.
app.use(
  cors({
    origin: /^http:\/\/127\.0\.0\.1:\d+$/,
    credentials: cookies,
    exposedHeaders: ["retry-after", "www-authenticate", "x-request-id"],
  }),
);
app.use(guard.middleware);
app.use(express.json());

app.get("/", (_request, response) => {
  response.json({ hello: "anybody" });
});

app.post("/score", guard.caller, (request, response) => {
  const { hotkey, via } = callerOf(request);
  response.json({ hotkey, via });
});

await auth.start();
const server = app.listen(Number(PORT), "127.0.0.1", () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
