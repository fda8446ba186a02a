/** Who is welcome once the hotkey proved itself. */

import { engine } from "./engine/current.js";
import type { EnginePolicy } from "./engine/engine.js";
import { decide } from "./engine/failure.js";

/** Which hotkeys are welcome. Asked after the signature and before the replay claim. */
export class Policy {
  readonly #policy: EnginePolicy;

  private constructor(policy: EnginePolicy) {
    this.#policy = policy;
  }

  /** Welcomes every hotkey that proved itself. */
  static anyHotkey(): Policy {
    return new Policy(decide(() => engine().Policy.anyHotkey()));
  }

  /** Welcomes these SS58 addresses only. */
  static hotkeys(addresses: Iterable<string>): Policy {
    return new Policy(decide(() => engine().Policy.hotkeys([...addresses])));
  }

  /** The same policy, which refuses these SS58 addresses whatever else holds. */
  deny(addresses: Iterable<string>): Policy {
    return new Policy(decide(() => this.#policy.deny([...addresses])));
  }

  /** @internal */
  static enginePolicy(policy: Policy): EnginePolicy {
    return policy.#policy;
  }
}
