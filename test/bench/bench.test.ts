import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { describeWith, go, kernel, type Requirement } from '../support/capabilities.ts';
import { Child } from '../support/child.ts';
import { temporaryFolder } from '../support/command.ts';
import { buildGo } from '../support/go-build.ts';
import { rows } from './bench.ts';
import { type Figure, isMet } from './figure.ts';
import { Service } from './service.ts';

const script = fileURLToPath(new URL('../../.scripts/bench.mjs', import.meta.url));

const wrk: Requirement = () =>
  (process.env['PATH'] ?? '').split(':').some((folder) => readable(join(folder, 'wrk')))
    ? undefined
    : 'no wrk on the PATH (Debian package wrk)';

function readable(path: string): boolean {
  try {
    return readFileSync(path).length > 0;
  } catch {
    return false;
  }
}

async function bench(args: readonly string[]): Promise<Figure[]> {
  const json = join(await temporaryFolder(), 'bench.json');
  const child = new Child(process.execPath, [script, '--json', json, ...args]);
  expect(await child.ended, child.stderr).toBe(0);
  return JSON.parse(readFileSync(json, 'utf8')) as Figure[];
}

describeWith([kernel, go, wrk], 'the bench', () => {
  it('says of a row that there is none only which there are', async () => {
    const child = new Child(process.execPath, [script, '--only', 'nonsense']);
    expect(await child.ended).toBe(1);
    const said = child.stdout + child.stderr;
    expect(said).toContain(`--only: ${Object.keys(rows).join(', ')} are possible, not nonsense\n`);
    expect(said).not.toMatch(/\d rows/);
  });

  it('measures every row, and loses no span that is not counted', async () => {
    const figures = await bench(['--quick']);
    expect([...new Set(figures.map(({ row }) => row))]).toEqual([...Object.keys(rows), 'machine']);
    expect(figures.filter(({ value }) => !Number.isFinite(value))).toEqual([]);
    const counts = figures.filter(({ goal }) => goal && 'atMost' in goal && goal.atMost === 0);
    expect(counts.length).toBeGreaterThan(0);
    expect(counts.filter((figure) => !isMet(figure))).toEqual([]);
  });

  it('measures a service of the user', async () => {
    const target = await buildGo({ name: 'load-target', dir: 'test/fixtures/load/target' });
    const service = await Service.start(target);
    try {
      const args = ['--url', `${service.url}/cpu`, '--pid', String(service.pid), '--seconds=1', '--rounds=1'];
      const figures = await bench(args);
      const spans = figures.find(({ what }) => what === 'spans per request');
      expect(spans?.value).toBe(1);
    } finally {
      await service.stop();
    }
  });
});
