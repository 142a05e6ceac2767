/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The one hand-written layout of everything that crosses the kernel boundary: the records of the ring
 * buffer and the values that user space reads from or writes into maps. The BPF programs and the shim
 * include it; the TypeScript side is generated from its BTF (`npm run generate`).
 * Rules held by the generator: no implicit padding, no pointers, no bit fields; one kind per record.
 * Numbers of kinds, families, texts, flags and endings are for ever: recordings hold them. New ones are added at the end.
 */
#ifndef WIRE_H
#define WIRE_H

#include "wire/alloc.h"
#include "wire/connection.h"
#include "wire/durations.h"
#include "wire/go.h"
#include "wire/sdk.h"
#include "wire/span.h"
#include "wire/stack.h"
#include "wire/time.h"
#include "wire/types.h"

enum wire_limit {
	TARGETS_MAX = 1024,      /* rows of target_by_slot */
	GO_WINDOW_BYTES = 256,   /* a Go object's fields are read as one block of this size */
	GO_OFFSET_ABSENT = 0xffff,
	STOP_REASON_UNKNOWN = 0xff,
};

/* ---- records -------------------------------------------------------------------------------------- */

enum ev_kind {
	EV_NONE = 0,
	EV_SPAN_END = 1,
	EV_PROCESS_EXEC = 2,
	EV_PROCESS_EXIT = 3,
	EV_GC_STOP = 4,
	EV_GOROUTINE_TURNS = 5,
	EV_STACK = 6,
	EV_SAMPLE = 7,
};

/* A process has replaced its program. */
struct ev_process_exec {
	struct ev_header header;
	ktime_ns_t ktime_ns;
	__u32 tgid;
	__u32 parent_tgid;
};

/* The last thread of a target has ended. */
struct ev_process_exit {
	struct ev_header header;
	ktime_ns_t ktime_ns;
	__u32 tgid;
	__u32 exit_code DOC("as wait(2) gives it");
};

/* The runtime has stopped the world, and lets it go on. */
struct ev_gc_stop {
	struct ev_header header;
	ktime_ns_t start_ktime_ns;
	ktime_ns_t end_ktime_ns;
	goid_t goid DOC("the goroutine that has stopped it; 0: none, or not known");
	__u32 reason DOC("as the runtime numbers it; STOP_REASON_UNKNOWN: it does not say");
	__u32 reserved;
};

/*
 * What a goroutine has done that works for a span of another one, turn after turn, until it woke one of the same trace, or
 * began one, or there was no room for more. The next record of it goes on where this one ends.
 */
struct ev_goroutine_turns {
	struct ev_header header;
	ktime_ns_t start_ktime_ns DOC("of the first turn");
	goid_t goid;
	trace_id_t trace_id;
	span_id_t span_id DOC("for which it works");
	goid_t woken_goid DOC("which it has woken, or begun, at the end of the last turn; 0: none");
	ktime_ns_t wait_ktime_ns DOC("since when that one waited, or when it began");
	duration_ns_t wait_ns DOC("for how long it waited; 0: it has begun");
	__u32 wait_use DOC("for what: one of enum time_use");
	__u32 turns DOC("how many");
	duration_ns_t turn_ns[TURNS_MAX];
	__u8 turn_use[TURNS_MAX] DOC("each one of enum time_use");
};

/* The frames of a stack, told when it is first met, and now and then again. */
struct ev_stack {
	struct ev_header header DOC("its flags are bits of enum stack_flag");
	stack_id_t stack_id;
	__u32 frames DOC("how many");
	__u32 reserved;
	uaddr_t pc[STACK_FRAMES_MAX] DOC("innermost first; of a program return addresses, of the kernel the last 48 bits of its own addresses");
};

/* A thread of a target was on a processor at that moment. */
struct ev_sample {
	struct ev_header header;
	ktime_ns_t ktime_ns;
	duration_ns_t period_ns DOC("one comes so often on each processor");
	goid_t goid DOC("the goroutine that it ran, or for which its runtime worked; 0: none");
	trace_id_t trace_id;
	span_id_t span_id DOC("the sampled span for which that one works; zeros: none");
	uaddr_t pc DOC("where, as in struct code_place");
	uaddr_t link;
	stack_id_t stack_id;
	stack_id_t kernel_stack_id DOC("what the kernel did for it; 0: it ran code of the program");
	__u32 use DOC("what that time counts as: one of enum time_use");
	__u32 cpu;
};

