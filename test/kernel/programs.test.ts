import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { families, programsOf } from '../../src/probes/families.ts';
import { describeKernel } from '../support/capabilities.ts';
import { descriptors, programIdOf, programName } from '../support/held-programs.ts';
import { Attached } from './attached.ts';

/** Instructions that the verifier may look at per program; the kernel's own limit is a million. */
const VERIFIED_MAX = { modern: 60_000, legacy: 150_000 };

describeKernel('the BPF programs', () => {
  describe.each([
    ['modern', false],
    ['legacy', true],
  ] as const)('in their %s form', (form, forceLegacy) => {
    programs(form, forceLegacy);
  });
});

function programs(form: keyof typeof VERIFIED_MAX, forceLegacy: boolean): void {
  let attached: Attached;
  let atFirst: readonly string[];
  beforeAll(async () => {
    attached = new Attached({ forceLegacy, level: 'cpu' });
    atFirst = Object.keys(attached.kernel.programStats());
    await attached.kernel.load(families.flatMap(programsOf));
  });
  afterAll(() => attached.close());

  it('are loaded, each once, and stay far below the limits of the verifier', () => {
    const verified = verifiedInstructions();
    process.stdout.write(
      `verified instructions, ${form}: ${[...verified].map(([name, count]) => `${name} ${count}`).join(', ')}\n`,
    );
    expect([...verified.keys()].sort()).toEqual(Object.keys(attached.kernel.programStats()).sort());
    expect([...verified].filter(([, count]) => count === 0 || count > VERIFIED_MAX[form])).toEqual([]);
  });

  it('are loaded at first as far as any target may need them, those of libraries when they are asked for', () => {
    const late = families.filter(({ isLate }) => isLate).flatMap(programsOf);
    expect(late).toEqual(expect.arrayContaining(['db_pool_start', 'grpc_server_start', 'sdk_start']));
    const loaded = Object.keys(attached.kernel.programStats());
    expect(atFirst.toSorted()).toEqual(loaded.filter((name) => !late.includes(name)).sort());
  });

  it('are of that form', () => expect(attached.kernel.facts.isLegacy).toBe(forceLegacy));

  it('are one for each counter of hits, those at tracepoints, and that of the clocks', () => {
    const hits = Object.keys(attached.kernel.counts()).filter((name) => name.startsWith('HIT_'));
    const names = hits.map((name) => name.replace('HIT_', '').toLowerCase());
    expect(Object.keys(attached.kernel.programStats()).sort()).toEqual(
      [
        ...names,
        'process_exec',
        'process_exit',
        ...families.flatMap(({ tracepoints = [] }) => tracepoints),
      ].sort(),
    );
  });
}

/** By the kernel's account of the file descriptors of this process (Linux ≥ 5.16). */
function verifiedInstructions(): Map<string, number> {
  const found = new Map<string, number>();
  for (const info of descriptors()) {
    const id = programIdOf(info);
    const verified = /^verified_insns:\s*(\d+)/m.exec(info)?.[1];
    // A link names its program too, but says nothing of instructions.
    if (id !== undefined && verified !== undefined) found.set(programName(id), Number(verified));
  }
  return found;
}
