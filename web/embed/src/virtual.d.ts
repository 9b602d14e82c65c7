declare module 'virtual:core' {
  /** Hash of the WebAssembly core that this build goes with. */
  export const INTEGRITY: string;
}