/* Any record: the drain knows no more of them than the size of the largest. */
union wire_records {
	struct ev_header header;
	struct ev_span_end span_end;
	struct ev_process_exec process_exec;
	struct ev_process_exit process_exit;
	struct ev_gc_stop gc_stop;
	struct ev_goroutine_turns goroutine_turns;
	struct ev_stack stack;
	struct ev_sample sample;
};

/* ---- values of maps ------------------------------------------------------------------------------- */

enum target_flag {
	TARGET_SWISS_MAPS = 1 << 0, /* Go ≥ 1.24 */
	TARGET_DETACHING = 1 << 1,  /* no span may begin any more: its end might be detached before its start */
	TARGET_UNLOCATED = 1 << 2,  /* attached before it was executed: load_bias is not known yet */
	TARGET_STACKS = 1 << 3,     /* where in its code goroutines are is told */
};

/* The first bit of each part of a site's attach cookie; the slot of the target stands below. */
enum cookie_bit {
	COOKIE_REGISTER_BIT = 16,     /* 4 bits: the register that holds the probe's argument */
	COOKIE_VARIANT_BIT = 20,      /* 4 bits: tells sites of one program apart */
	COOKIE_STACK_CHECK_BIT = 24,  /* the jump of a stack check: a hit at which it jumps does not count, since the function starts again */
	COOKIE_FRAME_STANDS_BIT = 25, /* the frame stands, and the return address right above the saved frame pointer (amd64) */
	COOKIE_BELOW_SP_BIT = 32,     /* 32 bits, else: how far below SP the return address stands when the function has its frame */
};

/* What the programs must know of one target: the row of its slot in target_by_slot. */
struct target_row {
	__u32 target_id DOC("0: the slot is empty");
	__u32 tgid;
	__u32 flags DOC("bits of enum target_flag");
	__u32 stops_slot DOC("its slot, plus 1, while it is watched when the world is stopped; 0: it is not");
	__u64 load_bias DOC("added to link-time addresses; not with TARGET_UNLOCATED");
	uaddr_t code_start DOC("link-time address at which the code begins");
	uaddr_t code_end DOC("… and behind which there is none");
	ktime_ns_t time_since_ktime_ns DOC("since then goroutines' time is watched; 0: it is not");
	ktime_ns_t allocs_since_ktime_ns DOC("since then the slow ways to memory are watched; 0: they are not");
	struct net_layout net;
	struct http_server_layout http_server;
	struct http_router_layout http_router;
	struct http_fiber_layout http_fiber;
	struct http_client_layout http_client;
	struct db_layout db;
	struct grpc_layout grpc;
	struct grpc_server_layout grpc_server;
	struct grpc_client_layout grpc_client;
	struct pgx_layout pgx;
	struct redis_layout redis;
	struct runtime_layout runtime;
	struct http_request_layout http_request;
	struct time_layout time;
	struct stack_layout stack;
	struct sdk_layout sdk;
	uaddr_t sched_runqsize DOC("link-time address of how many goroutines are in the global queue; 0: not known");
	__s64 g_tls_offset DOC("from the thread pointer to where the running g stands; 0: not known");
	__u8 time_by_reason[WAIT_REASONS_MAX] DOC("by the runtime's number of a wait reason: one of enum time_use, or TIME_BY_CALLER");
};

/* Key of cookie_by_site: where a process was hit. Only in the legacy form of the programs. */
struct site_key {
	__u64 code_offset DOC("address of the instruction, less that at which the code of the process begins");
	__u32 tgid;
	__u32 reserved;
};

