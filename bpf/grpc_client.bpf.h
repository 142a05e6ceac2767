/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Client spans of gRPC: one for each call, with all its attempts, from the first of them to where its result is known. A unary
 * call made by `Invoke` is a call on its goroutine's stack; a stream outlives the call that makes it.
 */
#ifndef GRPC_CLIENT_BPF_H
#define GRPC_CLIENT_BPF_H

#include "connection.bpf.h"
#include "grpc_status.bpf.h"
#include "lasting_call.bpf.h"
#include "stack.bpf.h"

#define FRAMES_TO_INVOKE 8 /* from that which makes an attempt up to `invoke`, at most */
#define FRAME_WORDS 16 /* that are looked at for the transport */

static __always_inline bool grpc_flag_at(uaddr_t at)
{
	__u8 value = 0;

	read_user(&value, sizeof(value), at);
	return value;
}

/*
 * The place on the stack that names the call in which the span ends: for a unary call that of `invoke`, which has called what
 * leads to `fp`; else that of what makes attempts, which stands until the stream is made.
 */
static __noinline uaddr_t grpc_call_slot(const struct target_row *target, uaddr_t fp, bool is_unary)
{
	uaddr_t invoke_return = target->grpc_client.invoke_return;
	struct caller_frame caller = { .frame_pointer = fp };

	if (!is_unary || !invoke_return)
		return 0;
	invoke_return = loaded_address(target, invoke_return);
	for (int i = 0; i < FRAMES_TO_INVOKE; i++) {
		if (!caller_read(&caller, caller.frame_pointer))
			return 0;
		if (caller.return_address == invoke_return)
			return caller.frame_pointer + 8;
	}
	return 0;
}

/* Which call it is, by its place on the stack; unless it is known as a unary one it will outlive that. */
static __always_inline void grpc_client_place(const struct pt_regs *ctx, const struct target_row *target,
					      struct ev_span_end *span)
{
	struct open_span *open = open_span_of(span);
	uaddr_t fp = ctx->REG_FP;
	uaddr_t slot = grpc_call_slot(target, fp, !grpc_body(span)->streams);

	open->is_lasting = !slot;
	if (!slot)
		slot = fp + 8;
	open->stack_depth = stack_hi_of(target, go_current_g(ctx)) - slot;
	open->return_addr = read_u64(slot);
}

static __noinline int grpc_client_describe(struct ev_span_end *span, const struct target_row *target, uaddr_t stream)
{
	const struct grpc_client_layout *layout = &target->grpc_client;
	struct go_string text = {};

	if (read_user(&text, sizeof(text), read_u64(stream + layout->stream_call_hdr) + layout->call_hdr_method))
		return -1;
	grpc_decide(span, text);
	if (!span_is_told(span))
		return 0;
	text_append(span, GRPC_TEXT_METHOD, GRPC_TEXT_METHOD_MAX, text);
	if (!read_user(&text, sizeof(text), read_u64(stream + layout->stream_cc) + layout->conn_target))
		text_append(span, GRPC_TEXT_TARGET, GRPC_TEXT_TARGET_MAX, text);
	return 0;
}

/* The innermost call makes one more attempt: what it has claimed for the one before is not its own any more. */
static __always_inline void grpc_client_again(struct ev_span_end *span)
{
	if (grpc_body(span)->resends < 0xff)
		grpc_body(span)->resends++;
	connection_of(span)->local.port = 0;
	open_span_of(span)->is_sent = 0;
}

/* A stream that has been made is tried again: until it is made anew it is a call on the stack of this goroutine. */
static __noinline int grpc_client_stream_again(const struct target_row *target, struct open_spans *open, uaddr_t object,
					       uaddr_t slot, uaddr_t stack_hi)
{
	struct goroutine_key key = lasting_key(target, object);
	struct ev_span_end *span = bpf_map_lookup_elem(&open_by_goroutine, &key);

	if (!span || !lasting_take(&key))
		return 0;
	span = bpf_map_lookup_elem(&open_by_goroutine, &key);
	if (open->innermost)
		open->key.depth++;
	if (span && open->key.depth < SPAN_DEPTH_MAX) {
		span->depth = open->key.depth;
		open_span_of(span)->stack_depth = stack_hi - slot;
		open_span_of(span)->return_addr = read_u64(slot);
		grpc_client_again(span);
		if (bpf_map_update_elem(&open_by_goroutine, &open->key, open_span_of(span), BPF_ANY)) {
			span->depth = SPAN_DEPTH_LASTING;
			count(LOST_OPEN_MAP_FULL);
		} else {
			if (open->innermost)
				open_span_of(open->innermost)->nested = 1;
			bpf_map_delete_elem(&open_by_goroutine, &key);
		}
	}
	lasting_give_back(&key);
	return 0;
}

