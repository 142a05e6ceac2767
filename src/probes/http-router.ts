/** Routers other than the ServeMux of net/http, behind which a request has a route. */

import type { ArgumentRegister } from '../binary/instruction.ts';
import { httpRouter } from '../wire/wire.gen.ts';
import type { Hook, SiteChoice } from './hook.ts';

const {
  HTTP_ROUTER_GIN: gin,
  HTTP_ROUTER_ECHO4: echo4,
  HTTP_ROUTER_ECHO5: echo5,
  HTTP_ROUTER_CHI: chi,
  HTTP_ROUTER_MUX: mux,
} = httpRouter;

const atCall = (name: string, of: string, arg: ArgumentRegister, variant: number): SiteChoice => ({
  on: [name],
  rules: [{ at: 'call', of, arg }],
  variant,
});

/** `func (p *sync.Pool) Put(x any)`: `arg` holds the data of `x`. */
const atPut = (name: string, variant: number): SiteChoice => atCall(name, 'sync.(*Pool).Put', 2, variant);

/**
 * Where a router gives its context back, once the handler has returned: `arg` holds that, in which the route stands. gorilla/mux has
 * none, but tells the handler by a copy of the request, `func requestWithRoute(r *http.Request, route *Route) *http.Request`:
 * `arg` holds `route`. A mux of chi that is mounted in another one shares its context.
 */
export const router: Hook = {
  name: 'http_server_router',
  phase: 'during',
  sites: 'each',
  choices: [
    atPut('github.com/gin-gonic/gin.(*Engine).ServeHTTP', gin),
    atPut('github.com/labstack/echo/v4.(*Echo).ServeHTTP', echo4),
    atPut('github.com/labstack/echo/v5.(*Echo).serveHTTP.deferwrap1', echo5),
    atPut('github.com/go-chi/chi/v5.(*Mux).ServeHTTP', chi),
    atCall('github.com/gorilla/mux.(*Router).ServeHTTP', 'github.com/gorilla/mux.requestWithRoute', 1, mux),
  ],
  need: 'optional',
  without: 'the program has none of gin, echo, chi and gorilla/mux, or their requests have no route',
};
