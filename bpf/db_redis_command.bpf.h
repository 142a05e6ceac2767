/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* What go-redis sends: the command, or several; keys and values only where they are asked for. */
#ifndef DB_REDIS_COMMAND_BPF_H
#define DB_REDIS_COMMAND_BPF_H

#include "db_begin.bpf.h"

#ifdef LEGACY
#define ARGUMENTS_TOLD_MAX 1
#define COMMANDS_TOLD_MAX 2
#define COMMANDS_COMPARED_MAX 4
#else
#define ARGUMENTS_TOLD_MAX DB_ARGUMENTS_MAX
#define COMMANDS_TOLD_MAX DB_BATCH_TOLD_MAX
#define COMMANDS_COMPARED_MAX 64
#endif

#define REDIS_PROCEDURE_MAX DB_TEXT_NAMESPACE_MAX

static __always_inline __u8 redis_kind(uaddr_t type)
{
	__u8 kind = 0;

	read_user(&kind, sizeof(kind), type + GO_TYPE_KIND);
	return kind & GO_KIND_MASK;
}

/* The text in a value of type `any`, if it is a string, or a slice, which is of bytes; its length is 0 if it is neither. */
static __always_inline struct go_string redis_text(uaddr_t at)
{
	struct go_interface value = read_interface(at);
	struct go_string text = {};
	__u8 kind;

	if (!value.itab)
		return text;
	kind = redis_kind(value.itab);
	if (kind == GO_KIND_STRING || kind == GO_KIND_SLICE)
		read_user(&text, sizeof(text), value.data);
	return text;
}

/* The arguments of a redis.Cmder, of which the first is its name. */
static __always_inline struct go_string redis_arguments(const struct target_row *target, uaddr_t cmd)
{
	struct go_string arguments = {};

	read_user(&arguments, sizeof(arguments), cmd + target->redis.cmd_args);
	return arguments;
}

static __always_inline bool redis_tells_arguments(void)
{
	const struct settings *settings = settings_get();

	return settings && settings->tells_arguments;
}

struct redis_command {
	struct ev_span_end *span;
	uaddr_t arguments;
};

/* Appends the text of one argument, of which the name is the first, to what is told. */
static __noinline int redis_name(struct ev_span_end *span, uaddr_t at)
{
	__u64 used;

	if (!span)
		return 0;
	used = span->text_sizes[DB_TEXT_STATEMENT];
	if (used < DB_TEXT_STATEMENT_MAX)
		text_put(span, DB_TEXT_STATEMENT, DB_TEXT_STATEMENT_MAX, DB_TEXT_STATEMENT_MAX - used, redis_text(at));
	return 0;
}

/* One argument of the command that is told, as it was written; one that is no text is a question mark. */
static __noinline long redis_argument_step(__u32 index, struct redis_command *command)
{
	struct ev_span_end *span = command ? command->span : NULL;
	struct go_string text;

	if (!span)
		return 1;
	if (!text_character(span, DB_TEXT_STATEMENT, DB_TEXT_STATEMENT_MAX, ' '))
		return 1;
	text = redis_text(command->arguments + (index + 1) * sizeof(struct go_interface));
	if (text.bytes)
		redis_name(span, command->arguments + (index + 1) * sizeof(struct go_interface));
	else
		text_character(span, DB_TEXT_STATEMENT, DB_TEXT_STATEMENT_MAX, '?');
	return 0;
}

static const char redis_evalsha[8] = "evalsha";
static const char redis_fcall[8] = "fcall";
static const char redis_multi[8] = "multi";

/* Is it that name, which is of lower case and `bytes` long? */
static __always_inline bool redis_is_named(struct go_string name, const char *wanted, __u32 bytes)
{
	__u64 word = 0;

	return name.bytes >= bytes && !bpf_probe_read_user(&word, bytes, (void *)name.at) &&
	       (word | (0x2020202020202020ULL & ((1ULL << (bytes * 8)) - 1))) == *(const __u64 *)wanted;
}

/* The functions that follow are of their own so that the paths through one do not multiply those through the next. */

static __noinline int redis_tell_arguments(struct ev_span_end *span, uaddr_t arguments, __u64 count)
{
	struct redis_command command = { .span = span, .arguments = arguments };
	__u32 told = count > ARGUMENTS_TOLD_MAX ? ARGUMENTS_TOLD_MAX : count;

	if (!span || !redis_tells_arguments())
		return 0;
	if (told < count)
		span->text_cut |= 1 << DB_TEXT_STATEMENT;
	repeat(told, redis_argument_step, &command);
	return 0;
}

/* Of a script its digest, of a function its name. */
static __noinline int redis_procedure(struct ev_span_end *span, uaddr_t arguments)
{
	struct go_string name;

	if (!span)
		return 0;
	name = redis_text(arguments);
	if (redis_is_named(name, redis_evalsha, 7) || redis_is_named(name, redis_fcall, 5))
		text_append(span, DB_TEXT_NAMESPACE, REDIS_PROCEDURE_MAX, redis_text(arguments + sizeof(struct go_interface)));
	return 0;
}

