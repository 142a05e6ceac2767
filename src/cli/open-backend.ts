/** A page and what is behind it, for commands: loaded only when wanted, with the default folder of the platform. */
import type { Backend, BackendOptions } from '../page-server/backend.ts';
import type { StoreOptions } from './page-arguments.ts';

interface Wanted extends Omit<BackendOptions, 'store'> {
  readonly store: StoreOptions;
}

/** @throws {GoidspanError} of {@link Backend.open}. */
export async function openBackend({ store, ...options }: Wanted, env: NodeJS.ProcessEnv): Promise<Backend> {
  const { keepMemorySmall } = await import('../kernel/memory.ts');
  keepMemorySmall();
  const { Backend } = await import('../page-server/backend.ts');
  const { defaultFolder } = await import('../store/folder.ts');
  return Backend.open({ ...options, store: { ...store, folder: store.folder ?? defaultFolder(env) } });
}
