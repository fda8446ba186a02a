/** React over `bittensor-auth/client`. */

export { ConnectButton, type ConnectButtonLabels, type ConnectButtonProps } from "./connect-button.js";
export { HotkeyAuthProvider, type HotkeyAuthProviderProps, useHotkeyAuth, useSession } from "./context.js";
