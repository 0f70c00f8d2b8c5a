// SPDX-License-Identifier: GPL-2.0-only
/* Link with -Wl,--wrap=malloc: allocations fail on demand. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "core/plan.h"
#include "kselftest_harness.h"

#define Z_LIMIT 4.9	/* 1e-6, two-sided */

static bool malloc_fails;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

void *__wrap_malloc(size_t size)
{
	return malloc_fails ? NULL : __real_malloc(size);
}

static const struct plan_params usual = { .loads = 16, .rounds = 20, .warmup = 4, .nr_slots = 3 };

static bool is_permutation(const uint8_t *v, uint32_t n)
{
	unsigned int seen = 0;

	for (uint32_t i = 0; i < n; i++)
		seen |= 1u << v[i];
	return seen == (1u << n) - 1;
}

TEST(parameters_out_of_bounds)
{
	static const struct plan_params bad[] = {
		{ .loads = 0, .rounds = 1, .nr_slots = 1 },
		{ .loads = 1, .rounds = 0, .nr_slots = 1 },
		{ .loads = 1, .rounds = 4, .warmup = 4, .nr_slots = 1 },
		{ .loads = 1, .rounds = 1, .nr_slots = 0 },
		{ .loads = 1, .rounds = 1, .nr_slots = NR_SLOTS + 1 },
		{ .loads = 1, .rounds = PLAN_MAX_BATCHES + 1, .nr_slots = 1 },
		{ .loads = 2, .rounds = PLAN_MAX_BATCHES / 4 + 1, .nr_slots = 2 },
		{ .loads = ~0u, .rounds = ~0u, .nr_slots = 3 },
		/* 0 batches modulo 2^32, 4 modulo 2^64 */
		{ .loads = 1u << 31, .rounds = 1u << 31, .nr_slots = 3 },
		{ .loads = 4294836226u, .rounds = 2147549185u, .nr_slots = 2 },
	};

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct plan plan;

		ASSERT_EQ(-EINVAL, plan_build(&plan, &bad[i], 1, "x")) {
			TH_LOG("row %u", i);
		}
		ASSERT_NULL(plan.order);
	}
}

TEST(largest_plan)
{
	struct plan_params p = { .loads = 2, .rounds = PLAN_MAX_BATCHES / 4, .nr_slots = 2 };
	struct plan plan;

	ASSERT_EQ(0, plan_build(&plan, &p, 1, "x"));
	ASSERT_TRUE(is_permutation(plan_round(&plan, 1, p.rounds - 1), 2));
	plan_free(&plan);
}

TEST(out_of_memory)
{
	struct plan plan;

	malloc_fails = true;
	ASSERT_EQ(-ENOMEM, plan_build(&plan, &usual, 1, "x"));
	ASSERT_NULL(plan.order);
	malloc_fails = false;	/* the coverage library's exit handler allocates */
}

TEST(free_twice)
{
	struct plan plan;

	ASSERT_EQ(0, plan_build(&plan, &usual, 1, "x"));
	plan_free(&plan);
	ASSERT_NULL(plan.order);
	plan_free(&plan);
}

TEST(one_round_one_slot)
{
	struct plan_params p = { .loads = 1, .rounds = 1, .nr_slots = 1 };
	struct plan plan;

	ASSERT_EQ(0, plan_build(&plan, &p, 1, ""));
	ASSERT_EQ(0, plan_round(&plan, 0, 0)[0]);
	plan_free(&plan);
}

/* How often each alternative had each place in a block of rounds that starts at @round. */
static bool block_is_latin(const struct plan *plan, uint32_t load, uint32_t round)
{
	uint32_t n = plan->p.nr_slots;

	for (uint32_t pos = 0; pos < n; pos++) {
		uint8_t column[NR_SLOTS];

		for (uint32_t i = 0; i < n; i++)
			column[i] = plan_round(plan, load, round + i)[pos];
		if (!is_permutation(column, n))
			return false;
	}
	return true;
}

TEST(rounds_and_blocks_are_balanced)
{
	for (uint32_t slots = 1; slots <= NR_SLOTS; slots++) {
		struct plan_params p = usual;
		struct plan plan;

		p.nr_slots = slots;
		ASSERT_EQ(0, plan_build(&plan, &p, 3, "bench"));
		for (uint32_t load = 0; load < p.loads; load++) {
			for (uint32_t round = 0; round < p.rounds; round++) {
				ASSERT_TRUE(is_permutation(plan_round(&plan, load, round), slots));
			}
			for (uint32_t r = 0; r + slots <= p.warmup; r += slots) {
				ASSERT_TRUE(block_is_latin(&plan, load, r));
			}
			for (uint32_t r = p.warmup; r + slots <= p.rounds; r += slots) {
				ASSERT_TRUE(block_is_latin(&plan, load, r));
			}
		}
		plan_free(&plan);
	}
}

static bool same_order(const struct plan *a, const struct plan *b)
{
	return !memcmp(a->order, b->order,
		       (size_t)a->p.loads * a->p.rounds * a->p.nr_slots);
}

TEST(function_of_seed_and_id)
{
	struct plan a, b, other_seed, other_id;

	ASSERT_EQ(0, plan_build(&a, &usual, 5, "x"));
	ASSERT_EQ(0, plan_build(&b, &usual, 5, "x"));
	ASSERT_EQ(0, plan_build(&other_seed, &usual, 6, "x"));
	ASSERT_EQ(0, plan_build(&other_id, &usual, 5, "y"));
	ASSERT_TRUE(same_order(&a, &b));
	ASSERT_FALSE(same_order(&a, &other_seed));
	ASSERT_FALSE(same_order(&a, &other_id));
	plan_free(&a);
	plan_free(&b);
	plan_free(&other_seed);
	plan_free(&other_id);
}

/* The seed is recorded in documents: a plan must come out the same on every machine for ever. */
TEST(known_plan)
{
	static const uint8_t expected[] = {
		0, 1, 2, 1, 0, 2, 0, 2, 1, 2, 1, 0,
		2, 1, 0, 1, 0, 2, 0, 2, 1, 2, 1, 0,
	};
	struct plan_params p = { .loads = 2, .rounds = 4, .warmup = 1, .nr_slots = 3 };
	struct plan plan;

	ASSERT_EQ(0, plan_build(&plan, &p, 1, "known"));
	ASSERT_EQ(0, memcmp(expected, plan.order, sizeof(expected)));
	plan_free(&plan);
}

/* All 12 Latin squares of order 3 occur, equally often: a square is told by its first two rows. */
TEST(squares_are_uniform)
{
	struct plan_params p = { .loads = 12000, .rounds = 3, .nr_slots = 3 };
	unsigned int count[27 * 27] = {}, kinds = 0;
	struct plan plan;

	ASSERT_EQ(0, plan_build(&plan, &p, 9, "x"));
	for (uint32_t load = 0; load < p.loads; load++) {
		unsigned int key = 0;

		for (uint32_t round = 0; round < 2; round++)
			for (uint32_t pos = 0; pos < 3; pos++)
				key = key * 3 + plan_round(&plan, load, round)[pos];
		count[key]++;
	}
	for (unsigned int key = 0; key < 27 * 27; key++) {
		if (!count[key])
			continue;
		kinds++;
		ASSERT_TRUE(fabs(count[key] - 1000.) < Z_LIMIT * sqrt(1000 * 11 / 12.))
			TH_LOG("square %u: %u of 1000", key, count[key]);
	}
	ASSERT_EQ(12u, kinds);
	plan_free(&plan);
}

TEST_HARNESS_MAIN
