// Carries messages between the page and the extension's background, and puts page.js into the page.
import { MESSAGE_ORIGIN_CONTENT, MESSAGE_ORIGIN_PAGE, PORT_CONTENT } from "@polkadot/extension-base/defaults";
import { ensurePortConnection } from "@polkadot/extension-base/utils/portUtils";

let port;

const connection = {
  portName: PORT_CONTENT,
  onPortMessageHandler: (message) => window.postMessage({ ...message, origin: MESSAGE_ORIGIN_CONTENT }, "*"),
  onPortDisconnectHandler: () => {
    port = undefined;
  },
};

window.addEventListener("message", async ({ data, source }) => {
  if (source !== window || data?.origin !== MESSAGE_ORIGIN_PAGE) return;
  port = await ensurePortConnection(port, connection);
  port.postMessage(data);
});

const script = document.createElement("script");
script.src = chrome.runtime.getURL("page.js");
(document.head ?? document.documentElement).append(script);
