// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include "xsk.h"

static int fail(struct xsk *x, const char *what)
{
	int err = -errno;

	snprintf(x->err, sizeof(x->err), "AF_XDP socket: %s: %s", what, strerror(-err));
	return err;
}

static int map_ring(struct xsk *x, struct xsk_ring *ring, const struct xdp_ring_offset *off,
		    uint64_t desc_sz, uint32_t nr, uint64_t pgoff)
{
	ring->map_sz = off->desc + desc_sz * nr;
	ring->map = mmap(NULL, ring->map_sz, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
			 x->fd, pgoff);
	if (ring->map == MAP_FAILED) {
		ring->map = NULL;
		return fail(x, "mapping a ring");
	}
	ring->producer = (uint32_t *)((char *)ring->map + off->producer);
	ring->consumer = (uint32_t *)((char *)ring->map + off->consumer);
	ring->desc = (char *)ring->map + off->desc;
	ring->mask = nr - 1;
	return 0;
}

static int add_memory(struct xsk *x, uint32_t nr)
{
	struct xdp_umem_reg reg = { .len = (uint64_t)nr * XSK_FRAME_SZ,
				    .chunk_size = XSK_FRAME_SZ };

	x->frames = mmap(NULL, reg.len, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (x->frames == MAP_FAILED) {
		x->frames = NULL;
		return fail(x, "memory");
	}
	x->frames_sz = reg.len;
	reg.addr = (uint64_t)(uintptr_t)x->frames;
	if (setsockopt(x->fd, SOL_XDP, XDP_UMEM_REG, &reg, sizeof(reg)))
		return fail(x, "registering memory");
	return 0;
}

/* The kernel wants a completion ring as well, which a socket that only receives leaves alone. */
static int add_rings(struct xsk *x, uint32_t nr)
{
	static const int rings[] = { XDP_UMEM_FILL_RING, XDP_UMEM_COMPLETION_RING, XDP_RX_RING };
	struct xdp_mmap_offsets off;
	socklen_t len = sizeof(off);
	size_t i;
	int err;

	for (i = 0; i < sizeof(rings) / sizeof(rings[0]); i++)
		if (setsockopt(x->fd, SOL_XDP, rings[i], &nr, sizeof(nr)))
			return fail(x, "a ring's size");
	if (getsockopt(x->fd, SOL_XDP, XDP_MMAP_OFFSETS, &off, &len))
		return fail(x, "the rings' layout");
	err = map_ring(x, &x->rx, &off.rx, sizeof(struct xdp_desc), nr, XDP_PGOFF_RX_RING);
	return err ?: map_ring(x, &x->fill, &off.fr, sizeof(uint64_t), nr,
			       XDP_UMEM_PGOFF_FILL_RING);
}

int xsk_open(struct xsk *x, int ifindex, uint32_t nr)
{
	struct sockaddr_xdp addr = { .sxdp_family = AF_XDP, .sxdp_flags = XDP_COPY,
				     .sxdp_ifindex = ifindex };
	uint64_t *fill;
	uint32_t i;
	int err;

	*x = (struct xsk){ .fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0) };
	err = x->fd < 0 ? fail(x, "socket") : 0;
	err = err ?: add_memory(x, nr);
	err = err ?: add_rings(x, nr);
	if (!err) {
		fill = x->fill.desc;
		for (i = 0; i < nr; i++)
			fill[i] = (uint64_t)i * XSK_FRAME_SZ;
		__atomic_store_n(x->fill.producer, nr, __ATOMIC_RELEASE);
		if (bind(x->fd, (struct sockaddr *)&addr, sizeof(addr)))
			err = fail(x, "bind");
	}
	if (err)
		xsk_close(x);
	return err;
}

uint32_t xsk_take(struct xsk *x, void (*take)(void *ctx, const void *data, uint32_t len),
		  void *ctx)
{
	uint32_t at = *x->rx.consumer, put = *x->fill.producer, nr;
	const uint32_t end = __atomic_load_n(x->rx.producer, __ATOMIC_ACQUIRE);
	const struct xdp_desc *desc = x->rx.desc;
	uint64_t *fill = x->fill.desc;

	nr = end - at;
	if (!nr)
		return 0;
	for (; at != end; at++, put++) {
		const struct xdp_desc *d = &desc[at & x->rx.mask];

		take(ctx, x->frames + d->addr, d->len);
		fill[put & x->fill.mask] = d->addr / XSK_FRAME_SZ * XSK_FRAME_SZ;
	}
	__atomic_store_n(x->rx.consumer, at, __ATOMIC_RELEASE);
	__atomic_store_n(x->fill.producer, put, __ATOMIC_RELEASE);
	return nr;
}

int64_t xsk_dropped(const struct xsk *x)
{
	struct xdp_statistics st = {};
	socklen_t len = sizeof(st);

	if (getsockopt(x->fd, SOL_XDP, XDP_STATISTICS, &st, &len))
		return -errno;
	/* No frame to copy into, or no room in the ring behind it. */
	return st.rx_dropped + st.rx_ring_full;
}

static void unmap_ring(struct xsk_ring *ring)
{
	if (ring->map)
		munmap(ring->map, ring->map_sz);
	ring->map = NULL;
}

void xsk_close(struct xsk *x)
{
	unmap_ring(&x->rx);
	unmap_ring(&x->fill);
	if (x->fd > 0)
		close(x->fd);
	if (x->frames)
		munmap(x->frames, x->frames_sz);
	x->frames = NULL;
	x->fd = -1;
}
