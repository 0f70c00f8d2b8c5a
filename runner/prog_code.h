/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_PROG_CODE_H
#define BENCH_PROG_CODE_H

#include <bpf/libbpf.h>
#include "core/code.h"

/*
 * What the kernel made of @prog, which is loaded, of object @obj. What it does not show is missing,
 * and code->why says so. 0 or -ENOMEM.
 */
int prog_code_read(const struct bpf_program *prog, struct bpf_object *obj,
		   struct prog_code **code);

#endif
