// SPDX-License-Identifier: GPL-2.0-only
/*
 * What does it cost to run an empty program at a place in the kernel? Measured: one hit, attached
 * minus detached. Triggered in a batch inside the kernel: a loop calls the helper
 * bpf_get_numa_node_id(), which no kernel from 5.17 to 7.3 inlines and nothing else calls in a
 * hurry. Not measured: what a program does, filters, several programs at one place.
 */
#include "bench.bpf.h"
#include <bpf/bpf_tracing.h>

/* Counts in the attached program; one CPU. */
volatile __u64 hits;

BENCH(helper_call, __bench("a call of bpf_get_numa_node_id(), nothing attached"))
{
	return i + (bpf_get_numa_node_id() < 0);
}

SEC("?fentry/bpf_get_numa_node_id")
__bench("fentry program that counts") __trigger("helper_call") __baseline("helper_call")
__exclusive __needs("tracing")
int BPF_PROG(fentry)
{
	(void)ctx;
	hits++;
	return 0;
}

SEC("?fexit/bpf_get_numa_node_id")
__bench("fexit program that counts") __trigger("helper_call") __baseline("helper_call")
__exclusive __needs("tracing")
int BPF_PROG(fexit)
{
	(void)ctx;
	hits++;
	return 0;
}
