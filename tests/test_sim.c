// SPDX-License-Identifier: GPL-2.0-only
/*
 * The method tested by simulation: plan -> synthetic batches -> estimate, thousands of times, and
 * the share of runs that err against the exact rate the method prints. A share must lie in the
 * band that a binomial count leaves with a chance of 1e-6 at either end; everything is seeded, so
 * a failure is a change of the code, not luck. Each check comes with a broken method that it finds.
 */
#include <math.h>
#include <string.h>

#include "core/estimate.h"
#include "core/plan.h"
#include "core/rng.h"
#include "core/stats.h"
#include "kselftest_harness.h"

#define TAIL	1e-6
#define TIME	16.0	/* ns/op */
#define DONE	1000000	/* operations in a batch: rounding to whole ns makes no ties */
#define MAX_LOADS 32

/* Relative standard deviations, all symmetric around 0 unless said otherwise. */
struct model {
	double effect;		/* raw - base, relative; 0 is an A/A */
	double load;		/* of an image in a load: layout, hash seed */
	double round;		/* of a batch; 5 % of the batches have 10 times as much */
	double drift;		/* slope of a load, shared by all slots, over its rounds */
	double first;		/* what the first batch of a round costs more (not symmetric) */
};

struct run {
	struct sample_set set[NR_SLOTS];
};

static void run_free(struct run *run)
{
	for (int i = 0; i < NR_SLOTS; i++)
		sample_set__free(&run->set[i]);
}

static double batch_noise(struct rng *r, const struct model *m)
{
	double sd = rng_below(r, 20) ? m->round : 10 * m->round;

	return sd * rng_normal(r);
}

static void run_load(struct run *run, const struct plan *plan, uint32_t load,
		     const struct model *m, struct rng *r)
{
	double middle = (plan->p.warmup + plan->p.rounds - 1) / 2.;
	double slope = m->drift * rng_normal(r) / plan->p.rounds;
	double image[NR_SLOTS];

	for (int i = 0; i < NR_SLOTS; i++)
		image[i] = 1 + m->load * rng_normal(r) + (i == SLOT_RAW ? m->effect : 0);
	for (uint32_t round = 0; round < plan->p.rounds; round++) {
		bool is_warmup = round < plan->p.warmup;

		for (uint32_t pos = 0; pos < plan->p.nr_slots; pos++) {
			uint8_t slot = plan_round(plan, load, round)[pos];
			double t = image[slot] + slope * (round - middle) + batch_noise(r, m) +
				   (pos ? 0 : m->first) + is_warmup * .5;
			struct sample s = {
				.load = load, .round = round, .slot = pos, .done = DONE,
				.elapsed = llround(TIME * t * DONE),
				.flags = is_warmup ? SAMPLE_WARMUP : 0,
			};

			if (sample_set__add(&run->set[slot], &s))
				abort();
		}
	}
}

/* One run of a bench: its own plan, its own batches. */
static void run_bench(struct run *run, const struct plan_params *p, const struct model *m,
		      struct rng *r)
{
	struct plan plan;

	if (plan_build(&plan, p, rng_u64(r), "sim"))
		abort();
	for (int i = 0; i < NR_SLOTS; i++)
		run->set[i].nr = 0;
	for (uint32_t load = 0; load < p->loads; load++)
		run_load(run, &plan, load, m, r);
	plan_free(&plan);
}

/* P(X >= k) for X ~ Binomial(n, p), summed from the small end. */
static double binom_upper(unsigned int k, unsigned int n, double p)
{
	double sum = 0;

	for (unsigned int i = n + 1; i-- > k;)
		sum += exp(lgamma(n + 1) - lgamma(i + 1) - lgamma(n - i + 1) + i * log(p) +
			   (n - i) * log1p(-p));
	return sum;
}

static bool is_above(unsigned int k, unsigned int n, double p)
{
	return binom_upper(k, n, p) < TAIL;
}

static bool is_below(unsigned int k, unsigned int n, double p)
{
	return binom_upper(n - k, n, 1 - p) < TAIL;
}

static bool is_in_band(unsigned int k, unsigned int n, double p)
{
	return !is_above(k, n, p) && !is_below(k, n, p);
}

static const struct plan_params usual = { .loads = 16, .rounds = 20, .warmup = 4, .nr_slots = 3 };
static const struct model noisy = { .load = .02, .round = .01, .drift = .05 };

