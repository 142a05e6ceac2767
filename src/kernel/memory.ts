/** The C library's heap, of which Node and the shim take their memory. */
import { loadNative } from './native.ts';

/** From now on what is freed goes back to the system. For a process that is all ours: it holds for everything in it. */
export function giveMemoryBack(): void {
  loadNative().giveMemoryBack();
}
