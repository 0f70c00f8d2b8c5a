// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "accel.h"
#include "arch.h"
#include "campaign.h"
#include "options.h"

#define JOBS_MAX	256
#define LOG_MAX		(1u << 20)
/* A launcher that is told to stop needs a moment for its guest. */
#define STOP_MS		5000

int campaign_check_args(const struct vm_options *o, uint64_t *seed)
{
	char *argv[o->nr_args + 2], err[512] = "out of memory";
	struct options runner;
	int rc;

	argv[0] = "bench_progs";
	memcpy(argv + 1, o->args, (size_t)o->nr_args * sizeof(*argv));
	argv[o->nr_args + 1] = NULL;
	rc = options_parse(&runner, o->nr_args + 1, argv, err, sizeof(err));
	if (rc)
		fprintf(stderr, "bench_vm: %s\n", err);
	else if (runner.verb != VERB_RUN || runner.nr_outputs) {
		fprintf(stderr, "bench_vm: %s goes to each guest's runner, whose document is "
			"kept in any case\n", runner.nr_outputs ? "-o behind --" : argv[1]);
		rc = -EINVAL;
	} else if (runner.baseline || runner.save_baseline) {
		fprintf(stderr, "bench_vm: baselines go in front of --, to the verb itself\n");
		rc = -EINVAL;
	}
	if (seed)
		*seed = runner.has_seed ? runner.seed : 1;
	options_free(&runner);
	return rc;
}

unsigned int campaign_jobs(struct scratch *s, const struct vm_options *o)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	char why[256];

	if (o->jobs)
		return o->jobs;
	/* Guests that are timed disturb each other. */
	if (o->cfg.accel == VM_ACCEL_KVM ||
	    (o->cfg.accel == VM_ACCEL_AUTO && o->cfg.arch == vm_arch_host() &&
	     kvm_look(s, "", why, sizeof(why)) != KVM_BROKEN))
		return 1;
	return cpus < 1 ? 1 : cpus > JOBS_MAX ? JOBS_MAX : (unsigned int)cpus;
}

int campaign_file_name(const struct vm_arch *arch, const char *kernel, char *name, size_t sz)
{
	bool is_ours = arch == vm_arch_host();
	size_t i;

	if (text_format(name, sz, "%s%s%s", kernel, is_ours ? "" : "-", is_ours ? "" : arch->name))
		return -ENAMETOOLONG;
	for (i = 0; name[i]; i++)
		if (!strchr("0123456789.+-_~abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
			    name[i]))
			name[i] = name[i] == ':' ? '-' : '_';
	return 0;
}

static int boot_start(const struct campaign *c, struct boot *b)
{
	const struct vm_options *o = c->o;
	char *argv[o->nr_boot_args + o->nr_args + 2 * NR_BOOT_WORDS + 10];
	char output[PATH_MAX + 8], deny[PATH_MAX + 1];
	int argc = 0, i, err;

	argv[argc++] = "/proc/self/exe";
	argv[argc++] = "-k";
	argv[argc++] = (char *)b->kernel;
	for (i = 0; i < o->nr_boot_args; i++)
		argv[argc++] = o->boot_args[i];
	for (i = 0; i < NR_BOOT_WORDS && b->words[i][0]; i++)
		argv[argc++] = b->words[i];
	argv[argc++] = "--";
	for (i = 0; i < o->nr_args; i++)
		argv[argc++] = o->args[i];
	for (i = 0; i < NR_BOOT_WORDS && b->args[i][0]; i++)
		argv[argc++] = b->args[i];
	if (b->deny) {
		snprintf(deny, sizeof(deny), "@%s", b->deny);
		argv[argc++] = "-d";
		argv[argc++] = deny;
	}
	argv[argc++] = "-o";
	argv[argc++] = output;
	argv[argc] = NULL;
	snprintf(output, sizeof(output), "jsonl:%s", b->doc);
	unlink(b->doc);
	unlink(b->log);
	b->started_s = clock_wall_s();
	err = proc_start(c->s, &b->proc, argv, b->log, b->log, NULL);
	if (err)
		return scratch_fail(c->s, VM_BROKEN, err, "cannot start a launcher for %s: %s",
				    b->kernel, strerror(-err));
	return 0;
}

static void boot_finish(const struct campaign *c, struct boot *b)
{
	int status = proc_end(&b->proc);
	char *text, *reason;
	size_t len;

	b->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	b->wall_s = clock_wall_s() - b->started_s;
	if (!file_read(b->log, LOG_MAX, &text, &len)) {
		text_last_line(text, len, b->reason, sizeof(b->reason));
		free(text);
	}
	/* "bench_vm: " says nothing here. */
	reason = strstr(b->reason, ": ");
	if (reason && !strncmp(b->reason, "bench_vm", 8))
		memmove(b->reason, reason + 2, strlen(reason + 2) + 1);
	if (c->ended)
		c->ended(c->ctx, b);
}

static bool boot_is_running(const struct boot *b)
{
	return b->proc.pid > 0;
}

/* Until one has ended, whose boot is returned, or a signal came: NULL. */
static struct boot *wait_for_one(const struct campaign *c, struct boot *boots, size_t nr)
{
	struct pollfd fds[JOBS_MAX + 1] = { { .fd = c->s->signal_fd, .events = POLLIN } };
	struct boot *at[JOBS_MAX + 1];
	nfds_t n = 1, k;
	size_t i;

	for (i = 0; i < nr && n <= JOBS_MAX; i++) {
		if (!boot_is_running(&boots[i]))
			continue;
		at[n] = &boots[i];
		fds[n++] = (struct pollfd){ .fd = boots[i].proc.pid_fd, .events = POLLIN };
	}
	for (;;) {
		if (poll(fds, n, -1) < 0 && errno != EINTR)
			return NULL;
		if (scratch_check_signal(c->s))
			return NULL;
		for (k = 1; k < n; k++)
			if (fds[k].revents)
				return at[k];
	}
}

static void stop_all(struct boot *boots, size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++)
		if (boot_is_running(&boots[i]))
			kill(boots[i].proc.pid, SIGTERM);
	for (i = 0; i < nr; i++) {
		struct pollfd fd = { .fd = boots[i].proc.pid_fd, .events = POLLIN };

		if (!boot_is_running(&boots[i]))
			continue;
		poll(&fd, 1, STOP_MS);
		proc_end(&boots[i].proc);
	}
}

int campaign_run(const struct campaign *c, struct boot *boots, size_t nr)
{
	unsigned int nr_running = 0;
	struct boot *ended;
	size_t next = 0;
	int err = 0;

	while (!err) {
		while (next < nr && (boots[next].status >= 0 || !boots[next].kernel))
			next++;
		if (next < nr && nr_running < c->jobs) {
			err = boot_start(c, &boots[next++]);
			nr_running += !err;
			continue;
		}
		if (!nr_running)
			break;
		ended = wait_for_one(c, boots, nr);
		if (!ended) {
			err = c->s->signal ? -EINTR : -EIO;
			break;
		}
		boot_finish(c, ended);
		nr_running--;
	}
	stop_all(boots, nr);
	return err;
}
