// SPDX-License-Identifier: GPL-2.0-only
/* Addresses become names. */
#include "code.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CODE_LD_IMM64 0x18
#define CODE_CALL 0x85
#define FUNC_TAIL_CALL 12
enum { SRC_CONST, SRC_MAP, SRC_MAP_VALUE };	/* of a 64-bit immediate */
enum { SRC_HELPER, SRC_PC, SRC_KFUNC };		/* of a call */

#define UNKNOWN "?"
#define MAX_CONSTANTS 256u
/* Kernel addresses that no symbol need explain: below are user space's, above small negatives. */
#define KERNEL_FIRST 0xffff000000000000ull
#define KERNEL_END 0xffffffff00000000ull

struct mask {
	struct prog_code *c;
	const struct code_symbols *s;
	/* From xlated: what 64-bit immediates of the machine code may be. */
	uint64_t constants[MAX_CONSTANTS];
	uint32_t nr_constants;
};

static uint32_t get32(const uint8_t *p)
{
	return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t get64(const uint8_t *p)
{
	return get32(p) | (uint64_t)get32(p + 4) << 32;
}

static void put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = v >> 8 * i;
}

/* A symbol, or the beginning of one of the program's own functions. */
static const char *name_of(const struct mask *m, uint64_t addr)
{
	for (uint32_t i = 0; i < m->c->nr_funcs; i++)
		if (m->s->func_addrs[i] == addr)
			return m->c->funcs[i].name;
	return m->s->symbol(m->s->ctx, addr);
}

static int mask_call(struct mask *m, uint32_t i, uint8_t *insn)
{
	uint32_t imm = get32(insn + 4);
	const char *name = NULL;

	if (insn[1] >> 4 == SRC_HELPER && imm == FUNC_TAIL_CALL)
		name = "bpf_tail_call";	/* no function: dumps show its number */
	else if (imm)
		name = m->s->symbol(m->s->ctx, m->s->call_base + (int64_t)(int32_t)imm);
	/* Too far away for 32 bits on this architecture (arm64): 1cf3bfc60f98. */
	if (!name && insn[1] >> 4 == SRC_KFUNC)
		name = m->s->kfunc(m->s->ctx, imm);
	put32(insn + 4, 0);
	return code_names__add(&m->c->xlated_names, i, name ? name : UNKNOWN);
}

static int mask_map(struct mask *m, uint32_t i, uint8_t *insn)
{
	const char *map = m->s->map(m->s->ctx, get32(insn + 4));
	uint32_t off = get32(insn + 12);
	char name[CODE_MAX_NAME + 1];

	snprintf(name, sizeof(name), off ? "map:%.80s+%" PRIu32 : "map:%.80s", map ? map : UNKNOWN,
		 off);
	put32(insn + 4, 0);
	put32(insn + 12, 0);
	return code_names__add(&m->c->xlated_names, i, name);
}

static int mask_constant(struct mask *m, uint32_t i, uint8_t *insn)
{
	uint64_t v = get32(insn + 4) | (uint64_t)get32(insn + 12) << 32;
	const char *name = v >= KERNEL_FIRST ? m->s->symbol(m->s->ctx, v) : NULL;

	if (!name) {
		if (m->nr_constants < MAX_CONSTANTS)
			m->constants[m->nr_constants++] = v;
		return 0;
	}
	put32(insn + 4, 0);
	put32(insn + 12, 0);
	return code_names__add(&m->c->xlated_names, i, name);
}

static int mask_xlated(struct mask *m)
{
	uint32_t nr = m->c->xlated.sz / CODE_INSN_SZ;
	int err = 0;

	for (uint32_t i = 0; i < nr && !err; i++) {
		uint8_t *insn = m->c->xlated.v + i * CODE_INSN_SZ;
		uint8_t src = insn[1] >> 4;

		if (insn[0] == CODE_CALL && src != SRC_PC)
			err = mask_call(m, i, insn);
		if (insn[0] != CODE_LD_IMM64 || i + 1 == nr)
			continue;
		if (src == SRC_MAP || src == SRC_MAP_VALUE)
			err = mask_map(m, i, insn);
		else if (src == SRC_CONST)
			err = mask_constant(m, i, insn);
		i++;
	}
	return err;
}

