/** What the functions that orval generates call instead of `fetch`: they take none, so the session's waits here. */

let send: typeof fetch = fetch;

/** To be called once, with `auth.fetch`. */
export function sendWith(given: typeof fetch): void {
  send = given;
}

export async function orvalSend<T>(url: string, init?: RequestInit): Promise<T> {
  const response = await send(url, init);
  const text = await response.text();
  const data: unknown = text === "" ? undefined : JSON.parse(text);
  return { status: response.status, headers: response.headers, data } as T;
}
