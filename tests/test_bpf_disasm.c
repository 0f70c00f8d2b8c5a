// SPDX-License-Identifier: GPL-2.0-only
/* BPF instructions as the verifier and bpftool print them. */
#include <string.h>

#include "core/bpf_disasm.h"
#include "kselftest_harness.h"

static char text[BPF_DISASM_SZ];

struct one {
	uint8_t bytes[16];
	const char *want;
};

#define INSN(code, dst, src, off, imm) { \
	code, (dst) | (src) << 4, (uint8_t)(off), (uint8_t)((off) >> 8), \
	(uint8_t)(imm), (uint8_t)((imm) >> 8), (uint8_t)((imm) >> 16), (uint8_t)((imm) >> 24) }

static const struct one ones[] = {
	/* Arithmetic. */
	{ INSN(0x0f, 1, 2, 0, 0), "r1 += r2" },
	{ INSN(0x07, 1, 0, 0, -1), "r1 += -1" },
	{ INSN(0x0c, 1, 2, 0, 0), "w1 += w2" },
	{ INSN(0x14, 1, 0, 0, 5), "w1 -= 5" },
	{ INSN(0x2f, 1, 2, 0, 0), "r1 *= r2" },
	{ INSN(0x37, 1, 0, 0, 3), "r1 /= 3" },
	{ INSN(0x3f, 1, 2, 1, 0), "r1 s/= r2" },
	{ INSN(0x47, 1, 0, 0, 3), "r1 |= 3" },
	{ INSN(0x57, 1, 0, 0, 3), "r1 &= 3" },
	{ INSN(0x67, 1, 0, 0, 3), "r1 <<= 3" },
	{ INSN(0x77, 1, 0, 0, 3), "r1 >>= 3" },
	{ INSN(0x94, 1, 0, 0, 3), "w1 %= 3" },
	{ INSN(0x9f, 1, 2, 1, 0), "r1 s%= r2" },
	{ INSN(0xa7, 1, 0, 0, 3), "r1 ^= 3" },
	{ INSN(0xc7, 1, 0, 0, 3), "r1 s>>= 3" },
	{ INSN(0x87, 1, 0, 0, 0), "r1 = -r1" },
	{ INSN(0x84, 1, 0, 0, 0), "w1 = -w1" },
	{ INSN(0xe7, 1, 0, 0, 0), "(e7) r1, r0, off 0, imm 0" },
	/* Moves. */
	{ INSN(0xbf, 6, 1, 0, 0), "r6 = r1" },
	{ INSN(0xb7, 6, 0, 0, 64), "r6 = 64" },
	{ INSN(0xb4, 6, 0, 0, -7), "w6 = -7" },
	{ INSN(0xb7, 6, 0, 8, 64), "r6 = 64" },
	{ INSN(0xbf, 6, 1, 32, 0), "r6 = (s32)r1" },
	{ INSN(0xbc, 6, 1, 8, 0), "w6 = (s8)w1" },
	{ INSN(0xbf, 6, 1, -1, 0), "r6 = &(void __percpu *)(r1)" },
	{ INSN(0xbf, 6, 1, 1, 0x10000), "r6 = addr_space_cast(r1, 1, 0)" },
	/* Byte order. */
	{ INSN(0xd4, 1, 0, 0, 16), "r1 = le16 r1" },
	{ INSN(0xdc, 1, 0, 0, 64), "r1 = be64 r1" },
	{ INSN(0xd7, 1, 0, 0, 32), "r1 = bswap32 r1" },
	/* Memory. */
	{ INSN(0x79, 1, 2, 8, 0), "r1 = *(u64 *)(r2 +8)" },
	{ INSN(0x61, 1, 2, -8, 0), "r1 = *(u32 *)(r2 -8)" },
	{ INSN(0x69, 1, 2, 0, 0), "r1 = *(u16 *)(r2 +0)" },
	{ INSN(0x71, 1, 2, 0, 0), "r1 = *(u8 *)(r2 +0)" },
	{ INSN(0x81, 1, 2, 0, 0), "r1 = *(s32 *)(r2 +0)" },
	{ INSN(0xa1, 1, 2, 0, 0), "(a1) r1, r2, off 0, imm 0" },
	{ INSN(0x7b, 10, 1, -32, 0), "*(u64 *)(r10 -32) = r1" },
	{ INSN(0x62, 10, 0, -4, 1), "*(u32 *)(r10 -4) = 1" },
	{ INSN(0x9b, 10, 0, -4, 1), "(9b) r10, r0, off -4, imm 1" },
	{ INSN(0xc2, 0, 0, 0, 0), "nospec" },
	{ INSN(0x28, 0, 0, 0, 12), "r0 = *(u16 *)skb[12]" },
	{ INSN(0x50, 0, 6, 0, 4), "r0 = *(u8 *)skb[r6 + 4]" },
	{ INSN(0x78, 0, 0, 0, 0), "(78) r0, r0, off 0, imm 0" },
	/* Atomics. */
	{ INSN(0xdb, 1, 2, 0, 0), "lock *(u64 *)(r1 +0) += r2" },
	{ INSN(0xc3, 1, 2, 8, 0x40), "lock *(u32 *)(r1 +8) |= r2" },
	{ INSN(0xdb, 1, 2, 0, 0x50), "lock *(u64 *)(r1 +0) &= r2" },
	{ INSN(0xdb, 1, 2, 0, 0xa0), "lock *(u64 *)(r1 +0) ^= r2" },
	{ INSN(0xdb, 1, 2, 0, 1), "r2 = atomic64_fetch_add((u64 *)(r1 +0), r2)" },
	{ INSN(0xc3, 1, 2, 0, 0x41), "r2 = atomic_fetch_or((u32 *)(r1 +0), r2)" },
	{ INSN(0xdb, 1, 2, 0, 0x51), "r2 = atomic64_fetch_and((u64 *)(r1 +0), r2)" },
	{ INSN(0xdb, 1, 2, 0, 0xa1), "r2 = atomic64_fetch_xor((u64 *)(r1 +0), r2)" },
	{ INSN(0xdb, 1, 2, 0, 0xe1), "r2 = atomic64_xchg((u64 *)(r1 +0), r2)" },
	{ INSN(0xdb, 1, 2, 0, 0xf1), "r0 = atomic64_cmpxchg((u64 *)(r1 +0), r0, r2)" },
	{ INSN(0xdb, 1, 2, 4, 0x100), "r1 = load_acquire((u64 *)(r2 +4))" },
	{ INSN(0xd3, 1, 2, 4, 0x110), "store_release((u8 *)(r1 +4), r2)" },
	{ INSN(0xdb, 1, 2, 0, 0x77), "(db) r1, r2, off 0, imm 119" },
	/* Jumps. */
	{ INSN(0x25, 1, 0, 3, 5), "if r1 > 0x5 goto pc+3" },
	{ INSN(0x1e, 1, 2, -4, 0), "if w1 == w2 goto pc-4" },
	{ INSN(0x35, 1, 0, 3, 5), "if r1 >= 0x5 goto pc+3" },
	{ INSN(0x45, 1, 0, 3, 1), "if r1 & 0x1 goto pc+3" },
	{ INSN(0x55, 1, 0, 3, -1), "if r1 != 0xffffffff goto pc+3" },
	{ INSN(0x65, 1, 0, 3, 5), "if r1 s> 0x5 goto pc+3" },
	{ INSN(0x7d, 1, 2, 3, 0), "if r1 s>= r2 goto pc+3" },
	{ INSN(0xa5, 1, 0, 3, 5), "if r1 < 0x5 goto pc+3" },
	{ INSN(0xb5, 1, 0, 3, 5), "if r1 <= 0x5 goto pc+3" },
	{ INSN(0xc5, 1, 0, 3, 5), "if r1 s< 0x5 goto pc+3" },
	{ INSN(0xd6, 1, 0, 3, 5), "if w1 s<= 0x5 goto pc+3" },
	{ INSN(0x05, 0, 0, -6, 0), "goto pc-6" },
	{ INSN(0x06, 0, 0, 0, 70000), "gotol pc+70000" },
	{ INSN(0x0d, 1, 0, 0, 0), "gotox r1" },
	{ INSN(0xe5, 0, 0, 2, 0), "may_goto pc+2" },
	{ INSN(0xf5, 0, 0, 2, 0), "(f5) r0, r0, off 2, imm 0" },
	{ INSN(0x95, 0, 0, 0, 0), "exit" },
	{ INSN(0x85, 0, 1, 0, 7), "call pc+7" },
	{ INSN(0x85, 0, 0, 0, 0), "call <addr>" },
};

