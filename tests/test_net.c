// SPDX-License-Identifier: GPL-2.0-only
/* Needs root: namespaces, devices, packets through them. Otherwise every test is a SKIP. */
#include <errno.h>
#include <dirent.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include "kselftest_harness.h"
#include "net/attach.h"
#include "net/live.h"
#include "net/netns.h"
#include "net/tcp.h"
#include "net/traffic.h"

#define PORT	4321
#define NR	1000

FIXTURE(pair) {
	struct net_pair p;
	struct traffic_frames frames;
	struct packet_flow flow;
	struct udp_sink sink;
};

FIXTURE_SETUP(pair)
{
	int err;

	self->sink.fd = -1;
	libbpf_set_print(NULL);
	if (getuid())
		SKIP(return, "needs root");
	err = netns_private();
	if (err == -EPERM)
		SKIP(return, "needs CAP_SYS_ADMIN");
	ASSERT_EQ(0, err);
	err = net_pair_create(&self->p, NET_VETH, 3);
	if (err == -EOPNOTSUPP)
		SKIP(return, "%s", self->p.err);
	ASSERT_EQ(0, err) {
		printf("# %s\n", self->p.err);
	}
	self->flow = net_flow(&self->p.near, &self->p.far, 1234, PORT);
	ASSERT_EQ(0, traffic_frames_udp4(&self->frames, &self->flow, PACKET_LEN, 100));
	ASSERT_EQ(0, udp_sink_open(&self->sink, &self->p.far, PORT, NR));
}

FIXTURE_TEARDOWN(pair)
{
	if (self->sink.fd >= 0)
		close(self->sink.fd);
	free(self->frames.data);
	net_pair_free(&self->p);
}

static int64_t received(const struct net_pair *p)
{
	return traffic_received((void *)&p->far);
}

/* Exactly as many as were sent, at the device and at the socket, and nothing came back. */
#define EXPECT_ARRIVED(n) do {							\
	struct net_counters c = {};						\
										\
	EXPECT_EQ(0, traffic_wait(traffic_received, &self->p.far, n));		\
	EXPECT_EQ(0, traffic_wait(traffic_taken, &self->sink, n));		\
	EXPECT_EQ(0, udp_sink_dropped(&self->sink));				\
	EXPECT_EQ(0, net_end_counters(&self->p.near, &c));			\
	EXPECT_EQ(0u, c.rx_packets);						\
	EXPECT_EQ((uint64_t)(n), c.tx_packets);					\
} while (0)

TEST_F(pair, frames_arrive)
{
	struct traffic t;

	EXPECT_EQ(0, received(&self->p));
	ASSERT_EQ(0, traffic_open_packet(&t, self->p.near.ifindex, false));
	EXPECT_EQ(0, traffic_send(&t, &self->frames, NR));
	EXPECT_ARRIVED(NR);
	close(t.fd);
}

TEST_F(pair, frames_past_the_qdisc_arrive)
{
	struct traffic t;

	ASSERT_EQ(0, traffic_open_packet(&t, self->p.near.ifindex, true));
	EXPECT_EQ(0, traffic_send(&t, &self->frames, NR));
	EXPECT_ARRIVED(NR);
	close(t.fd);
}

TEST_F(pair, datagrams_arrive)
{
	struct traffic t;

	ASSERT_EQ(0, traffic_open_udp(&t, &self->p.near, 0, &self->p.far, PORT));
	EXPECT_EQ(0, traffic_send(&t, &self->frames, NR));
	EXPECT_ARRIVED(NR);
	close(t.fd);
}

/* A frame whose checksum is wrong reaches the device, not the socket. */
TEST_F(pair, checksums_are_looked_at)
{
	struct traffic t;

	self->frames.data[PACKET_UDP_SEQ + 3] ^= 0x40;
	self->frames.nr = 1;
	ASSERT_EQ(0, traffic_open_packet(&t, self->p.near.ifindex, false));
	EXPECT_EQ(0, traffic_send(&t, &self->frames, 1));
	EXPECT_EQ(0, traffic_wait(traffic_received, &self->p.far, 1));
	EXPECT_EQ(-ETIMEDOUT, traffic_wait(traffic_taken, &self->sink, 1));
	EXPECT_EQ(0, self->sink.nr);
	close(t.fd);
}

