/** The first and last letters of an address, for places where it is not the point. */
export function short(address: string): string {
  return `${address.slice(0, 6)}…${address.slice(-6)}`;
}
