import { Gate } from "./gate";
import { dashboard, example, freePort, type Language, type Running } from "./servers";

/** The dashboard, the server behind it, and the gate between the two. */
export interface Site {
  /** Where the browser goes. */
  readonly origin: string;
  /** The server itself, past the dashboard. */
  readonly api: string;
  readonly gate: Gate;
  stop(): Promise<void>;
}

export async function site(
  language: Language,
  settings: { readonly access?: number; readonly redis?: string } = {},
): Promise<Site> {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const gate = await Gate.open();
  const parts: Running[] = [];
  const stop = async () => {
    await Promise.all(parts.map((part) => part.stop()));
    await gate.close();
  };
  try {
    const api = await example(language, { origin, ...settings });
    parts.push(api);
    gate.target = api.url;
    parts.push(await dashboard(port, gate.url));
    return { origin, api: api.url, gate, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The same dashboard at another address, before the same server: `forge` hides from it where the browser really is. */
export async function lookalike(genuine: Site, { forge }: { readonly forge: boolean }): Promise<Site> {
  const port = await freePort();
  const gate = await Gate.open();
  gate.target = genuine.api;
  if (forge) gate.forgedOrigin = genuine.origin;
  const page = await dashboard(port, gate.url);
  const stop = async () => {
    await page.stop();
    await gate.close();
  };
  return { origin: page.url, api: genuine.api, gate, stop };
}
