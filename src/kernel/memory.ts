/** The C library's heap, of which Node and the shim take their memory. */
import { loadNative } from './native.ts';

/** From now on what is freed goes back to the system. For a process that is all ours: it holds for everything in it. */
export function giveMemoryBack(): void {
  loadNative().giveMemoryBack();
}

/** While threads take in and answer much, what they have freed lies between what they keep. */
const TRIM_MS = 2_000;

/** Keeps what this process has of memory close to what it uses; where there is no native library, it has more of it. */
export function keepMemorySmall(): void {
  let native: ReturnType<typeof loadNative>;
  try {
    native = loadNative();
  } catch {
    return;
  }
  native.giveMemoryBack();
  setInterval(() => void native.trimMemory(), TRIM_MS).unref();
}
