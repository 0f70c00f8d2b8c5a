// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <netinet/in.h>		/* in front of linux/netfilter.h, which brings linux/in.h */
#include <linux/if_link.h>
#include <linux/netfilter.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "bench_family.h"
#include "cgroup.h"
#include "hook_net.skel.h"
#include "net/attach.h"
#include "net/live.h"
#include "net/netns.h"
#include "net/tcp.h"
#include "net/traffic.h"

#define PORT		4321
#define FROM_PORT	1234
#define NR_FRAMES	64
#define MESSAGE_SZ	64
/* Whose copies, with headroom and all, fill a page evenly: 4 each. */
#define FRAME_LEN	256
/* The largest batch is far below: 100 us are some 500 packets, 100 000 instructions fewer. */
#define NR_QUEUED	4096
#define TIMEOUT_SEC	1
#define NR_WARMUP	1024

/* What a packet passes: the baseline's way and the case's. */
enum path {
	PATH_FRAMES,	/* XDP frames, through veth, to a station that is not there */
	PATH_PACKET,	/* skbs of a packet socket, the same */
	PATH_NETKIT,	/* the same through netkit */
	PATH_UDP,	/* from socket to socket through veth; taken behind the clock */
	PATH_TCP,	/* one connection, a message at a time, read within the clock */
};

/* One pair of devices, what goes through it, and what is attached to it in this load. */
struct lane {
	const struct hook *hook;
	struct net_pair pair;
	struct net_end *from, *to;
	struct traffic_frames frames;
	struct live_source live;
	struct traffic traffic;
	struct udp_sink sink;
	struct cgroup cgroup;
	struct tcp_pair tcp;
	/* Of this load; -1: none. */
	int link, map;
	bool has_clsact, has_filter;
	/* Of a verification: between before() and verify(). */
	bool is_verifying;
	int tap;
	uint64_t runs, parser_runs;
};

/* A case or baseline, and where its program goes. */
struct hook {
	const char *name;
	enum path path;
	int (*attach)(struct lane *l, struct bench_run *r);	/* in the namespace of hook_end() */
	uint32_t arg;
	bool is_at_sender;
	bool is_from_far;
};

static struct net_end *hook_end(const struct lane *l)
{
	return l->hook->is_at_sender ? l->from : l->to;
}

static int keep_link(struct lane *l, int fd)
{
	l->link = fd;
	return fd < 0 ? fd : 0;
}

static int attach_xdp(struct lane *l, struct bench_run *r)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = l->hook->arg);

	return keep_link(l, bpf_link_create(bpf_program__fd(r->prog), hook_end(l)->ifindex, BPF_XDP,
					    &opts));
}

static int attach_clsact(struct lane *l, struct bench_run *r)
{
	int err = net_clsact_open(hook_end(l)->ifindex);

	l->has_clsact = !err;
	return err ? err : net_clsact_attach(hook_end(l)->ifindex, l->hook->is_at_sender,
					     bpf_program__fd(r->prog), 1);
}

static int attach_tcx(struct lane *l, struct bench_run *r)
{
	return keep_link(l, net_link_create(bpf_program__fd(r->prog), hook_end(l)->ifindex,
					    l->hook->arg));
}

/* Its target is always the primary device. */
static int attach_netkit(struct lane *l, struct bench_run *r)
{
	return keep_link(l, net_link_create(bpf_program__fd(r->prog), l->pair.near.ifindex,
					    l->hook->arg));
}

static int attach_netfilter(struct lane *l, struct bench_run *r)
{
	return keep_link(l, net_link_create_netfilter(bpf_program__fd(r->prog), l->hook->arg, 1));
}

