/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames from inside the kernel: an XDP program, test-run on live frames (5.18, b530e9e1063e),
 * redirects each to one end of a veth, and the other end's NAPI gets it as a NIC's driver has it:
 * no skb yet, 256 bytes of room in front. No socket, no system call, no copy for each. A frame of
 * a packet socket is an skb instead, which a veth copies before native XDP may see it.
 */
#ifndef BENCH_LIVE_H
#define BENCH_LIVE_H

#include <stdbool.h>
#include <stdint.h>
#include "net/pair.h"

/* Frames in one slice: each has been received when the next one starts. */
#define LIVE_SLICE	64u

struct live_source {
	int prog, link;
	int idle, idle_link;
};

enum live_kind {
	LIVE_REDIRECT,
	LIVE_DROP,		/* returned to its pool where it was made: the source alone */
};

/*
 * A source for the near end of @p, in the calling thread's namespace; the far end must have native
 * XDP or receive offload on, or the device takes nothing (and it cannot be switched on any more: an
 * XDP program at the near end forbids the far one segmentation offload).
 *
 * XDP programs are called by a dispatcher, a binary search by their addresses, in which a program's
 * place changes from load to load. With two or four of them all are equally far: where a third one
 * will be attached, @fills_tree adds a fourth, which never runs. 0 or -errno; live_close().
 */
int live_open(struct live_source *s, const struct net_pair *p, enum live_kind kind,
	      bool fills_tree);
void live_close(struct live_source *s);
/*
 * @n times @frame, in one system call. @each: the kernel's own mean for one, in whole ns, without
 * what the call does once: it makes a pool of pages and undoes it. 0 or -errno.
 */
int live_send(const struct live_source *s, const void *frame, uint32_t len, uint32_t n,
	      uint32_t *each);
/* The same, a slice a call; @each: the least of their means, disturbances only ever add. */
int live_send_slices(const struct live_source *s, const void *frame, uint32_t len, uint32_t n,
		     uint32_t *each);

#endif