/* func (cs *clientStream) newAttemptLocked(isTransparent bool) (*csAttempt, error)  argument: cs. */
SEC("uprobe")
int grpc_client_start(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	const struct grpc_client_layout *layout;
	struct ev_span_end *span;
	uaddr_t stream, desc;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_GRPC_CLIENT_START))
		return 0;
	layout = &hit.target->grpc_client;
	stream = go_argument(ctx, &hit);
	/* Only while it makes the first attempt it has none. */
	if (read_u64(stream + layout->stream_attempt)) {
		uaddr_t g = go_current_g(ctx), stack_hi = stack_hi_of(hit.target, g);
		struct open_spans open = calls_unwind(hit.target, read_goid(hit.target, g),
						      stack_hi - return_slot(ctx, &hit), stack_hi, now);

		if (call_is_about(&open, SPAN_FAMILY_GRPC, stream))
			grpc_client_again(open.innermost);
		else
			grpc_client_stream_again(hit.target, &open, stream, ctx->REG_FP + 8, stack_hi);
		return 0;
	}
	span = call_begin(ctx, &hit, SPAN_KIND_CLIENT, SPAN_FAMILY_GRPC,
			  sdk_is_joined(hit.target) ? read_u64(stream + layout->stream_ctx + 8) : 0, now);
	if (!span)
		return 0;
	open_span_of(span)->object_addr = stream;
	desc = read_u64(stream + layout->stream_desc);
	grpc_body(span)->streams = (grpc_flag_at(desc + layout->desc_server_streams) ? GRPC_STREAMS_SERVER : 0) |
				   (grpc_flag_at(desc + layout->desc_client_streams) ? GRPC_STREAMS_CLIENT : 0);
	grpc_client_place(ctx, hit.target, span);
	grpc_client_describe(span, hit.target, stream);
	return 0;
}

/*
 * The *http2Client in whose method a function literal is hit that puts a stream into `streams`, its field: the literal goes on to use it, so
 * that it lies in its frame; what has that map in that field is the one. 0: it was not found.
 */
static __noinline uaddr_t grpc_client_transport(const struct target_row *target, uaddr_t sp, uaddr_t streams)
{
	go_offset_t at = target->grpc_client.transport_streams;
	__u64 frame[FRAME_WORDS] = {};

	if (bpf_probe_read_user(frame, sizeof(frame), (const void *)sp))
		return 0;
	for (int i = 0; i < FRAME_WORDS; i++) {
		/* No address of the heap is as low as a number that a program counts. */
		if (frame[i] > 1 << 20 && !(frame[i] & 7) && peek_u64(frame[i] + at) == streams)
			return frame[i];
	}
	return 0;
}

/*
 * In (*http2Client).NewStream, where t.activeStreams[s.id] = s calls mapassign_fast32(type, t.activeStreams, s.id)  arguments:
 * the map, the id. On the goroutine of the call, and before anything of the stream is sent.
 */
SEC("uprobe")
int grpc_client_send(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct open_spans open;
	uaddr_t transport;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_GRPC_CLIENT_SEND))
		return 0;
	open = call_around(ctx, &hit, SPAN_FAMILY_GRPC, now);
	if (!open.innermost || open.innermost->span_kind != SPAN_KIND_CLIENT)
		return 0;
	open_span_of(open.innermost)->is_sent = 1;
	if (open_span_of(open.innermost)->is_lasting)
		call_lasts(&open, hit.target);
	transport = open.innermost ? grpc_client_transport(hit.target, ctx->REG_SP, go_register(ctx, 1)) : 0;
	if (!transport)
		return 0;
	connection_claim(hit.target, transport + hit.target->grpc_client.transport_conn, go_argument(ctx, &hit), &open.key,
			 open.innermost);
	if (connection_of(open.innermost)->local.port && connection_of(open.innermost)->net != UNIX_NET)
		grpc_peer(open.innermost, &connection_of(open.innermost)->remote);
	return 0;
}

