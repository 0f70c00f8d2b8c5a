// SPDX-License-Identifier: GPL-2.0-only
/*
 * What does one BPF instruction cost as machine code? Measured: 256 of a kind in a row, each of
 * which waits for the one before (loads, stores and jumps do not), in one run of a tc
 * program; per instruction. Not measured: cache misses, mispredicted jumps, atomics that another
 * CPU wants too. Bias: none that is not in the baseline but a few instructions to set up registers,
 * divided by their number.
 */
#include "bench.bpf.h"
#include "jit_ops.h"

#define STR_(x) #x
#define STR(x) STR_(x)
#define N_TIMES STR(JIT_OPS_N)
#define PER_INSN __driver("test_run") __ops(N_TIMES) __baseline("empty")
/* One assembler statement, repeated; no branch of the compiler's in between. */
#define REPEAT(insn) ".rept " N_TIMES "; " insn "; .endr"

/* Written by user space: values the verifier cannot know. */
volatile __u64 start, operand;
volatile __u64 result;
__u64 memory;

SEC("?tc")
__bench("a run of the program without the instructions, divided by their number")
__driver("test_run") __ops(N_TIMES) __baseline("once")
int empty(struct __sk_buff *skb)
{
	__u64 a = start, b = operand;

	(void)skb;
	bench_hide(a);
	bench_hide(b);
	result = a;
	return 0;
}

#define ALU_PROG(name, insn, type, reg)							\
SEC("?tc") __bench(#name ": one instruction (" insn ")") PER_INSN			\
__xlated("alu+" N_TIMES)								\
int name(struct __sk_buff *skb)								\
{											\
	type a = start, b = operand;							\
											\
	(void)skb;									\
	asm volatile(REPEAT(insn) : [a] "+" reg(a) : [b] reg(b));			\
	result = a;									\
	return 0;									\
}
#define ALU64_PROG(name, insn, operand, after) ALU_PROG(name, insn, __u64, "r")
#define ALU32_PROG(name, insn, operand, after) ALU_PROG(name, insn, __u32, "w")

#define ENCODED_PROG(name, tags, code, src, off, imm)					\
SEC("?tc") tags PER_INSN __xlated("alu+" N_TIMES)					\
int name(struct __sk_buff *skb)								\
{											\
	register __u64 a asm("r1") = start;						\
	register __u64 b asm("r2") = operand;						\
											\
	(void)skb;									\
	asm volatile(REPEAT(".8byte %[insn]") : "+r"(a)					\
		     : "r"(b), [insn] "i"(JIT_OPS_INSN(code, 1, src, off, imm)));	\
	result = a;									\
	return 0;									\
}

#define MOD_PROG(name, code, src, off, imm, operand, after)				\
	ENCODED_PROG(name, __bench(#name ": one instruction"), code, src, off, imm)
#define V4_BENCH(name) __bench(#name ": one instruction of ISA v4") __needs("isa_v4")
#define V4_PROG(name, code, src, off, imm, operand, after)				\
	ENCODED_PROG(name, V4_BENCH(name), code, src, off, imm)

#define XADD_PROG(name, code, imm, type, after) ATOMIC_PROG(name, , code, imm)
#define FETCH_PROG(name, code, imm, type, after) ATOMIC_PROG(name, __needs("atomics"), code, imm)

#define ATOMIC_PROG(name, tags, code, imm)						\
SEC("?tc") __bench(#name ": one atomic instruction") PER_INSN __xlated("atomic+" N_TIMES) tags	\
int name(struct __sk_buff *skb)								\
{											\
	register __u64 *m asm("r1") = &memory;						\
	register __u64 b asm("r2") = operand;						\
	register __u64 r0 asm("r0") = start;						\
											\
	(void)skb;									\
	*m = r0;									\
	asm volatile(REPEAT(".8byte %[insn]") : "+r"(b), "+r"(r0)			\
		     : "r"(m), [insn] "i"(JIT_OPS_INSN(code, 1, 2, 0, imm)) : "memory");	\
	result = b + r0;								\
	return 0;									\
}

JIT_OPS_ALU64(ALU64_PROG)
JIT_OPS_ALU32(ALU32_PROG)
JIT_OPS_DIV64(ALU64_PROG)
JIT_OPS_DIV32(ALU32_PROG)
JIT_OPS_MOD(MOD_PROG)
JIT_OPS_SDIV(V4_PROG)
JIT_OPS_V4(V4_PROG)
JIT_OPS_XADD(XADD_PROG)
JIT_OPS_FETCH(FETCH_PROG)

SEC("?tc") __bench("a load of 8 bytes, the same each time") PER_INSN __xlated("load+" N_TIMES)
int load64(struct __sk_buff *skb)
{
	__u64 a, b = operand;

	(void)skb;
	bench_hide(b);
	memory = start;
	asm volatile(REPEAT("%[a] = *(u64 *)(%[m] + 0)") : [a] "=&r"(a)
		     : [m] "r"(&memory) : "memory");
	result = a;
	return 0;
}

SEC("?tc") __bench("a store of 8 bytes, the same each time") PER_INSN __xlated("store+" N_TIMES)
int store64(struct __sk_buff *skb)
{
	__u64 a = start;

	(void)skb;
	asm volatile(REPEAT("*(u64 *)(%[m] + 0) = %[a]") : : [a] "r"(a), [m] "r"(&memory)
		     : "memory");
	result = memory;
	return 0;
}

/* To the next instruction either way; the values say whether it is taken. */
#define JUMP_PROG(name, type, reg)							\
SEC("?tc") __bench(#name ": one compare and jump") PER_INSN __xlated("jump+" N_TIMES)	\
int name(struct __sk_buff *skb)								\
{											\
	type a = start, b = operand;							\
											\
	(void)skb;									\
	asm volatile(REPEAT("if %[a] == %[b] goto +0") : : [a] reg(a), [b] reg(b));	\
	result = a - b;									\
	return 0;									\
}

JUMP_PROG(jeq64_taken, __u64, "r")
JUMP_PROG(jeq64_not_taken, __u64, "r")
JUMP_PROG(jeq32_taken, __u32, "w")
JUMP_PROG(jeq32_not_taken, __u32, "w")

static __noinline __u64 add(__u64 a, __u64 b)
{
	return a + b;
}

#define CALL_8 a = add(a, b); a = add(a, b); a = add(a, b); a = add(a, b);		\
	       a = add(a, b); a = add(a, b); a = add(a, b); a = add(a, b);

SEC("?tc")
__bench("a call of a function that adds its arguments")
__driver("test_run") __ops("64") __baseline("empty") __xlated("call_pc+64")
int call(struct __sk_buff *skb)
{
	__u64 a = start, b = operand;

	(void)skb;
	CALL_8 CALL_8 CALL_8 CALL_8 CALL_8 CALL_8 CALL_8 CALL_8
	result = a;
	return 0;
}
