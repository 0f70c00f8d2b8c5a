// SPDX-License-Identifier: GPL-2.0-only
/*
 * How often compare_docs() calls two runs of the same thing slower or faster, and how often it
 * finds what is there. Each simulated run has
 *  - a drift of its own, shared by everything in it (frequency, neighbours): SD 3 %,
 *  - a drift of each row's time of measurement, shared by case, baseline and reference: SD 1.5 %,
 *  - a shift of each program that the reference does not see (layout): SD 0.4 %,
 *  - load effects, of each program on its own: SD 1.5 %; the reference is loaded once: 0.3 %,
 *  - noise of a round: SD 1 %, and one round in 20 disturbed by up to 50 %.
 *
 * Of boots only the figures are simulated, drift, layout and loads as above or, for the rates that
 * docs/method.md gives, with the spread it records: (p95 - p5) / median of 3.9 %, an SD of 1.2 %.
 */
#include <math.h>

#include "core/compare.h"
#include "doc_fixture.h"
#include "kselftest_harness.h"

#define PATIENCE 300	/* seconds: on a busy machine, built without optimisation */
#define NR_ROWS 30
#define NR_LOADS 16
#define NR_ROUNDS 7	/* used ones; 16 in truth, for the sake of time */
#define NR_TABLES 60
#define NR_EDGE_TABLES 300

FIXTURE(sim) {
	struct rng rng;
};

FIXTURE_SETUP(sim)
{
	(void)_metadata;
	rng_seed(&self->rng, 1);
}

FIXTURE_TEARDOWN(sim)
{
	(void)_metadata;
	(void)self;
}

static double percent(struct rng *rng, double sd)
{
	return 1 + sd / 100 * rng_normal(rng);
}

static void simulate_slot(struct rng *rng, struct sample_set *set, double ns, double load_sd)
{
	for (uint32_t load = 0; load < NR_LOADS; load++) {
		double of_load = ns * percent(rng, load_sd);

		for (uint32_t round = 0; round < NR_ROUNDS; round++) {
			struct sample s = { .load = load, .round = round, .done = 10000 };
			double v = of_load * percent(rng, 1);

			if (!rng_below(rng, 20))
				v *= 1 + rng_double(rng) / 2;
			s.elapsed = llrint(v * s.done);
			sample_set__add(set, &s);
		}
	}
}

static void estimate_row(struct result *r)
{
	const struct sample_set *raw = &r->samples[SLOT_RAW], *base = &r->samples[SLOT_BASE];
	struct estimate e;

	if (estimate_samples(&e, raw, base, CLOCK_KIND_NS, 0.95) ||
	    result_add_metric(r, "net", &e) ||
	    estimate_samples(&e, raw, NULL, CLOCK_KIND_NS, 0.95) ||
	    result_add_metric(r, "raw", &e) ||
	    estimate_samples(&e, base, NULL, CLOCK_KIND_NS, 0.95) ||
	    result_add_metric(r, "base", &e) ||
	    estimate_samples(&e, &r->samples[SLOT_REF], NULL, CLOCK_KIND_NS, 0.95) ||
	    result_add_metric(r, "ref", &e))
		abort();
}

/* Row 0 is the A/A, every other a case of 2 to 200 ns; the last ones are @effect slower. */
static void simulate(struct rng *rng, struct run_doc *doc, double effect, int nr_effects)
{
	double of_run = percent(rng, 3);

	doc_init(doc, CLOCK_KIND_NS);
	for (int i = 0; i < NR_ROWS; i++) {
		double ns = i ? 2 * pow(100, i / (double)NR_ROWS) : 1.6;
		double of_row = of_run * percent(rng, 1.5);
		struct result *r;
		char id[32];

		snprintf(id, sizeof(id), "sim/c%d", i);
		r = doc_add(doc, i ? id : "selfcheck/empty", STATUS_OK);
		if (i >= NR_ROWS - nr_effects)
			ns *= 1 + effect;
		simulate_slot(rng, &r->samples[SLOT_RAW], ns * of_row * percent(rng, 0.4), 1.5);
		simulate_slot(rng, &r->samples[SLOT_BASE], 1.6 * of_row * percent(rng, 0.4), 1.5);
		simulate_slot(rng, &r->samples[SLOT_REF], 1 * of_row, 0.3);
		estimate_row(r);
	}
}

struct tally {
	unsigned int nr_null, nr_false, nr_true, nr_found, nr_tables_false;
};

