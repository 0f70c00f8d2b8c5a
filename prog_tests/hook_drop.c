// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/if_link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "bench_family.h"
#include "hook_drop.skel.h"
#include "net/attach.h"
#include "net/live.h"
#include "net/netns.h"
#include "net/traffic.h"

#define PORT		4321
#define FROM_PORT	1234
#define NR_QUEUED	4096

/* One pair, its sender, and the socket that the packets are for. */
struct lane {
	struct net_pair pair;
	struct live_source live;
	struct traffic_frames frames;
	struct udp_sink sink;
	/* Of this load; -1: none. */
	int link, map;
	bool has_clsact, has_filter;
	uint64_t ops, work_ns;	/* of its timed batches, without what a call does once */
	/* Of a verification. */
	bool is_verifying;
	uint64_t runs, received;
};

/* A layer, and how its program gets there. */
struct layer {
	const char *name;
	int (*attach)(struct lane *l, int prog_fd);	/* in the far namespace */
};

static int attach_xdp(struct lane *l, int prog_fd)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = XDP_FLAGS_DRV_MODE);

	l->link = bpf_link_create(prog_fd, l->pair.far.ifindex, BPF_XDP, &opts);
	return l->link < 0 ? l->link : 0;
}

static int attach_tc(struct lane *l, int prog_fd)
{
	int err = net_clsact_open(l->pair.far.ifindex);

	l->has_clsact = !err;
	return err ?: net_clsact_attach(l->pair.far.ifindex, false, prog_fd, 1);
}

/* The verdict of a socket that is in the map; UDP since 5.13, 1f5be6b3b063. */
static int attach_sk_skb(struct lane *l, int prog_fd)
{
	uint64_t sock = l->sink.fd;
	uint32_t zero = 0;
	int err;

	l->map = bpf_map_create(BPF_MAP_TYPE_SOCKMAP, "hook_drop", sizeof(zero), sizeof(sock), 1,
				NULL);
	if (l->map < 0)
		return l->map;
	err = bpf_prog_attach(prog_fd, l->map, BPF_SK_SKB_VERDICT, 0);
	return err ?: bpf_map_update_elem(l->map, &zero, &sock, BPF_ANY);
}

static int attach_socket(struct lane *l, int prog_fd)
{
	if (setsockopt(l->sink.fd, SOL_SOCKET, SO_ATTACH_BPF, &prog_fd, sizeof(prog_fd)))
		return -errno;
	l->has_filter = true;
	return 0;
}

static const struct layer layers[] = {
	{ "xdp", attach_xdp },
	{ "tc", attach_tc },
	{ "sk_skb", attach_sk_skb },
	{ "socket", attach_socket },
};

static const struct layer *find_layer(const struct bench_run *r)
{
	size_t i;

	for (i = 0; i < sizeof(layers) / sizeof(layers[0]); i++)
		if (!strcmp(layers[i].name, r->bench->name))
			return &layers[i];
	return NULL;
}

static bool is_source(const struct bench_run *r)
{
	return !strcmp(r->bench->name, "source");
}

static bool is_user(const struct bench_run *r)
{
	return !strcmp(r->bench->name, "user");
}

/* Without a program each packet reaches the socket: or a program's drop would prove nothing. */
static int check_arrival(struct lane *l)
{
	uint32_t each;
	int err = live_send(&l->live, l->frames.data, l->frames.len, LIVE_SLICE, &each);

	return err ?: traffic_expect(l->sink.fd, &(struct traffic_frames){
					     l->frames.data + PACKET_UDP_SEQ,
					     l->frames.len - PACKET_UDP_SEQ, 1 }, LIVE_SLICE);
}

/* Once for all loads; ends with the process, which the runner starts for this case alone. */
static int open_lane(struct bench_run *r)
{
	struct lane *l = calloc(1, sizeof(*l));
	struct packet_flow flow;
	int err = 0;

	if (!l)
		return -ENOMEM;
	*l = (struct lane){ .link = -1, .map = -1 };
	r->priv = l;
	/* The case comes before its baseline, which then is in its namespace, too. */
	if (r->slot == SLOT_RAW)
		err = netns_private();
	if (err)
		return bench_fail(r, err, "no network namespace of its own: %s", strerror(-err));
	err = net_pair_create(&l->pair, NET_VETH, r->slot);
	if (err)
		return bench_fail(r, err, "%s", l->pair.err);
	flow = net_flow(&l->pair.near, &l->pair.far, FROM_PORT, PORT);
	err = traffic_frames_udp4(&l->frames, &flow, PACKET_LEN, 1);
	err = err ?: udp_sink_open(&l->sink, &l->pair.far, PORT, NR_QUEUED);
	/* Or the veth has no NAPI, and takes no frames. */
	err = err ?: net_end_offload(&l->pair.far, true);
	err = err ?: live_open(&l->live, &l->pair, is_source(r) ? LIVE_DROP : LIVE_REDIRECT,
			       !strcmp(r->bench->name, "xdp"));
	if (!err && !is_source(r))
		err = check_arrival(l);
	if (err)
		return bench_fail(r, err, "frames at the socket: %s", traffic_strerror(err));
	return 0;
}

