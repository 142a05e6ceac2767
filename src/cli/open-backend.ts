/** A page and what is behind it, for commands: loaded only when wanted. */
import type { Backend, BackendOptions } from '../page-server/backend.ts';

/** @throws {GoidspanError} of {@link Backend.open}. */
export async function openBackend(options: BackendOptions): Promise<Backend> {
  const { keepMemorySmall } = await import('../kernel/memory.ts');
  keepMemorySmall();
  return (await import('../page-server/backend.ts')).Backend.open(options);
}
