// SPDX-License-Identifier: GPL-2.0-only
/*
 * What does the size of a map cost? Measured: a lookup and one load of its 8-byte value inside the
 * kernel, of flows drawn uniformly and independently, in maps of 4-byte (array) or 16-byte keys
 * (five-tuples) filled to 90 %. Their order is an array that case and baseline read alike.
 *
 * Not measured: updates, several CPUs, what a packet's own path does to the caches between two
 * lookups.
 *
 * Bias: a batch of some 100 us touches a few thousand flows. 16384 untimed lookups in front of each
 * bring back what other code has put out of the caches since the last, and batches go on in the
 * order where the last one ended: what one has touched does not help the next, unless it fits a
 * cache. The next index is known early: a CPU that executes out of order looks up several flows at
 * once, and hides a part of each miss. The order itself passes through the caches, 4 bytes a
 * lookup. A map is filled once and kept from load to load, because filling a million takes 0.7 s.
 * In instruction mode each batch draws the same flows, so that counts repeat; they show longer
 * chains of buckets, and no cache.
 */
#include "map_flows.bpf.h"

const volatile __u64 flows = 1;

FLOW_CASES(__param("flows", "100,1000,10000,100000,1000000") __batch("1024") __loads("6")
	   __note("a count shows the length of chains, not the caches"))
