// SPDX-License-Identifier: GPL-2.0-only
/* Carries out a plan on the running kernel. */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include "bench_family.h"
#include "exec.h"
#include "feature.h"
#include "registry.h"
#include "workers.h"
#include "xlated.h"

/* Workers must have run at the same time for at least this part of the slower one's batch. */
#define MIN_OVERLAP 0.9
#define PACKET_SZ 64
/* How long a batch of several workers lasts, and what they need to set out together. */
#define WORKERS_BATCH_NS 100000
#define WORKERS_START_NS 5000

struct slot_state {
	struct bench_run run;
	uint32_t nr_loads;
	bool is_refused;		/* BASE_REFUSED: the system calls fail on purpose */
	struct insn_counts insns;
	/* What the largest verified batch summed up; every timed one of its size must agree. */
	uint64_t checked_ops, checked_sink;
};

struct exec_kernel {
	struct slot_state slots[NR_SLOTS];
	struct workers *workers;
	int steal_fd;
	uint64_t steal;			/* ticks, at the end of the last round */
};

/* The bench whose program a slot holds. */
static const struct bench *slot_bench(const struct exec *x, enum slot slot)
{
	if (slot == SLOT_REF)
		return bench_list_find(x->list, EXEC_REFERENCE_ID);
	if (slot == SLOT_BASE && x->bench->base_kind == BASE_BENCH)
		return &x->list->v[x->bench->base];
	return x->bench;
}

static int kernel_open(struct exec *x, const char *arg)
{
	struct exec_kernel *k;
	char why[256];
	int i;

	(void)arg;
	for (i = 0; i < x->bench->nr_needs; i++)
		if (feature_check(x->bench->needs[i], why, sizeof(why)) != FEATURE_YES)
			return exec_fail(x, -EOPNOTSUPP, "%s: %s", x->bench->needs[i], why);
	if (feature_check("jit", why, sizeof(why)) != FEATURE_YES)
		return exec_fail(x, -EOPNOTSUPP, "jit: %s", why);
	if ((int)x->bench->workers > x->nr_cpus)
		return exec_fail(x, -EOPNOTSUPP, "needs %u CPUs on cores of their own, has %d",
				 x->bench->workers, x->nr_cpus);
	i = pin_to_cpu(x->cpus[0]);
	if (i)
		return exec_fail(x, i, "cannot pin to CPU %d: %s", x->cpus[0], strerror(-i));
	k = calloc(1, sizeof(*k));
	if (!k)
		return -ENOMEM;
	k->steal_fd = -1;
	x->has_reference = feature_check("bpf_loop", why, sizeof(why)) == FEATURE_YES;
	x->priv = k;
	if (x->bench->workers > 1) {
		k->workers = workers__new(x->cpus, x->bench->workers);
		if (!k->workers)
			return exec_fail(x, -errno, "cannot start %u threads", x->bench->workers);
	}
	return 0;
}

static void kernel_unload(struct exec *x, enum slot slot)
{
	struct exec_kernel *k = x->priv;
	struct slot_state *st = &k->slots[slot];

	if (st->run.skel)
		st->run.family->destroy(st->run.skel);
	memset(&st->run, 0, sizeof(st->run));
}

static void kernel_close(struct exec *x)
{
	struct exec_kernel *k = x->priv;
	int s;

	if (!k)
		return;
	for (s = 0; s < NR_SLOTS; s++)
		kernel_unload(x, s);
	workers__free(k->workers);
	if (k->steal_fd >= 0)
		close(k->steal_fd);
	free(k);
	x->priv = NULL;
}

