// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "lane.h"
#include "netns.h"

#define FROM_PORT 1234

static struct packet_flow lane_flow(const struct net_lane *l, uint16_t port)
{
	struct packet_flow flow = net_flow(&l->pair.near, &l->pair.far, FROM_PORT, port);

	flow.dst_mac[5] ^= 0x40;
	return flow;
}

int net_lane_open(struct net_lane *l, unsigned int nr, uint16_t port, char *err, size_t err_sz)
{
	struct packet_flow flow;
	int rc = nr ? 0 : netns_private();

	memset(l, 0, sizeof(*l));
	if (rc) {
		snprintf(err, err_sz, "no network namespace of its own: %s", strerror(-rc));
		return rc;
	}
	rc = net_pair_create(&l->pair, NET_VETH, nr);
	if (rc) {
		snprintf(err, err_sz, "%s", l->pair.err);
		return rc;
	}
	rc = traffic_open_packet(&l->traffic, l->pair.near.ifindex, false);
	flow = lane_flow(l, port);
	rc = rc ? rc : traffic_frames_udp4(&l->frames, &flow, PACKET_LEN, NET_LANE_FRAMES);
	if (rc)
		snprintf(err, err_sz, "no frames out of %s: %s", l->pair.near.name, strerror(-rc));
	return rc;
}

int net_lane_send(struct net_lane *l, uint64_t n)
{
	return traffic_send(&l->traffic, &l->frames, n);
}

int net_lane_send_to(struct net_lane *l, uint16_t port)
{
	struct packet_flow flow = lane_flow(l, port);
	struct traffic_frames one;
	int err = traffic_frames_udp4(&one, &flow, PACKET_LEN, 1);

	if (err)
		return err;
	err = traffic_send(&l->traffic, &one, 1);
	free(one.data);
	return err;
}
