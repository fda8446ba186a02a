/** The first answer of `probe` that is neither undefined nor false; asks ten times a second, for eight seconds. */
export async function until<T>(what: string, probe: () => Promise<T | undefined | false>, seconds = 8): Promise<T> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await probe();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > end) throw new Error(`waited ${seconds} s in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
