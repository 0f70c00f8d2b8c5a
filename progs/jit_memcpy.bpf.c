// SPDX-License-Identifier: GPL-2.0-only
/*
 * What does copying memory cost in a BPF program? Measured: a copy of `size` bytes between two
 * 8-byte aligned buffers in global data, warm in the cache: as the compiler expands it (8-byte
 * loads and stores; BPF has no wider ones and no string instruction), by each helper that copies,
 * by the kernel's memcpy() as a kfunc, by the same source compiled into a kernel module and into
 * user space; *_slots: 1 KiB into each of 100 slots in turn. Not measured: cold or unaligned
 * buffers.
 * Each operation clears the first word of the destination and returns what arrived there, so that
 * one that does not copy every time is found; the baselines do so without the copy.
 * Bias: of copies with string instructions a counted guest counts each repetition.
 */
#include "bench.bpf.h"
#include "bench_kmod.bpf.h"
#include "jit_memcpy.h"
#include "twin.h"

#define SIZES "8,64,256,1024,4096"
#define COUNTED "a string instruction, where the kernel copies with one, counts once a repetition"

const volatile __u64 size = 64;

char obj[TWIN_COPY_MAX] __attribute__((aligned(64)));
char slots[JIT_MEMCPY_SLOTS_SZ] __attribute__((aligned(64)));
volatile __u64 next_slot;

/* One value of `size` bytes, for map_empty and map_update. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, TWIN_COPY_MAX);
} values SEC(".maps");

/* struct bpf_dynptr, which kernels before 5.19 do not know. */
struct copy_dynptr {
	__u64 opaque[2];
} __attribute__((aligned(8)));

#define FIRST_WORD(buf) (*(volatile __u64 *)(buf))

/* Where the next 1 KiB goes. The bound is for the verifier, which does not know the memory. */
#define TAKE_SLOT(to)							\
	__u64 at = next_slot;						\
									\
	if (at > JIT_MEMCPY_SLOTS_SZ - 1024)				\
		return 0;						\
	next_slot = twin_next_slot(at, 1024, JIT_MEMCPY_SLOTS_SZ);	\
	char *to = slots + at

BENCH(empty, __bench("the loop, and one word cleared and loaded"))
{
	FIRST_WORD(slots) = 0;
	return FIRST_WORD(slots);
}

BENCH(builtin, __bench("the compiler's built-in copy")
	       __baseline("empty") __param("size", SIZES)
	       __xlated("load+size/8") __xlated("store+size/8"))
{
	return twin_memcpy(slots, obj, size);
}

BENCH(probe_read_kernel, __bench("bpf_probe_read_kernel()")
			 __baseline("empty") __param("size", SIZES) __xlated("call+1"))
{
	FIRST_WORD(slots) = 0;
	bpf_probe_read_kernel(slots, size, obj);
	return FIRST_WORD(slots);
}

/*
 * In functions, so that each dynptr is in a frame of its own: kernels before 6.3 (379d4ba831cf) do
 * not let one be made where another was.
 */
static __noinline __u64 dynptr_make(void)
{
	struct copy_dynptr p;

	bpf_dynptr_from_mem(obj, sizeof(obj), 0, (void *)&p);
	FIRST_WORD(slots) = 0;
	return FIRST_WORD(slots);
}

static __noinline __u64 dynptr_copy_from(void)
{
	const __u64 n = size;
	struct copy_dynptr p;

	bpf_dynptr_from_mem(obj, sizeof(obj), 0, (void *)&p);
	FIRST_WORD(slots) = 0;
	bpf_dynptr_read(slots, n, (void *)&p, 0, 0);
	return FIRST_WORD(slots);
}

static __noinline __u64 dynptr_copy_to(void)
{
	const __u64 n = size;
	struct copy_dynptr p;

	bpf_dynptr_from_mem(slots, sizeof(slots), 0, (void *)&p);
	FIRST_WORD(slots) = 0;
	bpf_dynptr_write((void *)&p, 0, obj, n, 0);
	return FIRST_WORD(slots);
}

BENCH(dynptr_empty, __bench("making a dynptr, and one word cleared and loaded")
		    __needs("dynptr"))
{
	return dynptr_make();
}

BENCH(dynptr_read, __bench("bpf_dynptr_read() from a dynptr of global data")
		   __baseline("dynptr_empty") __needs("dynptr")
		   __param("size", "8,64,1024,4096") __xlated("call+1") __note(COUNTED))
{
	return dynptr_copy_from();
}

BENCH(dynptr_write, __bench("bpf_dynptr_write() to a dynptr of global data")
		    __baseline("dynptr_empty") __needs("dynptr")
		    __param("size", "8,64,1024,4096") __xlated("call+1") __note(COUNTED))
{
	return dynptr_copy_to();
}

BENCH_TC(skb_load_bytes, __bench("bpf_skb_load_bytes() of the packet's linear part")
			 __baseline("empty") __param("size", "8,64,1024")
			 __xlated("call+1") __note(COUNTED))
{
	FIRST_WORD(slots) = 0;
	bpf_skb_load_bytes(ctx, 0, slots, size);
	return FIRST_WORD(slots);
}

