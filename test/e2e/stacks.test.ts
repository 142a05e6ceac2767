/** Where in its code a goroutine waits, or is on a processor, as Go itself says it. */

import { expect, it } from 'vitest';
import { describeWith, go, kernel } from '../support/capabilities.ts';
import { WaitsServer, waitsBuild } from '../support/waits-server.ts';

const timeout = 300_000;
const retry = 2;

const builds = [
  waitsBuild('local-plain'),
  waitsBuild('1.19-plain', { go: '1.19' }),
  waitsBuild('1.27.4-stripped', { go: '1.27.4', flags: ['-ldflags=-s -w', '-trimpath'] }),
  waitsBuild('local-cgo', { cgo: true }),
  waitsBuild('local-pie', { flags: ['-buildmode=pie', '-ldflags=-s -w'] }),
];

/** By the last part of the path: what the wait is for, and in which functions it is told below the one that has asked for its stack. */
const waits: Readonly<Record<string, readonly [use: string, own: string]>> = {
  sleep: ['sleep', 'main.sleeps'],
  channel: ['chan.receive', 'main.receives'],
  mutex: ['mutex', 'main.takesLock'],
  syscall: ['syscall', 'main.calls'],
};

describeWith([kernel, go], 'where in its code a goroutine is', () => {
  it.for(builds)('is told as Go tells it: $name', { timeout, retry }, async (build, context) => {
    const server = await WaitsServer.during(context, build, { name: 'alone', faults: [] });
    const traced = await server.traceDuring(context, { level: 'cpu', slowMillis: 10 });
    for (const [path, [use, own]] of Object.entries(waits)) {
      for (const deep of [0, 12]) {
        const id = `${path}${deep}`;
        const { body } = await server.server.get(`/stack/${path}?id=${id}&deep=${deep}`);
        const { server: request } = await traced.request(id, 0);
        const span = traced.spans.find(
          ({ parentSpanContext, attributes: { 'goidspan.wait.for': of, 'code.stacktrace': at } }) =>
            parentSpanContext?.spanId === request.spanContext().spanId &&
            of === use &&
            `${at}`.includes(`${own}(`),
        );
        const told = `${span?.attributes['code.stacktrace']}`;
        const by = JSON.parse(body) as string[];
        expect(told.slice(-by.join('\n').length), id).toBe(by.join('\n'));
        // What comes before is the function that waits, and what it has called.
        expect(told.slice(0, -by.join('\n').length).split('\n').at(-3), id).toMatch(`${own}(...)`);
        expect(span?.attributes['code.function.name'], id).toBe(own);
        expect(span?.attributes['code.file.path'], id).toMatch(/stacks\.go$/);
      }
    }
    const { lost, notes } = await traced.stop();
    expect(lost).toMatchObject({ total: 0 });
    expect(notes).toMatchObject({ stacks_full: 0 });
  });

  it.for(builds)('names the function in the verdict: $name', { timeout, retry }, async (build, context) => {
    const server = await WaitsServer.during(context, build, { name: 'alone', faults: [] });
    const traced = await server.traceDuring(context, { level: 'cpu', slowMillis: 10 });
    const verdictOn = async (path: string, held?: string): Promise<unknown> => {
      const { id } = await server.ask(path, held);
      return (await traced.request(id, 0)).server.attributes['goidspan.verdict'];
    };
    expect(await verdictOn('/stack/loop')).toMatch(
      /on a processor, mostly in main\.burns \(stacks\.go:\d+\)/,
    );
    expect(await verdictOn('/mutex', '/hold/mutex?ms=60')).toMatch(
      /waiting in main\.\S+ \(\w+\.go:\d+\) for a lock .*goroutine \d+ \((GET \/hold\/mutex, )?main\.hold \(locks\.go:\d+\)\)/,
    );
    expect(await verdictOn('/stack/syscall')).toMatch(
      /blocked in system calls in main\.calls \(stacks\.go:\d+\)/,
    );
    await traced.stop();
  });
});
