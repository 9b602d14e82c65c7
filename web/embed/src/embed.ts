/**
 * What an everyday page puts into itself, so that its visitors look like witnesses to a network, and witnesses like
 * its visitors. Works when the page has nothing else to do, throws nothing into it, and does nothing when the host
 * says so (`data-off`).
 */
import { asConfig } from './config';
import { watch } from './entrance';
import { visit } from './visitor';

/** How long a page may be busy before this begins all the same. */
const PATIENCE_MS = 5_000;

function ownElement(): HTMLScriptElement | undefined {
  return [...document.querySelectorAll<HTMLScriptElement>('script[data-config]')].find(
    (script) => script.src === import.meta.url,
  );
}

/** The host says so by an attribute, at any time; or the element is gone. */
function wanted(script: HTMLScriptElement): boolean {
  return script.isConnected && !script.hasAttribute('data-off');
}

async function idle(): Promise<void> {
  if (document.readyState !== 'complete') {
    await new Promise((resolve) => addEventListener('load', resolve, { once: true }));
  }
  await new Promise<void>((resolve) => {
    if ('requestIdleCallback' in globalThis) requestIdleCallback(() => resolve(), { timeout: PATIENCE_MS });
    else setTimeout(resolve, 1_000);
  });
}

async function begin(): Promise<void> {
  const script = ownElement();
  const named = script?.dataset['config'];
  if (!script || !named || !wanted(script)) return;
  await idle();
  const answer = await fetch(named, { credentials: 'omit', referrerPolicy: 'no-referrer' });
  const config = answer.ok ? asConfig(await answer.json()) : undefined;
  if (!config || !wanted(script)) return;
  if (config.entrance) watch(config.entrance, document);
  await visit(config, () => wanted(script));
}

// Whatever fails here is no affair of the host's page.
begin().catch(() => undefined);
