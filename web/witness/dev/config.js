/**
 * `npm run dev` serves the app against a relay that runs already (`lapwing up`): its address and the desk's root key
 * are given as LAPWING_RELAY and LAPWING_DESK_ROOT_KEY.
 */
export function config() {
  return {
    name: 'lapwing-config',
    apply: 'serve',
    configureServer(server) {
      server.middlewares.use('/config.json', (_request, response) => {
        response.setHeader('content-type', 'application/json');
        response.end(
          JSON.stringify({
            root_key: process.env.LAPWING_DESK_ROOT_KEY ?? '',
            relays: [process.env.LAPWING_RELAY ?? 'http://127.0.0.1:8101'],
            region: [22, 44, 40.3, 52.5],
          }),
        );
      });
    },
  };
}
