// SPDX-License-Identifier: GPL-2.0-only
/*
 * Code without addresses: what goes into a document, and how addresses are found.
 * Allocations fail by __wrap_malloc, __wrap_calloc and __wrap_realloc of doc_fixture.h.
 */
#include <errno.h>

#include "core/code.h"
#include "doc_fixture.h"
#include "kselftest_harness.h"

#define KERNEL 0xffffffff81000000ull
#define HELPER (KERNEL + 0x1000)
#define PERCPU 0x2d0f8ull
#define IMAGE 0xffffffffa0000000ull
#define MAP 0xffff888001234500ull

static const char *symbol(void *ctx, uint64_t addr)
{
	(void)ctx;
	switch (addr) {
	case HELPER: return "bpf_helper";
	case KERNEL + 0x2000: return "variable";
	case PERCPU: return "this_cpu_off";
	default: return NULL;
	}
}

static const char *map(void *ctx, uint32_t id)
{
	(void)ctx;
	return id == 7 ? "hash_map" : NULL;
}

static const char *kfunc(void *ctx, uint32_t id)
{
	(void)ctx;
	return id == 55 ? "bpf_kfunc" : NULL;
}

static struct code_symbols symbols(void)
{
	return (struct code_symbols){
		.symbol = symbol, .map = map, .kfunc = kfunc, .call_base = KERNEL,
		.func_addrs = { IMAGE, IMAGE + 0x100 },
	};
}

static void set_bytes(struct code_bytes *b, const void *data, size_t sz)
{
	b->v = malloc(sz);
	memcpy(b->v, data, sz);
	b->sz = sz;
}

/* One function of @sz bytes of machine code behind @nr instructions. */
static struct prog_code *code_new(const void *xlated, size_t nr, const void *jited, size_t sz)
{
	struct prog_code *c = calloc(1, sizeof(*c));

	set_bytes(&c->xlated, xlated, nr * CODE_INSN_SZ);
	if (sz)
		set_bytes(&c->jited, jited, sz);
	prog_code_add_func(c, "prog", 0, sz);
	return c;
}

static const uint8_t EXIT[8] = { 0x95 };

TEST(architectures)
{
	EXPECT_EQ(CODE_ARCH_X86_64, code_arch_parse("x86_64"));
	EXPECT_EQ(CODE_ARCH_ARM64, code_arch_parse("aarch64"));
	EXPECT_EQ(CODE_ARCH_OTHER, code_arch_parse("riscv64"));
	EXPECT_EQ(CODE_ARCH_OTHER, code_arch_parse(NULL));
}

TEST(base64)
{
	static const struct {
		const char *data, *text;
	} cases[] = {
		{ "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" },
		{ "foob", "Zm9vYg==" }, { "fooba", "Zm9vYmE=" }, { "\xff\xfe\xfb", "//77" },
	};
	static const char *const wrong[] = {
		"A", "AA", "AAA", "AAA\n", "A===", "====", "=AAA", "AA=A", "Zg==Zg==", "Zm9v ",
		"AA-A",
	};
	struct code_bytes b;
	char text[16];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t sz = strlen(cases[i].data);

		code_base64_put(text, (const uint8_t *)cases[i].data, sz);
		EXPECT_STREQ(cases[i].text, text);
		EXPECT_EQ(code_base64_size(sz), strlen(text));
		ASSERT_EQ(0, code_base64_get(&b, text, 6));
		ASSERT_EQ(sz, b.sz);
		EXPECT_TRUE(!sz || !memcmp(b.v, cases[i].data, sz));
		free(b.v);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		EXPECT_EQ(-EINVAL, code_base64_get(&b, wrong[i], 6));
		EXPECT_EQ(NULL, b.v);
	}
	EXPECT_EQ(0, code_base64_get(&b, "Zm9vYmE=", 5));
	free(b.v);
	EXPECT_EQ(-EINVAL, code_base64_get(&b, "Zm9vYmE=", 4));
	ASSERT_TRUE(can_fail());
	fail_after = 0;
	EXPECT_EQ(-ENOMEM, code_base64_get(&b, "Zg==", 6));
	fail_after = -1;
}

