/**
 * The bundled settlements and outlines as modules that are loaded when a map is wanted. Coordinates are thousandths
 * of a degree (about 110 m): a settlement is larger than that, and an outline was drawn more coarsely.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const data = (relative) => fileURLToPath(new URL(`../../../data/${relative}`, import.meta.url));
const milli = (degrees) => Math.round(Number(degrees) * 1000);

/** Columns by falling population: names joined by `|`, latitudes and longitudes in thousandths, population in tens. */
export function places(csv) {
  const rows = csv
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(','))
    .filter((row) => row.length === 7)
    .sort((a, b) => Number(b[6]) - Number(a[6]));
  const column = (make) => rows.map(make);
  return {
    // The other language's name stands in where one is missing.
    uk: column((row) => row[2] || row[1]).join('|'),
    en: column((row) => row[1]).join('|'),
    lat: column((row) => milli(row[4])),
    lon: column((row) => milli(row[5])),
    tens: column((row) => Math.max(1, Math.round(Number(row[6]) / 10))),
  };
}

/**
 * Rings of every country, each as its first point and then the steps from point to point, by the window (west, south,
 * east, north) that the outlines are clipped to.
 */
export function outlines(geojson) {
  const windows = new Map();
  for (const { properties, geometry } of JSON.parse(geojson).features) {
    const polygons = geometry.type === 'Polygon' ? [geometry.coordinates] : geometry.coordinates;
    const rings = polygons.flat().map((ring) => ring.map(([lon, lat]) => [milli(lon), milli(lat)]));
    const known = windows.get(properties.map) ?? [];
    windows.set(properties.map, [...known, ...rings]);
  }
  return [...windows.values()].map((rings) => {
    const lons = rings.flat().map(([lon]) => lon);
    const lats = rings.flat().map(([, lat]) => lat);
    return {
      window: [least(lons), least(lats), most(lons), most(lats)],
      rings: rings.map(steps),
    };
  });
}

const least = (numbers) => numbers.reduce((a, b) => Math.min(a, b));
const most = (numbers) => numbers.reduce((a, b) => Math.max(a, b));

function steps(ring) {
  const steps = [];
  let before = [0, 0];
  for (const at of ring) {
    const step = [at[0] - before[0], at[1] - before[1]];
    if (steps.length === 0 || step[0] !== 0 || step[1] !== 0) steps.push(...step);
    before = at;
  }
  return steps;
}

/** What the app needs of the default form before the core is there to read the signed one. */
export function kinds(json) {
  return JSON.parse(json).kinds.map(
    ({ code, name, icon, label, precision_m, count, heading, slot_s, cap }) => ({
      code,
      name,
      icon,
      label,
      precision_m,
      count,
      heading,
      slot_s,
      cap: cap && { urgency: cap.urgency, severity: cap.severity },
    }),
  );
}

const MODULES = {
  'virtual:places': () => places(readFileSync(data('gazetteer/ua_places.csv'), 'utf8')),
  'virtual:outlines': () => outlines(readFileSync(data('basemap/countries.geojson'), 'utf8')),
  'virtual:kinds': () => kinds(readFileSync(data('forms/civil-protection.json'), 'utf8')),
};

export function geo() {
  return {
    name: 'lapwing-geo',
    resolveId: (id) => (id in MODULES ? `\0${id}` : undefined),
    load(id) {
      const make = MODULES[id.slice(1)];
      // As a string: engines parse JSON faster than the same as a literal.
      return id.startsWith('\0virtual:') && make
        ? `export default JSON.parse(${JSON.stringify(JSON.stringify(make()))});`
        : undefined;
    },
  };
}
