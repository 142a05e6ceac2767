/** A profile or a trace that Go itself has taken, beside the picture of a span: it stays in the browser, and is added to nothing. */
import { useState } from 'preact/hooks';
import type { FlameAnswer } from '../../page-api/answers.ts';
import { FILE_BYTES_MAX, readPprof } from '../data/go-pprof.ts';
import { type GoTrace, isGoTrace, readGoTrace, TRACE_BYTES_MAX } from '../data/go-trace/read.ts';
import { bytesText, counted, countText, durationText } from '../format.ts';
import { BesideTrace, type TracedSpan } from './beside-trace.tsx';
import { Flame } from './flame.tsx';

interface Read {
  readonly file: string;
  readonly flame?: FlameAnswer;
  readonly trace?: GoTrace;
  readonly error?: string;
}

async function readFile(file: File, span: TracedSpan): Promise<Read> {
  try {
    if (await isGoTrace(file)) return { file: file.name, trace: await readGoTrace(file, span) };
    return { file: file.name, flame: await readPprof(file) };
  } catch (error) {
    return { file: file.name, error: (error as Error).message };
  }
}

export function BesideProfile({ span }: { span: TracedSpan }) {
  const [read, setRead] = useState<Read>();
  const take = async (file: File | undefined): Promise<void> => {
    if (file) setRead(await readFile(file, span));
  };
  return (
    <section
      class="card"
      aria-label="From Go beside it"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        void take(event.dataTransfer?.files[0]);
      }}
    >
      <h2>A profile or a trace of Go beside it</h2>
      <div class="tools">
        <label>
          pprof file or execution trace
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
      {!read && <Explained />}
      {read?.error !== undefined && (
        <p role="alert" class="wrap">
          {read.file}: {read.error}
        </p>
      )}
      {read?.trace && <BesideTrace file={read.file} trace={read.trace} span={span} />}
      {read?.flame && read.flame.parent.length === 0 && <p role="status">{read.file}: nothing is in it.</p>}
      {read?.flame && read.flame.parent.length > 0 && <Flame flame={read.flame} told={toldOf(read)} />}
    </section>
  );
}

function Explained() {
  return (
    <p class="faint">
      Of <code>/debug/pprof/profile</code>, <code>block</code> or <code>mutex</code>, up to{' '}
      {bytesText(FILE_BYTES_MAX)}, or of <code>/debug/pprof/trace</code> or a flight recorder, up to{' '}
      {bytesText(TRACE_BYTES_MAX)}; or drop it here. It is read in this browser and sent nowhere. A profile is
      of the whole program while it was taken, not of this span; a trace tells what the goroutines of this
      span did in its time. Neither is added to anything above.
    </p>
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
