// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/bench.h"
#include "workers.h"

struct worker {
	struct workers *pool;
	pthread_t thread;
	int nr, cpu, err;
	bool started;
};

struct workers {
	struct worker v[BENCH_MAX_WORKERS];
	int nr;
	int (*fn)(void *ctx, int worker);
	void *ctx;
	atomic_uint round;	/* counts up: go */
	atomic_int arrived;
	atomic_int finished;
	atomic_bool stop;
};

int pin_to_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

int become_realtime(void)
{
	const struct sched_param lowest = { .sched_priority = 1 };

	return sched_setscheduler(0, SCHED_FIFO, &lowest) ? -errno : 0;
}

/* Is @cpu the lowest of the CPUs that share its core? True when the kernel does not say. */
static bool is_first_of_core(int cpu)
{
	char path[96];
	FILE *f;
	int first = cpu;

	snprintf(path, sizeof(path),
		 "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", cpu);
	f = fopen(path, "re");
	if (!f)
		return true;
	if (fscanf(f, "%d", &first) != 1)
		first = cpu;
	fclose(f);
	return first == cpu;
}

int pick_cpus(int *cpus, int max)
{
	cpu_set_t set;
	int cpu, nr = 0;

	if (sched_getaffinity(0, sizeof(set), &set))
		return 0;
	for (cpu = CPU_SETSIZE - 1; cpu >= 0 && nr < max; cpu--)
		if (CPU_ISSET(cpu, &set) && is_first_of_core(cpu))
			cpus[nr++] = cpu;
	return nr;
}

/*
 * The barrier spins, because a wake-up through the kernel takes longer than a batch. That is
 * affordable only because each worker has a CPU of its own.
 */
static void work_once(struct workers *w, struct worker *me)
{
	atomic_fetch_add(&w->arrived, 1);
	while (atomic_load_explicit(&w->arrived, memory_order_acquire) < w->nr)
		;
	me->err = w->fn(w->ctx, me->nr);
	atomic_fetch_add(&w->finished, 1);
}

static void *worker_main(void *arg)
{
	struct worker *me = arg;
	struct workers *w = me->pool;
	unsigned int seen = 0, now;

	pin_to_cpu(me->cpu);
	for (;;) {
		while ((now = atomic_load_explicit(&w->round, memory_order_acquire)) == seen)
			;
		seen = now;
		if (atomic_load(&w->stop))
			return NULL;
		work_once(w, me);
	}
}

struct workers *workers__new(const int *cpus, int nr)
{
	struct workers *w = calloc(1, sizeof(*w));
	int i, err;

	if (!w)
		return NULL;
	w->nr = nr;
	for (i = 0; i < nr; i++) {
		w->v[i] = (struct worker){ .pool = w, .nr = i, .cpu = cpus[i] };
		if (!i)
			continue;
		err = pthread_create(&w->v[i].thread, NULL, worker_main, &w->v[i]);
		if (err) {
			workers__free(w);
			errno = err;
			return NULL;
		}
		w->v[i].started = true;
	}
	return w;
}

int workers__run(struct workers *w, int (*fn)(void *ctx, int worker), void *ctx)
{
	int i;

	w->fn = fn;
	w->ctx = ctx;
	atomic_store(&w->arrived, 0);
	atomic_store(&w->finished, 0);
	atomic_fetch_add_explicit(&w->round, 1, memory_order_release);
	work_once(w, &w->v[0]);
	while (atomic_load_explicit(&w->finished, memory_order_acquire) < w->nr)
		;
	for (i = 0; i < w->nr; i++)
		if (w->v[i].err)
			return w->v[i].err;
	return 0;
}

void workers__free(struct workers *w)
{
	int i;

	if (!w)
		return;
	atomic_store(&w->stop, true);
	atomic_fetch_add(&w->round, 1);
	for (i = 1; i < w->nr; i++)
		if (w->v[i].started)
			pthread_join(w->v[i].thread, NULL);
	free(w);
}
