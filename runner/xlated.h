/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_XLATED_H
#define BENCH_XLATED_H

#include <stdint.h>
#include "core/bench.h"

/* What the kernel made of a program, subprograms included. */
struct insn_counts {
	long long nr[NR_INSN_KINDS];
	uint32_t xlated_bytes;
	uint32_t jited_bytes;
	uint32_t verified_insns;	/* 0 before 5.16, aba64c7da983 */
};

/* Is the index of every tail call of the program an immediate value? 1, 0 or -errno. */
int xlated_tail_calls_are_constant(int prog_fd);
/* 0 or -errno (-EPERM: the kernel does not show translated programs to this user). */
int xlated_count(int prog_fd, struct insn_counts *c);

#endif
