import type { Account } from "bittensor-auth/client";
import { type FormEvent, useState } from "react";
import { Avatar } from "../identity/Avatar";
import { short } from "../identity/address";

interface Props {
  readonly accounts: readonly Account[];
  readonly onBack: () => void;
  readonly onSignIn: (account: Account) => void;
}

/** The accounts that the wallet shows to this site. */
export function AccountChoice({ accounts, onBack, onSignIn }: Props) {
  const [chosen, choose] = useState(accounts[0]?.walletAddress);

  function submit(event: FormEvent) {
    event.preventDefault();
    const account = accounts.find((one) => one.walletAddress === chosen);
    if (account) onSignIn(account);
  }

  return (
    <form onSubmit={submit}>
      <fieldset className="choices">
        <legend className="lead">Choose the account to sign in with.</legend>
        {accounts.map((account) => (
          <label className="choice" key={account.walletAddress}>
            <input
              type="radio"
              name="account"
              checked={account.walletAddress === chosen}
              onChange={() => choose(account.walletAddress)}
            />
            <Avatar address={account.address} size={36} />
            <span className="choice-text">
              <span className="choice-name">{account.name ?? "Unnamed account"}</span>
              <span className="path muted" title={account.address}>
                {short(account.address)}
              </span>
            </span>
            <span className="badge">{account.type}</span>
          </label>
        ))}
      </fieldset>
      <div className="actions">
        <button type="button" onClick={onBack}>
          Other wallet
        </button>
        <button type="submit" className="primary">
          Sign in
        </button>
      </div>
      <p className="muted hint">You sign a short text that names this site. It costs nothing and moves nothing.</p>
    </form>
  );
}
