interface ImportMetaEnv {
  /** Root key of the desk, baked in at build: then nobody who serves `config.json` can name another. */
  readonly VITE_DESK_ROOT_KEY?: string;
}

declare module 'virtual:places' {
  const columns: { uk: string; en: string; lat: number[]; lon: number[]; tens: number[] };
  export default columns;
}

declare module 'virtual:outlines' {
  const windows: import('./place/outline').Clipped[];
  export default windows;
}

declare module 'virtual:kinds' {
  const kinds: import('./phone/form').Kind[];
  export default kinds;
}
