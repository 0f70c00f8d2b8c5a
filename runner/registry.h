/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_REGISTRY_H
#define BENCH_REGISTRY_H

#include <stddef.h>
#include "core/bench.h"

struct bench_family;
struct bpf_object;

/*
 * Every bench of this binary, read from the tags in the BTF of the embedded objects: no privilege
 * and no kernel support is needed. In the order of the family names, and of the programs in each
 * file. 0 or -errno with a clause in @err.
 */
int registry_read(struct bench_list *list, char *err, size_t err_sz);
const struct bench_family *registry_family(const char *name);

/* The benches that the programs of @obj declare; the build's generator uses this too. */
int registry_read_object(struct bench_list *list, const char *family, struct bpf_object *obj,
			 char *err, size_t err_sz);

#endif
