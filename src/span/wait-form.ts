/** In what form waits within a span are told. */
export const waitForms = [
  /** The longest as spans of their own, and all of them together as the span's breakdown. */
  'spans',
  /** The same as events of the span. */
  'events',
  /** Only the breakdown. */
  'attributes',
  /** Not at all. */
  'none',
] as const;
export type WaitForm = (typeof waitForms)[number];
export const isWaitForm = (value: unknown): value is WaitForm => waitForms.includes(value as WaitForm);
