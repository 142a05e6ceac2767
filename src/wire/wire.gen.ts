// Generated from bpf/wire.h by `npm run generate`; do not edit.

import type { Batch, Ktime, SpanIdWords, TraceIdWords } from './batch.ts';
import { count64, counts64, ktime, ktimeNs, s64, spanId, traceId } from './batch.ts';
import type { WireLayout } from './layout.ts';

/** Names the layouts below; the shim must return the same. */
export const WIRE_HASH = 0x9b22176a8e289144n;

/** `enum durations_limit` */
export const durationsLimit = {
  DURATION_BUCKETS_MAX: 20,
  DURATION_FIRST_BIT: 9,
} as const;

/** `enum connection_limit` */
export const connectionLimit = {
  CONNECTION_UNKNOWN: 4294967295,
} as const;

/** `enum connection_age` */
export const connectionAge = {
  CONNECTION_AGE_UNKNOWN: 0,
  CONNECTION_NEW: 1,
  CONNECTION_REUSED: 2,
} as const;

/** `enum sdk_limit` */
export const sdkLimit = {
  SDK_DEPTH_LEFT: 4294967295,
  SDK_SPANS_MAX: 8,
} as const;

/** `enum sdk_kind` */
export const sdkKind = {
  SDK_KIND_SERVER: 2,
  SDK_KIND_CLIENT: 3,
} as const;

/** `enum text_limit` */
export const textLimit = {
  SPAN_TEXTS_MAX: 8,
  TEXT_BYTES_MAX: 1024,
} as const;

/** `enum span_text` */
export const spanText = {
  SPAN_TEXT_TRACE_STATE: 0,
} as const;

/** `enum span_text_limit` */
export const spanTextLimit = {
  SPAN_TEXT_TRACE_STATE_MAX: 256,
} as const;

/** `enum db_operation` */
export const dbOperation = {
  DB_OPERATION_QUERY: 1,
  DB_OPERATION_EXEC: 2,
  DB_OPERATION_PREPARE: 3,
  DB_OPERATION_PING: 4,
  DB_OPERATION_BEGIN: 5,
  DB_OPERATION_COMMIT: 6,
  DB_OPERATION_ROLLBACK: 7,
  DB_OPERATION_BATCH: 8,
  DB_OPERATION_COPY: 9,
  DB_OPERATION_CONNECT: 10,
  DB_OPERATION_COMMAND: 11,
  DB_OPERATION_PIPELINE: 12,
  DB_OPERATION_TRANSACTION: 13,
} as const;

/** `enum db_system` */
export const dbSystem = {
  DB_SYSTEM_OTHER: 0,
  DB_SYSTEM_POSTGRESQL: 1,
  DB_SYSTEM_MYSQL: 2,
  DB_SYSTEM_SQLITE: 3,
  DB_SYSTEM_REDIS: 4,
} as const;

/** `enum db_flag` */
export const dbFlag = {
  DB_FLAG_PEER: 8,
  DB_FLAG_POOL: 16,
  DB_FLAG_CANCELED: 32,
  DB_FLAG_NATIVE: 64,
  DB_FLAG_ALIKE: 128,
} as const;

/** `enum db_limit` */
export const dbLimit = {
  DB_ERROR_WORD_BYTES: 16,
  DB_BATCH_TOLD_MAX: 8,
  DB_ARGUMENTS_MAX: 8,
} as const;

/** `enum db_text` */
export const dbText = {
  DB_TEXT_STATEMENT: 1,
  DB_TEXT_NAMESPACE: 2,
  DB_TEXT_SERVER: 3,
} as const;

/** `enum db_text_limit` */
export const dbTextLimit = {
  DB_TEXT_STATEMENT_MAX: 640,
  DB_TEXT_NAMESPACE_MAX: 64,
  DB_TEXT_SERVER_MAX: 64,
} as const;

/** `enum grpc_flag` */
export const grpcFlag = {
  GRPC_FLAG_PEER: 8,
  GRPC_FLAG_STATUS: 16,
  GRPC_FLAG_UNKNOWN_METHOD: 32,
} as const;

/** `enum grpc_streams` */
export const grpcStreams = {
  GRPC_STREAMS_SERVER: 1,
  GRPC_STREAMS_CLIENT: 2,
} as const;

/** `enum grpc_text` */
export const grpcText = {
  GRPC_TEXT_METHOD: 1,
  GRPC_TEXT_TARGET: 2,
} as const;

/** `enum grpc_text_limit` */
export const grpcTextLimit = {
  GRPC_TEXT_METHOD_MAX: 256,
  GRPC_TEXT_TARGET_MAX: 256,
} as const;

/** `enum http_flag` */
export const httpFlag = {
  HTTP_FLAG_TLS: 8,
  HTTP_FLAG_STATUS: 16,
  HTTP_FLAG_ESCAPED_PATH: 32,
  HTTP_FLAG_UNCHECKED: 64,
  HTTP_FLAG_PEER_HEX: 128,
} as const;

/** `enum http_text` */
export const httpText = {
  HTTP_TEXT_METHOD: 1,
  HTTP_TEXT_SCHEME: 2,
  HTTP_TEXT_HOST: 3,
  HTTP_TEXT_PATH: 4,
  HTTP_TEXT_QUERY: 5,
  HTTP_TEXT_PEER: 6,
  HTTP_TEXT_PATTERN: 7,
} as const;

/** `enum http_text_limit` */
export const httpTextLimit = {
  HTTP_TEXT_METHOD_MAX: 16,
  HTTP_TEXT_SCHEME_MAX: 8,
  HTTP_TEXT_HOST_MAX: 128,
  HTTP_TEXT_PATH_MAX: 256,
  HTTP_TEXT_QUERY_MAX: 176,
  HTTP_TEXT_PEER_MAX: 56,
  HTTP_TEXT_PATTERN_MAX: 128,
} as const;

/** `enum http_router` */
export const httpRouter = {
  HTTP_ROUTER_GIN: 0,
  HTTP_ROUTER_ECHO4: 1,
  HTTP_ROUTER_ECHO5: 2,
  HTTP_ROUTER_CHI: 3,
  HTTP_ROUTER_MUX: 4,
} as const;

/** `enum http_route_limit` */
export const httpRouteLimit = {
  HTTP_ROUTE_PARTS_MAX: 8,
} as const;

/** `enum http_fiber` */
export const httpFiber = {
  HTTP_FIBER_2: 0,
  HTTP_FIBER_3: 1,
} as const;

/** `enum http_h2` */
export const httpH2 = {
  HTTP_H2_NET_HTTP: 0,
  HTTP_H2_XNET: 1,
} as const;

/** `enum time_limit` */
export const timeLimit = {
  TIME_USES_MAX: 20,
  TURNS_MAX: 16,
  WAIT_REASONS_MAX: 64,
  TIME_BY_CALLER: 255,
} as const;

/** `enum time_use` */
export const timeUse = {
  TIME_UNATTRIBUTED: 0,
  TIME_CPU: 1,
  TIME_PREEMPTED: 2,
  TIME_THROTTLED: 3,
  TIME_RUNNABLE: 4,
  TIME_CHAN_RECEIVE: 5,
  TIME_CHAN_SEND: 6,
  TIME_SELECT: 7,
  TIME_MUTEX: 8,
  TIME_RWMUTEX: 9,
  TIME_COND: 10,
  TIME_WAITGROUP: 11,
  TIME_NETWORK: 12,
  TIME_NETWORK_READY: 13,
  TIME_SLEEP: 14,
  TIME_SYSCALL: 15,
  TIME_PAGEFAULT: 16,
  TIME_GC_ASSIST: 17,
  TIME_GC_STW: 18,
  TIME_OTHER: 19,
} as const;

/** `enum stack_limit` */
export const stackLimit = {
  STACK_FRAMES_MAX: 64,
  KERNEL_FRAMES_MAX: 24,
} as const;

/** `enum stack_flag` */
export const stackFlag = {
  STACK_FLAG_KERNEL: 1,
  STACK_FLAG_CUT: 2,
} as const;

/** `enum span_depth` */
export const spanDepth = {
  SPAN_DEPTH_MAX: 4,
  SPAN_DEPTH_LASTING: 4,
} as const;

/** `enum span_kind` */
export const spanKind = {
  SPAN_KIND_SERVER: 1,
  SPAN_KIND_CLIENT: 2,
  SPAN_KIND_INTERNAL: 3,
} as const;

/** `enum span_family` */
export const spanFamily = {
  SPAN_FAMILY_HTTP: 1,
  SPAN_FAMILY_DB: 2,
  SPAN_FAMILY_WAIT: 3,
  SPAN_FAMILY_GRPC: 4,
} as const;

/** `enum span_ending` */
export const spanEnding = {
  ENDING_NONE: 0,
  ENDING_RETURNED: 1,
  ENDING_PANICKED: 2,
  ENDING_HIJACKED: 3,
  ENDING_DISCONNECTED: 4,
  ENDING_GOROUTINE_EXITED: 5,
  ENDING_PROCESS_EXITED: 6,
} as const;

/** `enum span_flag` */
export const spanFlag = {
  SPAN_FLAG_PARENT: 1,
  SPAN_FLAG_PARENT_REMOTE: 2,
  SPAN_FLAG_LINK: 4,
  SPAN_FLAG_TIME: 256,
  SPAN_FLAG_SDK_PARENT: 512,
  SPAN_FLAG_SDK_SAME: 1024,
  SPAN_FLAG_CONNECTION: 4096,
  SPAN_FLAG_TAKEN_OVER: 2048,
} as const;

/** `enum wire_limit` */
export const wireLimit = {
  TARGETS_MAX: 1024,
  GO_WINDOW_BYTES: 256,
  GO_OFFSET_ABSENT: 65535,
  STOP_REASON_UNKNOWN: 255,
} as const;

/** `enum ev_kind` */
export const evKind = {
  EV_NONE: 0,
  EV_SPAN_END: 1,
  EV_PROCESS_EXEC: 2,
  EV_PROCESS_EXIT: 3,
  EV_GC_STOP: 4,
  EV_GOROUTINE_TURNS: 5,
  EV_STACK: 6,
  EV_SAMPLE: 7,
} as const;

/** `enum target_flag` */
export const targetFlag = {
  TARGET_SWISS_MAPS: 1,
  TARGET_DETACHING: 2,
  TARGET_UNLOCATED: 4,
  TARGET_STACKS: 8,
} as const;

/** `enum cookie_bit` */
export const cookieBit = {
  COOKIE_REGISTER_BIT: 16,
  COOKIE_VARIANT_BIT: 20,
  COOKIE_STACK_CHECK_BIT: 24,
  COOKIE_FRAME_STANDS_BIT: 25,
  COOKIE_BELOW_SP_BIT: 32,
} as const;

/** `enum goroutine_activity` */
export const goroutineActivity = {
  GOROUTINE_RUNS: 0,
  GOROUTINE_IS_OFF: 1,
  GOROUTINE_IS_READY: 2,
  GOROUTINE_WAITS: 3,
} as const;

