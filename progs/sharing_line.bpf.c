// SPDX-License-Identifier: GPL-2.0-only
/*
 * What does it cost that two CPUs write to one cache line? Measured: each of two CPUs adds to a
 * counter of its own at the same time, the counters in neighbouring words of one line or a page
 * apart; per addition of one CPU. Global data is page aligned, so the layout is known (elements of
 * an ARRAY map are only 8-byte aligned). The net of a same-line case is against the page apart.
 */
#include "bench.bpf.h"

#define WORDS_PER_PAGE 512

__u64 counters[2 * WORDS_PER_PAGE] __attribute__((aligned(4096)));

#define NOT_COUNTED __time_only("a counted guest runs one CPU at a time: contention does not show")

BENCH(empty, __bench("the loop on two CPUs at once") __workers("2") NOT_COUNTED)
{
	return i;
}

#define PLAIN_ADD(stride)							\
	{									\
		volatile __u64 *p = &counters[(worker & 1) * (stride)];		\
										\
		*p += 1;							\
		return i;							\
	}

#define ATOMIC_ADD(stride)							\
	{									\
		__sync_fetch_and_add(&counters[(worker & 1) * (stride)], 1);	\
		return i;							\
	}

BENCH(plain_page, __bench("plain add, counters a page apart")
		  __workers("2") NOT_COUNTED __baseline("empty")
		  __xlated("load+1") __xlated("store+1"))
PLAIN_ADD(WORDS_PER_PAGE)

BENCH(plain_line, __bench("plain add, counters in one line, against a page apart")
		  __workers("2") NOT_COUNTED __baseline("plain_page")
		  __xlated("load+0") __xlated("store+0"))
PLAIN_ADD(1)

BENCH(atomic_page, __bench("atomic add, counters a page apart")
		   __workers("2") NOT_COUNTED __baseline("empty") __xlated("atomic+1"))
ATOMIC_ADD(WORDS_PER_PAGE)

BENCH(atomic_line, __bench("atomic add, counters in one line, against a page apart")
		   __workers("2") NOT_COUNTED __baseline("atomic_page")
		   __xlated("atomic+0"))
ATOMIC_ADD(1)
