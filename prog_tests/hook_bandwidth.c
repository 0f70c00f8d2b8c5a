// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "bench_family.h"
#include "core/stats.h"
#include "hook_bandwidth.skel.h"
#include "net/hook.h"
#include "net/netns.h"
#include "net/tcp.h"

#define PORT		4000
#define WRITE_SZ	65536
#define NR_WORDS	(WRITE_SZ / sizeof(uint64_t))
#define MSS		1448
/* Several writes fit on their way: a thread that waits for itself waits for ever. */
#define SOCKET_BUF	(16 * WRITE_SZ)
#define TIMEOUT_S	2
/* Until the window and the buffers have stopped growing. */
#define NR_WARMUP	64
/* Batches of a load that are looked at; more rounds than that change nothing. */
#define MAX_RATES	1024

/* Made once for all loads: namespaces take long to come and go. */
struct stream {
	struct net_pair pair;
	struct tcp_pair tcp;
	struct net_hook hook;
	uint64_t runs;
	uint64_t out[NR_WORDS], in[NR_WORDS];
	double rate[MAX_RATES];	/* bytes/s of each batch of the load */
	uint32_t nr_rates;
};

static bool is(const struct bench_run *r, const char *name)
{
	return !strcmp(r->bench->name, name);
}

/* Each word tells its place and its write. */
static uint64_t word(uint64_t number, uint64_t at)
{
	return (number << 32 | at) * 0x9e3779b97f4a7c15ull;
}

/* In a timed batch the ends of each write change and are looked at, otherwise all of it. */
static int transfer(struct stream *s, uint64_t number, bool is_timed)
{
	const uint64_t last = NR_WORDS - 1;
	uint64_t i;
	int err;

	for (i = 0; i < NR_WORDS && !is_timed; i++)
		s->out[i] = word(number, i);
	s->out[0] = word(number, 0);
	s->out[last] = word(number, last);
	err = tcp_send_all(s->tcp.near_fd, s->out, WRITE_SZ);
	err = err ?: tcp_recv_all(s->tcp.far_fd, s->in, WRITE_SZ);
	if (err)
		return err;
	if (s->in[0] != s->out[0] || s->in[last] != s->out[last] ||
	    (!is_timed && memcmp(s->in, s->out, WRITE_SZ)))
		return -EBADMSG;
	return 0;
}

static int set_limits(int fd)
{
	const struct timeval timeout = { .tv_sec = TIMEOUT_S };
	const int size = SOCKET_BUF / 2;	/* the kernel doubles it */

	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)))
		return -errno;
	return 0;
}

static int open_stream(struct stream *s)
{
	uint64_t i;
	int err = tcp_pair_open(&s->tcp, &s->pair, PORT);

	err = err ?: set_limits(s->tcp.near_fd);
	err = err ?: set_limits(s->tcp.far_fd);
	for (i = 0; i < NR_WARMUP && !err; i++)
		err = transfer(s, i, false);
	return err;
}

static int make(struct bench_run *r)
{
	struct stream *s = calloc(1, sizeof(*s));
	int err = 0;

	if (!s)
		return -ENOMEM;
	r->priv = s;
	s->hook = NET_HOOK_NONE;
	s->tcp = (struct tcp_pair){ -1, -1 };
	/* The case comes before its baseline, which then is in its namespace, too. */
	if (r->slot == SLOT_RAW)
		err = netns_private();
	if (err)
		return bench_fail(r, err, "cannot make a network namespace: %s", strerror(-err));
	err = net_pair_create(&s->pair, NET_VETH, r->slot);
	if (err)
		return bench_fail(r, err, "%s", s->pair.err);
	err = open_stream(s);
	return err ? bench_fail(r, err, "cannot open a stream: %s", strerror(-err)) : 0;
}

static int attach(struct bench_run *r, struct stream *s)
{
	int fd = bpf_program__fd(r->prog);

	if (is(r, "xdp"))
		return net_hook_xdp(&s->hook, &s->pair.far, fd);
	if (is(r, "tc"))
		return net_hook_tc(&s->hook, &s->pair.far, fd);
	return net_hook_socket(&s->hook, -1, fd, BPF_SK_SKB_STREAM_VERDICT, s->tcp.far_fd);
}

static int setup(struct bench_run *r)
{
	int err = r->priv ? 0 : make(r);
	struct stream *s = r->priv;

	if (err)
		return err;
	s->nr_rates = 0;
	if (r->prog)
		err = attach(r, s);
	return err ? bench_fail(r, err, "%s does not attach: %s", r->bench->id, strerror(-err)) : 0;
}

static void unload(struct bench_run *r)
{
	struct stream *s = r->priv;

	if (s)
		net_hook_detach(&s->hook);
}

static int run(struct bench_run *r, uint64_t ops, struct bench_batch *b)
{
	struct stream *s = r->priv;
	uint64_t start = bench_now_ns(), i;
	int err = 0;

	for (i = 0; i < ops && !err; i++)
		err = transfer(s, i, r->is_timed);
	b->elapsed = bench_now_ns() - start;
	if (err == -EBADMSG)
		return bench_fail(r, err, "other bytes arrived than were sent");
	if (err)
		return bench_fail(r, err, "the stream stopped: %s", strerror(-err));
	if (r->is_timed && s->nr_rates < MAX_RATES)
		s->rate[s->nr_rates++] = (double)ops * WRITE_SZ / b->elapsed * 1e9;
	return 0;
}

/* Of the batches, as one that was disturbed is no property of the path. */
static int report(struct bench_run *r)
{
	const struct stream *s = r->priv;
	double median;
	int err;

	if (!s->nr_rates)
		return 0;
	err = stats_median(s->rate, s->nr_rates, &median);
	return err ?: bench_report(r, "bandwidth", median);
}

static int before(struct bench_run *r)
{
	struct stream *s = r->priv;
	int err;

	if (!r->prog)
		return 0;
	err = bench_run_cnt(r->prog, &s->runs);
	return err ? bench_fail(r, err, "cannot read the count of runs: %s", strerror(-err)) : 0;
}

/* Once for each segment at a device; a socket's queue may hold them merged. */
static int verify(struct bench_run *r)
{
	uint64_t runs, want = is(r, "sk_skb") ? r->ops : r->ops * WRITE_SZ / MSS;
	struct stream *s = r->priv;
	int err;

	if (!r->prog)
		return 0;
	err = bench_run_cnt(r->prog, &runs);
	if (err)
		return err;
	if (runs - s->runs < want)
		return bench_fail(r, -EBADMSG,
				  "%s ran %llu times in %llu writes, not at least %llu",
				  r->bench->id, (unsigned long long)(runs - s->runs),
				  (unsigned long long)r->ops, (unsigned long long)want);
	return 0;
}

BENCH_FAMILY(hook_bandwidth, .setup = setup, .before = before, .run = run, .verify = verify,
	     .report = report, .unload = unload, .counts_runs = true);
