/** The store as others use it: by its threads, from the built package. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { SpanStore } from '../../src/page-api/span-store.ts';
import { defaultFolder, openStore, openStoreReader, type StoreOptions } from '../../src/store/open-store.ts';
import { eventually } from '../support/child.ts';
import { temporaryFolder } from '../support/command.ts';
import { decodeRequest } from '../support/otlp-proto.ts';
import { numberedRequest, spansIn, traceIdOf } from './numbered-spans.ts';

const whole = { fromUs: 0, toUs: Number.MAX_SAFE_INTEGER };

async function opened(options: StoreOptions = {}): Promise<{ store: SpanStore; folder: string }> {
  const folder = join(await temporaryFolder(), 'store');
  const store = await openStore(folder, options);
  onTestFinished(() => store.close());
  return { store, folder };
}

describe('an open store', () => {
  it('has what it acknowledged at once, from the same bytes', async () => {
    const { store } = await opened();
    const request = numberedRequest(29);
    const untouched = Uint8Array.from(request);
    expect(await store.append(request)).toEqual({ stored: 30, rejected: 0 });
    expect(request).toEqual(untouched);
    expect(await store.services(whole)).toEqual(['shop']);
    expect((await store.operations(whole)).operations).toHaveLength(5);
    expect((await store.search({ ...whole, limit: 100 })).hits).toHaveLength(30);
    expect((await store.scatter({ ...whole, service: 'shop', name: 'GET 0', kind: 2, points: 100 })).of).toBe(
      6,
    );
    const compared = await store.compare({
      ...whole,
      service: 'shop',
      name: 'GET 0',
      kind: 2,
      minNs: 1_020,
      around: whole,
    });
    expect([compared.inside.spans, compared.outside.spans]).toEqual([2, 4]);
    const [first] = (await store.trace(traceIdOf(29)))?.spanId ?? [];
    expect(await store.span(traceIdOf(29), first as string)).toMatchObject({
      name: 'GET 0',
      // They are all within two buckets.
      rank: { below: expect.closeTo(0.25, 0.3), of: 6 },
    });
    const parts: Uint8Array[] = [];
    for await (const part of store.traceBytes(traceIdOf(29), 1 << 20)) parts.push(part);
    const sent = parts
      .map((part) => JSON.stringify(decodeRequest(part)))
      .join()
      .match(/"spanId"/g);
    expect(sent).toHaveLength(30);
    expect(await store.state()).toMatchObject({
      spans: 30,
      maxBytes: 1 << 30,
      maxAgeMs: 86_400_000,
      losses: {},
    });
  });

  it('refuses broken spans with a reason, and counts them', async () => {
    const { store } = await opened();
    expect(await store.append(new Uint8Array([1, 2, 3]))).toEqual({
      stored: 0,
      rejected: 1,
      reason: 'bytes that are no protobuf of a span, or end too early',
    });
    expect(await store.append(new Uint8Array())).toEqual({ stored: 0, rejected: 0 });
    const losses = await eventually('count', 5_000, async () => {
      const { losses } = await store.state();
      return losses['malformed'] === undefined ? undefined : losses;
    });
    expect(losses).toEqual({ malformed: 1 });
  });

  it('says that it is full while more waits than may, and takes more afterwards', async () => {
    const request = numberedRequest(9);
    const { store } = await opened({ maxQueuedBytes: request.length * 3 });
    const results = await Promise.allSettled(Array.from({ length: 10 }, () => store.append(request)));
    const refused = results.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(7);
    expect(refused[0]).toMatchObject({ reason: { code: 'store_full' } });
    expect(await store.append(request)).toEqual({ stored: 10, rejected: 0 });
  });

  it('seals in a thread of its own, and answers the same before and after', { timeout: 60_000 }, async () => {
    const { store, folder } = await opened({ segmentLimits: { spans: 3_000, ageMs: 1e9 } });
    const stored = await Promise.all(
      Array.from({ length: 900 }, (_, index) => store.append(numberedRequest(index))),
    );
    const spans = stored.reduce((sum, result) => sum + result.stored, 0);
    await eventually('sealed segments', 20_000, async () => {
      expect((await store.state()).spans).toBe(spans);
      return readdirSync(folder).filter((name) => name.endsWith('.hot')).length === 1 || undefined;
    });
    expect((await store.state()).spans).toBe(spans);
    for (let request = 0; request < 900; request += 50)
      expect((await store.trace(traceIdOf(request)))?.spanId).toHaveLength(spansIn(request));
  });

  it('refuses what is asked of it after its end, and can be opened again', async () => {
    const { store, folder } = await opened();
    await store.append(numberedRequest(4));
    await store.close();
    await store.close();
    await expect(store.append(numberedRequest(5))).rejects.toThrow(
      'cannot use the store: it is closed (open it again)',
    );
    await expect(store.state()).rejects.toThrow('it is closed');
    const again = await openStore(folder);
    onTestFinished(() => again.close());
    expect((await again.state()).spans).toBe(5);
  });

  it('is read only where there is one', async () => {
    await expect(openStoreReader('/no/such/store')).rejects.toMatchObject({ code: 'bad_store' });
    await expect(openStore('/dev/null/store')).rejects.toMatchObject({ code: 'cannot_write' });
  });

  it('is where the platform wants such files', () => {
    expect(defaultFolder({ XDG_STATE_HOME: '/var/state' })).toBe('/var/state/goidspan');
    expect(defaultFolder({ XDG_STATE_HOME: 'relative' })).toMatch(/^\/.*\/\.local\/state\/goidspan$/);
    expect(defaultFolder({})).toMatch(/^\/.*\/\.local\/state\/goidspan$/);
  });
});
