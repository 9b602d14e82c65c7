/**
 * Icons of the form's kinds, one SVG file each, drawn in the text's colour. They are the project's own files and
 * are put into the page as markup; nothing that comes over the network ever is.
 */
const files = import.meta.glob<string>('./icons/*.svg', { query: '?raw', import: 'default', eager: true });

const icons = new Map(
  Object.entries(files).map(([path, svg]) => [path.slice('./icons/'.length, -'.svg'.length), svg.trim()]),
);

const UNKNOWN =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="24" height="24" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round"><circle cx="12" cy="12" r="8.500"/><path d="M12 8v5M12 16h.01"/></svg>';

/** The markup of a kind's icon; a plain mark for a kind that a newer form added. */
export function kindIcon(name: string): string {
  return icons.get(name) ?? UNKNOWN;
}

/** Names that have an icon. */
export function iconNames(): string[] {
  return [...icons.keys()].sort();
}
