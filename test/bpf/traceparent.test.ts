/** The parser of `traceparent` that runs in the kernel, on random headers, against the grammar of the W3C. */

import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { fuzzInputs, fuzzTimeoutMilliseconds } from '../support/fuzz.ts';
import { Random } from '../support/random.ts';
import { runHost } from './host.ts';

/** https://www.w3.org/TR/trace-context/#traceparent-header */
const grammar =
  /^(?!ff)(?:00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}|(?!00)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?)$/;
const trace = '0af7651916cd43dd8448eb211c80319c';
const span = 'b7ad6b7169203331';
const alphabet = '0123456789abcdefABCDEFg-_.:@`/~';
const inputsPerRun = 1_000;

/** A right one with up to three characters changed, put in or taken out; now and then zeros or a tail. */
function traceparent(random: Random): string {
  const ids = [trace, span].map((id) => (random.below(12) === 0 ? '0'.repeat(id.length) : id));
  const version = random.pick(['00', '00', '00', '01', 'cc', 'ff']);
  const tail = random.pick(['', '', '', '-', '-x', '.x']);
  const text = [...`${version}-${ids.join('-')}-01${tail}`];
  for (let changes = random.below(4); changes > 0; changes--) {
    const at = random.below(text.length);
    const removed = random.below(3) > 0 ? 1 : 0;
    text.splice(at, removed, ...(random.below(3) > 0 ? [random.pick([...alphabet])] : []));
  }
  return text.join('');
}

it('takes exactly the headers that the grammar allows', { timeout: fuzzTimeoutMilliseconds }, (context) => {
  try {
    execFileSync('gcc', ['--version'], { stdio: 'ignore' });
  } catch {
    return context.skip('no gcc here');
  }
  const random = new Random(3);
  const total = fuzzInputs(10_000);
  let taken = 0;
  for (let done = 0; done < total; done += inputsPerRun) {
    const headers = Array.from({ length: Math.min(inputsPerRun, total - done) }, () => traceparent(random));
    const events = headers.flatMap((header, i) => [
      `${10 * i + 1} server begin g7 traceparent=${header}`,
      `${10 * i + 5} server end g7`,
    ]);
    const [run] = runHost(`run 1\n${events.join('\n')}\n`);
    const wanted = headers.filter((header) => grammar.test(header));
    const isSampled = (header: string) => (Number.parseInt(header.slice(53, 55), 16) & 1) === 1;
    const remote = run?.spans.filter((fact) => fact.parentIsRemote) ?? [];
    expect(run?.counts['NOTE_TRACEPARENT_MALFORMED']).toBe(headers.length - wanted.length);
    expect(remote).toHaveLength(wanted.filter(isSampled).length);
    taken += wanted.length;
  }
  expect(taken).toBeGreaterThan(total / 20);
  expect(taken).toBeLessThan(total);
});
