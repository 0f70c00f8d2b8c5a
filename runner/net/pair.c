// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/neighbour.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "netns.h"
#include "pair.h"

/* enum values that older headers lack; the peer's number is the same in both device kinds. */
#define INFO_PEER		1	/* VETH_INFO_PEER, IFLA_NETKIT_PEER_INFO */
#define INFO_NETKIT_MODE	5
#define NETKIT_MODE_L2		0

#define PREFIX_LEN		30
#define GSO_SEGMENTS		65535	/* the default of every device */
#define OPER_UP			6	/* IF_OPER_UP of linux/if.h, which net/if.h excludes */
/* 2 s in all. The link watch runs once a second; each look is some 15 000 instructions. */
#define ACTIVE_TRIES		200
#define ACTIVE_PAUSE_NS		10000000

static int __attribute__((format(printf, 3, 4)))
pair_fail(struct net_pair *p, int err, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(p->err, sizeof(p->err), fmt, ap);
	va_end(ap);
	if (len >= 0 && (size_t)len < sizeof(p->err))
		snprintf(p->err + len, sizeof(p->err) - len, ": %s", strerror(-err));
	return err;
}

/* libnl has numbers of its own. */
static int nl_errno(int nl_err)
{
	switch (nl_err < 0 ? -nl_err : nl_err) {
	case NLE_SUCCESS:
		return 0;
	case NLE_OPNOTSUPP:
		return -EOPNOTSUPP;
	case NLE_PERM:
	case NLE_NOACCESS:
		return -EPERM;
	case NLE_NOMEM:
		return -ENOMEM;
	case NLE_EXIST:
		return -EEXIST;
	case NLE_NODEV:
	case NLE_OBJ_NOTFOUND:
		return -ENODEV;
	case NLE_INVAL:
		return -EINVAL;
	case NLE_BUSY:
		return -EBUSY;
	default:
		return -EIO;
	}
}

/* Talks to the calling thread's namespace. */
static int nl_open(struct nl_sock **sk)
{
	int err;

	*sk = nl_socket_alloc();
	if (!*sk)
		return -ENOMEM;
	err = nl_errno(nl_connect(*sk, NETLINK_ROUTE));
	if (err) {
		nl_socket_free(*sk);
		*sk = NULL;
	}
	return err;
}

static int put_end(struct nl_msg *msg, const struct net_end *e)
{
	NLA_PUT_STRING(msg, IFLA_IFNAME, e->name);
	NLA_PUT(msg, IFLA_ADDRESS, sizeof(e->mac), e->mac);
	NLA_PUT_U32(msg, IFLA_NUM_TX_QUEUES, 1);
	NLA_PUT_U32(msg, IFLA_NUM_RX_QUEUES, 1);
	NLA_PUT_U32(msg, IFLA_NET_NS_FD, e->ns);
	return 0;
nla_put_failure:
	return -ENOMEM;
}

/* libnl-route knows no netkit; its peer is described as veth's is. */
static int put_pair(struct nl_msg *msg, const struct net_pair *p, enum net_kind kind)
{
	struct ifinfomsg head = { .ifi_family = AF_UNSPEC };
	struct nlattr *info, *data, *peer;

	if (nlmsg_append(msg, &head, sizeof(head), NLMSG_ALIGNTO) < 0 || put_end(msg, &p->near))
		return -ENOMEM;
	info = nla_nest_start(msg, IFLA_LINKINFO);
	if (!info)
		return -ENOMEM;
	NLA_PUT_STRING(msg, IFLA_INFO_KIND, kind == NET_NETKIT ? "netkit" : "veth");
	data = nla_nest_start(msg, IFLA_INFO_DATA);
	if (!data)
		return -ENOMEM;
	if (kind == NET_NETKIT)
		NLA_PUT_U32(msg, INFO_NETKIT_MODE, NETKIT_MODE_L2);
	peer = nla_nest_start(msg, INFO_PEER);
	if (!peer || nlmsg_append(msg, &head, sizeof(head), NLMSG_ALIGNTO) < 0 ||
	    put_end(msg, &p->far))
		return -ENOMEM;
	nla_nest_end(msg, peer);
	nla_nest_end(msg, data);
	nla_nest_end(msg, info);
	return 0;
nla_put_failure:
	return -ENOMEM;
}

static int link_pair(struct net_pair *p, enum net_kind kind)
{
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	struct nl_sock *sk = NULL;
	int err = msg ? put_pair(msg, p, kind) : -ENOMEM;

	if (!err)
		err = nl_open(&sk);
	if (!err) {
		err = nl_errno(nl_send_sync(sk, msg));	/* frees it, too */
		msg = NULL;
	}
	nlmsg_free(msg);
	nl_socket_free(sk);
	return err;
}

static int set_up(struct nl_sock *sk, int ifindex)
{
	struct rtnl_link *link = rtnl_link_alloc(), *change = rtnl_link_alloc();
	int err = -ENOMEM;

	if (link && change) {
		rtnl_link_set_ifindex(link, ifindex);
		rtnl_link_set_flags(change, IFF_UP);
		err = nl_errno(rtnl_link_change(sk, link, change, 0));
	}
	rtnl_link_put(link);
	rtnl_link_put(change);
	return err;
}

