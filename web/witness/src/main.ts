import { mount } from 'svelte';
import '$shared/theme.css';
import './page.css';
import App from './App.svelte';
import { desk } from './state/desk.svelte';
import { watch } from './state/panic';
import { vault } from './state/vault.svelte';

const target = document.getElementById('app');
if (target === null) throw new Error('index.html has no #app');
mount(App, { target });
watch();

// Everything else waits until something can be seen.
requestAnimationFrame(() =>
  setTimeout(() => {
    void desk
      .start()
      .then(() => vault.refresh())
      .then(keepFiles);
  }),
);

/** The files are kept for later only when the first start has all that it needs: both share one slow connection. */
function keepFiles(): void {
  if (import.meta.env.PROD) void navigator.serviceWorker?.register('/sw.js').catch(() => undefined);
}
