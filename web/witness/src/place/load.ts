/** The map's data, loaded when first wanted and then kept in memory. */
import { Gazetteer } from './gazetteer';
import { unpack, type Window } from './outline';

export interface Land {
  windows: Window[];
  gazetteer: Gazetteer;
}

let loading: Promise<Land> | undefined;

export function land(): Promise<Land> {
  loading ??= load().catch((why: unknown) => {
    loading = undefined;
    throw why;
  });
  return loading;
}

async function load(): Promise<Land> {
  const [places, outlines] = await Promise.all([import('virtual:places'), import('virtual:outlines')]);
  return { gazetteer: new Gazetteer(places.default), windows: outlines.default.map(unpack) };
}