static int add_address(struct nl_sock *sk, const struct net_end *e)
{
	struct nl_addr *local = nl_addr_build(AF_INET, &e->ip, sizeof(e->ip));
	struct rtnl_addr *addr = rtnl_addr_alloc();
	int err = -ENOMEM;

	if (local && addr) {
		nl_addr_set_prefixlen(local, PREFIX_LEN);
		rtnl_addr_set_ifindex(addr, e->ifindex);
		err = nl_errno(rtnl_addr_set_local(addr, local));
		if (!err)
			err = nl_errno(rtnl_addr_add(sk, addr, 0));
	}
	nl_addr_put(local);
	rtnl_addr_put(addr);
	return err;
}

static int add_neighbour(struct nl_sock *sk, int ifindex, const struct net_end *other)
{
	struct nl_addr *ip = nl_addr_build(AF_INET, &other->ip, sizeof(other->ip));
	struct nl_addr *mac = nl_addr_build(AF_LLC, other->mac, sizeof(other->mac));
	struct rtnl_neigh *neigh = rtnl_neigh_alloc();
	int err = -ENOMEM;

	if (ip && mac && neigh) {
		rtnl_neigh_set_ifindex(neigh, ifindex);
		rtnl_neigh_set_state(neigh, NUD_PERMANENT);
		rtnl_neigh_set_lladdr(neigh, mac);
		err = nl_errno(rtnl_neigh_set_dst(neigh, ip));
		if (!err)
			err = nl_errno(rtnl_neigh_add(sk, neigh, NLM_F_CREATE | NLM_F_REPLACE));
	}
	nl_addr_put(ip);
	nl_addr_put(mac);
	rtnl_neigh_put(neigh);
	return err;
}

/*
 * The queue of the end that came up first is activated by the kernel's link watch, in a work item
 * that may run later; it drops everything without a trace until then. The work item sets the
 * operational state a moment before the queue, under the RTNL lock: once that is seen and the lock
 * was taken again (net_end_offload() does), the device sends. A kernel since 6.8 (facd15dfd691)
 * does that work when it is asked for the state.
 */
static int wait_active(void *ctx)
{
	const struct timespec pause = { .tv_nsec = ACTIVE_PAUSE_NS };
	const struct net_end *e = ctx;
	struct rtnl_link *link;
	struct nl_sock *sk;
	bool is_active;
	int i, err;

	err = nl_open(&sk);
	if (err)
		return err;
	for (i = 0, is_active = false; i < ACTIVE_TRIES && !is_active && !err; i++) {
		if (i)
			nanosleep(&pause, NULL);
		err = nl_errno(rtnl_link_get_kernel(sk, e->ifindex, NULL, &link));
		if (err)
			break;
		is_active = rtnl_link_get_operstate(link) == OPER_UP;
		rtnl_link_put(link);
	}
	nl_socket_free(sk);
	return err ? err : is_active ? 0 : -ETIMEDOUT;
}

struct set_up {
	struct net_pair *pair;
	struct net_end *end;
	const struct net_end *other;
};

static int set_up_end(void *ctx)
{
	struct set_up *u = ctx;
	struct net_end *e = u->end;
	struct nl_sock *sk;
	int err;

	e->ifindex = (int)if_nametoindex(e->name);
	if (!e->ifindex)
		return pair_fail(u->pair, -errno, "%s is not there", e->name);
	err = nl_open(&sk);
	if (err)
		return pair_fail(u->pair, err, "no rtnetlink socket");
	err = add_address(sk, e);
	if (err)
		pair_fail(u->pair, err, "%s takes no address", e->name);
	if (!err && (err = set_up(sk, e->ifindex)))
		pair_fail(u->pair, err, "%s does not come up", e->name);
	if (!err && (err = add_neighbour(sk, e->ifindex, u->other)))
		pair_fail(u->pair, err, "%s takes no neighbour", e->name);
	nl_socket_free(sk);
	return err;
}

static void name_end(struct net_end *e, const char *side, unsigned int nr, uint8_t host)
{
	const uint8_t mac[6] = { 2, 0, 10, 83, nr, host };

	e->ns = -1;
	snprintf(e->name, sizeof(e->name), "%s%u", side, nr);
	memcpy(e->mac, mac, sizeof(mac));
	e->ip = htonl(10u << 24 | 83u << 16 | nr << 8 | host);
}

int net_pair_link(struct net_pair *p, enum net_kind kind, unsigned int nr)
{
	int err;

	memset(p, 0, sizeof(*p));
	name_end(&p->near, "near", nr, 1);
	name_end(&p->far, "far", nr, 2);
	if (nr >= NR_NET_PAIRS)
		return pair_fail(p, -EINVAL, "no pair number %u", nr);
	p->near.ns = netns_current();
	if (p->near.ns < 0)
		return pair_fail(p, p->near.ns, "cannot open this network namespace");
	p->far.ns = netns_new();
	if (p->far.ns < 0)
		return pair_fail(p, p->far.ns, "no new network namespace");
	err = link_pair(p, kind);
	if (err)
		return pair_fail(p, err, "no %s pair", kind == NET_NETKIT ? "netkit" : "veth");
	return 0;
}

