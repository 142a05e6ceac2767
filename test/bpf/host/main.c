// SPDX-License-Identifier: Apache-2.0
/*
 * Reads events, one a line (`#` begins a comment), and writes what left the kernel:
 *   run SEED        everything starts anew; the state of the run before is written first. With `preempted` behind it,
 *                   the memory of deleted elements is used again at once
 *   TIME EVENT …    see events.c
 *   +N TIME EVENT … happens in the middle of the event that follows, at its Nth call of a helper (preempt.c)
 * Output: `record HEX`, `open HEX` (a span that user space found open), `exited TARGET TIME`, `swept …`; at the end
 * of each run `maps open=N inherited=N allocating=N`, `allocs SLOT span|heap BUCKET CALLS NS` of each bucket of slow ways to
 * memory that holds something, and `counts …` in the order of enum count.
 */
#include "host.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES (1 << 16)
#define SLOTS 80 /* beyond those of all targets (go.c) */

static bool line__parse(struct line *line, char *text)
{
	char *rest = text;

	*line = (struct line){ 0 };
	for (char *word; (word = strsep(&rest, " \t\n"));) {
		if (*word == '#')
			break;
		if (*word && line->count < (int)(sizeof(line->words) / sizeof(*line->words)))
			line->words[line->count++] = word;
	}
	if (line->count && isdigit((unsigned char)*line->words[0])) {
		line->time = strtoull(line->words[0], NULL, 0);
		memmove(line->words, line->words + 1, --line->count * sizeof(*line->words));
	}
	return line->count > 0;
}

const char *line__value(const struct line *line, const char *name)
{
	size_t bytes = strlen(name);

	for (int i = 0; i < line->count; i++)
		if (!strncmp(line->words[i], name, bytes) && line->words[i][bytes] == '=')
			return line->words[i] + bytes + 1;
	return NULL;
}

uint64_t line__number(const struct line *line, const char *name, uint64_t otherwise)
{
	const char *value = line__value(line, name);

	return value ? strtoull(value, NULL, 0) : otherwise;
}

bool line__has(const struct line *line, const char *word)
{
	for (int i = 0; i < line->count; i++)
		if (!strcmp(line->words[i], word))
			return true;
	return false;
}

static void run__end(void)
{
	printf("maps open=%u inherited=%u allocating=%u\n", host_map__entries("open_by_goroutine"),
	       host_map__entries("inherited_by_goroutine"), host_map__entries("allocs_by_thread"));
	for (uint32_t slot = 0; slot < SLOTS; slot++)
		programs__print_durations(slot);
	programs__print_counts();
}

static void run__begin(uint32_t seed, bool is_preemptible)
{
	const struct settings settings = { .sampler_parent_based = 1 };

	memory__reset();
	go__reset();
	programs__reset(seed, is_preemptible);
	programs__set_settings(&settings);
}

void line__run(char *text)
{
	struct line line;

	if (!line__parse(&line, text))
		return;
	programs__set_time(line.time);
	if (event__run(&line))
		return;
	fprintf(stderr, "no such event: %s %s\n", line.words[0], line.count > 1 ? line.words[1] : "");
	exit(2);
}

/* `run SEED`, or `run SEED preempted` */
static bool begins_run(char *text)
{
	struct line line;

	if (strncmp(text, "run ", 4) || !line__parse(&line, text))
		return false;
	run__begin(strtoul(line.words[1], NULL, 0), line__has(&line, "preempted"));
	return true;
}

int main(void)
{
	static char text[LINE_BYTES];
	bool is_running = false;

	programs__setup();
	run__begin(1, false);
	while (fgets(text, sizeof(text), stdin)) {
		if (!strncmp(text, "run ", 4) && is_running)
			run__end();
		if (begins_run(text)) {
			is_running = true;
		} else if (*text == '+') {
			char *event;
			uint32_t at = strtoul(text + 1, &event, 10);

			preempt__queue(at, event);
		} else {
			line__run(text);
			preempt__finish();
		}
	}
	if (is_running)
		run__end();
	return 0;
}
