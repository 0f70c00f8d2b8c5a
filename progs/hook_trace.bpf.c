// SPDX-License-Identifier: GPL-2.0-only
/*
 * What does it cost to run a program at a place in the kernel, or in a process? Measured: one hit,
 * attached minus detached. The programs count and do nothing else. What triggers them is
 *
 * - in a batch inside the kernel where that can be: a loop calls the helper bpf_get_numa_node_id(),
 *   which no kernel from 5.17 to 7.3 inlines and nothing else calls in a hurry, or the kfunc
 *   bpf_modify_return_test_tp(), whose return value may be modified and which is a tracepoint;
 * - otherwise a system call, a page fault or a call of a function of this process, whose cost is
 *   the baseline. The iterator walks over a map; its baseline is the same over an empty one.
 *
 * Not measured: what a program does, its arguments, filters, several programs at one place.
 *
 * Bias: a hit adds some 3 instructions of counting. A tracepoint's figure holds what the kernel
 * does at one that is switched on, a perf event's the sample that is prepared for the program.
 */
#include "bench.bpf.h"
#include <bpf/bpf_tracing.h>
#include "hook_trace.h"

#define __in_kernel	__trigger("helper_call") __baseline("helper_call") __exclusive
#define __by_kfunc	__trigger("kfunc_call") __baseline("kfunc_call") __exclusive	\
			__needs("bpf_trigger_tp")
#define __by_user(base)	__driver("attach") __baseline(base) __exclusive
/* A tenth of a second to attach; all along, as the baseline calls a function of its own. */
#define __in_user	__driver("attach") __baseline("user_call") __loads("6")

/* Counts in the attached program; one CPU. */
volatile __u64 hits;

/* Since 6.10, 3124591f6867; libbpf leaves it alone where it is missing. */
extern int bpf_modify_return_test_tp(int nonce) __ksym __weak;

BENCH(helper_call, __bench("a call of bpf_get_numa_node_id(), nothing attached"))
{
	return i + (bpf_get_numa_node_id() < 0);
}

SEC("?fentry/bpf_get_numa_node_id")
__bench("fentry program that counts") __in_kernel __needs("tracing")
int BPF_PROG(fentry)
{
	(void)ctx;
	hits++;
	return 0;
}

SEC("?fexit/bpf_get_numa_node_id")
__bench("fexit program that counts") __in_kernel __needs("tracing")
int BPF_PROG(fexit)
{
	(void)ctx;
	hits++;
	return 0;
}

SEC("?kprobe/bpf_get_numa_node_id")
__bench("kprobe program that counts") __in_kernel __needs("kprobe")
int kprobe(struct pt_regs *ctx)
{
	(void)ctx;
	hits++;
	return 0;
}

SEC("?kretprobe/bpf_get_numa_node_id")
__bench("kretprobe program that counts") __in_kernel __needs("kprobe")
int kretprobe(struct pt_regs *ctx)
{
	(void)ctx;
	hits++;
	return 0;
}

SEC("?kprobe.multi")
__bench("kprobe.multi program, on one function, that counts") __in_kernel __needs("kprobe_multi")
int kprobe_multi(struct pt_regs *ctx)
{
	(void)ctx;
	hits++;
	return 0;
}

SEC("?kretprobe.multi")
__bench("kretprobe.multi program, on one function, that counts")
__in_kernel __needs("kprobe_multi")
int kretprobe_multi(struct pt_regs *ctx)
{
	(void)ctx;
	hits++;
	return 0;
}

BENCH(kfunc_call, __bench("a call of bpf_modify_return_test_tp(), nothing attached")
		  __needs("bpf_trigger_tp"))
{
	return i + bpf_modify_return_test_tp(0);
}

/* 0: the function is run after it. */
SEC("?fmod_ret/bpf_modify_return_test_tp")
__bench("fmod_ret program that counts and lets the function run") __by_kfunc __needs("tracing")
int BPF_PROG(fmod_ret)
{
	(void)ctx;
	hits++;
	return 0;
}

SEC("?raw_tp/bpf_trigger_tp")
__bench("raw tracepoint program that counts") __by_kfunc __needs("raw_tp")
int raw_tp(void *ctx)
{
	(void)ctx;
	hits++;
	return 0;
}

SEC("?tp_btf/bpf_trigger_tp")
__bench("typed raw tracepoint program that counts") __by_kfunc __needs("tracing")
int BPF_PROG(tp_btf)
{
	(void)ctx;
	hits++;
	return 0;
}

