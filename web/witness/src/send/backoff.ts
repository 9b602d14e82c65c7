/** Milliseconds to the next try after so many failures: doubling from 4 s to 5 min, half of it by chance. */
export function pause(failures: number, random: () => number): number {
  const whole = Math.min(300_000, 4_000 * 2 ** Math.max(0, failures - 1));
  return whole / 2 + (whole / 2) * random();
}
