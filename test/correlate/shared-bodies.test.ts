import { expect, it } from 'vitest';
import { type HostRun, runHost } from '../bpf/host.ts';

/** Requests one after the other, each with that path. */
function bodiesOf(paths: readonly string[]): object[] {
  const events = paths.map(
    (path, n) => `${10 * n + 1} server begin g1 path=${path}\n${10 * n + 5} server end g1 status=200`,
  );
  const [run] = runHost(`run 1\n${events.join('\n')}\n`) as [HostRun];
  expect(run.spans).toHaveLength(paths.length);
  return run.spans.map(({ body }) => body);
}

it('the body of spans that say the same is one object from the second on', () => {
  const [first, second, third, fourth] = bodiesOf([
    '/a-shared-path',
    '/a-shared-path',
    '/a-shared-path',
    '/another',
  ]);
  expect(first).toEqual(second);
  expect(third).toBe(second);
  expect(fourth).not.toEqual(second);
});
