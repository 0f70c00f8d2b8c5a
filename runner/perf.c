// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/perf_event.h>
#include "perf.h"

/* Fresh pages, more than most caches hold: each line is missed once, if only by the zeroing. */
#define WORK_SZ (32u << 20)
#define LINE_SZ 64

struct perf {
	int fds[NR_PERF_COUNTERS];	/* -1: there is none */
};

static const struct perf_event hardware[NR_PERF_COUNTERS] = {
	[PERF_INSTRUCTIONS] = { PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS },
	[PERF_CYCLES] = { PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES },
	[PERF_L1D_MISSES] = { PERF_TYPE_HW_CACHE, PERF_COUNT_HW_CACHE_L1D |
			      PERF_COUNT_HW_CACHE_OP_READ << 8 |
			      PERF_COUNT_HW_CACHE_RESULT_MISS << 16 },
	[PERF_LLC_MISSES] = { PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES },
};

/* Pinned: a counter that finds no place on the CPU fails instead of taking turns with others. */
static int open_event(const struct perf_event *e)
{
	struct perf_event_attr attr = {
		.type = e->type,
		.size = sizeof(attr),
		.config = e->config,
		.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING,
		.pinned = 1,
		.exclude_hv = 1,
	};
	int fd = syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

void perf__read(const struct perf *p, struct perf_counts *c)
{
	struct { uint64_t value, enabled, running; } now;
	int i;

	memset(c, 0, sizeof(*c));
	for (i = 0; i < NR_PERF_COUNTERS; i++) {
		if (p->fds[i] < 0 || read(p->fds[i], &now, sizeof(now)) != sizeof(now))
			continue;
		c->has[i] = now.running && now.running == now.enabled;
		c->value[i] = c->has[i] ? now.value : 0;
	}
}

static int work(void)
{
	volatile char *page = mmap(NULL, WORK_SZ, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t i;

	if (page == MAP_FAILED)
		return -errno;
	for (i = 0; i < WORK_SZ; i += LINE_SZ)
		page[i] = page[i] + 1;
	munmap((void *)page, WORK_SZ);
	return 0;
}

/* Closes the counters that stood still; how many are left, or -errno. */
static int keep_counting(struct perf *p)
{
	struct perf_counts before, after;
	int i, nr = 0, err;

	perf__read(p, &before);
	err = work();
	if (err)
		return err;
	perf__read(p, &after);
	for (i = 0; i < NR_PERF_COUNTERS; i++) {
		if (after.has[i] && after.value[i] > before.value[i]) {
			nr++;
		} else if (p->fds[i] >= 0) {
			close(p->fds[i]);
			p->fds[i] = -1;
		}
	}
	return nr;
}

static int explain(int err, char *text, size_t text_sz)
{
	switch (err) {
	case -EACCES:
	case -EPERM:
		snprintf(text, text_sz, "hardware counters need CAP_PERFMON, or a lower sysctl "
			 "kernel.perf_event_paranoid");
		return -EACCES;
	case 0:
		snprintf(text, text_sz, "this machine's hardware counters stand still");
		return -EOPNOTSUPP;
	case -ENOENT:
	case -ENODEV:
	case -EOPNOTSUPP:
	case -ENOSYS:
		snprintf(text, text_sz, "this machine has no hardware counters "
			 "(perf_event_open: %s)", strerror(-err));
		return -EOPNOTSUPP;
	default:
		snprintf(text, text_sz, "cannot open hardware counters: %s", strerror(-err));
		return err;
	}
}

int perf__open_events(struct perf **out, const struct perf_event events[NR_PERF_COUNTERS],
		      char *err, size_t err_sz)
{
	struct perf *p = malloc(sizeof(*p));
	int i, rc = 0, nr = 0;

	*out = NULL;
	if (!p)
		return explain(-ENOMEM, err, err_sz);
	for (i = 0; i < NR_PERF_COUNTERS; i++) {
		p->fds[i] = open_event(&events[i]);
		if (p->fds[i] >= 0)
			nr++;
		else if (!rc)
			rc = p->fds[i];
	}
	if (nr) {
		nr = keep_counting(p);
		rc = nr < 0 ? nr : 0;
	}
	if (nr <= 0) {
		perf__free(p);
		return explain(rc, err, err_sz);
	}
	*out = p;
	return 0;
}

int perf__open(struct perf **out, char *err, size_t err_sz)
{
	return perf__open_events(out, hardware, err, err_sz);
}

void perf__free(struct perf *p)
{
	int i;

	if (!p)
		return;
	for (i = 0; i < NR_PERF_COUNTERS; i++)
		if (p->fds[i] >= 0)
			close(p->fds[i]);
	free(p);
}
