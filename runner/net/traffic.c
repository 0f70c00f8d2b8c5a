// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/sock_diag.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "netns.h"
#include "traffic.h"

#define WAIT_NS		100000000ull
/* What a packet of up to a page is charged to its socket, data and descriptor together. */
#define TRUESIZE_MAX	4352

static void traffic_init(struct traffic *t, int fd)
{
	int i;

	memset(t, 0, sizeof(*t));
	t->fd = fd;
	for (i = 0; i < TRAFFIC_BATCH; i++) {
		t->msgs[i].msg_hdr.msg_iov = &t->iovs[i];
		t->msgs[i].msg_hdr.msg_iovlen = 1;
	}
}

int traffic_frames_udp4(struct traffic_frames *f, const struct packet_flow *flow, uint32_t len,
			uint32_t nr)
{
	int err = 0;
	uint32_t i;

	*f = (struct traffic_frames){ .data = calloc(nr, len), .len = len, .nr = nr };
	if (!f->data)
		return -ENOMEM;
	for (i = 0; i < nr && !err; i++)
		err = packet_udp4(f->data + (size_t)i * len, len, flow, i);
	if (err) {
		free(f->data);
		f->data = NULL;
	}
	return err;
}

int traffic_open_packet(struct traffic *t, int ifindex, bool bypass_qdisc)
{
	struct sockaddr_ll addr = { .sll_family = AF_PACKET, .sll_ifindex = ifindex };
	int fd, one = 1, err;

	/* Protocol 0: it receives nothing. */
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	traffic_init(t, fd);
	if (!bind(fd, (struct sockaddr *)&addr, sizeof(addr)) &&
	    (!bypass_qdisc ||
	     !setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one))))
		return 0;
	err = -errno;
	close(fd);
	t->fd = -1;
	return err;
}

struct udp_open {
	const struct net_end *at;
	uint16_t port;
};

static struct sockaddr_in inet_address(const struct net_end *e, uint16_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(port),
				     .sin_addr.s_addr = e->ip };
}

