/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two connected devices, each in a namespace of its own: a cable between two machines.
 *
 * Both ends are up, with an IPv4 address and a permanent neighbour entry for the other, so that
 * nothing but the measured traffic is ever sent. One transmit and one receive queue. The
 * transmit checksum is left to the device, as a NIC would have it (a veth never computes it).
 * Segmentation and receive offload are off, and TCP builds single segments: what a hook sees are
 * packets of at most one MTU, and the same ones with and without XDP, which switches veth's own
 * NAPI and its GRO on (5.13, d3256efd8e8b). Without the last of the three an egress hook runs 40
 * times less often than packets leave: TCP's segments are cut behind it (measured on 6.18: 8 MiB
 * are 5798 packets, and 144 runs).
 */
#ifndef BENCH_PAIR_H
#define BENCH_PAIR_H

#include <stdbool.h>
#include <stdint.h>
#include "core/packet.h"

enum net_kind {
	NET_VETH,
	NET_NETKIT,	/* 6.7, 35dfaad7188c; in its L2 mode, so that the same frames fit */
};

struct net_end {
	int ns;			/* descriptor */
	int ifindex;
	char name[16];
	uint8_t mac[6];
	uint32_t ip;		/* network order */
};

struct net_pair {
	struct net_end near;	/* in the namespace of the thread that made the pair */
	struct net_end far;
	char err[192];		/* why it could not be made */
};

#define NR_NET_PAIRS 256u

/*
 * Makes pair number @nr (addresses, names: several pairs fit beside each other in one near
 * namespace; nr < NR_NET_PAIRS) in the calling thread's namespace, which should be a private one.
 * 0 or -errno with p->err set; -EOPNOTSUPP: this kernel has no such device. What a failure
 * leaves behind net_pair_free() takes away, as it does after success. 1 to 3 ms; before 6.8 up to
 * 1 s, because the kernel's link watch has to be waited for.
 */
int net_pair_create(struct net_pair *p, enum net_kind kind, unsigned int nr);
/* The same, but the devices stay down and have no addresses: whether they can be made at all. */
int net_pair_link(struct net_pair *p, enum net_kind kind, unsigned int nr);
/*
 * Deletes the devices and lets the far namespace go. Any thread of the near namespace. The kernel
 * dismantles a namespace in the background: what is measured next may be disturbed, so a pair is
 * better kept from load to load. 10 to 40 ms; the exit of the process does it without waiting.
 * A zeroed pair is fine.
 */
void net_pair_free(struct net_pair *p);

struct net_counters {
	uint64_t rx_packets, rx_dropped, tx_packets, tx_dropped;
};

/* The device's own. 0 or -errno. */
int net_end_counters(const struct net_end *e, struct net_counters *c);
/*
 * All of that as it usually is, or not, for the TCP connections opened from now on. 0 or -errno.
 */
int net_end_offload(const struct net_end *e, bool is_on);
/* What goes from @from to @to, with these ports. */
struct packet_flow net_flow(const struct net_end *from, const struct net_end *to,
			    uint16_t src_port, uint16_t dst_port);

#endif
