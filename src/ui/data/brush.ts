/** A part of a scatter: times and durations, as it stands in the address. */
import type { OperationRow, ScatterAnswer } from '../../page-api/answers.ts';
import type { Operation } from '../../page-api/query.ts';
import { changeParams } from '../router.ts';

export interface Brush {
  readonly fromUs?: number | undefined;
  readonly toUs?: number | undefined;
  readonly minNs?: number | undefined;
  readonly maxNs?: number | undefined;
}

export function brushOf(params: URLSearchParams): Brush | undefined {
  const number = (name: string): number | undefined => {
    const value = Number(params.get(name) ?? Number.NaN);
    return Number.isFinite(value) ? value : undefined;
  };
  const brush = {
    fromUs: number('brushFrom'),
    toUs: number('brushTo'),
    minNs: number('min'),
    maxNs: number('max'),
  };
  return Object.values(brush).some((value) => value !== undefined) ? brush : undefined;
}

export function setBrush({ fromUs, toUs, minNs, maxNs }: Brush): void {
  const whole = (value: number | undefined) => (value === undefined ? undefined : Math.round(value));
  changeParams({ brushFrom: whole(fromUs), brushTo: whole(toUs), min: whole(minNs), max: whole(maxNs) });
}

export const isWithin = (brush: Brush, startUs: number, durationNs: number): boolean =>
  startUs >= (brush.fromUs ?? 0) &&
  startUs < (brush.toUs ?? Number.POSITIVE_INFINITY) &&
  durationNs >= (brush.minNs ?? 0) &&
  durationNs <= (brush.maxNs ?? Number.POSITIVE_INFINITY);

/** Indexes of those within, slowest first. */
export function slowestWithin(scatter: ScatterAnswer, brush: Brush, limit: number): number[] {
  const { startUs, durationNs } = scatter;
  return [...durationNs.keys()]
    .filter((at) => isWithin(brush, startUs[at] as number, durationNs[at] as number))
    .sort((a, b) => (durationNs[b] as number) - (durationNs[a] as number))
    .slice(0, limit);
}

export const isOperation = (row: OperationRow, { service, name, kind }: Operation): boolean =>
  row.service === service && row.name === name && row.kind === kind;
