/** A document for components, beside everything that Node has by itself: imported before whatever looks for one. */

import { Window } from "happy-dom";

const page = new Window({ url: "http://127.0.0.1:8000/" });
const here = globalThis as Record<string, unknown>;
for (const name of Object.getOwnPropertyNames(page)) {
  if (!(name in here)) here[name] = (page as unknown as Record<string, unknown>)[name];
}
Object.assign(here, { window: page, document: page.document, Event: page.Event, IS_REACT_ACT_ENVIRONMENT: true });
Object.defineProperty(here, "navigator", { value: page.navigator, configurable: true });
