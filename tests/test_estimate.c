// SPDX-License-Identifier: GPL-2.0-only
/* Link with -Wl,--wrap=malloc,--wrap=realloc: allocations fail on demand. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "core/estimate.h"
#include "kselftest_harness.h"

static int mallocs_left = -1;	/* -1: never fails */

void *__real_malloc(size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_realloc(void *old, size_t size);

static bool malloc_fails(void)
{
	if (!mallocs_left)
		return true;
	mallocs_left -= mallocs_left > 0;
	return false;
}

void *__wrap_malloc(size_t size)
{
	return malloc_fails() ? NULL : __real_malloc(size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return malloc_fails() ? NULL : __real_realloc(old, size);
}

static void add(struct sample_set *set, uint32_t load, uint32_t round, uint64_t elapsed,
		uint64_t done, uint32_t flags)
{
	struct sample s = {
		.load = load, .round = round, .elapsed = elapsed, .done = done, .flags = flags,
	};

	if (sample_set__add(set, &s))
		abort();
}

/* Rounds 0 .. nr-1 of a load with these elapsed counts of 10 operations each. */
static void add_load(struct sample_set *set, uint32_t load, const uint64_t *elapsed, uint32_t nr)
{
	for (uint32_t i = 0; i < nr; i++)
		add(set, load, i, elapsed[i], 10, 0);
}

#define ADD_LOAD(set, load, ...) do {						\
	uint64_t elapsed_[] = { __VA_ARGS__ };					\
	add_load(set, load, elapsed_, sizeof(elapsed_) / sizeof(elapsed_[0]));	\
} while (0)

FIXTURE(est) {
	struct sample_set raw, base;
	struct estimate e;
};

FIXTURE_SETUP(est)
{
}

FIXTURE_TEARDOWN(est)
{
	mallocs_left = -1;
	sample_set__free(&self->raw);
	sample_set__free(&self->base);
}

TEST(sample_set_grows)
{
	struct sample_set set = {};
	struct sample s = {};

	for (uint32_t i = 0; i < 1000; i++)
		add(&set, i, 0, i, 1, 0);
	ASSERT_EQ(1000u, set.nr);
	ASSERT_EQ(999u, set.v[999].load);
	ASSERT_EQ(0u, set.v[0].load);
	mallocs_left = 0;
	while (set.nr < set.cap) {
		ASSERT_EQ(0, sample_set__add(&set, &s));
	}
	ASSERT_EQ(-ENOMEM, sample_set__add(&set, &s));
	mallocs_left = -1;	/* the coverage library's exit handler allocates */
	ASSERT_EQ(set.cap, set.nr);
	sample_set__free(&set);
	ASSERT_NULL(set.v);
	ASSERT_EQ(0u, set.nr);
	ASSERT_EQ(0u, set.cap);
}

TEST(names)
{
	enum quality q;

	ASSERT_STREQ("raw", slot_name(SLOT_RAW));
	ASSERT_STREQ("base", slot_name(SLOT_BASE));
	ASSERT_STREQ("ref", slot_name(SLOT_REF));
	ASSERT_STREQ("?", slot_name(NR_SLOTS));
	for (int i = 0; i < NR_QUALITIES; i++) {
		ASSERT_EQ(0, quality_parse(quality_name(i), &q));
		ASSERT_EQ(i, (int)q);
	}
	ASSERT_STREQ("unresolved", quality_name(QUALITY_UNRESOLVED));
	ASSERT_STREQ("?", quality_name(NR_QUALITIES));
	ASSERT_EQ(-EINVAL, quality_parse("", &q));
	ASSERT_EQ(-EINVAL, quality_parse("OK", &q));
}

TEST(values_of_loads)
{
	const double v[] = { 5, 1, 9, 7, 3, 8 }, same[] = { 4, 4, 4 };
	struct estimate e;

	ASSERT_EQ(0, estimate_values(&e, v, 6, 0.95));
	EXPECT_TRUE(e.value == 6);
	EXPECT_TRUE(e.lo == 1);
	EXPECT_TRUE(e.hi == 9);
	EXPECT_TRUE(e.level == 1 - 2 / 64.0);
	EXPECT_EQ(6, e.n);
	EXPECT_EQ(QUALITY_OK, e.quality);
	ASSERT_EQ(0, estimate_values(&e, same, 3, 0.95));
	EXPECT_TRUE(e.value == 4);
	EXPECT_TRUE(e.mad == 0);
	EXPECT_EQ(QUALITY_EXACT, e.quality);
	for (mallocs_left = 0; mallocs_left < 2; mallocs_left++) {
		int left = mallocs_left;

		EXPECT_EQ(-ENOMEM, estimate_values(&e, v, 6, 0.95));
		mallocs_left = left;
	}
	mallocs_left = -1;
}

TEST(exact_figure)
{
	struct estimate e = estimate_exact(42);

	ASSERT_TRUE(e.value == 42 && e.lo == 42 && e.hi == 42 && e.level == 1 && e.mad == 0);
	ASSERT_EQ(1u, e.n);
	ASSERT_EQ(QUALITY_EXACT, e.quality);
}

TEST_F(est, nothing_to_estimate)
{
	double v[1];

	ASSERT_EQ(-ENODATA, estimate_samples(&self->e, &self->raw, NULL, CLOCK_KIND_NS, .95));
	add(&self->raw, 0, 0, 1, 1, SAMPLE_WARMUP);
	ASSERT_EQ(-ENODATA, estimate_samples(&self->e, &self->raw, NULL, CLOCK_KIND_NS, .95));
	ASSERT_EQ(-ENODATA, estimate_loads(&self->raw, NULL, CLOCK_KIND_NS, v, 1));
	add(&self->raw, 0, 1, 1, 1, 0);
	ASSERT_EQ(-ENODATA,
		  estimate_samples(&self->e, &self->raw, &self->base, CLOCK_KIND_NS, .95));
	add(&self->base, 0, 2, 1, 1, 0);
	ASSERT_EQ(-ENODATA,
		  estimate_samples(&self->e, &self->raw, &self->base, CLOCK_KIND_NS, .95));
	ASSERT_EQ(-EINVAL, estimate_samples(&self->e, &self->raw, NULL, CLOCK_KIND_NONE, .95));
	ASSERT_EQ(-EINVAL, estimate_loads(&self->raw, NULL, CLOCK_KIND_NONE, v, 1));
}

/* The median of loads, not of rounds: load 0 has most of the rounds. */
TEST_F(est, load_is_the_unit)
{
	double v[3];

	ADD_LOAD(&self->raw, 0, 100, 100, 120, 100, 100, 100, 100, 100);
	ADD_LOAD(&self->raw, 1, 200, 210, 190);
	ADD_LOAD(&self->raw, 7, 300, 400);
	ASSERT_EQ(0, estimate_samples(&self->e, &self->raw, NULL, CLOCK_KIND_NS, .7));
	ASSERT_TRUE(self->e.value == 20 && self->e.lo == 10 && self->e.hi == 35);
	ASSERT_TRUE(self->e.level == .75);
	ASSERT_TRUE(self->e.mad == 1.4826 * 10);
	ASSERT_TRUE(self->e.mad_within == 1.4826 * 1);
	ASSERT_EQ(3u, self->e.n);
	ASSERT_EQ(0u, self->e.nr_excluded);
	ASSERT_EQ(QUALITY_OK, self->e.quality);
	ASSERT_EQ(3, estimate_loads(&self->raw, NULL, CLOCK_KIND_NS, v, 3));
	ASSERT_TRUE(v[0] == 10 && v[1] == 20 && v[2] == 35);
	v[2] = -1;
	ASSERT_EQ(2, estimate_loads(&self->raw, NULL, CLOCK_KIND_NS, v, 2));
	ASSERT_TRUE(v[1] == 20 && v[2] == -1);
}

TEST_F(est, one_load_has_level_0)
{
	ADD_LOAD(&self->raw, 0, 100, 120);
	ADD_LOAD(&self->base, 0, 90, 90);
	ASSERT_EQ(0, estimate_samples(&self->e, &self->raw, NULL, CLOCK_KIND_NS, .95));
	ASSERT_TRUE(self->e.value == 11 && self->e.lo == 11 && self->e.hi == 11);
	ASSERT_TRUE(self->e.level == 0 && self->e.mad == 0);
	ASSERT_EQ(1u, self->e.n);
	ASSERT_EQ(QUALITY_OK, self->e.quality);
	ASSERT_EQ(0, estimate_samples(&self->e, &self->raw, &self->base, CLOCK_KIND_NS, .95));
	ASSERT_TRUE(self->e.value == 2 && self->e.level == 0);
}

/* Paired by load and round, whatever the order in the set; what has no partner drops out. */
TEST_F(est, pairs_by_round)
{
	double v[4];

	add(&self->raw, 1, 1, 500, 10, 0);
	add(&self->raw, 1, 0, 400, 10, 0);
	add(&self->raw, 0, 0, 100, 10, 0);
	add(&self->raw, 0, 1, 9999, 10, 0);
	add(&self->raw, 0, 2, 8888, 10, 0);
	add(&self->raw, 2, 0, 7777, 10, 0);
	add(&self->base, 0, 0, 300, 20, 0);
	add(&self->base, 0, 2, 1, 10, SAMPLE_STOLEN);
	add(&self->base, 1, 0, 100, 10, 0);
	add(&self->base, 1, 1, 120, 10, 0);
	add(&self->base, 3, 0, 1, 10, 0);
	ASSERT_EQ(2, estimate_loads(&self->raw, &self->base, CLOCK_KIND_NS, v, 4));
	ASSERT_TRUE(v[0] == 10 - 15 && v[1] == (30 + 38) / 2.);
	ASSERT_EQ(2, estimate_loads(&self->base, &self->raw, CLOCK_KIND_NS, v, 4));
	ASSERT_TRUE(v[0] == 15 - 10 && v[1] == (-30 - 38) / 2.);
	ASSERT_EQ(0, estimate_samples(&self->e, &self->raw, &self->base, CLOCK_KIND_NS, .5));
	ASSERT_TRUE(self->e.lo == -5 && self->e.hi == 34);
	ASSERT_EQ(1u, self->e.nr_excluded);
	ASSERT_EQ(QUALITY_UNRESOLVED, self->e.quality);
}

/* Several batches of one round (workers): the k-th of the case meets the k-th of the baseline. */
TEST_F(est, pairs_in_order_within_a_round)
{
	double v;

	add(&self->raw, 0, 0, 100, 1, 0);
	add(&self->raw, 0, 0, 200, 1, 0);
	add(&self->base, 0, 0, 10, 1, 0);
	add(&self->base, 0, 0, 20, 1, 0);
	add(&self->base, 0, 0, 99, 1, 0);
	ASSERT_EQ(1, estimate_loads(&self->raw, &self->base, CLOCK_KIND_NS, &v, 1));
	ASSERT_TRUE(v == (90 + 180) / 2.);
}

TEST_F(est, net_is_never_clamped)
{
	for (uint32_t load = 0; load < 6; load++) {
		ADD_LOAD(&self->raw, load, 100, 100);
		ADD_LOAD(&self->base, load, 130 + load, 130 + load);
	}
	ASSERT_EQ(0, estimate_samples(&self->e, &self->raw, &self->base, CLOCK_KIND_NS, .95));
	ASSERT_TRUE(self->e.lo == -3.5 && self->e.hi == -3 && self->e.value == -3.25);
	ASSERT_EQ(QUALITY_OK, self->e.quality);
}

/* 0 at an end of the interval is inside it. Only a net can be unresolved. */
TEST_F(est, unresolved_includes_the_ends)
{
	for (uint32_t load = 0; load < 6; load++) {
		ADD_LOAD(&self->raw, load, 0 + load);
		ADD_LOAD(&self->base, load, 0);
	}
	ASSERT_EQ(0, estimate_samples(&self->e, &self->raw, &self->base, CLOCK_KIND_NS, .95));
	ASSERT_TRUE(self->e.lo == 0 && self->e.hi == .5);
	ASSERT_EQ(QUALITY_UNRESOLVED, self->e.quality);
	ASSERT_EQ(0, estimate_samples(&self->e, &self->base, &self->raw, CLOCK_KIND_NS, .95));
	ASSERT_TRUE(self->e.lo == -.5 && self->e.hi == 0);
	ASSERT_EQ(QUALITY_UNRESOLVED, self->e.quality);
	ASSERT_EQ(0, estimate_samples(&self->e, &self->raw, NULL, CLOCK_KIND_NS, .95));
	ASSERT_EQ(QUALITY_OK, self->e.quality);
}

/* Warm-up is dropped by rule and is no exclusion, whatever else it is flagged with. */
TEST_F(est, excluded_share)
{
	for (uint32_t i = 0; i < 20; i++) {
		uint32_t cause = i < 4 ? 1u << (1 + i) : 0;

		add(&self->raw, 0, i, 100 + i % 2, 10, cause);
		add(&self->base, 0, i, 50 + i % 2, 10, 0);
		add(&self->raw, 0, 100 + i, 1000, 10, SAMPLE_WARMUP | SAMPLE_SWITCHED);
	}
	ASSERT_EQ(0, estimate_samples(&self->e, &self->raw, NULL, CLOCK_KIND_NS, .95));
	ASSERT_EQ(4u, self->e.nr_excluded);
	ASSERT_EQ(QUALITY_OK, self->e.quality);
	add(&self->raw, 0, 20, 100, 10, SAMPLE_MIGRATED);
	ASSERT_EQ(0, estimate_samples(&self->e, &self->raw, NULL, CLOCK_KIND_NS, .95));
	ASSERT_EQ(5u, self->e.nr_excluded);
	ASSERT_EQ(QUALITY_UNSTABLE, self->e.quality);
	ASSERT_TRUE(self->e.value == 10.05);
	/* of both sides: 5 of 41 */
	ASSERT_EQ(0, estimate_samples(&self->e, &self->raw, &self->base, CLOCK_KIND_NS, .95));
	ASSERT_EQ(5u, self->e.nr_excluded);
	ASSERT_EQ(QUALITY_OK, self->e.quality);
	ASSERT_TRUE(self->e.value == 5);
}

/* r1 of a linear drift over 16 rounds is 0.82; the net is free of it. */
TEST_F(est, drift_is_unstable_the_net_is_not)
{
	for (uint32_t load = 0; load < 16; load++) {
		for (uint32_t i = 0; i < 16; i++) {
			add(&self->raw, load, i, 1000 + i * 10 + load, 10, 0);
			add(&self->base, load, i, 500 + i * 10, 10, 0);
		}
	}
	ASSERT_EQ(0, estimate_samples(&self->e, &self->raw, NULL, CLOCK_KIND_NS, .95));
	ASSERT_EQ(QUALITY_UNSTABLE, self->e.quality);
	ASSERT_EQ(0, estimate_samples(&self->e, &self->raw, &self->base, CLOCK_KIND_NS, .95));
	ASSERT_EQ(QUALITY_OK, self->e.quality);
	ASSERT_TRUE(self->e.mad_within == 0);
}

/* Levels of loads are no autocorrelation, nor is what lies across an excluded round. */
TEST_F(est, no_autocorrelation)
{
	for (uint32_t load = 0; load < 16; load++)
		for (uint32_t i = 0; i < 16; i++)
			add(&self->raw, load, i, 1000 + load * 100 + i % 2, 10, 0);
	ASSERT_EQ(0, estimate_samples(&self->e, &self->raw, NULL, CLOCK_KIND_NS, .95));
	ASSERT_EQ(QUALITY_OK, self->e.quality);
	sample_set__free(&self->raw);
	for (uint32_t i = 0; i < 400; i++)
		add(&self->raw, 0, 2 * i, 1000 + i, 10, 0);
	ASSERT_EQ(0, estimate_samples(&self->e, &self->raw, NULL, CLOCK_KIND_NS, .95));
	ASSERT_EQ(QUALITY_OK, self->e.quality);
}

/* Few rounds: 3 SD is the stricter bound. 9 rising rounds, r1 0.67 < 3 / sqrt(8); 60 pass it. */
TEST_F(est, short_runs_need_more)
{
	for (uint32_t i = 0; i < 9; i++)
		add(&self->raw, 0, i, 1000 + i, 10, 0);
	ASSERT_EQ(0, estimate_samples(&self->e, &self->raw, NULL, CLOCK_KIND_NS, .95));
	ASSERT_EQ(QUALITY_OK, self->e.quality);
	for (uint32_t i = 9; i < 60; i++)
		add(&self->raw, 0, i, 1000 + i, 10, 0);
	ASSERT_EQ(0, estimate_samples(&self->e, &self->raw, NULL, CLOCK_KIND_NS, .95));
	ASSERT_EQ(QUALITY_UNSTABLE, self->e.quality);
}

TEST_F(est, insn_minimum_and_exact)
{
	double v[2];

	ADD_LOAD(&self->raw, 0, 130, 135, 130, 999);
	ADD_LOAD(&self->raw, 1, 130, 130, 130, 140);
	ASSERT_EQ(0, estimate_samples(&self->e, &self->raw, NULL, CLOCK_KIND_INSN, .95));
	ASSERT_TRUE(self->e.value == 13 && self->e.lo == 13 && self->e.hi == 13);
	ASSERT_TRUE(self->e.level == .5 && self->e.mad == 0);
	ASSERT_EQ(QUALITY_EXACT, self->e.quality);
	ASSERT_EQ(2, estimate_loads(&self->raw, NULL, CLOCK_KIND_INSN, v, 2));
	ASSERT_TRUE(v[0] == 13 && v[1] == 13);
}

TEST_F(est, insn_one_load)
{
	ADD_LOAD(&self->raw, 0, 130);
	ASSERT_EQ(0, estimate_samples(&self->e, &self->raw, NULL, CLOCK_KIND_INSN, .95));
	ASSERT_TRUE(self->e.value == 13 && self->e.level == 0);
	ASSERT_EQ(QUALITY_EXACT, self->e.quality);
}

TEST_F(est, insn_minority_minimum_is_inexact)
{
	ADD_LOAD(&self->raw, 0, 130, 132, 132);
	ASSERT_EQ(0, estimate_samples(&self->e, &self->raw, NULL, CLOCK_KIND_INSN, .95));
	ASSERT_TRUE(self->e.value == 13);
	ASSERT_EQ(QUALITY_INEXACT, self->e.quality);
}

/* The clock reads whole ns: one count more or less is no difference, two are. */
TEST_F(est, insn_clock_rounding_is_exact)
{
	ADD_LOAD(&self->raw, 0, 130, 131, 131);
	ADD_LOAD(&self->raw, 1, 131, 131, 131);
	ASSERT_EQ(0, estimate_samples(&self->e, &self->raw, NULL, CLOCK_KIND_INSN, .95));
	ASSERT_EQ(QUALITY_EXACT, self->e.quality);
	ADD_LOAD(&self->raw, 2, 132, 132, 132);
	ASSERT_EQ(0, estimate_samples(&self->e, &self->raw, NULL, CLOCK_KIND_INSN, .95));
	ASSERT_EQ(QUALITY_INEXACT, self->e.quality);
}

/* Of a pair, two counts. */
TEST_F(est, insn_clock_rounding_of_net)
{
	ADD_LOAD(&self->raw, 0, 131, 131);
	ADD_LOAD(&self->base, 0, 100, 101);
	ADD_LOAD(&self->raw, 1, 130, 130);
	ADD_LOAD(&self->base, 1, 101, 101);
	ASSERT_EQ(0, estimate_samples(&self->e, &self->raw, &self->base, CLOCK_KIND_INSN, .95));
	ASSERT_EQ(QUALITY_EXACT, self->e.quality);
	ADD_LOAD(&self->raw, 2, 128, 128);
	ADD_LOAD(&self->base, 2, 101, 101);
	ASSERT_EQ(0, estimate_samples(&self->e, &self->raw, &self->base, CLOCK_KIND_INSN, .95));
	ASSERT_EQ(QUALITY_INEXACT, self->e.quality);
}

TEST_F(est, insn_loads_that_differ_are_inexact)
{
	ADD_LOAD(&self->raw, 0, 130, 130);
	ADD_LOAD(&self->raw, 1, 140, 140);
	ADD_LOAD(&self->raw, 2, 131, 131);
	ASSERT_EQ(0, estimate_samples(&self->e, &self->raw, NULL, CLOCK_KIND_INSN, .95));
	ASSERT_TRUE(self->e.value == 13.1 && self->e.lo == 13 && self->e.hi == 14);
	ASSERT_EQ(QUALITY_INEXACT, self->e.quality);
}

/* 1634/300 + 3 - 1634/300 is 3.000000000000001 in quotients, 3 in integers. */
TEST_F(est, insn_net_is_exact)
{
	static const uint64_t noise[] = { 0, 17, 0, 5 };

	for (uint32_t load = 0; load < 3; load++) {
		for (uint32_t i = 0; i < 4; i++) {
			add(&self->raw, load, i, 1634 + 900 + noise[i], 300, SAMPLE_SWITCHED);
			add(&self->base, load, i, 1634 + noise[(i + load) % 4], 300, SAMPLE_STOLEN);
		}
	}
	ASSERT_EQ(0, estimate_samples(&self->e, &self->raw, &self->base, CLOCK_KIND_INSN, .95));
	ASSERT_TRUE(self->e.value == 3 && self->e.lo == 3 && self->e.hi == 3);
	ASSERT_EQ(QUALITY_EXACT, self->e.quality);
	ASSERT_EQ(0u, self->e.nr_excluded);
	ASSERT_EQ(12u, self->raw.nr);
}

TEST_F(est, insn_net_0_is_exact)
{
	ADD_LOAD(&self->raw, 0, 130, 130);
	ADD_LOAD(&self->base, 0, 130, 130);
	ASSERT_EQ(0, estimate_samples(&self->e, &self->raw, &self->base, CLOCK_KIND_INSN, .95));
	ASSERT_TRUE(self->e.value == 0);
	ASSERT_EQ(QUALITY_EXACT, self->e.quality);
}

TEST_F(est, insn_net_with_noisy_base_is_inexact)
{
	ADD_LOAD(&self->raw, 0, 130, 130, 130);
	ADD_LOAD(&self->base, 0, 100, 104, 106);
	ASSERT_EQ(0, estimate_samples(&self->e, &self->raw, &self->base, CLOCK_KIND_INSN, .95));
	ASSERT_TRUE(self->e.value == 3);
	ASSERT_EQ(QUALITY_INEXACT, self->e.quality);
}

/* A step that both of a pair share: few batches of either are minimal, the net is the same. */
TEST_F(est, insn_common_step_is_exact)
{
	ADD_LOAD(&self->raw, 0, 130, 140, 140);
	ADD_LOAD(&self->base, 0, 100, 110, 110);
	ASSERT_EQ(0, estimate_samples(&self->e, &self->raw, &self->base, CLOCK_KIND_INSN, .95));
	ASSERT_TRUE(self->e.value == 3);
	ASSERT_EQ(QUALITY_EXACT, self->e.quality);
	ASSERT_EQ(0, estimate_samples(&self->e, &self->raw, NULL, CLOCK_KIND_INSN, .95));
	ASSERT_EQ(QUALITY_INEXACT, self->e.quality);
}

/* Different batch sizes; the minimum is per operation. */
TEST_F(est, insn_net_of_different_done)
{
	add(&self->raw, 0, 0, 130, 10, 0);
	add(&self->raw, 0, 1, 120, 10, 0);
	add(&self->base, 0, 0, 200, 20, 0);
	add(&self->base, 0, 1, 150, 10, 0);
	ASSERT_EQ(0, estimate_samples(&self->e, &self->raw, &self->base, CLOCK_KIND_INSN, .95));
	ASSERT_TRUE(self->e.value == 2);
	ASSERT_EQ(QUALITY_EXACT, self->e.quality);
}

/*
 * Slowed loads are left out; others were made for them, so they make nothing unstable but where
 * less than a quarter is left.
 */
TEST_F(est, slowed_loads)
{
	for (uint32_t load = 0; load < 6; load++)
		for (uint32_t i = 0; i < 2; i++)
			add(&self->raw, load, i, load < 3 ? 900 : 100 + load, 10,
			    load < 3 ? SAMPLE_SLOWED : 0);
	ASSERT_EQ(0, estimate_samples(&self->e, &self->raw, NULL, CLOCK_KIND_NS, .95));
	EXPECT_TRUE(self->e.value == 10.4);
	EXPECT_EQ(3u, self->e.n);
	EXPECT_EQ(6u, self->e.nr_excluded);
	EXPECT_EQ(QUALITY_OK, self->e.quality);
	for (uint32_t i = 0; i < 12; i++)
		add(&self->raw, 6, i, 900, 10, SAMPLE_SLOWED);
	ASSERT_EQ(0, estimate_samples(&self->e, &self->raw, NULL, CLOCK_KIND_NS, .95));
	EXPECT_EQ(QUALITY_OK, self->e.quality);
	add(&self->raw, 7, 0, 900, 10, SAMPLE_SLOWED);
	ASSERT_EQ(0, estimate_samples(&self->e, &self->raw, NULL, CLOCK_KIND_NS, .95));
	EXPECT_EQ(QUALITY_UNSTABLE, self->e.quality);
}

/* Only warm-up and workers that did not overlap are dropped from counts. */
TEST_F(est, insn_exclusions)
{
	add(&self->raw, 0, 0, 10, 10, SAMPLE_WARMUP);
	add(&self->raw, 0, 1, 20, 10, SAMPLE_NO_OVERLAP);
	for (uint32_t i = 2; i < 6; i++)
		add(&self->raw, 0, i, 130, 10, SAMPLE_MIGRATED);
	ASSERT_EQ(0, estimate_samples(&self->e, &self->raw, NULL, CLOCK_KIND_INSN, .95));
	ASSERT_TRUE(self->e.value == 13);
	ASSERT_EQ(1u, self->e.nr_excluded);
	ASSERT_EQ(QUALITY_EXACT, self->e.quality);
	add(&self->raw, 0, 6, 20, 10, SAMPLE_NO_OVERLAP);
	ASSERT_EQ(0, estimate_samples(&self->e, &self->raw, NULL, CLOCK_KIND_INSN, .95));
	ASSERT_EQ(QUALITY_UNSTABLE, self->e.quality);
}

/* Fails each allocation in turn until none fails; leaks show under -fsanitize=address. */
TEST_F(est, out_of_memory)
{
	int nr_failed = 0, err;
	double v[2];

	for (uint32_t load = 0; load < 2; load++) {
		ADD_LOAD(&self->raw, load, 100, 110, 130);
		ADD_LOAD(&self->base, load, 10, 11, 13);
	}
	do {
		mallocs_left = nr_failed;
		err = estimate_samples(&self->e, &self->raw, &self->base, CLOCK_KIND_NS, .95);
		mallocs_left = -1;
		ASSERT_TRUE(!err || err == -ENOMEM);
	} while (err && ++nr_failed);
	ASSERT_EQ(3 + 2 + 2 * 2 + 4, nr_failed);
	nr_failed = 0;
	do {
		mallocs_left = nr_failed;
		err = estimate_loads(&self->raw, &self->base, CLOCK_KIND_NS, v, 2);
		mallocs_left = -1;
		ASSERT_TRUE(err == 2 || err == -ENOMEM);
	} while (err < 0 && ++nr_failed);
	ASSERT_EQ(3 + 2 + 2 * 2, nr_failed);
}

TEST_HARNESS_MAIN
