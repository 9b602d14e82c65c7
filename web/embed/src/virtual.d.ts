declare module 'virtual:core' {
  /** Hash of the WebAssembly core that this build goes with. */
  export const CORE: string;
  /** Hash of the arithmetic of passes. */
  export const PASS: string;
}
