// SPDX-License-Identifier: GPL-2.0-only
/*
 * Carries out a plan on nothing: every bench has a known cost, with synthetic noise drawn from the
 * run's seed. "fake:EFFECT@GLOB,..." injects skip, fail, crash, hang, drift, step, neighbour (all
 * slots slower in one load of four), neighbours (in three of four), or a factor such as x1.05 on
 * the case (not its baseline) of the benches that match.
 */
#include <errno.h>
#include <fnmatch.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/rng.h"
#include "exec.h"

#define LOAD_NOISE 0.004	/* relative, standard deviations */
#define BATCH_NOISE 0.008
#define BASE_NS 1.5
#define BASE_INSN 5
#define REF_NS 20.0
#define REF_INSN 69
#define NEIGHBOUR_FACTOR 1.6

struct exec_fake {
	struct rng rng[NR_SLOTS];
	double load_factor[NR_SLOTS];
	uint64_t nr_batches;
	bool skip, fail, crash, hang, drift, step;
	uint32_t neighbours;	/* of four loads so many have one */
	double factor;
};

static void add_effect(struct exec_fake *k, const char *effect)
{
	k->skip |= !strcmp(effect, "skip");
	k->fail |= !strcmp(effect, "fail");
	k->crash |= !strcmp(effect, "crash");
	k->hang |= !strcmp(effect, "hang");
	k->drift |= !strcmp(effect, "drift");
	k->step |= !strcmp(effect, "step");
	if (!strcmp(effect, "neighbour"))
		k->neighbours = 1;
	if (!strcmp(effect, "neighbours"))
		k->neighbours = 3;
	if (effect[0] == 'x')
		k->factor = strtod(effect + 1, NULL);
}

static int parse_effects(struct exec *x, struct exec_fake *k, const char *arg)
{
	char copy[512], *one, *save, *glob;

	if (!arg || strncmp(arg, "fake:", 5))
		return 0;
	snprintf(copy, sizeof(copy), "%s", arg + 5);
	for (one = strtok_r(copy, ",", &save); one; one = strtok_r(NULL, ",", &save)) {
		glob = strchr(one, '@');
		if (!glob)
			return exec_fail(x, -EINVAL, "fake effect \"%s\" is not EFFECT@GLOB", one);
		*glob++ = '\0';
		if (!fnmatch(glob, x->bench->id, 0))
			add_effect(k, one);
	}
	return 0;
}

static int fake_open(struct exec *x, const char *arg)
{
	struct exec_fake *k = calloc(1, sizeof(*k));
	char name[DOC_MAX_NAME + 16];
	int s;

	if (!k)
		return -ENOMEM;
	x->priv = k;
	k->factor = 1;
	x->has_reference = true;
	for (s = 0; s < NR_SLOTS; s++) {
		snprintf(name, sizeof(name), "%s %s", x->bench->id, slot_name(s));
		rng_seed_named(&k->rng[s], x->seed, name);
	}
	if (parse_effects(x, k, arg))
		return -EINVAL;
	if (k->skip)
		return exec_fail(x, -EOPNOTSUPP, "fake: this feature is missing on request");
	return 0;
}

static void fake_close(struct exec *x)
{
	free(x->priv);
	x->priv = NULL;
}

static int fake_load(struct exec *x, enum slot slot)
{
	struct exec_fake *k = x->priv;

	k->load_factor[slot] = x->clock == CLOCK_KIND_NS ?
			       1 + LOAD_NOISE * rng_normal(&k->rng[slot]) : 1;
	return 0;
}

static void fake_unload(struct exec *x, enum slot slot)
{
	(void)x;
	(void)slot;
}

static int fake_verify(struct exec *x, enum slot slot, uint64_t ops)
{
	struct exec_fake *k = x->priv;

	(void)ops;
	if (k->fail && slot == SLOT_RAW)
		return exec_fail(x, -EBADMSG, "fake: wrong result on request");
	return 0;
}

static int fake_survived(struct exec *x)
{
	(void)x;
	return 0;
}

/* A cost that depends on nothing but the ID, in 2 ... 22 ns or 2 ... 201 instructions. */
static double true_net(const struct exec *x)
{
	struct rng r;

	if (x->bench->has_net_insn)
		return x->clock == CLOCK_KIND_INSN ? x->bench->net_insn :
						     0.25 * x->bench->net_insn;
	rng_seed_named(&r, 0, x->bench->id);
	return x->clock == CLOCK_KIND_INSN ? 2 + rng_below(&r, 200) : 2 + 20 * rng_double(&r);
}

static double true_per_op(const struct exec *x, enum slot slot)
{
	const struct exec_fake *k = x->priv;
	double base = x->clock == CLOCK_KIND_INSN ? BASE_INSN : BASE_NS;

	if (slot == SLOT_REF)
		return x->clock == CLOCK_KIND_INSN ? REF_INSN : REF_NS;
	if (slot == SLOT_BASE)
		return base;
	return (base + true_net(x)) * k->factor;
}

static void fake_settle(struct exec *x)
{
	(void)x;
}

static int fake_run_batch(struct exec *x, enum slot slot, uint64_t ops, struct sample *s)
{
	struct exec_fake *k = x->priv;
	double per_op = true_per_op(x, slot);

	if (k->crash)
		raise(SIGSEGV);
	while (k->hang)
		pause();
	k->nr_batches++;
	if (x->clock == CLOCK_KIND_NS) {
		per_op *= k->load_factor[slot] * exp(BATCH_NOISE * rng_normal(&k->rng[slot]));
		if (k->step && s->load % 2)
			per_op *= 1.1;
		if (s->load % 4 < k->neighbours)
			per_op *= NEIGHBOUR_FACTOR;
	}
	if (k->drift)
		per_op *= 1 + 1e-4 * k->nr_batches;
	s->elapsed = llround(per_op * ops);
	s->done = ops;
	return 0;
}

static uint32_t fake_round_flags(struct exec *x)
{
	(void)x;
	return 0;
}

static int fake_attach(struct exec *x, enum slot slot)
{
	(void)x;
	(void)slot;
	return 0;
}

static void fake_detach(struct exec *x, enum slot slot)
{
	(void)x;
	(void)slot;
}

static int fake_report(struct exec *x, struct load_report *out, int max)
{
	(void)x;
	(void)out;
	(void)max;
	return 0;
}

static int fake_facts(struct exec *x, enum slot slot, struct prog_facts *f)
{
	struct rng r;

	(void)slot;
	rng_seed_named(&r, 1, x->bench->id);
	f->xlated_bytes = 8 * (20 + rng_below(&r, 100));
	f->jited_bytes = f->xlated_bytes * 5 / 8;
	f->verified_insns = 100 + rng_below(&r, 1000);
	return 0;
}

static int fake_code(struct exec *x, enum slot slot, struct prog_code **code)
{
	(void)x;
	(void)slot;
	*code = NULL;
	return 0;
}

const struct exec_ops exec_fake = {
	.name = "fake",
	.open = fake_open,
	.close = fake_close,
	.load = fake_load,
	.unload = fake_unload,
	.attach = fake_attach,
	.detach = fake_detach,
	.verify = fake_verify,
	.survived = fake_survived,
	.settle = fake_settle,
	.run_batch = fake_run_batch,
	.round_flags = fake_round_flags,
	.report = fake_report,
	.facts = fake_facts,
	.code = fake_code,
};
