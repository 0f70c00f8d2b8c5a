// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <netinet/in.h>		/* in front of linux/netfilter.h, which brings linux/in.h */
#include <linux/bpf.h>
#include <linux/netfilter.h>
#include <net/if.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include "attach.h"
#include "live.h"
#include "netns.h"
#include "pair.h"

#define LO_IFINDEX	1	/* in every namespace */

/* The BPF_LINK_CREATE part of union bpf_attr since 6.4. */
struct netfilter_link_attr {
	uint32_t prog_fd, target_fd, attach_type, flags;
	uint32_t pf, hooknum;
	int32_t priority;
	uint32_t netfilter_flags;
};

int net_clsact_open(int ifindex)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex,
		    .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	int err = bpf_tc_hook_create(&hook);

	if (err == -EEXIST)
		return 0;
	return err == -ENOENT ? -EOPNOTSUPP : err;
}

int net_clsact_close(int ifindex)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex,
		    .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);

	return bpf_tc_hook_destroy(&hook);
}

int net_clsact_attach(int ifindex, bool is_egress, int prog_fd, uint32_t priority)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex,
		    .attach_point = is_egress ? BPF_TC_EGRESS : BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, opts, .handle = 1, .priority = priority, .prog_fd = prog_fd);
	int err = bpf_tc_attach(&hook, &opts);

	return err == -ENOENT ? -EOPNOTSUPP : err;
}

int net_link_create(int prog_fd, int target, enum bpf_attach_type type)
{
	/* libbpf hands types it does not know on as they are. */
	return bpf_link_create(prog_fd, target, type, NULL);
}

int net_link_create_netfilter(int prog_fd, unsigned int hook, int priority)
{
	struct netfilter_link_attr attr = {
		.prog_fd = prog_fd,
		.attach_type = ATTACH_NETFILTER,
		.pf = NFPROTO_IPV4,
		.hooknum = hook,
		.priority = priority,
	};
	long fd = syscall(SYS_bpf, BPF_LINK_CREATE, &attr, sizeof(attr));

	return fd < 0 ? -errno : (int)fd;
}

static int load_trivial(enum bpf_prog_type type, enum bpf_attach_type attach_type)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = NF_ACCEPT },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = attach_type);

	return bpf_prog_load(type, NULL, "GPL", insns, sizeof(insns) / sizeof(insns[0]), &opts);
}

/* 1, 0 where the kernel refused for want of the thing, or -errno. */
static int verdict(int err)
{
	if (err >= 0)
		return 1;
	return err == -EOPNOTSUPP || err == -EINVAL ? 0 : err;
}

static int try_pair(enum net_kind kind)
{
	struct net_pair p;

	return verdict(net_pair_link(&p, kind, 0));
}

static int try_veth(void)
{
	return try_pair(NET_VETH);
}

static int try_netkit(void)
{
	return try_pair(NET_NETKIT);
}

static int try_clsact(void)
{
	int fd = load_trivial(BPF_PROG_TYPE_SCHED_CLS, 0), err;

	if (fd < 0)
		return fd;
	err = net_clsact_open(LO_IFINDEX);
	return verdict(err ? err : net_clsact_attach(LO_IFINDEX, false, fd, 1));
}

static int try_tcx(void)
{
	int fd = load_trivial(BPF_PROG_TYPE_SCHED_CLS, 0);

	return fd < 0 ? fd : verdict(net_link_create(fd, LO_IFINDEX, ATTACH_TCX_INGRESS));
}

static int try_netfilter(void)
{
	int fd = load_trivial(PROG_TYPE_NETFILTER, ATTACH_NETFILTER);

	if (fd < 0)
		return verdict(fd);
	return verdict(net_link_create_netfilter(fd, NF_INET_LOCAL_IN, 1));
}

static int try_live_frames(void)
{
	static const uint8_t frame[PACKET_LEN];
	struct live_source s = { .prog = load_trivial(BPF_PROG_TYPE_XDP, 0) };
	uint32_t each;

	/* NF_ACCEPT is XDP_DROP. */
	return s.prog < 0 ? s.prog : verdict(live_send(&s, frame, sizeof(frame), 1, &each));
}

/* The exit status: 0 yes, 255 no, else an errno. All descriptors, and what they hold, go too. */
static int probe(int (*try)(void))
{
	int status, rc;
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (!pid) {
		/* libbpf would print the kernel's refusal. */
		libbpf_set_print(NULL);
		rc = netns_private();
		rc = rc ? rc : try();
		_exit(rc > 0 ? 0 : rc ? -rc : 255);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (!WIFEXITED(status))
		return -ECHILD;
	status = WEXITSTATUS(status);
	return status == 255 ? 0 : status ? -status : 1;
}

int net_has_veth(void)
{
	return probe(try_veth);
}

int net_has_netkit(void)
{
	return probe(try_netkit);
}

int net_has_clsact(void)
{
	return probe(try_clsact);
}

int net_has_tcx(void)
{
	return probe(try_tcx);
}

int net_has_netfilter_link(void)
{
	return probe(try_netfilter);
}

int net_has_live_frames(void)
{
	return probe(try_live_frames);
}
