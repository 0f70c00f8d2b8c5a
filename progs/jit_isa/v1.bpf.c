// SPDX-License-Identifier: GPL-2.0-only
/* Compiled with -mcpu=v1. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#define ISA_MIX isa_v1
#include "jit_isa.h"
