// SPDX-License-Identifier: Apache-2.0
/* Two processes on one processor that hand a byte to and fro: prints nanoseconds per switch from one to the other. */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void hand_on(int from, int to)
{
	char byte;

	if (read(from, &byte, 1) != 1 || write(to, &byte, 1) != 1)
		exit(1);
}

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e9 + now.tv_nsec;
}

/* switches ROUNDS */
int main(int argc, char **argv)
{
	long rounds = argc > 1 ? atol(argv[1]) : 0;
	int there[2], back[2];
	double began;
	cpu_set_t one;

	if (rounds < 1 || pipe(there) || pipe(back)) {
		fprintf(stderr, "usage: switches ROUNDS\n");
		return 2;
	}
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
	if (!fork()) {
		for (long i = 0; i < rounds; i++)
			hand_on(there[0], back[1]);
		return 0;
	}
	began = now_ns();
	for (long i = 0; i < rounds; i++) {
		if (write(there[1], "", 1) != 1)
			return 1;
		if (read(back[0], &(char){ 0 }, 1) != 1)
			return 1;
	}
	printf("%.1f\n", (now_ns() - began) / (2 * rounds));
	wait(NULL);
	return 0;
}
