/**
 * Values that go through channels: who receives one works for who has sent it. All of the hooks or none: without one of them
 * a goroutine would go on working for the sender of an earlier value.
 * Source: https://github.com/golang/go/blob/go1.26.0/src/runtime/chan.go, select.go.
 */

import { atEntryOf } from './entry.ts';
import type { Hook, ProbeFamily, SiteRule } from './hook.ts';

const without = 'a goroutine that takes work from a channel does not become the child of who has sent it';
const move = 'runtime.typedmemmove';
const clear = 'runtime.typedmemclr';
/** The argument of `send` and `recv`; the channel is the one before it. */
const SUDOG = 1;

/** `func send(c *hchan, sg *sudog, …)`: the running goroutine hands a value to the one that waits for it, `sg.g`. */
const handTo: Hook = {
  name: 'chan_hand_to',
  phase: 'during',
  choices: [atEntryOf(['runtime.send'], SUDOG, ['runtime.chansend', 'runtime.selectgo'])],
  need: 'required',
  without,
};

/** `func recv(c *hchan, sg *sudog, …)`: the running goroutine receives while `sg.g` waits to get rid of a value. */
const handFrom: Hook = {
  name: 'chan_hand_from',
  phase: 'during',
  choices: [atEntryOf(['runtime.recv'], SUDOG, ['runtime.chanrecv', 'runtime.selectgo'])],
  need: 'required',
  without,
};

/** `typedmemmove(c.elemtype, slot, value)` where a value goes into the buffer; `arg` holds the place in it. */
const intoBuffer: readonly SiteRule[] = [{ at: 'call_not_before', of: move, next: clear, arg: 1 }];

const put: Hook = {
  name: 'chan_put',
  phase: 'during',
  choices: [
    {
      on: ['runtime.chansend'],
      calledByEach: ['runtime.chansend1', 'runtime.selectnbsend'],
      rules: intoBuffer,
    },
    { on: ['runtime.selectgo'], rules: intoBuffer },
  ],
  sites: 'all',
  need: 'required',
  without,
};

/**
 * `typedmemmove(c.elemtype, ep, slot)` where a value goes out of the buffer to who wants it, right before the `typedmemclr` of
 * its place, which `arg` holds. A value that is discarded is not copied.
 */
const outOfBuffer: readonly SiteRule[] = [{ at: 'call_before', of: move, next: clear, arg: 2 }];

const take: Hook = {
  name: 'chan_take',
  phase: 'during',
  choices: [
    {
      on: ['runtime.chanrecv'],
      calledByEach: ['runtime.chanrecv1', 'runtime.chanrecv2', 'runtime.selectnbrecv'],
      rules: outOfBuffer,
    },
    { on: ['runtime.selectgo'], rules: outOfBuffer },
  ],
  sites: 'all',
  need: 'required',
  without,
};

export const channel: ProbeFamily = {
  name: 'channel',
  level: 'waits',
  need: 'extra',
  hooks: [handTo, handFrom, put, take],
  reads: ['time'],
};
