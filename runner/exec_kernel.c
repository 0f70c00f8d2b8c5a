// SPDX-License-Identifier: GPL-2.0-only
/* Carries out a plan on the running kernel. */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "exec_kernel.h"
#include "feature.h"
#include "prog_code.h"
#include "registry.h"
#include "steal.h"
#include "workers.h"

/* The bench whose program a slot holds. */
static const struct bench *slot_bench(const struct exec *x, enum slot slot)
{
	if (slot == SLOT_REF)
		return bench_list_find(x->list, EXEC_REFERENCE_ID);
	if (slot == SLOT_BASE && x->bench->base_kind == BASE_BENCH)
		return &x->list->v[x->bench->base];
	return x->bench;
}

static int open_bench(struct exec *x)
{
	struct exec_kernel *k;
	char why[256];
	int i;

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
	k->steal_fd = k->stats_fd = -1;
	/* A counted guest does not drift. */
	x->has_reference = x->clock == CLOCK_KIND_NS &&
			   feature_check("bpf_loop", why, sizeof(why)) == FEATURE_YES;
	x->priv = k;
	/* A family whose run() needs several has workers of its own. */
	if (x->bench->workers > 1 && bench_has_loop(x->bench)) {
		k->workers = workers__new(x->cpus, x->bench->workers);
		if (!k->workers)
			return exec_fail(x, -errno, "cannot start %u threads", x->bench->workers);
	}
	return 0;
}

/* Probes make devices, too. */
static int kernel_open(struct exec *x, const char *arg)
{
	int err;

	(void)arg;
	rcu_expedite(&x->rcu, true);
	err = open_bench(x);
	rcu_expedite(&x->rcu, false);
	return err;
}

static void unload_slot(struct exec *x, enum slot slot)
{
	struct exec_kernel *k = x->priv;
	struct bench_run *r = &k->slots[slot].run;

	if (r->skel && r->family->unload)
		r->family->unload(r);
	if (r->skel)
		r->family->destroy(r->skel);
	r->skel = NULL;
}

static void kernel_unload(struct exec *x, enum slot slot)
{
	rcu_expedite(&x->rcu, true);
	unload_slot(x, slot);
	rcu_expedite(&x->rcu, false);
}

/*
 * Switching them on or off rewrites each place in the kernel that runs a program, which under
 * emulation takes longer than what is verified: on from a first verification to the next batch.
 */
static int stats_on(struct exec *x)
{
	struct exec_kernel *k = x->priv;

	if (k->stats_fd < 0)
		k->stats_fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
	return k->stats_fd >= 0 ? 0 :
	       exec_fail(x, k->stats_fd, "cannot count runs (BPF_ENABLE_STATS): %s",
			 strerror(-k->stats_fd));
}

static void stats_off(struct exec_kernel *k)
{
	if (k->stats_fd >= 0)
		close(k->stats_fd);
	k->stats_fd = -1;
}

/* Also for what ends with the process; the parent sets it back behind that. */
static void kernel_close(struct exec *x)
{
	struct exec_kernel *k = x->priv;
	int s;

	if (!k)
		return;
	rcu_expedite(&x->rcu, true);
	for (s = 0; s < NR_SLOTS; s++)
		unload_slot(x, s);
	workers__free(k->workers);
	stats_off(k);
	if (k->steal_fd >= 0)
		close(k->steal_fd);
	free(k);
	x->priv = NULL;
}

void *kernel_find_variable(struct bpf_object *obj, const char *section, const char *name,
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
		var = kernel_find_variable(r->obj, ".rodata", b->params[i].name, &sz);
		if (!var || sz != sizeof(uint64_t))
			return exec_fail(x, -EINVAL,
					 "progs/%s.bpf.c has no \"const volatile __u64 %s\"",
					 b->family, b->params[i].name);
		memcpy(var, &b->params[i].value, sizeof(uint64_t));
	}
	return 0;
}

int kernel_family_fail(struct exec *x, const struct bench_run *r, int err, const char *what)
{
	if (r->err[0])
		return exec_fail(x, err, "%s", r->err);
	return exec_fail(x, err, "%s of %s: %s", what, r->bench->id, strerror(-err));
}

