/** The steps from a click to a session. */

import { useCallback, useRef, useState } from "react";
import type { BittensorAuthError } from "../client/errors.js";
import type { Account, Wallet } from "../client/types.js";
import { useHotkeyAuth } from "./context.js";

/** What a person has to choose now. */
export type Choice =
  | { readonly of: "nothing" }
  | { readonly of: "wallets"; readonly wallets: readonly Wallet[] }
  | { readonly of: "accounts"; readonly wallet: string; readonly accounts: readonly Account[] };

export interface Connection {
  readonly choice: Choice;
  /** A wallet was asked and has not answered. */
  readonly waiting: boolean;
  readonly error: BittensorAuthError | undefined;
  /** Looks for wallets; asks the only one at once. */
  start(): Promise<void>;
  chooseWallet(name: string): Promise<void>;
  chooseAccount(account: Account): Promise<void>;
  /** Gives up whatever is going on. */
  cancel(): void;
}

const NOTHING: Choice = { of: "nothing" };

export function useConnection(onError: ((error: BittensorAuthError) => void) | undefined): Connection {
  const auth = useHotkeyAuth();
  const [choice, setChoice] = useState<Choice>(NOTHING);
  const [waiting, setWaiting] = useState(false);
  const [error, setError] = useState<BittensorAuthError>();
  /** The attempt that is going on: what an earlier one still brings is not shown. */
  const current = useRef<AbortController>(undefined);

  const attempt = useCallback(
    async (work: (signal: AbortSignal) => Promise<Choice>): Promise<void> => {
      current.current?.abort();
      const mine = new AbortController();
      current.current = mine;
      setWaiting(true);
      setError(undefined);
      try {
        const next = await work(mine.signal);
        if (!mine.signal.aborted) setChoice(next);
      } catch (thrown) {
        if (mine.signal.aborted) return;
        setError(thrown as BittensorAuthError);
        onError?.(thrown as BittensorAuthError);
      } finally {
        if (current.current === mine) setWaiting(false);
      }
    },
    [onError],
  );

  const accountsOf = async (wallet: string): Promise<Choice> => ({
    of: "accounts",
    wallet,
    accounts: await auth.connect(wallet),
  });

  return {
    choice,
    waiting,
    error,
    start: () =>
      attempt(async () => {
        setChoice(NOTHING);
        const wallets = await auth.wallets();
        const [only, ...others] = wallets;
        // Without any, `connect` says so.
        if (only === undefined) return accountsOf("");
        return others.length === 0 ? accountsOf(only.name) : { of: "wallets", wallets };
      }),
    chooseWallet: (name) => attempt(() => accountsOf(name)),
    chooseAccount: (account) =>
      attempt(async (signal) => {
        await auth.login(account, { signal });
        return NOTHING;
      }),
    cancel: () => {
      current.current?.abort();
      current.current = undefined;
      setWaiting(false);
      setError(undefined);
      setChoice(NOTHING);
    },
  };
}
