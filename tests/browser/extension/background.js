// The extension's own request handlers and keyring, behind the two ports that its pages and web pages connect to.
import "@polkadot/extension-inject/crossenv";
import { handlers } from "@polkadot/extension-base/background";
import { PORT_CONTENT, PORT_EXTENSION } from "@polkadot/extension-base/defaults";
import { AccountsStore } from "@polkadot/extension-base/stores";
import { keyring } from "@polkadot/ui-keyring";
import { cryptoWaitReady } from "@polkadot/util-crypto";

chrome.runtime.onConnect.addListener((port) => {
  if (port.name !== PORT_CONTENT && port.name !== PORT_EXTENSION) return;
  port.onMessage.addListener((message) => handlers(message, port));
});

chrome.runtime.onMessage.addListener((message, _sender, reply) => {
  if (message?.type === "wakeup") reply({ status: "awake" });
  // The extension's setting "display address format for".
  if (message?.type === "prefix") {
    keyring.setSS58Format(message.prefix);
    reply({});
  }
});

cryptoWaitReady().then(() => keyring.loadAll({ store: new AccountsStore(), type: "sr25519" }));
