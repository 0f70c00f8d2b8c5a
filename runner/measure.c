// SPDX-License-Identifier: GPL-2.0-only
/* Plan -> executor -> samples -> estimates, of one bench. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/estimate.h"
#include "exec.h"

/*
 * A batch is long against the pair of clock reads (some 30 ns) and short against the tick (4 ms at
 * HZ=250), so that few batches meet one. In instruction mode the unit is an instruction.
 */
#define BATCH_TARGET 100000
#define BATCH_MIN_OPS BENCH_MIN_BATCH
#define BATCH_MAX_OPS (1u << 20)
/* One may meet a tick; the size of a batch must not hang on that. */
#define CALIBRATION_TRIES 3
#define LEVEL 0.95

int exec_fail(struct exec *x, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(x->err, sizeof(x->err), fmt, ap);
	va_end(ap);
	return err;
}

/* The alternatives of a round, in the plan's numbering. */
static uint32_t slots_of(const struct exec *x, enum slot slots[NR_SLOTS])
{
	uint32_t nr = 0;

	slots[nr++] = SLOT_RAW;
	if (x->bench->base_kind != BASE_NONE)
		slots[nr++] = SLOT_BASE;
	if (x->has_reference)
		slots[nr++] = SLOT_REF;
	return nr;
}

/* Operations of a batch of each slot. */
struct batch_ops {
	uint64_t v[NR_SLOTS];
};

static int time_slots(struct exec *x, const enum slot *slots, uint32_t nr, bool is_ref, uint64_t n,
		      uint64_t *slowest)
{
	uint64_t fastest;
	uint32_t i, k;
	int err;

	*slowest = 0;
	for (i = 0; i < nr; i++) {
		if ((slots[i] == SLOT_REF) != is_ref)
			continue;
		fastest = UINT64_MAX;
		for (k = 0; k < CALIBRATION_TRIES; k++) {
			struct sample s = {};

			err = x->ops->run_batch(x, slots[i], n, &s);
			if (err)
				return err;
			if (s.elapsed < fastest)
				fastest = s.elapsed;
		}
		if (fastest > *slowest)
			*slowest = fastest;
	}
	return 0;
}

/*
 * Case and baseline run the same number of operations, so that what is constant in a batch leaves
 * with the baseline; the reference, which is not subtracted, as many as suit itself. Doubled until
 * the slowest takes the target: powers of two divide exactly.
 */
static int calibrate(struct exec *x, const enum slot *slots, uint32_t nr, struct batch_ops *ops)
{
	uint64_t n, slowest;
	int is_ref, err;

	for (is_ref = 0; is_ref <= x->has_reference; is_ref++) {
		for (n = is_ref ? BATCH_MIN_OPS : x->bench->min_batch; n < BATCH_MAX_OPS; n *= 2) {
			err = time_slots(x, slots, nr, is_ref, n, &slowest);
			if (err)
				return err;
			if (slowest >= BATCH_TARGET / 2)
				break;
		}
		if (is_ref)
			ops->v[SLOT_REF] = n;
		else
			ops->v[SLOT_RAW] = ops->v[SLOT_BASE] = n;
	}
	return 0;
}

static int run_load(struct exec *x, const struct plan *plan, uint32_t load, const enum slot *slots,
		    const struct batch_ops *ops, struct result *r)
{
	const uint32_t nr = plan->p.nr_slots;
	uint32_t round, at, flags;
	int err;

	for (round = 0; round < plan->p.rounds; round++) {
		const uint8_t *order = plan_round(plan, load, round);
		struct sample s[NR_SLOTS] = {};

		for (at = 0; at < nr; at++) {
			enum slot slot = slots[order[at]];

			s[at].load = load;
			s[at].round = round;
			s[at].slot = at;
			err = x->ops->run_batch(x, slot, ops->v[slot], &s[at]);
			if (err)
				return err;
		}
		flags = x->ops->round_flags(x) | (round < plan->p.warmup ? SAMPLE_WARMUP : 0);
		for (at = 0; at < nr; at++) {
			s[at].flags |= flags;
			err = sample_set__add(&r->samples[slots[order[at]]], &s[at]);
			if (err)
				return err;
		}
	}
	return 0;
}

/* A fresh load of everything but the reference, which stays the same loop all along. */
static int load_slots(struct exec *x, const enum slot *slots, uint32_t nr, bool is_first)
{
	uint32_t i;
	int err;

	for (i = 0; i < nr; i++) {
		if (slots[i] == SLOT_REF && !is_first)
			continue;
		err = x->ops->load(x, slots[i]);
		if (err)
			return err;
	}
	return 0;
}

static void unload_slots(struct exec *x, const enum slot *slots, uint32_t nr, bool is_last)
{
	uint32_t i;

	for (i = 0; i < nr; i++)
		if (slots[i] != SLOT_REF || is_last)
			x->ops->unload(x, slots[i]);
}

static int add_exact(struct result *r, const char *name, uint32_t value)
{
	struct estimate e = estimate_exact(value);

	return value ? result_add_metric(r, name, &e) : 0;
}

