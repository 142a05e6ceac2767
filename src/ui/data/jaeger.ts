/** What a Jaeger has to do with what is shown. */
import { signal } from '@preact/signals';
import type { JaegerState, StoreState } from '../../page-api/answers.ts';
import { ask } from './api.ts';

/** Undefined: not told yet. */
export const jaeger = signal<JaegerState | undefined>(undefined);

/** Asks once; whoever waits for the answer shows what there is without it when there is none. */
export async function askForJaeger(): Promise<void> {
  const { jaeger: told = {} } = await ask<Partial<StoreState>>('api/state').catch(
    () => ({}) as Partial<StoreState>,
  );
  jaeger.value = told;
}

/** Page of a trace in Jaeger, with one of its spans chosen; undefined: there is no such Jaeger. */
export function inJaeger(traceId: string, spanId?: string): string | undefined {
  const url = jaeger.value?.url;
  return url === undefined
    ? undefined
    : `${url}/trace/${traceId}${spanId === undefined ? '' : `?uiFind=${spanId}`}`;
}
