/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Network namespaces without a name: they, and the devices in them, vanish with the last process
 * and file descriptor that holds them, however it ends.
 */
#ifndef BENCH_NETNS_H
#define BENCH_NETNS_H

/*
 * The calling thread, and those it starts from now on, enter a fresh namespace: loopback up, no
 * IPv6 (its router solicitations and multicast reports would be packets nobody sent), and the
 * settings that a new namespace copies from the host's (reverse path filter, forwarding, TCP's
 * congestion control: Reno) fixed. 0 or -errno.
 */
int netns_private(void);
/* A descriptor of the calling thread's namespace, or -errno. */
int netns_current(void);
/* The same fresh namespace behind a descriptor; the calling thread stays where it is. */
int netns_new(void);
/* The calling thread moves there; back with what netns_current() returned. 0 or -errno. */
int netns_enter(int ns);
/* Runs fn(ctx) there and comes back. What it returned, or -errno. */
int netns_run(int ns, int (*fn)(void *ctx), void *ctx);
/* In the calling thread's namespace. 0 or -errno. */
int netns_loopback_up(void);

#endif
