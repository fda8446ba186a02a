import type { Wallet } from "bittensor-auth/client";

interface Props {
  /** Undefined while we look for them. */
  readonly wallets: readonly Wallet[] | undefined;
  readonly connecting: string | undefined;
  readonly onConnect: (wallet: string) => void;
  readonly onLook: () => void;
}

/** The wallets of this browser, or how to get one. */
export function WalletChoice({ wallets, connecting, onConnect, onLook }: Props) {
  if (!wallets) return <div className="skeleton" role="status" aria-label="Looking for wallets" />;
  if (wallets.length === 0) return <NoWallet onLook={onLook} />;
  return (
    <>
      <p className="lead">
        Choose the wallet that holds your hotkey. It will ask whether this site may see your accounts.
      </p>
      <ul className="choices">
        {wallets.map((wallet) => (
          <li key={wallet.name}>
            <button
              type="button"
              className="choice"
              disabled={connecting !== undefined}
              onClick={() => onConnect(wallet.name)}
            >
              <span className="choice-mark" aria-hidden="true">
                {wallet.name.charAt(0).toUpperCase()}
              </span>
              <span className="choice-text">
                <span className="choice-name">{wallet.name}</span>
                <span className="muted">
                  {connecting === wallet.name ? "Open the wallet and allow this site" : `version ${wallet.version}`}
                </span>
              </span>
              <span className="choice-do">{connecting === wallet.name ? "Waiting …" : "Connect"}</span>
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

function NoWallet({ onLook }: { readonly onLook: () => void }) {
  return (
    <div className="guide">
      <p className="guide-title">No wallet in this browser</p>
      <ol>
        <li>Install a wallet extension for Polkadot chains, such as polkadot-js, Talisman or SubWallet.</li>
        <li>Import your hotkey there, from its mnemonic or its JSON file. Leave your coldkey where it is.</li>
        <li>Come back to this page and look again. Some wallets need the page to be reloaded.</li>
      </ol>
      <button type="button" className="wide" onClick={onLook}>
        Look again
      </button>
    </div>
  );
}
