import axe from "axe-core";
import { chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ALICE, BOB } from "./support/accounts";
import { Person } from "./support/person";
import { type Site, site } from "./support/site";
import { CHROMIUM, Wallet } from "./support/wallet";

let wallet: Wallet;
let place: Site;

beforeAll(async () => {
  [wallet, place] = await Promise.all([Wallet.start(), site("node")]);
  await wallet.add("Alice", "//Alice");
  await wallet.add("Bob, whose name is longer than the place that the dashboard has for it", "//Bob");
  const person = await Person.visits(wallet, place.origin);
  await person.connects(wallet, ALICE, BOB);
  await person.leaves();
});

afterAll(async () => {
  await wallet?.close();
  await place?.stop();
});

const LOOKS = [
  { look: "light", colorScheme: "light", width: 1280 },
  { look: "dark", colorScheme: "dark", width: 1280 },
  { look: "narrow", colorScheme: "light", width: 320 },
  { look: "narrow-dark", colorScheme: "dark", width: 320 },
] as const;

/** Everything that axe knows of, in every look; nothing wider than the window. */
async function passes(person: Person, state: string): Promise<void> {
  const { page } = person;
  for (const { look, colorScheme, width } of LOOKS) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.setViewportSize({ width, height: 860 });
    await page.evaluate(axe.source);
    const { violations } = await page.evaluate(() => (globalThis as unknown as { axe: typeof axe }).axe.run());
    await person.shot(`looks-${state}-${look}`);
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`)).toEqual([]);
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow, `${state}, ${look}: wider than the window`).toBeLessThanOrEqual(0);
  }
  await page.setViewportSize({ width: 1280, height: 860 });
}

test("a browser without a wallet is told how to get one", async () => {
  const browser = await chromium.launch(CHROMIUM);
  const person = await Person.visits({ context: await browser.newContext() }, place.origin);
  await person.page.getByText("No wallet in this browser").waitFor();
  await passes(person, "no-wallet");
  await person.page.getByRole("button", { name: "Look again" }).click();
  await person.page.getByText("No wallet in this browser").waitFor();
  await person.leaves();
  await browser.close();
});

test("every state of a login passes, in light, dark and on a phone", async () => {
  const person = await Person.visits(wallet, `${place.origin}/?looks`);
  await person.page.getByRole("button", { name: /polkadot-js/ }).waitFor();
  await passes(person, "wallets");
  await person.connects(wallet);
  await passes(person, "accounts");
  await person.asksToSignIn();
  await person.page.getByText("Read and approve it in your wallet").waitFor();
  await passes(person, "waiting");
  await wallet.refuse();
  await person.sees("wallet_rejected");
  await passes(person, "error");
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  await person.signsIn(wallet);
  await person.calls("Who am I?");
  await passes(person, "signed-in");
  await person.signsOut();
  await passes(person, "signed-out");
  await person.leaves();
});

test("a login takes no mouse, shows where it is, and moves nothing on the page", async () => {
  const person = await Person.visits(wallet, `${place.origin}/?keyboard`);
  const { page } = person;
  await page.getByRole("button", { name: /polkadot-js/ }).waitFor();
  await reach(page, "polkadot-js");
  await page.keyboard.press("Enter");
  await page.getByRole("radio", { name: /Alice/ }).waitFor();
  await reach(page, "Alice");
  await page.keyboard.press("ArrowDown");
  await reach(page, "Sign in");
  await page.keyboard.press("Enter");
  await wallet.approve();
  await person.isSignedIn();
  expect(await page.getByText(BOB, { exact: true }).count()).toBe(1);
  await page.getByRole("status").filter({ hasText: "Signed in as" }).waitFor({ state: "attached" });
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Signed in");
  await reach(page, "Who am I?");
  await page.keyboard.press("Enter");
  await page.locator("output pre").waitFor();
  await person.shot("looks-keyboard");
  await reach(page, "dark");
  await page.keyboard.press("ArrowRight");
  expect(await page.evaluate(() => document.documentElement.dataset["theme"])).toBeDefined();
  expect(await page.evaluate(shifts)).toBeLessThan(0.01);
  await person.signsOut();
  await person.leaves();
});

/** Presses the tab key until the focus is on what has this name; each stop on the way has to be visible. */
async function reach(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 20; presses += 1) {
    await page.keyboard.press("Tab");
    const { text, outline } = await page.evaluate(focused);
    // Behind the last stop the browser's own buttons come.
    if (text === "") continue;
    expect(outline, `the focus on «${text}» does not show`).toBe("solid");
    if (text.includes(name)) return;
  }
  throw new Error(`no way to ${name} by keyboard`);
}

/** Runs in the page. Of a radio button its label shows the focus. */
function focused(): { text: string; outline: string } {
  const activeElement = document.activeElement === document.body ? undefined : document.activeElement;
  const label = activeElement?.closest("label");
  const group = activeElement?.closest("fieldset")?.textContent ?? "";
  const marked = [activeElement, label, label?.querySelector("span")].flatMap((element) =>
    element ? [getComputedStyle(element).outlineStyle] : [],
  );
  return {
    text: label ? group : (activeElement?.textContent ?? ""),
    outline: marked.find((style) => style !== "none") ?? "none",
  };
}

/** Runs in the page: how far things moved that nobody touched, as browsers measure it. */
function shifts(): Promise<number> {
  return new Promise((resolve) => {
    if (!PerformanceObserver.supportedEntryTypes.includes("layout-shift")) throw new Error("no measure of shifts");
    new PerformanceObserver((list) => {
      const shifts = list.getEntries() as unknown as readonly { value: number; hadRecentInput: boolean }[];
      resolve(shifts.reduce((sum, { value, hadRecentInput }) => (hadRecentInput ? sum : sum + value), 0));
    }).observe({ type: "layout-shift", buffered: true });
    setTimeout(resolve, 500, 0);
  });
}
