/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The reference loop tells when the CPU as a whole ran slower: a neighbour on the other thread of
 * its core makes the loop take 1.25 to 1.9 times as long, without any steal or context switch.
 * What was measured then is left out for that, on either side of any comparison; the figure itself
 * has no say in it. Time mode only.
 */
#ifndef BENCH_CORE_SLOWED_H
#define BENCH_CORE_SLOWED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "sample.h"

/* What the reference loop may take at most, by what it takes at its fastest. */
double slowed_limit(double fastest);
/*
 * Whether of loads (or of their batches) too few are left to stand for the figure: less than a
 * quarter.
 */
bool slowed_are_too_many(uint32_t slowed, uint32_t kept);
/*
 * Gives all batches of a load SAMPLE_SLOWED where the median over the rounds of the reference loop
 * is above the limit that the loads 0 .. @nr_loads - 1 set, and says so in @is_slowed. One without
 * a usable round of the reference loop is not slowed. Returns how many are not, or -ENOMEM.
 */
int mark_slowed_loads(struct sample_set sets[NR_SLOTS], uint32_t nr_loads, bool *is_slowed);

#endif
