// SPDX-License-Identifier: GPL-2.0-only
/* Verb run: selection, plan of the run, one child for each bench, reports. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>
#include "baseline.h"
#include "bench_family.h"
#include "cgroup.h"
#include "child.h"
#include "env.h"
#include "kmsg.h"
#include "ksyms.h"
#include "registry.h"
#include "report.h"
#include "run.h"
#include "vmlinux_btf.h"
#include "workers.h"

#define DEFAULT_TIMEOUT 30
#define DEFAULT_SEED 1

struct run {
	const struct options *o;
	const struct bench_list *list;
	bool *selected;			/* of the list, the A/A included */
	enum clock_kind clock;
	struct plan_params params;
	struct reports reports;
	struct baseline baseline;
	struct run_doc doc;		/* results keep their metrics, not their samples */
	struct exec x;
	int kmsg_fd, signal_fd;
	bool is_fake;
};

/*
 * Loads are the unit of time mode's intervals, and what they differ by (4 % for a hash lookup) is
 * most of a figure's error: rather many loads of few rounds. 24 fit into 0.6 s; 6 give the smallest
 * interval above 95 %. Counts agree between loads, three are enough to see it when they do not.
 */
static struct plan_params plan_params(const struct options *o, enum clock_kind clock)
{
	struct plan_params p = { .loads = 24, .rounds = 12 };

	if (clock == CLOCK_KIND_INSN)
		p = (struct plan_params){ .loads = o->quick ? 2 : 3, .rounds = o->quick ? 5 : 8 };
	else if (o->quick)
		p = (struct plan_params){ .loads = 6, .rounds = 10 };
	if (o->loads)
		p.loads = o->loads;
	if (o->rounds)
		p.rounds = o->rounds;
	p.warmup = p.rounds / 5;
	return p;
}

static int fill_header(struct run *run, int argc, char **argv)
{
	struct doc_header *h = &run->doc.header;
	time_t now = run->is_fake ? 0 : time(NULL);
	char started[32];
	struct tm tm;
	size_t i;

	gmtime_r(&now, &tm);
	strftime(started, sizeof(started), "%Y-%m-%dT%H:%M:%SZ", &tm);
	h->version = strdup(BENCH_VERSION);
	h->started = strdup(started);
	h->clock = run->clock;
	h->seed = run->o->has_seed ? run->o->seed : DEFAULT_SEED;
	h->env = run->is_fake ? env_fake() : env_read();
	h->argv = calloc(argc, sizeof(*h->argv));
	h->plan = calloc(run->list->nr + 1, sizeof(*h->plan));
	if (!h->version || !h->started || !h->env || !h->argv || !h->plan)
		return -ENOMEM;
	for (; h->argc < argc; h->argc++) {
		h->argv[h->argc] = strdup(h->argc ? argv[h->argc] : "bench_progs");
		if (!h->argv[h->argc])
			return -ENOMEM;
	}
	for (i = 0; i < run->list->nr; i++) {
		if (!run->selected[i])
			continue;
		h->plan[h->nr_plan] = strdup(run->list->v[i].id);
		if (!h->plan[h->nr_plan])
			return -ENOMEM;
		h->nr_plan++;
	}
	return 0;
}

static int select_benches(struct run *run, char *err, size_t err_sz)
{
	const struct bench *aa = bench_list_find(run->list, EXEC_AA_ID);
	size_t i, nr = 0;
	int rc;

	run->selected = calloc(run->list->nr + 1, sizeof(*run->selected));
	if (!run->selected)
		return -ENOMEM;
	rc = selector_apply(&run->o->selector, run->list, run->selected, err, err_sz);
	if (rc)
		return rc;
	for (i = 0; i < run->list->nr; i++)
		nr += run->selected[i];
	if (!nr) {
		snprintf(err, err_sz, "the selection leaves no bench (see: list)");
		return -EINVAL;
	}
	/* No figure without the run's noise floor. */
	if (aa)
		run->selected[aa - run->list->v] = true;
	run->doc.results = calloc(nr + 1, sizeof(*run->doc.results));
	return run->doc.results ? 0 : -ENOMEM;
}

