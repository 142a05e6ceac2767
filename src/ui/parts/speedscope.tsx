/** Profiles in speedscope (https://github.com/jlfwong/speedscope), which is in a frame that can ask nobody for anything. */
import { useEffect, useRef, useState } from 'preact/hooks';

/** `path`: of the profile in speedscope's format. */
export function SpeedscopeButton({ path }: { path: string }) {
  const [isOpen, open] = useState(false);
  return (
    <>
      <button type="button" onClick={() => open(true)}>
        Open in speedscope
      </button>
      {isOpen && <SpeedscopeDialog path={path} close={() => open(false)} />}
    </>
  );
}

function SpeedscopeDialog({ path, close }: { path: string; close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const frame = useRef<HTMLIFrameElement>(null);
  const [error, setError] = useState<string>();
  useEffect(() => {
    dialog.current?.showModal();
    const abort = new AbortController();
    const profile = profileAt(path, abort.signal);
    profile.catch((cause: Error) => abort.signal.aborted || setError(cause.message));
    const onMessage = ({ source, data }: MessageEvent): void => {
      const window = frame.current?.contentWindow;
      if (source !== window || data !== 'ready') return;
      // Its origin is none, so that no other can be named.
      profile.then((text) => window?.postMessage({ profile: text }, '*')).catch(() => {});
    };
    addEventListener('message', onMessage);
    return () => {
      abort.abort();
      removeEventListener('message', onMessage);
    };
  }, [path]);
  const scheme = getComputedStyle(document.documentElement).colorScheme;
  const isDark =
    scheme === 'dark' || (scheme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  const file = path.replace(/^.*\/trace\/([0-9a-f]{8}).*$/, 'trace $1');
  return (
    <dialog ref={dialog} class="speedscope" aria-label="speedscope" onClose={close}>
      <div class="speedscope-head">
        <b>speedscope</b>
        <button type="button" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </div>
      {error === undefined ? (
        <iframe
          ref={frame}
          title="The profile in speedscope"
          sandbox="allow-scripts"
          src={`speedscope/#profileURL=${encodeURIComponent(file)}&view=left-heavy&scheme=${isDark ? 'dark' : 'light'}`}
        />
      ) : (
        <p class="note error" role="alert">
          {error}
        </p>
      )}
    </dialog>
  );
}

async function profileAt(path: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(path, { signal });
  if (!response.ok) throw new Error(`cannot open the profile: the server answers ${response.status}`);
  return response.text();
}