TEST_F(pair, waiting_ends)
{
	struct traffic t;

	EXPECT_EQ(-ETIMEDOUT, traffic_wait(traffic_received, &self->p.far, 1));
	ASSERT_EQ(0, traffic_open_packet(&t, self->p.near.ifindex, false));
	EXPECT_EQ(0, traffic_send(&t, &self->frames, 2));
	EXPECT_EQ(-EOVERFLOW, traffic_wait(traffic_received, &self->p.far, 1));
	close(t.fd);
}

/* Nothing but what was sent: no router solicitation, no report, no ARP. */
TEST_F(pair, is_silent)
{
	struct timespec second = { .tv_sec = 1 };

	nanosleep(&second, NULL);
	EXPECT_EQ(0, received(&self->p));
	EXPECT_EQ(0, traffic_received(&self->p.near));
}

TEST_F(pair, stand_side_by_side)
{
	struct net_pair other;
	struct traffic t;

	EXPECT_EQ(-EEXIST, net_pair_create(&other, NET_VETH, 3));
	net_pair_free(&other);
	EXPECT_EQ(-EINVAL, net_pair_create(&other, NET_VETH, NR_NET_PAIRS));
	net_pair_free(&other);
	ASSERT_EQ(0, net_pair_create(&other, NET_VETH, 4));
	ASSERT_EQ(0, traffic_open_packet(&t, self->p.near.ifindex, false));
	EXPECT_EQ(0, traffic_send(&t, &self->frames, NR));
	EXPECT_ARRIVED(NR);
	EXPECT_EQ(0, received(&other));
	close(t.fd);
	net_pair_free(&other);
	ASSERT_EQ(0, net_pair_create(&other, NET_VETH, 4));
	net_pair_free(&other);
}

static int nr_open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int nr = 0;

	while (dir && readdir(dir))
		nr++;
	closedir(dir);
	return nr;
}

TEST_F(pair, leaves_no_descriptor)
{
	int before = nr_open_fds();
	struct net_pair other;

	for (int i = 0; i < 3; i++) {
		ASSERT_EQ(0, net_pair_create(&other, NET_VETH, 5));
		net_pair_free(&other);
	}
	EXPECT_EQ(before, nr_open_fds());
}

static int count_filter(enum bpf_prog_type type, int ret, int *map_fd)
{
	uint32_t zero = 0;
	uint64_t none = 0;
	int err;

	*map_fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "count", sizeof(zero), sizeof(none), 1, NULL);
	if (*map_fd < 0)
		return *map_fd;
	err = bpf_map_update_elem(*map_fd, &zero, &none, BPF_ANY);
	if (err)
		return err;
	const struct bpf_insn insns[] = {
		{ .code = BPF_ST | BPF_MEM | BPF_W, .dst_reg = BPF_REG_10, .off = -4 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_2,
		  .src_reg = BPF_REG_10 },
		{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = BPF_REG_2, .imm = -4 },
		{ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = BPF_REG_1,
		  .src_reg = BPF_PSEUDO_MAP_FD, .imm = *map_fd },
		{},
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_map_lookup_elem },
		{ .code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = BPF_REG_0, .off = 2 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_1, .imm = 1 },
		{ .code = BPF_STX | BPF_ATOMIC | BPF_DW, .dst_reg = BPF_REG_0,
		  .src_reg = BPF_REG_1, .imm = BPF_ADD },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = ret },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	return bpf_prog_load(type, NULL, "GPL", insns, sizeof(insns) / sizeof(insns[0]), NULL);
}

