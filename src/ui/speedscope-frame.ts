/**
 * Stands before speedscope in its frame, which is nobody's origin: gives it the storage that it has not got there, and in the place of the
 * network the profile that the page around the frame hands over. Nothing is asked of anybody.
 */

/** What the page says; the frame says nothing but that it is there. */
interface Handed {
  readonly profile: string;
}

const asked = new URLSearchParams(location.hash.slice(1));
const isDark = asked.get('scheme') === 'dark';
// It looks for what was chosen there when it starts.
Object.defineProperty(window, 'localStorage', {
  value: { 'speedscope-color-scheme': isDark ? 'DARK' : 'LIGHT' },
});

const handed = new Promise<string>((resolve) => {
  addEventListener('message', ({ source, data }: MessageEvent<Handed>) => {
    if (source === parent && typeof data?.profile === 'string') resolve(data.profile);
  });
});

// Beside the profile that its address names it fetches what reads a format that nobody gives it: that waits for ever.
window.fetch = async (wanted) =>
  wanted === asked.get('profileURL') ? new Response(await handed) : new Promise<Response>(() => {});
parent.postMessage('ready', '*');
