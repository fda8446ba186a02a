import { Avatar } from "../identity/Avatar";
import { short } from "../identity/address";

const STEPS = [
  { step: "challenge", text: "Ask the server for a text to sign" },
  { step: "wallet", text: "Read and approve it in your wallet" },
  { step: "server", text: "The server checks the signature" },
] as const;

interface Props {
  readonly step: (typeof STEPS)[number]["step"];
  readonly address: string;
  readonly onCancel: () => void;
}

/** How far the sign-in is. */
export function Progress({ step, address, onCancel }: Props) {
  const current = STEPS.findIndex((one) => one.step === step);
  return (
    <>
      <p className="progress-who">
        <Avatar address={address} size={36} />
        <span className="path">{short(address)}</span>
      </p>
      <ol className="steps">
        {STEPS.map(({ step, text }, index) => (
          <li
            key={step}
            className={index < current ? "done" : index === current ? "now" : ""}
            aria-current={index === current ? "step" : undefined}
          >
            {text}
          </li>
        ))}
      </ol>
      <button type="button" className="wide" onClick={onCancel}>
        Cancel
      </button>
    </>
  );
}
