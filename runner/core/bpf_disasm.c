// SPDX-License-Identifier: GPL-2.0-only
/*
 * BPF instructions as text, in the notation of the verifier and of bpftool (Documentation/bpf/
 * standardization/instruction-set.rst says what there is). No library does it: theirs is not
 * packaged as one.
 */
#include "bpf_disasm.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct insn {
	uint8_t code, dst, src;
	int16_t off;
	int32_t imm;
};

enum { LD, LDX, ST, STX, ALU, JMP, JMP32, ALU64 };	/* code & 7 */
enum { MODE_IMM, MODE_ABS, MODE_IND, MODE_MEM, MODE_MEMSX, MODE_PROBE = 5, MODE_ATOMIC };
#define SRC_REG 0x08
#define OP_SHIFT 4
enum { OP_MOV = 0xb, OP_ARSH = 0xc, OP_END = 0xd, OP_NEG = 0x8, OP_DIV = 0x3, OP_MOD = 0x9 };
enum { OP_JA, OP_CALL = 0x8, OP_EXIT = 0x9, OP_JCOND = 0xe };
#define ADDR_PERCPU (-1)	/* off of a mov: 7bdbf7446305 */
#define ADDR_CAST 1		/* off of a mov: 667aec77e9b0 */

static struct insn decode(const uint8_t *p)
{
	return (struct insn){
		.code = p[0], .dst = p[1] & 15, .src = p[1] >> 4,
		.off = (int16_t)(p[2] | p[3] << 8),
		.imm = (int32_t)(p[4] | p[5] << 8 | p[6] << 16 | (uint32_t)p[7] << 24),
	};
}

void code_name_text(char *buf, size_t sz, const char *name)
{
	if (!strncmp(name, "map:", 4))
		snprintf(buf, sz, "<map %.120s>", name + 4);
	else
		snprintf(buf, sz, "%.120s", strcmp(name, "?") ? name : "<addr>");
}

static const char *size_text(const struct insn *n, bool is_signed)
{
	static const char *const sizes[2][4] = {
		{ "u32", "u16", "u8", "u64" },
		{ "s32", "s16", "s8", "s64" },
	};

	return sizes[is_signed][n->code >> 3 & 3];
}

static void put_unknown(char *buf, size_t sz, const struct insn *n)
{
	snprintf(buf, sz, "(%02x) r%u, r%u, off %d, imm %" PRId32, n->code, n->dst, n->src, n->off,
		 n->imm);
}

/* The right side of an operation: a register or an immediate. */
static const char *operand(char *buf, size_t sz, const struct insn *n, char reg, bool is_hex)
{
	if (n->code & SRC_REG)
		snprintf(buf, sz, "%c%u", reg, n->src);
	else
		snprintf(buf, sz, is_hex ? "0x%" PRIx32 : "%" PRId32, n->imm);
	return buf;
}

static void put_mov(char *buf, size_t sz, const struct insn *n, char reg)
{
	char right[16];

	operand(right, sizeof(right), n, reg, false);
	if (n->code & SRC_REG && n->off == ADDR_PERCPU)
		snprintf(buf, sz, "r%u = &(void __percpu *)(r%u)", n->dst, n->src);
	else if (n->code & SRC_REG && n->off == ADDR_CAST)
		snprintf(buf, sz, "r%u = addr_space_cast(r%u, %u, %u)", n->dst, n->src,
			 (uint32_t)n->imm >> 16, n->imm & 0xffff);
	else if (n->code & SRC_REG && n->off)
		snprintf(buf, sz, "%c%u = (s%d)%s", reg, n->dst, n->off, right);
	else
		snprintf(buf, sz, "%c%u = %s", reg, n->dst, right);
}

