/** A handler that starts two goroutines with a call each, answered by the same process: five spans a request. */
import type { Row } from '../bench.ts';
import { kept } from './kept.ts';

export const clientCalls: Row = (bench) =>
  kept(bench, {
    row: 'client-calls',
    what: 'two http.Get in goroutines: requests/s kept',
    path: '/calls',
    goal: { atLeast: 0.9 },
  });
