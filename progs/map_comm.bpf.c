// SPDX-License-Identifier: GPL-2.0-only
/*
 * How many records of 64 bytes pass from a program to user space, or back? Measured, on two CPUs:
 * one produces as fast as it can, the other takes what is there; the time from the first record
 * until the last one was taken, divided by those taken. What finds no room is dropped, and counted:
 * `drops` is its share, `throughput` the records taken in a second. `turn_`, on one CPU: 128 are
 * produced, then taken, and so on; the net is what producing and taking one cost beyond
 * `turn_nothing`, which composes and checks records and passes none on. Every record is checked
 * word by word, and those taken and refused must be all.
 *
 *	array_syscall	a ring of array elements, its two indices in memory that both sides map; the
 *			reader copies elements by system call
 *	mmap_ring	the same, the array mapped as well
 *	ringbuf_epoll	BPF ring buffer, its reader asleep in epoll until it is woken
 *	ringbuf_poll	the same, its reader looks again and again and is never woken
 *	perfbuf		perf buffer, its reader asleep until it is woken, for each record
 *	af_xdp		an XDP program redirects packets, each of them a record, to an AF_XDP socket
 *			in copy mode; they come from BPF_PROG_TEST_RUN's live frames on a veth
 *	user_ringbuf	the other way: user space produces, a program takes by system call
 *
 * Not measured: a network device's receive path, which each of the published figures holds; many
 * producers; records that wait. Bias: producers run in a test run, without anything between two
 * records, so a slower reader drops many: throughput is that of the slower side, not of an
 * application that waits. A batch is about what a buffer holds, so the beginning weighs.
 */
#include "bench.bpf.h"
#include "map_comm.h"
#include "map_def.bpf.h"
#include "record.bpf.h"

#define TYPE_USER_RINGBUF 31

struct comm_index comm_head, comm_tail;
__u64 comm_next, comm_taken, comm_missing, comm_wrong;

MAP_DEF(slots_called, BPF_MAP_TYPE_ARRAY, 4, sizeof(struct record), 0);
MAP_DEF(slots_mapped, BPF_MAP_TYPE_ARRAY, 4, sizeof(struct record), BPF_F_MMAPABLE);
MAP_DEF(perfbuf_events, BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 0);
MAP_DEF(xsks, BPF_MAP_TYPE_XSKMAP, 4, 4, 0);
MAP_DEF(ringbuf, BPF_MAP_TYPE_RINGBUF, 0, 0, 0);
MAP_DEF(user_ring, TYPE_USER_RINGBUF, 0, 0, 0);

#define BOTH(name, tags)								\
BENCH_USER(name, tags __workers("2") __loads("6")					\
	   __time_only("two CPUs at once, and a counted guest has one"))
#define TURN(name, tags) BENCH_USER(name, tags __baseline("turn_nothing"))
/* About what there is room for; one turn; two, which are five pages of a perf buffer. */
#define MANY __batch("1024")
#define A_TURN __batch("128")
#define FIVE_PAGES __batch("256")

BOTH(array_syscall, __bench("ring in an ARRAY, read by system calls") __needs("bpf_loop") MANY)
BOTH(mmap_ring, __bench("ring in a memory-mapped ARRAY") __needs("bpf_loop") MANY)
BOTH(ringbuf_epoll, __bench("ring buffer, its reader woken") __needs("bpf_loop")
     __needs("ringbuf") MANY)
BOTH(ringbuf_poll, __bench("ring buffer, its reader polling") __needs("bpf_loop")
     __needs("ringbuf") MANY)
/* Fewer: waking for each takes so long that both would be suspended in a longer batch. */
BOTH(perfbuf, __bench("perf buffer, its reader woken") __needs("bpf_loop") FIVE_PAGES)
BOTH(af_xdp, __bench("packets redirected to an AF_XDP socket") __needs("veth") __needs("xskmap")
     __needs("xdp_live_frames") MANY)
BOTH(user_ringbuf, __bench("user ring buffer, read by a program") __needs("user_ringbuf") MANY)

