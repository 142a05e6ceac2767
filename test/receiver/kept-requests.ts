/** A store that keeps requests as they come, and does with them what a test wants. */
import type { SpanStore, StoreResult } from '../../src/page-api/span-store.ts';

export class KeptRequests implements Pick<SpanStore, 'append'> {
  readonly requests: Uint8Array[] = [];
  answer: () => Promise<StoreResult> = async () => ({ stored: 1, rejected: 0 });

  append(request: Uint8Array): Promise<StoreResult> {
    this.requests.push(request);
    return this.answer();
  }
}