SEC("?tp/bpf_test_run/bpf_trigger_tp")
__bench("tracepoint program that counts") __by_kfunc __needs("tp")
__loads("6")
int tp(void *ctx)
{
	(void)ctx;
	hits++;
	return 0;
}

BENCH_USER(rename, __bench("prctl(PR_SET_NAME), nothing attached"))

SEC("?raw_tp/task_rename")
__bench("raw tracepoint program that counts, by system call") __by_user("rename")
__needs("raw_tp")
int rename_raw_tp(void *ctx)
{
	(void)ctx;
	hits++;
	return 0;
}

SEC("?tp_btf/task_rename")
__bench("typed raw tracepoint program that counts, by system call") __by_user("rename")
__needs("tracing")
int BPF_PROG(rename_tp_btf)
{
	(void)ctx;
	hits++;
	return 0;
}

SEC("?tp/task/task_rename")
__bench("tracepoint program that counts, by system call") __by_user("rename") __needs("tp")
__loads("6")
int rename_tp(void *ctx)
{
	(void)ctx;
	hits++;
	return 0;
}

BENCH_USER(getpgid, __bench("getpgid() of this process, nothing attached"))

SEC("?fmod_ret/security_task_getpgid")
__bench("fmod_ret program that counts, by system call") __by_user("getpgid") __needs("fmod_ret")
int BPF_PROG(getpgid_fmod_ret)
{
	(void)ctx;
	hits++;
	return 0;
}

SEC("?lsm/task_getpgid")
__bench("LSM program that counts, by system call") __by_user("getpgid") __needs("lsm")
int BPF_PROG(lsm)
{
	(void)ctx;
	hits++;
	return 0;
}

BENCH_USER(user_call, __bench("a call of a function in user space, nothing attached"))

SEC("?uprobe")
__bench("uprobe program, on a nop, that counts") __in_user __needs("uprobe")
int uprobe(struct pt_regs *ctx)
{
	(void)ctx;
	hits++;
	return 0;
}

SEC("?uprobe")
__bench("uprobe program, on a nop of 5 bytes, that counts") __in_user __needs("uprobe")
int uprobe_nop5(struct pt_regs *ctx)
{
	(void)ctx;
	hits++;
	return 0;
}

SEC("?uretprobe")
__bench("uretprobe program that counts") __in_user __needs("uprobe")
int uretprobe(struct pt_regs *ctx)
{
	(void)ctx;
	hits++;
	return 0;
}

/* Not "uprobe.multi", which libbpf 1.1 does not know; prog_tests/hook_trace.c says the rest. */
SEC("?uprobe")
__bench("uprobe.multi program, on one nop, that counts")
__in_user __needs("uprobe_multi")
int uprobe_multi(struct pt_regs *ctx)
{
	(void)ctx;
	hits++;
	return 0;
}

SEC("?uprobe")
__bench("uretprobe.multi program, on one function, that counts")
__in_user __needs("uprobe_multi")
int uretprobe_multi(struct pt_regs *ctx)
{
	(void)ctx;
	hits++;
	return 0;
}

BENCH_USER(page_fault, __bench("first read of a page of anonymous memory, nothing attached")
		       __batch("64"))

SEC("?perf_event")
__bench("program of a software event, page faults with a period of 1, that counts")
__by_user("page_fault") __batch("64") __needs("perf_event")
int perf_event(struct bpf_perf_event_data *ctx)
{
	(void)ctx;
	hits++;
	return 0;
}

/* Filled by the case, left empty by its baseline. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, HOOK_TRACE_ELEMENTS);
	__uint(map_flags, BPF_F_ZERO_SEED);
	__type(key, __u32);
	__type(value, __u64);
} elements SEC(".maps");

SEC("?iter/bpf_map_elem")
__bench("iterator over a HASH, an element of 1024") __driver("attach") __baseline("iter_empty")
__batch("1024") __needs("iter")
int iter_map_elem(struct bpf_iter__bpf_map_elem *ctx)
{
	/* The last call has no element. */
	if (ctx->key)
		hits++;
	return 0;
}

SEC("?iter/bpf_map_elem")
__bench("iterator over an empty HASH of 1024, divided by 1024") __driver("attach")
__batch("1024") __needs("iter")
int iter_empty(struct bpf_iter__bpf_map_elem *ctx)
{
	if (ctx->key)
		hits++;
	return 0;
}
