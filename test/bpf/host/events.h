/* SPDX-License-Identifier: Apache-2.0 */
/* What the events share: who is meant by a word, hits, and the objects that a probe is handed. */
#ifndef EVENTS_H
#define EVENTS_H

#include "host.h"

/* Bits of an attach cookie, as bpf/go.bpf.h takes it apart. */
#define ARGUMENT(number) ((uint64_t)(number) << COOKIE_REGISTER_BIT)
#define IF_STACK_SUFFICES (1ULL << COOKIE_STACK_CHECK_BIT)
#define FRAME_STANDS (1ULL << COOKIE_FRAME_STANDS_BIT)
#define SLOT_BELOW_SP(bytes) ((uint64_t)(bytes) << 32)
/* An address that no target has. */
#define UNREADABLE 0x10

/* Number of the process in `pN`, `pN/gM`, `gM`. */
uint32_t process_of(const char *word);
/* The target of that number, made known to the programs. */
struct target_state *target_of(const char *word);
struct goroutine_state *goroutine_of(const char *word);
/* Where the return address of its innermost call stands, at the latest when it has a frame. */
uaddr_t return_slot_of(const struct goroutine_state *g);
/* Where the caller of its innermost call has its frame; 0: nobody has called it. */
uaddr_t caller_frame_of(const struct goroutine_state *g);
/* A hit on the goroutine's own stack, just after a function's stack check or, with a frame, within it. */
struct probe_hit hit_on(const struct goroutine_state *g, const char *program, uint64_t cookie);
/* A start; with `stack-too-small` its stack check first jumps, the stack grows, and the function starts again. */
void run_start(const struct line *line, struct goroutine_state *g, struct probe_hit hit);

/* An http.Header, or with metadata a metadata.MD. */
uaddr_t write_headers(const struct line *line, const struct target_row *row);
/* method= scheme= url-host= path= raw-path= query= host= peer= proto=11 tls no-url, and headers */
uaddr_t write_request(const struct line *line, const struct target_row *row, const char *peer);
/* socket=N: TCP connection number N of this host, from port 40000+N to port 8080; v6 not-tcp not-a-socket,
 * other-client other-server (addresses) */
void write_socket(const struct line *line, const struct target_row *row, uaddr_t to, bool is_client);
/* status=200 proto=11 */
uaddr_t write_reply(const struct line *line, const struct target_row *row);
/* error=TYPE: the itab of an error of that type; 0 without one */
uaddr_t write_error(const struct line *line);

void server_begin(const struct line *line);
void server_end(const struct line *line);
void server_route(const struct line *line);
void server_upgrade(const struct line *line);
void server_hijack(const struct line *line);
void server_deferred(const struct line *line);

void time_park(const struct line *line);
void time_data(const struct line *line);
void time_ready(const struct line *line);
void time_run(const struct line *line);
void time_yield(const struct line *line);
void time_coro(const struct line *line);
void time_woken(const struct line *line);
void time_lock(const struct line *line);
void time_unlock(const struct line *line);
void time_frames(const struct line *line);
void time_sample(const struct line *line);
void time_off(const struct line *line);
void time_on(const struct line *line);

void gc_stop(const struct line *line);
void gc_goes_on(const struct line *line);
void gc_assist(const struct line *line);

void alloc_slowly(const struct line *line);

void channel_hand(const struct line *line);
void channel_swap(const struct line *line);
void channel_put(const struct line *line);
void channel_take(const struct line *line);

void sql_begin(const struct line *line);
void sql_rows(const struct line *line);
void sql_done(const struct line *line);
void sql_closed(const struct line *line);
void sql_retry(const struct line *line);
void sql_fail(const struct line *line);
void sql_begun(const struct line *line);
void sql_ended(const struct line *line);
void sql_wait(const struct line *line);
void sql_got(const struct line *line);

void sdk_begin(const struct line *line);
void sdk_end(const struct line *line);
void sdk_leave(const struct line *line);
/* context=N: the data word of a context.Context with that span of the SDK; 0: none */
uaddr_t write_sdk_context(const struct line *line);

void rpc_serve(const struct line *line);
void rpc_status(const struct line *line);
void rpc_begin(const struct line *line);
void rpc_again(const struct line *line);
void rpc_send(const struct line *line);
void rpc_refuse(const struct line *line);
void rpc_end(const struct line *line);

void redis_begin(const struct line *line);
void redis_done(const struct line *line);
void redis_fails(const struct line *line);
void redis_greets_server(const struct line *line);
void redis_gives_up(const struct line *line);

void client_begin(const struct line *line);
void client_send(const struct line *line);
void client_stream(const struct line *line);
void client_retry(const struct line *line);
void client_end(const struct line *line);
void client_error(const struct line *line);
void client_skip(const struct line *line);

#endif