BENCH_USER(turn_nothing, __bench("composing and checking a record") __needs("bpf_loop") A_TURN)
TURN(turn_array_syscall, __bench("record through an ARRAY, by system calls")
     __needs("bpf_loop") A_TURN)
TURN(turn_mmap_ring, __bench("record through a memory-mapped ARRAY") __needs("bpf_loop") A_TURN)
TURN(turn_ringbuf, __bench("record through a ring buffer") __needs("bpf_loop")
     __needs("ringbuf") A_TURN)
TURN(turn_perfbuf, __bench("record through a perf buffer") __needs("bpf_loop") FIVE_PAGES)
TURN(turn_af_xdp, __bench("packet through an AF_XDP socket") __needs("veth") __needs("xskmap")
     __needs("xdp_live_frames") __needs("bpf_loop") A_TURN)
TURN(turn_user_ringbuf, __bench("record through a user ring buffer, to a program")
     __needs("user_ringbuf") __needs("bpf_loop") A_TURN)

RECORD_PRODUCER(produce_nothing)
{
	struct record rec;

	record_fill(&rec, nr);
	asm volatile("" :: "r"(&rec) : "memory");
	return 0;
}

/*
 * Stores become visible in order on x86, and the compiler is told. Elsewhere an exchange does it:
 * BPF has no store that releases before 6.15.
 */
static __always_inline void comm_publish(__u64 head)
{
#ifdef __TARGET_ARCH_x86
	asm volatile("" ::: "memory");
	*(volatile __u64 *)&comm_head.v = head;
#else
	__sync_lock_test_and_set(&comm_head.v, head);
#endif
}

static __always_inline __u64 record_to_slots(void *map, __u64 nr)
{
	__u64 head = comm_head.v;
	__u32 key = head & (COMM_SLOTS - 1);
	struct record *rec;

	if (head - *(volatile __u64 *)&comm_tail.v >= COMM_SLOTS)
		return 1;
	rec = bpf_map_lookup_elem(map, &key);
	if (!rec)
		return 1;
	record_fill(rec, nr);
	comm_publish(head + 1);
	return 0;
}

RECORD_PRODUCER(produce_called)
{
	return record_to_slots(&slots_called, nr);
}

RECORD_PRODUCER(produce_mapped)
{
	return record_to_slots(&slots_mapped, nr);
}

RECORD_PRODUCER(produce_waking)
{
	return record_to_ringbuf(&ringbuf, nr, 0);
}

RECORD_PRODUCER(produce_quiet)
{
	return record_to_ringbuf(&ringbuf, nr, BPF_RB_NO_WAKEUP);
}

RECORD_PRODUCER(produce_perfbuf)
{
	return record_to_perfbuf(ctx, &perfbuf_events, nr);
}

SEC("?xdp")
int produce_xdp(struct xdp_md *ctx)
{
	struct record *rec = (void *)(long)ctx->data;

	if ((void *)(rec + 1) > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	record_fill(rec, comm_next);
	comm_next++;
	return bpf_redirect_map(&xsks, 0, XDP_ABORTED);
}

static long take_user(struct bpf_dynptr *dynptr, void *ctx)
{
	const struct record *rec = bpf_dynptr_data(dynptr, 0, sizeof(*rec));
	__u64 nr, differs = 0;
	int j;

	(void)ctx;
	comm_taken++;
	if (!rec) {
		comm_wrong++;
		return 0;
	}
	nr = rec->words[0];
#pragma unroll
	for (j = 1; j < RECORD_WORDS; j++)
		differs |= rec->words[j] ^ (nr + j);
	comm_wrong += differs || nr < comm_next;
	comm_missing += nr - comm_next;
	comm_next = nr + 1;
	return 0;
}

SEC("?raw_tp")
int take_user_ring(void *ctx)
{
	(void)ctx;
	return bpf_user_ringbuf_drain(&user_ring, take_user, 0, BPF_RB_NO_WAKEUP) < 0;
}
