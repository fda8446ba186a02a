import type { Account, SessionSnapshot, Wallet } from "bittensor-auth/client";
import { useHotkeyAuth } from "bittensor-auth/react";
import { useCallback, useEffect, useRef, useState } from "react";
import { Notice } from "../notice/Notice";
import { AccountChoice } from "./AccountChoice";
import { Progress } from "./Progress";
import { WalletChoice } from "./WalletChoice";
import { reasons } from "./words";

type SignedOut = Exclude<SessionSnapshot, { status: "logged-in" }>;

/** Choose a wallet, choose an account, sign. */
export function SignIn({ session, focus }: { readonly session: SignedOut; readonly focus: boolean }) {
  const auth = useHotkeyAuth();
  const [wallets, setWallets] = useState<readonly Wallet[]>();
  const [connecting, setConnecting] = useState<string>();
  const [accounts, setAccounts] = useState<readonly Account[]>();
  const [failure, setFailure] = useState<unknown>();
  const attempt = useRef<AbortController>(undefined);
  const title = useRef<HTMLHeadingElement>(null);

  const look = useCallback(async () => {
    setWallets(undefined);
    try {
      setWallets(await auth.wallets());
    } catch (error) {
      setWallets([]);
      setFailure(error);
    }
  }, [auth]);

  useEffect(() => {
    void look();
  }, [look]);

  useEffect(() => {
    if (focus) title.current?.focus();
  }, [focus]);

  async function connect(wallet: string) {
    setFailure(undefined);
    setConnecting(wallet);
    try {
      setAccounts(await auth.connect(wallet));
    } catch (error) {
      setFailure(error);
    } finally {
      setConnecting(undefined);
    }
  }

  async function signIn(account: Account) {
    setFailure(undefined);
    attempt.current = new AbortController();
    const { signal } = attempt.current;
    try {
      await auth.login(account, { signal });
    } catch (error) {
      if (!signal.aborted) setFailure(error);
    }
  }

  return (
    <section className="card sign-in" aria-labelledby="sign-in-title">
      <header className="card-head">
        <h2 id="sign-in-title" ref={title} tabIndex={-1}>
          Sign in with your hotkey
        </h2>
      </header>
      {session.status === "logged-out" && session.reason && <p className="notice">{reasons[session.reason]}</p>}
      {failure !== undefined && <Notice error={failure} />}
      {session.status === "logging-in" ? (
        <Progress step={session.step} address={session.account} onCancel={() => attempt.current?.abort()} />
      ) : accounts ? (
        <AccountChoice accounts={accounts} onBack={() => setAccounts(undefined)} onSignIn={signIn} />
      ) : (
        <WalletChoice wallets={wallets} connecting={connecting} onConnect={connect} onLook={look} />
      )}
    </section>
  );
}