/* The band itself: sd of 2000 coins is 22.4, 1e-6 is 4.75 of them. */
TEST(band_is_as_wide_as_said)
{
	ASSERT_TRUE(is_in_band(1000, 2000, .5) && is_in_band(1100, 2000, .5));
	ASSERT_TRUE(is_in_band(900, 2000, .5));
	ASSERT_TRUE(is_above(1112, 2000, .5) && is_below(888, 2000, .5));
	ASSERT_TRUE(fabs(binom_upper(2, 3, .25) - 10. / 64) < 1e-14);
}

struct coverage {
	unsigned int covers, covers_shifted, covers_narrow;
	double level;
};

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Broken on purpose: the order statistics one further in, with the level of the right ones. */
static bool narrow_covers(const struct run *run, const struct estimate *e, double truth)
{
	double v[MAX_LOADS];
	int n = estimate_loads(&run->set[SLOT_RAW], NULL, CLOCK_KIND_NS, v, MAX_LOADS), k = 0;

	qsort(v, n, sizeof(*v), compare_doubles);
	while (v[k] < e->lo)
		k++;
	return v[k + 1] <= truth && truth <= v[n - 2 - k];
}

static void cover(struct coverage *c, const struct plan_params *p, unsigned int runs,
		  uint64_t seed)
{
	struct run run = {};
	struct estimate e;
	struct rng r;

	rng_seed(&r, seed);
	*c = (struct coverage){};
	for (unsigned int i = 0; i < runs; i++) {
		double shifted = TIME * (1 + noisy.load / 4);

		run_bench(&run, p, &noisy, &r);
		if (estimate_samples(&e, &run.set[SLOT_RAW], NULL, CLOCK_KIND_NS, .95))
			abort();
		c->covers += e.lo <= TIME && TIME <= e.hi;
		c->covers_shifted += e.lo <= shifted && shifted <= e.hi;
		c->covers_narrow += narrow_covers(&run, &e, TIME);
		c->level = e.level;
	}
	run_free(&run);
}

TEST(interval_covers_the_true_median)
{
	static const struct plan_params designs[] = {
		{ .loads = 16, .rounds = 20, .warmup = 4, .nr_slots = 3 },
		{ .loads = 6, .rounds = 6, .warmup = 1, .nr_slots = 1 },
		{ .loads = 3, .rounds = 2, .warmup = 0, .nr_slots = 2 },
		{ .loads = 25, .rounds = 3, .warmup = 0, .nr_slots = 3 },
	};
	const unsigned int runs = 2000;

	for (unsigned int i = 0; i < sizeof(designs) / sizeof(designs[0]); i++) {
		struct coverage c;

		cover(&c, &designs[i], runs, 100 + i);
		TH_LOG("%u loads: %u of %u cover, level %.5f; shifted %u, narrow %u",
		       designs[i].loads, c.covers, runs, c.level, c.covers_shifted,
		       c.covers_narrow);
		EXPECT_TRUE(is_in_band(c.covers, runs, c.level));
		EXPECT_TRUE(is_below(c.covers_narrow, runs, c.level));
		if (designs[i].loads >= 16) {
			EXPECT_TRUE(is_below(c.covers_shifted, runs, c.level));
		}
	}
}

/* Interval over all rounds of all loads, as if they were independent. */
static bool pooled_excludes_0(const struct run *run)
{
	const struct sample_set *raw = &run->set[SLOT_RAW], *base = &run->set[SLOT_BASE];
	double v[1024];
	struct interval iv;
	size_t n = 0;

	for (size_t i = 0; i < raw->nr; i++)
		if (!(raw->v[i].flags & SAMPLE_WARMUP))
			v[n++] = sample_per_op(&raw->v[i]) - sample_per_op(&base->v[i]);
	if (stats_sign_interval(v, n, .95, &iv))
		abort();
	return iv.lo > 0 || iv.hi < 0;
}

struct alarms {
	unsigned int net, pooled, above, unresolved;
	double level, sum;
};