static int attach_cgroup(struct lane *l, struct bench_run *r)
{
	return keep_link(l, bpf_link_create(bpf_program__fd(r->prog), l->cgroup.fd, l->hook->arg,
					    NULL));
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* The sender waits: a message that was sent alone is read, and acknowledged, alone. */
static int exchange(struct lane *l, uint64_t number)
{
	uint64_t message[MESSAGE_SZ / sizeof(uint64_t)] = {}, got[MESSAGE_SZ / sizeof(uint64_t)];
	ssize_t len;

	message[0] = message[MESSAGE_SZ / sizeof(uint64_t) - 1] = number;
	if (send(l->tcp.near_fd, message, sizeof(message), 0) != sizeof(message))
		return -errno;
	len = recv(l->tcp.far_fd, got, sizeof(got), 0);
	if (len < 0)
		return -errno;
	return len == sizeof(got) && !memcmp(got, message, sizeof(got)) ? 0 : -EBADMSG;
}

/* Until the connection has settled on windows and timers. */
static int open_connection(struct lane *l)
{
	const struct timeval timeout = { .tv_sec = TIMEOUT_SEC };
	int i, err = tcp_pair_open(&l->tcp, &l->pair, PORT);

	if (err)
		return err;
	if (setsockopt(l->tcp.far_fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) ||
	    setsockopt(l->tcp.near_fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4))
		return -errno;
	for (i = 0; i < NR_WARMUP && !err; i++)
		err = exchange(l, i);
	return err;
}

/* Sockets are of the cgroup in which their process was when it made them. */
static int run_in_cgroup(struct lane *l, int (*open)(struct lane *l))
{
	int err = cgroup_join(&l->cgroup), back;

	if (err)
		return err;
	err = open(l);
	back = cgroup_leave(&l->cgroup);
	return err ?: back;
}

/* Whether to be called for round trips is said when a connection is made: one for each load. */
static int attach_sockops(struct lane *l, struct bench_run *r)
{
	int err = attach_cgroup(l, r);

	return err ?: run_in_cgroup(l, open_connection);
}

static int attach_filter(struct lane *l, struct bench_run *r)
{
	int fd = bpf_program__fd(r->prog);

	if (setsockopt(l->sink.fd, SOL_SOCKET, SO_ATTACH_BPF, &fd, sizeof(fd)))
		return -errno;
	l->has_filter = true;
	return 0;
}

/* The socket in the map has the programs of the map. */
static int attach_sockmap(struct lane *l, struct bench_run *r)
{
	const struct bpf_program *parser = ((struct hook_net *)r->skel)->progs.sk_skb_parser;
	uint64_t sock = l->hook->is_at_sender ? l->tcp.near_fd : l->tcp.far_fd;
	uint32_t zero = 0;
	int err = 0;

	l->map = bpf_map_create(BPF_MAP_TYPE_SOCKMAP, "hook_net", sizeof(zero), sizeof(sock), 1,
				NULL);
	if (l->map < 0)
		return l->map;
	if (bpf_program__autoload(parser))
		err = bpf_prog_attach(bpf_program__fd(parser), l->map, BPF_SK_SKB_STREAM_PARSER, 0);
	err = err ?: bpf_prog_attach(bpf_program__fd(r->prog), l->map, l->hook->arg, 0);
	return err ?: bpf_map_update_elem(l->map, &zero, &sock, BPF_ANY);
}

static const struct hook hooks[] = {
	{ .name = "detached_frames", .path = PATH_FRAMES },
	{ .name = "xdp_native", .path = PATH_FRAMES,
	  .attach = attach_xdp, .arg = XDP_FLAGS_DRV_MODE },
	{ .name = "detached_packet", .path = PATH_PACKET },
	{ .name = "xdp_native_skb", .path = PATH_PACKET,
	  .attach = attach_xdp, .arg = XDP_FLAGS_DRV_MODE },
	{ .name = "xdp_generic", .path = PATH_PACKET,
	  .attach = attach_xdp, .arg = XDP_FLAGS_SKB_MODE },
	{ .name = "tc_ingress", .path = PATH_PACKET, .attach = attach_clsact },
	{ .name = "tc_egress", .path = PATH_PACKET, .attach = attach_clsact, .is_at_sender = true },
	{ .name = "tcx_ingress", .path = PATH_PACKET,
	  .attach = attach_tcx, .arg = ATTACH_TCX_INGRESS },
	{ .name = "tcx_egress", .path = PATH_PACKET,
	  .attach = attach_tcx, .arg = ATTACH_TCX_EGRESS, .is_at_sender = true },
	{ .name = "detached_primary", .path = PATH_NETKIT },
	{ .name = "netkit_primary", .path = PATH_NETKIT,
	  .attach = attach_netkit, .arg = ATTACH_NETKIT_PRIMARY, .is_at_sender = true },
	{ .name = "detached_peer", .path = PATH_NETKIT, .is_from_far = true },
	{ .name = "netkit_peer", .path = PATH_NETKIT,
	  .attach = attach_netkit, .arg = ATTACH_NETKIT_PEER, .is_from_far = true },
	{ .name = "detached_udp", .path = PATH_UDP },
	{ .name = "netfilter_link", .path = PATH_UDP,
	  .attach = attach_netfilter, .arg = NF_INET_LOCAL_IN },
	{ .name = "cgroup_skb_ingress", .path = PATH_UDP,
	  .attach = attach_cgroup, .arg = BPF_CGROUP_INET_INGRESS },
	{ .name = "cgroup_skb_egress", .path = PATH_UDP,
	  .attach = attach_cgroup, .arg = BPF_CGROUP_INET_EGRESS },
	{ .name = "socket_filter", .path = PATH_UDP, .attach = attach_filter },
	{ .name = "detached_tcp", .path = PATH_TCP },
	{ .name = "sk_msg", .path = PATH_TCP,
	  .attach = attach_sockmap, .arg = BPF_SK_MSG_VERDICT, .is_at_sender = true },
	{ .name = "sk_skb", .path = PATH_TCP,
	  .attach = attach_sockmap, .arg = BPF_SK_SKB_STREAM_VERDICT },
	{ .name = "sk_skb_verdict", .path = PATH_TCP,
	  .attach = attach_sockmap, .arg = BPF_SK_SKB_STREAM_VERDICT },
	{ .name = "sockops", .path = PATH_TCP,
	  .attach = attach_sockops, .arg = BPF_CGROUP_SOCK_OPS, .is_at_sender = true },
};

static const struct hook *find_hook(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++)
		if (!strcmp(hooks[i].name, name))
			return &hooks[i];
	return NULL;
}

