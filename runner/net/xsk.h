/* SPDX-License-Identifier: GPL-2.0-only */
/* An AF_XDP socket that receives, in copy mode, which every device has. */
#ifndef BENCH_XSK_H
#define BENCH_XSK_H

#include <stdint.h>
#include <linux/if_xdp.h>

#define XSK_FRAME_SZ 2048

/* One ring shared with the kernel. */
struct xsk_ring {
	uint32_t *producer, *consumer;
	void *desc;
	void *map;
	uint64_t map_sz;
	uint32_t mask;
};

struct xsk {
	int fd;
	uint8_t *frames;
	uint64_t frames_sz;
	struct xsk_ring rx, fill;
	char err[128];
};

/*
 * Bound to queue 0 of @ifindex, in the calling thread's namespace, with room for @nr packets (a
 * power of two) that arrive before they are taken. 0 or -errno with x->err set.
 */
int xsk_open(struct xsk *x, int ifindex, uint32_t nr);
/* Hands each packet that is there to take() and its frame back to the kernel. How many. */
uint32_t xsk_take(struct xsk *x, void (*take)(void *ctx, const void *data, uint32_t len),
		  void *ctx);
/* Packets dropped since it was opened because there was no room, or -errno. */
int64_t xsk_dropped(const struct xsk *x);
/* A zeroed one is fine. */
void xsk_close(struct xsk *x);

#endif
