/**
 * How the map looks: bundled outlines and settlements below, the desk's knowledge above. Colour means a verdict and
 * nothing else; how sure is how strong the colour is, and size is people.
 */
import type { FilterSpecification, LayerSpecification, StyleSpecification } from 'maplibre-gl';
import type { Collection, Point, Polygon } from './features';
import type { Countries, Outline } from './outline';

export interface Paints {
  water: string;
  land: string;
  home: string;
  border: string;
  dot: string;
  label: string;
  halo: string;
  green: string;
  road: string;
  open: string;
  confirmed: string;
  disputed: string;
  warning: string;
  accent: string;
  surface: string;
  ink: string;
}

const LIGHT: Paints = {
  water: '#dde6ec',
  land: '#eef0ef',
  home: '#fbfbf9',
  border: '#a9b3ba',
  dot: '#7d8790',
  label: '#434c55',
  halo: '#fbfbf9',
  green: '#e4ecdf',
  road: '#d5d6d2',
  open: '#d98300',
  confirmed: '#c62b22',
  disputed: '#5b6570',
  warning: '#8a35a8',
  accent: '#1b5cb8',
  surface: '#ffffff',
  ink: '#15191e',
};

const DARK: Paints = {
  water: '#0b0f14',
  land: '#14181d',
  home: '#1b2027',
  border: '#46505b',
  dot: '#78838f',
  label: '#b4bec8',
  halo: '#14181d',
  green: '#19221c',
  road: '#2d343c',
  open: '#e89a23',
  confirmed: '#ee5b52',
  disputed: '#a9b3be',
  warning: '#c183e0',
  accent: '#86b6ff',
  surface: '#161a20',
  ink: '#e9ecef',
};

export function paints(dark: boolean): Paints {
  return dark ? DARK : LIGHT;
}

/** Sources of the style, by the names the layers use. */
export const SOURCE = {
  countries: 'countries',
  windows: 'windows',
  borders: 'borders',
  places: 'places',
  incidents: 'incidents',
  chosen: 'chosen',
  warnings: 'warnings',
  detailed: 'detailed',
} as const;

const EMPTY: Collection<Point | Polygon, never> = { type: 'FeatureCollection', features: [] };

/** From this zoom on every incident stands alone. */
export const CLUSTERS_TO = 8;

/** Drawn by the browser from its own fonts: no glyphs are loaded from anywhere. */
const FONT = ['Noto Sans', 'Segoe UI', 'Roboto', 'sans-serif'];
const BOLD = ['Noto Sans Bold', 'Segoe UI Bold', 'Roboto Bold', 'sans-serif'];

export function style(dark: boolean, countries: Countries, outline: Outline): StyleSpecification {
  return {
    version: 8,
    sources: {
      [SOURCE.countries]: { type: 'geojson', data: countries },
      [SOURCE.windows]: { type: 'geojson', data: outline.windows },
      [SOURCE.borders]: { type: 'geojson', data: outline.borders },
      [SOURCE.places]: { type: 'geojson', data: EMPTY },
      [SOURCE.warnings]: { type: 'geojson', data: EMPTY },
      [SOURCE.incidents]: {
        type: 'geojson',
        data: EMPTY,
        cluster: true,
        clusterMaxZoom: CLUSTERS_TO - 1,
        clusterRadius: 34,
        clusterProperties: {
          confirmed: ['+', ['get', 'confirmed']],
          disputed: ['+', ['get', 'disputed']],
          warned: ['+', ['get', 'warned']],
        },
      },
      [SOURCE.chosen]: { type: 'geojson', data: EMPTY },
    },
    layers: layers(dark),
  };
}

const single: FilterSpecification = ['!', ['has', 'point_count']];