static int64_t count_of(void *map_fd)
{
	uint32_t zero = 0;
	uint64_t value;
	int err = bpf_map_lookup_elem(*(int *)map_fd, &zero, &value);

	return err ? err : (int64_t)value;
}

#define SEND_AND_COUNT(map, want) do {						\
	struct traffic t;							\
										\
	ASSERT_EQ(0, traffic_open_packet(&t, self->p.near.ifindex, false));	\
	EXPECT_EQ(0, traffic_send(&t, &self->frames, NR));			\
	EXPECT_EQ(0, traffic_wait(count_of, &(map), want));			\
	close(t.fd);								\
} while (0)

TEST_F(pair, clsact_filters_run_in_order)
{
	int maps[3], progs[3], i;

	if (net_clsact_open(self->p.near.ifindex) == -EOPNOTSUPP)
		SKIP(return, "no clsact");
	EXPECT_EQ(0, net_clsact_open(self->p.near.ifindex));
	for (i = 0; i < 3; i++) {
		/* The second one accepts, and the third never runs. */
		progs[i] = count_filter(BPF_PROG_TYPE_SCHED_CLS, i == 1 ? 0 : -1, &maps[i]);
		ASSERT_GE(progs[i], 0);
		ASSERT_EQ(0, net_clsact_attach(self->p.near.ifindex, true, progs[i], i + 1));
	}
	SEND_AND_COUNT(maps[0], NR);
	EXPECT_EQ(NR, count_of(&maps[1]));
	EXPECT_EQ(0, count_of(&maps[2]));
	EXPECT_ARRIVED(NR);
	EXPECT_EQ(0, net_clsact_close(self->p.near.ifindex));
}

static int attach_far(void *ctx)
{
	int *args = ctx;

	return bpf_xdp_attach(args[0], args[1], args[2], NULL);
}

#define XDP_TEST(mode)								\
	int map, args[3] = { self->p.far.ifindex };				\
										\
	args[1] = count_filter(BPF_PROG_TYPE_XDP, 2 /* XDP_PASS */, &map);	\
	args[2] = mode;								\
	ASSERT_GE(args[1], 0);							\
	ASSERT_EQ(0, netns_run(self->p.far.ns, attach_far, args));		\
	SEND_AND_COUNT(map, NR);						\
	EXPECT_ARRIVED(NR)

TEST_F(pair, native_xdp_counts)
{
	XDP_TEST(XDP_FLAGS_DRV_MODE);
}

TEST_F(pair, generic_xdp_counts)
{
	XDP_TEST(XDP_FLAGS_SKB_MODE);
}

TEST_F(pair, tcx_counts)
{
	int map, prog, link;

	prog = count_filter(BPF_PROG_TYPE_SCHED_CLS, -1, &map);
	ASSERT_GE(prog, 0);
	link = net_link_create(prog, self->p.near.ifindex, ATTACH_TCX_EGRESS);
	if (link == -EINVAL)
		SKIP(return, "no tcx");
	ASSERT_GE(link, 0);
	SEND_AND_COUNT(map, NR);
	EXPECT_ARRIVED(NR);
	close(link);
}

TEST_F(pair, tcp_answers_come_back)
{
	char request[200], answer[200];
	struct net_peer *peer;
	struct tcp_pair t;

	ASSERT_EQ(0, tcp_pair_open(&t, &self->p, 80));
	peer = net_peer__start(self->p.far.ns, -1, tcp_echo, t.far_fd);
	ASSERT_NE(NULL, peer);
	for (int i = 0; i < 100; i++) {
		memset(request, i, sizeof(request));
		ASSERT_EQ(0, tcp_send_all(t.near_fd, request, sizeof(request)));
		ASSERT_EQ(0, tcp_recv_all(t.near_fd, answer, sizeof(answer)));
		ASSERT_EQ(0, memcmp(request, answer, sizeof(answer)));
	}
	EXPECT_EQ(0, shutdown(t.near_fd, SHUT_WR));
	EXPECT_EQ(0, net_peer__join(peer));
	tcp_pair_close(&t);
	/* The port is free again. */
	ASSERT_EQ(0, tcp_pair_open(&t, &self->p, 80));
	tcp_pair_close(&t);
}

