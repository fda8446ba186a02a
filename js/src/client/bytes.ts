/** Spellings of bytes that wallets use. */

/** How many digits 35 or 36 bytes have. */
const [SHORTEST, LONGEST] = [46, 50];
const BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/** `0x` and lower-case hex. */
export function toHex(bytes: Uint8Array): string {
  return `0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** The bytes of hex with or without `0x`, or nothing. */
export function fromHex(text: string): Uint8Array | undefined {
  const digits = text.replace(/^0x/i, "");
  if (!/^(?:[0-9a-f]{2})+$/i.test(digits)) return undefined;
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/**
 * The 32-byte key in an SS58 address of any prefix, or nothing.
 *
 * The checksum is not looked at: the address is a wallet's, and a wrong key cannot sign.
 */
export function keyOfAddress(address: string): Uint8Array | undefined {
  if (address.length < SHORTEST || address.length > LONGEST) return undefined;
  let number = 0n;
  for (const digit of address) {
    const value = BASE58.indexOf(digit);
    if (value < 0) return undefined;
    number = number * 58n + BigInt(value);
  }
  // Prefix (one byte below 64, otherwise two), key, checksum.
  const bytes = fromHex(number.toString(16).padStart(70, "0"));
  if (bytes?.length !== ((bytes?.[0] ?? 0) < 64 ? 35 : 36)) return undefined;
  return bytes.slice(-34, -2);
}
