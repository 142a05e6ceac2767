import { describe, expect, it } from 'vitest';
import type { Examination } from '../../src/doctor/examine.ts';
import { describeKernel } from '../support/capabilities.ts';
import { Child } from '../support/child.ts';
import { goidspan, goidspanMain } from '../support/command.ts';

const isRoot = process.getuid?.() === 0;

/** Runs the doctor with those capabilities only. */
async function doctorWith(capabilities: readonly string[]) {
  const set = ['-all', ...capabilities.map((name) => `+${name}`)].join(',');
  const prefix = isRoot ? ['setpriv', `--bounding-set=${set}`, `--inh-caps=${set}`] : [];
  const [program = '', ...words] = [...prefix, process.execPath, goidspanMain, 'doctor', '--json'];
  const child = new Child(program, words);
  const code = await child.ended;
  return { code, examination: JSON.parse(child.stdout) as Examination };
}

describeKernel('goidspan doctor, where tracing is possible', () => {
  it('exits with 0 or 1, and tells the same in both forms', async () => {
    const json = goidspan(['doctor', '--json']);
    const code = await json.ended;
    const { formatVersion, verdict, families, changes } = JSON.parse(json.stdout) as Examination;
    expect(formatVersion).toBe(1);
    expect({ ok: 0, degraded: 1, impossible: 3 }[verdict]).toBe(code);
    expect(verdict).not.toBe('impossible');
    const verdicts = new Map(families.flatMap(({ findings }) => findings.map((f) => [f.check, f.verdict])));
    expect(verdicts.get('a uprobe that runs')).toBe('ok');
    expect(verdicts.get('the switches of threads')).toBe('ok');
    expect(verdicts.get('data that comes to sockets')).toBe('ok');
    expect(verdicts.get('goidspan’s own programs')).toBe('ok');
    const text = goidspan(['doctor']);
    expect(await text.ended).toBe(code);
    for (const check of verdicts.keys()) expect(text.stdout).toContain(`\n  ${check} `);
    for (const change of changes) expect(text.stdout).toContain(change);
  });

  it.runIf(isRoot)('needs no more than the rights that the README names', async () => {
    const { code, examination } = await doctorWith(['bpf', 'perfmon', 'sys_ptrace', 'dac_read_search']);
    expect(code).toBe(1);
    expect(examination.changes).toEqual([
      'give goidspan CAP_SYS_ADMIN too, if that is wanted (run-time statistics)',
      'give goidspan CAP_SYS_NICE too, if that is wanted (idle priority that can be left)',
    ]);
  });
});

describe('goidspan doctor', () => {
  it('exits with 3 without rights, and ends with the capabilities to give', async () => {
    const { code, examination } = await doctorWith([]);
    expect(code).toBe(3);
    expect(examination.verdict).toBe('impossible');
    expect(examination.changes).toContain(
      'run as root, or give goidspan CAP_BPF, CAP_PERFMON, CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH',
    );
  });

  it.runIf(isRoot)('exits with 3 in a pid namespace of its own', async () => {
    const child = new Child('unshare', ['-pf', '--mount-proc', process.execPath, goidspanMain, 'doctor']);
    expect(await child.ended).toBe(3);
    expect(child.stdout).toContain('run in the host’s pid namespace');
  });
});
