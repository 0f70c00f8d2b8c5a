/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MAP_LOOKUP_H
#define MAP_LOOKUP_H

/*
 * The i-th key: an odd multiplier permutes the residues of a power of two, so every key comes once
 * in @entries (a power of two) operations, in no order a prefetcher follows.
 */
#define map_lookup_key(i, entries) ((unsigned int)((i) * 2654435761u) & ((entries) - 1))

/* What a key's value is: never 0, so that a miss is seen. */
#define map_lookup_value(key) ((unsigned long long)(key) + 1)

#define MAP_LOOKUP_INNER 16	/* elements of an inner map */
#define MAP_LOOKUP_DATA 1024	/* elements in global data */
#define MAP_LOOKUP_WORDS 128	/* of the largest value */
#define MAP_LOOKUP_EVICT 8	/* keys for an element of an LRU map that evicts */

#endif