static int prepare(struct bench_run *r)
{
	const struct hook *h = find_hook(r->bench->name);
	struct hook_net *skel = r->skel;

	if (!h)
		return bench_fail(r, -EINVAL, "%s is not in the table of hooks", r->bench->name);
	if (r->prog == skel->progs.sk_skb)
		bpf_program__set_autoload(skel->progs.sk_skb_parser, true);
	if (r->prog != skel->progs.netfilter_link || !r->prog)
		return 0;
	/* libbpf 1.1 does not know the section. */
	bpf_program__set_type(r->prog, PROG_TYPE_NETFILTER);
	return bpf_program__set_expected_attach_type(r->prog, ATTACH_NETFILTER);
}

/* To a station that is not there: IP drops it, after all the hooks here have seen it. */
static int open_frames(struct lane *l)
{
	struct packet_flow flow = net_flow(l->from, l->to, FROM_PORT, PORT);

	flow.dst_mac[5] ^= 0x40;
	return traffic_frames_udp4(&l->frames, &flow, FRAME_LEN,
				   l->hook->path == PATH_FRAMES ? 1 : NR_FRAMES);
}

static int open_packet(void *ctx)
{
	struct lane *l = ctx;

	return traffic_open_packet(&l->traffic, l->from->ifindex, false);
}

static int open_udp(struct lane *l)
{
	int err = udp_sink_open(&l->sink, l->to, PORT, NR_QUEUED);

	err = err ?: traffic_open_udp(&l->traffic, l->from, FROM_PORT, l->to, PORT);
	return err ?: open_frames(l);
}

/* Without cgroups only what hangs on one is skipped. */
static int make_cgroup(struct lane *l, struct bench_run *r)
{
	bool is_needed = l->hook->attach == attach_cgroup || l->hook->attach == attach_sockops;
	int err = cgroup_make(&l->cgroup, r->slot == SLOT_RAW ? "raw" : "base", r->err,
			      sizeof(r->err));

	if (err != -EOPNOTSUPP || is_needed)
		return err;
	r->err[0] = '\0';
	return 0;
}

static int open_traffic(struct lane *l, struct bench_run *r)
{
	int err;

	switch (l->hook->path) {
	case PATH_FRAMES:
		/* Or the veth has no NAPI, and takes no frames. */
		err = net_end_offload(l->to, true);
		err = err ?: live_open(&l->live, &l->pair, LIVE_REDIRECT, l->hook->attach);
		return err ?: open_frames(l);
	case PATH_PACKET:
	case PATH_NETKIT:
		err = netns_run(l->from->ns, open_packet, l);
		return err ?: open_frames(l);
	case PATH_UDP:
		err = make_cgroup(l, r);
		if (err)
			return err;
		return l->cgroup.path[0] ? run_in_cgroup(l, open_udp) : open_udp(l);
	case PATH_TCP:
		if (l->hook->attach != attach_sockops)
			return open_connection(l);
		return make_cgroup(l, r);
	}
	return -EINVAL;
}

