/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The operations of jit_ops, as BPF instructions and as what they do: the program repeats the one
 * JIT_OPS_N times, user space the other. a begins as JIT_OPS_START, b as the operand.
 *
 * Not more than 256, because the machine code of 1024 atomics that are loops (27 KiB) fills most of
 * an L1 instruction cache, and the verifier moves all that is behind each division to write a check
 * around it.
 */
#ifndef JIT_OPS_H
#define JIT_OPS_H

#define JIT_OPS_N 256
#define JIT_OPS_START 0x9e3779b97f4a7c15ull

/* An instruction from its fields, for what clang 14 does not assemble. */
#define JIT_OPS_INSN(code, dst, src, off, imm)							\
	((__u64)(imm) << 32 | (__u64)(off) << 16 | (src) << 12 | (dst) << 8 | (code))

/* X(name, instruction, operand, a afterwards). */
#define JIT_OPS_ALU64(X)									\
	X(add64, "%[a] += %[b]", 3, a + b)							\
	X(mul64, "%[a] *= %[b]", 3, a * b)							\
	X(lsh64, "%[a] <<= %[b]", 1, a << b)							\
	X(lsh64_imm, "%[a] <<= 1", 1, a << b)							\
	X(rsh64, "%[a] >>= %[b]", 1, a >> b)							\
	X(arsh64, "%[a] s>>= %[b]", 1, (__u64)((__s64)a >> b))					\
	X(be16, "%[a] = be16 %[a]", 0, __builtin_bswap16(a))					\
	X(be32, "%[a] = be32 %[a]", 0, __builtin_bswap32(a))					\
	X(be64, "%[a] = be64 %[a]", 0, __builtin_bswap64(a))				\
	X(le16, "%[a] = le16 %[a]", 0, (__u16)a)						\
	X(le32, "%[a] = le32 %[a]", 0, (__u32)a)						\
	X(sext8, "%[a] <<= 56; %[a] s>>= 56", 0, (__u64)(__s8)a)

#define JIT_OPS_ALU32(X)									\
	X(add32, "%[a] += %[b]", 3, a + b)							\
	X(mul32, "%[a] *= %[b]", 3, a * b)							\
	X(lsh32, "%[a] <<= %[b]", 1, a << b)							\
	X(rsh32, "%[a] >>= %[b]", 1, a >> b)							\
	X(arsh32, "%[a] s>>= %[b]", 1, (__u32)((__s32)a >> b))

/*
 * Division costs most, on CPUs where it depends on the values, when nothing becomes smaller: by 1,
 * and modulo the largest.
 */
#define JIT_OPS_DIV64(X) X(div64, "%[a] /= %[b]", 1, a / b)
#define JIT_OPS_DIV32(X) X(div32, "%[a] /= %[b]", 1, a / b)

/* a in r1, b in r2: X(name, code, src, off, imm, operand, a afterwards). */
#define JIT_OPS_MOD(X)										\
	X(mod64, 0x9f, 2, 0, 0, ~0ull, a % b)							\
	X(mod32, 0x9c, 2, 0, 0, ~0u, (__u32)a % (__u32)b)

/* The same, of ISA v4. */
#define JIT_OPS_SDIV(X)										\
	X(sdiv64, 0x3f, 2, 1, 0, 1, (__u64)((__s64)a / (__s64)b))				\
	X(smod64, 0x9f, 2, 1, 0, 1ull << 62, (__u64)((__s64)a % (__s64)b))
#define JIT_OPS_V4(X)										\
	X(movsx8, 0xbf, 1, 8, 0, 0, (__u64)(__s8)a)						\
	X(movsx16, 0xbf, 1, 16, 0, 0, (__u64)(__s16)a)						\
	X(movsx32, 0xbf, 1, 32, 0, 0, (__u64)(__s32)a)						\
	X(bswap16, 0xd7, 0, 0, 16, 0, __builtin_bswap16(a))					\
	X(bswap32, 0xd7, 0, 0, 32, 0, __builtin_bswap32(a))					\
	X(bswap64, 0xd7, 0, 0, 64, 0, __builtin_bswap64(a))

/*
 * Atomics: memory at r1, b in r2, r0 as a cmpxchg wants it. X(name, code, imm, type, what it does
 * to *m, b and r0; old is what *m was).
 */
#define JIT_OPS_DW 0xdb
#define JIT_OPS_W 0xc3
#define JIT_OPS_XADD(X)										\
	X(atomic_add64, JIT_OPS_DW, 0x00, __u64, *m = old + b)					\
	X(atomic_add32, JIT_OPS_W, 0x00, __u32, *m = old + b)
/* Since 5.12. */
#define JIT_OPS_FETCH(X)									\
	X(atomic_and64, JIT_OPS_DW, 0x50, __u64, *m = old & b)					\
	X(atomic_or64, JIT_OPS_DW, 0x40, __u64, *m = old | b)					\
	X(atomic_xor64, JIT_OPS_DW, 0xa0, __u64, *m = old ^ b)					\
	X(fetch_add64, JIT_OPS_DW, 0x01, __u64, *m = old + b; b = old)				\
	X(fetch_add32, JIT_OPS_W, 0x01, __u32, *m = old + b; b = old)				\
	X(fetch_or64, JIT_OPS_DW, 0x41, __u64, *m = old | b; b = old)				\
	X(xchg64, JIT_OPS_DW, 0xe1, __u64, *m = b; b = old)					\
	X(xchg32, JIT_OPS_W, 0xe1, __u32, *m = b; b = old)					\
	X(cmpxchg64, JIT_OPS_DW, 0xf1, __u64, *m = old == r0 ? b : old; r0 = old)		\
	X(cmpxchg32, JIT_OPS_W, 0xf1, __u32, *m = old == (__u32)r0 ? b : old; r0 = old)
#define JIT_OPS_ATOMIC(X) JIT_OPS_XADD(X) JIT_OPS_FETCH(X)
#define JIT_OPS_ATOMIC_OPERAND 0x1234567890abcdefull

#endif
