// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bench_family.h"
#include "chain_tcx.skel.h"
#include "net/attach.h"
#include "net/lane.h"
#include "net/netns.h"
#include "prog_set.h"

#define PORT	4321
#define MAX	63	/* of programs on one hook: BPF_MPROG_MAX less one */

/* One slot. */
struct chain {
	struct net_lane lane;
	struct prog_set set;	/* of this load */
	int links[MAX];
	uint32_t nr_links;
	uint64_t packets;	/* since the programs were attached */
};

static struct bpf_map *map_of(const struct bench_run *r)
{
	struct chain_tcx *skel = r->skel;

	return strcmp(r->bench->name, "count") ? NULL : skel->maps.count_map;
}

static int attach(void *ctx)
{
	struct chain *c = ctx;
	int link;

	while (c->nr_links < c->set.nr) {
		link = net_link_create(c->set.progs[c->nr_links], c->lane.pair.far.ifindex,
				       ATTACH_TCX_INGRESS);
		if (link < 0)
			return link;
		c->links[c->nr_links++] = link;
	}
	return 0;
}

static int setup(struct bench_run *r)
{
	struct chain *c = r->priv;
	int err = 0;

	if (!c) {
		c = r->priv = calloc(1, sizeof(*c));
		if (!c)
			return -ENOMEM;
		err = net_lane_open(&c->lane, r->slot, PORT, r->err, sizeof(r->err));
	}
	if (err || !r->prog)
		return err;
	err = prog_set_load(&c->set, r->prog, map_of(r), bench_run_param(r, "progs"));
	if (err)
		return bench_fail(r, err, "copy %u does not load: %s", c->set.nr - 1,
				  strerror(-err));
	c->packets = 0;
	err = netns_run(c->lane.pair.far.ns, attach, c);
	if (err)
		return bench_fail(r, err, "tcx link %u cannot be made: %s", c->nr_links,
				  strerror(-err));
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
	int err = net_lane_send(&c->lane, ops);

	(void)b;
	c->packets += ops;
	return err ? bench_fail(r, err, "%llu packets cannot be sent: %s", (unsigned long long)ops,
				strerror(-err)) : 0;
}

static int before(struct bench_run *r)
{
	struct chain *c = r->priv;
	int err;

	err = prog_set_mark(&c->set);
	return err ? bench_fail(r, err, "cannot read the counts of runs: %s", strerror(-err)) : 0;
}

/* Each program ran for each packet, and says so in its own map. */
static int verify_chain(struct bench_run *r)
{
	struct chain *c = r->priv;
	int err = traffic_wait(prog_set_all_runs, &c->set, r->ops * c->set.nr);
	uint64_t count = c->packets;
	uint32_t i, zero = 0;

	for (i = 0; i < c->set.nr && !err; i++) {
		if (c->set.maps[i] >= 0)
			err = bpf_map_lookup_elem(c->set.maps[i], &zero, &count);
		if (!err && (count != c->packets ||
			     prog_set_runs(&c->set, i) != (int64_t)r->ops))
			err = bench_fail(r, -EBADMSG, "program %u of %u ran %lld times in %llu "
					 "packets, and counted %llu of %llu", i, c->set.nr,
					 (long long)prog_set_runs(&c->set, i),
					 (unsigned long long)r->ops, (unsigned long long)count,
					 (unsigned long long)c->packets);
	}
	if (err && !r->err[0])
		bench_fail(r, err, "%lld runs of %u programs in %llu packets",
			   (long long)prog_set_all_runs(&c->set), c->set.nr,
			   (unsigned long long)r->ops);
	return err;
}

static int verify(struct bench_run *r)
{
	return r->prog ? verify_chain(r) : 0;
}

/* The cost of one more program, without the hook. */
static const struct bench_derived slopes[] = {
	{ "slope_nothing", "cost of one more program: line through net of nothing" },
	{ "slope_count", "cost of one more program: line through net of count" },
	{}
};

BENCH_FAMILY(chain_tcx, .setup = setup, .unload = unload, .run = run, .before = before,
	     .verify = verify, .derived = slopes, .derive = bench_derive_slope,
	     .counts_runs = true);
