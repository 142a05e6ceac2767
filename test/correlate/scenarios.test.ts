import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { processors, runHost } from '../bpf/host.ts';
import { Scenario } from '../bpf/scenario.ts';
import { validSpanOf } from '../support/valid-span.ts';
import { validate } from '../support/validator.ts';

const directory = new URL('scenarios/', import.meta.url);
const files = readdirSync(directory).filter((name) => name.endsWith('.txt'));

/** Losses leave children without their parent's record, and so does a span that is still open. */
function isIncomplete(expected: readonly string[]): boolean {
  return expected.some((line) => /^(lost|open|note unsampled)\b/.test(line));
}

describe.each(processors)('the context of goroutines on %s', (processor) => {
  it.each(files)('%s', (file) => {
    const scenario = new Scenario(readFileSync(new URL(file, directory), 'utf8'));
    const [run] = runHost(scenario.input(), processor);
    if (run === undefined) throw new Error('the host gave nothing');
    expect(scenario.render(run)).toEqual(scenario.expected);
    const sampled = run.spans.filter(({ traceFlags }) => traceFlags & 1);
    expect(validate(sampled.map(validSpanOf), { incomplete: isIncomplete(scenario.expected) })).toEqual([]);
  });
});