/** `enum count` */
export const count = {
  HIT_GOROUTINE_BIRTH: 0,
  HIT_GOROUTINE_BIRTH_CORO: 1,
  HIT_HTTP_SERVER_START: 2,
  HIT_HTTP_SERVER_END: 3,
  HIT_HTTP_SERVER_ROUTE: 4,
  HIT_HTTP_SERVER_ROUTER: 5,
  HIT_HTTP_SERVER_UPGRADE: 6,
  HIT_HTTP_SERVER_HIJACK: 7,
  HIT_HTTP_SERVER_CONN_END: 8,
  HIT_HTTP_SERVER_END_H2: 9,
  HIT_HTTP_SERVER_PANIC_H2: 10,
  HIT_HTTP_SERVER_START_XNET: 11,
  HIT_HTTP_SERVER_END_XNET: 12,
  HIT_HTTP_SERVER_PANIC_XNET: 13,
  HIT_HTTP_FIBER_START: 14,
  HIT_HTTP_FIBER_END: 15,
  HIT_HTTP_CLIENT_START: 16,
  HIT_HTTP_CLIENT_SEND: 17,
  HIT_HTTP_CLIENT_STREAM: 18,
  HIT_HTTP_CLIENT_END: 19,
  HIT_HTTP_CLIENT_END_ALT: 20,
  HIT_HTTP_CLIENT_ERROR: 21,
  HIT_DB_POOL_START: 22,
  HIT_DB_STMT_START: 23,
  HIT_DB_SESSION_START: 24,
  HIT_DB_BEGIN_ON: 25,
  HIT_DB_ROWS: 26,
  HIT_DB_RELEASE: 27,
  HIT_DB_SESSION_END: 28,
  HIT_DB_BEGUN: 29,
  HIT_DB_ATTEMPT: 30,
  HIT_DB_GIVE_UP: 31,
  HIT_DB_RETURN: 32,
  HIT_DB_WAIT_START: 33,
  HIT_DB_WAIT_END: 34,
  HIT_SDK_START: 35,
  HIT_GRPC_SERVER_START: 36,
  HIT_GRPC_SERVER_END: 37,
  HIT_GRPC_CLIENT_START: 38,
  HIT_GRPC_CLIENT_SEND: 39,
  HIT_GRPC_CLIENT_GIVE_UP: 40,
  HIT_GRPC_CLIENT_END: 41,
  HIT_DB_PGX_START: 42,
  HIT_DB_PGX_BATCH: 43,
  HIT_DB_PGX_COPY: 44,
  HIT_DB_PGX_RESULT: 45,
  HIT_DB_PGX_FAILED: 46,
  HIT_DB_PGX_END: 47,
  HIT_DB_PGX_COPIED: 48,
  HIT_DB_PGX_ROWS: 49,
  HIT_DB_PGX_SENT: 50,
  HIT_DB_PGX_BATCH_CLOSE: 51,
  HIT_DB_PGX_BATCH_END: 52,
  HIT_DB_PGX_ACQUIRE: 53,
  HIT_DB_PGX_ACQUIRED: 54,
  HIT_DB_REDIS_START: 55,
  HIT_DB_REDIS_PIPELINE: 56,
  HIT_DB_REDIS_NODE: 57,
  HIT_DB_REDIS_NODE_KNOWN: 58,
  HIT_DB_REDIS_RETURNED: 59,
  HIT_DB_REDIS_UNCONNECTED: 60,
  HIT_DB_REDIS_LENT: 61,
  HIT_DB_REDIS_RETRY: 62,
  HIT_DB_REDIS_GIVE_UP: 63,
  HIT_DB_REDIS_RELEASE: 64,
  HIT_GOROUTINE_PARK: 65,
  HIT_GOROUTINE_READY: 66,
  HIT_GOROUTINE_READY_LIST: 67,
  HIT_GOROUTINE_RUN: 68,
  HIT_GOROUTINE_YIELD: 69,
  HIT_GOROUTINE_PREEMPT: 70,
  HIT_GOROUTINE_CORO: 71,
  HIT_CHAN_HAND_TO: 72,
  HIT_CHAN_HAND_FROM: 73,
  HIT_CHAN_PUT: 74,
  HIT_CHAN_TAKE: 75,
  HIT_MUTEX_LOCK: 76,
  HIT_MUTEX_UNLOCK: 77,
  HIT_GC_STOP_BEGIN: 78,
  HIT_GC_STOP_END: 79,
  HIT_GC_ASSIST_BEGIN: 80,
  HIT_GC_ASSIST_END: 81,
  HIT_ALLOC_SPAN_BEGIN: 82,
  HIT_ALLOC_SPAN_END: 83,
  HIT_ALLOC_HEAP_BEGIN: 84,
  HIT_ALLOC_HEAP_END: 85,
  HIT_DIAL_LOOKUP: 86,
  HIT_DIAL_CONNECT: 87,
  HIT_DIAL_MADE: 88,
  HIT_DIAL_TLS: 89,
  HIT_DIAL_TLS_DONE: 90,
  LOST_RING_FULL: 91,
  LOST_RECORD_TOO_LARGE: 92,
  LOST_OPEN_MAP_FULL: 93,
  LOST_INHERITED_MAP_FULL: 94,
  LOST_HANDED_MAP_FULL: 95,
  LOST_READER_MAP_FULL: 96,
  LOST_TIME_MAP_FULL: 97,
  LOST_TURNS_MAP_FULL: 98,
  LOST_THREAD_MAP_FULL: 99,
  LOST_ALLOC_MAP_FULL: 100,
  LOST_SDK_MAP_FULL: 101,
  LOST_DEPTH: 102,
  LOST_READ_FAILED: 103,
  LOST_SPAN_REPLACED: 104,
  NOTE_NO_TARGET: 105,
  NOTE_UNSAMPLED: 106,
  NOTE_TRACEPARENT_MALFORMED: 107,
  NOTE_SDK_DEPTH: 108,
  NOTE_STALE_CLIENT: 109,
  NOTE_HEADERS_UNSCANNED: 110,
  NOTE_START_SEEN: 111,
  NOTE_HTTP3_UNTRACED: 112,
  NOTE_GRPC_HEALTH_UNTRACED: 113,
  NOTE_SWITCH_UNSEEN: 114,
  NOTE_URING_ELSEWHERE: 115,
  NOTE_STACKS_FULL: 116,
  NOTE_END_WITHOUT_START: 117,
  COUNT_MAX: 118,
} as const;

/** Where everything stands in the records. */
export const wireLayout: WireLayout = {
  records: {
    1: {
      bytes: 144,
      fields: {
        header: [0, 16],
        start_ktime_ns: [16, 8],
        end_ktime_ns: [24, 8],
        goid: [32, 8],
        parent_goid: [40, 8],
        trace_id: [48, 16],
        link_trace_id: [64, 16],
        span_id: [80, 8],
        parent_span_id: [88, 8],
        link_span_id: [96, 8],
        g_addr: [104, 8],
        error_type_addr: [112, 8],
        text_sizes: [120, 16],
        text_cut: [136, 2],
        span_kind: [138, 1],
        family: [139, 1],
        trace_flags: [140, 1],
        depth: [141, 1],
        ending: [142, 1],
      },
    },
    2: {
      bytes: 32,
      fields: {
        header: [0, 16],
        ktime_ns: [16, 8],
        tgid: [24, 4],
        parent_tgid: [28, 4],
      },
    },
    3: {
      bytes: 32,
      fields: {
        header: [0, 16],
        ktime_ns: [16, 8],
        tgid: [24, 4],
        exit_code: [28, 4],
      },
    },
    4: {
      bytes: 48,
      fields: {
        header: [0, 16],
        start_ktime_ns: [16, 8],
        end_ktime_ns: [24, 8],
        goid: [32, 8],
        reason: [40, 4],
      },
    },
    5: {
      bytes: 232,
      fields: {
        header: [0, 16],
        start_ktime_ns: [16, 8],
        goid: [24, 8],
        trace_id: [32, 16],
        span_id: [48, 8],
        woken_goid: [56, 8],
        wait_ktime_ns: [64, 8],
        wait_ns: [72, 8],
        wait_use: [80, 4],
        turns: [84, 4],
        turn_ns: [88, 128],
        turn_use: [216, 16],
      },
    },
    6: {
      bytes: 544,
      fields: {
        header: [0, 16],
        stack_id: [16, 8],
        frames: [24, 4],
        pc: [32, 512],
      },
    },
    7: {
      bytes: 104,
      fields: {
        header: [0, 16],
        ktime_ns: [16, 8],
        period_ns: [24, 8],
        goid: [32, 8],
        trace_id: [40, 16],
        span_id: [56, 8],
        pc: [64, 8],
        link: [72, 8],
        stack_id: [80, 8],
        kernel_stack_id: [88, 8],
        use: [96, 4],
        cpu: [100, 4],
      },
    },
  },
  families: {
    1: {
      bytes: 16,
      fields: {
        body_bytes: [144, 8],
        status: [152, 2],
        protocol: [154, 1],
        resends: [155, 1],
      },
      texts: ['trace_state', 'method', 'scheme', 'host', 'path', 'query', 'peer', 'pattern'],
    },
    2: {
      bytes: 80,
      fields: {
        pool_wait_ns: [144, 8],
        peer_address: [152, 16],
        sql_state: [168, 8],
        error_number: [176, 4],
        peer_port: [180, 2],
        operation: [182, 1],
        system: [183, 1],
        pool_used: [184, 4],
        pool_max: [188, 4],
        error_word: [192, 16],
        batch_size: [208, 4],
        arguments: [212, 4],
        database: [216, 4],
        returned_rows: [220, 4],
      },
      texts: ['trace_state', 'statement', 'namespace', 'server'],
    },
    3: {
      bytes: 72,
      fields: {
        waker_goid: [144, 8],
        ready_ns: [152, 8],
        peer_address: [160, 16],
        fd: [176, 4],
        peer_port: [180, 2],
        use: [182, 1],
        holder: [183, 1],
        pc: [184, 8],
        link: [192, 8],
        stack_id: [200, 8],
        waker_stack_id: [208, 8],
      },
      texts: ['trace_state'],
    },
    4: {
      bytes: 24,
      fields: {
        peer_address: [144, 16],
        code: [160, 4],
        peer_port: [164, 2],
        streams: [166, 1],
        resends: [167, 1],
      },
      texts: ['trace_state', 'method', 'target'],
    },
  },
  connection: {
    bytes: 32,
    fields: {
      dns_us: [0, 4],
      connect_us: [4, 4],
      tls_us: [8, 4],
      rtt_us: [12, 4],
      retransmits: [16, 4],
      sent: [20, 4],
      received: [24, 4],
      age: [28, 4],
    },
  },
  time: {
    bytes: 200,
    fields: {
      ns: [0, 160],
      alloc_ns: [160, 8],
      start_cpu: [168, 4],
      end_cpu: [172, 4],
      start_node: [176, 4],
      end_node: [180, 4],
      migrations: [184, 4],
      uring_completions: [188, 4],
      queued: [192, 4],
    },
  },
};

/** Bytes of each record; of a span, if all of its texts were used. */
export const wireSize = {
  EV_HEADER: 16,
  EV_SPAN_END: 1488,
  EV_PROCESS_EXEC: 32,
  EV_PROCESS_EXIT: 32,
  EV_GC_STOP: 48,
  EV_GOROUTINE_TURNS: 232,
  EV_STACK: 544,
  EV_SAMPLE: 104,
} as const;

/** Where the fields of its header stand in every record. */
export const headerAt = {
  kind: 0,
  flags: 2,
  size: 4,
  targetId: 8,
  tid: 12,
} as const;

/** Kinds of spans by their numbers. */
export const spanKindNames = { 1: 'server', 2: 'client', 3: 'internal' } as const;
export type SpanKindName = (typeof spanKindNames)[keyof typeof spanKindNames];

/** What a span is about: the name of its family, by its number. */
export const familyNames = { 1: 'http', 2: 'db', 3: 'wait', 4: 'grpc' } as const;
export type SpanFamily = (typeof familyNames)[keyof typeof familyNames];

/** From here on spans of different ids and times may be the same, word by word. */
export const SPAN_SAID_AT = 112;
/** Where the sizes of its texts stand. */
export const SPAN_TEXT_SIZES_AT = 120;
/** Where the body of a span begins, and how long that of each family is: the texts come right behind it. */
export const SPAN_BODY_AT = 144;
/** Bytes of what a span with these flags has behind its texts, from a multiple of 8 on. */
export const spanTailBytes = (flags: number): number =>
  (flags & spanFlag.SPAN_FLAG_CONNECTION ? 32 : 0) + (flags & spanFlag.SPAN_FLAG_TIME ? 200 : 0);
export const spanBodyBytes: Readonly<Record<number, number>> = {
  1: 16,
  2: 80,
  3: 72,
  4: 24,
};

/** Names of the texts of each family, in their order. */
export const spanTexts = {
  http: ['traceState', 'method', 'scheme', 'host', 'path', 'query', 'peer', 'pattern'],
  db: ['traceState', 'statement', 'namespace', 'server'],
  wait: ['traceState'],
  grpc: ['traceState', 'method', 'target'],
} as const;

/** `struct ev_header`, 16 bytes. */
export interface EvHeader {
  /** one of enum ev_kind */
  readonly kind: number;
  /** bits of enum span_flag and of its family's flags; 0 in other records */
  readonly flags: number;
  /** bytes of the whole record, this header included; of an open span, those in use */
  readonly size: number;
  /** number of the target process; 0: not a target */
  readonly targetId: number;
  /** thread that wrote the record */
  readonly tid: number;
}

/** Reads the header at byte `at` (a multiple of 8). */
export function readEvHeader(batch: Batch, at: number): EvHeader {
  return {
    kind: batch.u16[(at + 0) >>> 1] as number,
    flags: batch.u16[(at + 2) >>> 1] as number,
    size: batch.u32[(at + 4) >>> 2] as number,
    targetId: batch.u32[(at + 8) >>> 2] as number,
    tid: batch.u32[(at + 12) >>> 2] as number,
  };
}

/** `struct http_body`, 16 bytes. */
export interface HttpBody {
  /** response body bytes written by the handler; -1: unknown */
  readonly bodyBytes: number;
  /** HTTP status code, valid with HTTP_FLAG_STATUS */
  readonly status: number;
  /** HTTP version: major * 10 + minor */
  readonly protocol: number;
  /** attempts within the call that failed before the last; of meaning only without an error */
  readonly resends: number;
}