static int attach(void *ctx)
{
	struct bench_run *r = ctx;

	return find_layer(r)->attach(r->priv, bpf_program__fd(r->prog));
}

static int setup(struct bench_run *r)
{
	int err = r->priv ? 0 : open_lane(r);
	struct lane *l = r->priv;

	if (err)
		return err;
	l->ops = l->work_ns = 0;
	if (!r->prog)
		return 0;
	err = netns_run(l->pair.far.ns, attach, r);
	if (err)
		return bench_fail(r, err, "%s does not attach: %s", r->bench->id, strerror(-err));
	return 0;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int close_clsact(void *ctx)
{
	const struct lane *l = ctx;

	return net_clsact_close(l->pair.far.ifindex);
}

static void unload(struct bench_run *r)
{
	struct lane *l = r->priv;
	uint32_t zero = 0;

	if (!l)
		return;
	close_fd(&l->link);
	/* The kernel frees a map later, and its socket is busy until then. */
	if (l->map >= 0)
		bpf_map_delete_elem(l->map, &zero);
	close_fd(&l->map);
	if (l->has_clsact)
		netns_run(l->pair.far.ns, close_clsact, l);
	if (l->has_filter)
		setsockopt(l->sink.fd, SOL_SOCKET, SO_DETACH_FILTER, &l->sink.fd,
			   sizeof(l->sink.fd));
	l->has_clsact = l->has_filter = false;
}

/* What user space does with them counts. */
static int take(struct lane *l, uint64_t ops, uint64_t *elapsed)
{
	int64_t want = l->sink.nr + ops;
	uint64_t start = bench_now_ns();
	int err = traffic_wait(traffic_taken, &l->sink, want);

	*elapsed = bench_now_ns() - start;
	return err;
}

/*
 * The pool of pages that each call of the sender makes costs some hundred instructions more or
 * less. The kernel's own mean is without it, but in whole units: good enough for counts, too coarse
 * for ns.
 */
static int run(struct bench_run *r, uint64_t ops, struct bench_batch *b)
{
	struct lane *l = r->priv;
	uint64_t start = bench_now_ns(), taking = 0;
	uint32_t each = 0;
	int err = -E2BIG;

	if (ops <= NR_QUEUED)
		err = (r->is_counted ? live_send_slices : live_send)(&l->live, l->frames.data,
								     l->frames.len, ops, &each);
	b->elapsed = r->is_counted ? each * ops : bench_now_ns() - start;
	if (!err && is_user(r) && !l->is_verifying)
		err = take(l, ops, &taking);
	b->elapsed += taking;
	if (err)
		return bench_fail(r, err, "%llu packets of %s: %s", (unsigned long long)ops,
				  r->bench->id, strerror(-err));
	if (r->is_timed) {
		l->ops += ops;
		l->work_ns += each * ops + taking;
	}
	return 0;
}

/* Sending and dropping, by the kernel's mean: up to 1 ns of each packet too much. No counts. */
static int report(struct bench_run *r)
{
	const struct lane *l = r->priv;

	if (r->is_counted || !l->work_ns)
		return 0;
	return bench_report(r, "throughput", l->ops * 1e9 / l->work_ns);
}

static int read_counts(struct bench_run *r, uint64_t *runs, uint64_t *received)
{
	struct lane *l = r->priv;
	struct net_counters c = {};
	int err = net_end_counters(&l->pair.far, &c);

	*received = c.rx_packets;
	return err ?: r->prog ? bench_run_cnt(r->prog, runs) : 0;
}

static int before(struct bench_run *r)
{
	struct lane *l = r->priv;
	int err;

	l->is_verifying = true;
	err = read_counts(r, &l->runs, &l->received);
	return err ? bench_fail(r, err, "cannot read the counts of runs or packets: %s",
				strerror(-err)) : 0;
}

/* All came to the device, the program saw each, and none, or in user space each, was left. */
static int verify(struct bench_run *r)
{
	struct lane *l = r->priv;
	const struct traffic_frames payload = { l->frames.data + PACKET_UDP_SEQ,
						l->frames.len - PACKET_UDP_SEQ, 1 };
	uint64_t runs = 0, received = 0;
	int err = read_counts(r, &runs, &received);

	if (!err && received - l->received != (is_source(r) ? 0 : r->ops))
		err = bench_fail(r, -EBADMSG, "%llu of %llu packets came to the device",
				 (unsigned long long)(received - l->received),
				 (unsigned long long)r->ops);
	if (!err && r->prog && runs - l->runs != r->ops)
		err = bench_fail(r, -EBADMSG, "%s ran %llu times for %llu packets", r->bench->id,
				 (unsigned long long)(runs - l->runs), (unsigned long long)r->ops);
	err = err ?: traffic_expect(l->sink.fd, &payload, is_user(r) ? r->ops : 0);
	if (err && !r->err[0])
		bench_fail(r, err, "%s: left of %llu packets: %s", r->bench->id,
			   (unsigned long long)r->ops, traffic_strerror(err));
	l->is_verifying = false;
	return err;
}

BENCH_FAMILY(hook_drop, .setup = setup, .before = before, .run = run, .report = report,
	     .verify = verify, .unload = unload, .counts_runs = true);