static void count_alarms(struct alarms *a, const struct model *m, unsigned int runs, uint64_t seed)
{
	struct run run = {};
	struct estimate e;
	struct rng r;

	rng_seed(&r, seed);
	*a = (struct alarms){};
	for (unsigned int i = 0; i < runs; i++) {
		run_bench(&run, &usual, m, &r);
		if (estimate_samples(&e, &run.set[SLOT_RAW], &run.set[SLOT_BASE], CLOCK_KIND_NS,
				     .95))
			abort();
		a->net += e.lo > 0 || e.hi < 0;
		a->above += e.lo > 0;
		a->unresolved += e.quality == QUALITY_UNRESOLVED;
		a->pooled += pooled_excludes_0(&run);
		a->level = e.level;
		a->sum += e.value;
	}
	run_free(&run);
}

/*
 * An A/A: two images of one source, each with a level of its own in each load,
 * drift and a dearer first batch. The load as the unit alarms at the exact rate; the same batches
 * pooled alarm many times as often, which is what the check must tell apart.
 */
TEST(aa_alarms_at_the_exact_rate)
{
	struct model m = noisy;
	const unsigned int runs = 4000;
	struct alarms a;

	m.first = .02;
	count_alarms(&a, &m, runs, 1);
	TH_LOG("A/A: %u of %u alarm, exact rate %.5f; pooled rounds %u", a.net, runs, 1 - a.level,
	       a.pooled);
	EXPECT_TRUE(is_in_band(a.net, runs, 1 - a.level));
	EXPECT_EQ(runs - a.net, a.unresolved);
	EXPECT_TRUE(is_above(a.pooled, runs, 5 * .05));
}

/* No load effect: pooling would be right, and the load as the unit still alarms at its rate. */
TEST(aa_without_load_effect)
{
	static const struct model m = { .round = .01, .drift = .05 };
	const unsigned int runs = 2000;
	struct alarms a;

	count_alarms(&a, &m, runs, 2);
	TH_LOG("no load effect: %u of %u alarm; pooled rounds %u", a.net, runs, a.pooled);
	EXPECT_TRUE(is_in_band(a.net, runs, 1 - a.level));
	EXPECT_FALSE(is_above(a.pooled, runs, .05));
}

/* What biases one side by half a load's SD is seen as false alarms: the check has teeth. */
TEST(aa_check_finds_a_bias)
{
	struct model m = noisy;
	const unsigned int runs = 2000;
	struct alarms a;

	m.effect = m.load / 2;
	count_alarms(&a, &m, runs, 3);
	EXPECT_TRUE(is_above(a.net, runs, 1 - a.level));
}

TEST(effect_of_5_percent_is_found)
{
	struct model m = noisy;
	const unsigned int runs = 1000;
	struct alarms a;

	m.effect = .05;
	count_alarms(&a, &m, runs, 4);
	TH_LOG("5 %%: found in %u of %u, mean %.4f of %.4f ns", a.above, runs, a.sum / runs,
	       .05 * TIME);
	EXPECT_FALSE(is_below(a.above, runs, .99));
	EXPECT_TRUE(fabs(a.sum / runs - .05 * TIME) < .02 * .05 * TIME);
	m.effect = -.05;
	count_alarms(&a, &m, runs, 5);
	EXPECT_FALSE(is_below(a.net, runs, .99));
	EXPECT_EQ(0u, a.above);
}

enum noise { NOISE_NORMAL, NOISE_EXPONENTIAL, NOISE_OUTLIERS, NR_NOISES };

static double draw(struct rng *r, enum noise kind)
{
	if (kind == NOISE_EXPONENTIAL)
		return -log(1 - rng_double(r));
	return rng_normal(r) * (kind == NOISE_OUTLIERS && !rng_below(r, 20) ? 10 : 1);
}

/* Loads of rounds of an AR(1) process; phi 0: independent. Returns whether it is unstable. */
static bool ar_is_unstable(struct sample_set *set, uint32_t loads, uint32_t rounds, double phi,
			   enum noise kind, struct rng *r)
{
	struct estimate e;

	set->nr = 0;
	for (uint32_t load = 0; load < loads; load++) {
		double level = rng_normal(r), x = draw(r, kind);

		for (uint32_t round = 0; round < rounds; round++) {
			struct sample s = { .load = load, .round = round, .done = DONE };

			s.elapsed = llround((100 + level + x) * DONE);
			if (sample_set__add(set, &s))
				abort();
			x = phi * x + draw(r, kind);
		}
	}
	if (estimate_samples(&e, set, NULL, CLOCK_KIND_NS, .95))
		abort();
	return e.quality == QUALITY_UNSTABLE;
}