static int open_udp(void *ctx)
{
	const struct udp_open *o = ctx;
	struct sockaddr_in addr = inet_address(o->at, o->port);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), err;

	if (fd < 0)
		return -errno;
	if (!bind(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

int traffic_open_udp(struct traffic *t, const struct net_end *from, uint16_t from_port,
		     const struct net_end *to, uint16_t to_port)
{
	struct sockaddr_in addr = inet_address(to, to_port);
	struct udp_open o = { from, from_port };
	int fd = netns_run(from->ns, open_udp, &o), err;

	if (fd < 0)
		return fd;
	traffic_init(t, fd);
	if (!connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return 0;
	err = -errno;
	close(fd);
	t->fd = -1;
	return err;
}

int traffic_send(struct traffic *t, const struct traffic_frames *f, uint64_t n)
{
	uint32_t next = 0;
	int i, nr, sent;

	while (n) {
		nr = n < TRAFFIC_BATCH ? (int)n : TRAFFIC_BATCH;
		for (i = 0; i < nr; i++) {
			t->iovs[i].iov_base = f->data + (size_t)((next + i) % f->nr) * f->len;
			t->iovs[i].iov_len = f->len;
		}
		sent = sendmmsg(t->fd, t->msgs, nr, 0);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return -errno;
		next = (next + sent) % f->nr;
		n -= sent;
	}
	return 0;
}

/* Room for @nr_queued packets; @fd, or -errno and it is closed. */
static int with_room(int fd, uint32_t nr_queued)
{
	/* The kernel doubles it. */
	uint64_t want = (uint64_t)nr_queued * TRUESIZE_MAX / 2;
	int size = want < INT32_MAX / 2 ? (int)want : INT32_MAX / 2, err;

	if (fd < 0 || !nr_queued ||
	    !setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static int open_tap(void *ctx)
{
	const struct net_end *e = ctx;
	struct sockaddr_ll addr = { .sll_family = AF_PACKET, .sll_ifindex = e->ifindex,
				    .sll_protocol = htons(ETH_P_IP) };
	/* Protocol 0: nothing until it is bound to the device. */
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), err;

	if (fd < 0)
		return -errno;
	if (!bind(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

int traffic_open_tap(const struct net_end *e, uint32_t nr_queued)
{
	return with_room(netns_run(e->ns, open_tap, (void *)e), nr_queued);
}

int udp_sink_open(struct udp_sink *s, const struct net_end *e, uint16_t port, uint32_t nr_queued)
{
	struct udp_open o = { e, port };

	*s = (struct udp_sink){ .fd = with_room(netns_run(e->ns, open_udp, &o), nr_queued) };
	return s->fd < 0 ? s->fd : 0;
}

int64_t udp_sink_dropped(const struct udp_sink *s)
{
	uint32_t info[SK_MEMINFO_VARS] = {};
	socklen_t len = sizeof(info);

	if (getsockopt(s->fd, SOL_SOCKET, SO_MEMINFO, info, &len))
		return -errno;
	return info[SK_MEMINFO_DROPS];
}

int64_t traffic_taken(void *ctx)
{
	struct mmsghdr msgs[TRAFFIC_BATCH] = {};
	struct udp_sink *s = ctx;
	int nr;

	/* No buffers: each packet is taken off the queue and cut to nothing. */
	for (;;) {
		nr = recvmmsg(s->fd, msgs, TRAFFIC_BATCH, MSG_DONTWAIT, NULL);
		if (nr < 0 && errno == EINTR)
			continue;
		if (nr < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK ? s->nr : -errno;
		s->nr += nr;
	}
}

uint64_t net_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ull + ts.tv_nsec;
}

int traffic_wait(int64_t (*read)(void *ctx), void *ctx, int64_t want)
{
	uint64_t until = net_now_ns() + WAIT_NS;
	bool is_late;
	int64_t got;

	for (;;) {
		/* The clock first: a reader that was descheduled gets a last look. */
		is_late = net_now_ns() > until;
		got = read(ctx);
		if (got < 0)
			return (int)got;
		if (got >= want)
			return got == want ? 0 : -EOVERFLOW;
		if (is_late)
			return -ETIMEDOUT;
		sched_yield();
	}
}

/* The next packet of socket @fd: 1, 0 when none has come until @until, or -errno. */
static int next_packet(int fd, const struct traffic_frames *f, uint64_t number, uint64_t until)
{
	uint8_t got[PACKET_MAX + 1];
	bool is_late;
	ssize_t len;

	for (;;) {
		is_late = net_now_ns() > until;
		len = recv(fd, got, sizeof(got), MSG_DONTWAIT);
		if (len < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (len >= 0)
			break;
		if (is_late)
			return 0;
		sched_yield();
	}
	if ((size_t)len != f->len || memcmp(got, f->data + number % f->nr * f->len, f->len))
		return -EBADMSG;
	return 1;
}

int traffic_expect(int fd, const struct traffic_frames *f, uint64_t n)
{
	uint64_t i, until = net_now_ns() + WAIT_NS;
	int rc;

	for (i = 0; i < n; i++) {
		rc = next_packet(fd, f, i, until);
		if (rc <= 0)
			return rc ? rc : -ETIMEDOUT;
	}
	rc = next_packet(fd, f, n, 0);
	return rc == -EBADMSG || rc > 0 ? -EOVERFLOW : rc;
}

const char *traffic_strerror(int err)
{
	switch (err) {
	case -ETIMEDOUT:
		return "too few";
	case -EOVERFLOW:
		return "too many";
	case -EBADMSG:
		return "another length or byte";
	default:
		return strerror(-err);
	}
}

int64_t traffic_received(void *ctx)
{
	struct net_counters c;
	int err = net_end_counters(ctx, &c);

	return err ? err : (int64_t)c.rx_packets;
}