TEST(names)
{
	struct code_names names = { 0 };
	char name[CODE_MAX_NAME + 20];
	struct prog_code *c = calloc(1, sizeof(*c));

	for (uint32_t i = 0; i < CODE_MAX_NAMES; i++)
		ASSERT_EQ(0, code_names__add(&names, 2 * i + 1, "n"));
	EXPECT_EQ(-ENOSPC, code_names__add(&names, 1 << 20, "n"));
	EXPECT_EQ(NULL, code_names__find(&names, 0, 1));
	EXPECT_STREQ("n", code_names__find(&names, 0, 2));
	EXPECT_EQ(NULL, code_names__find(&names, 2, 3));
	EXPECT_STREQ("n", code_names__find(&names, 2 * CODE_MAX_NAMES - 1, 1 << 20));
	EXPECT_EQ(NULL, code_names__find(&names, 2 * CODE_MAX_NAMES, 1 << 20));
	c->xlated_names = names;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = 0;
	for (uint32_t i = 0; i < CODE_MAX_FUNCS; i++)
		ASSERT_EQ(0, prog_code_add_func(c, name, i, 0));
	EXPECT_EQ(CODE_MAX_NAME, strlen(c->funcs[0].name));
	EXPECT_EQ(-ENOSPC, prog_code_add_func(c, name, 99, 0));
	prog_code_free(c);
	prog_code_free(NULL);

	ASSERT_TRUE(can_fail());
	c = calloc(1, sizeof(*c));
	fail_after = 0;
	EXPECT_EQ(-ENOMEM, code_names__add(&c->jited_names, 1, "n"));
	EXPECT_EQ(-ENOMEM, prog_code_add_func(c, "f", 0, 0));
	fail_after = 1;
	EXPECT_EQ(-ENOMEM, code_names__add(&c->jited_names, 1, "n"));
	fail_after = -1;
	EXPECT_EQ(0, c->jited_names.nr);
	EXPECT_EQ(0, c->nr_funcs);
	prog_code_free(c);
}

TEST(resolve)
{
	struct prog_code *c = code_new(EXIT, 1, "\xc3", 1);
	struct prog_code other = { .id = "f/c" };
	const struct prog_code empty = { .why = "none" };

	EXPECT_EQ(NULL, prog_code_resolve(NULL));
	EXPECT_EQ(NULL, prog_code_resolve(&empty));
	EXPECT_EQ(NULL, prog_code_resolve(&other));
	other.same = c;
	EXPECT_EQ(c, prog_code_resolve(&other));
	EXPECT_EQ(c, prog_code_resolve(c));
	prog_code_free(c);
}

/* What check() finds when one thing about a good code is wrong. */
#define EXPECT_WRONG(clause, ...) do { \
	struct prog_code *c = code_new(two, 2, "\x90\xc3", 2); \
	\
	code_names__add(&c->xlated_names, 0, "a"); \
	code_names__add(&c->xlated_names, 1, "b"); \
	code_names__add(&c->jited_names, 1, "a"); \
	EXPECT_EQ(NULL, prog_code_check(c)); \
	__VA_ARGS__; \
	EXPECT_STREQ(clause, prog_code_check(c)); \
	prog_code_free(c); \
} while (0)

