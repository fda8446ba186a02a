/** Cookies hold the tokens (`spec/04 §11`). The service here does what the page says about bodies, and no more. */

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Keypair } from "../../src/index.js";
import { FakeBrowser, type Tab } from "./browser.js";
import { FakeService } from "./fake-service.js";
import { rejection } from "./refusals.js";

const key = Keypair.fromSeed(new Uint8Array(32).fill(7));
const PAGE = "http://127.0.0.1:8000";

let service: FakeService;
let window: FakeBrowser;

function open(): Tab {
  const tab = window.open({ tokens: "cookie" });
  tab.network = (input, init) => service.answer(input, init);
  return tab;
}

const status = ({ auth }: Tab) => auth.session.getSnapshot().status;

describe("cookies", () => {
  beforeEach(() => {
    service = new FakeService(PAGE, key.ss58Address, "cookies");
    window = new FakeBrowser({ page: PAGE });
  });
  afterEach(() => window.close());

  it("are asked for, sent along, and never seen", async () => {
    const tab = open();
    await tab.auth.loginWith(key, key.ss58Address);
    expect((await tab.auth.fetch("/x")).status).toBe(200);
    expect(service.bodies.at(-2)).toMatchObject({ tokens: "cookie", scheme: "sr25519" });
    expect(
      tab.sent.every(({ authorization, credentials }) => authorization === null && credentials === "include"),
    ).toBe(true);
  });

  it("give a new browser window its session back", async () => {
    service.refresh = true;
    const tab = open();
    await tab.auth.ready();
    expect(tab.auth.session.getSnapshot()).toMatchObject({ status: "logged-in", hotkey: key.ss58Address });
    expect(service.bodies).toEqual([{ tokens: "cookie" }]);
    const second = open();
    await second.auth.ready();
    expect([status(second), second.sent.length]).toEqual(["logged-in", 0]);
  });

  it("that are not there are no session and no event", async () => {
    const tab = open();
    await tab.auth.ready();
    expect([status(tab), tab.events]).toEqual(["logged-out", []]);
    await rejection("login_required", tab.auth.fetch("/x"));
  });

  it("are asked for again when the server could not be reached", async () => {
    service.refresh = true;
    const tab = open();
    tab.network = "off";
    await rejection("network_unreachable", tab.auth.ready());
    expect(status(tab)).toBe("logged-out");
    tab.network = (input, init) => service.answer(input, init);
    await tab.auth.ready();
    expect(status(tab)).toBe("logged-in");
  });

  it("are refreshed when the browser dropped the short one, and end the session when it dropped both", async () => {
    const tab = open();
    await tab.auth.loginWith(key, key.ss58Address);
    service.session = false;
    expect((await tab.auth.fetch("/x")).status).toBe(200);
    expect(service.rotations).toBe(1);
    service.session = service.refresh = false;
    expect((await tab.auth.fetch("/x")).status).toBe(401);
    expect(tab.events).toEqual(["ended"]);
  });

  it("are cleared by a logout, also when the short one is over", async () => {
    const tab = open();
    await tab.auth.loginWith(key, key.ss58Address);
    service.session = false;
    await tab.auth.logout();
    expect([service.session, service.refresh]).toEqual([false, false]);
    await vi.waitFor(() => expect(tab.events).toEqual(["logout"]));
  });
});