BENCH_XDP(xdp_load_bytes, __bench("bpf_xdp_load_bytes() of the packet's linear part")
			  __baseline("empty") __needs("xdp_load_bytes")
			  __param("size", "8,64,1024") __xlated("call+1") __note(COUNTED))
{
	FIRST_WORD(slots) = 0;
	bpf_xdp_load_bytes(ctx, 0, slots, size);
	return FIRST_WORD(slots);
}

BENCH(map_empty, __bench("a lookup, and one word of the value cleared and loaded"))
{
	__u32 key = 0;
	char *value = bpf_map_lookup_elem(&values, &key);

	if (!value)
		return 0;
	FIRST_WORD(value) = 0;
	return FIRST_WORD(value);
}

BENCH(map_update, __bench("bpf_map_update_elem() of an ARRAY's value")
		  __baseline("map_empty") __param("size", "8,64,1024,4096")
		  __xlated("call+1") __note(COUNTED))
{
	__u32 key = 0;
	char *value = bpf_map_lookup_elem(&values, &key);

	if (!value)
		return 0;
	FIRST_WORD(value) = 0;
	bpf_map_update_elem(&values, &key, obj, BPF_ANY);
	return FIRST_WORD(value);
}

BENCH_TC(kfunc, __bench("the kernel's memcpy() called as a kfunc")
		__baseline("empty") __needs("kmod") __param("size", SIZES)
		__xlated("call+1") __note(COUNTED))
{
	const __u64 n = size;

	FIRST_WORD(slots) = 0;
	bench_kmod_memcpy(slots, n, obj, n);
	return FIRST_WORD(slots);
}

BENCH_NATIVE(module_empty, __bench("a loop in a kernel module, one word cleared and loaded"))
{
	return bench_kmod_loop_memcpy(slots, NO_COPY_SIZE, obj, NO_COPY_SIZE, nr_ops);
}

BENCH_NATIVE(module, __bench("the copy of the same source in a kernel module")
		     __baseline("module_empty") __param("size", SIZES) __note(COUNTED))
{
	const __u64 n = size;

	return bench_kmod_loop_memcpy(slots, n, obj, n, nr_ops);
}

BENCH_USER(user_empty, __bench("a loop in user space, one word cleared and loaded"))

BENCH_USER(user, __bench("the copy of the same source in user space")
		 __baseline("user_empty") __param("size", SIZES)
		 __note("a string instruction of the compiler's counts once a repetition"))

BENCH(slots_empty, __bench("the loop, choosing a slot, one word of it cleared and loaded"))
{
	TAKE_SLOT(to);

	FIRST_WORD(to) = 0;
	return FIRST_WORD(to);
}

BENCH(builtin_slots, __bench("the compiler's built-in copy of 1 KiB, to each of 100 slots in turn")
		     __baseline("slots_empty") __batch("128")
		     __xlated("load+128") __xlated("store+128"))
{
	TAKE_SLOT(to);

	return twin_memcpy(to, obj, 1024);
}

/*
 * A loop of its own for each 1 KiB, in @type steps. Global functions: verified once, and not for
 * each of the operations in the loop around them.
 */
#define COPY_LOOP(name, type)							\
__noinline __u64 name(void)							\
{										\
	__u64 k;								\
	TAKE_SLOT(to);								\
										\
	FIRST_WORD(to) = 0;							\
	for (k = 0; k < 1024; k += sizeof(type)) {				\
		*(type *)(to + k) = *(type *)(obj + k);				\
		bench_hide(k);							\
	}									\
	return FIRST_WORD(to);							\
}

COPY_LOOP(copy_bytes, volatile __u8)
COPY_LOOP(copy_words, volatile __u64)

BENCH(byte_loop_slots, __bench("1 KiB in a loop over bytes, to each of 100 slots in turn")
		       __baseline("slots_empty") __xlated("call_pc+1"))
{
	return copy_bytes();
}

BENCH(word_loop_slots, __bench("1 KiB in a loop over 8-byte words, to each of 100 slots in turn")
		       __baseline("slots_empty") __batch("128") __xlated("call_pc+1"))
{
	return copy_words();
}

BENCH_TC(kfunc_slots,
	 __bench("the kernel's memcpy() as a kfunc, 1 KiB to each of 100 slots in turn")
	 __baseline("slots_empty") __needs("kmod") __batch("128")
	 __xlated("call+1") __note(COUNTED))
{
	TAKE_SLOT(to);

	FIRST_WORD(to) = 0;
	bench_kmod_memcpy(to, 1024, obj, 1024);
	return FIRST_WORD(to);
}

BENCH_NATIVE(module_slots, __bench("a kernel module's copy of 1 KiB, to each of 100 slots in turn")
			   __baseline("module_empty") __batch("128") __note(COUNTED))
{
	return bench_kmod_loop_memcpy(slots, sizeof(slots), obj, 1024, nr_ops);
}

BENCH_USER(user_slots, __bench("user space's copy of 1 KiB, to each of 100 slots in turn")
		       __baseline("user_empty") __batch("128")
		       __note("a string instruction of the compiler's counts once a repetition"))