/* Settings of all programs: the one element of the map `settings`. */
struct settings {
	__u64 sampler_reject_below DOC("a new trace is sampled if the last 56 bits of its id are not below this");
	__u32 sampler_parent_based DOC("1: the sampled flag of a remote parent decides");
	__u32 follow_exec DOC("1: report every exec on the host, 0: only those of targets");
	duration_ns_t wait_min_ns DOC("a wait within a span is a span of its own if it lasts as long; 0: none is");
	duration_ns_t sample_period_ns DOC("a processor is looked at so often; 0: never");
	__u32 counts_unsampled DOC("1: spans that are not sampled are told all the same, to be counted");
	__u32 grpc_health DOC("1: calls of gRPC's own services, health and reflection, are traced as any others");
	__u32 tells_arguments DOC("1: the arguments of commands to Redis are told; 0: they stay in the program");
	__u32 reserved;
};

/* One end of a connection. */
struct endpoint {
	__u8 address[16] DOC("IPv4 as ::ffff:a.b.c.d; of a Unix socket, where it is in the kernel's memory, and of that of a client its inode");
	__u32 port;
	__u32 reserved;
};

/* A connection of TCP, or over a Unix socket, as the kernel knows it. */
struct connection {
	struct endpoint local;
	struct endpoint remote;
	__u64 net DOC("network namespace");
	__u32 sent DOC("by TCP's own count of bytes, which begins anywhere: where what is sent next goes");
	__u32 received DOC("… and where what comes next goes");
	__u32 stream_id DOC("of HTTP/2; 0: one request at a time owns the connection");
	__u32 reserved;
};

/* Key of time_by_g: a goroutine by its runtime.g, which the next goroutine in it takes over (see goroutine_is_born). */
struct g_key {
	uaddr_t g_addr;
	__u32 target_id;
	__u32 reserved;
};

/* Key of handed_by_slot: a place in the buffer of a channel, by its address. */
struct slot_key {
	uaddr_t slot_addr;
	__u32 target_id;
	__u32 reserved;
};

/* What a goroutine is doing. */
enum goroutine_activity {
	GOROUTINE_RUNS = 0,
	GOROUTINE_IS_OFF = 1,  /* it runs, but its thread does not */
	GOROUTINE_IS_READY = 2, /* it waits for a turn */
	GOROUTINE_WAITS = 3,
};

/*
 * The account of a goroutine on which a span is open or which works for one, or did: the value of time_by_g. Most programs look at
 * its beginning only, which is in one line of the processor's cache.
 */
struct goroutine_time {
	ktime_ns_t since_ktime_ns DOC("since then the time has not been charged");
	ktime_ns_t opened_ktime_ns DOC("names the account: another one is never opened at that time");
	__u32 spans DOC("open on it; 0: nobody looks at the account");
	__u32 activity DOC("one of enum goroutine_activity");
	__u32 use DOC("to what the time since is going to be charged: one of enum time_use");
	__u32 busy DOC("1 while the thread that runs the goroutine is changing it");
	struct g_key turns DOC("where its turns are kept while it works for a span of another goroutine; zeros: they are not");
	duration_ns_t ns[TIME_USES_MAX] DOC("spent so far, by enum time_use");
	duration_ns_t alloc_ns DOC("… and of these in the slow ways to memory");
	__u32 cpu DOC("on which it ran last");
	__u32 migrations;
	__u32 uring_completions;
	__u32 queued DOC("most goroutines behind it in the queues when it had waited long for its turn, since the first span began");
	ktime_ns_t queued_ktime_ns DOC("when they were so many");
	goid_t goid;
	ktime_ns_t wait_ktime_ns DOC("since then it does not run; 0: it does");
	ktime_ns_t ready_ktime_ns DOC("since then it waits for its turn only; 0: it has not been woken yet");
	goid_t waker_goid DOC("who has woken it; 0: nobody, or not known");
	trace_id_t waker_trace_id;
	span_id_t waker_span_id DOC("the sampled span that the waker worked for; zeros: none");
	__u32 wait_use DOC("for what it does not run: one of enum time_use");
	__u32 run_use DOC("to what its time goes while it runs: one of enum time_use");
	duration_ns_t stopped_ns DOC("for which the world had been stopped by since_ktime_ns");
	__u32 stops_slot DOC("of its target's row");
	__u32 fd DOC("for which it waits");
	__u64 sock DOC("… and the kernel's socket behind it; 0: it waits for none");
	ktime_ns_t data_ktime_ns DOC("when something first came for that; 0: nothing yet");
	uaddr_t mutex_addr DOC("of the last sync.Mutex that it did not get at once");
	__u64 mutex_unlocks DOC("how often the like had been unlocked (unlocks_by_mutex) when it began to wait for it");
	__u32 mutex_is_watched DOC("1: it waits for that mutex");
	__u32 waker_is_holder DOC("1: who has woken it held the mutex when it began to wait");
	struct code_place place DOC("where it waits");
	stack_id_t waker_stack_id DOC("where it was woken; 0: not known");
};

