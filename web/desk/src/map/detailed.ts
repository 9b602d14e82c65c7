/**
 * A detailed background from `/map.pmtiles`, when the desk has one: raster tiles, or vector tiles of the Protomaps or
 * the OpenMapTiles kind. Read in ranges, from the same server as everything else.
 */
import type { LayerSpecification, Map as MapLibre, addProtocol } from 'maplibre-gl';
import { SOURCE, paints } from './style';

const ADDRESS = '/map.pmtiles';
/** Our layers go below the first of those that show settlements. */
const BELOW = 'place-dot';

interface Schema {
  green: string;
  water: string;
  roads: string;
  buildings: string;
  border: string;
}

const PROTOMAPS: Schema = {
  green: 'landuse',
  water: 'water',
  roads: 'roads',
  buildings: 'buildings',
  border: 'boundaries',
};
const OPENMAPTILES: Schema = {
  green: 'landcover',
  water: 'water',
  roads: 'transportation',
  buildings: 'building',
  border: 'boundary',
};

/** Whether the server has a map file. A server that answers every address with its page has none. */
export async function isThere(): Promise<boolean> {
  try {
    const answer = await fetch(ADDRESS, { method: 'HEAD' });
    return answer.ok && !(answer.headers.get('content-type') ?? '').startsWith('text/html');
  } catch {
    return false;
  }
}

let known = false;

/** Adds the background below the settlements; gives whom the file wants named, in plain text. */
export async function add(map: MapLibre, register: typeof addProtocol, dark: boolean): Promise<string> {
  const { PMTiles, Protocol, TileType } = await import('pmtiles');
  const address = new URL(ADDRESS, location.href).href;
  const archive = new PMTiles(address);
  if (!known) {
    const protocol = new Protocol();
    protocol.add(archive);
    register('pmtiles', protocol.tile);
    known = true;
  }
  const header = await archive.getHeader();
  const url = `pmtiles://${address}`;
  const metadata = (await archive.getMetadata()) as {
    vector_layers?: { id: string }[];
    attribution?: unknown;
  };
  const credit = plain(metadata.attribution);
  if (header.tileType !== TileType.Mvt) {
    map.addSource(SOURCE.detailed, { type: 'raster', url, tileSize: 256 });
    map.addLayer({ id: 'detailed-raster', type: 'raster', source: SOURCE.detailed }, BELOW);
    return credit;
  }
  const names = new Set(metadata.vector_layers?.map((layer) => layer.id));
  map.addSource(SOURCE.detailed, { type: 'vector', url });
  for (const layer of layers(names, dark)) map.addLayer(layer, BELOW);
  return credit;
}

/** Attributions come as HTML; only their words are shown. */
export function plain(attribution: unknown): string {
  if (typeof attribution !== 'string') return '';
  const words = attribution
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&copy;', '©')
    .replaceAll('&amp;', '&');
  return words.replace(/\s+/g, ' ').trim().slice(0, 200);
}

/** Layers for those of the schema's names that the file has. */
export function layers(names: ReadonlySet<string>, dark: boolean): LayerSpecification[] {
  const p = paints(dark);
  const schema = names.has(OPENMAPTILES.roads) ? OPENMAPTILES : PROTOMAPS;
  const source = SOURCE.detailed;
  const all: LayerSpecification[] = [
    {
      id: 'detailed-green',
      type: 'fill',
      source,
      'source-layer': schema.green,
      filter: [
        'in',
        ['coalesce', ['get', 'kind'], ['get', 'class'], ''],
        ['literal', ['park', 'forest', 'wood', 'nature_reserve', 'grass', 'cemetery']],
      ],
      paint: { 'fill-color': p.green },
    },
    {
      id: 'detailed-water',
      type: 'fill',
      source,
      'source-layer': schema.water,
      filter: ['==', ['geometry-type'], 'Polygon'],
      paint: { 'fill-color': p.water },
    },
    {
      id: 'detailed-buildings',
      type: 'fill',
      source,
      'source-layer': schema.buildings,
      minzoom: 13,
      paint: { 'fill-color': p.road, 'fill-opacity': 0.6 },
    },
    {
      id: 'detailed-roads',
      type: 'line',
      source,
      'source-layer': schema.roads,
      layout: { 'line-cap': 'round', 'line-join': 'round' },
      paint: {
        'line-color': p.road,
        'line-width': [
          'interpolate',
          ['exponential', 1.6],
          ['zoom'],
          6,
          0.5,
          16,
          [
            'match',
            ['coalesce', ['get', 'kind'], ['get', 'class'], ''],
            ['highway', 'motorway', 'trunk'],
            12,
            ['major_road', 'primary', 'secondary'],
            9,
            5,
          ],
        ],
      },
    },
    {
      id: 'detailed-border',
      type: 'line',
      source,
      'source-layer': schema.border,
      paint: { 'line-color': p.border, 'line-width': 1 },
    },
  ];
  return all.filter((layer) => 'source-layer' in layer && names.has(layer['source-layer'] ?? ''));
}
