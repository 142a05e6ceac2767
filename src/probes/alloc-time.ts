/**
 * The slow ways to memory: a new span of a size class, and new pages of the heap. All of the hooks or none: what only some of
 * them see would be told as if it were all. Sites of Go 1.19 to 1.27 by disassembly.
 * Source: https://github.com/golang/go/blob/go1.26.0/src/runtime/mcache.go, mcentral.go.
 */

import { atCallOf } from './call-site.ts';
import type { Hook, ProbeFamily, SiteChoice } from './hook.ts';

const spanSource = 'runtime.(*mcentral).cacheSpan';
const heapSource = 'runtime.(*mheap).alloc';

/** Who calls those in which the sites are. */
const calledBy: Readonly<Record<string, readonly string[]>> = {
  'runtime.(*mcache).refill': ['runtime.(*mcache).nextFree'],
  'runtime.(*mcache).allocLarge': ['runtime.mallocgc', 'runtime.mallocgcLarge'],
  'runtime.(*mcentral).grow': [spanSource],
};

/** The call itself, on the goroutine that allocates (the register of g), which nothing takes off its thread meanwhile. */
function beginIn(caller: string, of: string): SiteChoice {
  return { on: [caller], calledBy: calledBy[caller] ?? [], rules: atCallOf(of, 0) };
}

/** The jump on what the call has returned: `arg` holds the span, 0 if there is no memory. */
function endIn(caller: string, of: string): SiteChoice {
  return { on: [caller], calledBy: calledBy[caller] ?? [], rules: [{ at: 'branch_after_call', of, arg: 0 }] };
}

const without = 'the latency of the slow path of allocations is not known';

/** `func (c *mcentral) cacheSpan() *mspan`, of which `(*mcache).refill` is the only caller: swept, or made by the heap. */
const spanBegin: Hook = {
  name: 'alloc_span_begin',
  phase: 'start',
  choices: [beginIn('runtime.(*mcache).refill', spanSource)],
  need: 'required',
  without,
};

const spanEnd: Hook = {
  name: 'alloc_span_end',
  phase: 'end',
  choices: [endIn('runtime.(*mcache).refill', spanSource)],
  need: 'required',
  without,
};

/** `func (h *mheap) alloc(npages uintptr, spanclass spanClass) *mspan`: for a large object, or within `cacheSpan`. */
const heapBegin: Hook = {
  name: 'alloc_heap_begin',
  phase: 'start',
  choices: [
    beginIn('runtime.(*mcache).allocLarge', heapSource),
    beginIn('runtime.(*mcentral).grow', heapSource),
  ],
  sites: 'all',
  need: 'required',
  without,
};

const heapEnd: Hook = {
  name: 'alloc_heap_end',
  phase: 'end',
  choices: [endIn('runtime.(*mcache).allocLarge', heapSource), endIn('runtime.(*mcentral).grow', heapSource)],
  sites: 'all',
  need: 'required',
  without,
};

export const allocTime: ProbeFamily = {
  name: 'alloc_time',
  level: 'runtime',
  need: 'extra',
  hooks: [spanBegin, spanEnd, heapBegin, heapEnd],
  reads: [],
};
