/** A handler that does something: 200 µs of CPU. */
import type { Row } from '../bench.ts';
import { kept } from './kept.ts';

export const handlerCpu: Row = (bench) =>
  kept(bench, {
    row: 'handler-cpu',
    what: 'handler of 200 µs CPU: requests/s kept',
    path: '/cpu',
    goal: { atLeast: 0.97 },
  });