/* The mapped variable @name of a data section; NULL if the object has none of that name. */
static void *find_variable(struct bpf_object *obj, const char *section, const char *name,
			   size_t *sz)
{
	const struct btf *btf = bpf_object__btf(obj);
	const struct btf_var_secinfo *var;
	const struct btf_type *sec, *type;
	struct bpf_map *map;
	char *base;
	size_t data_sz;
	__s32 id;
	int i;

	id = btf__find_by_name_kind(btf, section, BTF_KIND_DATASEC);
	if (id < 0)
		return NULL;
	bpf_object__for_each_map(map, obj) {
		const char *map_name = bpf_map__name(map), *dot = strstr(map_name, section);

		if (!dot || strcmp(dot, section))
			continue;
		base = (char *)bpf_map__initial_value(map, &data_sz);
		if (!base)
			continue;
		sec = btf__type_by_id(btf, id);
		var = btf_var_secinfos(sec);
		for (i = 0; i < btf_vlen(sec); i++, var++) {
			type = btf__type_by_id(btf, var->type);
			if (strcmp(btf__name_by_offset(btf, type->name_off), name))
				continue;
			*sz = var->size;
			return base + var->offset;
		}
	}
	return NULL;
}

static int set_params(struct exec *x, struct bench_run *r)
{
	const struct bench *b = r->bench;
	size_t sz;
	void *var;
	int i;

	for (i = 0; i < b->nr_params; i++) {
		var = find_variable(r->obj, ".rodata", b->params[i].name, &sz);
		if (!var || sz != sizeof(uint64_t))
			return exec_fail(x, -EINVAL,
					 "progs/%s.bpf.c has no \"const volatile __u64 %s\"",
					 b->family, b->params[i].name);
		memcpy(var, &b->params[i].value, sizeof(uint64_t));
	}
	return 0;
}

/* An error of a family's own operation: its clause, or the bare error. */
static int family_fail(struct exec *x, const struct bench_run *r, int err, const char *what)
{
	if (r->err[0])
		return exec_fail(x, err, "%s", r->err);
	return exec_fail(x, err, "%s of %s: %s", what, r->bench->id, strerror(-err));
}

static int load_program(struct exec *x, struct bench_run *r)
{
	size_t sz;
	int err;

	r->skel = r->family->open();
	if (!r->skel)
		return exec_fail(x, -errno, "cannot open the object of %s", r->bench->family);
	r->obj = r->family->object(r->skel);
	r->prog = bpf_object__find_program_by_name(r->obj, r->bench->name);
	if (!r->prog)
		return exec_fail(x, -ENOENT, "no program %s", r->bench->name);
	bpf_program__set_autoload(r->prog, true);
	err = set_params(x, r);
	if (err)
		return err;
	if (r->family->prepare) {
		err = r->family->prepare(r);
		if (err)
			return family_fail(x, r, err, "preparation");
	}
	err = r->family->load(r->skel);
	if (err)
		return exec_fail(x, err, "%s does not load: %s (-v shows the verifier's log)",
				 r->bench->id, strerror(-err));
	r->states = find_variable(r->obj, ".bss", "bench_states", &sz);
	if (r->family->setup) {
		err = r->family->setup(r);
		if (err)
			return family_fail(x, r, err, "set-up");
	}
	return 0;
}

