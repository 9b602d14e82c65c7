/** The kinds' icons as pictures for the map, in the colours that it needs. */
import { iconNames, kindIcon } from '$shared/icons';
import type { Map as MapLibre } from 'maplibre-gl';
import { iconColours } from './style';

/** Pixels of a picture's side; twice what is drawn, for screens with double pixels. */
const SIDE = 48;

async function picture(name: string, colour: string): Promise<ImageData | undefined> {
  const svg = kindIcon(name)
    .replaceAll('currentColor', colour)
    .replace('width="24" height="24"', `width="${SIDE}" height="${SIDE}"`);
  const image = new Image(SIDE, SIDE);
  image.src = `data:image/svg+xml,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = SIDE;
  canvas.height = SIDE;
  const context = canvas.getContext('2d');
  if (!context) return undefined;
  context.drawImage(image, 0, 0, SIDE, SIDE);
  return context.getImageData(0, 0, SIDE, SIDE);
}

/** Puts every icon into the map, as `NAME/ink` and `NAME/on-mark`; again when the colours change. */
export async function addIcons(map: MapLibre, dark: boolean): Promise<void> {
  const jobs = [...iconNames(), ''].flatMap((name) =>
    Object.entries(iconColours(dark)).map(async ([ground, colour]) => {
      const data = await picture(name, colour);
      if (!data) return;
      const id = `${name}/${ground}`;
      if (map.hasImage(id)) map.updateImage(id, data);
      else map.addImage(id, data, { pixelRatio: 2 });
    }),
  );
  await Promise.all(jobs);
}
