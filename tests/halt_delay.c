// SPDX-License-Identifier: GPL-2.0-only
/*
 * In front of QEMU (LD_PRELOAD): what a busy host does now and then to the thread that executes a
 * guest, always. When the guest halts the thread leaves its loop by a longjmp; there it is held up,
 * before it accounts for what it executed. In a counted guest nothing may come of it.
 * $HALT_DELAY_LOG: how often it was held up; no file if never.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define DELAY_NS	100000

/* Written by one thread: counted guests that are alike have one CPU. */
static unsigned long nr_delays;

static void __attribute__((noreturn)) delayed(const char *name, void *env, int value)
{
	const struct timespec ts = { .tv_nsec = DELAY_NS };
	void __attribute__((noreturn)) (*jump)(void *env, int value);
	bool (*is_halted)(void);

	*(void **)&jump = dlsym(RTLD_NEXT, name);
	/* QEMU's own; exported where it can load modules. */
	*(void **)&is_halted = dlsym(RTLD_DEFAULT, "all_cpu_threads_idle");
	if (is_halted && is_halted()) {
		nr_delays++;
		nanosleep(&ts, NULL);
	}
	jump(env, value);
}

/* The name that _FORTIFY_SOURCE gives to the others, too; setjmp.h would rename ours. */
void __attribute__((noreturn)) __longjmp_chk(void *env, int value)
{
	delayed("__longjmp_chk", env, value);
}

void __attribute__((noreturn)) siglongjmp(void *env, int value)
{
	delayed("siglongjmp", env, value);
}

static void __attribute__((destructor)) write_log(void)
{
	const char *path = getenv("HALT_DELAY_LOG");
	FILE *f = path && nr_delays ? fopen(path, "w") : NULL;

	if (!f)
		return;
	fprintf(f, "%lu\n", nr_delays);
	fclose(f);
}
