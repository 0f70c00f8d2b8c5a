/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packets from the calling thread, as fast as it can, and proof that they arrived.
 *
 * A frame sent into a pair is received by the same CPU in the softirq that ends the send, before
 * the system call returns (also with native XDP, whose NAPI the same softirq polls), unless the
 * softirq is handed to ksoftirqd, which happens under load: traffic_wait() before anything is
 * counted.
 */
#ifndef BENCH_TRAFFIC_H
#define BENCH_TRAFFIC_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include "net/pair.h"

#define TRAFFIC_BATCH	64	/* packets in one sendmmsg() */

/* Equally long packets one behind the other; sent round and round. */
struct traffic_frames {
	uint8_t *data;
	uint32_t len, nr;
};

struct traffic {
	int fd;
	struct mmsghdr msgs[TRAFFIC_BATCH];
	struct iovec iovs[TRAFFIC_BATCH];
};

/*
 * @nr frames with the numbers 0 ... nr - 1. -ENOMEM or the error of packet_udp4(). The data is
 * freed with free().
 */
int traffic_frames_udp4(struct traffic_frames *f, const struct packet_flow *flow, uint32_t len,
			uint32_t nr);

/*
 * Whole frames out of a device, which has to be in the calling thread's namespace.
 * @bypass_qdisc: straight to the driver; neither clsact egress nor tcx egress sees them then.
 * 0 or -errno; close t->fd.
 */
int traffic_open_packet(struct traffic *t, int ifindex, bool bypass_qdisc);
/* UDP payloads from a connected socket at @from. */
int traffic_open_udp(struct traffic *t, const struct net_end *from, uint16_t from_port,
		     const struct net_end *to, uint16_t to_port);
/* @n packets. 0 or -errno. */
int traffic_send(struct traffic *t, const struct traffic_frames *f, uint64_t n);

/*
 * A packet socket for what device @e has received, IPv4 only: behind XDP, tc and tcx, in front of
 * IP. The descriptor or -errno.
 */
int traffic_open_tap(const struct net_end *e, uint32_t nr_queued);
/*
 * The @n packets that wait at socket @fd, or come within 100 ms, are those of @f, round and round,
 * byte for byte, and there are no more. 0; -ETIMEDOUT: too few; -EOVERFLOW: too many; -EBADMSG:
 * another length or byte; or -errno.
 */
int traffic_expect(int fd, const struct traffic_frames *f, uint64_t n);
/* Its errors in its own words. */
const char *traffic_strerror(int err);

/* A UDP socket that counts. */
struct udp_sink {
	int fd;
	int64_t nr;	/* packets taken so far */
};

/*
 * At @e's address, with room for @nr_queued packets that arrive before they are taken (0: the
 * default). 0 or -errno; close s->fd.
 */
int udp_sink_open(struct udp_sink *s, const struct net_end *e, uint16_t port, uint32_t nr_queued);
/* Packets that the full socket dropped since it was opened, or -errno. */
int64_t udp_sink_dropped(const struct udp_sink *s);

/* CLOCK_MONOTONIC. */
uint64_t net_now_ns(void);
/*
 * Until read(ctx) has returned @want, 100 ms at most. 0; -ETIMEDOUT; -EOVERFLOW: more than
 * @want; or the -errno that read() returned.
 */
int traffic_wait(int64_t (*read)(void *ctx), void *ctx, int64_t want);
/*
 * For read(). Packets that a device has received; @ctx is its struct net_end. Without XDP, a veth
 * counts when it is handed a packet, which the stack may not have looked at yet.
 */
int64_t traffic_received(void *ctx);
/* Takes all packets that are there; how many since the sink was opened; @ctx is the udp_sink. */
int64_t traffic_taken(void *ctx);

#endif
