// SPDX-License-Identifier: GPL-2.0-only
/* Link with -Wl,--wrap=malloc: allocations fail on demand. */
#include <errno.h>
#include <string.h>

#include "core/slowed.h"
#include "kselftest_harness.h"

static int mallocs_left = -1;	/* -1: never fails */

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

void *__wrap_malloc(size_t size)
{
	if (!mallocs_left)
		return NULL;
	mallocs_left -= mallocs_left > 0;
	return __real_malloc(size);
}

FIXTURE(slowed) {
	struct sample_set sets[NR_SLOTS];
	bool is_slowed[8];
};

FIXTURE_SETUP(slowed)
{
}

FIXTURE_TEARDOWN(slowed)
{
	mallocs_left = -1;
	for (int s = 0; s < NR_SLOTS; s++)
		sample_set__free(&self->sets[s]);
}

static void add(struct sample_set *set, uint32_t load, uint64_t elapsed, uint32_t flags)
{
	struct sample s = { .load = load, .elapsed = elapsed, .done = 10, .flags = flags };

	if (sample_set__add(set, &s))
		abort();
}

/* Three rounds of each slot, the reference loop with these; raw is not looked at. */
static void add_load(struct sample_set *sets, uint32_t load, uint64_t x, uint64_t y, uint64_t z)
{
	const uint64_t ref[] = { x, y, z };

	for (int i = 0; i < 3; i++) {
		add(&sets[SLOT_RAW], load, 1000 * (load + 1), 0);
		add(&sets[SLOT_BASE], load, 7, i ? 0 : SAMPLE_WARMUP);
		add(&sets[SLOT_REF], load, ref[i], 0);
	}
}

/* How many batches of the slot's load have the flag. */
static int nr_marked(const struct sample_set *set, uint32_t load)
{
	int nr = 0;

	for (size_t i = 0; i < set->nr; i++)
		nr += set->v[i].load == load && set->v[i].flags & SAMPLE_SLOWED;
	return nr;
}

TEST_F(slowed, limit_is_a_tenth_above_the_fastest)
{
	EXPECT_TRUE(slowed_limit(50) > 54.9 && slowed_limit(50) < 55.1);
	/* The median of a load counts: one slow or fast round says nothing. */
	add_load(self->sets, 0, 500, 900, 500);
	add_load(self->sets, 1, 549, 300, 549);
	add_load(self->sets, 2, 551, 300, 551);
	ASSERT_EQ(2, mark_slowed_loads(self->sets, 3, self->is_slowed));
	EXPECT_FALSE(self->is_slowed[0] || self->is_slowed[1]);
	EXPECT_TRUE(self->is_slowed[2]);
	for (int s = 0; s < NR_SLOTS; s++) {
		EXPECT_EQ(0, nr_marked(&self->sets[s], 0));
		EXPECT_EQ(0, nr_marked(&self->sets[s], 1));
		EXPECT_EQ(3, nr_marked(&self->sets[s], 2));
	}
	EXPECT_EQ(SAMPLE_WARMUP | SAMPLE_SLOWED, self->sets[SLOT_BASE].v[6].flags);
}

/* A faster load makes earlier ones slowed; what was marked stays so. */
TEST_F(slowed, later_loads_count)
{
	add_load(self->sets, 0, 700, 700, 700);
	add_load(self->sets, 1, 800, 800, 800);
	ASSERT_EQ(1, mark_slowed_loads(self->sets, 2, self->is_slowed));
	EXPECT_FALSE(self->is_slowed[0]);
	add_load(self->sets, 2, 500, 500, 500);
	ASSERT_EQ(1, mark_slowed_loads(self->sets, 3, self->is_slowed));
	EXPECT_TRUE(self->is_slowed[0] && self->is_slowed[1] && !self->is_slowed[2]);
	add_load(self->sets, 3, 510, 510, 510);
	ASSERT_EQ(2, mark_slowed_loads(self->sets, 4, self->is_slowed));
	EXPECT_TRUE(self->is_slowed[0] && self->is_slowed[1] && !self->is_slowed[3]);
}

/* Rounds with another cause against them do not count; a load of only such is not slowed. */
TEST_F(slowed, unusable_rounds)
{
	add_load(self->sets, 0, 500, 500, 500);
	for (int i = 0; i < 3; i++) {
		add(&self->sets[SLOT_REF], 1, 9000, SAMPLE_SWITCHED);
		add(&self->sets[SLOT_REF], 2, i ? 9000 : 500, i ? SAMPLE_STOLEN : 0);
	}
	ASSERT_EQ(4, mark_slowed_loads(self->sets, 4, self->is_slowed));
	for (int i = 0; i < 4; i++)
		EXPECT_FALSE(self->is_slowed[i]);
}

TEST_F(slowed, without_a_reference_loop)
{
	add(&self->sets[SLOT_RAW], 0, 100, 0);
	add(&self->sets[SLOT_RAW], 1, 900, 0);
	ASSERT_EQ(2, mark_slowed_loads(self->sets, 2, self->is_slowed));
	EXPECT_EQ(0, nr_marked(&self->sets[SLOT_RAW], 1));
}

TEST_F(slowed, out_of_memory)
{
	add_load(self->sets, 0, 500, 500, 500);
	for (int i = 0; i < 2; i++) {
		mallocs_left = i;
		EXPECT_EQ(-ENOMEM, mark_slowed_loads(self->sets, 1, self->is_slowed));
	}
	mallocs_left = -1;
	ASSERT_EQ(1, mark_slowed_loads(self->sets, 1, self->is_slowed));
}

TEST_HARNESS_MAIN
