/** Spans as they arrive: the newest of them, how many were left out, and a pause. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { SpanHit } from '../../page-api/answers.ts';

/** Rows that are kept on the page. */
const ROWS_MAX = 200;

export interface Tail {
  readonly hits: readonly SpanHit[];
  readonly arrived: number;
  readonly skipped: number;
  readonly state: 'connecting' | 'open' | 'lost';
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** While it is paused what arrives is counted, and not shown. */
export function useLiveTail(isPaused: boolean, isWanted: (hit: SpanHit) => boolean): Tail {
  const [tail, setTail] = useState<Tail>({ hits: [], arrived: 0, skipped: 0, state: 'connecting' });
  const now = useRef({ isPaused, isWanted });
  now.current = { isPaused, isWanted };
  useEffect(() => {
    const source = new EventSource('api/live');
    source.onopen = () => setTail((last) => ({ ...last, state: 'open' }));
    source.onerror = () => setTail((last) => ({ ...last, state: 'lost' }));
    source.addEventListener('spans', ({ data }: MessageEvent<string>) => {
      const told = parsed(data);
      if (!Array.isArray(told)) return;
      const hits = told as SpanHit[];
      setTail((last) => {
        const arrived = last.arrived + hits.length;
        if (now.current.isPaused) return { ...last, arrived, skipped: last.skipped + hits.length };
        const wanted = hits.filter(now.current.isWanted).reverse();
        return { ...last, arrived, hits: [...wanted, ...last.hits].slice(0, ROWS_MAX) };
      });
    });
    source.addEventListener('skipped', ({ data }: MessageEvent<string>) => {
      const count = Number(data) || 0;
      setTail((last) => ({ ...last, arrived: last.arrived + count, skipped: last.skipped + count }));
    });
    return () => source.close();
  }, []);
  return tail;
}
