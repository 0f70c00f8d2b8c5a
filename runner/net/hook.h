/* SPDX-License-Identifier: GPL-2.0-only */
/* One program where it sees a pair's traffic, for as long as a load lasts. */
#ifndef BENCH_HOOK_H
#define BENCH_HOOK_H

#include "net/pair.h"

struct net_hook {
	const struct net_end *end;
	int link, map;		/* -1: none */
	bool is_map_ours, has_clsact;
};

#define NET_HOOK_NONE ((struct net_hook){ .link = -1, .map = -1 })

/*
 * Each 0 or -errno, after which net_hook_detach() takes away what there is. Native XDP, and a
 * filter at clsact ingress, which sees what the end receives.
 */
int net_hook_xdp(struct net_hook *h, const struct net_end *end, int prog_fd);
int net_hook_tc(struct net_hook *h, const struct net_end *end, int prog_fd);
/*
 * The socket @fd in element 0 of a map of sockets, whose program of the kind @type it gets. @map:
 * one that the program knows; -1: a fresh one.
 */
int net_hook_socket(struct net_hook *h, int map, int prog_fd, int type, int fd);
/* No thread may be in recv() on the socket: it would hold on to the program. */
void net_hook_detach(struct net_hook *h);

#endif
