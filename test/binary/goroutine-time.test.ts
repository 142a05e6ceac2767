/** What a binary says of goroutines besides its functions and types. */

import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { openFileSource } from '../../src/binary/file-source.ts';
import { GoBinary } from '../../src/binary/go-binary.ts';
import { goroutineTlsOfAmd64 } from '../../src/binary/goroutine-tls.ts';
import { netHttpBuilds } from '../support/nethttp-builds.ts';
import { buildOrSkip, needGo } from '../support/skip.ts';

const timeout = 300_000;

test.for(netHttpBuilds.filter((b) => b.hasDwarf))(
  'the wait reasons of $name are as many as its symbol table has room for',
  { timeout },
  async (build, context) => {
    needGo(context);
    const path = await buildOrSkip(context, build);
    const symbols = execFileSync('go', ['tool', 'nm', '-size', path], {
      encoding: 'utf8',
      maxBuffer: 64 << 20,
    });
    const bytes = /^\s*[0-9a-f]+\s+(\d+) D runtime\.waitReasonStrings$/m.exec(symbols)?.[1];
    expect(GoBinary.open(openFileSource(path)).waitReasons()).toHaveLength(Number(bytes) / 16);
  },
);

test.for(netHttpBuilds)(
  'the wait reasons of $name begin and end with a reason',
  { timeout },
  async (build, context) => {
    const reasons = GoBinary.open(openFileSource(await buildOrSkip(context, build))).waitReasons() ?? [];
    expect(reasons.slice(0, 3)).toEqual(['', 'GC assist marking', 'IO wait']);
    const last = [
      'debug call',
      'stopping the world',
      'coroutine',
      'GC weak to strong wait',
      'select (synctest)',
      'cleanup wait',
    ];
    expect(last).toContain(reasons.at(-1));
  },
);

const withThreadLocals = [
  { name: 'threadlocal' },
  { name: 'threadlocal-pie', flags: ['-buildmode=pie', '-ldflags=-s -w'] },
  { name: 'threadlocal-1.19', go: '1.19' },
  { name: 'threadlocal-1.27', go: '1.27.4', flags: ['-buildmode=pie'] },
];

test.for(withThreadLocals)(
  'a thread of $name, whose C has thread-local variables, keeps its goroutine where the running program finds it',
  { timeout },
  async (build, context) => {
    const dir = 'test/fixtures/binary/threadlocal';
    const path = await buildOrSkip(context, { dir, cgo: true, ...build });
    const printed = execFileSync(path, { encoding: 'utf8' }).trim().split('\n').map(Number);
    const found = GoBinary.open(openFileSource(path)).goroutineTls();
    expect(printed).toEqual([found]);
    expect(found).toBeLessThan(-8);
  },
);

describe('code that sets the goroutine of a thread', () => {
  test.each([
    { title: 'at a fixed place', code: '64 48 89 14 25 f8 ff ff ff 49 89 d6', offset: -8 },
    { title: 'by a register', code: '48 c7 c1 b8 ff ff ff 64 48 89 11', offset: -72 },
    { title: 'above the thread pointer', code: '64 48 89 14 25 08 00 00 00 49 89 d6', offset: undefined },
    { title: 'far from the thread pointer', code: '64 48 89 14 25 00 00 00 80 49 89 d6', offset: undefined },
    {
      title: 'by a register, then something else',
      code: '48 c7 c1 b8 ff ff ff 64 48 89 12',
      offset: undefined,
    },
    { title: 'cut short', code: '64 48 89 14 25 f8 ff', offset: undefined },
    { title: 'by a register, cut short', code: '48 c7 c1 b8 ff ff ff 64 48', offset: undefined },
    { title: 'empty', code: '', offset: undefined },
  ])('$title', ({ code, offset }) => {
    expect(goroutineTlsOfAmd64(Buffer.from(code.replaceAll(' ', ''), 'hex'))).toBe(offset);
  });
});
