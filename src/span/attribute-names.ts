/**
 * Names of the attributes on our spans. Owns names only.
 * Those of the HTTP conventions are stable since semantic conventions 1.23; the others are marked.
 * Source: https://github.com/open-telemetry/semantic-conventions/tree/v1.45.0/docs/http
 */

export const HTTP_REQUEST_METHOD = 'http.request.method';
export const HTTP_REQUEST_METHOD_ORIGINAL = 'http.request.method_original';
export const HTTP_REQUEST_RESEND_COUNT = 'http.request.resend_count';
export const HTTP_RESPONSE_STATUS_CODE = 'http.response.status_code';
export const HTTP_ROUTE = 'http.route';
export const URL_SCHEME = 'url.scheme';
export const URL_PATH = 'url.path';
export const URL_QUERY = 'url.query';
export const URL_FULL = 'url.full';
export const SERVER_ADDRESS = 'server.address';
export const SERVER_PORT = 'server.port';
export const CLIENT_ADDRESS = 'client.address';
export const NETWORK_PEER_ADDRESS = 'network.peer.address';
export const NETWORK_PEER_PORT = 'network.peer.port';
export const NETWORK_PROTOCOL_VERSION = 'network.protocol.version';
export const ERROR_TYPE = 'error.type';

/** Stable since semantic conventions 1.33: where in the code a wait was. */
export const CODE_FUNCTION_NAME = 'code.function.name';
export const CODE_FILE_PATH = 'code.file.path';
export const CODE_LINE_NUMBER = 'code.line.number';
export const CODE_STACKTRACE = 'code.stacktrace';

/** In development in the conventions, where no stable name exists: bytes of body that the handler wrote. */
export const HTTP_RESPONSE_BODY_SIZE = 'http.response.body.size';
/** In development in the conventions: the OS thread on which the span ended. */
export const THREAD_ID = 'thread.id';

