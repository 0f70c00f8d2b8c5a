// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <string.h>
#include <linux/types.h>
#include "bench_family.h"
#include "jit_ops.skel.h"
#include "../progs/jit_ops.h"

#define NR_CALLS 64

/* What a program works with, and what it must leave behind. */
struct model {
	__u64 a, b;		/* a: its result in the end */
	__u64 memory;
};

struct op {
	const char *name;
	__u64 operand;
	void (*repeat)(struct model *m);
};

#define ALU_MODEL(name, type, after)					\
static void repeat_##name(struct model *m)				\
{									\
	type a = m->a, b = m->b;					\
	int i;								\
									\
	(void)b;							\
	for (i = 0; i < JIT_OPS_N; i++)					\
		a = (after);						\
	m->a = a;							\
}
#define ALU64_MODEL(name, insn, operand, after) ALU_MODEL(name, __u64, after)
#define ALU32_MODEL(name, insn, operand, after) ALU_MODEL(name, __u32, after)
#define ENCODED_MODEL(name, code, src, off, imm, operand, after)	\
	ALU_MODEL(name, __u64, after)

#define ATOMIC_MODEL(name, code, imm, type, after)			\
static void repeat_##name(struct model *model)				\
{									\
	__u64 b = model->b, r0 = model->a;				\
	type word = model->a, *m = &word, old;				\
	int i;								\
									\
	for (i = 0; i < JIT_OPS_N; i++) {				\
		old = *m;						\
		after;							\
	}								\
	model->a = b + r0;						\
	memcpy(&model->memory, m, sizeof(*m));				\
}

JIT_OPS_ALU64(ALU64_MODEL)
JIT_OPS_ALU32(ALU32_MODEL)
JIT_OPS_DIV64(ALU64_MODEL)
JIT_OPS_DIV32(ALU32_MODEL)
JIT_OPS_MOD(ENCODED_MODEL)
JIT_OPS_SDIV(ENCODED_MODEL)
JIT_OPS_V4(ENCODED_MODEL)
JIT_OPS_ATOMIC(ATOMIC_MODEL)

static void repeat_nothing(struct model *m)
{
	(void)m;
}

static void repeat_memory(struct model *m)
{
	m->memory = m->a;
}

static void repeat_jump64(struct model *m)
{
	m->a -= m->b;
}

static void repeat_jump32(struct model *m)
{
	m->a = (__u32)(m->a - m->b);
}

static void repeat_call(struct model *m)
{
	m->a += NR_CALLS * m->b;
}

static const struct op ops[] = {
#define ALU_ROW(name, insn, operand, after) { #name, operand, repeat_##name },
#define ENCODED_ROW(name, code, src, off, imm, operand, after) { #name, operand, repeat_##name },
#define ATOMIC_ROW(name, code, imm, type, after)			\
	{ #name, JIT_OPS_ATOMIC_OPERAND, repeat_##name },
	JIT_OPS_ALU64(ALU_ROW)
	JIT_OPS_ALU32(ALU_ROW)
	JIT_OPS_DIV64(ALU_ROW)
	JIT_OPS_DIV32(ALU_ROW)
	JIT_OPS_MOD(ENCODED_ROW)
	JIT_OPS_SDIV(ENCODED_ROW)
	JIT_OPS_V4(ENCODED_ROW)
	JIT_OPS_ATOMIC(ATOMIC_ROW)
#undef ALU_ROW
#undef ENCODED_ROW
#undef ATOMIC_ROW
	{ "empty", 0, repeat_nothing },
	{ "load64", 0, repeat_memory },
	{ "store64", 0, repeat_memory },
	{ "jeq64_taken", JIT_OPS_START, repeat_jump64 },
	{ "jeq64_not_taken", 1, repeat_jump64 },
	{ "jeq32_taken", JIT_OPS_START, repeat_jump32 },
	{ "jeq32_not_taken", 1, repeat_jump32 },
	{ "call", 3, repeat_call },
};

static const struct op *find_op(const struct bench_run *r)
{
	size_t i;

	for (i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (!strcmp(ops[i].name, r->bench->name))
			return &ops[i];
	return NULL;
}

static int setup(struct bench_run *r)
{
	struct jit_ops *skel = r->skel;
	const struct op *op = find_op(r);

	if (!op)
		return bench_fail(r, -ENOENT, "nothing says what it must compute");
	skel->bss->start = JIT_OPS_START;
	skel->bss->operand = op->operand;
	return 0;
}

static int before(struct bench_run *r)
{
	struct jit_ops *skel = r->skel;

	skel->bss->result = 0x5555;
	skel->bss->memory = 0;
	return 0;
}

/* A run computed what the same operations do in C. */
static int verify(struct bench_run *r)
{
	struct jit_ops *skel = r->skel;
	const struct op *op = find_op(r);
	struct model m = { .a = JIT_OPS_START, .b = op->operand };

	/* A 32-bit atomic leaves the upper half as the program stored it. */
	if (r->bench->nr_checks && r->bench->checks[0].kind == INSN_ATOMIC)
		m.memory = JIT_OPS_START;
	op->repeat(&m);
	if (skel->bss->result != m.a)
		return bench_fail(r, -EBADMSG, "computed %#llx, not %#llx",
				  (unsigned long long)skel->bss->result, (unsigned long long)m.a);
	if (skel->bss->memory != m.memory)
		return bench_fail(r, -EBADMSG, "left %#llx in memory, not %#llx",
				  (unsigned long long)skel->bss->memory,
				  (unsigned long long)m.memory);
	return 0;
}

BENCH_FAMILY(jit_ops, .setup = setup, .before = before, .verify = verify);