static int kernel_load(struct exec *x, enum slot slot)
{
	struct exec_kernel *k = x->priv;
	struct slot_state *st = &k->slots[slot];
	const struct bench *b = slot_bench(x, slot);
	int err;

	st->run = (struct bench_run){
		.bench = b,
		.family = registry_family(b->family),
		.load = st->nr_loads++,
	};
	st->is_refused = slot == SLOT_BASE && x->bench->base_kind == BASE_REFUSED;
	st->run.is_once = slot == SLOT_BASE && x->bench->base_kind == BASE_ONCE;
	err = load_program(x, &st->run);
	if (err)
		return err;
	err = xlated_count(bpf_program__fd(st->run.prog), &st->insns);
	if (err)
		return exec_fail(x, err, "cannot read the translated program of %s: %s", b->id,
				 strerror(-err));
	if (!st->insns.jited_bytes)
		return exec_fail(x, -EOPNOTSUPP, "jit: the kernel did not compile this program");
	return 0;
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

/* Ticks that the hypervisor took from CPU @cpu; 0 where it does not say. */
static uint64_t read_steal(struct exec_kernel *k, int cpu)
{
	unsigned long long steal = 0;
	char buf[8192], name[16], *line;
	ssize_t len;

	if (k->steal_fd < 0)
		k->steal_fd = open_cloexec("/proc/stat");
	len = k->steal_fd < 0 ? -1 : pread(k->steal_fd, buf, sizeof(buf) - 1, 0);
	if (len <= 0)
		return 0;
	buf[len] = '\0';
	snprintf(name, sizeof(name), "\ncpu%d ", cpu);
	line = strstr(buf, name);
	if (!line || sscanf(line + strlen(name), "%*u %*u %*u %*u %*u %*u %*u %llu", &steal) != 1)
		return 0;
	return steal;
}

struct loop_batch {
	struct bench_run *run;
	uint64_t chunks;
	uint64_t until;
};

static int run_loop_worker(void *ctx, int worker)
{
	struct loop_batch *batch = ctx;
	__u64 args[NR_BENCH_ARGS] = { [BENCH_ARG_CHUNKS] = batch->chunks,
				      [BENCH_ARG_WORKER] = worker,
				      [BENCH_ARG_UNTIL] = batch->until };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args, .ctx_size_in = sizeof(args));
	int err;

	err = bpf_prog_test_run_opts(bpf_program__fd(batch->run->prog), &opts);
	if (!err && opts.retval)
		err = -EBADMSG;
	return err;
}

/* Sums of the workers' figures; the flag when they did not run side by side. */
static void read_states(const struct bench_run *r, struct sample *s, uint64_t *sink)
{
	uint64_t first_end = UINT64_MAX, last_start = 0, longest = 0;
	unsigned int i;

	s->elapsed = s->done = *sink = 0;
	for (i = 0; i < r->bench->workers; i++) {
		const volatile struct bench_state *st = &r->states[i];
		uint64_t elapsed = st->end - st->start;

		s->elapsed += elapsed;
		s->done += st->done;
		*sink += st->sink;
		if (elapsed > longest)
			longest = elapsed;
		if (st->start > last_start)
			last_start = st->start;
		if (st->end < first_end)
			first_end = st->end;
	}
	if (r->bench->workers > 1 &&
	    (first_end < last_start || first_end - last_start < MIN_OVERLAP * longest))
		s->flags |= SAMPLE_NO_OVERLAP;
}

static int run_one(struct exec *x, struct slot_state *st, uint64_t ops, struct sample *s,
		   uint64_t *sink)
{
	struct loop_batch batch = { &st->run, (ops + BENCH_CHUNK - 1) / BENCH_CHUNK, 0 };
	int err = run_loop_worker(&batch, 0);

	if (err)
		return exec_fail(x, err, "test run of %s: %s", st->run.bench->id, strerror(-err));
	read_states(&st->run, s, sink);
	if (s->done != batch.chunks * BENCH_CHUNK)
		return exec_fail(x, -EBADMSG, "%s did %llu operations of %llu", st->run.bench->id,
				 (unsigned long long)s->done,
				 (unsigned long long)(batch.chunks * BENCH_CHUNK));
	return 0;
}

/*
 * Several workers get the same time, not the same work: one that is slower, because the other has
 * the line, would go on alone for the rest of its work.
 */
static int run_several(struct exec *x, struct slot_state *st, struct sample *s)
{
	struct exec_kernel *k = x->priv;
	struct loop_batch batch = { &st->run, UINT32_MAX >> 10, 0 };
	uint64_t sink;
	unsigned int i;
	int err;

	batch.until = now_ns() + WORKERS_START_NS + WORKERS_BATCH_NS;
	err = workers__run(k->workers, run_loop_worker, &batch);
	if (err)
		return exec_fail(x, err, "test run of %s: %s", st->run.bench->id, strerror(-err));
	read_states(&st->run, s, &sink);
	for (i = 0; i < st->run.bench->workers; i++)
		if (!st->run.states[i].done)
			return exec_fail(x, -EBADMSG, "%s: worker %u did nothing",
					 st->run.bench->id, i);
	return 0;
}