/*
 * Once for all loads: a namespace and a pair take longer than everything else. It ends with the
 * process, which the runner starts for this case alone.
 */
static int open_lane(struct bench_run *r)
{
	struct lane *l = calloc(1, sizeof(*l));
	int err = 0;

	if (!l)
		return -ENOMEM;
	*l = (struct lane){ .hook = find_hook(r->bench->name), .tcp = { -1, -1 }, .link = -1,
			    .map = -1, .tap = -1 };
	r->priv = l;
	/* The case comes before its baseline, which then is in its namespace, too. */
	if (r->slot == SLOT_RAW)
		err = netns_private();
	if (err)
		return bench_fail(r, err, "no network namespace of its own: %s", strerror(-err));
	err = net_pair_create(&l->pair, l->hook->path == PATH_NETKIT ? NET_NETKIT : NET_VETH,
			      r->slot);
	if (err)
		return bench_fail(r, err, "%s", l->pair.err);
	l->from = l->hook->is_from_far ? &l->pair.far : &l->pair.near;
	l->to = l->hook->is_from_far ? &l->pair.near : &l->pair.far;
	err = open_traffic(l, r);
	if (err && !r->err[0])
		bench_fail(r, err, "cannot open the sockets of %s: %s", r->bench->id,
			   strerror(-err));
	return err;
}

static int attach(void *ctx)
{
	struct bench_run *r = ctx;
	struct lane *l = r->priv;

	return l->hook->attach(l, r);
}

static int setup(struct bench_run *r)
{
	int err = r->priv ? 0 : open_lane(r);
	struct lane *l = r->priv;

	if (err)
		return err;
	if (l->hook->attach)
		err = netns_run(hook_end(l)->ns, attach, r);
	if (err)
		return bench_fail(r, err, "%s does not attach: %s", r->bench->id, strerror(-err));
	return 0;
}

static int close_clsact(void *ctx)
{
	return net_clsact_close(hook_end(ctx)->ifindex);
}

static void unload(struct bench_run *r)
{
	struct lane *l = r->priv;
	uint32_t zero = 0;

	if (!l)
		return;
	close_fd(&l->link);
	if (l->has_clsact)
		netns_run(hook_end(l)->ns, close_clsact, l);
	if (l->has_filter)
		setsockopt(l->sink.fd, SOL_SOCKET, SO_DETACH_FILTER, &l->sink.fd,
			   sizeof(l->sink.fd));
	l->has_clsact = l->has_filter = false;
	/* The kernel frees a map later, and its socket is busy until then. */
	if (l->map >= 0)
		bpf_map_delete_elem(l->map, &zero);
	close_fd(&l->map);
	if (l->hook->attach == attach_sockops)
		tcp_pair_close(&l->tcp);
}

/*
 * TCP measures its round trips and takes another branch when one was shorter than the last: some
 * instructions more or less. A count is that of the least message, a time that of all.
 */
static int send_messages(struct lane *l, bool is_counted, uint64_t ops, struct bench_batch *b)
{
	uint64_t i, start = 0, took, least = UINT64_MAX;
	int err = 0;

	for (i = 0; i < ops && !err; i++) {
		if (is_counted)
			start = bench_now_ns();
		err = exchange(l, i);
		if (!is_counted)
			continue;
		took = bench_now_ns() - start;
		if (took < least)
			least = took;
	}
	if (is_counted)
		b->elapsed = least * ops;
	return err;
}

/* Behind the clock the sink is emptied, lest it fill up; what arrived is looked at in verify(). */
static int send_datagrams(struct lane *l, uint64_t ops, struct bench_batch *b)
{
	uint64_t start = bench_now_ns();
	int64_t want = l->sink.nr + ops;
	int err;

	if (ops > NR_QUEUED)
		return -E2BIG;
	err = traffic_send(&l->traffic, &l->frames, ops);
	b->elapsed = bench_now_ns() - start;
	if (err || l->is_verifying)
		return err;
	return traffic_wait(traffic_taken, &l->sink, want);
}

