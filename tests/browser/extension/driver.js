// Plays the extension's popup: `ask("pri(…)", request)` sends what the popup would send and gives the first answer.
const port = chrome.runtime.connect({ name: "pjs-t-extension" });
const waiting = new Map();
let last = 0;

port.onMessage.addListener(({ id, error, subscription, response }) => {
  const promise = waiting.get(id);
  if (!promise) return;
  waiting.delete(id);
  if (error) promise.reject(new Error(error));
  else promise.resolve(subscription ?? response);
});

globalThis.ask = (message, request = null) =>
  new Promise((resolve, reject) => {
    const id = `driver-${++last}`;
    waiting.set(id, { resolve, reject });
    port.postMessage({ id, message, origin: "extension", request });
  });
