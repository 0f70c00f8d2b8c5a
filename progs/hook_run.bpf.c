// SPDX-License-Identifier: GPL-2.0-only
/*
 * What does it cost to run an empty program through the kernel's own test-run path? Measured: one
 * run inside the loop of BPF_PROG_TEST_RUN (context set-up per run, dispatch, the program), the
 * system call itself taken off as a run of one. raw_tp has no such loop: there one system call is
 * one run, and the same call refused with -EINVAL is taken off. Not measured: the hook in its real
 * place, with the packet's path around it.
 */
#include "bench.bpf.h"

SEC("?xdp")
__bench("empty XDP program") __driver("test_run") __baseline("once") __retval("2")
int xdp(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

SEC("?tc")
__bench("empty tc classifier") __driver("test_run") __baseline("once") __retval("3")
int sched_cls(struct __sk_buff *skb)
{
	(void)skb;
	return 3; /* TC_ACT_PIPE */
}

SEC("?socket")
__bench("empty socket filter") __driver("test_run") __baseline("once") __retval("1")
int socket_filter(struct __sk_buff *skb)
{
	(void)skb;
	return 1;
}

SEC("?raw_tp")
__bench("empty raw tracepoint program, one system call a run")
__driver("test_run") __baseline("refused") __retval("5")
int raw_tp(void *ctx)
{
	(void)ctx;
	return 5;
}