TEST(check)
{
	static const uint8_t two[16] = { 0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95 };
	const char *order = "funcs are not in order, or longer than jited";
	const char *xnames = "xlated_names are not in order within xlated";
	struct prog_code id = { .id = "f/c" }, why = { .why = "none" }, none = { 0 };
	struct prog_code *big = calloc(1, sizeof(*big));

	EXPECT_EQ(NULL, prog_code_check(&id));
	EXPECT_EQ(NULL, prog_code_check(&why));
	id.id = "f c";
	EXPECT_STREQ("id is no name", prog_code_check(&id));
	EXPECT_STREQ("has neither xlated, id nor why", prog_code_check(&none));
	EXPECT_WRONG("xlated is not whole instructions, at most 64 KiB", c->xlated.sz = 15);
	EXPECT_WRONG("xlated is not whole instructions, at most 64 KiB",
		     c->xlated.sz = CODE_MAX_IMAGE + 8);
	EXPECT_WRONG("jited is longer than 64 KiB, or without xlated",
		     c->jited.sz = CODE_MAX_IMAGE + 1);
	EXPECT_WRONG("jited is longer than 64 KiB, or without xlated", c->xlated.sz = 0);
	EXPECT_WRONG("has funcs without xlated, or xlated without", c->xlated.sz = c->jited.sz = 0,
		     c->why = strdup("none"));
	EXPECT_WRONG(order, c->funcs[0].insn = 1);
	EXPECT_WRONG(order, prog_code_add_func(c, "f", 0, 0));
	EXPECT_WRONG(order, prog_code_add_func(c, "f", 2, 0));
	EXPECT_WRONG(order, prog_code_add_func(c, "f", 1, 1));
	EXPECT_WRONG(order, c->funcs[0].name[0] = ' ');
	EXPECT_WRONG("funcs are shorter than jited", c->funcs[0].len = 1);
	EXPECT_WRONG(xnames, c->xlated_names.v[1].at = 0);
	EXPECT_WRONG(xnames, c->xlated_names.v[1].at = 2);
	EXPECT_WRONG(xnames, c->xlated_names.v[1].name[0] = '#');
	EXPECT_WRONG("jited_names are not in order within jited", c->jited_names.v[0].at = 2);
	/* Longer than a name may be, which the ways in do not let happen. */
	big->why = strdup("none");
	big->xlated_names.v = calloc(1, sizeof(struct code_name));
	big->xlated_names.v[0].name = malloc(CODE_MAX_NAME + 2);
	memset(big->xlated_names.v[0].name, 'n', CODE_MAX_NAME + 1);
	big->xlated_names.v[0].name[CODE_MAX_NAME + 1] = 0;
	big->xlated_names.nr = 1;
	EXPECT_STREQ(xnames, prog_code_check(big));
	prog_code_free(big);
}

#define LE32(v) (uint8_t)(v), (uint8_t)((v) >> 8), (uint8_t)((v) >> 16), (uint8_t)((v) >> 24)
#define INSN(code, regs, off, imm) code, regs, (uint8_t)(off), (uint8_t)((off) >> 8), LE32(imm)
#define IMM64(regs, lo, hi) INSN(0x18, regs, 0, lo), INSN(0, 0, 0, hi)

static const uint8_t many[] = {
	INSN(0x85, 0x00, 0, 0x1000),		/*  0: helper */
	INSN(0x85, 0x00, 0, 12),		/*  1: tail call */
	INSN(0x85, 0x00, 0, 0),			/*  2: hidden */
	INSN(0x85, 0x20, 0, 55),		/*  3: far kfunc */
	INSN(0x85, 0x20, 0, 0x1000),		/*  4: near kfunc */
	INSN(0x85, 0x20, 0, 56),		/*  5: unknown kfunc */
	INSN(0x85, 0x10, 0, 1),			/*  6: subprogram */
	IMM64(0x11, 7, 0),			/*  7: map */
	IMM64(0x21, 7, 16),			/*  9: value of a map */
	IMM64(0x21, 8, 0),			/* 11: unknown map */
	IMM64(0x01, 0x81002000, 0xffffffff),	/* 13: variable */
	IMM64(0x01, 0x12345678, 0xffff9abc),	/* 15: constant */
	IMM64(0x41, 3, 1),			/* 17: callback */
	INSN(0x85, 0x00, 0, -4096),		/* 19: below the base */
	INSN(0x95, 0, 0, 0),			/* 20 */
	IMM64(0x01, 5, 1),			/* 21: small constant */
	INSN(0x18, 0x11, 0, 7),			/* 23: half an instruction */
};

