/** One Redis connection on which everything that arrives together travels together. */

/** A reply: text, an integer, a list of these, `null`, or an error reply. */
export type Reply = string | number | null | readonly Reply[] | Refusal;

/** An error reply: the server is there and said no. */
export class Refusal {
  readonly text: string;

  constructor(cause: Error) {
    this.text = cause.message.split("\n", 1)[0]?.slice(0, 120) ?? "";
  }

  /** The server was restarted and lost the script, which is normal: nothing ran. */
  get lacksScript(): boolean {
    return this.text.startsWith("NOSCRIPT");
  }
}

/** A command, and what to send where the server does not know its script. */
export interface Command {
  readonly words: readonly string[];
  readonly fallback?: readonly string[];
}

/** A connection of its own, that nobody else sends on. */
export interface Connection {
  /** Rejects when the connection is lost. */
  send(words: readonly string[]): Promise<Reply>;
  /** Gives it up at once, whatever is on its way. */
  drop(): void;
  readonly alive: boolean;
}

/** A kind of request: how many of them become one command, and its reply one answer for each. */
export interface Trip<Item, Answer> {
  command(items: readonly Item[]): Command;
  answers(reply: Reply, count: number): readonly Answer[];
}

interface Waiting {
  readonly trip: Trip<unknown, unknown>;
  readonly item: unknown;
  answer(value: unknown): void;
  done: boolean;
}

/** How long nobody tries to connect after it failed, in ms. */
const PAUSE = 50;

/**
 * Sends what is waiting in one round trip at a time; whoever comes meanwhile shares the next one.
 *
 * Nobody waits longer than `timeoutMs`: the answer is `undefined` then, and the connection is given up, so that neither
 * a frozen server nor a lost one leaves anything behind. A command is never sent twice.
 */
export class Wire {
  readonly #connect: () => Promise<Connection>;
  readonly #timeoutMs: number;
  readonly #log: (message: string) => void;
  #connection: Connection | undefined;
  #connectable = 0;
  #queue: Waiting[] = [];
  #flying: Waiting[] | undefined;
  #giveUp = (): void => {};
  #away = false;

  constructor(connect: () => Promise<Connection>, timeoutMs: number, log: (message: string) => void) {
    this.#connect = connect;
    this.#timeoutMs = timeoutMs;
    this.#log = log;
  }

  /** Gives the connection up. Whatever is sent later makes another one. */
  close(): void {
    this.#giveUp();
    this.#connection?.drop();
    this.#connection = undefined;
  }

  /** The answer, or `undefined` when there is none in time. Never rejects. */
  send<Item, Answer>(trip: Trip<Item, Answer>, item: Item): Promise<Answer | undefined> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#expire(waiting), this.#timeoutMs);
      const waiting: Waiting = {
        trip: trip as Trip<unknown, unknown>,
        item,
        done: false,
        answer: (value) => {
          clearTimeout(timer);
          waiting.done = true;
          resolve(value as Answer | undefined);
        },
      };
      this.#queue.push(waiting);
      if (this.#queue.length === 1 && this.#flying === undefined) setImmediate(() => this.#depart());
    });
  }

  #depart(): void {
    if (this.#flying !== undefined || this.#queue.length === 0) return;
    const party = this.#queue;
    this.#queue = [];
    this.#flying = party;
    const givenUp = new Promise<never>((_, reject) => {
      this.#giveUp = () => reject(new Error("no answer in time"));
    });
    Promise.race([this.#fly(party), givenUp])
      .then(
        () => {
          this.#away = false;
        },
        (cause: unknown) => {
          this.#connection?.drop();
          this.#connection = undefined;
          if (!this.#away) this.#log(`redis does not answer: ${cause instanceof Error ? cause.name : "unknown"}`);
          this.#away = true;
        },
      )
      .finally(() => {
        for (const waiting of party) waiting.answer(undefined);
        this.#flying = undefined;
        this.#giveUp = () => {};
        this.#depart();
      });
  }

  async #fly(party: readonly Waiting[]): Promise<void> {
    const connection = await this.#connected();
    // Whoever gave up while there was no connection must not have anything sent.
    const present = party.filter(({ done }) => !done);
    await Promise.all([...grouped(present)].map(([trip, waiting]) => travel(connection, trip, waiting)));
  }

  async #connected(): Promise<Connection> {
    if (this.#connection?.alive === true) return this.#connection;
    if (Date.now() < this.#connectable) throw new Error("no connection a moment ago");
    this.#connectable = Date.now() + PAUSE;
    const connecting = this.#connect();
    let abandoned = false;
    const givenUp = this.#giveUp;
    this.#giveUp = () => {
      abandoned = true;
      givenUp();
    };
    const connection = await connecting;
    if (abandoned) {
      connection.drop();
      throw new Error("connected too late");
    }
    this.#connectable = 0;
    this.#connection = connection;
    return connection;
  }

  #expire(waiting: Waiting): void {
    waiting.answer(undefined);
    if (this.#flying?.includes(waiting)) this.#giveUp();
    else this.#queue = this.#queue.filter((other) => other !== waiting);
  }
}

function grouped(party: readonly Waiting[]): Map<Trip<unknown, unknown>, Waiting[]> {
  const groups = new Map<Trip<unknown, unknown>, Waiting[]>();
  for (const waiting of party) {
    const group = groups.get(waiting.trip);
    if (group === undefined) groups.set(waiting.trip, [waiting]);
    else group.push(waiting);
  }
  return groups;
}

async function travel(connection: Connection, trip: Trip<unknown, unknown>, party: readonly Waiting[]): Promise<void> {
  const { words, fallback } = trip.command(party.map(({ item }) => item));
  let reply = await connection.send(words);
  if (fallback !== undefined && reply instanceof Refusal && reply.lacksScript) reply = await connection.send(fallback);
  const answers = trip.answers(reply, party.length);
  party.forEach((waiting, index) => {
    waiting.answer(answers[index]);
  });
}
