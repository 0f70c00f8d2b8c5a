/* SPDX-License-Identifier: GPL-2.0-only */
/* A TCP connection through a pair, and threads at its far end. */
#ifndef BENCH_TCP_H
#define BENCH_TCP_H

#include <stddef.h>
#include "net/pair.h"

struct tcp_pair {
	int near_fd, far_fd;	/* blocking, TCP_NODELAY */
};

/*
 * A connection from the near address (any port) to the far one at @port. 0 or -errno;
 * tcp_pair_close().
 */
int tcp_pair_open(struct tcp_pair *t, const struct net_pair *p, uint16_t port);
void tcp_pair_close(struct tcp_pair *t);

/* All @len bytes, however many system calls it takes. 0 or -errno; end of stream: -EPIPE. */
int tcp_send_all(int fd, const void *buf, size_t len);
int tcp_recv_all(int fd, void *buf, size_t len);

/*
 * A thread for the far side of traffic. In the namespace of @ns unless that is negative, on @cpu
 * unless that is negative. It ends by itself, as the descriptor it serves is shut down or closed
 * at the other side; what it returned is what net_peer__join() does.
 */
struct net_peer;

/* NULL and errno. */
struct net_peer *net_peer__start(int ns, int cpu, int (*serve)(int fd), int fd);
int net_peer__join(struct net_peer *peer);

/* For @serve: 0 at the end of the stream, or -errno. */
int tcp_echo(int fd);		/* back comes what arrived, as it arrived */
int tcp_discard(int fd);
int udp_echo(int fd);		/* datagrams, to whom they came from; until shutdown(fd, SHUT_RD) */

#endif