/* Programs whose type has no repetition in BPF_PROG_TEST_RUN: one system call is one run. */
static int run_calls(struct slot_state *st, uint64_t runs, __u32 *retval)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	int err = 0, fd = bpf_program__fd(st->run.prog);
	uint64_t i;

	/* Raw tracepoints refuse a repeat count before they do anything. */
	opts.repeat = st->is_refused ? 1 : 0;
	for (i = 0; i < runs && !err; i++) {
		err = bpf_prog_test_run_opts(fd, &opts);
		if (st->is_refused)
			err = err == -EINVAL ? 0 : -EBADMSG;
	}
	*retval = st->is_refused ? st->run.bench->retval : opts.retval;
	return err;
}

/*
 * With the baseline "once" the case runs one time more than it counts: what remains of the pair
 * is exactly the counted runs.
 */
static int run_repeat(struct exec *x, struct slot_state *st, uint64_t runs, __u32 *retval)
{
	char packet[PACKET_SZ] = {};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = packet, .data_size_in = sizeof(packet));
	int err;

	opts.repeat = st->run.is_once ? 1 : x->bench->base_kind == BASE_ONCE ? runs + 1 : runs;
	err = bpf_prog_test_run_opts(bpf_program__fd(st->run.prog), &opts);
	*retval = opts.retval;
	return err;
}

static uint64_t nr_expected_runs(const struct exec *x, const struct slot_state *st, uint64_t runs)
{
	if (st->is_refused)
		return 0;
	if (st->run.is_once)
		return 1;
	return runs + (x->bench->base_kind == BASE_ONCE && st->run.bench == x->bench);
}

static int run_test_run(struct exec *x, struct slot_state *st, uint64_t runs, struct sample *s)
{
	bool has_repeat = bpf_program__type(st->run.prog) != BPF_PROG_TYPE_RAW_TRACEPOINT;
	uint64_t start = now_ns();
	__u32 retval = 0;
	int err;

	err = has_repeat ? run_repeat(x, st, runs, &retval) : run_calls(st, runs, &retval);
	s->elapsed = now_ns() - start;
	s->done = runs * x->bench->ops;
	if (err)
		return exec_fail(x, err, "test run of %s: %s", st->run.bench->id, strerror(-err));
	if (retval != st->run.bench->retval)
		return exec_fail(x, -EBADMSG, "%s returned %u, not %u", st->run.bench->id, retval,
				 st->run.bench->retval);
	return 0;
}

static int run_slot(struct exec *x, struct slot_state *st, uint64_t ops, struct sample *s,
		    uint64_t *sink)
{
	uint64_t runs;

	*sink = 0;
	if (st->run.bench->workers > 1)
		return run_several(x, st, s);
	if (st->run.bench->driver == DRIVER_LOOP)
		return run_one(x, st, ops, s, sink);
	runs = ops / x->bench->ops;
	return run_test_run(x, st, runs ? runs : 1, s);
}

static int kernel_run_batch(struct exec *x, enum slot slot, uint64_t ops, struct sample *s)
{
	struct exec_kernel *k = x->priv;
	struct slot_state *st = &k->slots[slot];
	struct rusage before, after;
	uint64_t sink;
	int err;

	getrusage(RUSAGE_THREAD, &before);
	err = run_slot(x, st, ops, s, &sink);
	if (err)
		return err;
	getrusage(RUSAGE_THREAD, &after);
	if (after.ru_nivcsw != before.ru_nivcsw)
		s->flags |= SAMPLE_SWITCHED;
	if (sched_getcpu() != x->cpus[0])
		s->flags |= SAMPLE_MIGRATED;
	if (st->checked_ops == ops && st->checked_sink != sink)
		return exec_fail(x, -EBADMSG, "%s: a timed batch summed up to %llu, the verified "
				 "one to %llu", st->run.bench->id, (unsigned long long)sink,
				 (unsigned long long)st->checked_sink);
	return 0;
}

