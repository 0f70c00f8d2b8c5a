// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guests.h"

/* A second boot costs about 5 s of CPU, a case 0.2 s. */
#define CASES_MIN	100
/* Of all cases the first 46 % take as long as the rest, in quick runs of 6.12 and 7.3. */
#define FIRST_PART(nr)	((nr) * 46 / 100)
#define POLL_NS		20000000L

/* The second part of a run, in a process of its own. */
struct second {
	pid_t pid;
	FILE *doc;		/* what its guests say: a document, in memory */
	struct second_end {
		struct vm_outcome out;
		unsigned int nr_lost;
		int err;
	} *end;			/* shared with the process */
};

void outcome_print(const struct vm_options *o, const struct vm_outcome *out, const char *more)
{
	if (o->is_verbose && out->boot_s >= 0)
		fprintf(stderr, "bench_vm: accel %s: heartbeat after %.2f s (guest: %.2f s), QEMU "
			"ran for %.2f s\n", vm_accel_name(out->accel), out->boot_s,
			out->guest_boot_s, out->wall_s);
	fprintf(stderr, "bench_vm: %s%s%s%s%s%s\n", vm_verdict_name(out->verdict),
		out->reason[0] ? ": " : "", out->reason,
		out->kept_console[0] ? "; console kept in " : "", out->kept_console, more);
}

/* One guest, or another one behind each case that takes its guest with it. 0 or -errno. */
static int run_part(const struct vm_options *o, struct vm_config cfg, struct relay *relay,
		    struct vm_outcome *out)
{
	unsigned int nr_lost;
	int again;

	do {
		nr_lost = relay->nr_lost;
		cfg.args = (const char *const *)relay->args.argv;
		cfg.nr_args = relay->args.argc;
		again = vm_run(&cfg, relay_line, relay, out) ?: relay_resume(relay, out);
		if (again > 0)
			outcome_print(o, out, relay->nr_lost > nr_lost ? "; going on behind it" :
				      "; trying that again");
		cfg.accel = out->accel;
		cfg.is_resumed = true;
	} while (again > 0);
	return again;
}

static void __attribute__((noreturn))
second_main(struct second *s, const struct vm_options *o, struct vm_config cfg,
	    struct relay *relay, size_t first, pid_t parent)
{
	char path[64];
	int err = 0;

	/* An orderly end, with all it started. */
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) || getppid() != parent)
		_exit(1);
	/* The first one says it all. */
	cfg.notes = NULL;
	cfg.is_resumed = true;
	snprintf(path, sizeof(path), "jsonl:/proc/self/fd/%d", fileno(s->doc));
	err = relay_take_part(relay, first, relay->nr_cases, path);
	err = err ?: run_part(o, cfg, relay, &s->end->out);
	if (relay_end_part(relay) && !err)
		err = -EIO;
	s->end->nr_lost = relay->nr_lost;
	s->end->err = err;
	_exit(0);
}

static int second_start(struct second *s, const struct vm_options *o, const struct vm_config *cfg,
			struct relay *relay, size_t first)
{
	pid_t parent = getpid();
	int fd;

