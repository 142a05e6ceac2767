/** Stacks of spans in a store: they are read as they were written, join, go with their segment, and withstand what spans do. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SpanStacks } from '../../src/span/span-stacks.ts';
import { readStackBatch, stackBatchHead } from '../../src/span/stack-batch.ts';
import { pathOf } from '../../src/store/folder.ts';
import { openStore } from '../../src/store/open-store.ts';
import { Reader } from '../../src/store/reader.ts';
import { sealSegment } from '../../src/store/seal-segment.ts';
import { openDatabase } from '../../src/store/sqlite.ts';
import { Writer } from '../../src/store/writer.ts';
import { Child } from '../support/child.ts';
import { temporaryFolder } from '../support/command.ts';
import { Random } from '../support/random.ts';
import { appendStacks } from '../support/store-stacks.ts';
import { numberedRequest, traceIdOf } from './numbered-spans.ts';
import { batchOf, stacksOf } from './numbered-stacks.ts';
import { storeProgram } from './store-program.ts';

const limits = { maxBytes: 1 << 30, maxAgeMs: 86_400_000 };
function reading<T>(folder: string, read: (reader: Reader) => T): T {
  const reader = new Reader(folder, limits);
  try {
    return read(reader);
  } finally {
    reader.close();
  }
}

/** What a reader says was seen in that trace, in the form of `stacksOf`. */
function seenOf(reader: Reader, number: number): Omit<SpanStacks, 'traceId'> | undefined {
  const { texts, frames, stacks, seen, left } = reader.stacks(traceIdOf(number));
  const [spanId] = seen.spanId;
  if (spanId === undefined) return undefined;
  return {
    spanId,
    left: left[spanId] ?? 0,
    seen: seen.ns.map((ns, at) => ({
      goid: seen.goid[at] as number,
      use: texts[seen.use[at] as number] as string,
      isSample: seen.isSample[at] === 1,
      count: seen.count[at] as number,
      ns,
      frames: (stacks[seen.stack[at] as number] as number[]).map((index) => ({
        function: texts[frames.function[index] as number] as string,
        file: texts[frames.file[index] as number] as string,
        line: frames.line[index] as number,
        isInlined: frames.isInlined[index] === 1,
      })),
      // It is of no use to who reads.
      isCut: at === 1,
    })),
  };
}

const expectedOf = (number: number): Omit<SpanStacks, 'traceId'> => {
  const { traceId: _, ...rest } = stacksOf(number);
  return rest;
};

describe('stacks', () => {
  it('are read as they were written, of a segment that grows and of one that is whole, and are removed with it', async () => {
    const folder = join(await temporaryFolder(), 'store');
    const writer = new Writer(folder, limits, { spans: 100, ageMs: 1e9 });
    for (let number = 0; number < 30; number++) {
      writer.append([numberedRequest(number)]);
      writer.appendStacks(batchOf([number], number === 0 ? 3 : 0));
    }
    const expectAll = (reader: Reader): void => {
      for (let number = 0; number < 30; number++) expect(seenOf(reader, number)).toEqual(expectedOf(number));
      expect(seenOf(reader, 30)).toBeUndefined();
      expect(reader.state().stackLosses).toEqual({ queue_full: 3 });
    };
    reading(folder, expectAll);
    let sealed = 0;
    for (let file = writer.nextToSeal(); file; file = writer.nextToSeal()) {
      sealSegment(file, { onOpen: () => writer.opened(file?.number ?? 0) });
      writer.sealed('sealed');
      sealed++;
    }
    expect(sealed).toBeGreaterThan(1);
    reading(folder, expectAll);
    // Parts of few spans are one.
    const parts = openDatabase(pathOf(folder, 1, 'spans'), { readOnly: true });
    expect(parts.prepare('SELECT count(*) AS n FROM stack_parts').get()?.['n']).toBe(1);
    parts.close();
    writer.maintain(Date.now() + 2 * limits.maxAgeMs);
    reading(folder, (reader) => expect(seenOf(reader, 0)).toBeUndefined());
    writer.close();
  });

  it('are in a segment that an earlier version has begun', async () => {
    const folder = join(await temporaryFolder(), 'store');
    new Writer(folder, limits).close();
    const hot = openDatabase(pathOf(folder, 1, 'hot'), { readOnly: false });
    hot.exec('DROP TABLE stack_parts; DROP TABLE stack_losses');
    hot.close();
    reading(folder, (reader) => {
      expect(seenOf(reader, 1)).toBeUndefined();
      const writer = new Writer(folder, limits);
      writer.append([numberedRequest(1)]);
      writer.appendStacks(batchOf([1]));
      expect(seenOf(reader, 1)).toEqual(expectedOf(1));
      writer.close();
    });
  });

  it('survive that their process is killed', { timeout: 30_000 }, async () => {
    const program = await storeProgram('append-stacks');
    const folder = join(await temporaryFolder(), 'store');
    const child = new Child(process.execPath, [program, folder]);
    await child.output(/^acknowledged 40$/m);
    expect(await child.stop('SIGKILL')).toBe('SIGKILL');
    const last = Math.max(
      ...[...child.stdout.matchAll(/^acknowledged (\d+)$/gm)].map(([, number]) => Number(number)),
    );
    reading(folder, (reader) => {
      for (let number = 1; number <= last; number++)
        expect(seenOf(reader, number)?.spanId, `span ${number}`).toBe(stacksOf(number).spanId);
    });
  });

  it('that are none, or hostile, are counted and nothing else', async () => {
    const folder = join(await temporaryFolder(), 'store');
    const store = await openStore(folder, limits);
    const random = new Random(1);
    const whole = batchOf([1, 2]);
    const broken = Array.from({ length: 200 }, () => {
      const bytes = whole.slice(0, whole.length - random.below(3));
      bytes[random.below(bytes.length)] = random.below(256);
      return bytes;
    });
    let refused = 0;
    for (const bytes of [...broken, Buffer.from('null'), Buffer.from('{"spans":[[1,2,3,[]]]}')]) {
      if (stackBatchHead(bytes) === undefined) refused++;
      // Who reads looks at all of it.
      else readStackBatch(bytes);
      await appendStacks(store, bytes);
    }
    expect(refused).toBeGreaterThan(100);
    expect((await store.state()).stackLosses['malformed']).toBe(refused);
    await store.close();
  });
});
