import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { kernel } from '../support/capabilities.ts';

describe('the requirement "kernel"', () => {
  it('is met exactly where the kernel really loads the programs and maps that goidspan uses', () => {
    expect(kernel() === undefined).toBe(kernelLoads());
  });
});

/** Asks the kernel itself: bpftool loads a tiny program and creates a map of each type. */
function kernelLoads(): boolean {
  try {
    const path = `${process.env['PATH']}:/usr/sbin:/sbin`;
    const report = execFileSync('bpftool', ['-j', 'feature', 'probe', 'kernel'], {
      encoding: 'utf8',
      env: { ...process.env, PATH: path },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const { program_types: programs, map_types: maps } = JSON.parse(report) as Record<
      string,
      Record<string, boolean>
    >;
    return programs?.['have_kprobe_prog_type'] === true && maps?.['have_ringbuf_map_type'] === true;
  } catch {
    return false;
  }
}
