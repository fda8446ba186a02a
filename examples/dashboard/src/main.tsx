import { createHotkeyAuth } from "bittensor-auth/client";
import { HotkeyAuthProvider } from "bittensor-auth/react";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { RequestLog } from "./requests/log";
import { apiURL, onAccountChange } from "./settings";
import "./styles/base.css";
import "./styles/layout.css";
import "./styles/parts.css";

const log = new RequestLog((input, init) => fetch(input, init));
const auth = createHotkeyAuth({ baseURL: apiURL, appName: "Hotkey dashboard", onAccountChange, fetch: log.fetch });

const root = document.getElementById("root");
if (!root) throw new Error("index.html has an element with the id root");
createRoot(root).render(
  <StrictMode>
    <HotkeyAuthProvider auth={auth}>
      <App log={log} />
    </HotkeyAuthProvider>
  </StrictMode>,
);
