// SPDX-License-Identifier: GPL-2.0-only
/*
 * What does it cost to run an empty program through the kernel's own test-run path? Measured: one
 * run inside the loop of BPF_PROG_TEST_RUN (context set-up per run, dispatch, the program), the
 * system call itself taken off as a run of one. raw_tp and syscall have no such loop: there one
 * system call is one run, and the same call refused with -EINVAL is taken off.
 *
 * Not measured: the hook in its real place, with the packet's path around it (hook_net). Nor are
 * types whose test run is about something else: that of struct_ops (c196906d50e3) builds and frees
 * a trampoline for each run, that of tracing calls all functions one could attach to (hook_trace).
 *
 * Bias: skb programs other than those for tc and sockets get the same context by the same path.
 */
#include "bench.bpf.h"

SEC("?xdp")
__bench("empty XDP program") __driver("test_run") __baseline("once") __retval("2")
int xdp(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

SEC("?xdp.frags")
__bench("empty XDP program that takes frames of several buffers, and gets one")
__driver("test_run") __baseline("once") __retval("2") __needs("xdp_frags")
int xdp_frags(struct xdp_md *ctx)
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

SEC("?cgroup_skb/ingress")
__bench("empty cgroup packet filter") __driver("test_run") __baseline("once") __retval("1")
__needs("cgroup_skb")
int cgroup_skb(struct __sk_buff *skb)
{
	(void)skb;
	return 1;
}

SEC("?flow_dissector")
__bench("empty flow dissector: it leaves the keys as they are")
__driver("test_run") __baseline("once") __needs("flow_dissector")
int flow_dissector(struct __sk_buff *skb)
{
	(void)skb;
	return 0; /* BPF_OK */
}

SEC("?lwt_in")
__bench("empty program of a light-weight tunnel, input")
__driver("test_run") __baseline("once") __needs("lwt")
int lwt_in(struct __sk_buff *skb)
{
	(void)skb;
	return 0; /* BPF_OK */
}

SEC("?lwt_out")
__bench("empty program of a light-weight tunnel, output")
__driver("test_run") __baseline("once") __needs("lwt")
int lwt_out(struct __sk_buff *skb)
{
	(void)skb;
	return 0; /* BPF_OK */
}

SEC("?lwt_xmit")
__bench("empty program of a light-weight tunnel, transmission")
__driver("test_run") __baseline("once") __needs("lwt")
int lwt_xmit(struct __sk_buff *skb)
{
	(void)skb;
	return 0; /* BPF_OK */
}

SEC("?sk_lookup")
__bench("empty program that selects no socket") __driver("test_run") __baseline("once")
__retval("1") __needs("sk_lookup_run")
int sk_lookup(struct bpf_sk_lookup *ctx)
{
	(void)ctx;
	return SK_PASS;
}

/* libbpf 1.1 does not know the type; prog_tests/hook_run.c tells it. */
SEC("?netfilter")
__bench("empty netfilter program") __driver("test_run") __baseline("once") __retval("1")
__needs("netfilter_link")
int netfilter(void *ctx)
{
	(void)ctx;
	return 1; /* NF_ACCEPT */
}

SEC("?raw_tp")
__bench("empty raw tracepoint program, one system call a run")
__driver("test_run") __baseline("refused") __retval("5")
int raw_tp(void *ctx)
{
	(void)ctx;
	return 5;
}

SEC("?syscall")
__bench("empty system call program, one system call a run")
__driver("test_run") __baseline("refused") __retval("5") __needs("syscall_prog")
int syscall(void *ctx)
{
	(void)ctx;
	return 5;
}
