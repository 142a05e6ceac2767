/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* The spans of an OpenTelemetry SDK that the target has in it, and what is read of that SDK (go.opentelemetry.io/otel/sdk). */
#ifndef WIRE_SDK_H
#define WIRE_SDK_H

#include "go.h"
#include "types.h"

enum sdk_limit {
	SDK_DEPTH_LEFT = 0xffffffff,
	SDK_SPANS_MAX = 8, /* of one goroutine, begun one within the other */
};

/* As go.opentelemetry.io/otel/trace.SpanKind numbers them (trace/span.go, 1.24–1.47). */
enum sdk_kind {
	SDK_KIND_SERVER = 2,
	SDK_KIND_CLIENT = 3,
};

struct sdk_span {
	trace_id_t trace_id;
	span_id_t span_id;
	ktime_ns_t start_ktime_ns;
	uaddr_t addr DOC("of the *recordingSpan; 0: it is not sampled, so that nobody sees its end");
	uaddr_t begin_addr DOC("where it was begun, in a function that returns to …");
	uaddr_t return_addr;
	__u32 stack_depth DOC("bytes of stack down to where that address is; 0: it was begun on another goroutine; SDK_DEPTH_LEFT: the function has returned");
	__u32 kind DOC("one of enum sdk_kind, or another");
	__u32 trace_flags DOC("W3C trace flags");
	__u32 has_call DOC("1: a call of ours was made directly within it");
};

/* Those of a goroutine, the innermost last: the value of sdk_spans_by_g. */
struct sdk_spans {
	goid_t goid;
	__u32 count;
	__u32 reserved;
	struct sdk_span at[SDK_SPANS_MAX];
};

/* How the SDK of a target marks its spans in contexts, as it was first seen to do: the value of sdk_marks_by_slot. */
struct sdk_marks {
	__u32 target_id DOC("0: it has begun no span yet");
	__u32 reserved;
	uaddr_t key_type DOC("of the key");
	uaddr_t span_type DOC("of a pointer to a span that is recorded; 0: not known");
};

struct sdk_layout {
	uaddr_t span_type GO_TYPE("go.opentelemetry.io/otel/sdk/trace.recordingSpan") DOC("0: it has no SDK, or that is not to be joined");
	uaddr_t unsampled_type GO_TYPE("go.opentelemetry.io/otel/sdk/trace.nonRecordingSpan");
	uaddr_t delegate_start GO_FUNCTION("go.opentelemetry.io/otel/internal/global.(*tracer).Start");
	uaddr_t delegate_end GO_FUNCTION_END("go.opentelemetry.io/otel/internal/global.(*tracer).Start");
	go_offset_t span_context GO_FIELD("go.opentelemetry.io/otel/sdk/trace.recordingSpan.spanContext?");
	go_offset_t span_parent GO_FIELD("go.opentelemetry.io/otel/sdk/trace.recordingSpan.parent?");
	go_offset_t span_kind GO_FIELD("go.opentelemetry.io/otel/sdk/trace.recordingSpan.spanKind?");
	go_offset_t span_end_time GO_FIELD("go.opentelemetry.io/otel/sdk/trace.recordingSpan.endTime?");
	go_offset_t unsampled_context GO_FIELD("go.opentelemetry.io/otel/sdk/trace.nonRecordingSpan.sc?");
	go_offset_t context_trace_id GO_FIELD("go.opentelemetry.io/otel/trace.SpanContext.traceID?");
	go_offset_t context_span_id GO_FIELD("go.opentelemetry.io/otel/trace.SpanContext.spanID?");
	go_offset_t context_flags GO_FIELD("go.opentelemetry.io/otel/trace.SpanContext.traceFlags?");
};

#endif