/*
 * The pool of pages that each call makes costs some hundred instructions more or less. The kernel's
 * own mean is without it, but in whole units: good enough for counts, too coarse for ns.
 */
static int send_frames(struct lane *l, bool is_counted, uint64_t ops, struct bench_batch *b)
{
	uint32_t each = 0;
	int err;

	if (!is_counted)
		return live_send(&l->live, l->frames.data, l->frames.len, ops, &each);
	err = live_send_slices(&l->live, l->frames.data, l->frames.len, ops, &each);
	b->elapsed = each * ops;
	return err;
}

static int run(struct bench_run *r, uint64_t ops, struct bench_batch *b)
{
	struct lane *l = r->priv;
	int err = -EINVAL;

	switch (l->hook->path) {
	case PATH_FRAMES:
		err = send_frames(l, r->is_counted, ops, b);
		break;
	case PATH_PACKET:
	case PATH_NETKIT:
		err = traffic_send(&l->traffic, &l->frames, ops);
		break;
	case PATH_UDP:
		err = send_datagrams(l, ops, b);
		break;
	case PATH_TCP:
		err = send_messages(l, r->is_counted, ops, b);
		break;
	}
	if (err)
		return bench_fail(r, err, "%llu operations of %s: %s", (unsigned long long)ops,
				  r->bench->id, strerror(-err));
	return 0;
}

static bool has_parser(const struct bench_run *r)
{
	return r->prog && r->prog == ((struct hook_net *)r->skel)->progs.sk_skb;
}

static int read_runs(struct bench_run *r, uint64_t *runs, uint64_t *parser_runs)
{
	int err = r->prog ? bench_run_cnt(r->prog, runs) : 0;

	if (!err && has_parser(r))
		err = bench_run_cnt(((struct hook_net *)r->skel)->progs.sk_skb_parser, parser_runs);
	return err;
}

static int before(struct bench_run *r)
{
	struct lane *l = r->priv;
	int err = 0;

	l->is_verifying = true;
	if (l->hook->path <= PATH_NETKIT) {
		l->tap = traffic_open_tap(l->to, NR_QUEUED);
		if (l->tap < 0)
			return bench_fail(r, l->tap, "no packet socket at %s: %s", l->to->name,
					  strerror(-l->tap));
	}
	err = read_runs(r, &l->runs, &l->parser_runs);
	return err ? bench_fail(r, err, "cannot read the counts of runs: %s", strerror(-err)) : 0;
}

/* Once for each packet or message. */
static int verify_runs(struct bench_run *r)
{
	struct lane *l = r->priv;
	uint64_t runs = 0, parser_runs = 0;
	int err = read_runs(r, &runs, &parser_runs);

	if (err || !r->prog)
		return err;
	runs -= l->runs;
	parser_runs -= l->parser_runs;
	if (runs != r->ops)
		return bench_fail(r, -EBADMSG, "%s ran %llu times in %llu operations", r->bench->id,
				  (unsigned long long)runs, (unsigned long long)r->ops);
	if (has_parser(r) && parser_runs != r->ops)
		return bench_fail(r, -EBADMSG, "the parser ran %llu times in %llu operations",
				  (unsigned long long)parser_runs, (unsigned long long)r->ops);
	return 0;
}

/* Of a stream, run() has looked at each message. */
static int verify_arrival(struct bench_run *r)
{
	struct lane *l = r->priv;
	int err = 0;

	if (l->hook->path <= PATH_NETKIT)
		err = traffic_expect(l->tap, &l->frames, r->ops);
	else if (l->hook->path == PATH_UDP)
		err = traffic_expect(l->sink.fd, &l->frames, r->ops);
	if (err)
		return bench_fail(r, err, "%s: what arrived is not the %llu packets sent: %s",
				  r->bench->id, (unsigned long long)r->ops, traffic_strerror(err));
	return 0;
}

static int verify(struct bench_run *r)
{
	struct lane *l = r->priv;
	int err = verify_arrival(r);

	err = err ?: verify_runs(r);
	close_fd(&l->tap);
	l->is_verifying = false;
	return err;
}

BENCH_FAMILY(hook_net, .prepare = prepare, .setup = setup, .before = before, .run = run,
	     .verify = verify, .unload = unload, .counts_runs = true);