static int add_facts(struct exec *x, struct result *r)
{
	struct prog_facts f = {};
	int err;

	err = x->ops->facts(x, SLOT_RAW, &f);
	err = err ?: add_exact(r, "xlated", f.xlated_bytes);
	err = err ?: add_exact(r, "jited", f.jited_bytes);
	return err ?: add_exact(r, "verified_insns", f.verified_insns);
}

static int verify_slots(struct exec *x, const enum slot *slots, uint32_t nr,
			const struct batch_ops *ops)
{
	uint32_t i;
	int err;

	for (i = 0; i < nr; i++) {
		err = x->ops->verify(x, slots[i], ops->v[slots[i]]);
		if (err)
			return err;
	}
	return 0;
}

/* Everything that touches the executor; the caller turns an error into the status. */
static int take_samples(struct exec *x, const struct plan_params *params, struct result *r)
{
	struct plan_params p = *params;
	enum slot slots[NR_SLOTS];
	struct plan plan = {};
	const struct batch_ops few = { { BATCH_MIN_OPS, BATCH_MIN_OPS, BATCH_MIN_OPS } };
	struct batch_ops ops = few;
	uint32_t load;
	int err;

	p.nr_slots = slots_of(x, slots);
	err = plan_build(&plan, &p, x->seed, x->bench->id);
	if (err)
		return exec_fail(x, err, "no plan for %u loads of %u rounds", p.loads, p.rounds);
	for (load = 0; load < p.loads && !err; load++) {
		err = load_slots(x, slots, p.nr_slots, load == 0);
		if (!err && !load) {
			err = x->ops->survived(x);
			err = err ?: verify_slots(x, slots, p.nr_slots, &few);
			if (!err && x->clock != CLOCK_KIND_NONE)
				err = calibrate(x, slots, p.nr_slots, &ops);
			err = err ?: add_facts(x, r);
		}
		/* Without a clock one verified load tells all there is to tell. */
		if (!err && x->clock == CLOCK_KIND_NONE)
			break;
		/* Once with a whole batch: the executor holds later ones against its result. */
		err = err ?: verify_slots(x, slots, p.nr_slots, load ? &few : &ops);
		err = err ?: run_load(x, &plan, load, slots, &ops, r);
		unload_slots(x, slots, p.nr_slots, false);
	}
	unload_slots(x, slots, p.nr_slots, true);
	plan_free(&plan);
	return err;
}

static int add_estimate(struct result *r, const char *name, enum slot slot, bool net,
			enum clock_kind clock)
{
	struct estimate e;
	int err;

	if (!r->samples[slot].nr)
		return 0;
	err = estimate_samples(&e, &r->samples[slot], net ? &r->samples[SLOT_BASE] : NULL, clock,
			       LEVEL);
	return err ?: result_add_metric(r, name, &e);
}

static int add_estimates(struct exec *x, struct result *r)
{
	int err = 0;

	if (x->clock == CLOCK_KIND_NONE)
		return 0;
	if (r->samples[SLOT_BASE].nr)
		err = add_estimate(r, "net", SLOT_RAW, true, x->clock);
	err = err ?: add_estimate(r, "raw", SLOT_RAW, false, x->clock);
	err = err ?: add_estimate(r, "base", SLOT_BASE, false, x->clock);
	err = err ?: add_estimate(r, "ref", SLOT_REF, false, x->clock);
	/* The machine's fault, not the kernel's. */
	if (err == -ENODATA)
		return exec_fail(x, -EOPNOTSUPP, "no figure: every batch was disturbed (other load, "
				 "a stolen CPU, workers that did not overlap)");
	return err;
}

/* What the source says the count must be. */
static int check_net_insn(struct exec *x, struct result *r)
{
	const struct metric *net = result_metric(r, "net");

	if (!x->bench->has_net_insn || x->clock != CLOCK_KIND_INSN || !net)
		return 0;
	if (net->est.value == (double)x->bench->net_insn)
		return 0;
	return exec_fail(x, -ERANGE, "net is %.17g instructions, must be exactly %lld",
			 net->est.value, x->bench->net_insn);
}

int measure(struct exec *x, const char *exec_arg, const struct plan_params *p, struct result *r)
{
	int err;

	x->err[0] = '\0';
	if (x->bench->time_only && x->clock == CLOCK_KIND_INSN)
		err = exec_fail(x, -EOPNOTSUPP,
				"a counted guest runs one CPU at a time: contention does not show");
	else
		err = x->ops->open(x, exec_arg);
	if (!err) {
		err = take_samples(x, p, r);
		err = err ?: add_estimates(x, r);
		err = err ?: check_net_insn(x, r);
	}
	x->ops->close(x);
	if (err == -ENOMEM)
		return err;
	/* A figure whose effect was not verified is none; one that breaks its invariant is shown. */
	if (err && err != -ERANGE)
		r->nr_metrics = 0;
	r->status = err == -EOPNOTSUPP ? STATUS_SKIP : err ? STATUS_FAIL : STATUS_OK;
	if (!err)
		return 0;
	if (!x->err[0])
		exec_fail(x, err, "%s", strerror(-err));
	return result_set_reason(r, "%s", x->err);
}
