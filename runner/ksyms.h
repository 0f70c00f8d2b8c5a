/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_KSYMS_H
#define BENCH_KSYMS_H

#include <stdint.h>

/*
 * Reads the kernel's symbols, before any child is forked: some 120 000, 4 MiB. Where the kernel
 * does not show addresses there are none.
 */
void ksyms_read(void);
/* The symbol that begins at @addr, of several the first of /proc/kallsyms; NULL. */
const char *ksyms_name(uint64_t addr);
/* Of __bpf_call_base(), from which helpers are counted; 0: not known. */
uint64_t ksyms_call_base(void);

#endif
