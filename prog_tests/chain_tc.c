// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "bench_family.h"
#include "chain_tc.skel.h"
#include "net/attach.h"
#include "net/lane.h"
#include "net/netns.h"
#include "prog_set.h"
#include "../progs/chain_tc.h"

/* One slot. */
struct chain {
	struct net_lane lane;
	struct prog_set set;	/* of this load */
	uint32_t nr;		/* filters */
};

static bool is_own(const struct bench_run *r)
{
	return !strncmp(r->bench->name, "own_", 4);
}

static bool is_filtering(const struct bench_run *r)
{
	return r->prog && !strstr(r->bench->name, "nothing");
}

static struct bpf_map *map_of(const struct bench_run *r)
{
	char name[64];

	snprintf(name, sizeof(name), "%s_map", r->bench->name);
	return bpf_object__find_map_by_name(r->obj, name);
}

/*
 * Once for all loads: it takes longer than everything else, and ends with the process, which the
 * runner starts for this case alone. The case comes before its baseline, which is then in its
 * namespace, too.
 */
static int open_chain(struct bench_run *r)
{
	struct chain *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	r->priv = c;
	return net_lane_open(&c->lane, r->slot, CHAIN_TC_PORT, r->err, sizeof(r->err));
}

static int attach(void *ctx)
{
	struct chain *c = ctx;
	const int ifindex = c->lane.pair.far.ifindex;
	int err = net_clsact_open(ifindex);
	uint32_t i;

	for (i = 0; i < c->nr && !err; i++)
		err = net_clsact_attach(ifindex, false, c->set.progs[i % c->set.nr], i + 1);
	return err;
}

static int detach(void *ctx)
{
	struct chain *c = ctx;

	return net_clsact_close(c->lane.pair.far.ifindex);
}

static int setup(struct bench_run *r)
{
	int err = r->priv ? 0 : open_chain(r);
	struct chain *c = r->priv;

	if (err || !r->prog)
		return err;
	c->nr = bench_run_param(r, "progs");
	err = prog_set_load(&c->set, r->prog, is_own(r) ? map_of(r) : NULL,
			    is_own(r) ? c->nr : 1);
	if (err)
		return bench_fail(r, err, "copy %u does not load: %s", c->set.nr - 1,
				  strerror(-err));
	err = netns_run(c->lane.pair.far.ns, attach, c);
	if (err)
		return bench_fail(r, err, "%u filters do not attach: %s", c->nr, strerror(-err));
	return 0;
}

static void unload(struct bench_run *r)
{
	struct chain *c = r->priv;

	if (!c || !c->nr)
		return;
	netns_run(c->lane.pair.far.ns, detach, c);
	prog_set_close(&c->set);
	c->nr = 0;
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
	struct chain *c = r->priv;
	int err;

	err = prog_set_mark(&c->set);
	return err ? bench_fail(r, err, "cannot read the counts of runs: %s", strerror(-err)) : 0;
}

/* Each packet ran through all filters. */
static int verify_runs(struct bench_run *r)
{
	struct chain *c = r->priv;
	const int64_t want = r->ops * c->nr, each = want / c->set.nr;
	int err = traffic_wait(prog_set_all_runs, &c->set, want);
	uint32_t i;

	for (i = 0; i < c->set.nr && !err; i++)
		if (prog_set_runs(&c->set, i) != each)
			err = -EBADMSG;
	return err ? bench_fail(r, err, "%lld runs of the %u programs together, not %lld of each",
				(long long)prog_set_all_runs(&c->set), c->set.nr,
				(long long)each) : 0;
}

/* What goes to the blocked port ends in the first filter. */
static int verify_filter(struct bench_run *r)
{
	struct chain *c = r->priv;
	int err = prog_set_mark(&c->set);

	err = err ?: net_lane_send_to(&c->lane, CHAIN_TC_BLOCKED_PORT);
	err = err ?: traffic_wait(prog_set_all_runs, &c->set, 1);
	return err ? bench_fail(r, err, "a packet to the blocked port is not dropped by the first "
				"filter: %s", strerror(-err)) : 0;
}

/* The entry of frame @key in one map, on the CPU that sent. */
static int verify_entry(const struct bench_run *r, int map, uint32_t key, uint64_t *value,
			bool is_percpu)
{
	const uint64_t *words = value + (is_percpu ? (size_t)r->cpu * CHAIN_TC_WORDS : 0);
	int err = bpf_map_lookup_elem(map, &key, value), k;

	for (k = 0; k < CHAIN_TC_WORDS && !err; k++)
		if (words[k] != CHAIN_TC_WORD(key))
			err = -EBADMSG;
	return err;
}

static int verify_maps(struct bench_run *r)
{
	struct bpf_map *map = map_of(r);
	bool is_percpu = map && bpf_map__type(map) == BPF_MAP_TYPE_PERCPU_ARRAY;
	const uint32_t frames = r->ops < NET_LANE_FRAMES ? r->ops : NET_LANE_FRAMES;
	struct chain *c = r->priv;
	uint64_t *value;
	uint32_t i, key;
	int err = 0;

	if (!map)
		return 0;
	value = calloc(is_percpu ? libbpf_num_possible_cpus() : 1, bpf_map__value_size(map));
	if (!value)
		return -ENOMEM;
	for (i = 0; i < c->set.nr && !err; i++)
		for (key = 0; key < frames && !err; key++)
			err = verify_entry(r, is_own(r) ? c->set.maps[i] : bpf_map__fd(map), key,
					   value, is_percpu);
	free(value);
	return err ? bench_fail(r, err, "map %u of %u: an entry is not what was written (%s)",
				i - 1, c->set.nr, strerror(-err)) : 0;
}

static int verify(struct bench_run *r)
{
	int err;

	if (!r->prog)
		return 0;
	err = verify_runs(r);
	err = err ?: verify_maps(r);
	return err || !is_filtering(r) ? err : verify_filter(r);
}

/* The cost of one more filter, without the hook. */
static const struct bench_derived slopes[] = {
#define SLOPE(way) { "slope_" #way, "cost of one more filter: line through net of " #way }
	SLOPE(same_nothing), SLOPE(same_filter), SLOPE(same_array), SLOPE(same_percpu_array),
	SLOPE(own_nothing), SLOPE(own_filter), SLOPE(own_array), SLOPE(own_percpu_array),
#undef SLOPE
	{}
};

BENCH_FAMILY(chain_tc, .setup = setup, .unload = unload, .run = run, .before = before,
	     .verify = verify, .derived = slopes, .derive = bench_derive_slope,
	     .counts_runs = true);
