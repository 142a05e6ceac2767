/** What a person is told when targets are looked at deeper for a while. */
import { RAISE_MS } from './raise-controller.ts';
import type { RaiseEvent } from './raise-event.ts';

export function raiseText(event: RaiseEvent): string {
  if (event.kind === 'raise_ended') return `level ${event.level} again: the ${RAISE_MS / 1_000} s are over`;
  const { target, route, p99Millis, usualMillis, level, seconds } = event;
  const times = `p99 ${figures(p99Millis)} ms, usually ${figures(usualMillis)} ms`;
  return `${route} of ${target.serviceName} is slow (${times}): looked at as deep as level ${level} for ${seconds} s`;
}

/** Two of them. */
const figures = (millis: number): string => String(Number(millis.toPrecision(2)));
