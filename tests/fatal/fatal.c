// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "bench_family.h"
#include "env.h"
#include "fatal.skel.h"

static bool is(const struct bench_run *r, const char *name)
{
	return !strcmp(r->bench->name, name);
}

static int prepare(struct bench_run *r)
{
	char accel[16];

	if (!cmdline_value("bench.accel", accel, sizeof(accel)))
		return bench_fail(r, -EPERM, "for guests only");
	return 0;
}

static void write_once(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		perror(path);
	close(fd);
}

static int setup(struct bench_run *r)
{
	static struct bpf_link *link;

	/* Found after twice so many seconds; 20 are the default, more in wall time. */
	if (is(r, "soft_lockup"))
		write_once("/proc/sys/kernel/watchdog_thresh", "2");
	if (!is(r, "irqs_off"))
		return 0;
	/* No return from here: the next interrupt is at hand. */
	link = bpf_program__attach(r->prog);
	sleep(1);
	bpf_link__destroy(link);
	return bench_fail(r, -EBADMSG, "it went on");
}

static void write_for_ever(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);

	while (fd >= 0 && write(fd, text, strlen(text)) > 0)
		;
}

/* Of the guest's 512 MiB; QEMU takes 200 without. */
static void touch_memory(void)
{
	const size_t sz = 320u << 20;
	void *mem = mmap(NULL, sz, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (mem == MAP_FAILED)
		perror("mmap");
	else
		memset(mem, 1, sz);
}

static int run(struct bench_run *r, uint64_t ops, struct bench_batch *b)
{
	(void)ops;
	(void)b;
	if (is(r, "panic"))
		write_for_ever("/proc/sysrq-trigger", "c");
	if (is(r, "freeze"))
		kill(getppid(), SIGSTOP);
	if (is(r, "console_flood"))
		write_for_ever("/dev/console", "the same again, and again, and again, and again\n");
	if (is(r, "hungry"))
		touch_memory();
	/* Sleeping takes no wall time in a counted guest. */
	while (is(r, "busy"))
		;
	pause();
	return 0;
}

BENCH_FAMILY(fatal, .prepare = prepare, .setup = setup, .run = run);
