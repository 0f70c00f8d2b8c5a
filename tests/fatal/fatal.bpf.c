// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measurements that take their kernel, or the runner, with them: the launcher must say which, and
 * measure the others. Built into a runner of its own by tests/check_fatal.sh. Never for a machine
 * that is needed: they refuse to run outside a guest of the launcher.
 */
#include "bench.bpf.h"

/* Two in each other: for ever. */
#define SPINS (1u << 23)

static int spin_inner(__u32 i, void *ctx)
{
	(void)i;
	(void)ctx;
	return 0;
}

static int spin(__u32 i, void *ctx)
{
	(void)i;
	bpf_loop(SPINS, spin_inner, ctx, 0);
	return 0;
}

BENCH(before, __bench("nothing is wrong with it"))
{
	return i;
}

BENCH_USER(panic, __bench("the kernel panics"))

BENCH(between, __bench("nothing is wrong with it"))
{
	return i;
}

BENCH(soft_lockup, __bench("spins in the kernel, preemption off"))
{
	bpf_loop(SPINS, spin, NULL, 0);
	return i;
}

/* The handler of an interrupt runs with interrupts off. */
SEC("?raw_tp/irq_handler_entry")
__bench("spins in the kernel, interrupts off") __driver("attach")
int irqs_off(void *ctx)
{
	(void)ctx;
	bpf_loop(SPINS, spin, NULL, 0);
	return 0;
}

BENCH_USER(freeze, __bench("the runner stops"))
BENCH_USER(console_flood, __bench("writes to the console without end"))
BENCH_USER(busy, __bench("keeps the guest busy until the test kills QEMU"))
BENCH_USER(hungry, __bench("touches more of its memory than the test leaves to QEMU"))

BENCH(after, __bench("nothing is wrong with it"))
{
	return i;
}