/* The name of a 64-bit immediate that is an address; NULL: it is none. */
static const char *immediate_name(const struct mask *m, uint64_t v)
{
	const char *name = v >= KERNEL_FIRST ? name_of(m, v) : NULL;

	if (name || v < KERNEL_FIRST || v >= KERNEL_END)
		return name;
	for (uint32_t i = 0; i < m->nr_constants; i++)
		if (m->constants[i] == v)
			return NULL;
	return UNKNOWN;
}

/* Of the function that starts at byte @start: what ends at @end. */
struct extent {
	uint32_t start, end;
	uint64_t addr;
};

#define X86_GS_FIELD 5u		/* byte of the address in gs:[disp32] */

/*
 * The field of a 32-bit address in what may be an instruction at @p: its offset, and the address.
 * call and jmp rel32; mov r64, simm32; gs:[disp32], a variable of the CPU.
 */
static uint32_t x86_field32(const uint8_t *p, uint32_t left, uint64_t next, uint64_t *addr)
{
	if (left >= 5 && (p[0] == 0xe8 || p[0] == 0xe9)) {
		*addr = next + 5 + (int64_t)(int32_t)get32(p + 1);
		return 1;
	}
	if (left >= 7 && (p[0] == 0x48 || p[0] == 0x49) && p[1] == 0xc7 && (p[2] & 0xf8) == 0xc0) {
		*addr = (int64_t)(int32_t)get32(p + 3);
		return 3;
	}
	if (left >= 9 && p[0] == 0x65 && (p[1] & 0xf0) == 0x40 && (p[3] & 0xc7) == 0x04 &&
	    p[4] == 0x25) {
		*addr = (int64_t)(int32_t)get32(p + 5);
		return X86_GS_FIELD;
	}
	return 0;
}

static bool is_x86_movabs(const uint8_t *p, uint32_t left)
{
	return left >= 10 && (p[0] == 0x48 || p[0] == 0x49) && (p[1] & 0xf8) == 0xb8;
}

/* @skip: bytes that are done with. */
static int x86_step(struct mask *m, const struct extent *e, uint32_t at, uint32_t *skip)
{
	uint8_t *p = m->c->jited.v + at;
	uint32_t left = e->end - at, field;
	const char *name = NULL;
	uint64_t addr;

	*skip = 1;
	if (is_x86_movabs(p, left)) {
		name = immediate_name(m, get64(p + 2));
		if (!name)
			return 0;
		put32(p + 2, 0);
		put32(p + 6, 0);
		*skip = 10;
		return code_names__add(&m->c->jited_names, at + 2, name);
	}
	field = x86_field32(p, left, e->addr + (at - e->start), &addr);
	/* A function that calls itself has a name too; other jumps stay inside. */
	if (field)
		name = name_of(m, addr);
	/* A variable of the kernel, which need not list those in kallsyms. */
	if (!name && field == X86_GS_FIELD && addr >= KERNEL_END)
		name = "cpu_variable";
	if (!name)
		return 0;
	put32(p + field, 0);
	*skip = field + 4;
	return code_names__add(&m->c->jited_names, at + field, name);
}

/* movz, movn and movk of 64 bits; their 16-bit field, and where it belongs. */
#define ARM64_MOVN 0x92800000u
#define ARM64_MOVZ 0xd2800000u
#define ARM64_MOVK 0xf2800000u
#define ARM64_MOV_MASK 0xff800000u
#define ARM64_IMM16 0x001fffe0u
#define ARM64_B 0x14000000u
#define ARM64_IMM26 0x03ffffffu
#define ARM64_LINK 0x80000000u		/* bl */

static int arm64_branch(struct mask *m, const struct extent *e, uint32_t at)
{
	uint8_t *p = m->c->jited.v + at;
	uint32_t insn = get32(p);
	int64_t words = (int32_t)((insn & ARM64_IMM26) << 6) >> 6;
	const char *name = name_of(m, e->addr + (at - e->start) + 4 * words);

	if (!name)
		return 0;
	put32(p, insn & ~ARM64_IMM26);
	return code_names__add(&m->c->jited_names, at, name);
}