static unsigned int count_unstable(uint32_t loads, uint32_t rounds, double phi, enum noise kind,
				   unsigned int runs)
{
	struct sample_set set = {};
	unsigned int nr = 0;
	struct rng r;

	rng_seed(&r, loads * 1000 + rounds + kind);
	for (unsigned int i = 0; i < runs; i++)
		nr += ar_is_unstable(&set, loads, rounds, phi, kind, &r);
	sample_set__free(&set);
	return nr;
}

/* Independent rounds: fewer than 1 % of the figures, whatever the design and the noise. */
TEST(independent_rounds_are_stable)
{
	static const struct { uint32_t loads, rounds; } designs[] = {
		{ 16, 16 }, { 1, 16 }, { 1, 300 }, { 4, 8 }, { 16, 4 }, { 30, 2 },
	};
	const unsigned int runs = 1000;

	for (unsigned int i = 0; i < sizeof(designs) / sizeof(designs[0]); i++) {
		for (int kind = 0; kind < NR_NOISES; kind++) {
			unsigned int nr = count_unstable(designs[i].loads, designs[i].rounds, 0,
							 kind, runs);

			EXPECT_FALSE(is_above(nr, runs, .01));
			EXPECT_LE(nr, runs / 100) {
				TH_LOG("%u x %u noise %d: %u of %u", designs[i].loads,
				       designs[i].rounds, kind, nr, runs);
			}
		}
	}
}

TEST(autocorrelated_rounds_are_unstable)
{
	const unsigned int runs = 300;
	unsigned int strong = count_unstable(16, 16, .6, NOISE_NORMAL, runs);
	unsigned int single = count_unstable(1, 60, .8, NOISE_NORMAL, runs);

	TH_LOG("AR(1) .6, 16 x 16: %u of %u; .8, 1 x 60: %u", strong, runs, single);
	EXPECT_GE(strong, runs * 95 / 100);
	EXPECT_GE(single, runs * 95 / 100);
}

/* Why the threshold is not put on the 16 per-load values: there 0.3 is within reach of chance. */
TEST(lag1_of_16_values_is_noise)
{
	const unsigned int runs = 20000;
	unsigned int nr = 0;
	struct rng r;

	rng_seed(&r, 6);
	for (unsigned int i = 0; i < runs; i++) {
		double v[16];

		for (int j = 0; j < 16; j++)
			v[j] = rng_normal(&r);
		nr += stats_lag1(v, 16) > .3;
	}
	TH_LOG("lag-1 of 16 independent values beyond 0.3: %u of %u", nr, runs);
	EXPECT_TRUE(is_above(nr, runs, .01));
}

/* Counts of which every tenth batch was disturbed: each net is exact, to the instruction. */
TEST(counts_are_exact)
{
	struct sample_set set[2] = {};
	const unsigned int insns[2] = { 1037, 1000 };
	struct rng r;

	rng_seed(&r, 7);
	for (int i = 0; i < 200; i++) {
		struct estimate e;

		for (int slot = 0; slot < 2; slot++) {
			set[slot].nr = 0;
			for (uint32_t j = 0; j < 3 * 20; j++) {
				struct sample s = { .load = j / 20, .round = j % 20, .done = 300 };

				s.elapsed = insns[slot] * s.done + 71;
				if (!rng_below(&r, 10))
					s.elapsed += rng_below(&r, 5000);
				ASSERT_EQ(0, sample_set__add(&set[slot], &s));
			}
		}
		ASSERT_EQ(0, estimate_samples(&e, &set[0], &set[1], CLOCK_KIND_INSN, .95));
		ASSERT_TRUE(e.value == 37 && e.lo == 37 && e.hi == 37);
		ASSERT_EQ(QUALITY_EXACT, e.quality);
	}
	sample_set__free(&set[0]);
	sample_set__free(&set[1]);
}

#define BOOTS 6