static void compare_simulated(struct rng *rng, double effect, int nr_effects, struct tally *tally)
{
	struct comparison_table t = { 0 };
	struct run_doc a, b;
	unsigned int nr_false = 0;
	char err[128];

	simulate(rng, &a, 0, 0);
	simulate(rng, &b, effect, nr_effects);
	if (compare_docs(&a, &b, &t, err, sizeof(err)))
		abort();
	for (size_t i = 0; i < t.nr; i++) {
		bool is_called = t.v[i].verdict == VERDICT_SLOWER ||
				 t.v[i].verdict == VERDICT_FASTER;

		if (i >= (size_t)(NR_ROWS - nr_effects)) {
			tally->nr_true++;
			tally->nr_found += t.v[i].verdict == (effect > 0 ? VERDICT_SLOWER
									 : VERDICT_FASTER);
		} else {
			tally->nr_null++;
			nr_false += is_called;
		}
	}
	tally->nr_false += nr_false;
	tally->nr_tables_false += nr_false > 0;
	comparison_table_free(&t);
	run_doc_free(&a);
	run_doc_free(&b);
}

TEST_F_TIMEOUT(sim, false_alarms, PATIENCE)
{
	struct tally tally = { 0 };

	for (int i = 0; i < NR_TABLES; i++)
		compare_simulated(&self->rng, 0, 0, &tally);
	TH_LOG("%u of %u rows and %u of %d tables called slower or faster", tally.nr_false,
	       tally.nr_null, tally.nr_tables_false, NR_TABLES);
	EXPECT_LE(tally.nr_false * 20, tally.nr_null);
	EXPECT_LE(tally.nr_tables_false * 10, NR_TABLES);
}

/* Power on a quiet machine is in test_compare.c: here the two runs may be 10 % apart themselves. */
TEST_F_TIMEOUT(sim, effects_are_found, PATIENCE)
{
	struct tally up = { 0 }, down = { 0 }, large = { 0 };
	rng_seed(&self->rng, 2);
	for (int i = 0; i < NR_TABLES / 3; i++) {
		compare_simulated(&self->rng, 0.1, 5, &up);
		compare_simulated(&self->rng, -0.1, 5, &down);
		compare_simulated(&self->rng, 0.3, 5, &large);
	}
	TH_LOG("found %u of %u +10 %%, %u of %u -10 %%, %u of %u +30 %%", up.nr_found, up.nr_true,
	       down.nr_found, down.nr_true, large.nr_found, large.nr_true);
	EXPECT_LE(up.nr_true, up.nr_found * 2);
	EXPECT_LE(down.nr_true, down.nr_found * 2);
	EXPECT_LE(large.nr_true * 9, large.nr_found * 10);
	EXPECT_LE((up.nr_false + down.nr_false + large.nr_false) * 20,
		  up.nr_null + down.nr_null + large.nr_null);
}

/*
 * SDs in percent of what moves a boot's figures: shared by all, shared in a row, of a row alone, of
 * the reference loop alone.
 */
struct boot_model {
	double of_boot, of_row, own, of_ref;
};

static const struct boot_model noisy = { 3, 1.5, 0.6, 0 }, recorded = { 1, 0.5, 0.5, 0 };
/* The reference loop moves by itself, and nothing with it. */
static const struct boot_model unrelated = { 0, 0, 1, 2 };

static void add_figure(struct result *r, const char *metric, double value)
{
	struct estimate e = estimate_ns(value, value / 100);

	if (result_add_metric(r, metric, &e))
		abort();
}

/*
 * A boot of @nr_rows cases, whose raw is off by factor[row % 2] in the last @nr_effects, behind an
 * A/A of @floor.
 */
static void simulate_boot(struct rng *rng, struct run_doc *doc, const struct boot_model *m,
			  int nr_rows, const double factor[2], int nr_effects, double floor)
{
	double of_boot = percent(rng, m->of_boot);
	struct result *r;
	char id[32];

	doc_init(doc, CLOCK_KIND_NS);
	json_object_set_new(doc->header.env, COMPARE_LOOKS_KEY,
			    json_integer(compare_nr_looks(COMPARE_BOOTS)));
	r = doc_add(doc, "selfcheck/empty", STATUS_FAIL);
	if (floor > 0) {
		struct estimate e = estimate_ns(0, floor);

		r->status = STATUS_OK;
		result_add_metric(r, "net", &e);
	}
	for (int i = 0; i < nr_rows; i++) {
		double of_row = of_boot * percent(rng, m->of_row), ns = 20;

		snprintf(id, sizeof(id), "sim/c%d", i);
		r = doc_add(doc, id, STATUS_OK);
		if (i >= nr_rows - nr_effects)
			ns *= factor[i % 2];
		add_figure(r, "raw", ns * of_row * percent(rng, m->own));
		add_figure(r, "ref", (floor > 0 ? of_row : 1) * percent(rng, m->of_ref));
	}
}

