// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/if_link.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include "live.h"
#include "netns.h"

#define LO_IFINDEX	1	/* in every namespace */

static int load_redirect(int ifindex)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_1, .imm = ifindex },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_2 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_redirect },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(BPF_PROG_TYPE_XDP, "live_redirect", "GPL", insns,
			     sizeof(insns) / sizeof(insns[0]), NULL);
}

static int load_drop(void)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_DROP },
		{ .code = BPF_JMP | BPF_EXIT },
	};

	return bpf_prog_load(BPF_PROG_TYPE_XDP, "live_drop", "GPL", insns,
			     sizeof(insns) / sizeof(insns[0]), NULL);
}

static int attach_idle(void *ctx)
{
	struct live_source *s = ctx;

	s->idle = load_drop();
	if (s->idle < 0)
		return s->idle;
	s->idle_link = bpf_link_create(s->idle, LO_IFINDEX, BPF_XDP, NULL);
	return s->idle_link < 0 ? s->idle_link : 0;
}

int live_open(struct live_source *s, const struct net_pair *p, enum live_kind kind,
	      bool fills_tree)
{
	*s = (struct live_source){ .link = -1, .idle = -1, .idle_link = -1 };
	s->prog = kind == LIVE_REDIRECT ? load_redirect(p->near.ifindex) : load_drop();
	if (s->prog < 0)
		return s->prog;
	/*
	 * A test run enters a program that is attached nowhere into the dispatcher and takes it
	 * out again (f23c4b3924d2): two grace periods of RCU in each call. Nothing arrives here.
	 */
	s->link = bpf_link_create(s->prog, p->near.ifindex, BPF_XDP, NULL);
	if (s->link < 0)
		return s->link;
	return fills_tree ? netns_run(p->far.ns, attach_idle, s) : 0;
}

void live_close(struct live_source *s)
{
	int *fds[] = { &s->link, &s->idle_link, &s->prog, &s->idle };
	size_t i;

	for (i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}

int live_send(const struct live_source *s, const void *frame, uint32_t len, uint32_t n,
	      uint32_t *each)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = len,
		    .flags = BPF_F_TEST_XDP_LIVE_FRAMES, .batch_size = LIVE_SLICE, .repeat = n);
	int err = bpf_prog_test_run_opts(s->prog, &opts);

	*each = opts.duration;
	return err;
}

int live_send_slices(const struct live_source *s, const void *frame, uint32_t len, uint32_t n,
		     uint32_t *each)
{
	uint32_t nr, mean = 0;
	int err = 0;

	for (*each = UINT32_MAX; n && !err; n -= nr) {
		nr = n < LIVE_SLICE ? n : LIVE_SLICE;
		err = live_send(s, frame, len, nr, &mean);
		if (mean < *each)
			*each = mean;
	}
	return err;
}
