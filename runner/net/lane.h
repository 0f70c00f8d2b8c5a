/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames that go one way through a pair and that nobody takes: for what hangs on the far device.
 * They are for a station that is not there, so that IP drops them as soon as XDP and tc have seen
 * them. A frame carries its number (PACKET_UDP_SEQ), 0 ... NET_LANE_FRAMES - 1, round and round.
 */
#ifndef BENCH_LANE_H
#define BENCH_LANE_H

#include "net/pair.h"
#include "net/traffic.h"

#define NET_LANE_FRAMES	64	/* a batch has at least as many */

struct net_lane {
	struct net_pair pair;	/* from near to far */
	struct traffic traffic;
	struct traffic_frames frames;
};

/*
 * Lane number @nr; with the first one, 0, the calling thread enters a namespace of its own. UDP to
 * @port. 0, or -errno with a clause in @err. Kept from load to load, for it takes long to make; it
 * ends with the process.
 */
int net_lane_open(struct net_lane *l, unsigned int nr, uint16_t port, char *err, size_t err_sz);
int net_lane_send(struct net_lane *l, uint64_t n);
/* One frame more, to another port. */
int net_lane_send_to(struct net_lane *l, uint16_t port);

#endif
