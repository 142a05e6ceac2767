import { beforeAll, expect, it } from 'vitest';
import { describeWith, go, type Requirement } from '../support/capabilities.ts';
import { isFullRun } from '../support/full-run.ts';
import { architectures } from './architecture.ts';
import { makeInitramfs } from './initramfs.ts';
import { kernelsInCache } from './kernel-images.ts';
import { firstRow, furtherRows, newestRow, shortRows } from './matrix.ts';
import { missingMachine } from './prepare.ts';
import { makeRow, type Row, type RowPlan } from './row.ts';
import { remarksOn, tableHead, tableLine } from './table.ts';

const ROW_MS = 600_000;

const suites = await Promise.all(
  Object.values(architectures).map(async (architecture) => ({
    architecture,
    kernels: await kernelsInCache(architecture),
  })),
);

const nameOf = ({ kernel, preemption, steps }: RowPlan): string =>
  [
    kernel.version,
    ...(preemption ? [preemption] : []),
    ...(steps.includes('stress') ? ['under stress'] : []),
  ].join(' ');

for (const { architecture, kernels } of suites) {
  const machine: Requirement = () => missingMachine(architecture);
  const images: Requirement = () =>
    kernels.length > 0
      ? undefined
      : `no kernels for ${architecture.name} in the cache (npm run kernels fetches them from Debian)`;
  describeWith([machine, images, go], `a server on Linux for ${architecture.debian}`, () => {
    let initramfs: string;
    beforeAll(async () => {
      initramfs = await makeInitramfs(architecture, () => {});
      process.stdout.write(`${tableHead()}\n`);
    });

    async function expectWhole(plan: RowPlan): Promise<Row> {
      const row = await makeRow(plan, { architecture, initramfs });
      process.stdout.write(`${tableLine(row)}\n`);
      expect(row.faults, remarksOn(row)).toEqual([]);
      expect(row.spansRight).toBeGreaterThan(0);
      return row;
    }

    if (isFullRun) {
      it.each(kernels.map((kernel) => [kernel.version, kernel] as const))(
        '%s is traced whole and right in every preemption mode, and detaching leaves nothing',
        { timeout: 8 * ROW_MS },
        async (_, kernel) => {
          const first = await expectWhole(firstRow(kernel));
          for (const plan of furtherRows(kernel, first, kernels, { stressSeconds: 120 }))
            await expectWhole(plan);
        },
      );
    } else {
      const plans = architecture.name === 'x64' ? shortRows(kernels) : newestRow(kernels);
      it.each(plans.map((plan) => [nameOf(plan), plan] as const))(
        '%s is traced whole and right, and detaching leaves nothing',
        { timeout: ROW_MS },
        async (_, plan) => void (await expectWhole(plan)),
      );
    }
  });
}
