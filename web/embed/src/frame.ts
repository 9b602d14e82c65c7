/** The app over the page: the address bar goes on to show the host, and closing it leaves the page as it was. */

/** Above whatever the host has. */
const TOP = '2147483647';

export function openFrame(app: string, page: Document): void {
  const before = page.activeElement;
  const cover = page.createElement('div');
  const frame = page.createElement('iframe');
  const close = page.createElement('button');
  // One by one: a text of styles would need `unsafe-inline` in the host's policy.
  Object.assign(cover.style, {
    position: 'fixed',
    inset: '0',
    zIndex: TOP,
    display: 'grid',
    gridTemplateRows: 'auto 1fr',
    background: 'Canvas',
  });
  Object.assign(close.style, {
    justifySelf: 'end',
    minWidth: '48px',
    minHeight: '48px',
    border: '0',
    background: 'Canvas',
    color: 'CanvasText',
    font: '24px system-ui',
  });
  Object.assign(frame.style, { width: '100%', height: '100%', border: '0' });
  const words = page.documentElement.lang.startsWith('uk')
    ? { close: 'Закрити', title: 'Застосунок' }
    : { close: 'Close', title: 'App' };
  close.type = 'button';
  close.textContent = '×';
  close.setAttribute('aria-label', words.close);
  frame.title = words.title;
  frame.referrerPolicy = 'no-referrer';
  frame.allow = 'geolocation; camera';
  frame.src = app;
  const overflow = page.documentElement.style.overflow;
  const shut = () => {
    page.removeEventListener('keydown', escape);
    cover.remove();
    page.documentElement.style.overflow = overflow;
    if (before instanceof HTMLElement) before.focus();
  };
  const escape = (event: KeyboardEvent) => {
    if (event.key === 'Escape') shut();
  };
  close.addEventListener('click', shut);
  page.addEventListener('keydown', escape);
  cover.setAttribute('role', 'dialog');
  cover.setAttribute('aria-modal', 'true');
  cover.setAttribute('aria-label', words.title);
  cover.append(close, frame);
  page.documentElement.style.overflow = 'hidden';
  page.body.append(cover);
  close.focus();
}
