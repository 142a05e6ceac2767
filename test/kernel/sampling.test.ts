/** Looking at processors where that is refused. */
import { expect, it } from 'vitest';
import { Kernel } from '../../src/kernel/kernel.ts';
import { describeKernel } from '../support/capabilities.ts';

describeKernel('a sampler', () => {
  it('that cannot be had is refused once, and given up as if it were there', () => {
    const kernel = Kernel.open({ ringBytes: 4096, level: 'waits' });
    kernel.setSettings({
      samplerRejectBelow: 0n,
      samplerParentBased: 1,
      followExec: 0,
      waitMinNs: 0,
      samplePeriodNs: 10_000_000,
      countsUnsampled: 0,
      grpcHealth: 0,
      tellsArguments: 0,
    });
    // The program for it is not loaded.
    expect(() => kernel.sample(true)).toThrow(/^cannot look at the processors: the kernel says ENOENT/);
    kernel.sample(true);
    kernel.sample(false);
    kernel.sample(false);
    kernel.close();
  });
});
