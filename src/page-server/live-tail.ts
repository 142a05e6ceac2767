/** Spans as they are kept, to whoever looks: as many as somebody can read, and how many were left out. */
import type { ServerResponse } from 'node:http';
import type { SpanHit } from '../page-api/answers.ts';
import type { HitsIn } from '../store/hits-in.ts';

const INTERVAL_MS = 250;
const HITS_MAX = 50;
const WATCHERS_MAX = 32;
/** Proxies close what is silent for a minute. */
const SILENCE_MAX_MS = 15_000;

export class LiveTail {
  readonly #watchers = new Set<ServerResponse>();
  #hits: SpanHit[] = [];
  #skipped = 0;
  #timer: NodeJS.Timeout | undefined;
  #toldAt = 0;

  /** Told how many of the next spans are wanted; undefined: nobody looks. */
  readonly #follow: (room: number | undefined) => void;

  constructor(follow: (room: number | undefined) => void) {
    this.#follow = follow;
  }

  add({ hits, of }: HitsIn): void {
    if (this.#watchers.size === 0) return;
    this.#hits.push(...hits);
    this.#skipped += of - hits.length;
  }

  /** An `EventSource` from now on. False: too many look. */
  watch(response: ServerResponse): boolean {
    if (this.#watchers.size >= WATCHERS_MAX) return false;
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write(': \n\n');
    this.#watchers.add(response);
    response.on('close', () => this.#leave(response));
    if (this.#timer === undefined) {
      this.#follow(HITS_MAX);
      this.#timer = setInterval(() => this.#tell(), INTERVAL_MS).unref();
    }
    return true;
  }

  close(): void {
    for (const watcher of this.#watchers) watcher.end();
    clearInterval(this.#timer);
  }

  #leave(response: ServerResponse): void {
    this.#watchers.delete(response);
    if (this.#watchers.size > 0) return;
    this.#follow(undefined);
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#hits = [];
    this.#skipped = 0;
  }

  #tell(): void {
    const now = performance.now();
    const isSilent = this.#hits.length === 0 && this.#skipped === 0;
    if (isSilent && now - this.#toldAt < SILENCE_MAX_MS) return;
    this.#toldAt = now;
    this.#follow(HITS_MAX);
    const spans = this.#hits.length > 0 ? `event: spans\ndata: ${JSON.stringify(this.#hits)}\n\n` : '';
    const skipped = this.#skipped > 0 ? `event: skipped\ndata: ${this.#skipped}\n\n` : '';
    this.#hits = [];
    this.#skipped = 0;
    for (const watcher of this.#watchers) {
      // Who does not read what was told gets nothing more until it has.
      if (!watcher.writableNeedDrain) watcher.write(spans + skipped || ': \n\n');
    }
  }
}
