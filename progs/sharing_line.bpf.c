// SPDX-License-Identifier: GPL-2.0-only
/*
 * What does it cost that several CPUs write to one cache line? Measured: each CPU adds to a counter
 * at the same time as the others, for the same time, per addition of one CPU. The counters are one
 * and the same word, neighbouring words of one line, words of neighbouring lines (which x86
 * prefetches in pairs), a page apart, or elements of a PERCPU_ARRAY. The net of what is shared is
 * against a page apart, that of a page apart against nothing added. Additions: plain (of several
 * CPUs in one word some are lost), atomic, one attempt of compare and swap (some fail), under a
 * bpf_spin_lock beside the counter.
 * Not measured: readers, more than one line a CPU. Bias: store buffers hide most of a plain
 * addition. Global data is page aligned, and so are elements of a mappable ARRAY, so the layout is
 * known; it is verified by their addresses.
 */
#include "bench.bpf.h"
#include "sharing_line.h"

const volatile __u64 cpus = 1;

__u64 counters[SHARING_CPUS * WORDS_PER_PAGE] __attribute__((aligned(4096)));
/* Where each CPU's cell was; a line each. */
__u64 places[SHARING_CPUS * WORDS_PER_LINE] __attribute__((aligned(128)));

#define SHARED "one line of one cache moves between CPUs: on a virtual machine, wherever these are"
#define CPUS(list) __param("cpus", list) __workers("cpus")

BENCH(empty, __bench("the loop on several CPUs at once") CPUS("1,2,4,8"))
{
	return i;
}

#define COUNTER(stride) (&counters[(worker & (SHARING_CPUS - 1)) * (stride)])

#define PLAIN(name, text, stride, list, tags)						\
BENCH(plain_##name, __bench("plain add, " text) CPUS(list) tags)			\
{											\
	volatile __u64 *p = COUNTER(stride);						\
											\
	*p += 1;									\
	return i;									\
}

#define ATOMIC(name, text, stride, list, tags)						\
BENCH(atomic_##name, __bench("atomic add, " text) CPUS(list) tags)			\
{											\
	__sync_fetch_and_add(COUNTER(stride), 1);					\
	return i;									\
}

/*
 * Returns whether it succeeded; without a branch, or the verifier of 7.3 follows both ways through
 * each of the 64 iterations.
 */
#define CAS(name, text, stride, list, tags)						\
BENCH(cas_##name, __bench("compare and swap, once, " text) CPUS(list) tags)		\
{											\
	volatile __u64 *p = COUNTER(stride);						\
	__u64 old = *p, other;								\
											\
	other = __sync_val_compare_and_swap(p, old, old + 1) ^ old;			\
	bench_hide(other);								\
	other |= -other;								\
	bench_hide(other);								\
	return 1 - (other >> 63);							\
}

#define PAGE_APART "counters a page apart"
#define ONE_LINE "counters in one line, against a page apart"
#define NEXT_LINE "counters in lines side by side, against a page apart"
#define ONE_WORD "one counter for all, against a page apart"

PLAIN(page, PAGE_APART, WORDS_PER_PAGE, "1,2,4,8",
      __baseline("empty") __xlated("load+1") __xlated("store+1"))
PLAIN(line, ONE_LINE, 1, "2,4,8", __baseline("plain_page") __note(SHARED))
PLAIN(next_line, NEXT_LINE, WORDS_PER_LINE, "2,4", __baseline("plain_page") __note(SHARED))
PLAIN(word, ONE_WORD, 0, "2,4", __baseline("plain_page") __note(SHARED))

ATOMIC(page, PAGE_APART, WORDS_PER_PAGE, "1,2,4,8", __baseline("empty") __xlated("atomic+1"))
ATOMIC(line, ONE_LINE, 1, "2,4,8", __baseline("atomic_page") __note(SHARED))
ATOMIC(next_line, NEXT_LINE, WORDS_PER_LINE, "2,4", __baseline("atomic_page") __note(SHARED))
ATOMIC(word, ONE_WORD, 0, "2,4,8", __baseline("atomic_page") __note(SHARED))

CAS(page, PAGE_APART, WORDS_PER_PAGE, "1,2,4", __baseline("empty") __xlated("atomic+1"))
CAS(line, ONE_LINE, 1, "2,4", __baseline("cas_page") __note(SHARED))
CAS(word, ONE_WORD, 0, "2,4", __baseline("cas_page") __note(SHARED))

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} plain_percpu_map SEC(".maps");

BENCH(plain_percpu, __bench("plain add, an element of a PERCPU_ARRAY looked up")
		    CPUS("1,2,4,8") __baseline("empty") __xlated("load+1") __xlated("store+1"))
{
	__u32 key = 0;
	volatile __u64 *p = bpf_map_lookup_elem(&plain_percpu_map, &key);

	if (p)
		*p += 1;
	return i;
}

/* BPF_F_MMAPABLE, in order that the elements begin at a page; nobody maps them. */
#define CELLS(name, type_t)				\
struct {						\
	__uint(type, BPF_MAP_TYPE_ARRAY);		\
	__uint(max_entries, SHARING_CPUS);		\
	__uint(map_flags, BPF_F_MMAPABLE);		\
	__type(key, __u32);				\
	__type(value, type_t);				\
} name SEC(".maps")

struct line_cell {
	struct bpf_spin_lock lock;
	__u32 pad;
	__u64 count;
};

struct page_cell {
	struct bpf_spin_lock lock;
	__u32 pad;
	__u64 count;
	__u64 rest[WORDS_PER_PAGE - 2];
};

struct bare_cell {
	__u64 pad;
	__u64 count;
	__u64 rest[WORDS_PER_PAGE - 2];
};

CELLS(lock_none_map, struct bare_cell);
CELLS(lock_page_map, struct page_cell);
CELLS(lock_line_map, struct line_cell);
CELLS(lock_word_map, struct line_cell);

#define LOCKED(name, text, at, take, give, list, tags)					\
BENCH_TC(lock_##name, __bench(text) CPUS(list) tags)					\
{											\
	__u32 key = (at) & (SHARING_CPUS - 1);						\
	typeof(*(lock_##name##_map).value) *cell;					\
											\
	cell = bpf_map_lookup_elem(&lock_##name##_map, &key);				\
	if (cell) {									\
		places[(worker & (SHARING_CPUS - 1)) * WORDS_PER_LINE] = (__u64)cell;	\
		take;									\
		*(volatile __u64 *)&cell->count += 1;					\
		give;									\
	}										\
	return i;									\
}

#define TAKE bpf_spin_lock(&cell->lock)
#define GIVE bpf_spin_unlock(&cell->lock)

LOCKED(none, "element of an ARRAY looked up, plain add, no lock, a page apart", worker, , ,
       "1,2,4", )
LOCKED(page, "the same under a lock of its own, a page apart", worker, TAKE, GIVE, "1,2,4",
       __baseline("lock_none") __xlated("call+2"))
LOCKED(line, "locks and counters in one line, against a page apart", worker, TAKE, GIVE, "2,4",
       __baseline("lock_page") __note(SHARED))
LOCKED(word, "one lock and counter for all, against a page apart", 0, TAKE, GIVE, "2,4",
       __baseline("lock_page") __note(SHARED))