static struct prog_code code_of(const uint8_t *bytes, uint32_t sz)
{
	return (struct prog_code){ .xlated = { (uint8_t *)bytes, sz } };
}

TEST(instructions)
{
	for (size_t i = 0; i < sizeof(ones) / sizeof(ones[0]); i++) {
		struct prog_code c = code_of(ones[i].bytes, 8);

		EXPECT_EQ(1, bpf_disasm(&c, 0, text, sizeof(text)));
		EXPECT_STREQ(ones[i].want, text);
	}
}

TEST(imm64)
{
	static const uint8_t constant[16] = {
		0x18, 1, 0, 0, 0x78, 0x56, 0x34, 0x12, 0, 0, 0, 0, 1,
	};
	static const uint8_t callback[16] = { 0x18, 0x42, 0, 0, 34 };
	struct code_name name = { 0, "map:hash_map+16" };
	struct prog_code c = code_of(constant, 16);

	EXPECT_EQ(2, bpf_disasm(&c, 0, text, sizeof(text)));
	EXPECT_STREQ("r1 = 0x112345678", text);
	c.xlated_names = (struct code_names){ &name, 1 };
	EXPECT_EQ(2, bpf_disasm(&c, 0, text, sizeof(text)));
	EXPECT_STREQ("r1 = <map hash_map+16>", text);
	c = code_of(callback, 16);
	EXPECT_EQ(2, bpf_disasm(&c, 0, text, sizeof(text)));
	EXPECT_STREQ("r2 = subprog[+34]", text);
	/* Half of one, at the end. */
	c = code_of(constant, 8);
	EXPECT_EQ(1, bpf_disasm(&c, 0, text, sizeof(text)));
	EXPECT_STREQ("(18) r1, r0, off 0, imm 305419896", text);
}