static void put_alu(char *buf, size_t sz, const struct insn *n)
{
	static const char *const ops[] = {
		"+=", "-=", "*=", "/=", "|=", "&=", "<<=", ">>=", NULL, "%=", "^=", NULL, "s>>=",
	};
	uint8_t op = n->code >> OP_SHIFT;
	bool is_64 = (n->code & 7) == ALU64;
	char reg = is_64 ? 'r' : 'w', right[16];

	if (op == OP_MOV)
		put_mov(buf, sz, n, reg);
	else if (op == OP_NEG)
		snprintf(buf, sz, "%c%u = -%c%u", reg, n->dst, reg, n->dst);
	else if (op == OP_END)
		snprintf(buf, sz, "r%u = %s%" PRId32 " r%u", n->dst, is_64 ? "bswap" :
			 n->code & SRC_REG ? "be" : "le", n->imm, n->dst);
	else if (op > OP_ARSH)
		put_unknown(buf, sz, n);
	else
		snprintf(buf, sz, "%c%u %s%s %s", reg, n->dst,
			 (op == OP_DIV || op == OP_MOD) && n->off == 1 ? "s" : "", ops[op],
			 operand(right, sizeof(right), n, reg, false));
}

/* Bit 0 of the immediate: the old value is fetched. */
static void put_atomic(char *buf, size_t sz, const struct insn *n)
{
	const char *type = size_text(n, false), *bits = (n->code >> 3 & 3) == 3 ? "64" : "";
	const char *sign = n->imm == 0 || n->imm == 1 ? "+" : (n->imm & 0xf0) == 0x40 ? "|" :
			   (n->imm & 0xf0) == 0x50 ? "&" : "^";
	const char *name = *sign == '+' ? "add" : *sign == '|' ? "or" :
			   *sign == '&' ? "and" : "xor";
	unsigned int dst = n->dst, src = n->src;

	switch (n->imm) {
	case 0x00: case 0x40: case 0x50: case 0xa0:
		snprintf(buf, sz, "lock *(%s *)(r%u %+d) %s= r%u", type, dst, n->off, sign, src);
		break;
	case 0x01: case 0x41: case 0x51: case 0xa1:
		snprintf(buf, sz, "r%u = atomic%s_fetch_%s((%s *)(r%u %+d), r%u)", src, bits, name,
			 type, dst, n->off, src);
		break;
	case 0xe1:
		snprintf(buf, sz, "r%u = atomic%s_xchg((%s *)(r%u %+d), r%u)", src, bits, type,
			 dst, n->off, src);
		break;
	case 0xf1:
		snprintf(buf, sz, "r0 = atomic%s_cmpxchg((%s *)(r%u %+d), r0, r%u)", bits, type,
			 dst, n->off, src);
		break;
	case 0x100:
		snprintf(buf, sz, "r%u = load_acquire((%s *)(r%u %+d))", dst, type, src, n->off);
		break;
	case 0x110:
		snprintf(buf, sz, "store_release((%s *)(r%u %+d), r%u)", type, dst, n->off, src);
		break;
	default:
		put_unknown(buf, sz, n);
	}
}

static void put_store(char *buf, size_t sz, const struct insn *n)
{
	uint8_t mode = n->code >> 5;

	if (mode == MODE_ATOMIC && (n->code & 7) == STX)
		put_atomic(buf, sz, n);
	else if (mode == MODE_ATOMIC)
		snprintf(buf, sz, "nospec");	/* BPF_ST: f5e81d111750 */
	else if (mode != MODE_MEM)
		put_unknown(buf, sz, n);
	else if ((n->code & 7) == STX)
		snprintf(buf, sz, "*(%s *)(r%u %+d) = r%u", size_text(n, false), n->dst, n->off,
			 n->src);
	else
		snprintf(buf, sz, "*(%s *)(r%u %+d) = %" PRId32, size_text(n, false), n->dst,
			 n->off, n->imm);
}

static void put_load(char *buf, size_t sz, const struct insn *n)
{
	uint8_t mode = n->code >> 5;

	if ((n->code & 7) == LD && mode == MODE_ABS)
		snprintf(buf, sz, "r0 = *(%s *)skb[%" PRId32 "]", size_text(n, false), n->imm);
	else if ((n->code & 7) == LD && mode == MODE_IND)
		snprintf(buf, sz, "r0 = *(%s *)skb[r%u + %" PRId32 "]", size_text(n, false), n->src,
			 n->imm);
	else if ((n->code & 7) == LDX && (mode == MODE_MEM || mode == MODE_MEMSX))
		snprintf(buf, sz, "r%u = *(%s *)(r%u %+d)", n->dst,
			 size_text(n, mode == MODE_MEMSX), n->src, n->off);
	else
		put_unknown(buf, sz, n);
}

