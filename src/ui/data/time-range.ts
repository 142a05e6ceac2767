/** The time that is looked at: the last so many seconds, or from and to as an address says that was sent. */
import { computed, signal } from '@preact/signals';
import type { TimeRange } from '../../page-api/query.ts';
import { changeParams, route } from '../router.ts';

export const spans: readonly (readonly [seconds: number, label: string])[] = [
  [300, 'last 5 minutes'],
  [900, 'last 15 minutes'],
  [3600, 'last hour'],
  [21_600, 'last 6 hours'],
  [86_400, 'last day'],
  [604_800, 'last week'],
];

/** The last so many seconds before `nowUs`, kept from page to page. */
export const lastSeconds = signal(3600);
const nowUs = signal(Date.now() * 1000);

/** What the address says; undefined: nothing. */
export const fixedRange = computed((): TimeRange | undefined => {
  const fromUs = Number(route.value.params.get('from') ?? Number.NaN);
  const toUs = Number(route.value.params.get('to') ?? Number.NaN);
  return Number.isSafeInteger(fromUs) && Number.isSafeInteger(toUs) && fromUs < toUs
    ? { fromUs, toUs }
    : undefined;
});

export const range = computed((): TimeRange => {
  const toUs = nowUs.value;
  return fixedRange.value ?? { fromUs: toUs - lastSeconds.value * 1e6, toUs };
});

/** As parameters of a link or a question. */
export const rangeParams = computed(() => ({ from: range.value.fromUs, to: range.value.toUs }));

/** Looks at the last so many seconds from now. */
export function lookAtLast(seconds: number): void {
  lastSeconds.value = seconds;
  nowUs.value = Date.now() * 1000;
  if (fixedRange.value) changeParams({ from: undefined, to: undefined });
}
