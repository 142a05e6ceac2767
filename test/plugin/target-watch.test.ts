import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Target } from '../../src/plugin/options.ts';
import { TargetWatch } from '../../src/plugin/target-watch.ts';
import { Child } from '../support/child.ts';

const INTERVAL_MS = 20;
const NO_SUCH_PID = 2 ** 22 - 1;

/** A watch over what the test says, that writes down what it does. */
function watching(ask: () => readonly Target[] | Promise<readonly Target[]>, canAttach = () => true) {
  const log: string[] = [];
  const watch = new TargetWatch(
    {
      askTargets: async () => ask(),
      attachPid: async (pid) => {
        log.push(`attach ${pid}`);
        if (!canAttach()) throw new Error('no');
      },
      followExecutables: async (globs) => log.push(`follow ${globs}`),
      refused: (pid) => log.push(`refused ${pid}`),
      failed: (error) => log.push(String(error)),
    },
    INTERVAL_MS,
  );
  onTestFinished(() => watch.stop());
  return { watch, log };
}

describe('the watch over targets', () => {
  it('attaches at the start, and once', async () => {
    const { watch, log } = watching(() => [{ pid: process.pid }, { exe: '/srv/*' }, { exe: '/opt/*' }]);
    await watch.start();
    await sleep(4 * INTERVAL_MS);
    expect(log).toEqual([`attach ${process.pid}`, 'follow /srv/*,/opt/*']);
  });

  it('attaches what a function adds later', async () => {
    const targets: Target[] = [];
    const { watch, log } = watching(() => targets);
    await watch.start();
    targets.push({ pid: process.pid });
    await sleep(4 * INTERVAL_MS);
    targets.push({ exe: '/srv/*' });
    await sleep(4 * INTERVAL_MS);
    expect(log).toEqual([`attach ${process.pid}`, 'follow /srv/*']);
  });

  it('tells a refusal once, as long as the process runs the same program', async () => {
    const { watch, log } = watching(
      () => [{ pid: process.pid }],
      () => false,
    );
    await watch.start();
    await sleep(4 * INTERVAL_MS);
    expect(log).toEqual([`attach ${process.pid}`, `refused ${process.pid}`]);
  });

  it('tries a refused process again when it has become another program', async () => {
    const shell = new Child('/bin/sh', ['-c', 'read line; exec sleep 10'], { input: true });
    onTestFinished(async () => void (await shell.stop()));
    const { watch, log } = watching(
      () => [{ pid: shell.pid }],
      () => false,
    );
    await sleep(2 * INTERVAL_MS);
    await watch.start();
    await sleep(4 * INTERVAL_MS);
    expect(log).toHaveLength(2);
    shell.process.stdin?.end('\n');
    await sleep(10 * INTERVAL_MS);
    expect(log.slice(2)).toEqual([`attach ${shell.pid}`, `refused ${shell.pid}`]);
  });

  it('attaches again after an exec, but leaves one that is gone alone', async () => {
    const { watch, log } = watching(() => [{ pid: NO_SUCH_PID }, { pid: process.pid }]);
    await watch.start();
    watch.ended(NO_SUCH_PID);
    watch.ended(process.pid);
    await sleep(4 * INTERVAL_MS);
    expect(log).toEqual([`attach ${NO_SUCH_PID}`, `attach ${process.pid}`, `attach ${process.pid}`]);
  });

  it('survives a function that throws, and asks it again', async () => {
    let asked = 0;
    const { watch, log } = watching(() => {
      if (asked++ === 0) throw new Error('not yet');
      return [{ pid: process.pid }];
    });
    await watch.start();
    await sleep(4 * INTERVAL_MS);
    expect(log).toEqual(['Error: not yet', `attach ${process.pid}`]);
  });

  it('does nothing any more once it has stopped, even if the answer was under way', async () => {
    let answer: (targets: Target[]) => void = () => {};
    const { watch, log } = watching(() => new Promise<Target[]>((resolve) => (answer = resolve)));
    const round = watch.start();
    await watch.stop();
    answer([{ pid: process.pid }]);
    await round;
    expect(log).toEqual([]);
  });
});
