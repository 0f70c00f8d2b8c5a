// SPDX-License-Identifier: GPL-2.0-only
/*
 * How often compare_docs() calls two runs of the same thing slower or faster, and how often it
 * finds what is there. Each simulated run has
 *  - a drift of its own, shared by everything in it (frequency, neighbours): SD 3 %,
 *  - a drift of each row's time of measurement, shared by case, baseline and reference: SD 1.5 %,
 *  - a shift of each program that the reference does not see (layout): SD 0.4 %,
 *  - load effects, of each program on its own: SD 1.5 %; the reference is loaded once: 0.3 %,
 *  - noise of a round: SD 1 %, and one round in 20 disturbed by up to 50 %.
 */
#include <math.h>

#include "core/compare.h"
#include "doc_fixture.h"
#include "kselftest_harness.h"

#define NR_ROWS 30
#define NR_LOADS 16
#define NR_ROUNDS 7	/* used ones; 16 in truth, for the sake of time */
#define NR_TABLES 60

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
	    result_add_metric(r, "base", &e))
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

TEST(false_alarms)
{
	struct tally tally = { 0 };
	struct rng rng;

	rng_seed(&rng, 1);
	for (int i = 0; i < NR_TABLES; i++)
		compare_simulated(&rng, 0, 0, &tally);
	TH_LOG("%u of %u rows and %u of %d tables called slower or faster", tally.nr_false,
	       tally.nr_null, tally.nr_tables_false, NR_TABLES);
	EXPECT_LE(tally.nr_false * 20, tally.nr_null);
	EXPECT_LE(tally.nr_tables_false * 10, NR_TABLES);
}

/* Power on a quiet machine is in test_compare.c: here the two runs may be 10 % apart themselves. */
TEST(effects_are_found)
{
	struct tally up = { 0 }, down = { 0 }, large = { 0 };
	struct rng rng;

	rng_seed(&rng, 2);
	for (int i = 0; i < NR_TABLES / 3; i++) {
		compare_simulated(&rng, 0.1, 5, &up);
		compare_simulated(&rng, -0.1, 5, &down);
		compare_simulated(&rng, 0.3, 5, &large);
	}
	TH_LOG("found %u of %u +10 %%, %u of %u -10 %%, %u of %u +30 %%", up.nr_found, up.nr_true,
	       down.nr_found, down.nr_true, large.nr_found, large.nr_true);
	EXPECT_LE(up.nr_true, up.nr_found * 2);
	EXPECT_LE(down.nr_true, down.nr_found * 2);
	EXPECT_LE(large.nr_true * 9, large.nr_found * 10);
	EXPECT_LE((up.nr_false + down.nr_false + large.nr_false) * 20,
		  up.nr_null + down.nr_null + large.nr_null);
}

TEST_HARNESS_MAIN