/** Reads the body at byte `at` (a multiple of 8). */
export function readHttpBody(batch: Batch, at: number): HttpBody {
  return {
    bodyBytes: s64(batch.u32, at + 0),
    status: batch.u16[(at + 8) >>> 1] as number,
    protocol: batch.u8[at + 10] as number,
    resends: batch.u8[at + 11] as number,
  };
}

/** `struct db_body`, 80 bytes. */
export interface DbBody {
  /** time for which the call waited for a connection of the pool; negative: it waits since then */
  readonly poolWaitNs: number;
  /** of the server, as the kernel knows it; IPv4 as ::ffff:a.b.c.d */
  readonly peerAddress: Uint8Array;
  /** SQLSTATE of the error, zeros: none */
  readonly sqlState: Uint8Array;
  /** of the error, as the driver has it; 0: none */
  readonly errorNumber: number;
  readonly peerPort: number;
  /** one of enum db_operation */
  readonly operation: number;
  /** one of enum db_system */
  readonly system: number;
  /** connections of the pool that were in use when the call began to wait for one, or being made */
  readonly poolUsed: number;
  /** connections that it may have; 0: not known, or the call did not wait */
  readonly poolMax: number;
  /** Redis: how the text of its error begins; zeros: none */
  readonly errorWord: Uint8Array;
  /** statements or commands that were sent at once; 0: the call is none of several */
  readonly batchSize: number;
  /** Redis: of the command, its name not counted */
  readonly arguments: number;
  /** Redis: number of the database */
  readonly database: number;
  /** as the server has counted them, and 1; 0: it has not */
  readonly returnedRows: number;
}

/** Reads the body at byte `at` (a multiple of 8). */
export function readDbBody(batch: Batch, at: number): DbBody {
  return {
    poolWaitNs: s64(batch.u32, at + 0),
    peerAddress: batch.u8.subarray(at + 8, at + 24),
    sqlState: batch.u8.subarray(at + 24, at + 32),
    errorNumber: batch.u32[(at + 32) >>> 2] as number,
    peerPort: batch.u16[(at + 36) >>> 1] as number,
    operation: batch.u8[at + 38] as number,
    system: batch.u8[at + 39] as number,
    poolUsed: batch.u32[(at + 40) >>> 2] as number,
    poolMax: batch.u32[(at + 44) >>> 2] as number,
    errorWord: batch.u8.subarray(at + 48, at + 64),
    batchSize: batch.u32[(at + 64) >>> 2] as number,
    arguments: batch.u32[(at + 68) >>> 2] as number,
    database: batch.u32[(at + 72) >>> 2] as number,
    returnedRows: batch.u32[(at + 76) >>> 2] as number,
  };
}

/** `struct wait_body`, 72 bytes. */
export interface WaitBody {
  /** the goroutine that has ended the wait; 0: none, or not known */
  readonly wakerGoid: number;
  /** of its end: from when it was woken until it ran */
  readonly readyNs: number;
  /** of a wait for the network: the other end of the connection; IPv4 as ::ffff:a.b.c.d */
  readonly peerAddress: Uint8Array;
  /** … and its descriptor */
  readonly fd: number;
  /** 0: not a wait for the network, or not known for which connection */
  readonly peerPort: number;
  /** for what it waited: one of enum time_use */
  readonly use: number;
  /** 1: who has ended a wait for a mutex held that when it began */
  readonly holder: number;
  /** where it waited, as in struct code_place; 0: not known */
  readonly pc: number;
  readonly link: number;
  readonly stackId: number;
  /** where the one was that has ended it */
  readonly wakerStackId: number;
}

/** Reads the body at byte `at` (a multiple of 8). */
export function readWaitBody(batch: Batch, at: number): WaitBody {
  return {
    wakerGoid: count64(batch.u32, at + 0),
    readyNs: count64(batch.u32, at + 8),
    peerAddress: batch.u8.subarray(at + 16, at + 32),
    fd: batch.u32[(at + 32) >>> 2] as number,
    peerPort: batch.u16[(at + 36) >>> 1] as number,
    use: batch.u8[at + 38] as number,
    holder: batch.u8[at + 39] as number,
    pc: count64(batch.u32, at + 40),
    link: count64(batch.u32, at + 48),
    stackId: count64(batch.u32, at + 56),
    wakerStackId: count64(batch.u32, at + 64),
  };
}

/** `struct grpc_body`, 24 bytes. */
export interface GrpcBody {
  /** of the other end of the connection; IPv4 as ::ffff:a.b.c.d */
  readonly peerAddress: Uint8Array;
  /** as google.golang.org/grpc/codes has it, valid with GRPC_FLAG_STATUS */
  readonly code: number;
  readonly peerPort: number;
  /** bits of enum grpc_streams, of a client; servers do not say */
  readonly streams: number;
  /** attempts before the last, of a client */
  readonly resends: number;
}

/** Reads the body at byte `at` (a multiple of 8). */
export function readGrpcBody(batch: Batch, at: number): GrpcBody {
  return {
    peerAddress: batch.u8.subarray(at + 0, at + 16),
    code: batch.u32[(at + 16) >>> 2] as number,
    peerPort: batch.u16[(at + 20) >>> 1] as number,
    streams: batch.u8[at + 22] as number,
    resends: batch.u8[at + 23] as number,
  };
}

/** `struct span_connection`, 32 bytes. */
export interface SpanConnection {
  /** microseconds to find the address of its server, of one that is new */
  readonly dnsUs: number;
  /** … until it stood, with the addresses that were tried before */
  readonly connectUs: number;
  /** … for the handshake of TLS */
  readonly tlsUs: number;
  /** smoothed round-trip time at the end of the span, as TCP has it; 0: it has none yet */
  readonly rttUs: number;
  /** segments that were sent again meanwhile */
  readonly retransmits: number;
  /** bytes, modulo 2^32, by a client; CONNECTION_UNKNOWN, too, of one that others use at the same time */
  readonly sent: number;
  /** likewise, by either */
  readonly received: number;
  /** one of enum connection_age */
  readonly age: number;
}

/** Reads the part at byte `at` (a multiple of 8). */
export function readSpanConnection(batch: Batch, at: number): SpanConnection {
  return {
    dnsUs: batch.u32[(at + 0) >>> 2] as number,
    connectUs: batch.u32[(at + 4) >>> 2] as number,
    tlsUs: batch.u32[(at + 8) >>> 2] as number,
    rttUs: batch.u32[(at + 12) >>> 2] as number,
    retransmits: batch.u32[(at + 16) >>> 2] as number,
    sent: batch.u32[(at + 20) >>> 2] as number,
    received: batch.u32[(at + 24) >>> 2] as number,
    age: batch.u32[(at + 28) >>> 2] as number,
  };
}

/** `struct span_time`, 200 bytes. */
export interface SpanTime {
  /** by enum time_use, of its goroutine while it was open */
  readonly ns: readonly number[];
  /** of these in the slow ways to memory; level `runtime` */
  readonly allocNs: number;
  readonly startCpu: number;
  readonly endCpu: number;
  /** NUMA node */
  readonly startNode: number;
  readonly endNode: number;
  /** how often its goroutine went on on another processor */
  readonly migrations: number;
  /** that io_uring had for it while it was in the ring's system call */
  readonly uringCompletions: number;
  /** most goroutines behind it in the queues when it had waited long for its turn; 0: none, or not known */
  readonly queued: number;
}

/** Reads the part at byte `at` (a multiple of 8). */
export function readSpanTime(batch: Batch, at: number): SpanTime {
  return {
    ns: counts64(batch.u32, at + 0, 20),
    allocNs: count64(batch.u32, at + 160),
    startCpu: batch.u32[(at + 168) >>> 2] as number,
    endCpu: batch.u32[(at + 172) >>> 2] as number,
    startNode: batch.u32[(at + 176) >>> 2] as number,
    endNode: batch.u32[(at + 180) >>> 2] as number,
    migrations: batch.u32[(at + 184) >>> 2] as number,
    uringCompletions: batch.u32[(at + 188) >>> 2] as number,
    queued: batch.u32[(at + 192) >>> 2] as number,
  };
}

/** `struct ev_span_end`, 1488 bytes. */
export interface EvSpanEnd {
  readonly header: EvHeader;
  readonly startKtimeNs: Ktime;
  /** 0 while the span is open */
  readonly endKtimeNs: Ktime;
  readonly goid: number;
  /** goroutine that created this one; 0: unknown or none */
  readonly parentGoid: number;
  readonly traceId: TraceIdWords;
  readonly linkTraceId: TraceIdWords;
  readonly spanId: SpanIdWords;
  readonly parentSpanId: SpanIdWords;
  readonly linkSpanId: SpanIdWords;
  /** the goroutine's runtime.g */
  readonly gAddr: number;
  /** runtime type of the returned error, as loaded; 0: no error */
  readonly errorTypeAddr: number;
  /** bytes of each text of its family */
  readonly textSizes: Uint16Array;
  /** bit i: text i was cut */
  readonly textCut: number;
  /** one of enum span_kind */
  readonly spanKind: number;
  /** one of enum span_family */
  readonly family: number;
  /** W3C trace flags */
  readonly traceFlags: number;
  /** of its entry in open_by_goroutine */
  readonly depth: number;
  /** one of enum span_ending */
  readonly ending: number;
  /** its body, if its family is http */
  readonly http: HttpBody;
  /** its body, if its family is db */
  readonly db: DbBody;
  /** its body, if its family is wait */
  readonly wait: WaitBody;
  /** its body, if its family is grpc */
  readonly grpc: GrpcBody;
  /** the connection that it was served over or made its call over, if that is known */
  readonly connection?: SpanConnection | undefined;
  /** where its time went, if that was watched */
  readonly time?: SpanTime | undefined;
  /** what it stands in; undefined for a record that was put together otherwise */
  readonly batch?: Batch | undefined;
  /** at which byte of the batch */
  readonly at?: number | undefined;
  /** its texts, one behind the other */
  readonly text: Uint8Array;
}

class EvSpanEndView implements EvSpanEnd {
  readonly #batch: Batch;
  readonly #at: number;
  #header: EvHeader | undefined;
  #textSizes: Uint16Array | undefined;

  constructor(batch: Batch, at: number) {
    this.#batch = batch;
    this.#at = at;
  }

  get header(): EvHeader {
    this.#header ??= readEvHeader(this.#batch, this.#at);
    return this.#header;
  }

