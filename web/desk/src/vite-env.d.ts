declare module '*.csv?url' {
  const address: string;
  export default address;
}
declare module '*.geojson?url' {
  const address: string;
  export default address;
}
