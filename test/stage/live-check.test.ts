import { describe, expect, test } from 'vitest';
import type { SpanFact } from '../../src/correlate/fact.ts';
import type { HttpExchange } from '../../src/correlate/http-exchange.ts';
import { FAILURES_MAX, LiveCheck, type Verdict } from '../../src/stage/live-check.ts';
import { makeFact } from '../span/fact.ts';
import type { HttpFact } from '../support/http-fact.ts';

const serverFact = makeFact;

function clientFact(more: Partial<HttpFact> = {}, http: Partial<HttpExchange> = {}): SpanFact {
  return makeFact({ spanKind: 'client', ...more }, http);
}

function judge(...facts: SpanFact[]): Verdict[] {
  const check = new LiveCheck();
  return facts.map((fact) => check.judge(fact));
}

const passes = { passes: true };
const fails = { passes: false };

describe('a span', () => {
  test('that makes sense passes', () => {
    expect(judge(serverFact(), clientFact())).toEqual([passes, passes]);
  });

  test.for<[string, SpanFact]>([
    ['goroutine 0', serverFact({ goid: 0 })],
    ['a goroutine id beyond 2^53', serverFact({ goid: Number.POSITIVE_INFINITY })],
    ['a goroutine that created itself', serverFact({ goid: 7, parentGoid: 7 })],
    ['an end before its start', serverFact({ start: [5, 2], end: [5, 1] })],
    ['a method with a slash', serverFact({}, { method: 'HTTP/1.1' })],
    ['a method that is no text', serverFact({}, { method: '\u0000\ufffd' })],
    ['a method of HTTP/2 that is no text', serverFact({}, { method: 'G\u0000', protocolMajor: 2 })],
    ['a path without a slash', serverFact({}, { path: 'example.com' })],
    ['a status of one digit', serverFact({}, { statusCode: 8 })],
    ['a status of five digits', serverFact({}, { statusCode: 49152 })],
    ['HTTP/0', serverFact({}, { protocolMajor: 0 })],
    ['HTTP/20', serverFact({}, { protocolMajor: 20 })],
    ['a host with a line feed', serverFact({}, { host: 'a\nb' })],
    ['a method that was answered but is no token', clientFact({}, { method: 'G T', statusCode: 200 })],
    ['an answer of five digits', clientFact({}, { statusCode: 10000 })],
  ])('with %s does not pass', ([, fact]) => {
    expect(judge(fact)).toEqual([fails]);
    expect(judge(fact.spanKind === 'server' ? serverFact() : clientFact(), fact)[1]).toEqual(fails);
  });

  test.for<[string, SpanFact]>([
    ['no path', serverFact({}, { path: '' })],
    ['the path *', serverFact({}, { path: '*' })],
    ['no status', serverFact({}, { statusCode: undefined })],
    ['any text as a method of HTTP/2', serverFact({}, { method: 'G T', protocolMajor: 2 })],
    [
      'any method and host that nobody has checked',
      serverFact({}, { method: 'B@D\n', host: 'a\nb', isUnchecked: true }),
    ],
    ['a method of its own', serverFact({}, { method: 'M-SEARCH' })],
    [
      'a creator with a greater id, from the reserve of another processor',
      serverFact({ goid: 7, parentGoid: 90 }),
    ],
    ['a method that net/http refuses to send', clientFact({}, { method: 'G T', statusCode: undefined })],
    ['a path of its own as a client', clientFact({}, { path: 'opaque' })],
  ])('with %s passes', ([, fact]) => {
    expect(judge(fact)).toEqual([passes]);
  });

  test.for<[string, SpanFact]>([
    ['whose goroutine id looks like an address', serverFact({ goid: 0xc000_0042_0000 })],
    ['whose method could not be read', serverFact({}, { method: 'GET', methodIsUnread: true })],
  ])('%s passes only once others have made sense', ([, fact]) => {
    expect(judge(fact, serverFact(), fact)).toEqual([fails, passes, passes]);
  });
});

describe('a family of hooks', () => {
  const wrong = serverFact({}, { method: 'HTTP/1.1' });

  test('fails once, after some spans without sense and none with it', () => {
    const judged = judge(...Array.from({ length: FAILURES_MAX + 2 }, () => wrong), serverFact());
    const why = 'the method "HTTP/1.1" is no token';
    const failed = { family: 'http', spanKind: 'server', why, spans: FAILURES_MAX };
    expect(judged).toEqual([fails, fails, { ...fails, failed }, fails, fails, fails]);
  });

  test('does not fail when one span made sense', () => {
    const judged = judge(serverFact(), wrong, wrong, wrong, wrong, serverFact());
    expect(judged).toEqual([passes, fails, fails, fails, fails, passes]);
  });

  test('does not fail for the spans of another', () => {
    const judged = judge(wrong, wrong, wrong, clientFact());
    expect(judged.at(-1)).toEqual(passes);
  });
});
