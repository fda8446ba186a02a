/** A Redis in use by one service. An answer of `undefined` from the wire is no answer. */

import { createHash } from "node:crypto";
import { engine } from "../engine/current.js";
import type {
  EngineClaim,
  EngineLogin,
  EngineOutcome,
  EnginePresented,
  EnginePresentedRefresh,
  EngineRead,
  EngineRotated,
  EngineSessions,
} from "../engine/engine.js";
import { decide } from "../engine/failure.js";
import { BittensorAuthError } from "../errors.js";
import type { BoundStore, StoreContext } from "../store.js";
import { type Command, Refusal, type Reply, type Trip, type Wire } from "./wire.js";

interface Script {
  readonly hash: string;
  readonly source: string;
}

export class BoundRedis implements BoundStore {
  readonly #context: StoreContext;
  readonly #wire: Wire;
  readonly #refused: (what: string, why: string) => void;
  readonly #scripts = new Map<string, Script>();

  constructor(context: StoreContext, wire: Wire, refused: (what: string, why: string) => void) {
    this.#context = context;
    this.#wire = wire;
    this.#refused = refused;
    const sources = engine().scriptSources();
    engine()
      .scriptNames()
      .forEach((name, index) => {
        const source = sources[index] ?? "";
        this.#scripts.set(name, { hash: createHash("sha1").update(source).digest("hex"), source });
      });
  }

  async start(): Promise<void> {
    const info = await this.#send({ words: ["INFO"] });
    if (info instanceof Refusal) {
      const rights = "eval, evalsha, script, info, time, get, set";
      throw new BittensorAuthError("unsafe_store", `the Redis user may not call INFO; expected the rights ${rights}`);
    }
    if (typeof info !== "string") throw new BittensorAuthError("store_unavailable");
    decide(() => engine().checkRedisInfo(info));
    const { verifier } = this.#context;
    const sessions = decide(() => engine().warmUpSessions(verifier, this.#context.clock()));
    await Promise.all([this.#send(this.#claimCommand([])), this.#send(this.#script(sessions))]);
  }

  async claim(claim: EngineClaim): Promise<EngineOutcome> {
    return (await this.#wire.send(this.#claims, claim)) ?? unavailable();
  }

  async create(sessions: EngineSessions, login: EngineLogin): Promise<EngineOutcome> {
    const reply = await this.#send(this.#script(decide(() => sessions.loginCall(login, this.#context.clock()))));
    return engine().Outcome.reply(numbers(reply), 0);
  }

  async read(sessions: EngineSessions, presented: EnginePresented): Promise<EngineRead> {
    const keys = decide(() => sessions.keys(presented));
    return (await this.#wire.send(READS, keys)) ?? engine().Read.unavailable();
  }

  async rotate(sessions: EngineSessions, presented: EnginePresentedRefresh): Promise<EngineRotated> {
    const call = decide(() => sessions.rotateCall(presented, this.#context.clock()));
    const reply = await this.#send(this.#script(call));
    if (!isList(reply)) return engine().Rotated.unavailable();
    const [code, record] = reply;
    if (!Number.isInteger(code) || typeof record !== "string") return engine().Rotated.unavailable();
    return engine().Rotated.reply(code as number, record);
  }

  async end(sessions: EngineSessions, presented: EnginePresented): Promise<void> {
    const [session = ""] = decide(() => sessions.keys(presented));
    await this.#delete(session);
  }

  async revoke(sessions: EngineSessions, hotkey: string): Promise<void> {
    await this.#delete(decide(() => sessions.generationKey(hotkey)));
  }

  async #delete(key: string): Promise<void> {
    if (typeof (await this.#send({ words: ["DEL", key] })) !== "number") {
      throw new BittensorAuthError("store_unavailable");
    }
  }

  /** The reply; a refusal is reported. */
  async #send(command: Command): Promise<Reply | undefined> {
    const reply = await this.#wire.send(alone(command), command);
    if (reply instanceof Refusal) this.#refused(command.words[0] ?? "", reply.text);
    return reply;
  }

  readonly #claims: Trip<EngineClaim, EngineOutcome> = {
    command: (claims) => this.#claimCommand(claims),
    answers: (reply, count) => {
      if (reply instanceof Refusal) this.#refused("EVALSHA", reply.text);
      const read = numbers(reply);
      return Array.from({ length: count }, (_, index) => engine().Outcome.reply(read, index));
    },
  };

  #claimCommand(claims: readonly EngineClaim[]): Command {
    const batch = decide(() => new (engine().ClaimBatch)(this.#context.verifier, this.#context.clock()));
    for (const claim of claims) decide(() => batch.push(claim));
    return this.#script(decide(() => batch.call()));
  }

  /** `call`: name of the script, number of keys, keys, arguments. */
  #script([name = "", ...rest]: readonly string[]): Command {
    const { hash = "", source = "" } = this.#scripts.get(name) ?? {};
    return { words: ["EVALSHA", hash, ...rest], fallback: ["EVAL", source, ...rest] };
  }
}

/** Every session that is asked for in one tick, in one `MGET`. */
const READS: Trip<readonly string[], EngineRead> = {
  command: (pairs) => ({ words: ["MGET", ...pairs.flat()] }),
  answers: (reply, count) => {
    const whole = isList(reply) && reply.length === 2 * count;
    const text = (index: number) => {
      const value = whole ? reply[index] : undefined;
      return typeof value === "string" ? value : undefined;
    };
    return Array.from({ length: count }, (_, index) =>
      whole ? engine().Read.found(text(2 * index), text(2 * index + 1)) : engine().Read.unavailable(),
    );
  },
};

/** A kind of its own for each, so that it shares no command with another. */
function alone(command: Command): Trip<Command, Reply> {
  return { command: () => command, answers: (reply) => [reply] };
}

function unavailable(): EngineOutcome {
  return engine().Outcome.unavailable();
}

/** A script's reply of integers; anything else is no answer. */
function numbers(reply: Reply | undefined): Float64Array {
  return isList(reply) && reply.every(Number.isSafeInteger) ? Float64Array.from(reply as number[]) : new Float64Array();
}

function isList(reply: Reply | undefined): reply is readonly Reply[] {
  return Array.isArray(reply);
}