TEST(xlated)
{
	static const struct {
		uint32_t at;
		const char *name;
	} want[] = {
		{ 0, "bpf_helper" }, { 1, "bpf_tail_call" }, { 2, "?" }, { 3, "bpf_kfunc" },
		{ 4, "bpf_helper" }, { 5, "?" }, { 7, "map:hash_map" }, { 9, "map:hash_map+16" },
		{ 11, "map:?" }, { 13, "variable" }, { 19, "?" },
	};
	struct prog_code *c = code_new(many, sizeof(many) / 8, NULL, 0);
	const struct code_symbols s = symbols();

	ASSERT_EQ(0, code_mask(c, CODE_ARCH_OTHER, &s));
	ASSERT_EQ(sizeof(want) / sizeof(want[0]), c->xlated_names.nr);
	for (uint32_t i = 0; i < c->xlated_names.nr; i++) {
		EXPECT_EQ(want[i].at, c->xlated_names.v[i].at);
		EXPECT_STREQ(want[i].name, c->xlated_names.v[i].name);
		/* Nothing of the address is left. */
		EXPECT_EQ(0, memcmp(c->xlated.v + want[i].at * 8 + 4, "\0\0\0\0", 4));
	}
	EXPECT_EQ(0, memcmp(c->xlated.v + 10 * 8 + 4, "\0\0\0\0", 4));
	EXPECT_EQ(0, memcmp(c->xlated.v + 14 * 8 + 4, "\0\0\0\0", 4));
	EXPECT_EQ(0, memcmp(c->xlated.v + 15 * 8, many + 15 * 8, 4 * 8));
	EXPECT_EQ(0, memcmp(c->xlated.v + 6 * 8, many + 6 * 8, 8));
	EXPECT_EQ(NULL, prog_code_check(c));
	prog_code_free(c);
}

/* Bytes of a relative address in an instruction that ends at byte @end of the image. */
#define REL32(addr, end) LE32((uint32_t)((addr) - (IMAGE + (end))))
#define LE64(v) LE32((uint32_t)(v)), LE32((uint32_t)((v) >> 32))

static const uint8_t x86_image[] = {
	0xe8, REL32(HELPER, 5),				/*  0: call helper */
	0xe9, REL32(HELPER + 1, 10),			/*  5: jmp to nothing known */
	0x48, 0xbf, LE64(MAP),				/* 10: movabs map */
	0x49, 0xb8, LE64(0xffff9abc12345678ull),	/* 20: movabs constant of the program */
	0x48, 0xb8, LE64(0x1122334455667788ull),	/* 30: movabs, no address */
	0x48, 0xb8, LE64(0xfffffffffffff000ull),	/* 40: movabs, small negative */
	0x48, 0xc7, 0xc6, LE32(0x81002000u),		/* 50: mov variable */
	0x49, 0xc7, 0xc0, LE32(0xfffffff2u),		/* 57: mov -14 */
	0x65, 0x48, 0x03, 0x04, 0x25, LE32(PERCPU),	/* 64: add gs: */
	0xe8, REL32(IMAGE + 0x100, 78),			/* 73: call the other function */
	0x48, 0xba, LE64(KERNEL + 0x2000),		/* 78: movabs variable */
	0x65, 0x48, 0x03, 0x04, 0x24,			/* 88: gs: of a register */
	0x65, 0x48, 0x03, 0x05, 0x25,			/* 93 */
	0x65, 0x0f, 0x03, 0x04, 0x25,			/* 98 */
	0x48, 0xc7, 0x40, 0x00, 0x00, 0x00, 0x00, 0x00,	/* 103: a store */
	0x48, 0x89, 0xc7, 0x49, 0xc7, 0x45,		/* 111 */
	0x65, 0x48, 0x03, 0x04, 0x25, LE32(0x83b0e028u),	/* 117: add gs:, no symbol */
	0x65, 0x48, 0x03, 0x04, 0x25, LE32(0x1234u),	/* 126: and below the kernel */
	0xc3,						/* 135 */
	/* The other function: instructions that its end cuts. */
	0x48, 0xbf, 0xe8, 0x65, 0x48, 0x03, 0x04, 0x25,
};
#define X86_FIRST 136

