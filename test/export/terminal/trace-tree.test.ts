import { describe, expect, it } from 'vitest';
import { formatDuration } from '../../../src/export/terminal/span-line.ts';
import { paintOf, type Style } from '../../../src/export/terminal/style.ts';
import { formatTrace } from '../../../src/export/terminal/trace-tree.ts';
import type { ReadableSpan } from '../../../src/span/readable-span.ts';
import { createResource } from '../../../src/span/resource.ts';
import { toSpan } from '../../../src/span/to-span.ts';
import { makeSource, makeWaitFact, timeOf } from '../../span/fact.ts';
import { makeSpan } from '../spans.ts';

const plain: Style = { paint: paintOf(false), useUnicode: true };

const checkout = makeSpan(
  1,
  1,
  { start: [0, 0], end: [0, 58_200_000] },
  { pattern: 'GET /checkout', path: '/checkout', statusCode: 200 },
);
const pay = makeSpan(
  1,
  2,
  { parent: 1, spanKind: 'client', start: [0, 2_000], end: [0, 42_000_000], goid: 21 },
  { scheme: 'http', host: 'pay:81', path: '/charge', method: 'POST', statusCode: 503 },
);
const stock = makeSpan(
  1,
  3,
  { parent: 1, spanKind: 'client', start: [0, 1_000], end: [0, 9_000_000], goid: 20 },
  { scheme: 'http', host: 'stock', path: '/', statusCode: 200 },
);

function inProcess(span: ReadableSpan, service: string, pid: number): ReadableSpan {
  return { ...span, resource: createResource({ 'service.name': service, 'process.pid': pid }) };
}

const charge = inProcess(
  makeSpan(
    1,
    4,
    {
      parent: 2,
      parentIsRemote: true,
      start: [0, 3_000_000],
      end: [0, 41_000_000],
      ending: 'panicked',
      goid: 7,
    },
    { method: 'POST', path: '/charge' },
  ),
  'pay',
  99,
);

