import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { deepestChain, readBpfObject } from './object.ts';

const native = fileURLToPath(new URL('../../dist/native/', import.meta.url));
const objects = readdirSync(native, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.bpfel.o'),
);

/** `BPF_FUNC_tail_call`, and what all frames of a chain of calls may have together (MAX_BPF_STACK). */
const TAIL_CALL = 12;
const STACK_BYTES_MAX = 512;

describe('the compiled programs', () => {
  it('are there', () => expect(objects).not.toEqual([]));

  it.each(objects)('of %s have no chain of calls whose frames need more than 512 bytes', (name) => {
    const functions = readBpfObject(join(native, name));
    const programs = [...functions.values()].filter(({ section }) => section !== '.text');
    const chains = programs.map((program) => deepestChain(functions, program.name));
    const deepest = chains.reduce((a, b) => (b.bytes > a.bytes ? b : a));
    process.stdout.write(`${name}: ${deepest.bytes} bytes of stack in ${deepest.chain.join(' → ')}\n`);
    // A chain of several functions must have been found, else the call graph was not read.
    expect(chains.some(({ chain }) => chain.length > 2)).toBe(true);
    expect(chains.filter(({ bytes }) => bytes > STACK_BYTES_MAX)).toEqual([]);
  });

  it.each(objects)(
    'of %s that run at uprobes all hold a tail call, so that none has its frame in memory of the processor',
    (name) => {
      const functions = [...readBpfObject(join(native, name)).values()];
      const uprobes = functions.filter(({ section }) => section.startsWith('uprobe'));
      expect(uprobes.length).toBeGreaterThan(10);
      expect(uprobes.filter(({ helpers }) => !helpers.has(TAIL_CALL)).map((each) => each.name)).toEqual([]);
    },
  );
});
