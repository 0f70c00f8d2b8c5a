// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include "bench_family.h"
#include "map_user.skel.h"

#define ENTRIES 1024

static uint64_t value(uint32_t key)
{
	return key * 3 + 1;
}

static struct bpf_map *map_of(const struct bench_run *r)
{
	char name[64];

	snprintf(name, sizeof(name), "%s_map", r->bench->name);
	return bpf_object__find_map_by_name(r->obj, name);
}

static int setup(struct bench_run *r)
{
	return bench_fill_map(r, map_of(r), ENTRIES, value);
}

static int run(struct bench_run *r, uint64_t ops, struct bench_batch *b)
{
	int fd = bpf_map__fd(map_of(r)), err = 0;
	uint64_t i, got, wrong = 0;
	uint32_t key;

	(void)b;
	for (i = 0; i < ops && !err; i++) {
		key = i % ENTRIES;
		err = bpf_map_lookup_elem(fd, &key, &got);
		wrong += got != value(key);
	}
	if (err || wrong)
		return bench_fail(r, err ? err : -EBADMSG, "%llu of %llu lookups were wrong",
				  (unsigned long long)wrong, (unsigned long long)ops);
	return 0;
}

BENCH_FAMILY(map_user, .setup = setup, .run = run);
