// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>
#include <linux/types.h>
#include "bench_family.h"
#include "jit_sum.skel.h"
#include "twin_loop.h"

/* One byte more than is summed, so that one too many shows. */
static const uint8_t packet[65] = {
	1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0x88, 0xb5, 15, 16,
	[16] = 23, [31] = 200, [47] = 101, [63] = 77, [64] = 50,
};

static uint64_t expect(const struct bench_run *r, uint64_t i)
{
	uint64_t k, sum = 0;

	if (!strcmp(r->bench->name, "native_empty") || !strcmp(r->bench->name, "user_empty"))
		return i;
	for (k = 0; k < 64; k++)
		sum += packet[k];
	return bench_run_param(r, "n") * sum;
}

static int setup(struct bench_run *r)
{
	r->packet = packet;
	r->packet_sz = sizeof(packet);
	return 0;
}

static int verify(struct bench_run *r)
{
	return bench_verify_sum(r, expect);
}

static TWIN_NATIVE uint64_t loop_sum(const void *data, uint64_t data_sz, uint64_t n,
				     uint64_t nr_ops)
{
	return TWIN_LOOP(nr_ops, twin_sum(data, (const char *)data + data_sz, n));
}

static int run(struct bench_run *r, uint64_t ops, struct bench_batch *b)
{
	(void)b;
	r->states[0].sink = strcmp(r->bench->name, "user") ? twin_loop_empty(ops) :
			    loop_sum(packet, sizeof(packet), bench_run_param(r, "n"), ops);
	return 0;
}

BENCH_FAMILY(jit_sum, .setup = setup, .verify = verify, .run = run);
