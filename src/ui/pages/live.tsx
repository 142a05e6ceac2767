/** Live: spans as they arrive, newest first. */
import { useState } from 'preact/hooks';
import { useLiveTail } from '../data/live-tail.ts';
import { countText } from '../format.ts';
import { Hits } from '../parts/hits.tsx';

const states = {
  connecting: 'Connecting …',
  open: 'Connected.',
  lost: 'The connection is lost; the browser tries again.',
} as const;

export function LivePage() {
  const [isPaused, setPaused] = useState(false);
  const [filter, setFilter] = useState('');
  const [minMs, setMinMs] = useState(0);
  const [hasInner, setInner] = useState(false);
  const wanted = filter.toLowerCase();
  const tail = useLiveTail(
    isPaused,
    ({ name, service, kind, durationNs }) =>
      (hasInner || kind !== 1) &&
      durationNs >= minMs * 1e6 &&
      `${service} ${name}`.toLowerCase().includes(wanted),
  );
  return (
    <>
      <div class="head">
        <h1>Live</h1>
        <span class="faint" role="status">
          {states[tail.state]}
        </span>
      </div>
      <section class="card">
        <div class="tools">
          <button type="button" aria-pressed={isPaused} onClick={() => setPaused(!isPaused)}>
            {isPaused ? 'Go on' : 'Pause'}
          </button>
          <input
            type="search"
            aria-label="Names that contain"
            placeholder="Filter ( / )"
            value={filter}
            onInput={({ currentTarget }) => setFilter(currentTarget.value)}
          />
          <label>
            At least
            <input
              type="number"
              min="0"
              step="any"
              value={minMs}
              onInput={({ currentTarget }) => setMinMs(Number(currentTarget.value) || 0)}
            />
            ms
          </label>
          <label>
            <input
              type="checkbox"
              checked={hasInner}
              onChange={({ currentTarget }) => setInner(currentTarget.checked)}
            />
            waits and inner spans, too
          </label>
          <span class="faint">
            {countText(tail.arrived)} arrived
            {tail.skipped > 0 && `, ${countText(tail.skipped)} of them were not shown`}
          </span>
        </div>
        {tail.hits.length === 0 ? (
          <p class="note">Nothing yet: spans stand here as they arrive.</p>
        ) : (
          <Hits hits={tail.hits} label="Spans as they arrive" />
        )}
      </section>
    </>
  );
}
