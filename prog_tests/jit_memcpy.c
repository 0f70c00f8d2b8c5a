// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <linux/types.h>
#include "bench_family.h"
#include "jit_memcpy.skel.h"
#include "../progs/jit_memcpy.h"
#include "twin_loop.h"

#define PACKET_SZ 1500	/* with what else a page must hold, not much more fits */
#define SLOT_SZ 1024

_Static_assert(JIT_MEMCPY_SLOTS_SZ == TWIN_SLOTS * SLOT_SZ, "the paper's case");

static bool is_named(const struct bench_run *r, const char *part)
{
	return strstr(r->bench->name, part);
}

static int prepare(struct bench_run *r)
{
	struct jit_memcpy *skel = r->skel;

	if (strcmp(r->bench->name, "map_update"))
		return 0;
	return bpf_map__set_value_size(skel->maps.values, bench_run_param(r, "size"));
}

/* Packet and object hold the same bytes; the packet is no protocol's. */
static int setup(struct bench_run *r)
{
	struct jit_memcpy *skel = r->skel;
	size_t i;

	for (i = 0; i < sizeof(skel->bss->obj); i++)
		skel->bss->obj[i] = i * 7 + 1 + i / 256;
	r->packet = skel->bss->obj;
	r->packet_sz = PACKET_SZ;
	return 0;
}

static int before(struct bench_run *r)
{
	struct jit_memcpy *skel = r->skel;

	memset(skel->bss->slots, 0, sizeof(skel->bss->slots));
	skel->bss->next_slot = 0;
	return 0;
}

static uint64_t first_word(const struct bench_run *r, uint64_t i)
{
	struct jit_memcpy *skel = r->skel;
	uint64_t word;

	(void)i;
	if (is_named(r, "empty"))
		return 0;
	memcpy(&word, skel->bss->obj, sizeof(word));
	return word;
}

/* Slot by slot: the object's bytes in front, nothing behind them. */
static int verify_slots(struct bench_run *r, size_t copied, size_t size)
{
	static const char nothing[TWIN_COPY_MAX];
	const struct jit_memcpy *skel = r->skel;
	const char *slots = skel->bss->slots, *want;
	size_t at, len;

	for (at = 0; at < sizeof(skel->bss->slots); at += size) {
		len = sizeof(skel->bss->slots) - at < size ? sizeof(skel->bss->slots) - at : size;
		want = at / size < copied ? skel->bss->obj : nothing;
		if (memcmp(slots + at, want, len))
			return bench_fail(r, -EBADMSG, at / size < copied ?
					  "copy %zu did not arrive" :
					  "something arrived in place %zu, where nothing was copied to",
					  at / size);
	}
	return 0;
}

static int verify_value(struct bench_run *r, size_t size)
{
	struct jit_memcpy *skel = r->skel;
	char value[TWIN_COPY_MAX];
	uint32_t key = 0;
	int err;

	err = bpf_map__lookup_elem(skel->maps.values, &key, sizeof(key), value, size, 0);
	if (err)
		return bench_fail(r, err, "cannot read the value: %s", strerror(-err));
	if (memcmp(value, skel->bss->obj, size))
		return bench_fail(r, -EBADMSG, "the value is not what it was updated to");
	return 0;
}

/* Each operation returned the first word copied, and exactly what was to arrive did. */
static int verify(struct bench_run *r)
{
	size_t size = bench_run_param(r, "size"), copied = 1;
	int err = bench_verify_sum(r, first_word);

	if (err || !strcmp(r->bench->name, "map_empty"))
		return err;
	if (!strcmp(r->bench->name, "map_update"))
		return verify_value(r, size);
	if (is_named(r, "_slots")) {
		size = SLOT_SZ;
		copied = r->ops < TWIN_SLOTS ? r->ops : TWIN_SLOTS;
	} else if (is_named(r, "empty")) {
		size = sizeof(uint64_t);
		copied = 0;
	}
	return verify_slots(r, copied, size);
}

static TWIN_NATIVE uint64_t loop_memcpy(char *slots, uint64_t slots_sz, const char *obj,
					uint64_t size, uint64_t nr_ops)
{
	uint64_t at = 0;

	return TWIN_LOOP(nr_ops, ({
		uint64_t word = twin_memcpy(slots + at, obj, size);

		at = twin_next_slot(at, size, slots_sz);
		word;
	}));
}

static int run(struct bench_run *r, uint64_t ops, struct bench_batch *b)
{
	struct jit_memcpy *skel = r->skel;
	uint64_t size, slots_sz;

	(void)b;
	if (!strcmp(r->bench->name, "user"))
		slots_sz = size = bench_run_param(r, "size");
	else if (!strcmp(r->bench->name, "user_slots"))
		slots_sz = sizeof(skel->bss->slots), size = SLOT_SZ;
	else
		slots_sz = size = NO_COPY_SIZE;
	r->states[0].sink = loop_memcpy(skel->bss->slots, slots_sz, skel->bss->obj, size, ops);
	return 0;
}

BENCH_FAMILY(jit_memcpy, .prepare = prepare, .setup = setup, .before = before, .verify = verify,
	     .run = run);
