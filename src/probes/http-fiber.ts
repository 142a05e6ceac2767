/** Server requests of fiber v2 and v3, which serve by fasthttp. */

import type { ArgumentRegister } from '../binary/instruction.ts';
import { httpFiber } from '../wire/wire.gen.ts';
import type { Hook, ProbeFamily, SiteChoice } from './hook.ts';

const { HTTP_FIBER_2: two, HTTP_FIBER_3: three } = httpFiber;

const v2 = 'github.com/gofiber/fiber/v2.(*App)';
const v3 = 'github.com/gofiber/fiber/v3.(*App)';

const atEntry = (on: readonly string[], arg: ArgumentRegister, variant: number): SiteChoice => ({
  on,
  rules: [
    { at: 'after_stack_check', arg },
    { at: 'stack_check_branch', arg },
  ],
  variant,
});

/** `func (app *App) handler(rctx *fasthttp.RequestCtx)`, in v3 `requestHandler`: once per request. `arg` holds `rctx`. */
const start: Hook = {
  name: 'http_fiber_start',
  phase: 'start',
  sites: 'each',
  choices: [atEntry([`${v2}.handler`], 1, two), atEntry([`${v3}.requestHandler`], 1, three)],
  need: 'required',
  without: 'requests that fiber serves are not traced',
};

/**
 * In v2 the deferred function of `handler` that gives the context back, after a panic, too: the closure holds it. In v3
 * `func (app *App) ReleaseCtx(c CustomCtx)`, which is deferred likewise: `arg` holds the data of `c`.
 */
const end: Hook = {
  name: 'http_fiber_end',
  phase: 'end',
  sites: 'each',
  choices: [
    atEntry([`${v2}.handler.deferwrap1`, `${v2}.handler.func1`], 0, two),
    atEntry([`${v3}.ReleaseCtx`], 2, three),
  ],
  need: 'required',
  without: 'requests that fiber serves have no end',
};

export const httpFiberServer: ProbeFamily = {
  name: 'http_fiber',
  level: 'spans',
  need: 'any',
  isLate: true,
  makes: { family: 'http', spanKind: 'server' },
  hooks: [start, end],
  reads: ['httpFiber', 'net'],
};