	s->end = mmap(NULL, sizeof(*s->end), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	if (s->end == MAP_FAILED) {
		s->end = NULL;
		return -errno;
	}
	/* Until it says something else. */
	s->end->err = -ECHILD;
	fd = memfd_create("bench_vm", MFD_CLOEXEC);
	s->doc = fd < 0 ? NULL : fdopen(fd, "r");
	if (!s->doc)
		return -errno;
	s->pid = fork();
	if (!s->pid)
		second_main(s, o, *cfg, relay, first, parent);
	return s->pid < 0 ? -errno : 0;
}

/* Waits for the process; a signal that is @blocked ends it, and is what @out says then. */
static void second_wait(struct second *s, const sigset_t *blocked, struct vm_outcome *out)
{
	const struct timespec poll = { .tv_nsec = POLL_NS };
	int sig;

	while (s->pid > 0 && !waitpid(s->pid, NULL, WNOHANG)) {
		sig = sigtimedwait(blocked, NULL, &poll);
		if (sig <= 0)
			continue;
		kill(s->pid, SIGTERM);
		out->verdict = VM_INTERRUPTED;
		out->signal = sig;
		snprintf(out->reason, sizeof(out->reason), "interrupted by SIG%s",
			 sigabbrev_np(sig));
	}
	s->pid = 0;
}

static void second_free(struct second *s)
{
	if (s->end)
		munmap(s->end, sizeof(*s->end));
	if (s->doc)
		fclose(s->doc);
}

/* The worse end of two; a part that could not run anything is none. */
static void add_outcome(struct vm_outcome *out, const struct vm_outcome *other)
{
	if (out->verdict == VM_PASSED ? other->verdict != VM_SKIPPED :
	    out->verdict == VM_SKIPPED)
		*out = *other;
}

static int second_join(struct second *s, struct relay *relay, struct vm_outcome *out)
{
	int err = relay_add_part(relay, s->doc);

	relay->nr_lost += s->end->nr_lost;
	if (s->end->err == -ECHILD) {
		out->verdict = VM_BROKEN;
		snprintf(out->reason, sizeof(out->reason),
			 "the second guest's launcher was killed");
		return err;
	}
	add_outcome(out, &s->end->out);
	return err ?: s->end->err;
}

static bool can_go_on(const struct relay *relay, int err, const struct vm_outcome *out)
{
	return !err && relay->has_header && out->verdict != VM_BROKEN &&
	       out->verdict != VM_INTERRUPTED;
}

static int run_two(const struct vm_options *o, struct vm_config *cfg, struct relay *relay,
		   size_t first, struct vm_outcome *out)
{
	sigset_t blocked, old;
	struct second s = {};
	int err;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGINT);
	sigaddset(&blocked, SIGTERM);
	sigaddset(&blocked, SIGHUP);
	err = second_start(&s, o, cfg, relay, first);
	err = err ?: relay_take_part(relay, 0, first, NULL);
	/* From here on a signal must not end us alone: vm_run() and second_wait() take it. */
	sigprocmask(SIG_BLOCK, &blocked, &old);
	err = err ?: run_part(o, *cfg, relay, out);
	/* Without a first part there is nothing to add the second to. */
	if (s.pid > 0 && !can_go_on(relay, err, out))
		kill(s.pid, SIGTERM);
	second_wait(&s, &blocked, out);
	if (can_go_on(relay, err, out))
		err = second_join(&s, relay, out);
	second_free(&s);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return err;
}

/*
 * What a boot will use, and with the kernel at hand, so that no guest waits for the other's
 * download. Where only a boot can tell if KVM works, one is made: the same cases must be shared
 * the same way today and tomorrow. 0 or -errno; @out has what went wrong.
 */
static int look(const struct vm_config *cfg, struct vm_outcome *out)
{
	static const char *const version[] = { "version" };
	struct vm_config proof = *cfg;
	int err = vm_look(cfg, out);

	if (err || out->verdict != VM_PASSED || out->accel != VM_ACCEL_AUTO)
		return err;
	proof.args = version;
	proof.nr_args = 1;
	return vm_run(&proof, NULL, NULL, out);
}

int guests_run(const struct vm_options *o, struct relay *relay, struct vm_outcome *out)
{
	struct vm_config cfg = o->cfg;
	size_t first;
	int err;

	cfg.needs_kmod = relay->needs_kmod;
	cfg.seed = relay->o.has_seed ? relay->o.seed : 1;
	/* One console shows one guest. */
	if (relay->nr_cases < CASES_MIN || cfg.console || cfg.engine != VM_ENGINE_QEMU)
		return run_part(o, cfg, relay, out);
	err = look(&cfg, out);
	if (err || out->verdict != VM_PASSED)
		return err;
	cfg.accel = out->accel;
	first = relay_cut(relay, FIRST_PART(relay->nr_cases));
	return cfg.accel == VM_ACCEL_INSN && first < relay->nr_cases ?
		run_two(o, &cfg, relay, first, out) : run_part(o, cfg, relay, out);
}