/* How long the world of a target has been stopped: the value of stops_by_slot. */
struct stops {
	duration_ns_t stopped_ns DOC("until the last time that it went on");
	ktime_ns_t since_ktime_ns DOC("since then it is stopped; 0: it is not");
	goid_t goid DOC("who has stopped it");
	__u32 reason;
	__u32 reserved;
};

/* The goroutine that a thread has taken along when it left its processor: the value of off_by_thread. */
struct off_thread {
	uaddr_t g_addr DOC("0: none");
	ktime_ns_t woken_ktime_ns DOC("when it was woken; 0: not yet");
	duration_ns_t ran_ns DOC("for which it had run by then, in all");
	__u32 target_id;
	__u32 reserved;
};

/* An open span, the value of open_by_goroutine: its record and what else must be known of it meanwhile. */
struct open_span {
	struct ev_span_end record;
	uaddr_t object_addr DOC("the Go object that the span is about: of HTTP the *http.Request, if net/http serves it, of a database call the *sql.DB, of a call of gRPC the *clientStream, of a request of gRPC its transport, an *http2Server, 0: it has another");
	uaddr_t object_mark DOC("a pointer in it by which it is known again: of an HTTP span, the Request's Header; if fasthttp serves it, its *RequestCtx. Of a database call, the connection of the last query that was made within it. Of a request of gRPC no pointer, but the bytes of stack down to the return address of what serves it");
	uaddr_t routed_addr DOC("of a server span, the copy of its request that came to a ServeMux last; 0: none");
	uaddr_t routed_mark DOC("as object_mark, of the copy");
	__u64 route_parts[HTTP_ROUTE_PARTS_MAX] DOC("of a server span, what routers call its route, each as http_route_part has it; 0: no more");
	uaddr_t return_addr DOC("return address of the traced call");
	__u32 stack_depth DOC("bytes of stack down to the call's return address; 0: the span is none of a call");
	__u32 nested DOC("1 while a span one level deeper is open on this goroutine");
	__u32 moves_on DOC("1: the request is about to be served again, by HTTP/2 over the connection that is taken over");
	__u32 given_flags DOC("trace flags for its children, with SPAN_FLAG_SDK_SAME: the SDK may have sampled what was not to be sampled at its start");
	__u32 has_children DOC("1: others have been given its context");
	__u32 is_counted DOC("1: it is not sampled, and is told all the same, to be counted");
	__u32 is_lasting DOC("1: the span of a call that outlives the one in which it begins");
	__u32 is_sent DOC("1: of a call of gRPC, its last attempt has a stream");
	__u32 is_dormant DOC("1: it has ended at end_ktime_ns, unless it goes on, or more is told of it. It is nobody's parent, and over as soon as its goroutine does anything else");
	__u32 retries DOC("how often a call may be tried again");
	ktime_ns_t resumed_by_ktime_ns DOC("until then the next call of its kind takes a dormant one over; 0: none does");
	struct connection connection DOC("that a client span sends its request over, or a server span was served over, as it was then; zeros: not known");
	struct span_socket socket;
	ktime_ns_t time_opened_ktime_ns DOC("which account its time is taken from (goroutine_time.opened_ktime_ns); 0: none");
};

/*
 * Which span a goroutine had inherited when it was created: the value of inherited_by_goroutine. Never changed, so that
 * who has copied it knows by one look whether it is whole.
 */
