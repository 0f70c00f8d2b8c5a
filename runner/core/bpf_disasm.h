/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_CORE_BPF_DISASM_H
#define BENCH_CORE_BPF_DISASM_H

#include "code.h"

#define BPF_DISASM_SZ 256u	/* is enough for the text of any instruction */

/*
 * Instruction @i of c->xlated in the verifier's notation; what a name stands for is printed by it:
 * "call bpf_loop", "r1 = <map hash_map>". Jumps are relative: "goto pc+3". Returns how many slots
 * the instruction takes: 2 for a 64-bit immediate.
 */
uint32_t bpf_disasm(const struct prog_code *c, uint32_t i, char *buf, size_t sz);
/* The operand that a name of struct code_name makes: "<map hash_map>", "<addr>", "bpf_loop". */
void code_name_text(char *buf, size_t sz, const char *name);

#endif
