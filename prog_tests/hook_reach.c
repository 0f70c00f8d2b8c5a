// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/if_link.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include "bench_family.h"
#include "hook_reach.skel.h"
#include "../progs/hook_reach.h"
#include "net/attach.h"
#include "net/netns.h"
#include "net/tcp.h"
#include "net/traffic.h"
#include "workers.h"

#define PORT		4000
#define MESSAGE_SZ	64
#define TIMEOUT_S	2

/* Made once for all loads: namespaces take long to come and go. */
struct reach {
	struct net_pair pair;
	struct traffic_frames frames;
	struct traffic traffic;		/* frames out of the near device, or datagrams */
	struct tcp_pair tcp;
	struct udp_sink sink;
	struct net_peer *reader;
	int stamped;			/* eventfd: the reader has */
	int xdp_link, map;		/* of this load; -1: none */
	volatile uint64_t reader_ns;
};

/* The reader's thread has no other way to what it serves. One bench, one process, one reader. */
static struct reach *served;

static bool is(const struct bench_run *r, const char *name)
{
	return !strcmp(r->bench->name, name);
}

static int prepare(struct bench_run *r)
{
	struct hook_reach *skel = r->skel;

	return is(r, "socket") ? 0 : bpf_program__set_autoload(skel->progs.at_xdp, true);
}

static int read_datagrams(int fd)
{
	const uint64_t one = 1;
	char buf[PACKET_MAX];
	ssize_t n;

	for (;;) {
		n = recv(fd, buf, sizeof(buf), 0);
		served->reader_ns = bench_now_ns();
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : 0;
		if (write(served->stamped, &one, sizeof(one)) != sizeof(one))
			return -errno;
	}
}

/* On a core of its own where there is one. */
static int start_reader(struct reach *s)
{
	int cpus[2], nr = pick_cpus(cpus, 2);

	served = s;
	s->stamped = eventfd(0, EFD_CLOEXEC);
	if (s->stamped < 0)
		return -errno;
	s->reader = net_peer__start(-1, cpus[nr > 1], read_datagrams, s->sink.fd);
	return s->reader ? 0 : -errno;
}

static int open_path(struct bench_run *r, struct reach *s)
{
	struct packet_flow flow = net_flow(&s->pair.near, &s->pair.far, PORT, PORT);
	const struct timeval timeout = { .tv_sec = TIMEOUT_S };
	int err;

	err = traffic_frames_udp4(&s->frames, &flow, PACKET_LEN, REACH_SLOTS);
	if (err)
		return err;
	if (is(r, "tc"))
		return traffic_open_packet(&s->traffic, s->pair.near.ifindex, true);
	if (is(r, "sk_skb")) {
		err = tcp_pair_open(&s->tcp, &s->pair, PORT);
		if (!err && setsockopt(s->tcp.near_fd, SOL_SOCKET, SO_SNDTIMEO, &timeout,
				       sizeof(timeout)))
			err = -errno;
		return err;
	}
	err = udp_sink_open(&s->sink, &s->pair.far, PORT, REACH_SLOTS);
	err = err ?: traffic_open_packet(&s->traffic, s->pair.near.ifindex, true);
	return err ?: start_reader(s);
}

static int make(struct bench_run *r)
{
	struct reach *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	r->priv = s;
	s->tcp.near_fd = s->tcp.far_fd = s->xdp_link = s->map = -1;
	err = netns_private();
	if (err)
		return bench_fail(r, err, "cannot make a network namespace: %s", strerror(-err));
	err = net_pair_create(&s->pair, NET_VETH, 0);
	if (err)
		return bench_fail(r, err, "%s", s->pair.err);
	err = open_path(r, s);
	return err ? bench_fail(r, err, "cannot open the path: %s", strerror(-err)) : 0;
}

static int attach_hook(struct bench_run *r, struct reach *s)
{
	int fd = bpf_program__fd(r->prog), ifindex = s->pair.far.ifindex, err;
	uint64_t sock = s->tcp.far_fd;
	uint32_t zero = 0;

	if (is(r, "tc")) {
		err = net_clsact_open(ifindex);
		return err ?: net_clsact_attach(ifindex, false, fd, 1);
	}
	if (!is(r, "sk_skb"))
		return 0;
	s->map = bpf_map_create(BPF_MAP_TYPE_SOCKMAP, "reach", sizeof(zero), sizeof(sock), 1, NULL);
	if (s->map < 0)
		return s->map;
	err = bpf_prog_attach(fd, s->map, BPF_SK_SKB_STREAM_VERDICT, 0);
	return err ?: bpf_map_update_elem(s->map, &zero, &sock, BPF_ANY);
}