static int open_reports(struct run *run)
{
	int i, err = baseline_check("bench_progs", run->o);

	if (err)
		return err;
	for (i = 0; i < run->o->nr_outputs; i++) {
		err = reports_open(&run->reports, run->o->outputs[i], run->o->verbose);
		if (err)
			return err;
	}
	err = i ? 0 : reports_open(&run->reports, "table", run->o->verbose);
	err = err ?: baseline_open(&run->baseline, "bench_progs", run->o, &run->reports);
	return err ?: baseline_read(&run->baseline, &run->doc.header);
}

static int derive(struct run *run, const struct bench *b, struct result *r)
{
	int err = result_init(r, b);

	if (err)
		return err;
	if (run->clock == CLOCK_KIND_NONE) {
		r->status = STATUS_SKIP;
		return result_set_reason(r, "needs a clock");
	}
	return registry_family(b->family)->derive(run->doc.results, run->doc.nr_results,
						  run->clock, r);
}

/* Why a count would tell nothing of it; NULL if it would. */
static const char *count_misleads(const struct bench *b)
{
	return b->workers > 1 ? "a counted guest runs one CPU at a time: contention does not show" :
				b->time_only;
}

static int run_bench(struct run *run, const struct child_job *job, struct result *r)
{
	const struct bench *b = job->x->bench;
	const char *why = run->clock == CLOCK_KIND_INSN ? count_misleads(b) : NULL;
	int err;

	if (b->driver == DRIVER_DERIVED)
		return derive(run, b, r);
	if (!why)
		return child_run(job, r);
	err = result_init(r, b);
	r->status = STATUS_SKIP;
	return err ?: result_set_reason(r, "%s", why);
}

/* A splat counts even against a bench that looks well. */
static int check_kernel_log(struct run *run, struct result *r)
{
	char line[256];

	if (run->kmsg_fd < 0 || !kmsg_splat(run->kmsg_fd, line, sizeof(line)))
		return 0;
	r->status = STATUS_FAIL;
	return result_set_reason(r, "kernel log: %s", line);
}

static void count(struct doc_end *end, const struct result *r)
{
	if (r->status == STATUS_OK)
		end->passed++;
	else if (r->status == STATUS_SKIP)
		end->skipped++;
	else
		end->failed++;
}

/* 0, the signal that ended the run, or -errno. */
static int run_benches(struct run *run)
{
	struct child_job job = {
		.x = &run->x,
		.exec_arg = run->o->exec,
		.params = &run->params,
		.timeout = run->o->timeout ? run->o->timeout : DEFAULT_TIMEOUT,
		.signal_fd = run->signal_fd,
	};
	struct result *r;
	size_t i;
	int rc, err, s;

	for (i = 0; i < run->list->nr; i++) {
		if (!run->selected[i])
			continue;
		r = &run->doc.results[run->doc.nr_results];
		run->x.bench = &run->list->v[i];
		run->x.has_base_result = run->x.bench->base_kind == BASE_BENCH &&
					 run->selected[run->x.bench->base];
		rc = run_bench(run, &job, r);
		/* It may have died before it did so. */
		rcu_expedite(&run->x.rcu, false);
		if (rc < 0)
			fprintf(stderr, "bench_progs: cannot run %s: %s\n", run->x.bench->id,
				strerror(-rc));
		if (rc)
			return rc;
		err = check_kernel_log(run, r);
		err = err ?: reports_result(&run->reports, r);
		if (err)
			return err;
		count(&run->doc.end, r);
		for (s = 0; s < NR_SLOTS; s++)
			sample_set__free(&r->samples[s]);
		result_free_code(r);
		run->doc.nr_results++;
	}
	return 0;
}

static int block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -1;
	/* A reader that goes away (| head) is an error of the write, not a death. */
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void run_free(struct run *run)
{
	rcu_close(&run->x.rcu);
	baseline_close(&run->baseline);
	free(run->selected);
	run_doc_free(&run->doc);
	if (run->kmsg_fd >= 0)
		close(run->kmsg_fd);
	if (run->signal_fd >= 0)
		close(run->signal_fd);
}

