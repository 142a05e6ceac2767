/** What is counted of one target in the stage. */
import { RouteCounts } from './route-counts.ts';

export class TargetCounts {
  spans = 0;
  readonly routes = new RouteCounts();
}