static int attach_all(void *ctx)
{
	struct bench_run *r = ctx;
	struct hook_reach *skel = r->skel;
	struct reach *s = r->priv;
	struct bpf_program *xdp = is(r, "socket") ? r->prog : skel->progs.at_xdp;
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = XDP_FLAGS_DRV_MODE);

	s->xdp_link = bpf_link_create(bpf_program__fd(xdp), s->pair.far.ifindex, BPF_XDP, &opts);
	return s->xdp_link < 0 ? s->xdp_link : attach_hook(r, s);
}

static int setup(struct bench_run *r)
{
	int err = r->priv ? 0 : make(r);

	if (err)
		return err;
	err = netns_run(((struct reach *)r->priv)->pair.far.ns, attach_all, r);
	return err ? bench_fail(r, err, "%s does not attach: %s", r->bench->id, strerror(-err)) : 0;
}

static int detach_clsact(void *ctx)
{
	return net_clsact_close(((struct reach *)ctx)->pair.far.ifindex);
}

static void unload(struct bench_run *r)
{
	struct reach *s = r->priv;

	if (!s)
		return;
	if (is(r, "tc") && s->pair.far.ifindex)
		netns_run(s->pair.far.ns, detach_clsact, s);
	if (s->xdp_link >= 0)
		close(s->xdp_link);
	/* Or the socket keeps the program until the map is freed, which is in the background. */
	if (s->map >= 0)
		bpf_map_delete_elem(s->map, &(uint32_t){ 0 });
	if (s->map >= 0)
		close(s->map);
	s->xdp_link = s->map = -1;
}

/* One message at a time: TCP would put several into a packet. */
static int send_message(struct reach *s, uint64_t number)
{
	char message[MESSAGE_SZ] = {};
	int one = 1;

	memcpy(message, &number, sizeof(number));
	/* The verdict program drops: nobody reads, and an ACK would wait for 40 ms. */
	if (setsockopt(s->tcp.far_fd, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof(one)))
		return -errno;
	return tcp_send_all(s->tcp.near_fd, message, sizeof(message));
}

static int send_and_wait(struct reach *s, uint64_t number)
{
	struct traffic_frames one = {
		.data = s->frames.data + number * s->frames.len, .len = s->frames.len, .nr = 1,
	};
	uint64_t count;
	int err = traffic_send(&s->traffic, &one, 1);

	if (err)
		return err;
	return read(s->stamped, &count, sizeof(count)) == sizeof(count) ? 0 : -errno;
}

struct seen {
	volatile __u64 *at_hook;
	uint64_t nr;
};

static int64_t nr_seen(void *ctx)
{
	struct seen *seen = ctx;
	uint64_t i, nr = 0;

	for (i = 0; i < seen->nr; i++)
		nr += seen->at_hook[i] != 0;
	return nr;
}

/* Packets 0 ... @nr - 1; nr <= REACH_SLOTS. */
static int send_some(struct bench_run *r, uint64_t nr)
{
	struct hook_reach *skel = r->skel;
	struct seen seen = { skel->bss->hook_ns, nr };
	struct reach *s = r->priv;
	uint64_t i;
	int err = 0;

	memset((void *)skel->bss->xdp_ns, 0, sizeof(skel->bss->xdp_ns));
	memset((void *)skel->bss->hook_ns, 0, sizeof(skel->bss->hook_ns));
	if (is(r, "tc"))
		err = traffic_send(&s->traffic, &s->frames, nr);
	for (i = 0; i < nr && !err && !is(r, "tc"); i++) {
		err = is(r, "sk_skb") ? send_message(s, i) : send_and_wait(s, i);
		if (!err && is(r, "socket"))
			skel->bss->hook_ns[i] = s->reader_ns;
	}
	return err ?: traffic_wait(nr_seen, &seen, nr);
}

static int run(struct bench_run *r, uint64_t ops, struct bench_batch *b)
{
	struct hook_reach *skel = r->skel;
	uint64_t done, nr, i;
	int err;

	for (done = 0; done < ops; done += nr) {
		nr = ops - done < REACH_SLOTS ? ops - done : REACH_SLOTS;
		err = send_some(r, nr);
		if (err)
			return bench_fail(r, err, "packets did not reach %s: %s", r->bench->name,
					  strerror(-err));
		for (i = 0; i < nr; i++) {
			if (!skel->bss->xdp_ns[i] || skel->bss->hook_ns[i] < skel->bss->xdp_ns[i])
				return bench_fail(r, -EBADMSG, "packet %llu was at %s before XDP",
						  (unsigned long long)i, r->bench->name);
			b->elapsed += skel->bss->hook_ns[i] - skel->bss->xdp_ns[i];
		}
	}
	return 0;
}

BENCH_FAMILY(hook_reach, .prepare = prepare, .setup = setup, .run = run, .unload = unload);