/* An address is put together from up to four instructions, each with 16 bits of it. */
static int arm64_mov(struct mask *m, const struct extent *e, uint32_t at, uint32_t *skip)
{
	uint8_t *p = m->c->jited.v + at;
	uint32_t insn = get32(p), reg = insn & 31, sz;
	uint64_t v = (uint64_t)(insn >> 5 & 0xffff) << (insn >> 21 & 3) * 16;
	const char *name;
	int err = 0;

	if ((insn & ARM64_MOV_MASK) == ARM64_MOVN)
		v = ~v;
	for (sz = 4; at + sz + 4 <= e->end; sz += 4) {
		uint32_t shift;

		insn = get32(p + sz);
		if ((insn & ARM64_MOV_MASK) != ARM64_MOVK || (insn & 31) != reg)
			break;
		shift = (insn >> 21 & 3) * 16;
		v = (v & ~(0xffffull << shift)) | (uint64_t)(insn >> 5 & 0xffff) << shift;
	}
	name = immediate_name(m, v);
	if (!name)
		return 0;
	*skip = sz;
	for (uint32_t i = 0; i < sz && !err; i += 4) {
		put32(p + i, get32(p + i) & ~ARM64_IMM16);
		err = code_names__add(&m->c->jited_names, at + i, name);
	}
	return err;
}

static int arm64_step(struct mask *m, const struct extent *e, uint32_t at, uint32_t *skip)
{
	uint32_t insn;

	*skip = 4;
	if (e->end - at < 4)
		return 0;
	insn = get32(m->c->jited.v + at);
	if ((insn & ~(ARM64_IMM26 | ARM64_LINK)) == ARM64_B)
		return arm64_branch(m, e, at);
	insn &= ARM64_MOV_MASK;
	if (insn == ARM64_MOVN || insn == ARM64_MOVZ)
		return arm64_mov(m, e, at, skip);
	return 0;
}

static bool is_unknown(const struct code_name *name)
{
	return !strcmp(name->name, UNKNOWN);
}

/* Of several instructions in a row that make one address the first counts. */
static bool begins_address(const struct prog_code *c, enum code_arch arch,
			   const struct code_name *name)
{
	return arch != CODE_ARCH_ARM64 ||
	       (get32(c->jited.v + name->at) & ARM64_MOV_MASK) != ARM64_MOVK;
}

/*
 * A JIT compiles instruction by instruction, so that unexplained addresses are those of the maps,
 * in the order of xlated, if there are as many of the one as of the other.
 */
static int name_maps(struct prog_code *c, enum code_arch arch)
{
	const struct code_names *maps = &c->xlated_names;
	struct code_names *names = &c->jited_names;
	uint32_t nr_maps = 0, nr_unknown = 0, k = 0;

	for (uint32_t i = 0; i < maps->nr; i++)
		nr_maps += !strncmp(maps->v[i].name, "map:", 4);
	for (uint32_t i = 0; i < names->nr; i++)
		nr_unknown += is_unknown(&names->v[i]) && begins_address(c, arch, &names->v[i]);
	if (nr_maps != nr_unknown)
		return 0;
	for (uint32_t i = 0; i < names->nr; i++) {
		size_t sz;
		char *name;

		if (!is_unknown(&names->v[i]))
			continue;
		if (begins_address(c, arch, &names->v[i])) {
			while (strncmp(maps->v[k].name, "map:", 4))
				k++;
			k++;
		}
		sz = strlen(maps->v[k - 1].name) + 1;
		name = malloc(sz);
		if (!name)
			return -ENOMEM;
		memcpy(name, maps->v[k - 1].name, sz);
		free(names->v[i].name);
		names->v[i].name = name;
	}
	return 0;
}

int code_mask(struct prog_code *c, enum code_arch arch, const struct code_symbols *s)
{
	struct mask m = { .c = c, .s = s };
	uint32_t at = 0, skip;
	int err = mask_xlated(&m);

	for (uint32_t i = 0; i < c->nr_funcs && arch != CODE_ARCH_OTHER; i++) {
		struct extent e = { at, at + c->funcs[i].len, s->func_addrs[i] };

		for (; at < e.end && !err; at += skip)
			err = arch == CODE_ARCH_X86_64 ? x86_step(&m, &e, at, &skip) :
							 arm64_step(&m, &e, at, &skip);
		at = e.end;
	}
	return err ? err : name_maps(c, arch);
}