/* Reading it takes longer than a batch: once a round, for the round. */
static uint32_t kernel_round_flags(struct exec *x)
{
	struct exec_kernel *k = x->priv;
	uint64_t before = k->steal;

	if (x->clock != CLOCK_KIND_NS)
		return 0;
	k->steal = read_steal(k, x->cpus[0]);
	return k->steal != before ? SAMPLE_STOLEN : 0;
}

/* The kernel's own count of the runs of a program; needs statistics switched on. */
static int read_run_cnt(const struct bench_run *r, uint64_t *cnt)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	int err = bpf_obj_get_info_by_fd(bpf_program__fd(r->prog), &info, &len);

	*cnt = info.run_cnt;
	return err;
}

static int verify_runs(struct exec *x, struct slot_state *st, uint64_t ops, struct sample *s,
		       uint64_t *sink)
{
	uint64_t before = 0, after = 0, runs = ops / x->bench->ops, want;
	int stats_fd, err;

	if (st->run.bench->driver != DRIVER_TEST_RUN)
		return run_slot(x, st, ops, s, sink);
	want = nr_expected_runs(x, st, runs ? runs : 1);
	stats_fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
	if (stats_fd < 0)
		return exec_fail(x, stats_fd, "cannot count runs (BPF_ENABLE_STATS): %s",
				 strerror(-stats_fd));
	err = read_run_cnt(&st->run, &before);
	err = err ?: run_slot(x, st, ops, s, sink);
	err = err ?: read_run_cnt(&st->run, &after);
	close(stats_fd);
	if (!err && after - before != want)
		err = exec_fail(x, -EBADMSG, "%s ran %llu times, not %llu", st->run.bench->id,
				(unsigned long long)(after - before), (unsigned long long)want);
	return err;
}

static int kernel_verify(struct exec *x, enum slot slot, uint64_t ops)
{
	struct exec_kernel *k = x->priv;
	struct slot_state *st = &k->slots[slot];
	struct bench_run *r = &st->run;
	struct sample s = {};
	uint64_t sink;
	int err = 0;

	if (r->family->before)
		err = r->family->before(r);
	if (err)
		return family_fail(x, r, err, "preparation");
	err = verify_runs(x, st, ops, &s, &sink);
	if (err)
		return err;
	r->ops = st->is_refused ? 0 : s.done;
	if (r->family->verify)
		err = r->family->verify(r);
	if (err)
		return family_fail(x, r, err, "verification");
	if (r->bench->driver == DRIVER_LOOP && r->bench->workers == 1 && ops >= st->checked_ops) {
		st->checked_ops = ops;
		st->checked_sink = sink;
	}
	return 0;
}

static int kernel_survived(struct exec *x)
{
	struct exec_kernel *k = x->priv;
	const struct slot_state *raw = &k->slots[SLOT_RAW], *base = &k->slots[SLOT_BASE];
	bool has_base = x->bench->base_kind == BASE_BENCH;
	long long excess;
	int i;

	for (i = 0; i < x->bench->nr_checks; i++) {
		const struct bench_check *c = &x->bench->checks[i];

		excess = raw->insns.nr[c->kind] - (has_base ? base->insns.nr[c->kind] : 0);
		if (excess < c->at_least)
			return exec_fail(x, -EBADMSG, "the operation is gone from the translated "
					 "program: %lld more %s than its baseline, not %lld",
					 excess, insn_kind_name(c->kind), c->at_least);
	}
	return 0;
}

static int kernel_facts(struct exec *x, enum slot slot, struct prog_facts *f)
{
	struct exec_kernel *k = x->priv;
	const struct insn_counts *c = &k->slots[slot].insns;

	f->xlated_bytes = c->xlated_bytes;
	f->jited_bytes = c->jited_bytes;
	f->verified_insns = c->verified_insns;
	return 0;
}

const struct exec_ops exec_kernel = {
	.name = "kernel",
	.open = kernel_open,
	.close = kernel_close,
	.load = kernel_load,
	.unload = kernel_unload,
	.verify = kernel_verify,
	.survived = kernel_survived,
	.run_batch = kernel_run_batch,
	.round_flags = kernel_round_flags,
	.facts = kernel_facts,
};
