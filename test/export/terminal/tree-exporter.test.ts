import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { paintOf } from '../../../src/export/terminal/style.ts';
import { TreeExporter } from '../../../src/export/terminal/tree-exporter.ts';
import type { ReadableSpan } from '../../../src/span/readable-span.ts';
import { makeSpan } from '../spans.ts';

let text: string;
let exporter: TreeExporter;

beforeEach(() => {
  vi.useFakeTimers();
  text = '';
  exporter = new TreeExporter({
    write: (written) => {
      text += written;
    },
    style: { paint: paintOf(false), useUnicode: true },
  });
});

afterEach(() => {
  vi.useRealTimers();
});

function send(...spans: ReadableSpan[]): void {
  exporter.export(spans, (result) => expect(result.code).toBe(0));
}

const treeLines = () => text.split('\n').filter((line) => line.includes('GET'));

describe('TreeExporter', () => {
  it('prints a trace once its root has ended and it is quiet', () => {
    send(makeSpan(1, 2, { parent: 1 }));
    vi.advanceTimersByTime(5_000);
    expect(text).toBe('');
    send(makeSpan(1, 1));
    vi.advanceTimersByTime(200);
    expect(text).toBe('');
    vi.advanceTimersByTime(200);
    expect(treeLines()).toHaveLength(2);
  });

  it('waits a little longer for the root of another process', () => {
    send(makeSpan(1, 2, { parent: 1, parentIsRemote: true }));
    vi.advanceTimersByTime(500);
    expect(text).toBe('');
    vi.advanceTimersByTime(1_000);
    expect(treeLines()).toHaveLength(1);
  });

  it('prints a trace without its root after thirty seconds', () => {
    send(makeSpan(1, 2, { parent: 1 }));
    vi.advanceTimersByTime(31_000);
    expect(treeLines()).toHaveLength(1);
  });

  it('says that spans are late', () => {
    send(makeSpan(1, 1));
    vi.advanceTimersByTime(1_000);
    send(makeSpan(1, 2, { parent: 1 }));
    vi.advanceTimersByTime(1_000);
    expect(text).toContain('late, of trace 00000000 above:\nGET /');
    expect(treeLines()).toHaveLength(2);
  });

  it('prints a few traces a second under load and counts the rest', () => {
    for (let second = 0; second < 3; second++) {
      for (let trace = 0; trace < 500; trace++) send(makeSpan(second * 1_000 + trace, 1));
      vi.advanceTimersByTime(1_000);
    }
    vi.advanceTimersByTime(2_000);
    const counted = [...text.matchAll(/… (\d+) more traces not shown/g)].map((match) => Number(match[1]));
    expect(counted.reduce((sum, count) => sum + count, 0) + treeLines().length).toBe(1_500);
    expect(treeLines().length).toBeGreaterThanOrEqual(20);
    expect(treeLines().length).toBeLessThanOrEqual(50);
  });

  it('keeps a bounded number of traces, and none of a trace that it left out', () => {
    for (let trace = 0; trace < 5_000; trace++) send(makeSpan(trace, 2, { parent: 1 }));
    send(makeSpan(4_999, 1));
    vi.advanceTimersByTime(2_000);
    expect(text).toBe('… 4000 more traces not shown\n');
  });

  it('prints what there is at the end, finished or not', async () => {
    send(makeSpan(1, 2, { parent: 1 }), makeSpan(2, 1));
    await exporter.shutdown();
    expect(treeLines()).toHaveLength(2);
  });
});
