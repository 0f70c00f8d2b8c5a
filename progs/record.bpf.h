/* SPDX-License-Identifier: GPL-2.0-only */
/* Programs that produce records. */
#ifndef RECORD_BPF_H
#define RECORD_BPF_H

#include "record.h"

struct record_loop {
	void *ctx;
	__u64 first, refused;
};

/*
 * Defines a raw_tp program that produces ctx[RECORD_ARG_NR] records with the numbers from
 * ctx[RECORD_ARG_FIRST] on and returns how many of them found no room. The body produces record
 * @nr and returns whether it found none; @ctx is the program's context.
 */
#define RECORD_PRODUCER(name)							\
static __always_inline __u64 name##_op(void *ctx, __u64 nr);			\
										\
static int name##_one(__u32 k, struct record_loop *loop)			\
{										\
	loop->refused += name##_op(loop->ctx, loop->first + k);			\
	return 0;								\
}										\
										\
SEC("?raw_tp")									\
int name(__u64 *ctx)								\
{										\
	struct record_loop loop = { .ctx = ctx, .first = ctx[RECORD_ARG_FIRST] };	\
										\
	bpf_loop(ctx[RECORD_ARG_NR], name##_one, &loop, 0);			\
	return loop.refused;							\
}										\
										\
static __always_inline __u64 name##_op(void *ctx __attribute__((unused)), __u64 nr)

static __always_inline __u64 record_to_ringbuf(void *map, __u64 nr, __u64 flags)
{
	struct record *rec = bpf_ringbuf_reserve(map, sizeof(*rec), 0);

	if (!rec)
		return 1;
	record_fill(rec, nr);
	bpf_ringbuf_submit(rec, flags);
	return 0;
}

static __always_inline __u64 record_to_perfbuf(void *ctx, void *map, __u64 nr)
{
	struct record rec;

	record_fill(&rec, nr);
	return bpf_perf_event_output(ctx, map, BPF_F_CURRENT_CPU, &rec, sizeof(rec)) ? 1 : 0;
}

#endif