static const uint8_t two_funcs[] = {
	IMM64(0x11, 7, 0), IMM64(0x01, 0x12345678, 0xffff9abc), INSN(0x95, 0, 0, 0),
	INSN(0x95, 0, 0, 0),
};

static struct prog_code *x86_new(void)
{
	struct prog_code *c = code_new(two_funcs, sizeof(two_funcs) / 8, x86_image,
				       sizeof(x86_image));

	c->funcs[0].len = X86_FIRST;
	prog_code_add_func(c, "prog_chunk", 5, sizeof(x86_image) - X86_FIRST);
	return c;
}

TEST(x86)
{
	static const struct {
		uint32_t at, sz;
		const char *name;
	} want[] = {
		{ 1, 4, "bpf_helper" }, { 12, 8, "map:hash_map" }, { 53, 4, "variable" },
		{ 69, 4, "this_cpu_off" }, { 74, 4, "prog_chunk" }, { 80, 8, "variable" },
		{ 122, 4, "cpu_variable" },
	};
	struct prog_code *c = x86_new();
	const struct code_symbols s = symbols();
	uint8_t masked[sizeof(x86_image)];

	memcpy(masked, x86_image, sizeof(x86_image));
	ASSERT_EQ(0, code_mask(c, CODE_ARCH_X86_64, &s));
	ASSERT_EQ(sizeof(want) / sizeof(want[0]), c->jited_names.nr);
	for (uint32_t i = 0; i < c->jited_names.nr; i++) {
		EXPECT_EQ(want[i].at, c->jited_names.v[i].at);
		EXPECT_STREQ(want[i].name, c->jited_names.v[i].name);
		memset(masked + want[i].at, 0, want[i].sz);
	}
	/* What is no address is as it was. */
	EXPECT_EQ(0, memcmp(masked, c->jited.v, sizeof(masked)));
	EXPECT_EQ(NULL, prog_code_check(c));
	prog_code_free(c);
}

/* The same program elsewhere is the same bytes. */
TEST(x86_moved)
{
	struct prog_code *a = x86_new(), *b = x86_new();
	struct code_symbols s = symbols();

	ASSERT_EQ(0, code_mask(a, CODE_ARCH_X86_64, &s));
	for (uint32_t i = 0; i < CODE_MAX_FUNCS; i++)
		s.func_addrs[i] += 0x4000;
	memcpy(b->jited.v + 1, (uint8_t[]){ REL32(HELPER - 0x4000, 5) }, 4);
	b->jited.v[14] ^= 0x55;			/* the map is elsewhere */
	ASSERT_EQ(0, code_mask(b, CODE_ARCH_X86_64, &s));
	EXPECT_EQ(0, memcmp(a->jited.v, b->jited.v, a->jited.sz));
	prog_code_free(a);
	prog_code_free(b);
}

/* Fewer maps than addresses, or more: which is which nobody knows. */
TEST(x86_maps_that_do_not_add_up)
{
	static const uint8_t none[] = { INSN(0x95, 0, 0, 0) };
	static const uint8_t image[] = { 0x48, 0xbf, LE64(MAP), 0xc3 };
	const struct code_symbols s = symbols();
	struct prog_code *c = code_new(none, 1, image, sizeof(image));

	ASSERT_EQ(0, code_mask(c, CODE_ARCH_X86_64, &s));
	ASSERT_EQ(1, c->jited_names.nr);
	EXPECT_STREQ("?", c->jited_names.v[0].name);
	prog_code_free(c);
}

