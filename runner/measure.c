// SPDX-License-Identifier: GPL-2.0-only
/* Plan -> executor -> samples -> estimates, of one bench. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/estimate.h"
#include "core/slowed.h"
#include "exec.h"
#include "report_set.h"

/*
 * A batch is long against the pair of clock reads (some 30 ns) and short against the tick (4 ms at
 * HZ=250), so that few batches meet one. In instruction mode the unit is an instruction.
 */
#define BATCH_TARGET 100000
#define BATCH_MAX_OPS (1u << 20)
/* One may meet a tick; the size of a batch must not hang on that. */
#define CALIBRATION_TRIES 3

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

/* An exclusive case takes effect between these two only. */
static int enter(struct exec *x, enum slot slot)
{
	return x->bench->is_exclusive && slot == SLOT_RAW ? x->ops->attach(x, slot) : 0;
}

static void leave(struct exec *x, enum slot slot)
{
	if (x->bench->is_exclusive && slot == SLOT_RAW)
		x->ops->detach(x, slot);
}

/*
 * Doubled until a batch takes half of the target: powers of two divide exactly. One that does not
 * do what it is asked for (a counted bench_run_each()) takes no longer for a larger one, either.
 */
static int calibrate_slot(struct exec *x, enum slot slot, uint64_t *ops)
{
	uint64_t n, fastest, done = 0;
	uint32_t k;
	int err;

	for (n = *ops; n < BATCH_MAX_OPS; n *= 2) {
		fastest = UINT64_MAX;
		for (k = 0; k < CALIBRATION_TRIES; k++) {
			struct sample s = {};

			err = x->ops->run_batch(x, slot, n, &s);
			if (err)
				return err;
			done = s.done;
			if (s.elapsed < fastest)
				fastest = s.elapsed;
		}
		if (fastest >= BATCH_TARGET / 2 || done <= n / 2)
			break;
	}
	*ops = n;
	return 0;
}

/*
 * Case and baseline run the same number of operations, so that what is constant in a batch leaves
 * with the baseline: as many as suit the slower. The reference, which is not subtracted, as many
 * as suit itself.
 */
static int calibrate(struct exec *x, const enum slot *slots, uint32_t nr, struct batch_ops *ops)
{
	uint64_t n, least = BATCH_MAX_OPS;
	uint32_t i;
	int err;

	for (i = 0; i < nr; i++) {
		n = slots[i] == SLOT_REF ? BENCH_MIN_BATCH : x->bench->min_batch;
		err = enter(x, slots[i]);
		if (err)
			return err;
		err = calibrate_slot(x, slots[i], &n);
		leave(x, slots[i]);
		if (err)
			return err;
		if (slots[i] == SLOT_REF)
			ops->v[SLOT_REF] = n;
		else if (n < least)
			least = n;
	}
	ops->v[SLOT_RAW] = ops->v[SLOT_BASE] = least;
	return 0;
}

/* The rounds of a load that some of its slots take part in. */
struct stretch {
	uint32_t load, from, to;
	unsigned int mask;	/* bit s: slot s takes part */
};

static int run_stretch(struct exec *x, const struct plan *plan, const enum slot *slots,
		       const struct stretch *st, const struct batch_ops *ops, struct result *r)
{
	const uint32_t nr = plan->p.nr_slots;
	uint32_t round, at, flags;
	int err;

	for (round = st->from; round < st->to; round++) {
		const uint8_t *order = plan_round(plan, st->load, round);
		struct sample s[NR_SLOTS] = {};

		for (at = 0; at < nr; at++) {
			enum slot slot = slots[order[at]];

			if (!(st->mask & 1u << slot))
				continue;
			s[at].load = st->load;
			s[at].round = round;
			s[at].slot = at;
			err = x->ops->run_batch(x, slot, ops->v[slot], &s[at]);
			if (err)
				return err;
		}
		flags = x->ops->round_flags(x) | (round < plan->p.warmup ? SAMPLE_WARMUP : 0);
		for (at = 0; at < nr; at++) {
			if (!(st->mask & 1u << slots[order[at]]))
				continue;
			s[at].flags |= flags;
			err = sample_set__add(&r->samples[slots[order[at]]], &s[at]);
			if (err)
				return err;
		}
	}
	return 0;
}

/*
 * An exclusive case cannot alternate with its baseline in a round: attaching takes milliseconds.
 * Half of the baseline's rounds come in front of it and half behind, which cancels a drift that is
 * linear over the load.
 */
