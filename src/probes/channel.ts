/**
 * What goroutines hand to each other through channels, where one of them waits for the other.
 * Source: https://github.com/golang/go/blob/go1.26.0/src/runtime/chan.go.
 */

import { atEntryOf } from './entry.ts';
import type { Hook, ProbeFamily } from './hook.ts';

/**
 * `func send(c *hchan, sg *sudog, ep unsafe.Pointer, unlockf func(), skip int)`: the running goroutine hands a value to
 * one that waits for it. `arg` holds the sudog of that one, the register before it the channel.
 */
const handTo: Hook = {
  name: 'chan_hand_to',
  phase: 'during',
  choices: [atEntryOf(['runtime.send'], 1, ['runtime.chansend', 'runtime.selectgo'])],
  need: 'optional',
  without: 'a goroutine that waits for work from a channel does not become the child of who sends it',
};

/**
 * `func recv(c *hchan, sg *sudog, ep unsafe.Pointer, unlockf func(), skip int)`: the running goroutine takes a value from
 * one that waits to get rid of it. `arg` holds the sudog of that one, the register before it the channel.
 */
const handFrom: Hook = {
  name: 'chan_hand_from',
  phase: 'during',
  choices: [atEntryOf(['runtime.recv'], 1, ['runtime.chanrecv', 'runtime.selectgo'])],
  need: 'optional',
  without: 'a goroutine that takes work from a waiting sender does not become its child',
};

export const channel: ProbeFamily = {
  name: 'channel',
  level: 'waits',
  need: 'optional',
  hooks: [handTo, handFrom],
  reads: ['time'],
};
