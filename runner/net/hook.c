// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/if_link.h>
#include <stdint.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include "attach.h"
#include "hook.h"
#include "netns.h"

struct hook_call {
	struct net_hook *hook;
	int prog_fd;
};

static int attach_xdp(void *ctx)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = XDP_FLAGS_DRV_MODE);
	struct hook_call *c = ctx;

	c->hook->link = bpf_link_create(c->prog_fd, c->hook->end->ifindex, BPF_XDP, &opts);
	return c->hook->link < 0 ? c->hook->link : 0;
}

int net_hook_xdp(struct net_hook *h, const struct net_end *end, int prog_fd)
{
	struct hook_call c = { h, prog_fd };

	h->end = end;
	return netns_run(end->ns, attach_xdp, &c);
}

static int attach_tc(void *ctx)
{
	struct hook_call *c = ctx;
	int err = net_clsact_open(c->hook->end->ifindex);

	c->hook->has_clsact = !err;
	return err ? err : net_clsact_attach(c->hook->end->ifindex, false, c->prog_fd, 1);
}

int net_hook_tc(struct net_hook *h, const struct net_end *end, int prog_fd)
{
	struct hook_call c = { h, prog_fd };

	h->end = end;
	return netns_run(end->ns, attach_tc, &c);
}

int net_hook_socket(struct net_hook *h, int map, int prog_fd, int type, int fd)
{
	const uint32_t zero = 0;
	uint64_t sock = fd;
	int err;

	h->is_map_ours = map < 0;
	h->map = map;
	if (map < 0)
		h->map = bpf_map_create(BPF_MAP_TYPE_SOCKMAP, "sockets", sizeof(zero), sizeof(sock),
					1, NULL);
	if (h->map < 0)
		return h->map;
	err = bpf_prog_attach(prog_fd, h->map, type, 0);
	return err ? err : bpf_map_update_elem(h->map, &zero, &sock, BPF_ANY);
}

static int detach_tc(void *ctx)
{
	return net_clsact_close(((struct net_hook *)ctx)->end->ifindex);
}

void net_hook_detach(struct net_hook *h)
{
	const uint32_t zero = 0;

	if (h->link >= 0)
		close(h->link);
	if (h->has_clsact)
		netns_run(h->end->ns, detach_tc, h);
	/* The map itself goes later: until then its sockets would refuse another program. */
	if (h->map >= 0)
		bpf_map_delete_elem(h->map, &zero);
	if (h->map >= 0 && h->is_map_ours)
		close(h->map);
	*h = NET_HOOK_NONE;
}
