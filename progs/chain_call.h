/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CHAIN_CALL_H
#define CHAIN_CALL_H

/*
 * Tail calls in a row that the kernel allows: MAX_TAIL_CALL_CNT is 33 since 5.17 (ebf7f6f0a6cd); it
 * was 32 before, but the JIT of x86-64 compared so that 33 passed.
 */
#define CHAIN_MAX_DEPTH 33

/* What a program returns when a tail call fell through. */
#define CHAIN_BROKEN 7

/* bpf_csum_update() refuses a packet without a checksum with -ENOTSUPP: the proof that it ran. */
#define CHAIN_HELPER_STEP 524

#endif
