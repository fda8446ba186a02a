/** The components, used by keyboard and by role, over the real client with a wallet that behaves as measured. */

import "./page.js";
import { cleanup, render, screen, waitFor, within } from "@testing-library/react";
import { userEvent } from "@testing-library/user-event";
import { StrictMode } from "react";
import { renderToString } from "react-dom/server";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createHotkeyAuth } from "../../src/client/index.js";
import { Keypair } from "../../src/index.js";
import { ConnectButton, HotkeyAuthProvider, useSession } from "../../src/react/index.js";
import { FakeBrowser, type Tab } from "../client/browser.js";
import { FakeService } from "../client/fake-service.js";
import { FakeWallet } from "../client/fake-wallet.js";

const key = Keypair.fromSeed(new Uint8Array(32).fill(7));
const PAGE = "http://127.0.0.1:8000";

let window_: FakeBrowser;
let wallet: FakeWallet;
let tab: Tab;

function Status() {
  const session = useSession();
  return <output>{session.status}</output>;
}

function show(one: Tab = tab) {
  return render(
    <StrictMode>
      <HotkeyAuthProvider auth={one.auth}>
        <ConnectButton className="mine" />
        <Status />
      </HotkeyAuthProvider>
    </StrictMode>,
  );
}

const status = () => screen.getByText(/^(starting|logged-in|logged-out|logging-in)$/).textContent;

beforeEach(() => {
  window_ = new FakeBrowser({ page: PAGE });
  wallet = new FakeWallet({ [key.ss58Address]: key });
  window_.wallets = { "polkadot-js": wallet };
  const service = new FakeService(PAGE, key.ss58Address);
  tab = window_.open();
  tab.network = (input, init) => service.answer(input, init);
});
afterEach(() => {
  cleanup();
  window_.close();
});

describe("ConnectButton", () => {
  it("logs in and out by keyboard alone", async () => {
    const user = userEvent.setup();
    show();
    await waitFor(() => expect(status()).toBe("logged-out"));
    await user.tab();
    const button = screen.getByRole("button", { name: "Connect wallet" });
    expect(document.activeElement).toBe(button);
    expect(button.getAttribute("aria-haspopup")).toBe("dialog");
    await user.keyboard("{Enter}");
    const dialog = await screen.findByRole("dialog", { name: "Choose an account" });
    expect(button.getAttribute("aria-expanded")).toBe("true");
    const account = await within(dialog).findByRole("button", { name: /an account/ });
    account.focus();
    await user.keyboard("{Enter}");
    await waitFor(() => expect(status()).toBe("logged-in"));
    await waitFor(() => expect(dialog.hasAttribute("open")).toBe(false));
    expect(document.activeElement?.textContent).toContain(key.ss58Address.slice(0, 6));
    await user.keyboard("{Enter}");
    await screen.findByRole("dialog", { name: "Logged in as" });
    await user.click(screen.getByRole("button", { name: "Log out" }));
    await waitFor(() => expect(status()).toBe("logged-out"));
    expect(tab.events).toEqual(["logout"]);
  });

  it("lets the person choose among wallets", async () => {
    const user = userEvent.setup();
    window_.wallets = { "polkadot-js": wallet, talisman: new FakeWallet({ [key.ss58Address]: key }) };
    show();
    await waitFor(() => expect(status()).toBe("logged-out"));
    await user.click(screen.getByRole("button", { name: "Connect wallet" }));
    await user.click(await screen.findByRole("button", { name: "talisman" }));
    await screen.findByRole("button", { name: /an account/ });
    expect(wallet.enabled).toBe(0);
  });

  it("says what went wrong and what to do, and tries again", async () => {
    const user = userEvent.setup();
    wallet.signing = "cancels";
    show();
    await waitFor(() => expect(status()).toBe("logged-out"));
    await user.click(screen.getByRole("button", { name: "Connect wallet" }));
    await user.click(await screen.findByRole("button", { name: /an account/ }));
    const alert = await screen.findByRole("alert");
    expect(alert.getAttribute("data-code")).toBe("wallet_rejected");
    expect(alert.textContent).toContain("approve");
    wallet.signing = "approves";
    await user.click(screen.getByRole("button", { name: "Try again" }));
    await waitFor(() => expect(status()).toBe("logged-in"));
  });

  it("says that there is no wallet", async () => {
    const user = userEvent.setup();
    window_.wallets = {};
    show();
    await waitFor(() => expect(status()).toBe("logged-out"));
    await user.click(screen.getByRole("button", { name: "Connect wallet" }));
    const alert = await screen.findByRole("alert", undefined, { timeout: 4_000 });
    expect(alert.getAttribute("data-code")).toBe("wallet_not_found");
  });

  it("shows accounts that cannot log in, and why", async () => {
    const user = userEvent.setup();
    wallet.accounts = [{ address: "0x52908400098527886E0F7030069857D2E4169EE7", type: "ethereum", name: "eth" }];
    show();
    await waitFor(() => expect(status()).toBe("logged-out"));
    await user.click(screen.getByRole("button", { name: "Connect wallet" }));
    const account = await screen.findByRole("button", { name: /eth.*cannot log in/ });
    expect((account as HTMLButtonElement).disabled).toBe(true);
  });

  it("can be given up while the wallet waits", async () => {
    const user = userEvent.setup();
    wallet.signing = "walks away";
    show();
    await waitFor(() => expect(status()).toBe("logged-out"));
    await user.click(screen.getByRole("button", { name: "Connect wallet" }));
    await user.click(await screen.findByRole("button", { name: /an account/ }));
    await screen.findByText("Approve the login in your wallet");
    expect(status()).toBe("logging-in");
    await user.click(screen.getByRole("button", { name: "Cancel" }));
    await waitFor(() => expect(status()).toBe("logged-out"));
    expect(screen.queryByRole("alert")).toBeNull();
    expect(document.activeElement).toBe(screen.getByRole("button", { name: "Connect wallet" }));
  });

  it("closes when another tab logged in", async () => {
    const user = userEvent.setup();
    const other = window_.open();
    other.network = tab.network;
    show();
    await waitFor(() => expect(status()).toBe("logged-out"));
    await user.click(screen.getByRole("button", { name: "Connect wallet" }));
    await screen.findByRole("dialog");
    await other.auth.loginWith(key, key.ss58Address);
    await waitFor(() => expect(status()).toBe("logged-in"));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  });

  it("has hooks for styles", async () => {
    const { container } = show();
    await waitFor(() => expect(status()).toBe("logged-out"));
    const root = container.querySelector("[data-btauth=root]");
    expect(root?.className).toBe("mine");
    expect(root?.getAttribute("data-status")).toBe("logged-out");
  });
});

describe("a server", () => {
  it("renders the start without touching a page", () => {
    const auth = createHotkeyAuth({ baseURL: "/api" });
    const html = renderToString(
      <HotkeyAuthProvider auth={auth}>
        <ConnectButton />
        <Status />
      </HotkeyAuthProvider>,
    );
    expect(html).toContain("starting");
    expect(html).toContain("disabled");
  });

  it("is told that a provider is missing", () => {
    expect(() => renderToString(<Status />)).toThrow(/HotkeyAuthProvider/);
  });
});
