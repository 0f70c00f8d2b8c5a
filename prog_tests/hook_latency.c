// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "bench_family.h"
#include "hook_latency.skel.h"
#include "../progs/hook_latency.h"
#include "net/hook.h"
#include "net/netns.h"
#include "net/tcp.h"
#include "net/traffic.h"
#include "workers.h"

#define MESSAGE_WORDS	8
#define TIMEOUT_S	2
/* Until TCP has settled on windows and timers. */
#define NR_WARMUP	256
/* Round trips of a load that are looked at one by one: 20 times what a plan asks for. */
#define MAX_TRIPS	16384

/* Made once for all loads: namespaces take long to come and go. */
struct path {
	struct net_pair pair;
	struct net_hook hook, client_hook;
	struct net_peer *server;
	int client, server_fd;
	uint64_t runs;
	uint64_t number;	/* of the next request */
	uint64_t trip[MAX_TRIPS];	/* ns, of the load */
	uint32_t nr_trips;
};

static bool is(const struct bench_run *r, const char *name)
{
	return !strcmp(r->bench->name, name);
}

static bool starts(const struct bench_run *r, const char *prefix)
{
	return !strncmp(r->bench->name, prefix, strlen(prefix));
}

static bool is_served_by_thread(const struct bench_run *r)
{
	return !starts(r, "echo_") || is(r, "echo_user");
}

static int prepare(struct bench_run *r)
{
	struct hook_latency *skel = r->skel;

	return is(r, "echo_xdp") ? bpf_program__set_autoload(skel->progs.at_client, true) : 0;
}

/* A request, and its answer, which is the same bytes. */
static int exchange(struct path *p)
{
	uint64_t out[MESSAGE_WORDS], in[MESSAGE_WORDS];
	uint32_t i;
	int err;

	for (i = 0; i < MESSAGE_WORDS; i++)
		out[i] = p->number + i;
	p->number += MESSAGE_WORDS;
	err = tcp_send_all(p->client, out, sizeof(out));
	err = err ?: tcp_recv_all(p->client, in, sizeof(in));
	if (err)
		return err;
	return memcmp(in, out, sizeof(in)) ? -EBADMSG : 0;
}

static int open_tcp(struct path *p)
{
	struct tcp_pair t;
	int err = tcp_pair_open(&t, &p->pair, LATENCY_PORT);

	if (err)
		return err;
	p->client = t.near_fd;
	p->server_fd = t.far_fd;
	return 0;
}

/*
 * Without UDP checksums: a pair leaves them to the device, which is none, and a packet that XDP
 * turned round would arrive as one with a wrong sum.
 */
static int open_udp(struct bench_run *r, struct path *p)
{
	struct traffic t;
	struct udp_sink sink;
	const int one = 1;
	int err = traffic_open_udp(&t, &p->pair.near, LATENCY_PORT, &p->pair.far, LATENCY_PORT);

	if (err)
		return err;
	p->client = t.fd;
	if (setsockopt(t.fd, SOL_SOCKET, SO_NO_CHECK, &one, sizeof(one)))
		return -errno;
	if (is(r, "echo_xdp") || is(r, "echo_tc"))
		return 0;
	if (is(r, "echo_sk_skb")) {
		err = traffic_open_udp(&t, &p->pair.far, LATENCY_PORT, &p->pair.near, LATENCY_PORT);
		p->server_fd = t.fd;
		return err;
	}
	err = udp_sink_open(&sink, &p->pair.far, LATENCY_PORT, 0);
	p->server_fd = sink.fd;
	return err;
}

static int open_path(struct bench_run *r, struct path *p)
{
	const struct timeval timeout = { .tv_sec = TIMEOUT_S };
	const bool is_tcp = starts(r, "tcp_");
	int err = is_tcp ? open_tcp(p) : open_udp(r, p), i;

	if (!err && setsockopt(p->client, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)))
		err = -errno;
	if (err || !is_served_by_thread(r))
		return err;
	p->server = net_peer__start(-1, r->cpu, is_tcp ? tcp_echo : udp_echo, p->server_fd);
	if (!p->server)
		return -errno;
	for (i = 0; i < NR_WARMUP && !err; i++)
		err = exchange(p);
	return err;
}

static int make(struct bench_run *r)
{
	struct path *p = calloc(1, sizeof(*p));
	int err = 0;

	if (!p)
		return -ENOMEM;
	/* Pages that are there, so that no timed batch has to wait for them. */
	memset(p, 1, sizeof(*p));
	*p = (struct path){ .hook = NET_HOOK_NONE, .client_hook = NET_HOOK_NONE, .client = -1,
			    .server_fd = -1 };
	r->priv = p;
	err = become_realtime();
	if (err)
		return bench_fail(r, -EOPNOTSUPP, REALTIME_HINT ": %s", strerror(-err));
	/* The case comes before its baseline, which then is in its namespace, too. */
	if (r->slot == SLOT_RAW)
		err = netns_private();
	if (err)
		return bench_fail(r, err, "cannot make a network namespace: %s", strerror(-err));
	err = net_pair_create(&p->pair, NET_VETH, r->slot);
	if (err)
		return bench_fail(r, err, "%s", p->pair.err);
	err = open_path(r, p);
	return err ? bench_fail(r, err, "cannot open the path: %s", strerror(-err)) : 0;
}