describe('formatTrace', () => {
  it('prints a tree in the order of the starts, whatever the order of the ends', () => {
    expect(formatTrace([pay, charge, stock, checkout], plain)).toEqual([
      'GET /checkout  200  58.2 ms  shop:4242 g18',
      '├─ → GET http://stock/  200  9.00 ms  g20',
      '└─ → POST http://pay:81/charge  503  42.0 ms  g21  ✗ 503',
      '   └─ POST /charge  38.0 ms  pay:99 g7  ✗ panic',
    ]);
  });

  it('continues the lines of the tree beside grandchildren', () => {
    const last = makeSpan(1, 5, { parent: 1, start: [0, 50_000_000], end: [0, 50_000_900] });
    expect(formatTrace([checkout, pay, charge, last], plain)).toEqual([
      'GET /checkout  200  58.2 ms  shop:4242 g18',
      '├─ → POST http://pay:81/charge  503  42.0 ms  g21  ✗ 503',
      '│  └─ POST /charge  38.0 ms  pay:99 g7  ✗ panic',
      '└─ GET /  900 ns  g18',
    ]);
  });

  it('puts a span without its parent at the top', () => {
    expect(formatTrace([charge], plain)).toEqual(['POST /charge  38.0 ms  pay:99 g7  ✗ panic']);
  });

  it('says that a span is linked', () => {
    const link = { traceId: [0x0af76519, 0, 0, 1], spanId: [0, 9] } as const;
    expect(formatTrace([makeSpan(2, 1, { link, start: [0, 0], end: [1, 250_000_000] })], plain)).toEqual([
      'GET /  1.25 s  shop:4242 g18  linked to 0af76519',
    ]);
  });

  it('says of a wait who has ended it, and in which other trace', () => {
    const waits = [1, 7].map((trace) =>
      makeWaitFact(
        {
          traceId: [0, 0, 0, 1],
          spanId: [0, 10 + trace],
          parentSpanId: [0, 1],
          start: [0, trace],
          link: { traceId: [0, 0, 0, trace], spanId: [0, 9] },
          end: [0, 2_000_000 + trace],
        },
        { wakerGoid: 21 },
      ),
    );
    const spans = waits.map((wait) => toSpan(wait, makeSource()));
    expect(formatTrace([checkout, ...spans], plain).slice(1)).toEqual([
      '├─ wait mutex  2.00 ms  g18  woken by g21',
      '└─ wait mutex  2.00 ms  g18  woken by g21  linked to 00000000',
    ]);
  });

  it('survives spans that name each other as parent, and equal ids', () => {
    const a = makeSpan(1, 1, { parent: 2 });
    const b = makeSpan(1, 2, { parent: 1 });
    expect(formatTrace([a, b], plain)).toEqual([]);
    expect(formatTrace([checkout, checkout, stock], plain)).toHaveLength(3);
  });

  it('cuts a trace of more than a hundred lines', () => {
    const children = Array.from({ length: 150 }, (_, index) => makeSpan(1, index + 10, { parent: 1 }));
    const lines = formatTrace([checkout, ...children], plain);
    expect(lines).toHaveLength(101);
    expect(lines.at(-1)).toBe('… and 51 more spans of this trace');
  });

  it('says under a slow span where its time went, beside the line to its children', () => {
    const slow = makeSpan(1, 1, { start: [0, 0], end: [0, 20_000_000], time: timeOf({ mutex: 20_000_000 }) });
    const child = makeSpan(1, 2, {
      parent: 1,
      start: [0, 1],
      end: [0, 10_000_001],
      time: timeOf({ cpu: 10_000_000 }),
    });
    expect(
      formatTrace([slow, child, makeSpan(1, 3, { parent: 1, start: [0, 2], end: [0, 3] })], plain),
    ).toEqual([
      'GET /  20.0 ms  shop:4242 g18',
      '│  ▕████████████████████▏ mutex 100 %',
      '├─ GET /  10.0 ms  g18',
      '│     ▕████████████████████▏ cpu 100 %',
      '└─ GET /  1 ns  g18',
    ]);
  });

  it('says under it why it was slow, without control characters', () => {
    const sentence = 'mutex: 20 of 20 ms waiting for a lock held by goroutine 7 (GET /\u001b[2J)';
    const verdict = { cause: 'mutex', share: 1, confidence: 1, sentence } as const;
    const time = timeOf({ mutex: 20_000_000 });
    const slow = makeSpan(1, 1, { start: [0, 0], end: [0, 20_000_000], time, verdict });
    const lines = formatTrace([slow], plain);
    expect(lines.join('')).not.toContain('\u001b');
    expect(lines).toEqual([
      'GET /  20.0 ms  shop:4242 g18',
      '   ▕████████████████████▏ mutex 100 %',
      expect.stringMatching(/^ {3}mutex: 20 of 20 ms .* held by goroutine 7 \(GET \/.{0,6}\[2J\)$/),
    ]);
  });

  it('parts no span from its bar when it cuts', () => {
    const time = timeOf({ cpu: 10_000_000 });
    const children = Array.from({ length: 60 }, (_, index) =>
      makeSpan(1, index + 10, { parent: 1, start: [0, index], end: [0, index + 10_000_000], time }),
    );
    const lines = formatTrace([checkout, ...children], plain);
    // The root, 49 of its children with their bars, and the line that counts the others.
    expect(lines).toHaveLength(1 + 49 * 2 + 1);
    expect(lines.at(-1)).toBe('… and 11 more spans of this trace');
  });

  it('lets no control character of a request through', () => {
    const path = '/\u001b[2J\r\n\u202e\u0007';
    const span = makeSpan(1, 1, {}, { path });
    expect(formatTrace([span], plain).join()).toContain('GET /%1B%5B2J%0D%0A%E2%80%AE%07');
    // As somebody else may have made it.
    const hostile = { ...span, attributes: { ...span.attributes, 'url.path': path } };
    expect(formatTrace([hostile], plain).join()).toContain('GET /\uFFFD[2J\uFFFD\uFFFD\uFFFD\uFFFD');
  });

  it('paints only when told to', () => {
    expect(formatTrace([checkout], plain).join()).not.toContain('\u001b');
    expect(formatTrace([checkout], { ...plain, paint: paintOf(true) }).join()).toContain(
      '\u001b[32m200\u001b[0m',
    );
  });
});

describe('formatDuration', () => {
  it.each([
    [0, 0, '0 ns'],
    [0, 640, '640 ns'],
    [0, 1_500, '1.50 µs'],
    [0, 58_234_000, '58.2 ms'],
    [0, 999_400_000, '999 ms'],
    [1, 250_000_000, '1.25 s'],
    [125, 0, '125 s'],
  ])('of %i s and %i ns is %j', (seconds, nanos, text) => {
    expect(formatDuration([seconds, nanos])).toBe(text);
  });
});