#define MOVZ 0xd2800000u
#define MOVN 0x92800000u
#define MOVK 0xf2800000u
#define MOV(op, reg, hw, imm) LE32((op) | (uint32_t)(hw) << 21 | (uint32_t)(imm) << 5 | (reg))
#define ARM_HELPER 0xffff800080001000ull
#define ARM_IMAGE 0xffff800078000000ull

static const char *arm_symbol(void *ctx, uint64_t addr)
{
	(void)ctx;
	return addr == ARM_HELPER ? "bpf_helper" : NULL;
}

static const uint8_t arm64_image[] = {
	MOV(MOVN, 10, 0, 0xefff), MOV(MOVK, 10, 1, 0x8000),	/* 0: helper */
	MOV(MOVK, 10, 2, 0x8000),
	LE32(0xd63f0140u),					/* 12: blr x10 */
	MOV(MOVN, 0, 2, 0x7fff), MOV(MOVK, 0, 1, 0x0123), MOV(MOVK, 0, 0, 0x4500), /* 16: map */
	MOV(MOVZ, 1, 0, 0x7777),				/* 28: a number */
	MOV(MOVN, 2, 0, 13),					/* 32: -14 */
	MOV(MOVZ, 3, 3, 0xffff), MOV(MOVK, 3, 2, 0x9abc), MOV(MOVK, 3, 1, 0x1234),
	MOV(MOVK, 3, 0, 0x5678),				/* 36: constant of the program */
	LE32(0x94000000u | 49),					/* 52: bl the other function */
	LE32(0x17ffffffu),					/* 56: b back */
	MOV(MOVN, 10, 0, 0xefff), MOV(MOVK, 10, 1, 0x8000), MOV(MOVK, 11, 2, 0x8000), /* 60 */
	MOV(MOVN, 10, 2, 0x7fff),				/* 72: at the end of the function */
	LE32(0xd65f03c0u),					/* 76: ret */
	MOV(MOVN, 4, 2, 0x7ffe), MOV(MOVK, 4, 1, 0x8000), 0x01, 0x02, /* 80: and half a word */
};

TEST(arm64)
{
	static const struct {
		uint32_t at;
		const char *name;
	} want[] = {
		{ 0, "bpf_helper" }, { 4, "bpf_helper" }, { 8, "bpf_helper" },
		{ 16, "map:hash_map" }, { 20, "map:hash_map" }, { 24, "map:hash_map" },
		{ 52, "prog_chunk" }, { 72, "map:hash_map+8" },
		{ 80, "map:?" }, { 84, "map:?" },
	};
	static const uint8_t xlated[] = {
		IMM64(0x11, 7, 0), INSN(0x85, 0, 0, 12), IMM64(0x01, 0x12345678, 0xffff9abc),
		IMM64(0x21, 7, 8), IMM64(0x11, 9, 0), INSN(0x95, 0, 0, 0), INSN(0x95, 0, 0, 0),
	};
	struct code_symbols s = symbols();
	struct prog_code *c = code_new(xlated, sizeof(xlated) / 8, arm64_image,
				       sizeof(arm64_image));

	c->funcs[0].len = 80;
	prog_code_add_func(c, "prog_chunk", 10, sizeof(arm64_image) - 80);
	s.symbol = arm_symbol;
	s.func_addrs[0] = ARM_IMAGE;
	s.func_addrs[1] = ARM_IMAGE + 52 + 49 * 4;
	ASSERT_EQ(0, code_mask(c, CODE_ARCH_ARM64, &s));
	ASSERT_EQ(sizeof(want) / sizeof(want[0]), c->jited_names.nr);
	for (uint32_t i = 0; i < c->jited_names.nr; i++) {
		EXPECT_EQ(want[i].at, c->jited_names.v[i].at);
		EXPECT_STREQ(want[i].name, c->jited_names.v[i].name);
	}
	/* The opcodes, and what is no address, are as they were. */
	EXPECT_EQ(0, memcmp(c->jited.v, (uint8_t[]){ MOV(MOVN, 10, 0, 0) }, 4));
	EXPECT_EQ(0, memcmp(c->jited.v + 24, (uint8_t[]){ MOV(MOVK, 0, 0, 0) }, 4));
	EXPECT_EQ(0, memcmp(c->jited.v + 28, arm64_image + 28, 24));
	EXPECT_EQ(0, memcmp(c->jited.v + 52, (uint8_t[]){ LE32(0x94000000u) }, 4));
	EXPECT_EQ(0, memcmp(c->jited.v + 56, arm64_image + 56, 16));
	EXPECT_EQ(0, memcmp(c->jited.v + 88, arm64_image + 88, 2));
	EXPECT_EQ(NULL, prog_code_check(c));
	prog_code_free(c);
}

