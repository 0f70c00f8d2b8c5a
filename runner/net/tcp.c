// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include "netns.h"
#include "tcp.h"
#include "workers.h"

#define BUF_SZ	65536

struct tcp_open {
	const struct net_end *end;
	struct sockaddr_in addr;
};

static int open_listener(void *ctx)
{
	struct tcp_open *o = ctx;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1, err;

	if (fd < 0)
		return -errno;
	if (!setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) &&
	    !bind(fd, (struct sockaddr *)&o->addr, sizeof(o->addr)) && !listen(fd, 1))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

/* The backlog completes the handshake before anybody accepts: one thread can do both. */
static int open_client(void *ctx)
{
	struct tcp_open *o = ctx;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), err;

	if (fd < 0)
		return -errno;
	if (!connect(fd, (struct sockaddr *)&o->addr, sizeof(o->addr)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static int set_nodelay(int fd)
{
	int one = 1;

	return setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) ? -errno : 0;
}

int tcp_pair_open(struct tcp_pair *t, const struct net_pair *p, uint16_t port)
{
	struct tcp_open o = { .addr = { .sin_family = AF_INET, .sin_port = htons(port),
					.sin_addr.s_addr = p->far.ip } };
	int listener, err;

	*t = (struct tcp_pair){ -1, -1 };
	listener = netns_run(p->far.ns, open_listener, &o);
	if (listener < 0)
		return listener;
	t->near_fd = netns_run(p->near.ns, open_client, &o);
	err = t->near_fd < 0 ? t->near_fd : 0;
	if (!err) {
		t->far_fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		err = t->far_fd < 0 ? -errno : 0;
	}
	close(listener);
	if (!err)
		err = set_nodelay(t->near_fd);
	if (!err)
		err = set_nodelay(t->far_fd);
	if (err)
		tcp_pair_close(t);
	return err;
}

void tcp_pair_close(struct tcp_pair *t)
{
	if (t->near_fd >= 0)
		close(t->near_fd);
	if (t->far_fd >= 0)
		close(t->far_fd);
	*t = (struct tcp_pair){ -1, -1 };
}

int tcp_send_all(int fd, const void *buf, size_t len)
{
	const char *at = buf;
	ssize_t n;

	while (len) {
		n = send(fd, at, len, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		at += n;
		len -= n;
	}
	return 0;
}

int tcp_recv_all(int fd, void *buf, size_t len)
{
	char *at = buf;
	ssize_t n;

	while (len) {
		n = recv(fd, at, len, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EPIPE;
		at += n;
		len -= n;
	}
	return 0;
}

static int serve_stream(int fd, bool is_echo)
{
	char *buf = malloc(BUF_SZ);
	ssize_t n = 0;
	int err = buf ? 0 : -ENOMEM;

	while (!err) {
		n = recv(fd, buf, BUF_SZ, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			err = n ? -errno : 0;
			break;
		}
		if (is_echo)
			err = tcp_send_all(fd, buf, n);
	}
	free(buf);
	return err;
}

int tcp_echo(int fd)
{
	return serve_stream(fd, true);
}

int tcp_discard(int fd)
{
	return serve_stream(fd, false);
}

int udp_echo(int fd)
{
	char buf[PACKET_MAX];
	struct sockaddr_in from;
	socklen_t len;
	ssize_t n;

	for (;;) {
		len = sizeof(from);
		n = recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len);
		if (n < 0 && errno == EINTR)
			continue;
		/* shutdown() wakes the receiver up with 0 and no sender. */
		if (n <= 0)
			return n ? -errno : 0;
		if (sendto(fd, buf, n, 0, (struct sockaddr *)&from, len) != n)
			return errno ? -errno : -EIO;
	}
}

struct net_peer {
	pthread_t thread;
	int ns, cpu, fd;
	int (*serve)(int fd);
	int err;
};

static void *peer_main(void *arg)
{
	struct net_peer *peer = arg;
	int err = 0;

	if (peer->cpu >= 0)
		err = pin_to_cpu(peer->cpu);
	if (!err && peer->ns >= 0)
		err = netns_enter(peer->ns);
	peer->err = err ? err : peer->serve(peer->fd);
	/* Whoever waits for an answer should not do so for ever. */
	if (peer->err)
		shutdown(peer->fd, SHUT_RDWR);
	return NULL;
}

struct net_peer *net_peer__start(int ns, int cpu, int (*serve)(int fd), int fd)
{
	struct net_peer *peer = calloc(1, sizeof(*peer));
	int err;

	if (!peer)
		return NULL;
	*peer = (struct net_peer){ .ns = ns, .cpu = cpu, .fd = fd, .serve = serve };
	err = pthread_create(&peer->thread, NULL, peer_main, peer);
	if (!err)
		return peer;
	free(peer);
	errno = err;
	return NULL;
}

int net_peer__join(struct net_peer *peer)
{
	int err;

	pthread_join(peer->thread, NULL);
	err = peer->err;
	free(peer);
	return err;
}