/* What XDP sends back waits in a veth until an XDP program is there to receive it. */
static int attach_echo_xdp(struct bench_run *r, struct path *p)
{
	struct hook_latency *skel = r->skel;
	int err = net_hook_xdp(&p->client_hook, &p->pair.near,
			       bpf_program__fd(skel->progs.at_client));

	return err ?: net_hook_xdp(&p->hook, &p->pair.far, bpf_program__fd(r->prog));
}

static int attach(struct bench_run *r, struct path *p)
{
	struct hook_latency *skel = r->skel;
	int fd = bpf_program__fd(r->prog);

	if (is(r, "tcp_sk_msg"))
		return net_hook_socket(&p->hook, -1, fd, BPF_SK_MSG_VERDICT, p->client);
	if (is(r, "echo_sk_skb"))
		return net_hook_socket(&p->hook, bpf_map__fd(skel->maps.echo_sk_skb_map), fd,
				       BPF_SK_SKB_VERDICT, p->server_fd);
	if (is(r, "echo_xdp"))
		return attach_echo_xdp(r, p);
	if (bpf_program__type(r->prog) == BPF_PROG_TYPE_XDP)
		return net_hook_xdp(&p->hook, &p->pair.far, fd);
	return net_hook_tc(&p->hook, &p->pair.far, fd);
}

static int setup(struct bench_run *r)
{
	int err = r->priv ? 0 : make(r);
	struct path *p = r->priv;

	if (err)
		return err;
	p->nr_trips = 0;
	if (r->prog)
		err = attach(r, p);
	return err ? bench_fail(r, err, "%s does not attach: %s", r->bench->id, strerror(-err)) : 0;
}

static void unload(struct bench_run *r)
{
	struct path *p = r->priv;

	if (!p)
		return;
	net_hook_detach(&p->hook);
	net_hook_detach(&p->client_hook);
}

/* One look at the clock for each round trip: the end of one is the beginning of the next. */
static int run(struct bench_run *r, uint64_t ops, struct bench_batch *b)
{
	struct path *p = r->priv;
	uint64_t start = bench_now_ns(), last = start, now, i;
	int err = 0;

	for (i = 0; i < ops && !err; i++) {
		err = exchange(p);
		now = bench_now_ns();
		if (r->is_timed && p->nr_trips < MAX_TRIPS)
			p->trip[p->nr_trips++] = now - last;
		last = now;
	}
	b->elapsed = last - start;
	if (err == -EAGAIN)
		return bench_fail(r, err, "a request was not answered within %d s", TIMEOUT_S);
	if (err == -EBADMSG)
		return bench_fail(r, err, "an answer was not the bytes of its request");
	return err ? bench_fail(r, err, "no round trip: %s", strerror(-err)) : 0;
}

static int compare_trips(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The smallest round trip that @percent of all do not exceed; of sorted ones. */
static double percentile(const struct path *p, uint32_t percent)
{
	return p->trip[(p->nr_trips * percent + 99) / 100 - 1];
}

static int report(struct bench_run *r)
{
	struct path *p = r->priv;
	double sum = 0;
	uint32_t i;
	int err;

	if (!p->nr_trips)
		return 0;
	qsort(p->trip, p->nr_trips, sizeof(p->trip[0]), compare_trips);
	for (i = 0; i < p->nr_trips; i++)
		sum += p->trip[i];
	err = bench_report(r, "latency_mean", sum / p->nr_trips);
	err = err ?: bench_report(r, "latency_p50", percentile(p, 50));
	err = err ?: bench_report(r, "latency_p95", percentile(p, 95));
	return err ?: bench_report(r, "latency_p99", percentile(p, 99));
}

static int before(struct bench_run *r)
{
	struct path *p = r->priv;
	int err;

	if (!r->prog)
		return 0;
	err = bench_run_cnt(r->prog, &p->runs);
	return err ? bench_fail(r, err, "cannot read the count of runs: %s", strerror(-err)) : 0;
}

/* Once for each request; over TCP, a program at a device also sees ACKs. */
static int verify(struct bench_run *r)
{
	bool is_exact = !is(r, "tcp_xdp") && !is(r, "tcp_tc");
	struct path *p = r->priv;
	uint64_t runs;
	int err;

	if (!r->prog)
		return 0;
	err = bench_run_cnt(r->prog, &runs);
	if (err)
		return err;
	runs -= p->runs;
	if (is_exact ? runs != r->ops : runs < r->ops)
		return bench_fail(r, -EBADMSG, "%s ran %llu times in %llu round trips",
				  r->bench->id, (unsigned long long)runs,
				  (unsigned long long)r->ops);
	return 0;
}

BENCH_FAMILY(hook_latency, .prepare = prepare, .setup = setup, .before = before, .run = run,
	     .verify = verify, .report = report, .unload = unload, .counts_runs = true);
