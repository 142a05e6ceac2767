/**
 * Who holds a contended `sync.Mutex`. Sites of Go 1.20 to 1.27 by disassembly; before, a wait for a mutex is not told from others
 * of `sync` by its reason, and these are of no use.
 * Source: https://github.com/golang/go/blob/go1.26.0/src/internal/sync/mutex.go.
 */

import { atEntryOf } from './entry.ts';
import type { Hook, ProbeFamily } from './hook.ts';

const without = 'who held the mutex for which a goroutine has waited is not known';

/** `func (m *Mutex) lockSlow()`: the running goroutine has not got `m`, in `arg`, at once. */
const lock: Hook = {
  name: 'mutex_lock',
  phase: 'during',
  choices: [atEntryOf(['internal/sync.(*Mutex).lockSlow', 'sync.(*Mutex).lockSlow'], 0)],
  need: 'required',
  without,
};

/** `func (m *Mutex) unlockSlow(new int32)`: `m`, in `arg`, is given back, and others wait for it. */
const unlock: Hook = {
  name: 'mutex_unlock',
  phase: 'during',
  choices: [atEntryOf(['internal/sync.(*Mutex).unlockSlow', 'sync.(*Mutex).unlockSlow'], 0)],
  need: 'required',
  without,
};

export const mutex: ProbeFamily = {
  name: 'mutex',
  level: 'waits',
  need: 'extra',
  hooks: [lock, unlock],
  reads: ['time'],
  // Who unlocks without being seen would make another one the holder.
  knows: ['no_profile'],
};
