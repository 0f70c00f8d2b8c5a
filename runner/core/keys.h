/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_CORE_KEYS_H
#define BENCH_CORE_KEYS_H

#include <stddef.h>
#include <stdint.h>

/* Ranks of a skewed distribution: 12 bytes of memory each while it is drawn from. */
#define KEYS_MAX_RANKS (1u << 24)

/*
 * Fills @out with @nr independent keys below @n. @s is the exponent of Zipf's law, finite and not
 * negative: the key of rank k = 1 ... n comes with a probability in proportion to k^-s; 0 is
 * uniform. Which key has which rank is keys_permute() of the same @seed, so that hot keys are not
 * neighbours. Other seeds have other hot keys: workers that shall share them get slices of one
 * array. 0; -EINVAL (n is 0, or with a skew above KEYS_MAX_RANKS; s); -ENOMEM.
 */
int keys_fill(uint32_t *out, size_t nr, uint32_t n, double s, uint64_t seed);
/* A random permutation of 0 ... n - 1, each equally likely: out[rank - 1] is the key. */
void keys_permute(uint32_t *out, uint32_t n, uint64_t seed);

#endif
