// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kfuncs for sched_cls and xdp programs: calls into the kernel that do little, and loops of
 * native code to hold against the same source compiled for eBPF (twin.h). A program reads the
 * clock, calls a loop once for a whole batch, and reads the clock again.
 *
 * The loops are not bounded and run with whatever the program's hook has switched off: a batch is
 * to stay below a tick. Nothing here is of use to anybody who does not measure.
 */
#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/btf_ids.h>
#include <linux/module.h>
#include <linux/string.h>
#include "twin.h"

/* What __bpf_kfunc says since 6.3 (57e7c169cd6a). */
#define BENCH_KFUNC noinline __noclone __used

/* Since 6.9 (6f3189f38a3e) the kernel wants to hear that all in a set are kfuncs. */
#ifdef BTF_KFUNCS_START
#define BENCH_KFUNCS_START(name)	BTF_KFUNCS_START(name)
#define BENCH_KFUNCS_END(name)		BTF_KFUNCS_END(name)
#else
#define BENCH_KFUNCS_START(name)	BTF_SET8_START(name)
#define BENCH_KFUNCS_END(name)		BTF_SET8_END(name)
#endif

/* The suffix __sz ties a length to the memory in front of it: the verifier checks both. */
u64 bench_kmod_nop(u64 x);
u64 bench_kmod_memcpy(void *dst, u32 dst__sz, const void *src, u32 src__sz);
u64 bench_kmod_loop_empty(u64 nr_ops);
u64 bench_kmod_loop_memcpy(void *slots, u32 slots__sz, const void *obj, u32 obj__sz, u64 nr_ops);
u64 bench_kmod_loop_fib(u64 n, u64 nr_ops);
u64 bench_kmod_loop_sum(const void *data, u32 data__sz, u64 n, u64 nr_ops);

BENCH_KFUNC u64 bench_kmod_nop(u64 x)
{
	return x;
}

/* The kernel's memcpy() of a length unknown when compiled; bytes copied, 0 if they do not fit. */
BENCH_KFUNC u64 bench_kmod_memcpy(void *dst, u32 dst__sz, const void *src, u32 src__sz)
{
	if (src__sz > dst__sz)
		return 0;
	memcpy(dst, src, src__sz);
	return src__sz;
}

/* The sum of what nr_ops operations return; i counts them, as in BENCH(). */
#define BENCH_KMOD_LOOP(op)				\
({							\
	u64 i, value, sum = 0;				\
							\
	for (i = 0; i < nr_ops; ) {			\
		value = (op);				\
		twin_hide(value);			\
		sum += value;				\
		i++;					\
		twin_hide(i);				\
	}						\
	sum;						\
})

/* What the others cost without their operation. */
BENCH_KFUNC u64 bench_kmod_loop_empty(u64 nr_ops)
{
	return BENCH_KMOD_LOOP(i);
}

/* Copies of obj__sz bytes, each to the next of the slots that fit. */
BENCH_KFUNC u64 bench_kmod_loop_memcpy(void *slots, u32 slots__sz, const void *obj, u32 obj__sz,
				       u64 nr_ops)
{
	u64 at = 0;

	if (!obj__sz || obj__sz > slots__sz)
		return 0;
	return BENCH_KMOD_LOOP(({
		u64 copied = twin_memcpy(slots + at, obj, obj__sz);

		at = twin_next_slot(at, obj__sz, slots__sz);
		copied;
	}));
}

BENCH_KFUNC u64 bench_kmod_loop_fib(u64 n, u64 nr_ops)
{
	return BENCH_KMOD_LOOP(twin_fib(n));
}

BENCH_KFUNC u64 bench_kmod_loop_sum(const void *data, u32 data__sz, u64 n, u64 nr_ops)
{
	return BENCH_KMOD_LOOP(twin_sum(data, data + data__sz, n));
}

BENCH_KFUNCS_START(bench_kmod_ids)
BTF_ID_FLAGS(func, bench_kmod_nop)
BTF_ID_FLAGS(func, bench_kmod_memcpy)
BTF_ID_FLAGS(func, bench_kmod_loop_empty)
BTF_ID_FLAGS(func, bench_kmod_loop_memcpy)
BTF_ID_FLAGS(func, bench_kmod_loop_fib)
BTF_ID_FLAGS(func, bench_kmod_loop_sum)
BENCH_KFUNCS_END(bench_kmod_ids)

static const struct btf_kfunc_id_set bench_kmod_set = {
	.owner = THIS_MODULE,
	.set = &bench_kmod_ids,
};

static int __init bench_kmod_init(void)
{
	int err = register_btf_kfunc_id_set(BPF_PROG_TYPE_SCHED_CLS, &bench_kmod_set);

	return err ?: register_btf_kfunc_id_set(BPF_PROG_TYPE_XDP, &bench_kmod_set);
}
module_init(bench_kmod_init);

/* Without one the module could not be unloaded; what it registered goes with it. */
static void __exit bench_kmod_exit(void)
{
}
module_exit(bench_kmod_exit);

MODULE_DESCRIPTION("Kfuncs and native loops to measure eBPF by");
MODULE_LICENSE("GPL");
