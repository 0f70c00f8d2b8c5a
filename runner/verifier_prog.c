// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include "verifier_prog.h"

#define LOOP_BODY 8
#define SUBPROG_SZ 100		/* instructions */

static void emit_additions(struct insn_buf *b, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		insn_add(b, insn_alu(BPF_ADD, BPF_REG_0, 0x1000 + i));
}

static int end_program(struct verifier_prog *p, uint64_t least, uint64_t most)
{
	p->least = least;
	p->most = most;
	return p->code.err;
}

int verifier_emit_empty(struct verifier_prog *p, uint32_t n)
{
	(void)n;
	insn_add(&p->code, insn_set(BPF_REG_0, 0));
	insn_add(&p->code, insn_exit());
	return end_program(p, 2, 2);
}

int verifier_emit_straight_line(struct verifier_prog *p, uint32_t n)
{
	insn_add(&p->code, insn_set(BPF_REG_0, 0));
	emit_additions(&p->code, n - 2);
	insn_add(&p->code, insn_exit());
	return end_program(p, n, n);
}

/*
 * What one way leaves behind in r0 nobody compares, so the other way, walked later, is found equal
 * at the instruction where they meet.
 */
int verifier_emit_branches(struct verifier_prog *p, uint32_t n)
{
	struct insn_buf *b = &p->code;
	uint32_t blocks = (n - 2) / 3;

	insn_add(b, insn_set(BPF_REG_0, 0));
	for (uint32_t i = 0; i < blocks; i++) {
		insn_add(b, insn_load(BPF_W, BPF_REG_2, BPF_REG_1,
				      offsetof(struct __sk_buff, mark)));
		insn_add(b, insn_jump_if(BPF_JGT, BPF_REG_2, i, 1));
		insn_add(b, insn_alu(BPF_ADD, BPF_REG_0, 1));
	}
	emit_additions(b, n - b->nr - 1);
	insn_add(b, insn_exit());
	return end_program(p, n, 4ull * n);
}

/* The comparison at the end makes every value of r0 count: as many states as ways. */
int verifier_emit_many_states(struct verifier_prog *p, uint32_t n)
{
	struct insn_buf *b = &p->code;

	insn_add(b, insn_load(BPF_W, BPF_REG_6, BPF_REG_1, offsetof(struct __sk_buff, mark)));
	insn_add(b, insn_set(BPF_REG_0, 0));
	for (uint32_t bit = 1; bit < n; bit *= 2) {
		insn_add(b, insn_jump_if(BPF_JSET, BPF_REG_6, bit, 1));
		insn_add(b, insn_alu(BPF_ADD, BPF_REG_0, bit));
	}
	insn_add(b, insn_jump_if(BPF_JEQ, BPF_REG_0, n, 1));
	insn_add(b, insn_set(BPF_REG_0, 0));
	insn_add(b, insn_exit());
	return end_program(p, 3ull * n, 16ull * n);
}

int verifier_emit_bounded_loop(struct verifier_prog *p, uint32_t n)
{
	struct insn_buf *b = &p->code;

	insn_add(b, insn_set(BPF_REG_0, 0));
	insn_add(b, insn_set(BPF_REG_6, 0));
	emit_additions(b, LOOP_BODY);
	insn_add(b, insn_alu(BPF_ADD, BPF_REG_6, 1));
	insn_add(b, insn_jump_if(BPF_JLT, BPF_REG_6, n, -(LOOP_BODY + 2)));
	insn_add(b, insn_exit());
	return end_program(p, 3 + (LOOP_BODY + 2) * (uint64_t)n, 3 + (LOOP_BODY + 2) * (uint64_t)n);
}

/* Describes the program (r1 to nr_args, all plain numbers) and the function at @at behind it. */
static int add_types(struct verifier_prog *p, size_t at, int nr_args, enum btf_func_linkage linkage)
{
	static const char *const names[] = { "a", "b" };
	int number, proto, main_id, func_id = -ENOMEM;

	p->btf = btf__new_empty();
	if (!p->btf)
		return -errno;
	number = btf__add_int(p->btf, "int", 4, BTF_INT_SIGNED);
	proto = btf__add_func_proto(p->btf, number);
	main_id = btf__add_func(p->btf, "program", BTF_FUNC_GLOBAL, proto);
	proto = btf__add_func_proto(p->btf, number);
	for (int i = 0; i < nr_args; i++)
		btf__add_func_param(p->btf, names[i], number);
	func_id = btf__add_func(p->btf, "function", linkage, proto);
	if (number < 0 || main_id < 0 || func_id < 0)
		return -ENOMEM;
	p->funcs[0] = (struct bpf_func_info){ .insn_off = 0, .type_id = main_id };
	p->funcs[1] = (struct bpf_func_info){ .insn_off = at, .type_id = func_id };
	p->nr_funcs = 2;
	return btf__load_into_kernel(p->btf);
}

/* A kernel that walks the callback until it finds nothing new does so a few times, not n times. */
int verifier_emit_callback_loop(struct verifier_prog *p, uint32_t n)
{
	struct insn_buf *b = &p->code;
	const size_t callback = 8;
	int err;

	insn_add(b, insn_set(BPF_REG_1, n));
	insn_add_func(b, BPF_REG_2, callback);
	insn_add(b, insn_set(BPF_REG_3, 0));
	insn_add(b, insn_set(BPF_REG_4, 0));
	insn_add(b, insn_helper(BPF_FUNC_loop));
	insn_add(b, insn_set(BPF_REG_0, 0));
	insn_add(b, insn_exit());
	insn_add(b, insn_set(BPF_REG_0, 0));
	emit_additions(b, LOOP_BODY);
	insn_add(b, insn_set(BPF_REG_0, 0));
	insn_add(b, insn_exit());
	err = add_types(p, callback, 2, BTF_FUNC_STATIC);
	return err ?: end_program(p, b->nr - 1, 8 * b->nr);
}

static int emit_calls(struct verifier_prog *p, uint32_t n, enum btf_func_linkage linkage)
{
	struct insn_buf *b = &p->code;
	const size_t subprog = n + 2;
	uint64_t walks = linkage == BTF_FUNC_STATIC ? n : 1, all;
	int err;

	for (uint32_t i = 0; i < n; i++)
		insn_add_call(b, subprog);
	insn_add(b, insn_set(BPF_REG_0, 0));
	insn_add(b, insn_exit());
	insn_add(b, insn_set(BPF_REG_0, 0));
	emit_additions(b, SUBPROG_SZ - 2);
	insn_add(b, insn_exit());
	all = subprog + walks * SUBPROG_SZ;
	err = add_types(p, subprog, 0, linkage);
	return err ?: end_program(p, all, all);
}

int verifier_emit_static_subprog(struct verifier_prog *p, uint32_t n)
{
	return emit_calls(p, n, BTF_FUNC_STATIC);
}

int verifier_emit_global_func(struct verifier_prog *p, uint32_t n)
{
	return emit_calls(p, n, BTF_FUNC_GLOBAL);
}

void verifier_prog__free(struct verifier_prog *p)
{
	btf__free(p->btf);
	insn_buf__free(&p->code);
	*p = (struct verifier_prog){};
}
