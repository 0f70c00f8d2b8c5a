// SPDX-License-Identifier: GPL-2.0-only
/* The user-space form of what eBPF and the kernel module compile from the same source. */
#include <linux/types.h>
#include "kselftest_harness.h"
#include "twin.h"

#define OBJ_WORDS	(TWIN_COPY_MAX / sizeof(__u64))

static TWIN_NATIVE __u64 fib(__u64 n)
{
	return twin_fib(n);
}

static TWIN_NATIVE __u64 sum(const void *data, const void *end, __u64 n)
{
	return twin_sum(data, end, n);
}

static TWIN_NATIVE __u64 copy(void *slot, const void *obj, __u64 size)
{
	return twin_memcpy(slot, obj, size);
}

TEST(fibonacci_numbers)
{
	EXPECT_EQ(fib(0), 0);
	EXPECT_EQ(fib(1), 1);
	EXPECT_EQ(fib(2), 1);
	EXPECT_EQ(fib(10), 55);
	EXPECT_EQ(fib(93), 12200160415121876738ull);
	/* Modulo 2^64. */
	EXPECT_EQ(fib(94), 12200160415121876738ull + 7540113804746346429ull);
}

TEST(sum_of_the_first_64_bytes)
{
	__u8 data[100];
	size_t i;

	for (i = 0; i < sizeof(data); i++)
		data[i] = (__u8)(200 + i);
	/* 200 ... 255, then 0 ... 7. */
	EXPECT_EQ(sum(data, data + sizeof(data), 1), 12768);
	EXPECT_EQ(sum(data, data + 64, 3), 3 * 12768);
	EXPECT_EQ(sum(data, data + sizeof(data), 0), 0);
	/* The fourth byte is not there. */
	EXPECT_EQ(sum(data, data + 3, 5), 200 + 201 + 202);
}

TEST(copies_of_each_size_and_of_no_other)
{
	static const __u64 sizes[] = { 8, 64, 256, 1024, 4096, 16, 0 };
	static __u64 obj[OBJ_WORDS], slot[OBJ_WORDS];
	size_t i, k;

	for (k = 0; k < OBJ_WORDS; k++)
		obj[k] = ~k;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		__u64 copied = sizes[i] == 16 ? 0 : sizes[i];

		memset(slot, 0, sizeof(slot));
		slot[0] = 5;
		EXPECT_EQ(copy(slot, obj, sizes[i]), copied ? ~0ull : 0);
		for (k = 0; k < OBJ_WORDS; k++)
			ASSERT_EQ(slot[k], k * 8 < copied ? ~k : 0);
	}
}

TEST(slots_go_round)
{
	__u64 at = 0;
	int i;

	for (i = 0; i < TWIN_SLOTS; i++) {
		EXPECT_EQ(at, i * 1024ull);
		at = twin_next_slot(at, 1024, TWIN_SLOTS * 1024);
	}
	EXPECT_EQ(at, 0);
	/* Wherever it was, what follows fits. */
	EXPECT_EQ(twin_next_slot(1ull << 40, 1024, 2048), 0);
	EXPECT_EQ(twin_next_slot(-1024ull, 1024, 2048), 0);
}

TEST_HARNESS_MAIN