/** Ours: the goroutine that made the span. The conventions have no name for it. */
export const GOIDSPAN_GOID = 'goidspan.goid';
/** Ours: the goroutine that started it; absent when unknown. */
export const GOIDSPAN_PARENT_GOID = 'goidspan.parent_goid';
/** Ours: how the span ended, when not by returning: a `SpanEnding`. */
export const GOIDSPAN_SPAN_ENDING = 'goidspan.span.ending';
/** Ours: which strings of the request were cut to fit into the kernel's record. */
export const GOIDSPAN_CUT = 'goidspan.cut';
/** Ours, on links: why the span is linked instead of being a child. */
export const GOIDSPAN_LINK_REASON = 'goidspan.link.reason';
/** Ours: the parent is a span of an OpenTelemetry SDK in the target (`parent`), and about the same operation (`same`). */
export const GOIDSPAN_SDK = 'goidspan.sdk';
/** Ours, where traces are kept by how they ended: why this one is, `error`, `slow` or `ratio`. */
export const GOIDSPAN_KEPT = 'goidspan.kept';
/** Ours: where the time of the span went, as JSON: nanoseconds by what they were spent on, which add up to its duration. */
export const GOIDSPAN_BREAKDOWN = 'goidspan.breakdown';
/** Ours: on what most of it was spent. */
export const GOIDSPAN_WAIT_TOP = 'goidspan.wait.top';
/** Ours: the same on its critical path, with what others did that it waited for, as far as they worked for the span. */
export const GOIDSPAN_CRITICAL = 'goidspan.critical';
/** Ours: how deep the program was looked at, where that was not what was asked for: less to keep a budget, or deeper since a route was slow. */
export const GOIDSPAN_LEVEL = 'goidspan.level';
/** Ours, on a slow server span: why it was slow, in one sentence with its evidence. */
export const GOIDSPAN_VERDICT = 'goidspan.verdict';
/** Ours: the cause alone, one of a few. */
export const GOIDSPAN_VERDICT_CAUSE = 'goidspan.verdict.cause';
/** Ours: how much of the duration the cause explains, from 0 to 1. */
export const GOIDSPAN_VERDICT_SHARE = 'goidspan.verdict.share';
/** Ours: how much of the duration is known at all, from 0 to 1. */
export const GOIDSPAN_VERDICT_CONFIDENCE = 'goidspan.verdict.confidence';
/** Ours: `new` if nothing was served or asked for over the span's connection before, `reused` if something was; absent where that is not known. */
export const GOIDSPAN_CONNECTION_STATE = 'goidspan.connection.state';
/** Ours, of the first span on a connection: microseconds to find the address of its server, until it stood, and for the handshake of TLS. */
export const GOIDSPAN_CONNECTION_DNS_US = 'goidspan.connection.dns_us';
export const GOIDSPAN_CONNECTION_CONNECT_US = 'goidspan.connection.connect_us';
export const GOIDSPAN_CONNECTION_TLS_US = 'goidspan.connection.tls_us';
/** Ours: the smoothed round-trip time at the end of the span, as TCP has it. */
export const GOIDSPAN_CONNECTION_RTT_US = 'goidspan.connection.rtt_us';
/** Ours: segments that were sent again meanwhile; absent if none. */
export const GOIDSPAN_CONNECTION_RETRANSMITS = 'goidspan.connection.retransmits';
/** Ours: bytes on the wire, with TLS and headers, of a connection that nobody else used meanwhile; modulo 4 GiB. */
export const GOIDSPAN_CONNECTION_SENT_BYTES = 'goidspan.connection.sent_bytes';
export const GOIDSPAN_CONNECTION_RECEIVED_BYTES = 'goidspan.connection.received_bytes';
/** Ours: the processors on which the span began and ended. */
export const GOIDSPAN_CPU_START = 'goidspan.cpu.start';
export const GOIDSPAN_CPU_END = 'goidspan.cpu.end';
/** Ours: their NUMA nodes, on hosts with more than one. */
export const GOIDSPAN_NUMA_START = 'goidspan.numa.start';
export const GOIDSPAN_NUMA_END = 'goidspan.numa.end';
/** Ours: how often its goroutine went on on another processor; absent if never. */
export const GOIDSPAN_MIGRATIONS = 'goidspan.migrations';
/** Ours: nanoseconds of it in the slow ways to memory; absent if none. */
export const GOIDSPAN_ALLOC = 'goidspan.alloc';
/** Ours: what io_uring has completed for it while it was in the ring's system call; absent if nothing. */
export const GOIDSPAN_IO_URING_COMPLETIONS = 'goidspan.io_uring.completions';
/** Ours, on a wait: for what its goroutine waited, a key of the breakdown. */
export const GOIDSPAN_WAIT_FOR = 'goidspan.wait.for';
/** Ours, on a wait: the goroutine that has ended it. */
export const GOIDSPAN_WAIT_WAKER_GOID = 'goidspan.wait.waker.goid';
/** Ours, on a wait for a mutex: the goroutine that held it all the time, where that is certain. */
export const GOIDSPAN_WAIT_HOLDER_GOID = 'goidspan.wait.holder.goid';
/** Ours, on a wait: nanoseconds at its end, from when it was woken until it ran. */
export const GOIDSPAN_WAIT_RUNNABLE_NS = 'goidspan.wait.runnable_ns';
/** Ours: waits of the span that were long enough, but not among the longest. */
export const GOIDSPAN_WAITS_DROPPED = 'goidspan.waits.dropped';
/** Ours, on a wait for the network: the descriptor. */
export const GOIDSPAN_WAIT_FD = 'goidspan.wait.fd';
/** Ours, where the world was stopped: why, in the runtime's words. */
export const GOIDSPAN_STOP_REASON = 'goidspan.stop.reason';
/** Ours, likewise: the goroutine that had stopped it. */
export const GOIDSPAN_STOP_GOID = 'goidspan.stop.goid';
/** Ours, on a wait that is an event: nanoseconds. */
export const GOIDSPAN_WAIT_DURATION_NS = 'goidspan.wait.duration_ns';
