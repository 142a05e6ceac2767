/** What is said of a kernel that lacks something. Pure. */
import type { TracerEvent } from './api.ts';

export const degradedText = ({ missing, without }: Extract<TracerEvent, { kind: 'degraded' }>): string =>
  `this kernel has no ${missing}: ${without}`;
