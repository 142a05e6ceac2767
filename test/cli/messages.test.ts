import { describe, expect, it } from 'vitest';
import { linesOf } from '../../src/cli/messages.ts';
import { GoidspanError } from '../../src/errors.ts';

const target = { targetId: 1, pid: 4242, exe: '/srv/shop', serviceName: 'shop', goVersion: 'go1.26.8' };

describe('linesOf', () => {
  const attached = {
    kind: 'attached',
    target,
    hooks: ['http_server_start'],
    missing: [
      { hook: 'http_server_end_h2', why: 'no such function', without: 'HTTP/2 requests are not traced' },
      { hook: 'http_client_send', why: 'no such function' },
    ],
  } as const;

  it('says what is attached, and what will not be seen', () => {
    expect(linesOf(attached, false)).toEqual([
      'attached to shop (pid 4242, /srv/shop, go1.26.8)',
      '  no http_server_end_h2: no such function: HTTP/2 requests are not traced',
    ]);
  });

  it('names what else the program serves by', () => {
    expect(linesOf({ ...attached, missing: [], untraced: ['github.com/valyala/fasthttp'] }, false)).toEqual([
      'attached to shop (pid 4242, /srv/shop, go1.26.8)',
      '  it serves by github.com/valyala/fasthttp too, which is not traced',
    ]);
  });

  it('says why it does not look deeper', () => {
    const notDeeper = 'no level waits: hook goroutine_park: the program has no function runtime.gopark';
    expect(linesOf({ ...attached, missing: [], notDeeper }, false)).toEqual([
      'attached to shop (pid 4242, /srv/shop, go1.26.8)',
      `  ${notDeeper}`,
    ]);
  });

  it('says everything when asked to', () => {
    expect(linesOf(attached, true)).toEqual([
      'attached to shop (pid 4242, /srv/shop, go1.26.8)',
      '  no http_server_end_h2: no such function: HTTP/2 requests are not traced',
      '  no http_client_send: no such function',
      '  probe on http_server_start',
    ]);
  });

  it('says what is left out to keep the budget, and when it is back', () => {
    const budget = { limit: 0.02, used: 0.0512, level: 'spans', asked: 'waits', isMeasured: true } as const;
    expect(linesOf({ kind: 'level', budget }, false)).toEqual([
      'level spans instead of waits: probes took 5.1 % of the processors, of a budget of 2 %',
    ]);
    expect(linesOf({ kind: 'level', budget: { ...budget, isMeasured: false } }, false)).toEqual([
      'level spans instead of waits: probes took 5.1 % of the processors, as estimated, of a budget of 2 %',
    ]);
    expect(linesOf({ kind: 'level', budget: { ...budget, level: 'waits' } }, false)).toEqual([
      'level waits again: its probes fit into the budget of 2 %',
    ]);
    expect(linesOf({ kind: 'budget_exceeded', budget }, false)).toEqual([
      'probes take 5.1 % of the processors at level spans, more than the budget of 2 %: less deep there is nothing',
    ]);
  });

  it('says that it looks deeper for a while, and why', () => {
    const raised = { kind: 'raised', target, route: 'GET /report', level: 'cpu', seconds: 60 } as const;
    expect(linesOf({ ...raised, p99Millis: 213.4, usualMillis: 60.2 }, false)).toEqual([
      'GET /report of shop is slow (p99 210 ms, usually 60 ms): looked at as deep as level cpu for 60 s',
    ]);
    expect(linesOf({ ...raised, p99Millis: 7.06, usualMillis: 0.345 }, false)).toEqual([
      'GET /report of shop is slow (p99 7.1 ms, usually 0.34 ms): looked at as deep as level cpu for 60 s',
    ]);
    expect(linesOf({ kind: 'raise_ended', level: 'spans' }, false)).toEqual([
      'level spans again: the 60 s are over',
    ]);
  });

  it('passes on why a process was refused, ends and warnings', () => {
    const error = new GoidspanError('not_go', 'cannot attach to pid 7: not a Go program (x)');
    expect(linesOf({ kind: 'refused', pid: 7, exe: '/bin/x', error }, false)).toEqual([error.message]);
    expect(linesOf({ kind: 'warning', message: 'w' }, false)).toEqual(['w']);
    expect(linesOf({ kind: 'degraded', missing: 'm', without: 'less' }, false)).toEqual([
      'this kernel has no m: less',
    ]);
    expect(linesOf({ kind: 'ended', target }, false)).toEqual([
      'no longer tracing shop (pid 4242, /srv/shop, go1.26.8)',
    ]);
  });
});