int net_pair_create(struct net_pair *p, enum net_kind kind, unsigned int nr)
{
	struct set_up near = { p, &p->near, &p->far }, far = { p, &p->far, &p->near };
	int err = net_pair_link(p, kind, nr);

	if (!err)
		err = set_up_end(&near);
	if (err)
		return err;
	err = netns_run(p->far.ns, set_up_end, &far);
	if (err)
		return p->err[0] ? err : pair_fail(p, err, "cannot enter the far namespace");
	err = wait_active(&p->near);
	if (!err)
		err = netns_run(p->far.ns, wait_active, &p->far);
	if (err)
		return pair_fail(p, err, "the pair gets no carrier");
	err = net_end_offload(&p->near, false);
	if (!err)
		err = net_end_offload(&p->far, false);
	return err ? pair_fail(p, err, "cannot switch the offload off") : 0;
}

void net_pair_free(struct net_pair *p)
{
	struct rtnl_link *link;
	struct nl_sock *sk;

	if (p->near.ifindex && !nl_open(&sk)) {
		link = rtnl_link_alloc();
		if (link) {
			rtnl_link_set_ifindex(link, p->near.ifindex);
			rtnl_link_delete(sk, link);	/* and with it the other end */
			rtnl_link_put(link);
		}
		nl_socket_free(sk);
	}
	if (p->near.name[0] && p->near.ns >= 0)
		close(p->near.ns);
	if (p->near.name[0] && p->far.ns >= 0)
		close(p->far.ns);
	memset(p, 0, sizeof(*p));
}

struct offload {
	const struct net_end *end;
	bool is_on;
};

/* libnl-route has no name for it. */
static int set_tcp_segments(const struct offload *o)
{
	struct ifinfomsg head = { .ifi_family = AF_UNSPEC, .ifi_index = o->end->ifindex };
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_NEWLINK, 0);
	struct nl_sock *sk;
	int err;

	if (!msg)
		return -ENOMEM;
	err = nl_open(&sk);
	if (!err && (nlmsg_append(msg, &head, sizeof(head), NLMSG_ALIGNTO) < 0 ||
		     nla_put_u32(msg, IFLA_GSO_MAX_SEGS, o->is_on ? GSO_SEGMENTS : 1) < 0)) {
		nl_socket_free(sk);
		err = -ENOMEM;
	}
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	err = nl_errno(nl_send_sync(sk, msg));
	nl_socket_free(sk);
	return err;
}

static int set_offload(void *ctx)
{
	static const uint32_t commands[] = { ETHTOOL_SGSO, ETHTOOL_STSO, ETHTOOL_SGRO };
	const struct offload *o = ctx;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), err = 0;
	struct ethtool_value value = { .data = o->is_on };
	struct ifreq ifr = {};
	size_t i;

	if (fd < 0)
		return -errno;
	memcpy(ifr.ifr_name, o->end->name, sizeof(ifr.ifr_name));
	ifr.ifr_data = (void *)&value;
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]) && !err; i++) {
		value.cmd = commands[i];
		if (ioctl(fd, SIOCETHTOOL, &ifr))
			err = -errno;
	}
	close(fd);
	return err ? err : set_tcp_segments(o);
}

int net_end_offload(const struct net_end *e, bool is_on)
{
	struct offload o = { e, is_on };

	return netns_run(e->ns, set_offload, &o);
}

struct counters {
	const struct net_end *end;
	struct net_counters *c;
};

static int read_counters(void *ctx)
{
	struct counters *r = ctx;
	struct rtnl_link *link = NULL;
	struct nl_sock *sk;
	int err = nl_open(&sk);

	if (err)
		return err;
	err = nl_errno(rtnl_link_get_kernel(sk, r->end->ifindex, NULL, &link));
	if (!err) {
		r->c->rx_packets = rtnl_link_get_stat(link, RTNL_LINK_RX_PACKETS);
		r->c->rx_dropped = rtnl_link_get_stat(link, RTNL_LINK_RX_DROPPED);
		r->c->tx_packets = rtnl_link_get_stat(link, RTNL_LINK_TX_PACKETS);
		r->c->tx_dropped = rtnl_link_get_stat(link, RTNL_LINK_TX_DROPPED);
	}
	rtnl_link_put(link);
	nl_socket_free(sk);
	return err;
}

int net_end_counters(const struct net_end *e, struct net_counters *c)
{
	struct counters r = { e, c };

	return netns_run(e->ns, read_counters, &r);
}

struct packet_flow net_flow(const struct net_end *from, const struct net_end *to,
			    uint16_t src_port, uint16_t dst_port)
{
	struct packet_flow f = { .src_ip = from->ip, .dst_ip = to->ip, .src_port = src_port,
				 .dst_port = dst_port };

	memcpy(f.src_mac, from->mac, sizeof(f.src_mac));
	memcpy(f.dst_mac, to->mac, sizeof(f.dst_mac));
	return f;
}