struct inherited {
	trace_id_t trace_id;
	span_id_t span_id;
	goid_t owner_goid DOC("goroutine on which that span is, or was, open");
	__u32 owner_depth;
	__u32 trace_flags;
};

/* The turns of a goroutine that have not been told yet, and for which span it works: the value of turns_by_g. */
struct goroutine_turns {
	struct ev_goroutine_turns record;
	goid_t owner_goid DOC("goroutine on which that span is, or was, open");
	__u32 owner_depth;
	__u32 idle_waits DOC("how many of its waits have ended since that span is over; its turns begin with the last of them");
};

/* Key of both context maps. depth is 0 in inherited_by_goroutine. */
struct goroutine_key {
	goid_t goid DOC("with SPAN_DEPTH_LASTING no goroutine, but the address of the object that the span is about");
	__u32 target_id;
	__u32 depth;
};

/* Index into the per-CPU array count_by_reason. HIT: a probe ran; LOST: something is missing; NOTE: worth knowing. */
enum count {
	HIT_GOROUTINE_BIRTH,
	HIT_GOROUTINE_BIRTH_CORO,
	HIT_HTTP_SERVER_START,
	HIT_HTTP_SERVER_END,
	HIT_HTTP_SERVER_ROUTE,
	HIT_HTTP_SERVER_ROUTER,
	HIT_HTTP_SERVER_UPGRADE,
	HIT_HTTP_SERVER_HIJACK,
	HIT_HTTP_SERVER_CONN_END,
	HIT_HTTP_SERVER_END_H2,
	HIT_HTTP_SERVER_PANIC_H2,
	HIT_HTTP_SERVER_START_XNET,
	HIT_HTTP_SERVER_END_XNET,
	HIT_HTTP_SERVER_PANIC_XNET,
	HIT_HTTP_FIBER_START,
	HIT_HTTP_FIBER_END,
	HIT_HTTP_CLIENT_START,
	HIT_HTTP_CLIENT_SEND,
	HIT_HTTP_CLIENT_STREAM,
	HIT_HTTP_CLIENT_END,
	HIT_HTTP_CLIENT_END_ALT,
	HIT_HTTP_CLIENT_ERROR,
	HIT_DB_POOL_START,
	HIT_DB_STMT_START,
	HIT_DB_SESSION_START,
	HIT_DB_BEGIN_ON,
	HIT_DB_ROWS,
	HIT_DB_RELEASE,
	HIT_DB_SESSION_END,
	HIT_DB_BEGUN,
	HIT_DB_ATTEMPT,
	HIT_DB_GIVE_UP,
	HIT_DB_RETURN,
	HIT_DB_WAIT_START,
	HIT_DB_WAIT_END,
	HIT_SDK_START,
	HIT_GRPC_SERVER_START,
	HIT_GRPC_SERVER_END,
	HIT_GRPC_CLIENT_START,
	HIT_GRPC_CLIENT_SEND,
	HIT_GRPC_CLIENT_GIVE_UP,
	HIT_GRPC_CLIENT_END,
	HIT_DB_PGX_START,
	HIT_DB_PGX_BATCH,
	HIT_DB_PGX_COPY,
	HIT_DB_PGX_RESULT,
	HIT_DB_PGX_FAILED,
	HIT_DB_PGX_END,
	HIT_DB_PGX_COPIED,
	HIT_DB_PGX_ROWS,
	HIT_DB_PGX_SENT,
	HIT_DB_PGX_BATCH_CLOSE,
	HIT_DB_PGX_BATCH_END,
	HIT_DB_PGX_ACQUIRE,
	HIT_DB_PGX_ACQUIRED,
	HIT_DB_REDIS_START,
	HIT_DB_REDIS_PIPELINE,
	HIT_DB_REDIS_NODE,
	HIT_DB_REDIS_NODE_KNOWN,
	HIT_DB_REDIS_RETURNED,
	HIT_DB_REDIS_UNCONNECTED,
	HIT_DB_REDIS_LENT,
	HIT_DB_REDIS_RETRY,
	HIT_DB_REDIS_GIVE_UP,
	HIT_DB_REDIS_RELEASE,
	HIT_GOROUTINE_PARK,
	HIT_GOROUTINE_READY,
	HIT_GOROUTINE_READY_LIST,
	HIT_GOROUTINE_RUN,
	HIT_GOROUTINE_YIELD,
	HIT_GOROUTINE_PREEMPT,
	HIT_GOROUTINE_CORO,
	HIT_CHAN_HAND_TO,
	HIT_CHAN_HAND_FROM,
	HIT_CHAN_PUT,
	HIT_CHAN_TAKE,
	HIT_MUTEX_LOCK,
	HIT_MUTEX_UNLOCK,
	HIT_GC_STOP_BEGIN,
	HIT_GC_STOP_END,
	HIT_GC_ASSIST_BEGIN,
	HIT_GC_ASSIST_END,
	HIT_ALLOC_SPAN_BEGIN,
	HIT_ALLOC_SPAN_END,
	HIT_ALLOC_HEAP_BEGIN,
	HIT_ALLOC_HEAP_END,
	HIT_DIAL_LOOKUP,
	HIT_DIAL_CONNECT,
	HIT_DIAL_MADE,
	HIT_DIAL_TLS,
	HIT_DIAL_TLS_DONE,
	LOST_RING_FULL,         /* a record found no room in the ring buffer */
	LOST_RECORD_TOO_LARGE,  /* a record in the ring was larger than any that the shim knows; counted by the shim */
	LOST_OPEN_MAP_FULL,     /* a span could not be stored */
	LOST_INHERITED_MAP_FULL, /* a goroutine's inheritance could not be stored */
	LOST_HANDED_MAP_FULL,   /* who has put a value into a channel could not be stored */
	LOST_READER_MAP_FULL,   /* a wait for the network could not be told apart from one for the poller */
	LOST_TIME_MAP_FULL,     /* a span has no breakdown, because its goroutine could be given no account */
	LOST_TURNS_MAP_FULL,    /* what a goroutine does for a span of another one could not be kept: that span's critical path lacks it */
	LOST_THREAD_MAP_FULL,   /* a thread that left its processor could not be remembered: what follows is unattributed */
	LOST_ALLOC_MAP_FULL,    /* when a slow way to memory was begun could not be remembered */
	LOST_SDK_MAP_FULL,      /* a span of the target's own SDK could not be stored: what is made within it may have another parent */
	LOST_DEPTH,             /* more spans open on one goroutine than SPAN_DEPTH_MAX */
	LOST_READ_FAILED,       /* memory of the target could not be read */
	LOST_SPAN_REPLACED,     /* a span was still open when the next began in its place */
	NOTE_NO_TARGET,         /* a probe ran while its slot was empty */
	NOTE_UNSAMPLED,         /* a span ended that the sampler had not chosen */
	NOTE_TRACEPARENT_MALFORMED,
	NOTE_SDK_DEPTH,         /* more spans of the target's own SDK open on one goroutine than SDK_SPANS_MAX: the outer ones are forgotten */
	NOTE_STALE_CLIENT,      /* a client span was left by a panic */
	NOTE_HEADERS_UNSCANNED, /* a header map was too large to be searched whole for a traceparent */
	NOTE_START_SEEN,        /* one request passed two starts: x/net/http2 under net/http */
	NOTE_HTTP3_UNTRACED,    /* an HTTP/3 request: its end is not known */
	NOTE_GRPC_HEALTH_UNTRACED, /* a call of gRPC's own services, health or reflection, which are not to be traced */
	NOTE_SWITCH_UNSEEN,     /* a thread came back to its processor without being seen: the time until then is unattributed */
	NOTE_URING_ELSEWHERE,   /* io_uring has completed something for a target while its thread was elsewhere: nobody knows for which goroutine */
	NOTE_STACKS_FULL,       /* a stack was told that may have been told before: there is no room to remember it */
	NOTE_END_WITHOUT_START, /* an end was passed by a call that began before attach, or was lost */
	COUNT_MAX,
};

#endif
