// SPDX-License-Identifier: Apache-2.0
/*
 * Reads events, one a line (`#` begins a comment), and writes what left the kernel:
 *   run SEED        everything starts anew; the state of the run before is written first
 *   TIME EVENT …    see events.c
 * Output: `record HEX`, `open HEX` (a span that user space found open), `exited TARGET TIME`, `swept …`; at the end
 * of each run `maps open=N inherited=N` and `counts …` in the order of enum count.
 */
#include "host.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES (1 << 16)

static bool line__parse(struct line *line, char *text)
{
	char *rest = text;

	*line = (struct line){ 0 };
	for (char *word; (word = strsep(&rest, " \t\n"));) {
		if (*word == '#')
			break;
		if (*word && line->count < 64)
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
	printf("maps open=%u inherited=%u\n", host_map__entries("open_by_goroutine"),
	       host_map__entries("inherited_by_goroutine"));
	programs__print_counts();
}

static void run__begin(uint32_t seed)
{
	const struct settings settings = { .sampler_parent_based = 1 };

	memory__reset();
	go__reset();
	programs__reset(seed);
	programs__set_settings(&settings);
}

int main(void)
{
	static char text[LINE_BYTES];
	bool is_running = false;
	int number = 0;

	programs__setup();
	run__begin(1);
	while (fgets(text, sizeof(text), stdin)) {
		struct line line;

		number++;
		if (!line__parse(&line, text))
			continue;
		if (!strcmp(line.words[0], "run") && line.count == 2) {
			if (is_running)
				run__end();
			is_running = true;
			run__begin(strtoul(line.words[1], NULL, 0));
			continue;
		}
		programs__set_time(line.time);
		if (event__run(&line))
			continue;
		fprintf(stderr, "line %d: no such event: %s %s\n", number, line.words[0],
			line.count > 1 ? line.words[1] : "");
		return 2;
	}
	if (is_running)
		run__end();
	return 0;
}