static bool ends_with(const char *s, const char *end)
{
	size_t len = strlen(s), end_len = strlen(end);

	return len > end_len && !strcmp(s + len - end_len, end);
}

/*
 * Map <case>_map belongs to that case and is created for no other: a kernel that lacks its type
 * must not lose the others.
 */
static int choose_maps(const struct bench_run *r)
{
	struct bpf_map *map;
	char name[128];
	int err = 0;

	snprintf(name, sizeof(name), "%s_map", r->bench->name);
	bpf_object__for_each_map(map, r->obj)
		if (ends_with(bpf_map__name(map), "_map") && strcmp(bpf_map__name(map), name))
			err = err ?: bpf_map__set_autocreate(map, false);
	return err;
}

static int choose_programs(struct exec *x, struct bench_run *r)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(r->obj, r->bench->name);
	int err;

	if (r->bench->driver == DRIVER_USER)
		return 0;
	if (!prog)
		return exec_fail(x, -ENOENT, "no program %s", r->bench->name);
	r->prog = prog;
	err = bpf_program__set_autoload(prog, true);
	if (err || !r->bench->trigger)
		return err;
	r->trigger = bpf_object__find_program_by_name(r->obj, r->bench->trigger);
	if (!r->trigger)
		return exec_fail(x, -ENOENT, "%s: no program %s to trigger it", r->bench->id,
				 r->bench->trigger);
	return bpf_program__set_autoload(r->trigger, true);
}

static int open_object(struct exec *x, struct bench_run *r)
{
	int err;

	r->skel = r->family->open();
	if (!r->skel)
		return exec_fail(x, -errno, "cannot open the object of %s", r->bench->family);
	r->obj = r->family->object(r->skel);
	err = choose_programs(x, r);
	err = err ?: choose_maps(r);
	err = err ?: set_params(x, r);
	if (!err && r->family->prepare) {
		err = r->family->prepare(r);
		if (err)
			return kernel_family_fail(x, r, err, "preparation");
	}
	return err;
}

static int load_program(struct exec *x, struct slot_state *st)
{
	struct bench_run *r = &st->run;
	size_t sz = 0;
	int err;

	err = open_object(x, r);
	if (err)
		return err;
	err = r->family->load(r->skel);
	if (err)
		return exec_fail(x, err, "%s does not load: %s (-v shows the verifier's log)",
				 r->bench->id, strerror(-err));
	r->states = kernel_find_variable(r->obj, ".bss", "bench_states", &sz);
	st->args = kernel_find_variable(r->obj, ".bss", "bench_args", &sz);
	if (r->family->setup) {
		err = r->family->setup(r);
		if (err)
			return kernel_family_fail(x, r, err, "set-up");
	}
	return 0;
}

static int load_slot(struct exec *x, enum slot slot)
{
	struct exec_kernel *k = x->priv;
	struct slot_state *st = &k->slots[slot];
	const struct bench *b = slot_bench(x, slot);
	int err;

	st->run = (struct bench_run){
		.bench = b,
		.family = registry_family(b->family),
		.load = st->nr_loads++,
		.slot = slot,
		.clock = x->clock,
		.cpu = x->cpus[0],
		.cpus = x->cpus,
		.seed = x->seed,
		.is_counted = x->clock == CLOCK_KIND_INSN,
		.tick = x->tick,
		.priv = st->run.priv,
	};
	/* The memory of the load before is to be had again. */
	if (st->run.is_counted && slot == SLOT_RAW && st->run.load && bench_has_run(b))
		bench_settle(&st->run);
	st->is_refused = slot == SLOT_BASE && x->bench->base_kind == BASE_REFUSED;
	st->run.is_once = slot == SLOT_BASE && x->bench->base_kind == BASE_ONCE;
	err = load_program(x, st);
	if (err)
		return err;
	if (!st->run.prog)
		return 0;
	err = xlated_count(bpf_program__fd(st->run.prog), &st->insns);
	if (err)
		return exec_fail(x, err, "cannot read the translated program of %s: %s", b->id,
				 strerror(-err));
	if (!st->insns.jited_bytes)
		return exec_fail(x, -EOPNOTSUPP, "jit: the kernel did not compile this program");
	return 0;
}

