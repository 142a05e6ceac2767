// SPDX-License-Identifier: Apache-2.0
/*
 * Preemption: while one program runs, events of other threads happen as a whole at chosen calls of helpers, as they do
 * on a kernel that preempts itself, or on another processor. Those that are still left happen afterwards.
 */
#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define QUEUE_MAX 64

struct preemption {
	uint32_t at; /* the call of a helper, counted from 1 */
	char *text;
};

static struct preemption queue[QUEUE_MAX];
static uint32_t queued, next, calls;
static bool is_in_program, is_nested;

void preempt__queue(uint32_t at, const char *text)
{
	if (queued == QUEUE_MAX) {
		fprintf(stderr, "more than %d preemptions of one event\n", QUEUE_MAX);
		exit(2);
	}
	queue[queued++] = (struct preemption){ at, strdup(text) };
}

static void run_next(void)
{
	struct preempted_state state = programs__suspend();
	bool was_in_program = is_in_program;

	is_in_program = false;
	is_nested = true;
	line__run(queue[next].text);
	free(queue[next++].text);
	is_nested = false;
	is_in_program = was_in_program;
	programs__resume(&state);
}

void preempt__enter(bool is_in)
{
	is_in_program = is_in;
}

void preempt__point(void)
{
	if (!is_in_program || is_nested)
		return;
	calls++;
	while (next < queued && queue[next].at <= calls)
		run_next();
}

void preempt__finish(void)
{
	while (next < queued)
		run_next();
	queued = next = calls = 0;
}