#define BULK	(8u << 20)

static int send_bulk(struct net_pair *p)
{
	char *data = calloc(1, BULK);
	struct net_peer *peer;
	struct tcp_pair t;
	int err = data ? tcp_pair_open(&t, p, 80) : -ENOMEM;

	if (!err) {
		peer = net_peer__start(-1, -1, tcp_discard, t.far_fd);
		err = peer ? tcp_send_all(t.near_fd, data, BULK) : -errno;
		shutdown(t.near_fd, SHUT_WR);
		if (peer)
			err = net_peer__join(peer) ?: err;
		tcp_pair_close(&t);
	}
	free(data);
	return err;
}

/* On the device and, where TCP's segments have not been cut yet, at the egress hook. */
TEST_F(pair, bulk_is_cut_to_the_mtu)
{
	const uint64_t nr_packets = BULK / 1500u;
	struct net_counters before, after;
	uint64_t runs;
	int map, prog;

	if (net_clsact_open(self->p.near.ifindex) == -EOPNOTSUPP)
		SKIP(return, "no clsact");
	prog = count_filter(BPF_PROG_TYPE_SCHED_CLS, -1, &map);
	ASSERT_GE(prog, 0);
	ASSERT_EQ(0, net_clsact_attach(self->p.near.ifindex, true, prog, 1));
	ASSERT_EQ(0, send_bulk(&self->p));
	ASSERT_EQ(0, net_end_counters(&self->p.near, &before));
	EXPECT_GE(before.tx_packets, nr_packets);
	runs = count_of(&map);
	EXPECT_EQ(before.tx_packets, runs);
	ASSERT_EQ(0, net_end_offload(&self->p.near, true));
	ASSERT_EQ(0, send_bulk(&self->p));
	ASSERT_EQ(0, net_end_counters(&self->p.near, &after));
	EXPECT_LT(after.tx_packets - before.tx_packets, nr_packets / 2);
	EXPECT_LT(count_of(&map) - runs, nr_packets / 2);
}

TEST_F(pair, udp_answers_come_back)
{
	struct net_peer *peer;
	struct udp_sink echo;
	struct traffic t;
	char answer[64];

	ASSERT_EQ(0, udp_sink_open(&echo, &self->p.far, 7, 0));
	ASSERT_EQ(0, traffic_open_udp(&t, &self->p.near, 0, &self->p.far, 7));
	peer = net_peer__start(self->p.far.ns, -1, udp_echo, echo.fd);
	ASSERT_NE(NULL, peer);
	for (int i = 0; i < 100; i++) {
		ASSERT_EQ(0, traffic_send(&t, &self->frames, 1));
		ASSERT_EQ(PACKET_LEN, recv(t.fd, answer, sizeof(answer), 0));
		ASSERT_EQ(0, memcmp(answer, self->frames.data, PACKET_LEN));
	}
	/* Wakes an unconnected receiver, though it says that it cannot. */
	shutdown(echo.fd, SHUT_RD);
	EXPECT_EQ(0, net_peer__join(peer));
	close(echo.fd);
	close(t.fd);
}

