// SPDX-License-Identifier: GPL-2.0-only
/* Compiled with -mcpu=v3. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#define ISA_MIX isa_v3
#include "jit_isa.h"
