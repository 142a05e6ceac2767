/** Points of a tracer put together, minute by minute. Pure. */
import type { AgentSeries } from '../../page-api/agent-state.ts';

export interface AgentMinute {
  readonly fromUs: number;
  /** One after the other, without what stays. */
  readonly levels: readonly number[];
  /** The most of its points; null: not known. */
  readonly used: number | null;
  readonly limit: number | null;
  readonly lost: number;
}

const MINUTE_US = 60e6;

/** Newest first. */
export function eachMinute({ atUs, used, limit, level, lost }: AgentSeries): AgentMinute[] {
  const minutes: {
    fromUs: number;
    levels: number[];
    used: number | null;
    limit: number | null;
    lost: number;
  }[] = [];
  for (let index = 0; index < atUs.length; index++) {
    const fromUs = Math.floor((atUs[index] as number) / MINUTE_US) * MINUTE_US;
    let last = minutes.at(-1);
    if (last?.fromUs !== fromUs) {
      last = { fromUs, levels: [], used: null, limit: null, lost: 0 };
      minutes.push(last);
    }
    const [took = null, may = null, at = 0] = [used[index], limit[index], level[index]];
    if (last.levels.at(-1) !== at) last.levels.push(at);
    if (took !== null) last.used = Math.max(last.used ?? 0, took);
    last.limit = may;
    last.lost += lost[index] as number;
  }
  return minutes.reverse();
}
