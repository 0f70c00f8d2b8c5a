// SPDX-License-Identifier: GPL-2.0-only
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bench_family.h"
#include "cgroup.h"
#include "chain_cgroup.skel.h"
#include "net/netns.h"
#include "net/traffic.h"
#include "prog_set.h"

#define PORT		4321	/* of the first slot's receiver */
#define FROM_PORT	1234
#define NR_FRAMES	8
#define MAX		64	/* of programs on one cgroup: BPF_CGROUP_MAX_PROGS */
#define FILL		64	/* datagrams that are more than enough to fill a queue of one */

/* One slot. */
struct chain {
	struct cgroup cgroup;		/* the innermost one */
	struct net_end lo;
	struct traffic traffic;
	struct traffic_frames frames;
	struct udp_sink sink;
	struct prog_set set;		/* of this load */
	int links[MAX];
	uint32_t nr_links;
	int64_t dropped;
};

/* The group and, for depth > 1, groups in it. */
static int make_groups(struct chain *c, struct bench_run *r)
{
	char name[256] = "base";
	uint64_t depth = bench_run_param(r, "depth");
	size_t len;

	if (r->slot == SLOT_RAW)
		strcpy(name, "raw");
	for (; depth > 1; depth--) {
		len = strlen(name);
		if (len + sizeof("/nested") > sizeof(name))
			return bench_fail(r, -E2BIG, "too many nested cgroups");
		strcpy(name + len, "/nested");
	}
	return cgroup_make(&c->cgroup, name, r->err, sizeof(r->err));
}

static int open_sockets(struct chain *c, unsigned int slot)
{
	struct packet_flow flow = net_flow(&c->lo, &c->lo, FROM_PORT + slot, PORT + slot);
	int err = udp_sink_open(&c->sink, &c->lo, PORT + slot, 1);

	err = err ?: traffic_open_udp(&c->traffic, &c->lo, FROM_PORT + slot, &c->lo, PORT + slot);
	err = err ?: traffic_frames_udp4(&c->frames, &flow, PACKET_LEN, NR_FRAMES);
	return err ?: traffic_send(&c->traffic, &c->frames, FILL);
}

/*
 * Once for all loads; sockets belong to the cgroup in which their process was. Both slots are in
 * one namespace: the case comes first.
 */
static int open_chain(struct bench_run *r)
{
	struct chain *c = calloc(1, sizeof(*c));
	int err, back;

	if (!c)
		return -ENOMEM;
	r->priv = c;
	err = r->slot == SLOT_RAW ? netns_private() : 0;
	if (err)
		return bench_fail(r, err, "no network namespace of its own: %s", strerror(-err));
	c->lo = (struct net_end){ .ns = netns_current(), .name = "lo",
				  .ip = htonl(INADDR_LOOPBACK) };
	if (c->lo.ns < 0)
		return bench_fail(r, c->lo.ns, "cannot open this network namespace");
	err = make_groups(c, r);
	if (err)
		return err;
	err = cgroup_join(&c->cgroup);
	if (err)
		return bench_fail(r, err, "cannot enter %s: %s", c->cgroup.path, strerror(-err));
	err = open_sockets(c, r->slot);
	back = cgroup_leave(&c->cgroup);
	if (err || back)
		return bench_fail(r, err ? err : back, "no sockets in %s: %s", c->cgroup.path,
				  strerror(err ? -err : -back));
	return 0;
}

static int add_link(struct chain *c, const struct bench_run *r, int prog, const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), link;

	if (fd < 0)
		return -errno;
	/* A link lets others be attached beside it, and below. */
	link = bpf_link_create(prog, fd, bpf_program__expected_attach_type(r->prog), NULL);
	close(fd);
	if (link >= 0)
		c->links[c->nr_links++] = link;
	return link < 0 ? link : 0;
}

static int attach(struct chain *c, const struct bench_run *r)
{
	uint64_t depth = bench_run_param(r, "depth"), i;
	char path[PATH_MAX];
	int err = 0;

	strcpy(path, c->cgroup.path);
	if (!depth)
		for (i = 0; i < c->set.nr && !err; i++)
			err = add_link(c, r, c->set.progs[i], path);
	for (i = 0; i < depth && !err; i++) {
		err = add_link(c, r, c->set.progs[0], path);
		*strrchr(path, '/') = '\0';
	}
	return err;
}

static int setup(struct bench_run *r)
{
	int err = r->priv ? 0 : open_chain(r);
	struct chain *c = r->priv;
	uint64_t progs = bench_run_param(r, "progs");

	if (err || !r->prog)
		return err;
	err = prog_set_load(&c->set, r->prog, NULL, progs ? progs : 1);
	if (err)
		return bench_fail(r, err, "copy %u does not load: %s", c->set.nr - 1,
				  strerror(-err));
	err = attach(c, r);
	if (err)
		return bench_fail(r, err, "link %u to %s cannot be made: %s", c->nr_links,
				  c->cgroup.path, strerror(-err));
	return 0;
}

static void unload(struct bench_run *r)
{
	struct chain *c = r->priv;

	if (!c)
		return;
	while (c->nr_links)
		close(c->links[--c->nr_links]);
	prog_set_close(&c->set);
}

static int run(struct bench_run *r, uint64_t ops, struct bench_batch *b)
{
	struct chain *c = r->priv;
	int err = traffic_send(&c->traffic, &c->frames, ops);

	(void)b;
	return err ? bench_fail(r, err, "%llu datagrams cannot be sent: %s",
				(unsigned long long)ops, strerror(-err)) : 0;
}

static int64_t dropped(void *ctx)
{
	return udp_sink_dropped(ctx);
}

static int before(struct bench_run *r)
{
	struct chain *c = r->priv;
	int err;

	c->dropped = udp_sink_dropped(&c->sink);
	if (c->dropped < 0)
		return bench_fail(r, c->dropped, "the receiver's drops cannot be read: %s",
				  strerror(-c->dropped));
	err = prog_set_mark(&c->set);
	return err ? bench_fail(r, err, "cannot read the counts of runs: %s", strerror(-err)) : 0;
}

/* All programs let each datagram through to the receiver, whose full queue drops it. */
static int verify(struct bench_run *r)
{
	struct chain *c = r->priv;
	int err = traffic_wait(dropped, &c->sink, c->dropped + r->ops);
	const int64_t each = r->ops * c->nr_links / (c->set.nr ? c->set.nr : 1);
	uint32_t i;

	if (err)
		bench_fail(r, err, "%llu datagrams did not all reach the receiver's queue: %s",
			   (unsigned long long)r->ops, strerror(-err));
	for (i = 0; i < c->set.nr && !err; i++)
		if (prog_set_runs(&c->set, i) != each)
			err = bench_fail(r, -EBADMSG, "program %u of %u ran %lld times, not %lld",
					 i, c->set.nr, (long long)prog_set_runs(&c->set, i),
					 (long long)each);
	return err;
}

/* The cost of one more program, without the hook. */
static const struct bench_derived slopes[] = {
	{ "slope_egress", "cost of one more program: line through net of egress" },
	{ "slope_ingress", "cost of one more program: line through net of ingress" },
	{ "slope_nested", "cost of one more nested cgroup with a program: line through nested" },
	{}
};

BENCH_FAMILY(chain_cgroup, .setup = setup, .unload = unload, .run = run, .before = before,
	     .verify = verify, .derived = slopes, .derive = bench_derive_slope,
	     .counts_runs = true);
