/** A tracer for tests of the commands: it attaches to what it is told to, and makes spans when told to. */

import type { Tracer } from '../../src/cli/session.ts';
import { GoidspanError } from '../../src/errors.ts';
import type { CallSeries, TargetInfo, TracerOptions, TracerStats } from '../../src/tracer/api.ts';
import { makeSpan } from '../export/spans.ts';

export class FakeTracer implements Tracer {
  readonly options: TracerOptions;
  /** What was asked of it, in order. */
  readonly calls: string[] = [];
  /** How many processes a glob finds. */
  matches = 0;
  /** What the command of `run` turns out to be. */
  commandIs: 'go' | 'other' | 'refused' = 'go';
  /** Pids that cannot be attached. */
  readonly refusedPids = new Set<number>();
  #spans = 0;
  #lastTargetId = 0;

  constructor(options: TracerOptions) {
    this.options = options;
  }

  attach(pid: number): TargetInfo {
    const target = {
      targetId: ++this.#lastTargetId,
      pid,
      exe: '/srv/shop',
      serviceName: this.options.serviceName ?? 'shop',
      goVersion: 'go1.26.8',
    };
    this.options.onEvent?.({
      kind: 'attached',
      target,
      hooks: ['net/http.serverHandler.ServeHTTP'],
      missing: [],
    });
    return target;
  }

  end(target: TargetInfo): void {
    this.options.onEvent?.({ kind: 'ended', target });
  }

  makeSpans(count: number): void {
    for (let id = 1; id <= count; id++) {
      const span = makeSpan(++this.#spans, id);
      for (const processor of this.options.processors) processor.onEnd(span);
    }
  }

  async attachPid(pid: number): Promise<TargetInfo> {
    this.calls.push(`pid ${pid}`);
    if (this.refusedPids.has(pid)) {
      throw new GoidspanError(
        'no_such_process',
        `cannot attach to pid ${pid}: no such process (is it still running?)`,
      );
    }
    return this.attach(pid);
  }

  async attachCommand(pid: number, command: string): Promise<TargetInfo | undefined> {
    this.calls.push(`command ${command}`);
    if (this.commandIs === 'refused')
      throw new GoidspanError('not_supported_binary', `cannot attach to ${command}: x (y)`);
    return this.commandIs === 'go' ? this.attach(pid) : undefined;
  }

  async followExecutables(globs: readonly string[]): Promise<number> {
    this.calls.push(`exe ${globs.join(' ')}`);
    for (let pid = 1; pid <= this.matches; pid++) this.attach(pid);
    return this.matches;
  }

  async close(): Promise<TracerStats> {
    this.calls.push('close');
    return this.currentStats();
  }

  countCalls(on: boolean): void {
    this.calls.push(`count calls ${on}`);
  }

  callCounts(): readonly CallSeries[] {
    return [];
  }

  async stats(): Promise<TracerStats> {
    return this.currentStats();
  }

  currentStats(): TracerStats {
    return {
      spans: { ended: this.#spans, byKind: { server: this.#spans, client: 0, internal: 0 } },
      drained: { batches: 1, records: this.#spans, bytes: 512 * this.#spans, timeMs: 0.1 },
      hits: { total: 3, byProbe: { http_server_start: 3 }, meanNsByProbe: { http_server_start: 640.4 } },
      lost: { total: 1, byReason: { ring_full: 1, no_entry: 0 } },
      notes: { unsampled: 4, traceparent_malformed: 0 },
      targets: [],
    };
  }
}
