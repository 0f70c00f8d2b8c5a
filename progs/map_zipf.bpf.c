// SPDX-License-Identifier: GPL-2.0-only
/*
 * What does the skew of accesses save? Measured: as in map_footprint, 100 000 flows, drawn by
 * Zipf's law with exponent s = s10 / 10: the flow of rank k comes with a probability in proportion
 * to k^-s. Which flow has which rank is drawn as well. s = 0 is uniform.
 *
 * Not measured, and biases: as in map_footprint. With s = 2 three flows of five are the same one.
 */
#include "map_flows.bpf.h"

const volatile __u64 s10 = 0;

FLOW_CASES(__param("s10", "0,5,10,15,20") __batch("1024") __loads("6")
	   __time_only("caches, the only thing that skew changes, are not in a count"))