/* A command: its name, of a script or function the name of that, and if they are told its arguments. */
static __noinline int redis_command(struct ev_span_end *span, const struct target_row *target, uaddr_t cmd)
{
	struct go_string arguments;

	if (!span || !target || !span_is_told(span))
		return 0;
	arguments = redis_arguments(target, cmd);
	if (!arguments.bytes)
		return 0;
	db_body(span)->arguments = arguments.bytes - 1;
	redis_name(span, arguments.at);
	if (arguments.bytes == 1)
		return 0;
	redis_tell_arguments(span, arguments.at, arguments.bytes - 1);
	redis_procedure(span, arguments.at);
	return 0;
}

/* Several commands, a []Cmder. */
struct redis_pipeline {
	struct ev_span_end *span;
	uaddr_t commands;
	uaddr_t first; /* where the name of the first stands */
	go_offset_t cmd_args;
	__u32 alike;
	__u32 tells_arguments;
};

static __always_inline uaddr_t redis_arguments_at(const struct redis_pipeline *pipeline, __u32 index)
{
	return read_u64(read_u64(pipeline->commands + index * sizeof(struct go_interface) + 8) + pipeline->cmd_args);
}

/* Is one more command of the name of the first? Names are constants of the library, so they are the same if they stand at the same place. */
static __noinline long redis_alike_step(__u32 index, struct redis_pipeline *pipeline)
{
	uaddr_t name;

	if (!pipeline)
		return 1;
	name = read_u64(redis_arguments_at(pipeline, index) + 8);
	if (!index)
		pipeline->first = name;
	pipeline->alike = name == pipeline->first;
	return !pipeline->alike;
}

static __noinline int redis_are_alike(const struct target_row *target, uaddr_t commands, __u32 count)
{
	struct redis_pipeline pipeline = { .span = NULL, .commands = commands };

	if (!target)
		return 0;
	pipeline.cmd_args = target->redis.cmd_args;
	repeat(count, redis_alike_step, &pipeline);
	return pipeline.alike;
}

/* One command of those that are told, in a line of its own: its name, and if arguments are told, the first of them. */
static __noinline long redis_line_step(__u32 index, struct redis_pipeline *pipeline)
{
	struct ev_span_end *span = pipeline ? pipeline->span : NULL;
	uaddr_t arguments;

	if (!span || (index && !text_character(span, DB_TEXT_STATEMENT, DB_TEXT_STATEMENT_MAX, '\n')))
		return 1;
	arguments = redis_arguments_at(pipeline, index);
	redis_name(span, arguments);
	if (pipeline->tells_arguments && text_character(span, DB_TEXT_STATEMENT, DB_TEXT_STATEMENT_MAX, ' '))
		redis_name(span, arguments + sizeof(struct go_interface));
	return 0;
}

static __noinline int redis_lines(struct ev_span_end *span, const struct target_row *target, uaddr_t commands, __u32 count)
{
	struct redis_pipeline pipeline = { .span = span, .commands = commands };

	if (!span || !target)
		return 0;
	pipeline.cmd_args = target->redis.cmd_args;
	pipeline.tells_arguments = redis_tells_arguments();
	/* Of those that are alike one is enough. */
	if (!pipeline.tells_arguments && span->header.flags & DB_FLAG_ALIKE)
		count = 1;
	repeat(count, redis_line_step, &pipeline);
	return 0;
}

/* Is a command, by its arguments, what a transaction begins with? */
static __noinline int redis_is_multi(const struct target_row *target, uaddr_t commands)
{
	uaddr_t arguments;

	if (!target)
		return 0;
	arguments = read_u64(read_u64(commands + 8) + target->redis.cmd_args);
	return redis_is_named(redis_text(arguments), redis_multi, 5);
}

/* Several commands: how many, and which. Those of a transaction stand between MULTI and EXEC. */
static __noinline int redis_commands(struct ev_span_end *span, const struct target_row *target, uaddr_t commands, __u64 count)
{
	if (!span || !target || !count)
		return 0;
	if (count > 2 && redis_is_multi(target, commands)) {
		db_body(span)->operation = DB_OPERATION_TRANSACTION;
		commands += sizeof(struct go_interface);
		count -= 2;
	}
	db_body(span)->batch_size = count;
	if (!span_is_told(span))
		return 0;
	if (count <= COMMANDS_COMPARED_MAX && redis_are_alike(target, commands, count))
		span->header.flags |= DB_FLAG_ALIKE;
	if (count > COMMANDS_TOLD_MAX) {
		if (!(span->header.flags & DB_FLAG_ALIKE))
			span->text_cut |= 1 << DB_TEXT_STATEMENT;
		count = COMMANDS_TOLD_MAX;
	}
	redis_lines(span, target, commands, count);
	return 0;
}

#endif