static int kernel_load(struct exec *x, enum slot slot)
{
	int err;

	rcu_expedite(&x->rcu, true);
	err = load_slot(x, slot);
	rcu_expedite(&x->rcu, false);
	return err;
}

/*
 * What the program in front of this one leaves to be freed (its own, its maps) goes some ticks
 * later in a kernel thread, and since 7.2 the scheduler's hrtick interrupts around that: three of
 * the four rounds of a load could meet it. In a counted guest waiting costs nothing.
 */
static void kernel_settle(struct exec *x)
{
	if (x->clock == CLOCK_KIND_INSN)
		bench_wait_behind_tick(x->tick);
}

static int kernel_run_batch(struct exec *x, enum slot slot, uint64_t ops, struct sample *s)
{
	struct exec_kernel *k = x->priv;
	struct slot_state *st = &k->slots[slot];
	struct rusage before, after;
	uint64_t sink;
	int err;

	stats_off(k);
	st->run.is_timed = x->is_timed;
	getrusage(RUSAGE_THREAD, &before);
	err = kernel_run_slot(x, st, ops, s, &sink);
	if (err)
		return err;
	getrusage(RUSAGE_THREAD, &after);
	if (!st->is_watched && after.ru_nivcsw != before.ru_nivcsw)
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
	k->steal = steal_read(&k->steal_fd, x->cpus[0]);
	return k->steal != before ? SAMPLE_STOLEN : 0;
}

static int kernel_attach(struct exec *x, enum slot slot)
{
	struct exec_kernel *k = x->priv;
	struct bench_run *r = &k->slots[slot].run;
	int err;

	rcu_expedite(&x->rcu, true);
	err = r->family->attach(r);
	rcu_expedite(&x->rcu, false);
	return err ? kernel_family_fail(x, r, err, "attaching") : 0;
}

static void kernel_detach(struct exec *x, enum slot slot)
{
	struct exec_kernel *k = x->priv;
	struct bench_run *r = &k->slots[slot].run;

	rcu_expedite(&x->rcu, true);
	r->family->detach(r);
	rcu_expedite(&x->rcu, false);
}

static int kernel_report(struct exec *x, struct load_report *out, int max)
{
	struct exec_kernel *k = x->priv;
	struct bench_run *r = &k->slots[SLOT_RAW].run;
	int i, err;

	if (!r->family->report)
		return 0;
	r->nr_reports = 0;
	err = r->family->report(r);
	if (err)
		return kernel_family_fail(x, r, err, "figures");
	for (i = 0; i < r->nr_reports && i < max; i++)
		out[i] = (struct load_report){ r->reports[i].metric, r->reports[i].value };
	return i;
}

/*
 * Whether the kernel is to say how often it ran the program. Switching that on and off rewrites
 * some 70 places, which in a counted guest takes as long as all else of a small case; and how a
 * test run repeats a program hangs on its type, not on the load: once a case, with the whole batch.
 */
static bool is_test_run_counted(const struct exec *x, const struct bench_run *r)
{
	return r->bench->driver == DRIVER_TEST_RUN && x->is_sized && !r->load;
}

static int verify_runs(struct exec *x, struct slot_state *st, uint64_t ops, struct sample *s,
		       uint64_t *sink)
{
	uint64_t before = 0, after = 0, runs = ops / x->bench->ops, want;
	int err;

	if (!is_test_run_counted(x, &st->run))
		return kernel_run_slot(x, st, ops, s, sink);
	want = kernel_expected_runs(x, st, runs ? runs : 1);
	err = bench_run_cnt(st->run.prog, &before);
	err = err ?: kernel_run_slot(x, st, ops, s, sink);
	err = err ?: bench_run_cnt(st->run.prog, &after);
	if (!err && after - before != want)
		err = exec_fail(x, -EBADMSG, "%s ran %llu times, not %llu", st->run.bench->id,
				(unsigned long long)(after - before), (unsigned long long)want);
	return err;
}

