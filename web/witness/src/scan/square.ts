/** What a square holds: the invite as it could be typed, and the passes that come with it. */
export function square(text: string): { invite: string; passes: string | undefined } {
  const [, invite = text, passes] = /^(LAPWING:[0-9A-F]{22}):([0-9A-F]+)$/i.exec(text.trim()) ?? [];
  return { invite, passes };
}
