/** A picture of an address that is easy to tell from another: five by five fields, mirrored. */
export function Avatar({ address, size }: { readonly address: string; readonly size: number }) {
  let state = 2166136261;
  for (const letter of address) state = Math.imul(state ^ letter.charCodeAt(0), 16777619) >>> 0;
  const hue = state % 360;
  const fields: string[] = [];
  for (let index = 0; index < 15; index += 1) {
    state = Math.imul(state ^ (state >>> 15), 2246822519) >>> 0;
    if (state % 16 < 7) continue;
    const [x, y] = [Math.floor(index / 5), index % 5];
    fields.push(`M${x} ${y}h1v1h-1z`);
    if (x < 2) fields.push(`M${4 - x} ${y}h1v1h-1z`);
  }
  return (
    <svg className="avatar" width={size} height={size} viewBox="-1 -1 7 7" aria-hidden="true">
      <rect x="-1" y="-1" width="7" height="7" fill={`hsl(${hue} 45% 88%)`} />
      <path d={fields.join("")} fill={`hsl(${hue} 55% 34%)`} />
    </svg>
  );
}
