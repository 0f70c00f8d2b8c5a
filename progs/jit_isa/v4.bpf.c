// SPDX-License-Identifier: GPL-2.0-only
/* Compiled with -mcpu=v4. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#define ISA_MIX isa_v4
#include "jit_isa.h"

#ifdef __BPF_CPU_VERSION__	/* clang 18 */
const volatile __u32 isa_v4_compiled = __BPF_CPU_VERSION__ >= 4;
#else
const volatile __u32 isa_v4_compiled = 0;
#endif
