/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_CORE_CODE_H
#define BENCH_CORE_CODE_H

#include <stddef.h>
#include <stdint.h>

/*
 * What the kernel made of a program: translated BPF instructions and machine code, both without
 * addresses. Where one was, the field is 0 and a name says what it was: of a symbol, "map:NAME",
 * "map:NAME+OFFSET", or "?". So equal code is equal bytes, whatever was loaded where, and a
 * document tells nobody where a kernel is.
 */
#define CODE_MAX_IMAGE 65536u		/* bytes of xlated, and of jited */
#define CODE_MAX_FUNCS 64u		/* the program and its subprograms */
#define CODE_MAX_NAMES 1024u		/* addresses in xlated, and in jited */
#define CODE_MAX_NAME 127u		/* bytes of such a name */
#define CODE_INSN_SZ 8u			/* bytes of a BPF instruction */

enum code_arch { CODE_ARCH_OTHER, CODE_ARCH_X86_64, CODE_ARCH_ARM64 };
/* As uname and the document's env.arch say it; NULL is other. */
enum code_arch code_arch_parse(const char *machine);

/* The program, or a subprogram: where its instructions begin, how long its machine code is. */
struct code_func {
	char *name;
	uint32_t insn;
	uint32_t len;		/* 0: there is no machine code */
};

struct code_name {
	uint32_t at;		/* xlated: insn; jited: byte of the field (arm64: insn) */
	char *name;
};

struct code_names {
	struct code_name *v;	/* in rising order */
	uint32_t nr;
};

struct code_bytes {
	uint8_t *v;
	uint32_t sz;
};

struct prog_code {
	char *id;		/* the code is in the result of this ID; NULL: here */
	char *why;		/* why something is missing; NULL: nothing is */
	struct code_bytes xlated, jited;
	struct code_func funcs[CODE_MAX_FUNCS];
	uint32_t nr_funcs;
	struct code_names xlated_names, jited_names;
	/* Of a document that was read whole: */
	enum code_arch arch;
	const struct prog_code *same;	/* what @id means; NULL: not in the document */
};

void prog_code_free(struct prog_code *c);	/* accepts NULL */
/* The code itself: @c or what it refers to; NULL if there is none. */
const struct prog_code *prog_code_resolve(const struct prog_code *c);
/* 0, -ENOMEM, -ENOSPC */
int prog_code_add_func(struct prog_code *c, const char *name, uint32_t insn, uint32_t len);
int code_names__add(struct code_names *names, uint32_t at, const char *name);
/* The first name in [from, to); NULL: none. */
const char *code_names__find(const struct code_names *names, uint32_t from, uint32_t to);
/* Bounds, order, and lengths that add up: what a reader relies on. NULL, or what is wrong. */
const char *prog_code_check(const struct prog_code *c);

/* RFC 4648, with padding; @out has room for code_base64_size(sz) + 1 bytes. */
size_t code_base64_size(size_t sz);
void code_base64_put(char *out, const uint8_t *data, size_t sz);
/* 0, -EINVAL (not base64, or longer than @max bytes), -ENOMEM. Nothing is no bytes. */
int code_base64_get(struct code_bytes *out, const char *text, size_t max);

/* What addresses mean at the time of measuring. */
struct code_symbols {
	/* The symbol that begins at an address, map of an ID, kfunc of a BTF ID; or NULL. */
	const char *(*symbol)(void *ctx, uint64_t addr);
	const char *(*map)(void *ctx, uint32_t id);
	const char *(*kfunc)(void *ctx, uint32_t id);
	void *ctx;
	uint64_t call_base;			/* what calls of helpers are relative to */
	uint64_t func_addrs[CODE_MAX_FUNCS];	/* where each function's machine code was */
};

/*
 * Replaces addresses by names, in both images; xlated as BPF_OBJ_GET_INFO_BY_FD gives it. Machine
 * code is looked through byte by byte, not decoded: a field counts as an address if it is exactly
 * that of a symbol, or a whole 64-bit kernel address (unless the program has that constant). 0 or
 * -ENOMEM, -ENOSPC (more than CODE_MAX_NAMES).
 */
int code_mask(struct prog_code *c, enum code_arch arch, const struct code_symbols *s);

#endif