static void put_jump(char *buf, size_t sz, const struct insn *n)
{
	static const char *const ops[] = {
		NULL, "==", ">", ">=", "&", "!=", "s>", "s>=", NULL, NULL, "<", "<=", "s<", "s<=",
	};
	uint8_t op = n->code >> OP_SHIFT;
	bool is_32 = (n->code & 7) == JMP32;
	char reg = is_32 ? 'w' : 'r', right[16];

	if (op == OP_JA && n->code & SRC_REG)
		snprintf(buf, sz, "gotox r%u", n->dst);
	else if (op == OP_JA)
		snprintf(buf, sz, is_32 ? "gotol pc%+" PRId32 : "goto pc%+" PRId32,
			 is_32 ? n->imm : n->off);
	else if (op == OP_EXIT)
		snprintf(buf, sz, "exit");
	else if (op == OP_JCOND)
		snprintf(buf, sz, "may_goto pc%+d", n->off);
	else if (op > OP_JCOND)
		put_unknown(buf, sz, n);
	else
		snprintf(buf, sz, "if %c%u %s %s goto pc%+d", reg, n->dst, ops[op],
			 operand(right, sizeof(right), n, reg, true), n->off);
}

/*
 * Of a subprogram the offset is the distance, once there is machine code (then the immediate is a
 * number of the kernel's), else the immediate.
 */
static void put_call(char *buf, size_t sz, const struct prog_code *c, uint32_t i,
		     const struct insn *n, const char *name)
{
	int64_t target = (int64_t)i + 1 + (n->off ? n->off : n->imm);
	char text[CODE_MAX_NAME + 16];
	const char *func = "";

	if (n->src != 1) {
		code_name_text(text, sizeof(text), name ? name : "?");
		snprintf(buf, sz, "call %s", text);
		return;
	}
	for (uint32_t k = 0; k < c->nr_funcs; k++)
		if (c->funcs[k].insn == target)
			func = c->funcs[k].name;
	snprintf(buf, sz, "call pc%+" PRId64 "%s%s", target - i - 1, *func ? "#" : "", func);
}

/* Source 4: a callback, by its distance (the verifier's notation has no name for it). */
static void put_imm64(char *buf, size_t sz, const struct insn *n, int32_t high, const char *name)
{
	char text[CODE_MAX_NAME + 16];

	if (name) {
		code_name_text(text, sizeof(text), name);
		snprintf(buf, sz, "r%u = %s", n->dst, text);
	} else if (n->src == 4) {
		snprintf(buf, sz, "r%u = subprog[%+" PRId32 "]", n->dst, n->imm);
	} else {
		snprintf(buf, sz, "r%u = 0x%" PRIx64, n->dst,
			 (uint32_t)n->imm | (uint64_t)(uint32_t)high << 32);
	}
}

uint32_t bpf_disasm(const struct prog_code *c, uint32_t i, char *buf, size_t sz)
{
	const uint8_t *p = c->xlated.v + i * CODE_INSN_SZ;
	const char *name = code_names__find(&c->xlated_names, i, i + 1);
	const struct insn n = decode(p);

	switch (n.code & 7) {
	case LD:
		if (n.code >> 3 != 3 || (i + 2) * CODE_INSN_SZ > c->xlated.sz) {
			put_load(buf, sz, &n);
			return 1;
		}
		put_imm64(buf, sz, &n, decode(p + CODE_INSN_SZ).imm, name);
		return 2;
	case LDX:
		put_load(buf, sz, &n);
		return 1;
	case ST:
	case STX:
		put_store(buf, sz, &n);
		return 1;
	case ALU:
	case ALU64:
		put_alu(buf, sz, &n);
		return 1;
	default:
		if (n.code >> OP_SHIFT == OP_CALL)
			put_call(buf, sz, c, i, &n, name);
		else
			put_jump(buf, sz, &n);
		return 1;
	}
}
