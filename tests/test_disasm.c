// SPDX-License-Identifier: GPL-2.0-only
/* Machine code as text. What disasm and compare print of it: tests/golden. */
#include <errno.h>

#include "doc_fixture.h"
#include "kselftest_harness.h"
#include "report_code.h"

static struct prog_code *code_new(enum code_arch arch, const uint8_t *jited, uint32_t sz)
{
	struct prog_code *c = calloc(1, sizeof(*c));

	c->arch = arch;
	c->xlated = (struct code_bytes){ calloc(1, 8), 8 };
	c->jited = (struct code_bytes){ malloc(sz + 1), sz };
	memcpy(c->jited.v, jited, sz);
	prog_code_add_func(c, "prog", 0, sz);
	return c;
}

struct line {
	const char *text;
	int64_t at, target;
};

static void expect_lines(struct __test_metadata *_metadata, const struct prog_code *c,
			 const struct line *want, size_t nr)
{
	struct code_listing l;

	ASSERT_EQ(0, machine_code_list(c, NULL, &l));
	ASSERT_EQ(nr, l.nr);
	for (size_t i = 0; i < nr; i++) {
		EXPECT_STREQ(want[i].text, l.v[i].text);
		EXPECT_EQ(want[i].at, l.v[i].at);
		EXPECT_EQ(want[i].target, l.v[i].target);
	}
	code_listing_free(&l);
}

TEST(x86)
{
	static const uint8_t code[] = {
		0x55,				/*  0 */
		0x74, 0x02,			/*  1: je 5 */
		0xeb, 0xfc,			/*  3: jmp 1 */
		0xeb, 0x01,			/*  5: jmp into the next */
		0x48, 0x31, 0xc0,		/*  7 */
		0xe8, 0, 0, 0, 0,		/* 10: a name */
		0xe9, 0, 0x10, 0, 0,		/* 15: jmp out of the program */
		0xff, 0xe0,			/* 20: jmp rax */
		0x06,				/* 22: nothing */
		0xc3,				/* 23 */
	};
	static const struct line want[] = {
		{ "prog:", -1, -1 }, { "push rbp", 0, -1 }, { "je", 1, 4 }, { "jmp", 3, 2 },
		{ "jmp", 5, -1 }, { "xor rax, rax", 7, -1 }, { "call bpf_helper", 10, -1 },
		{ "jmp <addr>", 15, -1 }, { "jmp rax", 20, -1 }, { ".byte 0x06", 22, -1 },
		{ "ret", 23, -1 },
	};
	struct prog_code *c = code_new(CODE_ARCH_X86_64, code, sizeof(code));

	code_names__add(&c->jited_names, 11, "bpf_helper");
	expect_lines(_metadata, c, want, sizeof(want) / sizeof(want[0]));
	prog_code_free(c);
}

TEST(arm64)
{
	static const uint8_t code[] = {
		0x0a, 0x00, 0x80, 0x92,		/*  0: movn x10 */
		0x40, 0x00, 0x00, 0xb4,		/*  4: cbz x0, 12 */
		0x41, 0x01, 0x3f, 0xd6,		/*  8: nothing */
		0x41, 0x00, 0x00, 0x54,		/* 12: b.ne 20 */
		0x40, 0x01, 0x1f, 0xd6,		/* 16: br x10 */
		0xc0, 0x03, 0x5f,		/* 20: and three quarters of one */
	};
	static const struct line want[] = {
		{ "prog:", -1, -1 }, { "movn x10, bpf_helper", 0, -1 }, { "cbz x0,", 4, 4 },
		{ ".word 0xd63f0141", 8, -1 }, { "b.ne", 12, 6 }, { "br x10", 16, -1 },
		{ ".byte 0xc0", 20, -1 }, { ".byte 0x03", 21, -1 }, { ".byte 0x5f", 22, -1 },
	};
	struct prog_code *c = code_new(CODE_ARCH_ARM64, code, sizeof(code));

	code_names__add(&c->jited_names, 0, "bpf_helper");
	expect_lines(_metadata, c, want, sizeof(want) / sizeof(want[0]));
	prog_code_free(c);
}

TEST(own_name)
{
	static const uint8_t code[] = { 0xe8, 0, 0, 0, 0, 0xe8, 0, 0, 0, 0, 0xc3, 0xc3 };
	static const char *const want[] = {
		"prog:", "call prog_chunk", "call hash_helper", "ret", "prog_chunk:", "ret",
		"other:",
	};
	struct prog_code *c = code_new(CODE_ARCH_X86_64, code, sizeof(code));
	struct code_listing l;

	strcpy(c->funcs[0].name, "hash");
	c->funcs[0].len = 11;
	prog_code_add_func(c, "hash_chunk", 1, 1);
	prog_code_add_func(c, "other", 2, 0);
	code_names__add(&c->jited_names, 1, "hash_chunk");
	code_names__add(&c->jited_names, 6, "hash_helper");
	ASSERT_EQ(0, machine_code_list(c, "prog", &l));
	ASSERT_EQ(sizeof(want) / sizeof(want[0]), l.nr);
	for (size_t i = 0; i < l.nr; i++)
		EXPECT_STREQ(want[i], l.v[i].text);
	EXPECT_EQ(4, l.nr_insns);
	code_listing_free(&l);
	prog_code_free(c);
}

TEST(nothing_to_list)
{
	struct prog_code *c = code_new(CODE_ARCH_OTHER, (const uint8_t *)"\xc3", 1);
	struct code_listing l;

	EXPECT_EQ(-EOPNOTSUPP, machine_code_list(c, NULL, &l));
	c->arch = CODE_ARCH_X86_64;
	c->jited.sz = 0;
	EXPECT_EQ(-EOPNOTSUPP, machine_code_list(c, NULL, &l));
	EXPECT_EQ(NULL, l.v);
	prog_code_free(c);
}

/* Documents are untrusted: any bytes with names anywhere are listed, and differ from others. */
TEST(any_bytes)
{
	static const enum code_arch archs[] = { CODE_ARCH_X86_64, CODE_ARCH_ARM64 };
	struct rng rng;

	rng_seed(&rng, 20261126);
	for (int i = 0; i < 2000; i++) {
		struct prog_code *c[2];
		struct code_listing l[2];
		struct code_diff *d;
		struct memory m;

		for (int k = 0; k < 2; k++) {
			uint8_t bytes[96];

			for (size_t n = 0; n < sizeof(bytes); n++)
				bytes[n] = rng_below(&rng, 4) ? rng_below(&rng, 256) : 0xeb;
			c[k] = code_new(archs[i & 1], bytes, 1 + rng_below(&rng, sizeof(bytes)));
			for (uint32_t at = 0; at < c[k]->jited.sz; at += 1 + rng_below(&rng, 9))
				code_names__add(&c[k]->jited_names, at, at % 3 ? "?" : "map:m");
			ASSERT_EQ(0, machine_code_list(c[k], "p", &l[k]));
			for (size_t n = 0; n < l[k].nr; n++)
				ASSERT_TRUE(l[k].v[n].target < (int64_t)l[k].nr);
		}
		ASSERT_EQ(0, code_diff__new(&d, &l[0], &l[1]));
		memory_open(&m);
		code_diff__print(d, NULL, m.out, SIZE_MAX);
		memory_close(&m);
		code_diff__free(d);
		for (int k = 0; k < 2; k++) {
			code_listing_free(&l[k]);
			prog_code_free(c[k]);
		}
	}
}

TEST_HARNESS_MAIN
