/** Connect, choose an account, log in, log out: without any style of its own. */

import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import type { BittensorAuthError } from "../client/errors.js";
import type { Account, Session, Wallet } from "../client/types.js";
import { useHotkeyAuth, useSession } from "./context.js";
import { useConnection } from "./use-connection.js";

/** Everything that the button says. */
export interface ConnectButtonLabels {
  readonly connect: string;
  readonly chooseWallet: string;
  readonly chooseAccount: string;
  readonly looking: string;
  readonly challenge: string;
  readonly wallet: string;
  readonly server: string;
  readonly unsupported: string;
  readonly loggedInAs: string;
  readonly logOut: string;
  readonly cancel: string;
  readonly close: string;
  readonly retry: string;
}

export interface ConnectButtonProps {
  readonly labels?: Partial<ConnectButtonLabels>;
  /** Of the element around everything; parts have `data-btauth`, the whole has `data-status`. */
  readonly className?: string;
  readonly onError?: (error: BittensorAuthError) => void;
}

const ENGLISH: ConnectButtonLabels = {
  connect: "Connect wallet",
  chooseWallet: "Choose a wallet",
  chooseAccount: "Choose an account",
  looking: "Waiting for your wallet",
  challenge: "Asking the server for a challenge",
  wallet: "Approve the login in your wallet",
  server: "Logging in",
  unsupported: "this kind of account cannot log in",
  loggedInAs: "Logged in as",
  logOut: "Log out",
  cancel: "Cancel",
  close: "Close",
  retry: "Try again",
};

/**
 * A button and a dialog. Keyboard and screen readers get what `<dialog>` gives: focus goes in and comes back, Escape
 * closes, the page behind does not answer.
 *
 * For styles: `data-btauth` names each part (`root`, `button`, `dialog`, `title`, `status`, `error`, `hint`, `list`,
 * `wallet`, `account`, `name`, `address`, `cancel`, `close`, `retry`, `log-out`); `data-status` on the root is the
 * session's.
 */
export function ConnectButton({ labels, className, onError }: ConnectButtonProps): ReactNode {
  const words = { ...ENGLISH, ...labels };
  const session = useSession();
  const auth = useHotkeyAuth();
  const connection = useConnection(onError);
  const { choice, waiting, error } = connection;
  const [open, setOpen] = useState(false);
  const [chosen, setChosen] = useState<Account>();
  const title = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  const button = useRef<HTMLButtonElement>(null);

  const close = () => {
    connection.cancel();
    setOpen(false);
  };
  const loggedIn = session.status === "logged-in";
  const hotkey = loggedIn ? session.hotkey : undefined;
  // A login, here or in another tab, answers what the dialog asked.
  useEffect(() => {
    if (hotkey !== undefined) setOpen(false);
  }, [hotkey]);
  useEffect(() => {
    const element = dialog.current;
    if (open && element?.open === false) element.showModal();
    if (!open && element?.open) {
      element.close();
      button.current?.focus();
    }
  }, [open]);

  return (
    <span className={className} data-btauth="root" data-status={session.status}>
      <button
        ref={button}
        type="button"
        data-btauth="button"
        aria-haspopup="dialog"
        aria-expanded={open}
        aria-busy={session.status === "starting" || session.status === "logging-in"}
        disabled={session.status === "starting"}
        title={hotkey}
        onClick={() => {
          setOpen(true);
          if (!loggedIn) void connection.start();
        }}
      >
        {hotkey === undefined ? words.connect : short(hotkey)}
      </button>
      <dialog
        ref={dialog}
        data-btauth="dialog"
        aria-labelledby={title}
        onCancel={(event) => {
          event.preventDefault();
          close();
        }}
      >
        {loggedIn ? (
          <Who session={session} words={words} title={title} onLogOut={() => void auth.logout().then(close)} />
        ) : (
          <>
            <h2 id={title} data-btauth="title">
              {choice.of === "wallets" ? words.chooseWallet : words.chooseAccount}
            </h2>
            <p role="status" data-btauth="status">
              {session.status === "logging-in" ? words[session.step] : waiting ? words.looking : ""}
            </p>
            {error && <Failure error={error} />}
            {choice.of === "wallets" && (
              <WalletList wallets={choice.wallets} disabled={waiting} onChoose={connection.chooseWallet} />
            )}
            {choice.of === "accounts" && (
              <AccountList
                accounts={choice.accounts}
                disabled={waiting}
                words={words}
                onChoose={(account) => {
                  setChosen(account);
                  void connection.chooseAccount(account);
                }}
              />
            )}
            {error && (
              <button
                type="button"
                data-btauth="retry"
                onClick={() =>
                  void (choice.of === "accounts" && chosen ? connection.chooseAccount(chosen) : connection.start())
                }
              >
                {words.retry}
              </button>
            )}
          </>
        )}
        <button type="button" data-btauth={waiting ? "cancel" : "close"} onClick={close}>
          {waiting ? words.cancel : words.close}
        </button>
      </dialog>
    </span>
  );
}

function Failure({ error }: { error: BittensorAuthError }): ReactNode {
  return (
    <div role="alert" data-btauth="error" data-code={error.code}>
      <strong>{error.message}</strong>
      {error.hint && <p data-btauth="hint">{error.hint}</p>}
    </div>
  );
}

interface WalletListProps {
  readonly wallets: readonly Wallet[];
  readonly disabled: boolean;
  readonly onChoose: (name: string) => void;
}

function WalletList({ wallets, disabled, onChoose }: WalletListProps): ReactNode {
  return (
    <ul data-btauth="list">
      {wallets.map(({ name }) => (
        <li key={name}>
          <button type="button" data-btauth="wallet" disabled={disabled} onClick={() => onChoose(name)}>
            {name}
          </button>
        </li>
      ))}
    </ul>
  );
}

interface AccountListProps {
  readonly accounts: readonly Account[];
  readonly disabled: boolean;
  readonly words: ConnectButtonLabels;
  readonly onChoose: (account: Account) => void;
}

function AccountList({ accounts, disabled, words, onChoose }: AccountListProps): ReactNode {
  return (
    <ul data-btauth="list">
      {accounts.map((account) => {
        const supported = account.type === "sr25519" || account.type === "ed25519";
        return (
          <li key={`${account.type} ${account.walletAddress}`}>
            <button
              type="button"
              data-btauth="account"
              data-address={account.address}
              disabled={disabled || !supported}
              onClick={() => onChoose(account)}
            >
              <span data-btauth="name">{account.name ?? short(account.address)}</span>{" "}
              <span data-btauth="address">{short(account.address)}</span>
              {!supported && <small> {words.unsupported}</small>}
            </button>
          </li>
        );
      })}
    </ul>
  );
}

interface WhoProps {
  readonly session: Session;
  readonly words: ConnectButtonLabels;
  readonly title: string;
  readonly onLogOut: () => void;
}

function Who({ session, words, title, onLogOut }: WhoProps): ReactNode {
  return (
    <>
      <h2 id={title} data-btauth="title">
        {words.loggedInAs}
      </h2>
      <p data-btauth="address">
        {session.hotkey}
        {session.role !== undefined && <span data-btauth="role"> {session.role}</span>}
      </p>
      <button type="button" data-btauth="log-out" onClick={onLogOut}>
        {words.logOut}
      </button>
    </>
  );
}

/** Enough of an address to tell one's own accounts apart. */
function short(address: string): string {
  return `${address.slice(0, 6)}…${address.slice(-4)}`;
}