TEST(calls)
{
	static const uint8_t helper[8] = { 0x85 }, subprog[8] = { 0x85, 0x10, 12, 0, 1 };
	static const uint8_t plain[8] = { 0x85, 0x10, 0, 0, 0xfe, 0xff, 0xff, 0xff };
	struct code_name name = { 0, "bpf_map_lookup_elem" };
	struct prog_code c = code_of(helper, 8);

	c.xlated_names = (struct code_names){ &name, 1 };
	bpf_disasm(&c, 0, text, sizeof(text));
	EXPECT_STREQ("call bpf_map_lookup_elem", text);
	c = code_of(subprog, 8);
	bpf_disasm(&c, 0, text, sizeof(text));
	EXPECT_STREQ("call pc+12", text);
	c.nr_funcs = 2;
	c.funcs[1] = (struct code_func){ "chunk", 13, 0 };
	bpf_disasm(&c, 0, text, sizeof(text));
	EXPECT_STREQ("call pc+12#chunk", text);
	c = code_of(plain, 8);
	bpf_disasm(&c, 0, text, sizeof(text));
	EXPECT_STREQ("call pc-2", text);
}

/* Whatever the bytes are, there is a text. */
TEST(any_bytes)
{
	uint8_t bytes[16] = { 0 };

	for (unsigned int code = 0; code < 256; code++) {
		for (unsigned int fill = 0; fill < 256; fill += 51) {
			struct prog_code c = code_of(bytes, sizeof(bytes));

			memset(bytes, (int)fill, sizeof(bytes));
			bytes[0] = code;
			text[0] = 0;
			ASSERT_LE(1, bpf_disasm(&c, 0, text, sizeof(text)));
			ASSERT_NE(0, text[0]);
		}
	}
}

TEST_HARNESS_MAIN
