/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_CORE_SAMPLE_H
#define BENCH_CORE_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

/* What a round interleaves. SLOT_REF is a fixed loop of the suite: it shows the machine's drift. */
enum slot { SLOT_RAW, SLOT_BASE, SLOT_REF, NR_SLOTS };

/* Recorded causes for which a batch is excluded from estimates; it stays in the document. */
enum sample_flag {
	SAMPLE_WARMUP	= 1 << 0,	/* first rounds of a load, dropped by rule */
	SAMPLE_SWITCHED	= 1 << 1,	/* involuntary context switch during the batch */
	SAMPLE_STOLEN	= 1 << 2,	/* the hypervisor took the CPU away during the round */
	SAMPLE_MIGRATED	= 1 << 3,	/* began and ended on different CPUs */
	SAMPLE_NO_OVERLAP = 1 << 4,	/* concurrent workers did not overlap enough */
	SAMPLE_SLOWED	= 1 << 5,	/* the reference loop was slow in all of the load */
};
#define SAMPLE_FLAGS_ALL 0x3fu

/* One batch: @elapsed in ns (or instructions) over @done operations, done >= 1. */
struct sample {
	uint32_t load;
	uint32_t round;
	uint32_t slot;		/* position within the round: the order drawn by the plan */
	uint32_t flags;
	uint64_t elapsed;
	uint64_t done;
};

/* Raw, in order of measurement, never trimmed. */
struct sample_set {
	struct sample *v;
	size_t nr, cap;
};

/* 0 or -ENOMEM */
int sample_set__add(struct sample_set *set, const struct sample *s);
void sample_set__free(struct sample_set *set);
/* elapsed / done */
double sample_per_op(const struct sample *s);
const char *slot_name(enum slot slot);	/* "raw", "base", "ref" */

#endif
