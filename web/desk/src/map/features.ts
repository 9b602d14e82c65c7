/** What the map draws, as GeoJSON. Pure. */
import { name, type Settlement } from '../places/gazetteer';
import type { Language } from '$shared/i18n';
import type { Incident, Warning } from '../api/types';

type Feature<G, P> = { type: 'Feature'; id?: number; geometry: G; properties: P };
export type Collection<G, P> = { type: 'FeatureCollection'; features: Feature<G, P>[] };
export type Point = { type: 'Point'; coordinates: [number, number] };
export type Polygon = { type: 'Polygon'; coordinates: [number, number][][] };

export interface IncidentMark {
  id: number;
  verdict: string;
  icon: string;
  people: number;
  confidence: number;
  /** Radius of the uncertainty in pixels at zoom 0. */
  reach: number;
  /** 1 for each verdict, so that a cluster can add them up. */
  confirmed: number;
  disputed: number;
  /** 1 when a warning for it is in force. */
  warned: number;
}

/** Metres to a pixel on the equator at zoom 0, with MapLibre's tiles of 512 pixels. */
const METRES_PER_PIXEL = 40_075_016.686 / 512;

export function pixelsAtZoom0(metres: number, lat: number): number {
  return metres / (METRES_PER_PIXEL * Math.cos((lat * Math.PI) / 180));
}

export function incidents(
  list: readonly Incident[],
  iconOf: (kind: number) => string,
): Collection<Point, IncidentMark> {
  return collection(
    list.map((incident) => ({
      type: 'Feature',
      id: incident.id,
      geometry: { type: 'Point', coordinates: [incident.lon, incident.lat] },
      properties: {
        id: incident.id,
        verdict: incident.verdict,
        icon: iconOf(incident.kind),
        people: incident.sources,
        confidence: incident.confidence,
        reach: pixelsAtZoom0(incident.radius_m, incident.lat),
        confirmed: incident.verdict === 'confirmed' ? 1 : 0,
        disputed: incident.verdict === 'disputed' ? 1 : 0,
        warned: incident.warning === null ? 0 : 1,
      },
    })),
  );
}

/** Corners of the polygon that stands for a circle. */
const CORNERS = 64;

/** A circle on the ground as a polygon, counter-clockwise and closed (RFC 7946 3.1.6). */
export function circle(lat: number, lon: number, radius: number): Polygon {
  const ring: [number, number][] = [];
  const dLat = radius / 111_320;
  const dLon = dLat / Math.max(0.01, Math.cos((lat * Math.PI) / 180));
  for (let corner = 0; corner <= CORNERS; corner++) {
    const angle = ((corner % CORNERS) / CORNERS) * 2 * Math.PI;
    ring.push([lon + dLon * Math.cos(angle), lat + dLat * Math.sin(angle)]);
  }
  return { type: 'Polygon', coordinates: [ring] };
}

export function warnings(list: readonly Warning[]): Collection<Polygon, { incident: number }> {
  return collection(
    list.map((warning) => ({
      type: 'Feature',
      geometry: circle(warning.lat, warning.lon, warning.radius_m),
      properties: { incident: warning.incident },
    })),
  );
}

export interface PlaceMark {
  name: string;
  population: number;
  /** Zoom from which it is drawn. */
  from: number;
}

/** Zoom from which a settlement is worth a name on the map. */
export function zoomOf(population: number): number {
  if (population >= 700_000) return 3.5;
  if (population >= 250_000) return 4.8;
  if (population >= 100_000) return 5.6;
  if (population >= 40_000) return 6.6;
  if (population >= 12_000) return 7;
  if (population >= 3000) return 7.8;
  return 8.6;
}

export function places(list: readonly Settlement[], language: Language): Collection<Point, PlaceMark> {
  return collection(
    list.map((settlement) => ({
      type: 'Feature',
      geometry: { type: 'Point', coordinates: [settlement.lon, settlement.lat] },
      properties: {
        name: name(settlement, language),
        population: settlement.population,
        from: zoomOf(settlement.population),
      },
    })),
  );
}

/** West, south, east, north of all incidents; `undefined` when there are none. */
export function extent(list: readonly Incident[]): [number, number, number, number] | undefined {
  if (list.length === 0) return undefined;
  let [west, south, east, north] = [180, 90, -180, -90];
  for (const { lat, lon } of list) {
    west = Math.min(west, lon);
    east = Math.max(east, lon);
    south = Math.min(south, lat);
    north = Math.max(north, lat);
  }
  return [west, south, east, north];
}

function collection<G, P>(features: Feature<G, P>[]): Collection<G, P> {
  return { type: 'FeatureCollection', features };
}
