/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What libbpf 1.1.2 has no call for, or needs two. All of it works on the calling thread's
 * network namespace. Generic and native XDP: bpf_xdp_attach(ifindex, prog_fd, XDP_FLAGS_SKB_MODE
 * or XDP_FLAGS_DRV_MODE, NULL) as it is.
 */
#ifndef BENCH_ATTACH_H
#define BENCH_ATTACH_H

#include <stdbool.h>
#include <stdint.h>
#include <bpf/libbpf.h>

/* enum bpf_attach_type, as far as libbpf's headers lack it. */
#define ATTACH_NETFILTER	((enum bpf_attach_type)45)	/* 6.4, 84601d6ee68a */
#define ATTACH_TCX_INGRESS	((enum bpf_attach_type)46)	/* 6.6, e420bed02507 */
#define ATTACH_TCX_EGRESS	((enum bpf_attach_type)47)
#define ATTACH_NETKIT_PRIMARY	((enum bpf_attach_type)54)	/* 6.7, 35dfaad7188c */
#define ATTACH_NETKIT_PEER	((enum bpf_attach_type)55)
/* enum bpf_prog_type */
#define PROG_TYPE_NETFILTER	((enum bpf_prog_type)32)

/* The clsact qdisc. 0 also when it was there; -EOPNOTSUPP: no module sch_ingress. */
int net_clsact_open(int ifindex);
/* With all filters. */
int net_clsact_close(int ifindex);
/*
 * @prog_fd as a direct-action filter. Filters run in the order of @priority (from 1); the next
 * one only when the one before returned TC_ACT_UNSPEC (-1). -EOPNOTSUPP: no module cls_bpf.
 */
int net_clsact_attach(int ifindex, bool is_egress, int prog_fd, uint32_t priority);

/*
 * A tcx or netkit link on a device (@target: ifindex; netkit: always the primary's), behind those
 * that are there: the next one runs when this returned TCX_NEXT (-1). The kind of @prog_fd is
 * SCHED_CLS. The descriptor, or -errno; -EINVAL from a kernel that does not know the type.
 */
int net_link_create(int prog_fd, int target, enum bpf_attach_type type);
/* @hook: NF_INET_LOCAL_IN, ...; @priority must be neither INT_MIN nor INT_MAX. IPv4. */
int net_link_create_netfilter(int prog_fd, unsigned int hook, int priority);

/*
 * Probes, each in a child process with a namespace of its own: 1, 0 or -errno. They need
 * CAP_SYS_ADMIN, CAP_NET_ADMIN and CAP_BPF, and 3 to 6 ms each.
 */
int net_has_veth(void);
int net_has_netkit(void);	/* 6.7 */
int net_has_clsact(void);	/* sch_ingress and cls_bpf */
int net_has_tcx(void);		/* 6.6 */
int net_has_netfilter_link(void);	/* 6.4 */
int net_has_live_frames(void);	/* live_send(), 5.18 */

#endif