  get startKtimeNs(): Ktime {
    return ktime(this.#batch.u32, this.#at + 16);
  }

  get endKtimeNs(): Ktime {
    return ktime(this.#batch.u32, this.#at + 24);
  }

  get goid(): number {
    return count64(this.#batch.u32, this.#at + 32);
  }

  get parentGoid(): number {
    return count64(this.#batch.u32, this.#at + 40);
  }

  get traceId(): TraceIdWords {
    return traceId(this.#batch.u8, this.#at + 48);
  }

  get linkTraceId(): TraceIdWords {
    return traceId(this.#batch.u8, this.#at + 64);
  }

  get spanId(): SpanIdWords {
    return spanId(this.#batch.u8, this.#at + 80);
  }

  get parentSpanId(): SpanIdWords {
    return spanId(this.#batch.u8, this.#at + 88);
  }

  get linkSpanId(): SpanIdWords {
    return spanId(this.#batch.u8, this.#at + 96);
  }

  get gAddr(): number {
    return count64(this.#batch.u32, this.#at + 104);
  }

  get errorTypeAddr(): number {
    return count64(this.#batch.u32, this.#at + 112);
  }

  get textSizes(): Uint16Array {
    this.#textSizes ??= this.#batch.u16.subarray((this.#at + 120) >>> 1, (this.#at + 136) >>> 1);
    return this.#textSizes;
  }

  get textCut(): number {
    return this.#batch.u16[(this.#at + 136) >>> 1] as number;
  }

  get spanKind(): number {
    return this.#batch.u8[this.#at + 138] as number;
  }

  get family(): number {
    return this.#batch.u8[this.#at + 139] as number;
  }

  get traceFlags(): number {
    return this.#batch.u8[this.#at + 140] as number;
  }

  get depth(): number {
    return this.#batch.u8[this.#at + 141] as number;
  }

  get ending(): number {
    return this.#batch.u8[this.#at + 142] as number;
  }

  get http(): HttpBody {
    return readHttpBody(this.#batch, this.#at + SPAN_BODY_AT);
  }

  get db(): DbBody {
    return readDbBody(this.#batch, this.#at + SPAN_BODY_AT);
  }

  get wait(): WaitBody {
    return readWaitBody(this.#batch, this.#at + SPAN_BODY_AT);
  }

  get grpc(): GrpcBody {
    return readGrpcBody(this.#batch, this.#at + SPAN_BODY_AT);
  }

  get connection(): SpanConnection | undefined {
    return this.header.flags & spanFlag.SPAN_FLAG_CONNECTION
      ? readSpanConnection(
          this.#batch,
          this.#at + this.header.size - 32 - (this.header.flags & spanFlag.SPAN_FLAG_TIME ? 200 : 0),
        )
      : undefined;
  }

  get time(): SpanTime | undefined {
    return this.header.flags & spanFlag.SPAN_FLAG_TIME
      ? readSpanTime(this.#batch, this.#at + this.header.size - 200)
      : undefined;
  }

  get batch(): Batch | undefined {
    return this.#batch;
  }

  get at(): number | undefined {
    return this.#at;
  }

  get text(): Uint8Array {
    return this.#batch.u8.subarray(
      this.#at + SPAN_BODY_AT + (spanBodyBytes[this.family] ?? 0),
      this.#at + this.header.size - spanTailBytes(this.header.flags),
    );
  }
}

/** The record at byte `at` (a multiple of 8) as a view into the batch, which must stay as it is meanwhile. */
export function readEvSpanEnd(batch: Batch, at: number): EvSpanEnd {
  return new EvSpanEndView(batch, at);
}

/** `struct ev_process_exec`, 32 bytes. */
export interface EvProcessExec {
  readonly header: EvHeader;
  readonly ktimeNs: Ktime;
  readonly tgid: number;
  readonly parentTgid: number;
}

/** Reads the record at byte `at` (a multiple of 8). */
export function readEvProcessExec(batch: Batch, at: number): EvProcessExec {
  return {
    header: readEvHeader(batch, at),
    ktimeNs: ktime(batch.u32, at + 16),
    tgid: batch.u32[(at + 24) >>> 2] as number,
    parentTgid: batch.u32[(at + 28) >>> 2] as number,
  };
}

/** `struct ev_process_exit`, 32 bytes. */
export interface EvProcessExit {
  readonly header: EvHeader;
  readonly ktimeNs: Ktime;
  readonly tgid: number;
  /** as wait(2) gives it */
  readonly exitCode: number;
}

/** Reads the record at byte `at` (a multiple of 8). */
export function readEvProcessExit(batch: Batch, at: number): EvProcessExit {
  return {
    header: readEvHeader(batch, at),
    ktimeNs: ktime(batch.u32, at + 16),
    tgid: batch.u32[(at + 24) >>> 2] as number,
    exitCode: batch.u32[(at + 28) >>> 2] as number,
  };
}

/** `struct ev_gc_stop`, 48 bytes. */
export interface EvGcStop {
  readonly header: EvHeader;
  readonly startKtimeNs: Ktime;
  readonly endKtimeNs: Ktime;
  /** the goroutine that has stopped it; 0: none, or not known */
  readonly goid: number;
  /** as the runtime numbers it; STOP_REASON_UNKNOWN: it does not say */
  readonly reason: number;
}

/** Reads the record at byte `at` (a multiple of 8). */
export function readEvGcStop(batch: Batch, at: number): EvGcStop {
  return {
    header: readEvHeader(batch, at),
    startKtimeNs: ktime(batch.u32, at + 16),
    endKtimeNs: ktime(batch.u32, at + 24),
    goid: count64(batch.u32, at + 32),
    reason: batch.u32[(at + 40) >>> 2] as number,
  };
}

/** `struct ev_goroutine_turns`, 232 bytes. */
export interface EvGoroutineTurns {
  readonly header: EvHeader;
  /** of the first turn */
  readonly startKtimeNs: Ktime;
  readonly goid: number;
  readonly traceId: TraceIdWords;
  /** for which it works */
  readonly spanId: SpanIdWords;
  /** which it has woken, or begun, at the end of the last turn; 0: none */
  readonly wokenGoid: number;
  /** since when that one waited, or when it began */
  readonly waitKtimeNs: Ktime;
  /** for how long it waited; 0: it has begun */
  readonly waitNs: number;
  /** for what: one of enum time_use */
  readonly waitUse: number;
  /** how many */
  readonly turns: number;
  readonly turnNs: readonly number[];
  /** each one of enum time_use */
  readonly turnUse: Uint8Array;
}

/** Reads the record at byte `at` (a multiple of 8). */
export function readEvGoroutineTurns(batch: Batch, at: number): EvGoroutineTurns {
  return {
    header: readEvHeader(batch, at),
    startKtimeNs: ktime(batch.u32, at + 16),
    goid: count64(batch.u32, at + 24),
    traceId: traceId(batch.u8, at + 32),
    spanId: spanId(batch.u8, at + 48),
    wokenGoid: count64(batch.u32, at + 56),
    waitKtimeNs: ktime(batch.u32, at + 64),
    waitNs: count64(batch.u32, at + 72),
    waitUse: batch.u32[(at + 80) >>> 2] as number,
    turns: batch.u32[(at + 84) >>> 2] as number,
    turnNs: counts64(batch.u32, at + 88, 16),
    turnUse: batch.u8.subarray(at + 216, at + 232),
  };
}

/** `struct ev_stack`, 544 bytes. */
export interface EvStack {
  /** its flags are bits of enum stack_flag */
  readonly header: EvHeader;
  readonly stackId: number;
  /** how many */
  readonly frames: number;
  /** innermost first; of a program return addresses, of the kernel the last 48 bits of its own addresses */
  readonly pc: readonly number[];
}

/** Reads the record at byte `at` (a multiple of 8). */
export function readEvStack(batch: Batch, at: number): EvStack {
  return {
    header: readEvHeader(batch, at),
    stackId: count64(batch.u32, at + 16),
    frames: batch.u32[(at + 24) >>> 2] as number,
    pc: counts64(batch.u32, at + 32, 64),
  };
}

/** `struct ev_sample`, 104 bytes. */
export interface EvSample {
  readonly header: EvHeader;
  readonly ktimeNs: Ktime;
  /** one comes so often on each processor */
  readonly periodNs: number;
  /** the goroutine that it ran, or for which its runtime worked; 0: none */
  readonly goid: number;
  readonly traceId: TraceIdWords;
  /** the sampled span for which that one works; zeros: none */
  readonly spanId: SpanIdWords;
  /** where, as in struct code_place */
  readonly pc: number;
  readonly link: number;
  readonly stackId: number;
  /** what the kernel did for it; 0: it ran code of the program */
  readonly kernelStackId: number;
  /** what that time counts as: one of enum time_use */
  readonly use: number;
  readonly cpu: number;
}

/** Reads the record at byte `at` (a multiple of 8). */
export function readEvSample(batch: Batch, at: number): EvSample {
  return {
    header: readEvHeader(batch, at),
    ktimeNs: ktime(batch.u32, at + 16),
    periodNs: count64(batch.u32, at + 24),
    goid: count64(batch.u32, at + 32),
    traceId: traceId(batch.u8, at + 40),
    spanId: spanId(batch.u8, at + 56),
    pc: count64(batch.u32, at + 64),
    link: count64(batch.u32, at + 72),
    stackId: count64(batch.u32, at + 80),
    kernelStackId: count64(batch.u32, at + 88),
    use: batch.u32[(at + 96) >>> 2] as number,
    cpu: batch.u32[(at + 100) >>> 2] as number,
  };
}

/** Receives the records of a batch in order, each by its kind; the record lies in the batch at byte `at`. */
export interface RecordHandlers {
  spanEnd?(record: EvSpanEnd, at: number): void;
  processExec?(record: EvProcessExec, at: number): void;
  processExit?(record: EvProcessExit, at: number): void;
  gcStop?(record: EvGcStop, at: number): void;
  goroutineTurns?(record: EvGoroutineTurns, at: number): void;
  stack?(record: EvStack, at: number): void;
  sample?(record: EvSample, at: number): void;
}

/** Who hears of the records of a kind, how long they are, and what reads them; spans are of any length. */
export const fixedRecords = {
  2: { handler: 'processExec', bytes: 32, read: readEvProcessExec },
  3: { handler: 'processExit', bytes: 32, read: readEvProcessExit },
  4: { handler: 'gcStop', bytes: 48, read: readEvGcStop },
  5: { handler: 'goroutineTurns', bytes: 232, read: readEvGoroutineTurns },
  6: { handler: 'stack', bytes: 544, read: readEvStack },
  7: { handler: 'sample', bytes: 104, read: readEvSample },
} as const;

/** `struct net_layout`, 24 bytes. */
export interface NetLayout {
  /** 0: connections are not read */
  readonly tcpConnType: number;
  /** 0: those over Unix sockets are not */
  readonly unixConnType: number;
  readonly connFd: number;
  readonly fdPfd: number;
  readonly pollFdSysfd: number;
}

/** `struct http_server_layout`, 56 bytes. */
export interface HttpServerLayout {
  /** of the goroutine that waits for a client to go away; 0: unknown */
  readonly backgroundReadEntry: number;
  readonly responseStatus: number;
  readonly responseWritten: number;
  readonly responseContentLength: number;
  readonly responseConn: number;
  readonly responseClientGone: number;
  readonly connRwc: number;
  readonly connWriteError: number;
  readonly h2WriterRws: number;
  readonly h2StateStream: number;
  readonly h2StateStatus: number;
  readonly h2StateWroteBytes: number;
  readonly h2StreamCloseErr: number;
  readonly xnetWriterRws: number;
  readonly xnetStateStream: number;
  readonly xnetStateStatus: number;
  readonly xnetStateWroteBytes: number;
  readonly xnetStreamCloseErr: number;
  readonly h2StreamId: number;
  readonly h2StreamSc: number;
  readonly xnetStreamSc: number;
  readonly xnetScConn: number;
  readonly h2ScConn: number;
  readonly xnetStreamId: number;
}

/** `struct http_router_layout`, 32 bytes. */
export interface HttpRouterLayout {
  readonly ginRequest: number;
  readonly ginFullPath: number;
  readonly echo4Request: number;
  readonly echo4Path: number;
  readonly echo5Request: number;
  readonly echo5Route: number;
  readonly echo5RoutePath: number;
  readonly chiMethod: number;
  readonly chiPattern: number;
  readonly chiPatterns: number;
  readonly muxRouteConf: number;
  readonly muxConfRegexp: number;
  readonly muxRegexpPath: number;
  readonly muxPathTemplate: number;
}

/** `struct http_fiber_layout`, 40 bytes. */
export interface HttpFiberLayout {
  readonly ctxRequest: number;
  readonly ctxResponse: number;
  readonly ctxConn: number;
  readonly requestHeader: number;
  readonly requestIsTls: number;
  readonly headerMethod: number;
  readonly headerUri: number;
  readonly headerHost: number;
  readonly headerNoHttp11: number;
  readonly headerFields: number;
  readonly responseHeader: number;
  readonly responseStatus: number;
  readonly fiber2Route: number;
  readonly fiber2Path: number;
  readonly fiber2Use: number;
  readonly fiber3Route: number;
  readonly fiber3Path: number;
  readonly fiber3Use: number;
}

/** `struct http_client_layout`, 32 bytes. */
export interface HttpClientLayout {
  /** 0: unknown */
  readonly skipAltProtocol: number;
  readonly replyStatusCode: number;
  readonly replyProtoMajor: number;
  readonly replyProtoMinor: number;
  readonly connConn: number;
  readonly requestContext: number;
  readonly h2StreamId: number;
  readonly h2StreamConn: number;
  readonly h2ConnConn: number;
  readonly xnetStreamId: number;
  readonly xnetStreamConn: number;
  readonly xnetConnConn: number;
}

/** `struct db_layout`, 216 bytes. */
export interface DbLayout {
  readonly wrapErrorType: number;
  readonly pgxPrepareErrorType: number;
  readonly pgxTimeoutType: number;
  readonly pgxAlreadyDoneType: number;
  readonly dsnConnectorType: number;
  readonly pgxConnType: number;
  readonly pgxConnectorType: number;
  readonly pgxOpenConnectorType: number;
  readonly pgxErrorType: number;
  readonly pqConnType: number;
  readonly pqDriverType: number;
  readonly pqConnectorType: number;
  readonly pqErrorType: number;
  readonly mysqlConnType: number;
  readonly mysqlConnectorType: number;
  readonly mysqlErrorType: number;
  readonly sqliteConnType: number;
  readonly sqliteDriverType: number;
  readonly sqliteErrorType: number;
  readonly dbConnector: number;
  readonly dbNumOpen: number;
  readonly dbMaxOpen: number;
  readonly dbFreeConn: number;
  readonly stmtDb: number;
  readonly stmtQuery: number;
  readonly rowsDc: number;
  readonly txDc: number;
  readonly connDc: number;
  readonly driverConnCi: number;
  readonly dsnConnectorDriver: number;
  readonly wrapErrorErr: number;
  readonly pgxPrepareErrorErr: number;
  readonly pgxTimeoutErr: number;
  readonly pgxAlreadyDoneErr: number;
  readonly pgxConnConn: number;
  readonly pgxConnConfig: number;
  readonly pgxConfigConfig: number;
  readonly pgxConfigDatabase: number;
  readonly pgxInnerPgConn: number;
  readonly pgxPgConnConn: number;
  readonly pgxErrorCode: number;
  readonly pqConnC: number;
  readonly pqConnConfig: number;
  readonly pqConfigDatabase: number;
  readonly pqErrorCode: number;
  readonly mysqlConnNet: number;
  readonly mysqlConnConfig: number;
  readonly mysqlConfigDatabase: number;
  readonly mysqlErrorNumber: number;
  readonly sqliteErrorCode: number;
}

/** `struct grpc_layout`, 8 bytes. */
export interface GrpcLayout {
  readonly statusS: number;
  readonly statusCode: number;
  readonly statusMessage: number;
}

/** `struct grpc_server_layout`, 40 bytes. */
export interface GrpcServerLayout {
  /** 0: no metadata is read */
  readonly incomingKeyType: number;
  readonly http2TransportType: number;
  readonly tcpAddrType: number;
  readonly streamId: number;
  readonly streamCtx: number;
  readonly streamMethod: number;
  /** what stands behind the Stream in it, or (gRPC 1.69 to 1.76) behind a pointer to that */
  readonly serverStreamSt: number;
  readonly transportConn: number;
  /** begins with the address */
  readonly transportPeer: number;
  readonly tcpAddrIp: number;
  readonly tcpAddrPort: number;
}

/** `struct grpc_client_layout`, 48 bytes. */
export interface GrpcClientLayout {
  /** 0: which calls are unary is not known */
  readonly invokeReturn: number;
  readonly statusErrorType: number;
  readonly deadlineErrorType: number;
  readonly streamCallHdr: number;
  readonly streamCc: number;
  readonly streamDesc: number;
  readonly streamAttempt: number;
  readonly callHdrMethod: number;
  readonly connTarget: number;
  readonly descServerStreams: number;
  readonly descClientStreams: number;
  readonly errorS: number;
  readonly transportConn: number;
  readonly transportStreams: number;
  readonly streamCtx: number;
}

/** `struct pgx_layout`, 24 bytes. */
export interface PgxLayout {
  readonly connConfig: number;
  readonly rowsErr: number;
  readonly rowsReader: number;
  readonly readerErr: number;
  readonly batchQueries: number;
  readonly queuedSql: number;
  readonly resultsErr: number;
  readonly pipelineResultsErr: number;
  readonly weightedSize: number;
  readonly weightedCur: number;
}

/** `struct redis_layout`, 32 bytes. */
export interface RedisLayout {
  readonly singlePoolType: number;
  readonly clientOpt: number;
  readonly clientPool: number;
  readonly optionsAddr: number;
  readonly optionsDb: number;
  readonly optionsRetries: number;
  readonly cmdArgs: number;
  readonly connNet: number;
  readonly connAtomic: number;
  readonly atomicNet: number;
}

/** `struct runtime_layout`, 20 bytes. */
export interface RuntimeLayout {
  readonly gStack: number;
  readonly gPanic: number;
  readonly gM: number;
  readonly gGoid: number;
  readonly gParentGoid: number;
  readonly gStartpc: number;
  readonly mCurg: number;
}

/** `struct http_request_layout`, 28 bytes. */
export interface HttpRequestLayout {
  readonly method: number;
  readonly url: number;
  readonly protoMajor: number;
  readonly protoMinor: number;
  readonly header: number;
  readonly host: number;
  readonly remoteAddr: number;
  readonly tls: number;
  readonly pattern: number;
  readonly urlScheme: number;
  readonly urlHost: number;
  readonly urlPath: number;
  readonly urlRawPath: number;
  readonly urlRawQuery: number;
}

/** `struct time_layout`, 64 bytes. */
export interface TimeLayout {
  readonly semacquire: number;
  readonly semacquireMutex: number;
  readonly semacquireFd: number;
  readonly gSchedlink: number;
  readonly gStatus: number;
  readonly gWaitReason: number;
  readonly gCoroarg: number;
  readonly coroGp: number;
  readonly mP: number;
  readonly pRunqhead: number;
  readonly pRunqtail: number;
  readonly hchanDataqsiz: number;
  readonly hchanBuf: number;
  readonly hchanElemsize: number;
  readonly hchanRecvx: number;
  readonly sudogG: number;
  readonly sudogElem: number;
  readonly pollDescFd: number;
  readonly pollDescRg: number;
  readonly pollDescSelf: number;
}

/** `struct stack_layout`, 8 bytes. */
export interface StackLayout {
  readonly gSched: number;
  readonly gobufPc: number;
  readonly gobufBp: number;
}

/** `struct sdk_layout`, 48 bytes. */
export interface SdkLayout {
  /** 0: it has no SDK, or that is not to be joined */
  readonly spanType: number;
  readonly unsampledType: number;
  readonly delegateStart: number;
  readonly delegateEnd: number;
  readonly spanContext: number;
  readonly spanParent: number;
  readonly spanKind: number;
  readonly spanEndTime: number;
  readonly unsampledContext: number;
  readonly contextTraceId: number;
  readonly contextSpanId: number;
  readonly contextFlags: number;
}

/** `struct target_row`, 856 bytes. */
export interface TargetRow {
  /** 0: the slot is empty */
  readonly targetId: number;
  readonly tgid: number;
  /** bits of enum target_flag */
  readonly flags: number;
  /** its slot, plus 1, while it is watched when the world is stopped; 0: it is not */
  readonly stopsSlot: number;
  /** added to link-time addresses; not with TARGET_UNLOCATED */
  readonly loadBias: bigint;
  /** link-time address at which the code begins */
  readonly codeStart: number;
  /** … and behind which there is none */
  readonly codeEnd: number;
  /** since then goroutines' time is watched; 0: it is not */
  readonly timeSinceKtimeNs: Ktime;
  /** since then the slow ways to memory are watched; 0: they are not */
  readonly allocsSinceKtimeNs: Ktime;
  readonly net: NetLayout;
  readonly httpServer: HttpServerLayout;
  readonly httpRouter: HttpRouterLayout;
  readonly httpFiber: HttpFiberLayout;
  readonly httpClient: HttpClientLayout;
  readonly db: DbLayout;
  readonly grpc: GrpcLayout;
  readonly grpcServer: GrpcServerLayout;
  readonly grpcClient: GrpcClientLayout;
  readonly pgx: PgxLayout;
  readonly redis: RedisLayout;
  readonly runtime: RuntimeLayout;
  readonly httpRequest: HttpRequestLayout;
  readonly time: TimeLayout;
  readonly stack: StackLayout;
  readonly sdk: SdkLayout;
  /** link-time address of how many goroutines are in the global queue; 0: not known */
  readonly schedRunqsize: number;
  /** from the thread pointer to where the running g stands; 0: not known */
  readonly gTlsOffset: number;
  /** by the runtime's number of a wait reason: one of enum time_use, or TIME_BY_CALLER */
  readonly timeByReason: Uint8Array;
}

export const TARGET_ROW_BYTES = 856;

/** The bytes of a `struct target_row`. */
export function writeTargetRow(value: TargetRow): Uint8Array {
  const bytes = new Uint8Array(TARGET_ROW_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, value.targetId, true);
  view.setUint32(4, value.tgid, true);
  view.setUint32(8, value.flags, true);
  view.setUint32(12, value.stopsSlot, true);
  view.setBigUint64(16, value.loadBias, true);
  view.setBigUint64(24, BigInt(value.codeStart), true);
  view.setBigUint64(32, BigInt(value.codeEnd), true);
  view.setBigUint64(40, ktimeNs(value.timeSinceKtimeNs), true);
  view.setBigUint64(48, ktimeNs(value.allocsSinceKtimeNs), true);
  view.setBigUint64(56, BigInt(value.net.tcpConnType), true);
  view.setBigUint64(64, BigInt(value.net.unixConnType), true);
  view.setUint16(72, value.net.connFd, true);
  view.setUint16(74, value.net.fdPfd, true);
  view.setUint16(76, value.net.pollFdSysfd, true);
  view.setBigUint64(80, BigInt(value.httpServer.backgroundReadEntry), true);
  view.setUint16(88, value.httpServer.responseStatus, true);
  view.setUint16(90, value.httpServer.responseWritten, true);
  view.setUint16(92, value.httpServer.responseContentLength, true);
  view.setUint16(94, value.httpServer.responseConn, true);
  view.setUint16(96, value.httpServer.responseClientGone, true);
  view.setUint16(98, value.httpServer.connRwc, true);
  view.setUint16(100, value.httpServer.connWriteError, true);
  view.setUint16(102, value.httpServer.h2WriterRws, true);
  view.setUint16(104, value.httpServer.h2StateStream, true);
  view.setUint16(106, value.httpServer.h2StateStatus, true);
  view.setUint16(108, value.httpServer.h2StateWroteBytes, true);
  view.setUint16(110, value.httpServer.h2StreamCloseErr, true);
  view.setUint16(112, value.httpServer.xnetWriterRws, true);
  view.setUint16(114, value.httpServer.xnetStateStream, true);
  view.setUint16(116, value.httpServer.xnetStateStatus, true);
  view.setUint16(118, value.httpServer.xnetStateWroteBytes, true);
  view.setUint16(120, value.httpServer.xnetStreamCloseErr, true);
  view.setUint16(122, value.httpServer.h2StreamId, true);
  view.setUint16(124, value.httpServer.h2StreamSc, true);
  view.setUint16(126, value.httpServer.xnetStreamSc, true);
  view.setUint16(128, value.httpServer.xnetScConn, true);
  view.setUint16(130, value.httpServer.h2ScConn, true);
  view.setUint16(132, value.httpServer.xnetStreamId, true);
  view.setUint16(136, value.httpRouter.ginRequest, true);
  view.setUint16(138, value.httpRouter.ginFullPath, true);
  view.setUint16(140, value.httpRouter.echo4Request, true);
  view.setUint16(142, value.httpRouter.echo4Path, true);
  view.setUint16(144, value.httpRouter.echo5Request, true);
  view.setUint16(146, value.httpRouter.echo5Route, true);
  view.setUint16(148, value.httpRouter.echo5RoutePath, true);
  view.setUint16(150, value.httpRouter.chiMethod, true);
  view.setUint16(152, value.httpRouter.chiPattern, true);
  view.setUint16(154, value.httpRouter.chiPatterns, true);
  view.setUint16(156, value.httpRouter.muxRouteConf, true);
  view.setUint16(158, value.httpRouter.muxConfRegexp, true);
  view.setUint16(160, value.httpRouter.muxRegexpPath, true);
  view.setUint16(162, value.httpRouter.muxPathTemplate, true);
  view.setUint16(168, value.httpFiber.ctxRequest, true);
  view.setUint16(170, value.httpFiber.ctxResponse, true);
  view.setUint16(172, value.httpFiber.ctxConn, true);
  view.setUint16(174, value.httpFiber.requestHeader, true);
  view.setUint16(176, value.httpFiber.requestIsTls, true);
  view.setUint16(178, value.httpFiber.headerMethod, true);
  view.setUint16(180, value.httpFiber.headerUri, true);
  view.setUint16(182, value.httpFiber.headerHost, true);
  view.setUint16(184, value.httpFiber.headerNoHttp11, true);
  view.setUint16(186, value.httpFiber.headerFields, true);
  view.setUint16(188, value.httpFiber.responseHeader, true);
  view.setUint16(190, value.httpFiber.responseStatus, true);
  view.setUint16(192, value.httpFiber.fiber2Route, true);
  view.setUint16(194, value.httpFiber.fiber2Path, true);
  view.setUint16(196, value.httpFiber.fiber2Use, true);
  view.setUint16(198, value.httpFiber.fiber3Route, true);
  view.setUint16(200, value.httpFiber.fiber3Path, true);
  view.setUint16(202, value.httpFiber.fiber3Use, true);
  view.setBigUint64(208, BigInt(value.httpClient.skipAltProtocol), true);
  view.setUint16(216, value.httpClient.replyStatusCode, true);
  view.setUint16(218, value.httpClient.replyProtoMajor, true);
  view.setUint16(220, value.httpClient.replyProtoMinor, true);
  view.setUint16(222, value.httpClient.connConn, true);
  view.setUint16(224, value.httpClient.requestContext, true);
  view.setUint16(226, value.httpClient.h2StreamId, true);
  view.setUint16(228, value.httpClient.h2StreamConn, true);
  view.setUint16(230, value.httpClient.h2ConnConn, true);
  view.setUint16(232, value.httpClient.xnetStreamId, true);
  view.setUint16(234, value.httpClient.xnetStreamConn, true);
  view.setUint16(236, value.httpClient.xnetConnConn, true);
  view.setBigUint64(240, BigInt(value.db.wrapErrorType), true);
  view.setBigUint64(248, BigInt(value.db.pgxPrepareErrorType), true);
  view.setBigUint64(256, BigInt(value.db.pgxTimeoutType), true);
  view.setBigUint64(264, BigInt(value.db.pgxAlreadyDoneType), true);
  view.setBigUint64(272, BigInt(value.db.dsnConnectorType), true);
  view.setBigUint64(280, BigInt(value.db.pgxConnType), true);
  view.setBigUint64(288, BigInt(value.db.pgxConnectorType), true);
  view.setBigUint64(296, BigInt(value.db.pgxOpenConnectorType), true);
  view.setBigUint64(304, BigInt(value.db.pgxErrorType), true);
  view.setBigUint64(312, BigInt(value.db.pqConnType), true);
  view.setBigUint64(320, BigInt(value.db.pqDriverType), true);
  view.setBigUint64(328, BigInt(value.db.pqConnectorType), true);
  view.setBigUint64(336, BigInt(value.db.pqErrorType), true);
  view.setBigUint64(344, BigInt(value.db.mysqlConnType), true);
  view.setBigUint64(352, BigInt(value.db.mysqlConnectorType), true);
  view.setBigUint64(360, BigInt(value.db.mysqlErrorType), true);
  view.setBigUint64(368, BigInt(value.db.sqliteConnType), true);
  view.setBigUint64(376, BigInt(value.db.sqliteDriverType), true);
  view.setBigUint64(384, BigInt(value.db.sqliteErrorType), true);
  view.setUint16(392, value.db.dbConnector, true);
  view.setUint16(394, value.db.dbNumOpen, true);
  view.setUint16(396, value.db.dbMaxOpen, true);
  view.setUint16(398, value.db.dbFreeConn, true);
  view.setUint16(400, value.db.stmtDb, true);
  view.setUint16(402, value.db.stmtQuery, true);
  view.setUint16(404, value.db.rowsDc, true);
  view.setUint16(406, value.db.txDc, true);
  view.setUint16(408, value.db.connDc, true);
  view.setUint16(410, value.db.driverConnCi, true);
  view.setUint16(412, value.db.dsnConnectorDriver, true);
  view.setUint16(414, value.db.wrapErrorErr, true);
  view.setUint16(416, value.db.pgxPrepareErrorErr, true);
  view.setUint16(418, value.db.pgxTimeoutErr, true);
  view.setUint16(420, value.db.pgxAlreadyDoneErr, true);
  view.setUint16(422, value.db.pgxConnConn, true);
  view.setUint16(424, value.db.pgxConnConfig, true);
  view.setUint16(426, value.db.pgxConfigConfig, true);
  view.setUint16(428, value.db.pgxConfigDatabase, true);
  view.setUint16(430, value.db.pgxInnerPgConn, true);
  view.setUint16(432, value.db.pgxPgConnConn, true);
  view.setUint16(434, value.db.pgxErrorCode, true);
  view.setUint16(436, value.db.pqConnC, true);
  view.setUint16(438, value.db.pqConnConfig, true);
  view.setUint16(440, value.db.pqConfigDatabase, true);
  view.setUint16(442, value.db.pqErrorCode, true);
  view.setUint16(444, value.db.mysqlConnNet, true);
  view.setUint16(446, value.db.mysqlConnConfig, true);
  view.setUint16(448, value.db.mysqlConfigDatabase, true);
  view.setUint16(450, value.db.mysqlErrorNumber, true);
  view.setUint16(452, value.db.sqliteErrorCode, true);
  view.setUint16(456, value.grpc.statusS, true);
  view.setUint16(458, value.grpc.statusCode, true);
  view.setUint16(460, value.grpc.statusMessage, true);
  view.setBigUint64(464, BigInt(value.grpcServer.incomingKeyType), true);
  view.setBigUint64(472, BigInt(value.grpcServer.http2TransportType), true);
  view.setBigUint64(480, BigInt(value.grpcServer.tcpAddrType), true);
  view.setUint16(488, value.grpcServer.streamId, true);
  view.setUint16(490, value.grpcServer.streamCtx, true);
  view.setUint16(492, value.grpcServer.streamMethod, true);
  view.setUint16(494, value.grpcServer.serverStreamSt, true);
  view.setUint16(496, value.grpcServer.transportConn, true);
  view.setUint16(498, value.grpcServer.transportPeer, true);
  view.setUint16(500, value.grpcServer.tcpAddrIp, true);
  view.setUint16(502, value.grpcServer.tcpAddrPort, true);
  view.setBigUint64(504, BigInt(value.grpcClient.invokeReturn), true);
  view.setBigUint64(512, BigInt(value.grpcClient.statusErrorType), true);
  view.setBigUint64(520, BigInt(value.grpcClient.deadlineErrorType), true);
  view.setUint16(528, value.grpcClient.streamCallHdr, true);
  view.setUint16(530, value.grpcClient.streamCc, true);
  view.setUint16(532, value.grpcClient.streamDesc, true);
  view.setUint16(534, value.grpcClient.streamAttempt, true);
  view.setUint16(536, value.grpcClient.callHdrMethod, true);
  view.setUint16(538, value.grpcClient.connTarget, true);
  view.setUint16(540, value.grpcClient.descServerStreams, true);
  view.setUint16(542, value.grpcClient.descClientStreams, true);
  view.setUint16(544, value.grpcClient.errorS, true);
  view.setUint16(546, value.grpcClient.transportConn, true);
  view.setUint16(548, value.grpcClient.transportStreams, true);
  view.setUint16(550, value.grpcClient.streamCtx, true);
  view.setUint16(552, value.pgx.connConfig, true);
  view.setUint16(554, value.pgx.rowsErr, true);
  view.setUint16(556, value.pgx.rowsReader, true);
  view.setUint16(558, value.pgx.readerErr, true);
  view.setUint16(560, value.pgx.batchQueries, true);
  view.setUint16(562, value.pgx.queuedSql, true);
  view.setUint16(564, value.pgx.resultsErr, true);
  view.setUint16(566, value.pgx.pipelineResultsErr, true);
  view.setUint16(568, value.pgx.weightedSize, true);
  view.setUint16(570, value.pgx.weightedCur, true);
  view.setBigUint64(576, BigInt(value.redis.singlePoolType), true);
  view.setUint16(584, value.redis.clientOpt, true);
  view.setUint16(586, value.redis.clientPool, true);
  view.setUint16(588, value.redis.optionsAddr, true);
  view.setUint16(590, value.redis.optionsDb, true);
  view.setUint16(592, value.redis.optionsRetries, true);
  view.setUint16(594, value.redis.cmdArgs, true);
  view.setUint16(596, value.redis.connNet, true);
  view.setUint16(598, value.redis.connAtomic, true);
  view.setUint16(600, value.redis.atomicNet, true);
  view.setUint16(608, value.runtime.gStack, true);
  view.setUint16(610, value.runtime.gPanic, true);
  view.setUint16(612, value.runtime.gM, true);
  view.setUint16(614, value.runtime.gGoid, true);
  view.setUint16(616, value.runtime.gParentGoid, true);
  view.setUint16(618, value.runtime.gStartpc, true);
  view.setUint16(620, value.runtime.mCurg, true);
  view.setUint16(628, value.httpRequest.method, true);
  view.setUint16(630, value.httpRequest.url, true);
  view.setUint16(632, value.httpRequest.protoMajor, true);
  view.setUint16(634, value.httpRequest.protoMinor, true);
  view.setUint16(636, value.httpRequest.header, true);
  view.setUint16(638, value.httpRequest.host, true);
  view.setUint16(640, value.httpRequest.remoteAddr, true);
  view.setUint16(642, value.httpRequest.tls, true);
  view.setUint16(644, value.httpRequest.pattern, true);
  view.setUint16(646, value.httpRequest.urlScheme, true);
  view.setUint16(648, value.httpRequest.urlHost, true);
  view.setUint16(650, value.httpRequest.urlPath, true);
  view.setUint16(652, value.httpRequest.urlRawPath, true);
  view.setUint16(654, value.httpRequest.urlRawQuery, true);
  view.setBigUint64(656, BigInt(value.time.semacquire), true);
  view.setBigUint64(664, BigInt(value.time.semacquireMutex), true);
  view.setBigUint64(672, BigInt(value.time.semacquireFd), true);
  view.setUint16(680, value.time.gSchedlink, true);
  view.setUint16(682, value.time.gStatus, true);
  view.setUint16(684, value.time.gWaitReason, true);
  view.setUint16(686, value.time.gCoroarg, true);
  view.setUint16(688, value.time.coroGp, true);
  view.setUint16(690, value.time.mP, true);
  view.setUint16(692, value.time.pRunqhead, true);
  view.setUint16(694, value.time.pRunqtail, true);
  view.setUint16(696, value.time.hchanDataqsiz, true);
  view.setUint16(698, value.time.hchanBuf, true);
  view.setUint16(700, value.time.hchanElemsize, true);
  view.setUint16(702, value.time.hchanRecvx, true);
  view.setUint16(704, value.time.sudogG, true);
  view.setUint16(706, value.time.sudogElem, true);
  view.setUint16(708, value.time.pollDescFd, true);
  view.setUint16(710, value.time.pollDescRg, true);
  view.setUint16(712, value.time.pollDescSelf, true);
  view.setUint16(720, value.stack.gSched, true);
  view.setUint16(722, value.stack.gobufPc, true);
  view.setUint16(724, value.stack.gobufBp, true);
  view.setBigUint64(728, BigInt(value.sdk.spanType), true);
  view.setBigUint64(736, BigInt(value.sdk.unsampledType), true);
  view.setBigUint64(744, BigInt(value.sdk.delegateStart), true);
  view.setBigUint64(752, BigInt(value.sdk.delegateEnd), true);
  view.setUint16(760, value.sdk.spanContext, true);
  view.setUint16(762, value.sdk.spanParent, true);
  view.setUint16(764, value.sdk.spanKind, true);
  view.setUint16(766, value.sdk.spanEndTime, true);
  view.setUint16(768, value.sdk.unsampledContext, true);
  view.setUint16(770, value.sdk.contextTraceId, true);
  view.setUint16(772, value.sdk.contextSpanId, true);
  view.setUint16(774, value.sdk.contextFlags, true);
  view.setBigUint64(776, BigInt(value.schedRunqsize), true);
  view.setBigInt64(784, BigInt(value.gTlsOffset), true);
  bytes.set(value.timeByReason, 792);
  return bytes;
}

/** `struct settings`, 48 bytes. */
export interface Settings {
  /** a new trace is sampled if the last 56 bits of its id are not below this */
  readonly samplerRejectBelow: bigint;
  /** 1: the sampled flag of a remote parent decides */
  readonly samplerParentBased: number;
  /** 1: report every exec on the host, 0: only those of targets */
  readonly followExec: number;
  /** a wait within a span is a span of its own if it lasts as long; 0: none is */
  readonly waitMinNs: number;
  /** a processor is looked at so often; 0: never */
  readonly samplePeriodNs: number;
  /** 1: spans that are not sampled are told all the same, to be counted */
  readonly countsUnsampled: number;
  /** 1: calls of gRPC's own services, health and reflection, are traced as any others */
  readonly grpcHealth: number;
  /** 1: the arguments of commands to Redis are told; 0: they stay in the program */
  readonly tellsArguments: number;
}

export const SETTINGS_BYTES = 48;

/** The bytes of a `struct settings`. */
export function writeSettings(value: Settings): Uint8Array {
  const bytes = new Uint8Array(SETTINGS_BYTES);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, value.samplerRejectBelow, true);
  view.setUint32(8, value.samplerParentBased, true);
  view.setUint32(12, value.followExec, true);
  view.setBigUint64(16, BigInt(value.waitMinNs), true);
  view.setBigUint64(24, BigInt(value.samplePeriodNs), true);
  view.setUint32(32, value.countsUnsampled, true);
  view.setUint32(36, value.grpcHealth, true);
  view.setUint32(40, value.tellsArguments, true);
  return bytes;
}

/**
 * What a member of the row tells of a Go program. `name` has alternatives parted by `|`; that of a field ends with `?` if
 * the program may lack it. Fields in the window are read as part of a block of GO_WINDOW_BYTES.
 */
export interface GoSource {
  readonly what: 'field' | 'function' | 'end' | 'return' | 'type' | 'variable';
  readonly name: string;
  readonly inWindow?: true;
  /** The function must call this one; of a return, the call that returns. */
  readonly calls?: string;
}

/** All of them, by the parts of TargetRow. */
export const rowSources = {
  net: {
    tcpConnType: { what: 'type', name: 'net.TCPConn' },
    unixConnType: { what: 'type', name: 'net.UnixConn' },
    connFd: { what: 'field', name: 'net.conn.fd?' },
    fdPfd: { what: 'field', name: 'net.netFD.pfd?' },
    pollFdSysfd: { what: 'field', name: 'internal/poll.FD.Sysfd?' },
  },
  httpServer: {
    backgroundReadEntry: {
      what: 'function',
      name: 'net/http.(*connReader).startBackgroundRead.gowrap2|net/http.(*connReader).startBackgroundRead.gowrap1|net/http.(*connReader).startBackgroundRead.func2|net/http.(*connReader).startBackgroundRead.func1',
      calls: 'net/http.(*connReader).backgroundRead',
    },
    responseStatus: { what: 'field', name: 'net/http.response.status', inWindow: true },
    responseWritten: { what: 'field', name: 'net/http.response.written', inWindow: true },
    responseContentLength: { what: 'field', name: 'net/http.response.contentLength', inWindow: true },
    responseConn: { what: 'field', name: 'net/http.response.conn?', inWindow: true },
    responseClientGone: {
      what: 'field',
      name: 'net/http.response.closeNotifyTriggered|net/http.response.didCloseNotify?',
      inWindow: true,
    },
    connRwc: { what: 'field', name: 'net/http.conn.rwc?' },
    connWriteError: { what: 'field', name: 'net/http.conn.werr?' },
    h2WriterRws: {
      what: 'field',
      name: 'net/http.http2responseWriter.rws|net/http/internal/http2.responseWriter.rws?',
    },
    h2StateStream: {
      what: 'field',
      name: 'net/http.http2responseWriterState.stream|net/http/internal/http2.responseWriterState.stream?',
    },
    h2StateStatus: {
      what: 'field',
      name: 'net/http.http2responseWriterState.status|net/http/internal/http2.responseWriterState.status?',
    },
    h2StateWroteBytes: {
      what: 'field',
      name: 'net/http.http2responseWriterState.wroteBytes|net/http/internal/http2.responseWriterState.wroteBytes?',
    },
    h2StreamCloseErr: {
      what: 'field',
      name: 'net/http.http2stream.closeErr|net/http/internal/http2.stream.closeErr?',
    },
    xnetWriterRws: { what: 'field', name: 'golang.org/x/net/http2.responseWriter.rws?' },
    xnetStateStream: { what: 'field', name: 'golang.org/x/net/http2.responseWriterState.stream?' },
    xnetStateStatus: { what: 'field', name: 'golang.org/x/net/http2.responseWriterState.status?' },
    xnetStateWroteBytes: { what: 'field', name: 'golang.org/x/net/http2.responseWriterState.wroteBytes?' },
    xnetStreamCloseErr: { what: 'field', name: 'golang.org/x/net/http2.stream.closeErr?' },
    h2StreamId: { what: 'field', name: 'net/http.http2stream.id|net/http/internal/http2.stream.id?' },
    h2StreamSc: { what: 'field', name: 'net/http.http2stream.sc|net/http/internal/http2.stream.sc?' },
    xnetStreamSc: { what: 'field', name: 'golang.org/x/net/http2.stream.sc?' },
    xnetScConn: { what: 'field', name: 'golang.org/x/net/http2.serverConn.conn?' },
    h2ScConn: {
      what: 'field',
      name: 'net/http.http2serverConn.conn|net/http/internal/http2.serverConn.conn?',
    },
    xnetStreamId: { what: 'field', name: 'golang.org/x/net/http2.stream.id?' },
  },
  httpRouter: {
    ginRequest: { what: 'field', name: 'github.com/gin-gonic/gin.Context.Request?' },
    ginFullPath: { what: 'field', name: 'github.com/gin-gonic/gin.Context.fullPath?' },
    echo4Request: { what: 'field', name: 'github.com/labstack/echo/v4.context.request?' },
    echo4Path: { what: 'field', name: 'github.com/labstack/echo/v4.context.path?' },
    echo5Request: { what: 'field', name: 'github.com/labstack/echo/v5.Context.request?' },
    echo5Route: { what: 'field', name: 'github.com/labstack/echo/v5.Context.route?' },
    echo5RoutePath: { what: 'field', name: 'github.com/labstack/echo/v5.RouteInfo.Path?' },
    chiMethod: { what: 'field', name: 'github.com/go-chi/chi/v5.Context.RouteMethod?' },
    chiPattern: { what: 'field', name: 'github.com/go-chi/chi/v5.Context.routePattern?' },
    chiPatterns: { what: 'field', name: 'github.com/go-chi/chi/v5.Context.RoutePatterns?' },
    muxRouteConf: { what: 'field', name: 'github.com/gorilla/mux.Route.routeConf?' },
    muxConfRegexp: { what: 'field', name: 'github.com/gorilla/mux.routeConf.regexp?' },
    muxRegexpPath: { what: 'field', name: 'github.com/gorilla/mux.routeRegexpGroup.path?' },
    muxPathTemplate: { what: 'field', name: 'github.com/gorilla/mux.routeRegexp.template?' },
  },
  httpFiber: {
    ctxRequest: { what: 'field', name: 'github.com/valyala/fasthttp.RequestCtx.Request' },
    ctxResponse: { what: 'field', name: 'github.com/valyala/fasthttp.RequestCtx.Response' },
    ctxConn: { what: 'field', name: 'github.com/valyala/fasthttp.RequestCtx.c?' },
    requestHeader: { what: 'field', name: 'github.com/valyala/fasthttp.Request.Header' },
    requestIsTls: { what: 'field', name: 'github.com/valyala/fasthttp.Request.isTLS?' },
    headerMethod: { what: 'field', name: 'github.com/valyala/fasthttp.RequestHeader.method' },
    headerUri: { what: 'field', name: 'github.com/valyala/fasthttp.RequestHeader.requestURI' },
    headerHost: { what: 'field', name: 'github.com/valyala/fasthttp.RequestHeader.host' },
    headerNoHttp11: {
      what: 'field',
      name: 'github.com/valyala/fasthttp.RequestHeader.noHTTP11|github.com/valyala/fasthttp.header.noHTTP11?',
    },
    headerFields: {
      what: 'field',
      name: 'github.com/valyala/fasthttp.RequestHeader.h|github.com/valyala/fasthttp.header.h',
    },
    responseHeader: { what: 'field', name: 'github.com/valyala/fasthttp.Response.Header' },
    responseStatus: { what: 'field', name: 'github.com/valyala/fasthttp.ResponseHeader.statusCode' },
    fiber2Route: { what: 'field', name: 'github.com/gofiber/fiber/v2.Ctx.route?' },
    fiber2Path: { what: 'field', name: 'github.com/gofiber/fiber/v2.Route.Path?' },
    fiber2Use: { what: 'field', name: 'github.com/gofiber/fiber/v2.Route.use?' },
    fiber3Route: { what: 'field', name: 'github.com/gofiber/fiber/v3.DefaultCtx.route?' },
    fiber3Path: { what: 'field', name: 'github.com/gofiber/fiber/v3.Route.Path?' },
    fiber3Use: { what: 'field', name: 'github.com/gofiber/fiber/v3.Route.use?' },
  },
  httpClient: {
    skipAltProtocol: { what: 'variable', name: 'net/http.ErrSkipAltProtocol' },
    replyStatusCode: { what: 'field', name: 'net/http.Response.StatusCode' },
    replyProtoMajor: { what: 'field', name: 'net/http.Response.ProtoMajor' },
    replyProtoMinor: { what: 'field', name: 'net/http.Response.ProtoMinor' },
    connConn: { what: 'field', name: 'net/http.persistConn.conn?' },
    requestContext: { what: 'field', name: 'net/http.Request.ctx' },
    h2StreamId: {
      what: 'field',
      name: 'net/http.http2clientStream.ID|net/http/internal/http2.clientStream.ID?',
    },
    h2StreamConn: {
      what: 'field',
      name: 'net/http.http2clientStream.cc|net/http/internal/http2.clientStream.cc?',
    },
    h2ConnConn: {
      what: 'field',
      name: 'net/http.http2ClientConn.tconn|net/http/internal/http2.ClientConn.tconn?',
    },
    xnetStreamId: { what: 'field', name: 'golang.org/x/net/http2.clientStream.ID?' },
    xnetStreamConn: { what: 'field', name: 'golang.org/x/net/http2.clientStream.cc?' },
    xnetConnConn: { what: 'field', name: 'golang.org/x/net/http2.ClientConn.tconn?' },
  },
  db: {
    wrapErrorType: { what: 'type', name: 'fmt.wrapError' },
    pgxPrepareErrorType: { what: 'type', name: 'github.com/jackc/pgx/v5/pgconn.PrepareError' },
    pgxTimeoutType: { what: 'type', name: 'github.com/jackc/pgx/v5/pgconn.errTimeout' },
    pgxAlreadyDoneType: { what: 'type', name: 'github.com/jackc/pgx/v5/pgconn.contextAlreadyDoneError' },
    dsnConnectorType: { what: 'type', name: 'database/sql.dsnConnector' },
    pgxConnType: { what: 'type', name: 'github.com/jackc/pgx/v5/stdlib.Conn' },
    pgxConnectorType: { what: 'type', name: 'github.com/jackc/pgx/v5/stdlib.driverConnector' },
    pgxOpenConnectorType: { what: 'type', name: 'github.com/jackc/pgx/v5/stdlib.connector' },
    pgxErrorType: { what: 'type', name: 'github.com/jackc/pgx/v5/pgconn.PgError' },
    pqConnType: { what: 'type', name: 'github.com/lib/pq.conn' },
    pqDriverType: { what: 'type', name: 'github.com/lib/pq.Driver' },
    pqConnectorType: { what: 'type', name: 'github.com/lib/pq.Connector' },
    pqErrorType: { what: 'type', name: 'github.com/lib/pq.Error' },
    mysqlConnType: { what: 'type', name: 'github.com/go-sql-driver/mysql.mysqlConn' },
    mysqlConnectorType: { what: 'type', name: 'github.com/go-sql-driver/mysql.connector' },
    mysqlErrorType: { what: 'type', name: 'github.com/go-sql-driver/mysql.MySQLError' },
    sqliteConnType: { what: 'type', name: 'modernc.org/sqlite.conn' },
    sqliteDriverType: { what: 'type', name: 'modernc.org/sqlite.Driver' },
    sqliteErrorType: { what: 'type', name: 'modernc.org/sqlite.Error' },
    dbConnector: { what: 'field', name: 'database/sql.DB.connector?' },
    dbNumOpen: { what: 'field', name: 'database/sql.DB.numOpen?' },
    dbMaxOpen: { what: 'field', name: 'database/sql.DB.maxOpen?' },
    dbFreeConn: { what: 'field', name: 'database/sql.DB.freeConn?' },
    stmtDb: { what: 'field', name: 'database/sql.Stmt.db?' },
    stmtQuery: { what: 'field', name: 'database/sql.Stmt.query?' },
    rowsDc: { what: 'field', name: 'database/sql.Rows.dc?' },
    txDc: { what: 'field', name: 'database/sql.Tx.dc?' },
    connDc: { what: 'field', name: 'database/sql.Conn.dc?' },
    driverConnCi: { what: 'field', name: 'database/sql.driverConn.ci?' },
    dsnConnectorDriver: { what: 'field', name: 'database/sql.dsnConnector.driver?' },
    wrapErrorErr: { what: 'field', name: 'fmt.wrapError.err?' },
    pgxPrepareErrorErr: { what: 'field', name: 'github.com/jackc/pgx/v5/pgconn.PrepareError.err?' },
    pgxTimeoutErr: { what: 'field', name: 'github.com/jackc/pgx/v5/pgconn.errTimeout.err?' },
    pgxAlreadyDoneErr: { what: 'field', name: 'github.com/jackc/pgx/v5/pgconn.contextAlreadyDoneError.err?' },
    pgxConnConn: { what: 'field', name: 'github.com/jackc/pgx/v5/stdlib.Conn.conn?' },
    pgxConnConfig: { what: 'field', name: 'github.com/jackc/pgx/v5/stdlib.Conn.connConfig?' },
    pgxConfigConfig: { what: 'field', name: 'github.com/jackc/pgx/v5.ConnConfig.Config?' },
    pgxConfigDatabase: { what: 'field', name: 'github.com/jackc/pgx/v5/pgconn.Config.Database?' },
    pgxInnerPgConn: { what: 'field', name: 'github.com/jackc/pgx/v5.Conn.pgConn?' },
    pgxPgConnConn: { what: 'field', name: 'github.com/jackc/pgx/v5/pgconn.PgConn.conn?' },
    pgxErrorCode: { what: 'field', name: 'github.com/jackc/pgx/v5/pgconn.PgError.Code?' },
    pqConnC: { what: 'field', name: 'github.com/lib/pq.conn.c?' },
    pqConnConfig: { what: 'field', name: 'github.com/lib/pq.conn.cfg?' },
    pqConfigDatabase: { what: 'field', name: 'github.com/lib/pq.Config.Database?' },
    pqErrorCode: { what: 'field', name: 'github.com/lib/pq.Error.Code?' },
    mysqlConnNet: { what: 'field', name: 'github.com/go-sql-driver/mysql.mysqlConn.netConn?' },
    mysqlConnConfig: { what: 'field', name: 'github.com/go-sql-driver/mysql.mysqlConn.cfg?' },
    mysqlConfigDatabase: { what: 'field', name: 'github.com/go-sql-driver/mysql.Config.DBName?' },
    mysqlErrorNumber: { what: 'field', name: 'github.com/go-sql-driver/mysql.MySQLError.Number?' },
    sqliteErrorCode: { what: 'field', name: 'modernc.org/sqlite.Error.code?' },
  },
  grpc: {
    statusS: { what: 'field', name: 'google.golang.org/grpc/internal/status.Status.s' },
    statusCode: { what: 'field', name: 'google.golang.org/genproto/googleapis/rpc/status.Status.Code' },
    statusMessage: { what: 'field', name: 'google.golang.org/genproto/googleapis/rpc/status.Status.Message' },
  },
  grpcServer: {
    incomingKeyType: { what: 'type', name: 'google.golang.org/grpc/metadata.mdIncomingKey' },
    http2TransportType: { what: 'type', name: 'google.golang.org/grpc/internal/transport.http2Server' },
    tcpAddrType: { what: 'type', name: 'net.TCPAddr' },
    streamId: { what: 'field', name: 'google.golang.org/grpc/internal/transport.Stream.id' },
    streamCtx: { what: 'field', name: 'google.golang.org/grpc/internal/transport.Stream.ctx' },
    streamMethod: { what: 'field', name: 'google.golang.org/grpc/internal/transport.Stream.method' },
    serverStreamSt: { what: 'field', name: 'google.golang.org/grpc/internal/transport.ServerStream.st?' },
    transportConn: { what: 'field', name: 'google.golang.org/grpc/internal/transport.http2Server.conn' },
    transportPeer: {
      what: 'field',
      name: 'google.golang.org/grpc/internal/transport.http2Server.peer|google.golang.org/grpc/internal/transport.http2Server.remoteAddr',
    },
    tcpAddrIp: { what: 'field', name: 'net.TCPAddr.IP' },
    tcpAddrPort: { what: 'field', name: 'net.TCPAddr.Port' },
  },
  grpcClient: {
    invokeReturn: {
      what: 'return',
      name: 'google.golang.org/grpc.invoke',
      calls: 'google.golang.org/grpc.newClientStream',
    },
    statusErrorType: { what: 'type', name: 'google.golang.org/grpc/internal/status.Error' },
    deadlineErrorType: { what: 'type', name: 'context.deadlineExceededError' },
    streamCallHdr: { what: 'field', name: 'google.golang.org/grpc.clientStream.callHdr' },
    streamCc: { what: 'field', name: 'google.golang.org/grpc.clientStream.cc' },
    streamDesc: { what: 'field', name: 'google.golang.org/grpc.clientStream.desc' },
    streamAttempt: { what: 'field', name: 'google.golang.org/grpc.clientStream.attempt' },
    callHdrMethod: { what: 'field', name: 'google.golang.org/grpc/internal/transport.CallHdr.Method' },
    connTarget: { what: 'field', name: 'google.golang.org/grpc.ClientConn.target' },
    descServerStreams: { what: 'field', name: 'google.golang.org/grpc.StreamDesc.ServerStreams' },
    descClientStreams: { what: 'field', name: 'google.golang.org/grpc.StreamDesc.ClientStreams' },
    errorS: { what: 'field', name: 'google.golang.org/grpc/internal/status.Error.s' },
    transportConn: { what: 'field', name: 'google.golang.org/grpc/internal/transport.http2Client.conn' },
    transportStreams: {
      what: 'field',
      name: 'google.golang.org/grpc/internal/transport.http2Client.activeStreams',
    },
    streamCtx: { what: 'field', name: 'google.golang.org/grpc.clientStream.ctx' },
  },
  pgx: {
    connConfig: { what: 'field', name: 'github.com/jackc/pgx/v5.Conn.config?' },
    rowsErr: { what: 'field', name: 'github.com/jackc/pgx/v5.baseRows.err?' },
    rowsReader: { what: 'field', name: 'github.com/jackc/pgx/v5.baseRows.resultReader?' },
    readerErr: { what: 'field', name: 'github.com/jackc/pgx/v5/pgconn.ResultReader.err?' },
    batchQueries: { what: 'field', name: 'github.com/jackc/pgx/v5.Batch.QueuedQueries?' },
    queuedSql: { what: 'field', name: 'github.com/jackc/pgx/v5.QueuedQuery.SQL?' },
    resultsErr: { what: 'field', name: 'github.com/jackc/pgx/v5.batchResults.err?' },
    pipelineResultsErr: { what: 'field', name: 'github.com/jackc/pgx/v5.pipelineBatchResults.err?' },
    weightedSize: { what: 'field', name: 'golang.org/x/sync/semaphore.Weighted.size?' },
    weightedCur: { what: 'field', name: 'golang.org/x/sync/semaphore.Weighted.cur?' },
  },
  redis: {
    singlePoolType: { what: 'type', name: 'github.com/redis/go-redis/v9/internal/pool.SingleConnPool' },
    clientOpt: { what: 'field', name: 'github.com/redis/go-redis/v9.baseClient.opt?' },
    clientPool: { what: 'field', name: 'github.com/redis/go-redis/v9.baseClient.connPool?' },
    optionsAddr: { what: 'field', name: 'github.com/redis/go-redis/v9.Options.Addr?' },
    optionsDb: { what: 'field', name: 'github.com/redis/go-redis/v9.Options.DB?' },
    optionsRetries: { what: 'field', name: 'github.com/redis/go-redis/v9.Options.MaxRetries?' },
    cmdArgs: { what: 'field', name: 'github.com/redis/go-redis/v9.baseCmd.args?' },
    connNet: { what: 'field', name: 'github.com/redis/go-redis/v9/internal/pool.Conn.netConn?' },
    connAtomic: { what: 'field', name: 'github.com/redis/go-redis/v9/internal/pool.Conn.netConnAtomic?' },
    atomicNet: { what: 'field', name: 'github.com/redis/go-redis/v9/internal/pool.atomicNetConn.conn?' },
  },
  runtime: {
    gStack: { what: 'field', name: 'runtime.g.stack' },
    gPanic: { what: 'field', name: 'runtime.g._panic?' },
    gM: { what: 'field', name: 'runtime.g.m' },
    gGoid: { what: 'field', name: 'runtime.g.goid' },
    gParentGoid: { what: 'field', name: 'runtime.g.parentGoid?' },
    gStartpc: { what: 'field', name: 'runtime.g.startpc' },
    mCurg: { what: 'field', name: 'runtime.m.curg' },
  },
  httpRequest: {
    method: { what: 'field', name: 'net/http.Request.Method', inWindow: true },
    url: { what: 'field', name: 'net/http.Request.URL', inWindow: true },
    protoMajor: { what: 'field', name: 'net/http.Request.ProtoMajor', inWindow: true },
    protoMinor: { what: 'field', name: 'net/http.Request.ProtoMinor', inWindow: true },
    header: { what: 'field', name: 'net/http.Request.Header', inWindow: true },
    host: { what: 'field', name: 'net/http.Request.Host', inWindow: true },
    remoteAddr: { what: 'field', name: 'net/http.Request.RemoteAddr', inWindow: true },
    tls: { what: 'field', name: 'net/http.Request.TLS', inWindow: true },
    pattern: { what: 'field', name: 'net/http.Request.Pattern?' },
    urlScheme: { what: 'field', name: 'net/url.URL.Scheme', inWindow: true },
    urlHost: { what: 'field', name: 'net/url.URL.Host', inWindow: true },
    urlPath: { what: 'field', name: 'net/url.URL.Path', inWindow: true },
    urlRawPath: { what: 'field', name: 'net/url.URL.RawPath', inWindow: true },
    urlRawQuery: { what: 'field', name: 'net/url.URL.RawQuery', inWindow: true },
  },
  time: {
    semacquire: { what: 'return', name: 'sync.runtime_Semacquire', calls: 'runtime.semacquire1' },
    semacquireMutex: { what: 'return', name: 'sync.runtime_SemacquireMutex', calls: 'runtime.semacquire1' },
    semacquireFd: { what: 'return', name: 'internal/poll.runtime_Semacquire', calls: 'runtime.semacquire1' },
    gSchedlink: { what: 'field', name: 'runtime.g.schedlink' },
    gStatus: { what: 'field', name: 'runtime.g.atomicstatus' },
    gWaitReason: { what: 'field', name: 'runtime.g.waitreason' },
    gCoroarg: { what: 'field', name: 'runtime.g.coroarg?' },
    coroGp: { what: 'field', name: 'runtime.coro.gp?' },
    mP: { what: 'field', name: 'runtime.m.p?' },
    pRunqhead: { what: 'field', name: 'runtime.p.runqhead?' },
    pRunqtail: { what: 'field', name: 'runtime.p.runqtail?' },
    hchanDataqsiz: { what: 'field', name: 'runtime.hchan.dataqsiz' },
    hchanBuf: { what: 'field', name: 'runtime.hchan.buf' },
    hchanElemsize: { what: 'field', name: 'runtime.hchan.elemsize' },
    hchanRecvx: { what: 'field', name: 'runtime.hchan.recvx' },
    sudogG: { what: 'field', name: 'runtime.sudog.g' },
    sudogElem: { what: 'field', name: 'runtime.sudog.elem' },
    pollDescFd: { what: 'field', name: 'runtime.pollDesc.fd?' },
    pollDescRg: { what: 'field', name: 'runtime.pollDesc.rg?' },
    pollDescSelf: { what: 'field', name: 'runtime.pollDesc.self?' },
  },
  stack: {
    gSched: { what: 'field', name: 'runtime.g.sched' },
    gobufPc: { what: 'field', name: 'runtime.gobuf.pc' },
    gobufBp: { what: 'field', name: 'runtime.gobuf.bp' },
  },
  sdk: {
    spanType: { what: 'type', name: 'go.opentelemetry.io/otel/sdk/trace.recordingSpan' },
    unsampledType: { what: 'type', name: 'go.opentelemetry.io/otel/sdk/trace.nonRecordingSpan' },
    delegateStart: { what: 'function', name: 'go.opentelemetry.io/otel/internal/global.(*tracer).Start' },
    delegateEnd: { what: 'end', name: 'go.opentelemetry.io/otel/internal/global.(*tracer).Start' },
    spanContext: { what: 'field', name: 'go.opentelemetry.io/otel/sdk/trace.recordingSpan.spanContext?' },
    spanParent: { what: 'field', name: 'go.opentelemetry.io/otel/sdk/trace.recordingSpan.parent?' },
    spanKind: { what: 'field', name: 'go.opentelemetry.io/otel/sdk/trace.recordingSpan.spanKind?' },
    spanEndTime: { what: 'field', name: 'go.opentelemetry.io/otel/sdk/trace.recordingSpan.endTime?' },
    unsampledContext: { what: 'field', name: 'go.opentelemetry.io/otel/sdk/trace.nonRecordingSpan.sc?' },
    contextTraceId: { what: 'field', name: 'go.opentelemetry.io/otel/trace.SpanContext.traceID?' },
    contextSpanId: { what: 'field', name: 'go.opentelemetry.io/otel/trace.SpanContext.spanID?' },
    contextFlags: { what: 'field', name: 'go.opentelemetry.io/otel/trace.SpanContext.traceFlags?' },
  },
} as const satisfies Record<string, Record<string, GoSource>>;