static int run_load(struct exec *x, const struct plan *plan, uint32_t load, const enum slot *slots,
		    const struct batch_ops *ops, struct result *r)
{
	const uint32_t rounds = plan->p.rounds, half = rounds / 2;
	struct stretch all = { load, 0, rounds, ~0u };
	struct stretch base = { load, 0, half, 1u << SLOT_BASE };
	struct stretch raw = { load, 0, rounds, ~(1u << SLOT_BASE) };
	int err;

	if (!x->bench->is_exclusive)
		return run_stretch(x, plan, slots, &all, ops, r);
	err = run_stretch(x, plan, slots, &base, ops, r);
	err = err ?: enter(x, SLOT_RAW);
	if (err)
		return err;
	err = run_stretch(x, plan, slots, &raw, ops, r);
	leave(x, SLOT_RAW);
	base.from = half;
	base.to = rounds;
	return err ?: run_stretch(x, plan, slots, &base, ops, r);
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

/*
 * For each load that was slowed another one, up to a quarter as many again as were wanted: a
 * neighbour stays for a part of a second or for minutes, which cannot be waited for.
 */
static uint32_t loads_at_most(const struct exec *x, uint32_t wanted)
{
	return x->clock == CLOCK_KIND_NS && x->has_reference ? wanted + wanted / 4 : wanted;
}

static int count_load(struct exec *x, struct load_set *loads, struct result *r)
{
	int nr = ++loads->nr;

	if (x->clock == CLOCK_KIND_NS && x->has_reference)
		nr = mark_slowed_loads(r->samples, loads->nr, loads->is_slowed);
	if (nr < 0)
		return nr;
	loads->nr_kept = nr;
	return 0;
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

static int add_code(struct exec *x, const enum slot *slots, uint32_t nr, struct result *r)
{
	int err = 0;
	uint32_t i;

	for (i = 0; i < nr && !err; i++)
		if (slots[i] != SLOT_REF)
			err = x->ops->code(x, slots[i], &r->code[slots[i]]);
	return err;
}

static int verify_slots(struct exec *x, const enum slot *slots, uint32_t nr,
			const struct batch_ops *ops)
{
	uint32_t i;
	int err;

	for (i = 0; i < nr; i++) {
		err = enter(x, slots[i]);
		if (err)
			return err;
		err = x->ops->verify(x, slots[i], ops->v[slots[i]]);
		leave(x, slots[i]);
		if (err)
			return err;
	}
	return 0;
}

/*
 * Counting runs takes a counted guest as long as all else of a load (stats_on()). So it is done
 * once, behind the rounds of the first load: what takes effect then, and took as many instructions
 * in every round and load, took effect in all of them. A load that counts otherwise is verified
 * itself.
 */
static bool can_defer(const struct exec *x)
{
	return x->clock == CLOCK_KIND_INSN && bench_has_run(x->bench);
}

/* The loads so far agree, but for what the clock rounds. */
static bool counts_agree(const struct result *r)
{
	struct estimate e;

	for (int s = 0; s < NR_SLOTS; s++)
		if (r->samples[s].nr &&
		    (estimate_samples(&e, &r->samples[s], NULL, CLOCK_KIND_INSN, ESTIMATE_LEVEL) ||
		     e.quality != QUALITY_EXACT))
			return false;
	return true;
}

/* The first load: is it what it says, and how many operations suit a batch? */
static int begin(struct exec *x, const enum slot *slots, uint32_t nr, struct batch_ops *ops,
		 struct result *r)
{
	int err;

	err = x->ops->survived(x);
	x->is_sized = x->clock == CLOCK_KIND_NONE;
	err = err ?: verify_slots(x, slots, nr, ops);
	if (!err && !x->is_sized)
		err = calibrate(x, slots, nr, ops);
	x->is_sized = true;
	err = err ?: add_facts(x, r);
	return err ?: add_code(x, slots, nr, r);
}

/*
 * What user space makes the kernel do finds in the first load of a process other memory than in
 * those behind it, which get from the kernel and the C library what the one before gave back; a
 * count shows that. So a load comes in front whose only round is not kept, and all loads do the
 * same. A loop inside a program allocates nothing of its own, and loading it is most of the run; so
 * is loading a thousand programs, where what carries the packets outlives the loads.
 */
static bool is_rehearsed(const struct exec *x)
{
	return x->clock == CLOCK_KIND_INSN && bench_has_run(x->bench) && !x->bench->is_unrehearsed;
}

/* @took: of each slot's round */
static int rehearse(struct exec *x, const struct plan *plan, const enum slot *slots,
		    const struct batch_ops *ops, uint64_t *took, struct result *r)
{
	struct plan one = *plan;
	int err;

	one.p.rounds = 1;
	err = run_load(x, &one, 0, slots, ops, r);
	for (int s = 0; s < NR_SLOTS; s++) {
		took[s] = r->samples[s].nr ? r->samples[s].v[0].elapsed : 0;
		r->samples[s].nr = 0;
	}
	unload_slots(x, slots, plan->p.nr_slots, false);
	return err ?: load_slots(x, slots, plan->p.nr_slots, false);
}

/* But for what the clock rounds. */
static bool is_same_count(uint64_t a, uint64_t b)
{
	return a <= b + 1 && b <= a + 1;
}

/* All counted rounds, of which there are several, but for what the clock rounds. */
static bool rounds_agree(const struct sample_set *set)
{
	uint64_t least = UINT64_MAX, most = 0;
	size_t i, nr = 0;

	for (i = 0; i < set->nr; i++) {
		if (set->v[i].flags & SAMPLE_WARMUP)
			continue;
		nr++;
		if (set->v[i].elapsed < least)
			least = set->v[i].elapsed;
		if (set->v[i].elapsed > most)
			most = set->v[i].elapsed;
	}
	return nr > 1 && is_same_count(least, most);
}

/*
 * A loop inside a program finds in each load what it finds in the first, but for the memory that it
 * takes there: then its rounds do not agree, either. What user space repeats has been loaded once
 * before, with a round that must agree as well. What a family reports of a load takes two to compare.
 */
static bool is_enough(const struct exec *x, const uint64_t *rehearsed,
		      const struct report_set *reports, const struct result *r)
{
	if (!x->is_brief || reports->nr)
		return false;
	for (int s = 0; s < NR_SLOTS; s++) {
		const struct sample_set *set = &r->samples[s];

		if (!set->nr)
			continue;
		if (!rounds_agree(set))
			return false;
		if (is_rehearsed(x) && !is_same_count(rehearsed[s], set->v[0].elapsed))
			return false;
	}
	return true;
}

/* Everything that touches the executor; the caller turns an error into the status. */
static int take_samples(struct exec *x, const struct plan_params *params, struct result *r)
{
	const uint64_t min = x->bench->min_batch;
	struct plan_params p = *params;
	enum slot slots[NR_SLOTS];
	struct plan plan = {};
	const struct batch_ops few = { { min, min, BENCH_MIN_BATCH } };
	struct batch_ops ops = few;
	struct report_set reports = {};
	struct load_set loads = {};
	uint64_t rehearsed[NR_SLOTS];
	bool is_whole;
	uint32_t load;
	int err;

	p.nr_slots = slots_of(x, slots);
	if (x->bench->max_loads && p.loads > x->bench->max_loads)
		p.loads = x->bench->max_loads;
	/* What finds in its first load what it finds in later ones is asked half as often. */
	if (x->bench->is_unrehearsed && x->clock == CLOCK_KIND_INSN)
		p.loads = (p.loads + 1) / 2;
	if (x->bench->max_rounds && p.rounds > x->bench->max_rounds) {
		p.rounds = x->bench->max_rounds;
		if (p.warmup > p.rounds / 4)
			p.warmup = p.rounds / 4;
	}
	loads.wanted = p.loads;
	p.loads = loads_at_most(x, p.loads);
	loads.is_slowed = calloc(p.loads, sizeof(bool));
	if (!loads.is_slowed)
		return -ENOMEM;
	err = plan_build(&plan, &p, x->seed, x->bench->id);
	if (err) {
		free(loads.is_slowed);
		return exec_fail(x, err, "no plan for %u loads of %u rounds", p.loads, p.rounds);
	}
	for (load = 0; load < p.loads && loads.nr_kept < loads.wanted && !err; load++) {
		err = load_slots(x, slots, p.nr_slots, load == 0);
		if (!err && !load)
			err = begin(x, slots, p.nr_slots, &ops, r);
		if (!err && !load && is_rehearsed(x))
			err = rehearse(x, &plan, slots, &ops, rehearsed, r);
		/* Without a clock one verified load tells all there is to tell. */
		if (!err && x->clock == CLOCK_KIND_NONE)
			break;
		/* Once with a whole batch: the executor holds later ones against its result. */
		is_whole = !load || can_defer(x);
		x->may_defer = can_defer(x);
		x->is_deferred = false;
		err = err ?: verify_slots(x, slots, p.nr_slots, is_whole ? &ops : &few);
		x->ops->settle(x);
		x->is_timed = true;
		err = err ?: run_load(x, &plan, load, slots, &ops, r);
		x->is_timed = false;
		err = err ?: report_set_take(&reports, x, load, p.loads);
		x->may_defer = false;
		if (!err && x->is_deferred && (!load || !counts_agree(r)))
			err = verify_slots(x, slots, p.nr_slots, &ops);
		unload_slots(x, slots, p.nr_slots, false);
		err = err ?: count_load(x, &loads, r);
		if (!err && is_enough(x, rehearsed, &reports, r))
			break;
	}
	unload_slots(x, slots, p.nr_slots, true);
	plan_free(&plan);
	err = report_set_end(&reports, &loads, r, err);
	free(loads.is_slowed);
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
			       ESTIMATE_LEVEL);
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
		return exec_fail(x, -EOPNOTSUPP, "no figure: every batch was disturbed (other "
				 "load, a stolen CPU, workers that did not overlap)");
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
	err = x->ops->open(x, exec_arg);
	if (!err) {
		err = take_samples(x, p, r);
		err = err ?: add_estimates(x, r);
		err = err ?: check_net_insn(x, r);
	}
	x->ops->close(x);
	if (err == -ENOMEM)
		return err;
	/* A figure whose effect was not verified is none; one that breaks an invariant is shown. */
	if (err && err != -ERANGE)
		r->nr_metrics = 0;
	r->status = err == -EOPNOTSUPP ? STATUS_SKIP : err ? STATUS_FAIL : STATUS_OK;
	if (!err)
		return 0;
	if (!x->err[0])
		exec_fail(x, err, "%s", strerror(-err));
	return result_set_reason(r, "%s", x->err);
}
