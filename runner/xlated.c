// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include "xlated.h"

/* Instructions that belong to no kind (exit, 64-bit immediates) return NR_INSN_KINDS. */
static enum insn_kind insn_kind_of(const struct bpf_insn *insn)
{
	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
	case BPF_ALU64:
		return INSN_ALU;
	case BPF_LDX:
		return INSN_LOAD;
	case BPF_ST:
		return INSN_STORE;
	case BPF_STX:
		return BPF_MODE(insn->code) == BPF_ATOMIC ? INSN_ATOMIC : INSN_STORE;
	case BPF_JMP:
	case BPF_JMP32:
		if (BPF_OP(insn->code) == BPF_EXIT)
			return NR_INSN_KINDS;
		/* 0xf0, BPF_TAIL_CALL, is internal; dumps show it as a call of the helper. */
		if (BPF_OP(insn->code) == BPF_CALL || BPF_OP(insn->code) == 0xf0)
			return insn->src_reg == BPF_PSEUDO_CALL ? INSN_CALL_PC : INSN_CALL;
		return INSN_JUMP;
	default:
		return NR_INSN_KINDS;
	}
}

/* The translated program, to be freed; NULL and errno. @info is filled in. */
static struct bpf_insn *read_insns(int prog_fd, struct bpf_prog_info *info)
{
	__u32 len = sizeof(*info), xlated_len;
	struct bpf_insn *insns;
	int err;

	memset(info, 0, sizeof(*info));
	if (bpf_obj_get_info_by_fd(prog_fd, info, &len))
		return NULL;
	xlated_len = info->xlated_prog_len;
	insns = calloc(1, xlated_len ? xlated_len : 1);
	if (!insns)
		return NULL;
	memset(info, 0, sizeof(*info));
	info->xlated_prog_insns = (__u64)(unsigned long)insns;
	info->xlated_prog_len = xlated_len;
	err = bpf_obj_get_info_by_fd(prog_fd, info, &len) ? errno : 0;
	if (!err && info->xlated_prog_insns)
		return insns;
	free(insns);
	errno = err ? err : EPERM;
	return NULL;
}

static bool is_call(const struct bpf_insn *insn)
{
	return BPF_CLASS(insn->code) == BPF_JMP &&
	       (BPF_OP(insn->code) == BPF_CALL || BPF_OP(insn->code) == 0xf0);
}

int xlated_tail_calls_are_constant(int prog_fd)
{
	struct bpf_prog_info info;
	struct bpf_insn *insns = read_insns(prog_fd, &info);
	bool index_is_constant = false;
	int constant = 1;
	__u32 i;

	if (!insns)
		return -errno;
	for (i = 0; i < info.xlated_prog_len / sizeof(*insns); i++) {
		const struct bpf_insn *insn = &insns[i];
		__u8 class = BPF_CLASS(insn->code);

		/* The index is the helper's third argument. */
		if (insn->dst_reg == BPF_REG_3 &&
		    (class == BPF_ALU || class == BPF_ALU64 || class == BPF_LDX))
			index_is_constant = class != BPF_LDX && BPF_OP(insn->code) == BPF_MOV &&
					    BPF_SRC(insn->code) == BPF_K;
		if (is_call(insn) && insn->src_reg == 0 && insn->imm == BPF_FUNC_tail_call)
			constant &= index_is_constant;
		if (insn->code == (BPF_LD | BPF_IMM | BPF_DW))
			i++;
	}
	free(insns);
	return constant;
}

int xlated_count(int prog_fd, struct insn_counts *c)
{
	struct bpf_prog_info info;
	struct bpf_insn *insns;
	enum insn_kind kind;
	__u32 i;

	memset(c, 0, sizeof(*c));
	insns = read_insns(prog_fd, &info);
	if (!insns)
		return -errno;
	c->xlated_bytes = info.xlated_prog_len;
	c->jited_bytes = info.jited_prog_len;
	c->verified_insns = info.verified_insns;
	for (i = 0; i < info.xlated_prog_len / sizeof(*insns); i++) {
		kind = insn_kind_of(&insns[i]);
		if (kind != NR_INSN_KINDS)
			c->nr[kind]++;
		if (insns[i].code == (BPF_LD | BPF_IMM | BPF_DW))
			i++;	/* the second half is no instruction */
	}
	free(insns);
	return 0;
}
