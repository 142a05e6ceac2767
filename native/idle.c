// SPDX-License-Identifier: Apache-2.0
/*
 * Idle priority of the draining thread: it runs when nothing else wants its processor (SCHED_IDLE), so that traced
 * programs need not take turns with it. As long as it keeps up: another thread looks, since one that waits for a processor
 * cannot see to itself.
 */
#define _GNU_SOURCE /* SCHED_IDLE */
#include <poll.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

#define LOOK_MS 25
/* Records that stay in the ring for so many looks have been forgotten: the thread looks every 100 ms when it is idle. */
#define STALLED_LOOKS 8
/* So many looks after the last reason the thread goes back to idle priority. */
#define CALM_LOOKS 40

struct idle {
	struct ring *ring;
	pid_t drainer;
	pthread_t watcher;
	int wake_fd;
	bool urgent; /* set by other threads */
	bool ends;   /* … too */
};

static int set_policy(pid_t thread, int policy)
{
	return sched_setscheduler(thread, policy, &(struct sched_param){}) ? -errno : 0;
}

/* May a thread leave that priority? Not without CAP_SYS_NICE or RLIMIT_NICE: it would have it for good. */
static void *try_policy(void *result)
{
	*(int *)result = set_policy(0, SCHED_IDLE) ?: set_policy(0, SCHED_OTHER);
	return NULL;
}

static void *watch(void *argument)
{
	struct idle *idle = argument;
	struct pollfd wake = { .fd = idle->wake_fd, .events = POLLIN };
	uint64_t consumed_before = 0, wakes;
	int stalled = 0, looks_left = 0, policy = SCHED_OTHER;

	while (!__atomic_load_n(&idle->ends, __ATOMIC_ACQUIRE)) {
		uint64_t consumed = __atomic_load_n(idle->ring->consumed, __ATOMIC_ACQUIRE);
		uint64_t waiting = __atomic_load_n(idle->ring->produced, __ATOMIC_ACQUIRE) - consumed;
		int wanted;

		stalled = waiting && consumed == consumed_before ? stalled + 1 : 0;
		consumed_before = consumed;
		if (waiting >= idle->ring->data_bytes / 4 || stalled >= STALLED_LOOKS ||
		    __atomic_load_n(&idle->urgent, __ATOMIC_ACQUIRE))
			looks_left = CALM_LOOKS;
		wanted = looks_left ? SCHED_OTHER : SCHED_IDLE;
		if (wanted != policy && !set_policy(idle->drainer, wanted))
			policy = wanted;
		if (looks_left)
			looks_left--;
		if (poll(&wake, 1, LOOK_MS) > 0)
			(void)!read(idle->wake_fd, &wakes, sizeof(wakes));
	}
	set_policy(idle->drainer, SCHED_OTHER);
	return NULL;
}

static void wake(struct idle *idle)
{
	uint64_t one = 1;

	(void)!write(idle->wake_fd, &one, sizeof(one));
}

int probe__idle_priority(void)
{
	pthread_t trial;
	int tried, result = thread__start(&trial, try_policy, &tried);

	if (result)
		return result;
	pthread_join(trial, NULL);
	return tried;
}

int kernel__drain_when_idle(struct kernel *kernel)
{
	struct idle *idle;
	int result;

	if (kernel->idle)
		return -EBUSY;
	result = probe__idle_priority();
	if (result)
		return result;
	idle = calloc(1, sizeof(*idle));
	if (!idle)
		return -ENOMEM;
	idle->ring = &kernel->ring;
	idle->drainer = syscall(SYS_gettid);
	idle->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	result = idle->wake_fd < 0 ? -errno : thread__start(&idle->watcher, watch, idle);
	if (result) {
		if (idle->wake_fd >= 0)
			close(idle->wake_fd);
		free(idle);
		return result;
	}
	__atomic_store_n(&kernel->idle, idle, __ATOMIC_RELEASE);
	return 0;
}

void kernel__drain_urgently(struct kernel *kernel, int on)
{
	struct idle *idle = __atomic_load_n(&kernel->idle, __ATOMIC_ACQUIRE);

	if (!idle)
		return;
	__atomic_store_n(&idle->urgent, on, __ATOMIC_RELEASE);
	wake(idle);
}

void idle__end(struct kernel *kernel)
{
	struct idle *idle = kernel->idle;

	if (!idle)
		return;
	__atomic_store_n(&idle->ends, true, __ATOMIC_RELEASE);
	wake(idle);
	pthread_join(idle->watcher, NULL);
	close(idle->wake_fd);
	free(idle);
	kernel->idle = NULL;
}
