/** A profile that Go itself has taken, beside the picture of a span: it stays in the browser, and is added to nothing. */
import { useState } from 'preact/hooks';
import type { FlameAnswer } from '../../page-api/answers.ts';
import { FILE_BYTES_MAX, readPprof } from '../data/go-pprof.ts';
import { bytesText, counted, countText, durationText } from '../format.ts';
import { Flame } from './flame.tsx';

interface Read {
  readonly file: string;
  readonly flame?: FlameAnswer;
  readonly error?: string;
}

export function BesideProfile() {
  const [read, setRead] = useState<Read>();
  const take = async (file: File | undefined): Promise<void> => {
    if (!file) return;
    try {
      const flame = await readPprof(file);
      setRead({ file: file.name, flame });
    } catch (error) {
      setRead({ file: file.name, error: (error as Error).message });
    }
  };
  return (
    <section
      class="card"
      aria-label="A profile of Go beside it"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        void take(event.dataTransfer?.files[0]);
      }}
    >
      <h2>A profile of Go beside it</h2>
      <div class="tools">
        <label>
          pprof file
          <input
            type="file"
            onChange={(event) => {
              void take(event.currentTarget.files?.[0]);
              // The same file may be chosen again.
              event.currentTarget.value = '';
            }}
          />
        </label>
        {read && (
          <button type="button" onClick={() => setRead(undefined)}>
            Put it away
          </button>
        )}
      </div>
      {!read && (
        <p class="faint">
          Of <code>/debug/pprof/profile</code>, <code>block</code> or <code>mutex</code>, up to{' '}
          {bytesText(FILE_BYTES_MAX)}; or drop it here. It is read in this browser and sent nowhere. It is of
          the whole program while it was taken, not of this span, and is added to nothing above.
        </p>
      )}
      {read?.error !== undefined && (
        <p role="alert" class="wrap">
          {read.file}: {read.error}
        </p>
      )}
      {read?.flame && read.flame.parent.length === 0 && <p role="status">{read.file}: nothing is in it.</p>}
      {read?.flame && read.flame.parent.length > 0 && <Flame flame={read.flame} told={toldOf(read)} />}
    </section>
  );
}

function toldOf({ file, flame }: Read): string {
  if (!flame) return file;
  const { samples, waits, spent, left, lost } = flame;
  const ns = Object.values(spent).reduce((sum, one) => sum + one, 0);
  return [
    file,
    waits > 0
      ? `${counted(waits, 'wait')}, ${durationText(ns)}`
      : `${counted(samples, 'sample')} on a processor, for ${durationText(ns)}`,
    'of the whole program',
    ...(left > 0 ? [`${countText(left)} of the smallest frames are not shown`] : []),
    ...(lost > 0 ? [`${counted(lost, 'sample')} had no room`] : []),
  ].join(' · ');
}
