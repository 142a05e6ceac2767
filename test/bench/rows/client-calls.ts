/** A handler that starts two goroutines with a call each, answered by the same process: five spans a request. */
import type { Row } from '../bench.ts';
import { againstFloor } from './against-floor.ts';

export const clientCalls: Row = (bench) =>
  againstFloor(bench, {
    row: 'client-calls',
    what: 'two http.Get in goroutines',
    path: '/calls',
    goal: { atLeast: 0.9 },
  });
