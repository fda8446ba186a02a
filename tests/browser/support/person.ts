import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { expect } from "vitest";
import type { Wallet } from "./wallet";

/** Git ignores it; CI keeps it. */
const SHOTS = fileURLToPath(new URL("../../../target/browser/screenshots/", import.meta.url));

/** What a person does with the dashboard in one tab. */
export class Person {
  readonly page: Page;
  /** What the browser complained about: blocked by the policy, thrown, rejected. */
  readonly complaints: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.on("pageerror", (error) => this.complaints.push(error.message));
    page.on("console", (message) => {
      // A refused request is the server's answer and part of many tests.
      if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
        this.complaints.push(message.text());
      }
    });
  }

  static async visits(wallet: Pick<Wallet, "context">, url: string): Promise<Person> {
    const person = new Person(await wallet.context.newPage());
    await person.page.goto(url);
    return person;
  }

  /** Connects the wallet. One that does not know this site asks, and is told to show these accounts. */
  async connects(wallet: Wallet, ...addresses: string[]): Promise<void> {
    await this.page.getByRole("button", { name: /polkadot-js/ }).click();
    if (addresses.length > 0) await wallet.allow(...addresses);
    await this.page.getByRole("button", { name: "Sign in", exact: true }).waitFor();
  }

  async asksToSignIn(): Promise<void> {
    await this.page.getByRole("button", { name: "Sign in", exact: true }).click();
  }

  async signsIn(wallet: Wallet): Promise<void> {
    await this.asksToSignIn();
    await wallet.approve();
    await this.isSignedIn();
  }

  async isSignedIn(): Promise<void> {
    await this.page.getByRole("heading", { name: "Signed in" }).waitFor();
  }

  async isSignedOut(): Promise<void> {
    await this.page.getByRole("heading", { name: "Sign in with your hotkey" }).waitFor();
  }

  async signsOut(): Promise<void> {
    await this.page.getByRole("button", { name: "Sign out in all tabs" }).click();
    await this.isSignedOut();
  }

  /** Calls the API by one of the buttons; the answer's text. */
  async calls(label: string): Promise<string> {
    await this.page.getByRole("button", { name: label }).click();
    return (await this.page.locator("output pre").textContent()) ?? "";
  }

  /** Reads the error that the dashboard shows. */
  async sees(code: string): Promise<string> {
    const notice = this.page.getByRole("alert").filter({ has: this.page.getByText(code, { exact: true }) });
    await notice.waitFor();
    return (await notice.textContent()) ?? "";
  }

  async shot(name: string): Promise<void> {
    mkdirSync(SHOTS, { recursive: true });
    await this.page.screenshot({ path: `${SHOTS}${name}.png`, fullPage: true });
  }

  async leaves(): Promise<void> {
    expect(this.complaints).toEqual([]);
    await this.page.close();
  }
}