/* p-value of one table row: 6 boots a side, b shifted by @shift; @grain > 0 rounds, hence ties. */
static double boots_p(struct rng *r, double shift, double delta, double grain)
{
	double a[BOOTS], b[BOOTS], p;

	for (int i = 0; i < BOOTS; i++) {
		a[i] = draw(r, NOISE_EXPONENTIAL);
		b[i] = draw(r, NOISE_EXPONENTIAL) + shift;
		if (grain > 0) {
			a[i] = floor(a[i] / grain);
			b[i] = floor(b[i] / grain);
		}
	}
	if (stats_mw_greater(a, BOOTS, b, BOOTS, delta, &p))
		abort();
	return p;
}

/* The largest p <= 0.05 of 6 against 6 is P(U <= 7) = 43/924. */
TEST(mw_alarms_at_the_exact_rate)
{
	const unsigned int runs = 20000;
	unsigned int plain = 0, at_delta = 0, tied = 0, few = 0, biased = 0;
	struct rng r;

	rng_seed(&r, 8);
	for (unsigned int i = 0; i < runs; i++) {
		plain += boots_p(&r, 0, 0, 0) <= .05;
		at_delta += boots_p(&r, .7, .7, 0) <= .05;
		tied += boots_p(&r, 0, 0, .5) <= .05;
		few += boots_p(&r, 0, 0, 2) <= .05;
		biased += boots_p(&r, .1, 0, 0) <= .05;
	}
	TH_LOG("MW: %u of %u, at delta %u, ties %u and %u, exact %.0f", plain, runs, at_delta,
	       tied, few, runs * 43. / 924);
	EXPECT_TRUE(is_in_band(plain, runs, 43. / 924));
	EXPECT_TRUE(is_in_band(at_delta, runs, 43. / 924));
	EXPECT_FALSE(is_above(tied, runs, .05));
	EXPECT_FALSE(is_above(few, runs, .05));
	EXPECT_TRUE(is_above(biased, runs, .05));
}

TEST(hl_interval_covers_the_shift)
{
	const unsigned int runs = 10000;
	unsigned int covers = 0, covers_biased = 0;
	struct interval iv = {};
	struct rng r;

	rng_seed(&r, 9);
	for (unsigned int i = 0; i < runs; i++) {
		double a[BOOTS], b[BOOTS + 2], shift;

		for (int j = 0; j < BOOTS; j++)
			a[j] = draw(&r, NOISE_OUTLIERS);
		for (int j = 0; j < BOOTS + 2; j++)
			b[j] = draw(&r, NOISE_OUTLIERS) + 2;
		ASSERT_EQ(0, stats_hl_shift(a, BOOTS, b, BOOTS + 2, .95, &shift, &iv));
		covers += iv.lo <= 2 && iv.hi >= 2;
		covers_biased += iv.lo <= 2.4 && iv.hi >= 2.4;
	}
	TH_LOG("HL: %u of %u cover, level %.5f", covers, runs, iv.level);
	EXPECT_TRUE(is_in_band(covers, runs, iv.level));
	EXPECT_TRUE(is_below(covers_biased, runs, iv.level));
}

#define ROWS 20

/* A table of 20 rows, the first @nr_real of them with a real shift: any false alarm counts once. */
static bool table_alarms(struct rng *r, int nr_real, bool *plain_alarms)
{
	double p[ROWS], adjusted[ROWS];
	bool alarms = false;

	for (int i = 0; i < ROWS; i++)
		p[i] = boots_p(r, i < nr_real ? 20 : 0, 0, 0);
	if (stats_holm(p, ROWS, adjusted))
		abort();
	*plain_alarms = false;
	for (int i = nr_real; i < ROWS; i++) {
		alarms |= adjusted[i] <= .05;
		*plain_alarms |= p[i] <= .05;
	}
	return alarms;
}

TEST(holm_keeps_the_family_rate)
{
	const unsigned int runs = 2000;
	struct rng r;

	rng_seed(&r, 10);
	for (int nr_real = 0; nr_real <= 10; nr_real += 5) {
		unsigned int holm = 0, plain = 0;

		for (unsigned int i = 0; i < runs; i++) {
			bool plain_alarms;

			holm += table_alarms(&r, nr_real, &plain_alarms);
			plain += plain_alarms;
		}
		TH_LOG("%d real of %d: Holm %u of %u, unadjusted %u", nr_real, ROWS, holm, runs,
		       plain);
		EXPECT_FALSE(is_above(holm, runs, .05));
		EXPECT_TRUE(is_above(plain, runs, .05));
	}
}

TEST_HARNESS_MAIN