export function layers(dark: boolean): LayerSpecification[] {
  const p = paints(dark);
  const byVerdict = ['match', ['get', 'verdict'], 'confirmed', p.confirmed, 'disputed', p.disputed, p.open];
  const reach = [
    'interpolate',
    ['exponential', 2],
    ['zoom'],
    0,
    ['get', 'reach'],
    22,
    ['*', ['get', 'reach'], 2 ** 22],
  ];
  // Area grows with people, so radius with the root; capped, so that one crowd does not hide its neighbours.
  const size = ['min', 20, ['+', 6.5, ['*', 2.6, ['sqrt', ['get', 'people']]]]];
  const cluster = ['+', 11, ['*', 1.7, ['sqrt', ['get', 'point_count']]]];
  return [
    // Beyond the bundled outlines nothing is known: plain ground, not sea.
    { id: 'beyond', type: 'background', paint: { 'background-color': p.land } },
    { id: 'water', type: 'fill', source: SOURCE.windows, paint: { 'fill-color': p.water } },
    {
      id: 'land',
      type: 'fill',
      source: SOURCE.countries,
      paint: {
        'fill-color': ['case', ['==', ['get', 'iso_n3'], '804'], p.home, p.land],
        'fill-antialias': true,
      },
    },
    {
      id: 'border',
      type: 'line',
      source: SOURCE.borders,
      layout: { 'line-join': 'round' },
      paint: { 'line-color': p.border, 'line-width': ['interpolate', ['linear'], ['zoom'], 4, 0.7, 9, 1.6] },
    },
    {
      id: 'place-dot',
      type: 'circle',
      source: SOURCE.places,
      filter: ['>=', ['zoom'], ['get', 'from']],
      paint: {
        'circle-color': p.dot,
        'circle-radius': ['interpolate', ['linear'], ['get', 'population'], 0, 1.4, 50_000, 2, 1_000_000, 3],
      },
    },
    {
      id: 'warning-area',
      type: 'fill',
      source: SOURCE.warnings,
      paint: { 'fill-color': p.warning, 'fill-opacity': 0.08 },
    },
    {
      id: 'warning-edge',
      type: 'line',
      source: SOURCE.warnings,
      paint: { 'line-color': p.warning, 'line-width': 2, 'line-dasharray': [3, 1.5] },
    },
    {
      id: 'place-label',
      type: 'symbol',
      source: SOURCE.places,
      filter: ['>=', ['zoom'], ['get', 'from']],
      layout: {
        'text-field': ['get', 'name'],
        'text-font': FONT,
        'text-size': [
          'interpolate',
          ['linear'],
          ['get', 'population'],
          0,
          11,
          100_000,
          12.5,
          1_000_000,
          14.5,
        ],
        'text-variable-anchor': [
          'left',
          'right',
          'top',
          'bottom',
          'top-left',
          'top-right',
          'bottom-left',
          'bottom-right',
        ],
        'text-radial-offset': 0.6,
        'text-max-width': 9,
        'text-padding': 4,
        'symbol-sort-key': ['-', ['get', 'population']],
      },
      paint: { 'text-color': p.label, 'text-halo-color': p.halo, 'text-halo-width': 1.4 },
    },
    {
      id: 'reach',
      type: 'circle',
      source: SOURCE.incidents,
      minzoom: CLUSTERS_TO,
      filter: single,
      paint: {
        'circle-radius': reach as never,
        'circle-color': byVerdict as never,
        'circle-opacity': 0.05,
        'circle-stroke-color': byVerdict as never,
        'circle-stroke-width': 1,
        'circle-stroke-opacity': 0.35,
      },
    },
    {
      id: 'chosen-reach',
      type: 'circle',
      source: SOURCE.chosen,
      paint: {
        'circle-radius': reach as never,
        'circle-color': p.accent,
        'circle-opacity': 0.12,
        'circle-stroke-color': p.accent,
        'circle-stroke-width': 1.5,
        'circle-stroke-opacity': 0.8,
      },
    },
    // An area is too small to be seen from afar: a ring tells that people there have been warned.
    {
      id: 'warned',
      type: 'circle',
      source: SOURCE.incidents,
      maxzoom: CLUSTERS_TO,
      filter: ['>', ['get', 'warned'], 0],
      paint: {
        'circle-radius': ['+', 4, ['case', ['has', 'point_count'], cluster as never, size as never]],
        'circle-opacity': 0,
        'circle-stroke-color': p.warning,
        'circle-stroke-width': 2,
      },
    },
    {
      id: 'cluster',
      type: 'circle',
      source: SOURCE.incidents,
      filter: ['has', 'point_count'],
      paint: {
        'circle-radius': cluster as never,
        'circle-color': p.surface,
        'circle-opacity': 0.94,
        'circle-stroke-width': 2.5,
        'circle-stroke-color': ['case', ['>', ['get', 'confirmed'], 0], p.confirmed, p.open],
      },
    },
    {
      id: 'cluster-count',
      type: 'symbol',
      source: SOURCE.incidents,
      filter: ['has', 'point_count'],
      layout: {
        'text-field': ['get', 'point_count_abbreviated'],
        'text-font': BOLD,
        'text-size': 12.5,
        'text-allow-overlap': true,
        // Names of settlements keep clear of it.
        'text-padding': 9,
      },
      paint: { 'text-color': p.ink },
    },
    {
      id: 'incident',
      type: 'circle',
      source: SOURCE.incidents,
      filter: single,
      layout: { 'circle-sort-key': ['+', ['*', 1000, ['get', 'confirmed']], ['get', 'people']] },
      paint: {
        'circle-radius': size as never,
        'circle-color': ['match', ['get', 'verdict'], 'disputed', p.surface, byVerdict as never],
        'circle-opacity': [
          'match',
          ['get', 'verdict'],
          'confirmed',
          1,
          'disputed',
          0.75,
          ['interpolate', ['linear'], ['get', 'confidence'], 0.2, 0.18, 0.95, 0.6],
        ],
        'circle-stroke-color': byVerdict as never,
        'circle-stroke-width': ['match', ['get', 'verdict'], 'disputed', 2, 1.4],
      },
    },
    icons('incident'),
    {
      id: 'chosen',
      type: 'circle',
      source: SOURCE.chosen,
      paint: {
        'circle-radius': ['+', 5, size as never],
        'circle-color': p.accent,
        'circle-opacity': 0,
        'circle-stroke-color': p.accent,
        'circle-stroke-width': 3,
      },
    },
    {
      id: 'chosen-mark',
      type: 'circle',
      source: SOURCE.chosen,
      paint: {
        'circle-radius': size as never,
        'circle-color': ['match', ['get', 'verdict'], 'disputed', p.surface, byVerdict as never],
        'circle-stroke-color': byVerdict as never,
        'circle-stroke-width': 1.5,
      },
    },
    icons('chosen'),
  ];
}

function icons(of: 'incident' | 'chosen'): LayerSpecification {
  return {
    id: `${of}-icon`,
    type: 'symbol',
    source: of === 'incident' ? SOURCE.incidents : SOURCE.chosen,
    ...(of === 'incident' ? { minzoom: 4.5, filter: single } : {}),
    layout: {
      'icon-image': [
        'concat',
        ['get', 'icon'],
        of === 'chosen'
          ? ['match', ['get', 'verdict'], 'disputed', '/ink', '/on-mark']
          : ['match', ['get', 'verdict'], 'confirmed', '/on-mark', '/ink'],
      ],
      'icon-size': ['interpolate', ['linear'], ['get', 'people'], 1, 0.56, 12, 0.85],
      'icon-allow-overlap': true,
      // Names of settlements keep clear of it.
      'icon-padding': 5,
      'symbol-sort-key': ['get', 'people'],
    },
  };
}

/** Colours in which each icon is kept: on a plain ground, and on a full mark. */
export function iconColours(dark: boolean): Record<'ink' | 'on-mark', string> {
  return { ink: paints(dark).ink, 'on-mark': dark ? '#14090a' : '#ffffff' };
}