static int verify_slot(struct exec *x, enum slot slot, uint64_t ops)
{
	struct exec_kernel *k = x->priv;
	struct slot_state *st = &k->slots[slot];
	struct bench_run *r = &st->run;
	struct sample s = {};
	uint64_t sink;
	int err = 0;

	/* The first few operations of a family that counts: the whole batch comes soon. */
	if (r->family->counts_runs && !x->is_sized)
		return 0;
	r->is_timed = false;
	if (r->family->counts_runs && x->may_defer) {
		x->is_deferred = true;
		return kernel_run_slot(x, st, ops, &s, &sink);
	}
	if (r->family->counts_runs || is_test_run_counted(x, r)) {
		err = stats_on(x);
		if (err)
			return err;
	}
	if (r->family->before)
		err = r->family->before(r);
	if (err)
		return kernel_family_fail(x, r, err, "preparation");
	err = verify_runs(x, st, ops, &s, &sink);
	if (err)
		return err;
	r->ops = st->is_refused ? 0 : s.done;
	if (r->family->verify)
		err = r->family->verify(r);
	if (err)
		return kernel_family_fail(x, r, err, "verification");
	if (bench_has_loop(r->bench) && r->bench->workers == 1 && ops >= st->checked_ops) {
		st->checked_ops = ops;
		st->checked_sink = sink;
	}
	return 0;
}

static int kernel_verify(struct exec *x, enum slot slot, uint64_t ops)
{
	struct exec_kernel *k = x->priv;
	int err;

	rcu_expedite(&x->rcu, true);
	err = verify_slot(x, slot, ops);
	rcu_expedite(&x->rcu, false);
	/* What was stolen before the rounds of a load, which come next, is not stolen from them. */
	if (x->clock == CLOCK_KIND_NS)
		k->steal = steal_read(&k->steal_fd, x->cpus[0]);
	return err;
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

/* Code that this document has anyway, in the baseline's own result, is not in it twice. */
static int refer_to(const struct bench *b, struct prog_code **code)
{
	*code = calloc(1, sizeof(**code));
	if (!*code)
		return -ENOMEM;
	(*code)->id = strdup(b->id);
	return (*code)->id ? 0 : -ENOMEM;
}

/* "once" and "refused" are the case's own program. */
static int kernel_code(struct exec *x, enum slot slot, struct prog_code **code)
{
	struct exec_kernel *k = x->priv;
	const struct bench_run *r = &k->slots[slot].run;

	if (!r->prog || (slot == SLOT_BASE && x->bench->base_kind != BASE_BENCH))
		return 0;
	if (slot == SLOT_BASE && x->has_base_result)
		return refer_to(r->bench, code);
	return prog_code_read(r->prog, r->obj, code);
}

/* It needs the loop, and says nothing if it does not load: the case itself will. */
void exec_kernel_prepare(struct exec *x)
{
	const struct bench *aa = bench_list_find(x->list, EXEC_AA_ID);
	struct bench_run r = { .bench = aa };
	char why[256];

	feature_remember();
	if (!aa || feature_check("bpf_loop", why, sizeof(why)) != FEATURE_YES)
		return;
	r.family = registry_family(aa->family);
	if (!open_object(x, &r))
		r.family->load(r.skel);
	if (r.skel)
		r.family->destroy(r.skel);
}

const struct exec_ops exec_kernel = {
	.name = "kernel",
	.open = kernel_open,
	.close = kernel_close,
	.load = kernel_load,
	.unload = kernel_unload,
	.attach = kernel_attach,
	.detach = kernel_detach,
	.verify = kernel_verify,
	.survived = kernel_survived,
	.settle = kernel_settle,
	.run_batch = kernel_run_batch,
	.round_flags = kernel_round_flags,
	.report = kernel_report,
	.facts = kernel_facts,
	.code = kernel_code,
};