/* More addresses than are kept, in each image and on each architecture. */
TEST(too_many)
{
	enum { NR = CODE_MAX_NAMES + 1 };
	static uint8_t xlated[NR * 8], image[NR * 12];
	struct code_symbols s = symbols();
	struct prog_code *c;

	for (uint32_t i = 0; i < NR; i++)
		memcpy(xlated + i * 8, many, 8);
	c = code_new(xlated, NR, NULL, 0);
	EXPECT_EQ(-ENOSPC, code_mask(c, CODE_ARCH_OTHER, &s));
	prog_code_free(c);
	for (uint32_t i = 0; i < NR; i++)
		memcpy(image + i * 10, x86_image + 78, 10);
	c = code_new(EXIT, 1, image, NR * 10);
	EXPECT_EQ(-ENOSPC, code_mask(c, CODE_ARCH_X86_64, &s));
	prog_code_free(c);
	for (uint32_t i = 0; i < NR; i++)
		memcpy(image + i * 12, arm64_image, 12);
	s.symbol = arm_symbol;
	c = code_new(EXIT, 1, image, NR * 12);
	EXPECT_EQ(-ENOSPC, code_mask(c, CODE_ARCH_ARM64, &s));
	prog_code_free(c);
}

/* More constants than are remembered: one that is not is taken for an address. */
TEST(many_constants)
{
	enum { NR = 257 };
	static uint8_t xlated[NR * 16];
	static const uint8_t image[] = {
		0x48, 0xbf, LE64(0xffff000000000000ull), 0x48, 0xbf, LE64(0xffff000000000100ull),
	};
	const struct code_symbols s = symbols();
	struct prog_code *c;

	for (uint32_t i = 0; i < NR; i++)
		memcpy(xlated + i * 16, (uint8_t[]){ IMM64(0x01, i, 0xffff0000) }, 16);
	c = code_new(xlated, NR * 2, image, sizeof(image));
	ASSERT_EQ(0, code_mask(c, CODE_ARCH_X86_64, &s));
	ASSERT_EQ(1, c->jited_names.nr);
	EXPECT_EQ(12, c->jited_names.v[0].at);
	prog_code_free(c);
}

TEST(no_memory)
{
	const struct code_symbols s = symbols();
	struct prog_code *c;
	long n = 0;
	int err;

	ASSERT_TRUE(can_fail());
	do {
		c = x86_new();
		fail_after = n;
		err = code_mask(c, CODE_ARCH_X86_64, &s);
		fail_after = -1;
		ASSERT_TRUE(!err || err == -ENOMEM);
		prog_code_free(c);
	} while (err && n++ < 100);
	EXPECT_EQ(0, err);
	EXPECT_LT(10, n);
}

TEST_HARNESS_MAIN
