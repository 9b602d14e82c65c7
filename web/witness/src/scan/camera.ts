/** Reads codes from the camera, until they are found or the person has enough. Nothing of a picture is kept. */

/**
 * The longer edge of a picture that is looked at: enough for a dense code that fills half of it. In turn, since a code that
 * is missed at one size is often found at another.
 */
const EDGES = [1_280, 1_088, 896, 640] as const;
/** Between two looks, so that the phone stays cool; a loop of codes shows four a second. */
const PAUSE_MS = 60;

export type Code = Uint8Array<ArrayBuffer>;

/** The text of the first code that is seen. Rejects when there is no camera, or it may not be used. */
export async function scan(video: HTMLVideoElement, signal: AbortSignal): Promise<string | undefined> {
  let text: string | undefined;
  await watch(video, signal, async (codes) => {
    text = codes.map(textOf).find((read) => read !== undefined);
    return text !== undefined;
  });
  return text;
}

/** Hands on what the codes of each picture hold, until it is `true` that these are enough. Rejects as `scan` does. */
export async function watch(
  video: HTMLVideoElement,
  signal: AbortSignal,
  enough: (codes: Code[]) => Promise<boolean>,
): Promise<void> {
  const size = { width: { ideal: EDGES[0] }, height: { ideal: EDGES[0] } };
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: false,
    video: { facingMode: { ideal: 'environment' }, ...size },
  });
  const reader = new Reader();
  try {
    video.srcObject = stream;
    await video.play();
    while (!signal.aborted) {
      const codes = await reader.look(video);
      if (codes.length > 0 && (await enough(codes))) return;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  } finally {
    reader.end();
    video.srcObject = null;
    for (const track of stream.getTracks()) track.stop();
  }
}

function textOf(code: Code): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(code);
  } catch {
    return undefined;
  }
}

class Reader {
  #worker: Worker | undefined;
  readonly #canvas = document.createElement('canvas');
  #looked = 0;

  async look(video: HTMLVideoElement): Promise<Code[]> {
    const grey = this.#grey(video);
    if (!grey) return [];
    const worker = (this.#worker ??= new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' }));
    return new Promise((resolve) => {
      worker.onmessage = ({ data }: MessageEvent<Code[]>) => resolve(data);
      worker.onerror = () => {
        // A picture on which it failed: the next one gets a new worker.
        this.end();
        resolve([]);
      };
      worker.postMessage({ grey, width: this.#canvas.width }, [grey.buffer]);
    });
  }

  end(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
  }

  #grey(video: HTMLVideoElement): Uint8Array<ArrayBuffer> | undefined {
    const edge = EDGES[this.#looked++ % EDGES.length] ?? EDGES[0];
    const scale = Math.min(1, edge / Math.max(video.videoWidth, video.videoHeight, 1));
    const [width, height] = [Math.round(video.videoWidth * scale), Math.round(video.videoHeight * scale)];
    const context = this.#canvas.getContext('2d', { willReadFrequently: true });
    if (width === 0 || height === 0 || !context) return undefined;
    [this.#canvas.width, this.#canvas.height] = [width, height];
    context.drawImage(video, 0, 0, width, height);
    const { data } = context.getImageData(0, 0, width, height);
    const grey = new Uint8Array(width * height);
    // Weights of ITU-R BT.601, in 256ths.
    for (let at = 0; at < grey.length; at++)
      grey[at] =
        (77 * (data[4 * at] ?? 0) + 150 * (data[4 * at + 1] ?? 0) + 29 * (data[4 * at + 2] ?? 0)) >> 8;
    return grey;
  }
}
