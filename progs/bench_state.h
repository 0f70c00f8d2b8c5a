/* SPDX-License-Identifier: GPL-2.0-only */
/* What BPF programs and the runner share; included by both sides. */
#ifndef BENCH_STATE_H
#define BENCH_STATE_H

/* Operations of one inner loop: a power of two, so that counts divide without rounding. */
#define BENCH_CHUNK 32

/* Workers whose figures fit the state; = BENCH_MAX_WORKERS of the runner. */
#define BENCH_STATE_WORKERS 64

/*
 * Written once at the end of a batch. Two cache lines each: the adjacent-line prefetcher of x86
 * moves lines in pairs.
 */
struct bench_state {
	unsigned long long start;	/* bpf_ktime_get_ns() */
	unsigned long long end;
	unsigned long long done;	/* operations executed by the chunks that returned */
	unsigned long long sink;	/* sum of what the operations returned */
} __attribute__((aligned(128)));

/* Arguments of a program with a loop: the context of a raw_tp program, else bench_args[]. */
enum bench_arg {
	BENCH_ARG_CHUNKS,	/* inner loops, at most */
	BENCH_ARG_WORKER,
	BENCH_ARG_UNTIL,	/* bpf_ktime_get_ns() behind which none begins; 0: never */
	BENCH_ARG_ZERO,		/* 0, which the verifier cannot know */
	NR_BENCH_ARGS
};

#endif
