/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs of a wanted size that give the verifier something to do, each of another kind, and how
 * many instructions it must walk in them.
 */
#ifndef BENCH_VERIFIER_PROG_H
#define BENCH_VERIFIER_PROG_H

#include <linux/bpf.h>
#include <stdint.h>
#include "insn_buf.h"

/* One that starts as zeroes is empty. */
struct verifier_prog {
	struct insn_buf code;
	struct btf *btf;	/* in the kernel; NULL: it has one function only */
	struct bpf_func_info funcs[2];
	uint32_t nr_funcs;
	uint64_t least, most;	/* instructions the verifier must walk on any kernel */
};

/* Each writes into an empty one, for BPF_PROG_TYPE_SCHED_CLS. 0 or -errno. */
int verifier_emit_empty(struct verifier_prog *p, uint32_t n);
/* Of @n instructions. */
int verifier_emit_straight_line(struct verifier_prog *p, uint32_t n);
int verifier_emit_branches(struct verifier_prog *p, uint32_t n);
/* With @n ways through it, a power of two, of which none ends as another. */
int verifier_emit_many_states(struct verifier_prog *p, uint32_t n);
/* Of @n iterations, the second as a callback of bpf_loop(). */
int verifier_emit_bounded_loop(struct verifier_prog *p, uint32_t n);
int verifier_emit_callback_loop(struct verifier_prog *p, uint32_t n);
/* With @n calls of one function. */
int verifier_emit_static_subprog(struct verifier_prog *p, uint32_t n);
int verifier_emit_global_func(struct verifier_prog *p, uint32_t n);
void verifier_prog__free(struct verifier_prog *p);

#endif
