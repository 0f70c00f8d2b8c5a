// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bench_family.h"
#include "chain_xdp.skel.h"
#include "net/lane.h"
#include "net/netns.h"
#include "prog_set.h"
#include "../progs/chain_xdp.h"

#define PORT 4321

/* One slot. */
struct chain {
	struct net_lane lane;
	struct prog_set set;		/* of this load, as the rest: the device's program */
	int link;
	struct chain_xdp *with;		/* the replacing programs */
	struct bpf_link *slots[CHAIN_XDP_MAX];
	const volatile __u64 *hits;	/* one for each program of the chain */
	uint32_t depth;
};

static struct bpf_program *find(struct bpf_object *obj, const char *prefix, unsigned int k)
{
	char name[32];

	snprintf(name, sizeof(name), "%s_%u", prefix, k);
	return bpf_object__find_program_by_name(obj, name);
}

static bool is_tail(const struct bench_run *r)
{
	return !strcmp(r->bench->name, "tail");
}

static int prepare(struct bench_run *r)
{
	unsigned int k, depth = bench_run_param(r, "depth");
	int err = 0;

	for (k = 0; is_tail(r) && k < depth && !err; k++)
		err = bpf_program__set_autoload(find(r->obj, "stage", k), true);
	return err;
}

static int fill_stages(struct bench_run *r, const struct chain *c)
{
	struct chain_xdp *skel = r->skel;
	unsigned int k;
	int err, fd;

	for (k = 0; k < c->depth; k++) {
		fd = bpf_program__fd(find(r->obj, "stage", k));
		err = bpf_map__update_elem(skel->maps.stages, &k, sizeof(k), &fd, sizeof(fd), 0);
		if (err)
			return bench_fail(r, err, "stage %u does not go into the program array: %s",
					  k, strerror(-err));
	}
	return 0;
}

/*
 * The replacing programs are verified against a loaded one, so they are of an object of their own;
 * the counters are those of the program. They take their places before it is attached anywhere.
 */
static int fill_slots(struct bench_run *r, struct chain *c)
{
	struct chain_xdp *skel = r->skel;
	struct bpf_program *prog;
	unsigned int k;
	char slot[32];
	int err;

	c->with = chain_xdp__open();
	if (!c->with)
		return bench_fail(r, -errno, "cannot open the object of the replacing programs");
	c->with->rodata->depth = c->depth;
	err = bpf_map__reuse_fd(c->with->maps.bss, bpf_map__fd(skel->maps.bss));
	for (k = 0; k < c->depth && !err; k++) {
		prog = find(c->with->obj, "replacement", k);
		snprintf(slot, sizeof(slot), "slot_%u", k);
		err = bpf_program__set_autoload(prog, true);
		err = err ?: bpf_program__set_attach_target(prog, c->set.progs[0], slot);
	}
	err = err ?: chain_xdp__load(c->with);
	if (err)
		return bench_fail(r, err, "the replacing programs do not load: %s",
				  strerror(-err));
	for (k = 0; k < c->depth; k++) {
		c->slots[k] = bpf_program__attach_freplace(find(c->with->obj, "replacement", k),
							   0, NULL);
		if (!c->slots[k])
			return bench_fail(r, -errno, "slot_%u() cannot be replaced: %s", k,
					  strerror(errno));
	}
	return 0;
}

static int attach(void *ctx)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = XDP_FLAGS_DRV_MODE);
	struct chain *c = ctx;

	c->link = bpf_link_create(c->set.progs[0], c->lane.pair.far.ifindex, BPF_XDP, &opts);
	return c->link < 0 ? c->link : 0;
}

static int setup(struct bench_run *r)
{
	struct chain_xdp *skel = r->skel;
	struct chain *c = r->priv;
	int err = 0;

	if (!c) {
		c = r->priv = calloc(1, sizeof(*c));
		if (!c)
			return -ENOMEM;
		c->link = -1;
		err = net_lane_open(&c->lane, r->slot, PORT, r->err, sizeof(r->err));
	}
	err = err ?: prog_set_load(&c->set, r->prog, NULL, 1);
	if (err)
		return err;
	c->hits = skel->bss->hits;
	c->depth = bench_run_param(r, "depth");
	if (is_tail(r))
		err = fill_stages(r, c);
	else if (!strcmp(r->bench->name, "dispatcher"))
		err = fill_slots(r, c);
	if (err)
		return err;
	err = netns_run(c->lane.pair.far.ns, attach, c);
	return err ? bench_fail(r, err, "no native XDP on a veth: %s", strerror(-err)) : 0;
}

static void unload(struct bench_run *r)
{
	struct chain *c = r->priv;
	unsigned int k;

	if (!c)
		return;
	if (c->link >= 0)
		close(c->link);
	c->link = -1;
	for (k = 0; k < CHAIN_XDP_MAX; k++) {
		bpf_link__destroy(c->slots[k]);
		c->slots[k] = NULL;
	}
	chain_xdp__destroy(c->with);
	c->with = NULL;
}

static int run(struct bench_run *r, uint64_t ops, struct bench_batch *b)
{
	struct chain *c = r->priv;
	int err = net_lane_send(&c->lane, ops);

	(void)b;
	return err ? bench_fail(r, err, "%llu packets cannot be sent: %s", (unsigned long long)ops,
				strerror(-err)) : 0;
}

static int before(struct bench_run *r)
{
	struct chain_xdp *skel = r->skel;
	struct chain *c = r->priv;
	int err;

	memset((void *)skel->bss->hits, 0, sizeof(skel->bss->hits));
	err = prog_set_mark(&c->set);
	return err ? bench_fail(r, err, "cannot read the counts of runs: %s", strerror(-err)) : 0;
}

/* Each packet went through the device's program, and was counted in each of its places only. */
static int verify(struct bench_run *r)
{
	struct chain *c = r->priv;
	unsigned int k;
	int err;

	err = traffic_wait(prog_set_all_runs, &c->set, r->ops);
	if (err)
		return bench_fail(r, err, "%s ran %lld times in %llu packets", r->bench->name,
				  (long long)prog_set_all_runs(&c->set),
				  (unsigned long long)r->ops);
	for (k = 0; k < CHAIN_XDP_MAX; k++)
		if (c->hits[k] != (k < c->depth ? r->ops : 0))
			return bench_fail(r, -EBADMSG, "program %u counted %llu of %llu packets", k,
					  (unsigned long long)c->hits[k],
					  (unsigned long long)r->ops);
	return 0;
}

/* The cost of one more program, without what is set up once for a packet. */
static const struct bench_derived slopes[] = {
	{ "slope_dispatcher", "cost of one more program: line through net of dispatcher" },
	{ "slope_tail", "cost of one more program: line through net of tail" },
	{}
};

BENCH_FAMILY(chain_xdp, .prepare = prepare, .setup = setup, .unload = unload, .run = run,
	     .before = before, .verify = verify, .derived = slopes, .derive = bench_derive_slope,
	     .counts_runs = true);