/* What a run that looks at 6, 9, 12 and 16 boots a side calls, and at how many it stops. */
struct sequence {
	unsigned int nr_boots;
	unsigned int nr_called_ever, nr_slower, nr_faster;	/* at any look; at the last */
};

static void run_sequence(struct rng *rng, const struct boot_model *m, int nr_rows,
			 const double factor[2], int nr_effects, double floor, struct sequence *s)
{
	static const double none[2] = { 1, 1 };
	struct run_doc a[COMPARE_BOOTS], b[COMPARE_BOOTS];
	struct comparison_table t = { 0 };
	unsigned int nr = 0, look = 0;
	char err[128];

	*s = (struct sequence){ 0 };
	do {
		look = compare_next_look(look, COMPARE_BOOTS);
		for (; nr < look; nr++) {
			simulate_boot(rng, &a[nr], m, nr_rows, none, 0, floor);
			simulate_boot(rng, &b[nr], m, nr_rows, factor, nr_effects, floor);
		}
		comparison_table_free(&t);
		if (compare_sets(a, nr, b, nr, &t, err, sizeof(err)))
			abort();
		s->nr_slower = t.nr_verdicts[VERDICT_SLOWER];
		s->nr_faster = t.nr_verdicts[VERDICT_FASTER];
		s->nr_called_ever += s->nr_slower + s->nr_faster;
	} while (nr < COMPARE_BOOTS && !comparison_table_is_settled(&t));
	s->nr_boots = nr;
	comparison_table_free(&t);
	for (unsigned int i = 0; i < nr; i++) {
		run_doc_free(&a[i]);
		run_doc_free(&b[i]);
	}
}

TEST_F_TIMEOUT(sim, boots_false_alarms, PATIENCE)
{
	static const struct boot_model *const models[] = { &noisy, &recorded, &unrelated };
	static const double none[2] = { 1, 1 };
	unsigned int nr_false = 0, nr_boots = 0;
	struct sequence s;
	rng_seed(&self->rng, 3);
	for (int i = 0; i < NR_TABLES; i++) {
		run_sequence(&self->rng, models[i % 3], NR_ROWS, none, 0, 0.1, &s);
		nr_false += s.nr_called_ever > 0;
		nr_boots += s.nr_boots;
	}
	TH_LOG("%u of %d tables called something slower or faster at any look, %.1f boots a side",
	       nr_false, NR_TABLES, nr_boots / (double)NR_TABLES);
	EXPECT_LE(nr_false * 20, NR_TABLES);
}

/*
 * The worst there is: every row is truly delta slower or delta faster, so that each look errs as
 * often as it may. delta is 2 % of the larger side.
 */
TEST_F_TIMEOUT(sim, boots_at_delta, PATIENCE)
{
	static const double edge[2] = { 1 / 0.98, 0.98 };
	const struct boot_model alone = { 0, 0, 0.5, 0 };
	unsigned int nr_false = 0;
	struct sequence s;
	rng_seed(&self->rng, 4);
	for (int i = 0; i < NR_EDGE_TABLES; i++) {
		run_sequence(&self->rng, &alone, 4, edge, 4, 0, &s);
		nr_false += s.nr_called_ever > 0;
	}
	TH_LOG("%u of %d tables called something at any look", nr_false, NR_EDGE_TABLES);
	EXPECT_LE(nr_false * 20, NR_EDGE_TABLES);
	EXPECT_LT(0, nr_false);
}

TEST_F_TIMEOUT(sim, boots_find_five_percent, PATIENCE)
{
	static const double up[2] = { 1.05, 1.05 }, down[2] = { 0.95, 0.95 };
	unsigned int nr_found = 0, nr_true = 0, nr_boots = 0;
	struct sequence s;
	rng_seed(&self->rng, 5);
	for (int i = 0; i < NR_TABLES; i++) {
		run_sequence(&self->rng, &recorded, NR_ROWS, i % 2 ? up : down, 5, 0.1, &s);
		nr_found += i % 2 ? s.nr_slower : s.nr_faster;
		nr_true += 5;
		nr_boots += s.nr_boots;
	}
	TH_LOG("found %u of %u +-5 %% with %.1f boots a side", nr_found, nr_true,
	       nr_boots / (double)NR_TABLES);
	EXPECT_LE(nr_true * 19, nr_found * 20);
}

TEST_HARNESS_MAIN