/* The JIT of arm64 makes an address of one to four instructions: each load may count otherwise. */
#ifdef __aarch64__
#define IS_COUNT_BY_ADDRESS true
#else
#define IS_COUNT_BY_ADDRESS false
#endif

static void exec_init(struct run *run)
{
	run->x = (struct exec){
		.ops = run->is_fake ? &exec_fake : &exec_kernel,
		.list = run->list,
		.clock = run->clock,
		.seed = run->doc.header.seed,
		.is_brief = run->o->quick && !run->o->loads && run->clock == CLOCK_KIND_INSN &&
			    !IS_COUNT_BY_ADDRESS,
		.rcu.fd = -1,
	};
	/* In a counted guest waiting costs nothing. */
	if (!run->is_fake && run->clock == CLOCK_KIND_NS)
		rcu_open(&run->x.rcu);
	/* Once for all children: looking out for it keeps the CPU busy for up to a tick. */
	if (!run->is_fake && run->clock == CLOCK_KIND_INSN)
		run->x.tick = bench_meet_tick();
	run->x.nr_cpus = pick_cpus(run->x.cpus, BENCH_MAX_WORKERS);
}

/* Measures and reports. 0, a signal, or -errno of the first output that failed. */
static int run_all(struct run *run)
{
	double started = seconds();
	int rc, err;

	rc = reports_begin(&run->reports, &run->doc.header);
	if (!rc)
		rc = run_benches(run);
	run->doc.end.seconds = run->is_fake ? 0 : seconds() - started;
	err = reports_end(&run->reports, rc ? NULL : &run->doc.end);
	return rc ? rc : err;
}

static int usage(const char *err)
{
	fprintf(stderr, "bench_progs: %s\n", err);
	return EXIT_USAGE;
}

static int run_status(int rc, const struct doc_end *end)
{
	if (rc > 0)
		return 128 + rc;
	if (rc < 0)
		return EXIT_FAIL;
	if (end->failed)
		return EXIT_FAIL;
	return end->passed ? EXIT_PASS : EXIT_NOTHING;
}

int run(const struct options *o, const struct bench_list *list, int argc, char **argv)
{
	struct run run = { .o = o, .list = list, .x.rcu.fd = -1, .kmsg_fd = -1, .signal_fd = -1 };
	char err[512] = "out of memory", note[256];
	int rc, gated = 0;

	run.is_fake = strcmp(o->exec, "kernel");
	if (select_benches(&run, err, sizeof(err)) ||
	    choose_clock(o, &run.clock, note, sizeof(note), err, sizeof(err))) {
		run_free(&run);
		return usage(err);
	}
	if (!run.is_fake && missing_capability()) {
		fprintf(stderr, "bench_progs: measuring needs %s: run as root\n",
			missing_capability());
		run_free(&run);
		return EXIT_NOTHING;
	}
	if (note[0])
		fprintf(stderr, "bench_progs: %s\n", note);
	run.params = plan_params(o, run.clock);
	run.kmsg_fd = run.is_fake ? -1 : kmsg_open();
	if (!run.is_fake)
		cgroup_remove_stale();
	rc = fill_header(&run, argc, argv);
	exec_init(&run);
	if (!run.is_fake) {
		exec_kernel_prepare(&run.x);
		vmlinux_btf_read();
		ksyms_read();
	}
	if (!rc) {
		rc = open_reports(&run);
		if (rc) {
			reports_close(&run.reports);
			run_free(&run);
			return EXIT_USAGE;
		}
		/* Not before: opening a FIFO waits for its reader. */
		run.signal_fd = block_signals();
		rc = run_all(&run);
	}
	if (!rc)
		gated = baseline_finish(&run.baseline, &run.reports,
					run_status(0, &run.doc.end) == EXIT_PASS);
	if (rc == 0)
		rc = reports_close(&run.reports);
	else
		reports_close(&run.reports);
	rc = run_status(rc, &run.doc.end);
	run_free(&run);
	return rc ? rc : gated;
}
