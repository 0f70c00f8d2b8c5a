// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include "insn_buf.h"

/* struct bpf_insn.src_reg of two instructions that name something else than a register. */
#ifndef BPF_PSEUDO_FUNC
#define BPF_PSEUDO_FUNC 4
#endif

void insn_add(struct insn_buf *b, struct bpf_insn insn)
{
	size_t cap = b->cap ? 2 * b->cap : 64;
	struct bpf_insn *v;

	if (b->err)
		return;
	if (b->nr == b->cap) {
		v = realloc(b->v, cap * sizeof(*v));
		if (!v) {
			b->err = -ENOMEM;
			return;
		}
		b->v = v;
		b->cap = cap;
	}
	b->v[b->nr++] = insn;
}

static void add_wide(struct insn_buf *b, int dst, int pseudo, int32_t imm)
{
	insn_add(b, (struct bpf_insn){ .code = BPF_LD | BPF_IMM | BPF_DW, .dst_reg = dst,
				       .src_reg = pseudo, .imm = imm });
	insn_add(b, (struct bpf_insn){ .code = 0 });
}

void insn_add_map(struct insn_buf *b, int dst, int fd)
{
	add_wide(b, dst, BPF_PSEUDO_MAP_FD, fd);
}

/* Both count from the instruction behind this one (its first half). */
void insn_add_func(struct insn_buf *b, int dst, size_t at)
{
	add_wide(b, dst, BPF_PSEUDO_FUNC, (int32_t)at - (int32_t)b->nr - 1);
}

void insn_add_call(struct insn_buf *b, size_t at)
{
	insn_add(b, (struct bpf_insn){ .code = BPF_JMP | BPF_CALL, .src_reg = BPF_PSEUDO_CALL,
				       .imm = (int32_t)at - (int32_t)b->nr - 1 });
}

void insn_buf__free(struct insn_buf *b)
{
	free(b->v);
	*b = (struct insn_buf){};
}
