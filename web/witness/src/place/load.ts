/** The map's data, loaded when first wanted and then kept in memory. */
import { Gazetteer } from './gazetteer';
import { type Outline, unpack } from './outline';

export interface Land {
  outlines: Outline[];
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
  return { gazetteer: new Gazetteer(places.default), outlines: outlines.default.flatMap(unpack) };
}