TEST_F(pair, live_frames_arrive)
{
	const struct traffic_frames *f = &self->frames;
	struct live_source s;
	uint32_t each = 0;

	if (net_has_live_frames() != 1)
		SKIP(return, "no live frames");
	/* The receiver has no NAPI yet. */
	ASSERT_EQ(0, live_open(&s, &self->p, LIVE_REDIRECT, true));
	EXPECT_EQ(0, live_send(&s, f->data, f->len, 1, &each));
	EXPECT_EQ(0, received(&self->p));
	live_close(&s);
	ASSERT_EQ(0, net_end_offload(&self->p.far, true));
	ASSERT_EQ(0, live_open(&s, &self->p, LIVE_REDIRECT, false));
	EXPECT_EQ(0, live_send(&s, f->data, f->len, NR, &each));
	EXPECT_LT(0u, each);
	EXPECT_EQ(0, traffic_wait(traffic_received, &self->p.far, NR));
	EXPECT_EQ(0, traffic_wait(traffic_taken, &self->sink, NR));
	EXPECT_EQ(0, live_send_slices(&s, f->data, f->len, LIVE_SLICE + 1, &each));
	EXPECT_GT(UINT32_MAX, each);
	EXPECT_EQ(0, traffic_wait(traffic_received, &self->p.far, NR + LIVE_SLICE + 1));
	live_close(&s);
	ASSERT_EQ(0, live_open(&s, &self->p, LIVE_DROP, false));
	EXPECT_EQ(0, live_send(&s, f->data, f->len, NR, &each));
	EXPECT_EQ(NR + LIVE_SLICE + 1, received(&self->p));
	live_close(&s);
}

TEST_F(pair, what_arrives_is_compared)
{
	int tap = traffic_open_tap(&self->p.far, NR);
	struct traffic_frames other = self->frames;
	struct traffic t;

	ASSERT_GE(tap, 0);
	ASSERT_EQ(0, traffic_open_packet(&t, self->p.near.ifindex, false));
	EXPECT_EQ(0, traffic_send(&t, &self->frames, NR));
	EXPECT_EQ(0, traffic_expect(tap, &self->frames, NR));
	EXPECT_EQ(0, traffic_send(&t, &self->frames, 3));
	EXPECT_EQ(-EOVERFLOW, traffic_expect(tap, &self->frames, 2));
	EXPECT_EQ(0, traffic_send(&t, &self->frames, 2));
	EXPECT_EQ(-ETIMEDOUT, traffic_expect(tap, &self->frames, 3));
	/* One byte, and one frame's place. */
	EXPECT_EQ(0, traffic_send(&t, &self->frames, 1));
	self->frames.data[PACKET_LEN - 1] ^= 1;
	EXPECT_EQ(-EBADMSG, traffic_expect(tap, &self->frames, 1));
	self->frames.data[PACKET_LEN - 1] ^= 1;
	other.data += other.len;
	other.nr--;
	EXPECT_EQ(0, traffic_send(&t, &other, 1));
	EXPECT_EQ(-EBADMSG, traffic_expect(tap, &self->frames, 1));
	/* IPv4 alone. */
	self->frames.data[12] ^= 1;
	EXPECT_EQ(0, traffic_send(&t, &self->frames, 1));
	self->frames.data[12] ^= 1;
	EXPECT_EQ(0, traffic_wait(traffic_received, &self->p.far, NR + 8));
	EXPECT_EQ(0, traffic_expect(tap, &self->frames, 0));
	EXPECT_STREQ("too few", traffic_strerror(-ETIMEDOUT));
	EXPECT_STREQ("too many", traffic_strerror(-EOVERFLOW));
	EXPECT_STREQ("another length or byte", traffic_strerror(-EBADMSG));
	EXPECT_STREQ(strerror(EPERM), traffic_strerror(-EPERM));
	close(t.fd);
	close(tap);
}

/* Probes agree with the thing itself, and change nothing. */
TEST_F(pair, probes)
{
	struct net_pair netkit;
	int err;

	EXPECT_EQ(1, net_has_veth());
	EXPECT_EQ(0, received(&self->p));
	err = net_pair_create(&netkit, NET_NETKIT, 6);
	EXPECT_EQ(err ? 0 : 1, net_has_netkit());
	net_pair_free(&netkit);
	EXPECT_GE(net_has_clsact(), 0);
	EXPECT_GE(net_has_tcx(), 0);
	EXPECT_GE(net_has_netfilter_link(), 0);
	EXPECT_GE(net_has_live_frames(), 0);
}

TEST_HARNESS_MAIN