/* Is it that text, of errors.New? */
static __always_inline bool grpc_error_says(uaddr_t error, const char *text, __u32 bytes)
{
	struct go_string said = {};
	__u64 words[2] = {};

	return error && !bpf_probe_read_user(&said, sizeof(said), (const void *)error) && said.bytes == bytes &&
	       !bpf_probe_read_user(words, bytes, (const void *)said.at) && words[0] == *(const __u64 *)text &&
	       words[1] == *(const __u64 *)(text + 8);
}

/* The code of what a call has come to, as status.Code has it of the error that the caller gets. */
static __noinline __u32 grpc_error_code(const struct target_row *target, uaddr_t itab, uaddr_t data)
{
	static const char eof[16] = "EOF", canceled[16] = "context canceled";
	const struct grpc_client_layout *layout = &target->grpc_client;
	struct go_interface error = { itab, data };
	struct go_type type;

	if (!itab || grpc_error_says(data, eof, 3))
		return GRPC_OK;
	type = type_of(&error);
	if (is_type(target, &type, layout->status_error_type))
		return grpc_status_code(target, grpc_status_proto(target, read_u64(data + layout->error_s)));
	if (is_type(target, &type, layout->deadline_error_type))
		return GRPC_DEADLINE_EXCEEDED;
	return grpc_error_says(data, canceled, sizeof(canceled)) ? GRPC_CANCELED : GRPC_UNKNOWN;
}

/*
 * In (*clientStream).retryLocked, the jump on what a.shouldRetry(err) (bool, error) has returned  argument: that error. With one the
 * attempt was the last. If it has come to no stream, as without a connection, that is all that there is to the call; else it has an end.
 */
SEC("uprobe")
int grpc_client_give_up(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	struct open_spans open;
	uaddr_t error;
	struct hit hit;

	if (!hit_begin(&hit, ctx, HIT_GRPC_CLIENT_GIVE_UP))
		return 0;
	error = go_argument(ctx, &hit);
	if (!error)
		return 0;
	open = call_around(ctx, &hit, SPAN_FAMILY_GRPC, now);
	if (!open.innermost || open.innermost->span_kind != SPAN_KIND_CLIENT || open_span_of(open.innermost)->is_sent)
		return 0;
	grpc_status_set(open.innermost, grpc_error_code(hit.target, error, go_register(ctx, 2)));
	call_close(hit.target, &open, ENDING_RETURNED, now);
	return 0;
}

/* A stream has come to its end, on whatever goroutine; two of them may say so at once. */
static __noinline int grpc_client_stream_end(const struct target_row *target, uaddr_t stream, __u32 code, ktime_ns_t now)
{
	struct goroutine_key key = lasting_key(target, stream);
	struct ev_span_end *span = bpf_map_lookup_elem(&open_by_goroutine, &key);

	if (!span || !lasting_take(&key))
		return 0;
	span = bpf_map_lookup_elem(&open_by_goroutine, &key);
	if (span) {
		grpc_status_set(span, code);
		span_end(target, span, &key, ENDING_RETURNED, now);
	}
	lasting_give_back(&key);
	return 0;
}

/* func (cs *clientStream) finish(err error)  arguments: cs, err. */
SEC("uprobe")
int grpc_client_end(struct pt_regs *ctx)
{
	ktime_ns_t now = bpf_ktime_get_ns();
	uaddr_t stream, stack_hi, g = go_current_g(ctx);
	struct open_spans open;
	struct hit hit;
	__u32 code;

	if (!hit_begin(&hit, ctx, HIT_GRPC_CLIENT_END))
		return 0;
	stream = go_argument(ctx, &hit);
	code = grpc_error_code(hit.target, go_register(ctx, 1), go_register(ctx, 2));
	stack_hi = stack_hi_of(hit.target, g);
	open = calls_unwind(hit.target, read_goid(hit.target, g), stack_hi - return_slot(ctx, &hit), stack_hi, now);
	if (!call_is_about(&open, SPAN_FAMILY_GRPC, stream))
		return grpc_client_stream_end(hit.target, stream, code, now);
	grpc_status_set(open.innermost, code);
	call_close(hit.target, &open, ENDING_RETURNED, now);
	return 0;
}

#endif
