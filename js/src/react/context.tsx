/** The client of an application, for the components below a provider. */

import { createContext, type ReactNode, useContext, useSyncExternalStore } from "react";
import type { HotkeyAuth, SessionSnapshot } from "../client/types.js";

const Context = createContext<HotkeyAuth | undefined>(undefined);
const STARTING: SessionSnapshot = { status: "starting" };

export interface HotkeyAuthProviderProps {
  /** What `createHotkeyAuth` gave: made once, outside of components. */
  readonly auth: HotkeyAuth;
  readonly children?: ReactNode;
}

/** Gives `auth` to the components below. */
export function HotkeyAuthProvider({ auth, children }: HotkeyAuthProviderProps): ReactNode {
  return <Context.Provider value={auth}>{children}</Context.Provider>;
}

/** The client of the nearest `HotkeyAuthProvider`. */
export function useHotkeyAuth(): HotkeyAuth {
  const auth = useContext(Context);
  if (auth === undefined) throw new Error("expected a HotkeyAuthProvider around this component");
  return auth;
}

/** The state of the session; renders again when it changes. `"starting"` while a server renders. */
export function useSession(): SessionSnapshot {
  const { session } = useHotkeyAuth();
  return useSyncExternalStore(session.subscribe, session.getSnapshot, () => STARTING);
}
