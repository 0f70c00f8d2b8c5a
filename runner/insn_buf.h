/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs written instruction by instruction: no compiler, so they are the same on every machine,
 * and nothing to relocate, so they can be loaded again and again without a bpf_object.
 */
#ifndef BENCH_INSN_BUF_H
#define BENCH_INSN_BUF_H

#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>

/* A buffer that starts as zeroes is empty. */
struct insn_buf {
	struct bpf_insn *v;
	size_t nr, cap;
	int err;		/* -ENOMEM: an instruction is missing, and all behind it */
};

/* Appends; a failure is kept in b->err and looked at once, at the end. */
void insn_add(struct insn_buf *b, struct bpf_insn insn);
/* The address of map @fd, in two instructions. */
void insn_add_map(struct insn_buf *b, int dst, int fd);
/* The address of the function that begins at instruction @at, in two. */
void insn_add_func(struct insn_buf *b, int dst, size_t at);
/* A call of the function that begins at instruction @at. */
void insn_add_call(struct insn_buf *b, size_t at);
void insn_buf__free(struct insn_buf *b);

/* dst = imm */
static inline struct bpf_insn insn_set(int dst, int32_t imm)
{
	return (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = dst, .imm = imm };
}

/* dst = src */
static inline struct bpf_insn insn_move(int dst, int src)
{
	return (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = dst,
				  .src_reg = src };
}

/* dst = dst op imm, 64 bits; @op BPF_ADD, ... */
static inline struct bpf_insn insn_alu(int op, int dst, int32_t imm)
{
	return (struct bpf_insn){ .code = BPF_ALU64 | op | BPF_K, .dst_reg = dst, .imm = imm };
}

/* if (dst op imm) goto the instruction @off behind the next; @op BPF_JGT, ... */
static inline struct bpf_insn insn_jump_if(int op, int dst, int32_t imm, int16_t off)
{
	return (struct bpf_insn){ .code = BPF_JMP | op | BPF_K, .dst_reg = dst, .off = off,
				  .imm = imm };
}

static inline struct bpf_insn insn_jump(int16_t off)
{
	return (struct bpf_insn){ .code = BPF_JMP | BPF_JA, .off = off };
}

/* dst = *(src + off); @size BPF_DW, BPF_W, ... */
static inline struct bpf_insn insn_load(int size, int dst, int src, int16_t off)
{
	return (struct bpf_insn){ .code = BPF_LDX | BPF_MEM | size, .dst_reg = dst,
				  .src_reg = src, .off = off };
}

/* *(dst + off) = src */
static inline struct bpf_insn insn_store(int size, int dst, int16_t off, int src)
{
	return (struct bpf_insn){ .code = BPF_STX | BPF_MEM | size, .dst_reg = dst,
				  .src_reg = src, .off = off };
}

/* *(dst + off) = imm */
static inline struct bpf_insn insn_store_imm(int size, int dst, int16_t off, int32_t imm)
{
	return (struct bpf_insn){ .code = BPF_ST | BPF_MEM | size, .dst_reg = dst, .off = off,
				  .imm = imm };
}

/* r0 = helper(r1, ...); @helper BPF_FUNC_... */
static inline struct bpf_insn insn_helper(int helper)
{
	return (struct bpf_insn){ .code = BPF_JMP | BPF_CALL, .imm = helper };
}

static inline struct bpf_insn insn_exit(void)
{
	return (struct bpf_insn){ .code = BPF_JMP | BPF_EXIT };
}

#endif
