// SPDX-License-Identifier: GPL-2.0-only
/* Return values and the number of runs are verified for every program without a loop. */
#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "bench_family.h"
#include "core/packet.h"
#include "net/attach.h"
#include "hook_run.skel.h"

#define LOOPBACK 1	/* its index in every network namespace */

struct hook_run_input {
	uint8_t frame[PACKET_LEN];
	struct bpf_sk_lookup lookup;
};

/*
 * A test run of more than one repetition enters the XDP program into the dispatcher and takes it
 * out again (f23c4b3924d2), which waits for RCU: milliseconds that would drown the run itself. A
 * program that is attached is there already. The namespace belongs to this process and ends with
 * it; its loopback carries no traffic.
 */
static int attach_xdp(struct bench_run *r)
{
	struct hook_run *skel = r->skel;
	struct bpf_link *link;
	int err;

	if (r->is_once)
		return 0;
	if (!r->load && unshare(CLONE_NEWNET))
		return bench_fail(r, -errno, "cannot make a network namespace: %s",
				  strerror(errno));
	link = bpf_program__attach_xdp(r->prog, LOOPBACK);
	if (!link) {
		err = -errno;
		return bench_fail(r, err, "cannot attach to the loopback of a namespace: %s",
				  strerror(-err));
	}
	*(r->prog == skel->progs.xdp ? &skel->links.xdp : &skel->links.xdp_frags) = link;
	return 0;
}

static const struct packet_flow flow = {
	.src_mac = { 2, 0, 0, 0, 0, 1 }, .dst_mac = { 2, 0, 0, 0, 0, 2 },
	.src_port = 1234, .dst_port = 4321,
};

static int make_input(struct bench_run *r, struct hook_run_input *in)
{
	struct packet_flow f = flow;

	f.src_ip = htonl(0x0a000001);
	f.dst_ip = htonl(0x0a000002);
	in->lookup = (struct bpf_sk_lookup){
		.family = AF_INET, .protocol = IPPROTO_UDP,
		.remote_ip4 = f.src_ip, .remote_port = htons(f.src_port),
		.local_ip4 = f.dst_ip, .local_port = f.dst_port,
	};
	if (packet_udp4(in->frame, sizeof(in->frame), &f, 0))
		return bench_fail(r, -EINVAL, "cannot make a frame");
	return 0;
}

static int setup(struct bench_run *r)
{
	struct hook_run_input *in = r->priv;
	int err = 0;

	if (!in) {
		/* Outlives the loads, ends with the process. */
		in = r->priv = calloc(1, sizeof(*in));
		err = in ? make_input(r, in) : -ENOMEM;
	}
	if (err)
		return err;
	switch (bpf_program__type(r->prog)) {
	case BPF_PROG_TYPE_RAW_TRACEPOINT:
	case BPF_PROG_TYPE_SYSCALL:
		return 0;
	case BPF_PROG_TYPE_SK_LOOKUP:
		r->ctx_in = &in->lookup;
		r->ctx_sz = sizeof(in->lookup);
		return 0;
	case BPF_PROG_TYPE_XDP:
		err = attach_xdp(r);
		break;
	default:
		break;
	}
	r->packet = in->frame;
	r->packet_sz = sizeof(in->frame);
	return err;
}

/*
 * A section that libbpf 1.1 does not know, before the first object is opened. Without the handler
 * its program does not load; nothing else is lost.
 */
static void __attribute__((constructor)) register_netfilter(void)
{
	libbpf_register_prog_handler("netfilter", PROG_TYPE_NETFILTER, ATTACH_NETFILTER, NULL);
}

BENCH_FAMILY(hook_run, .setup = setup);
