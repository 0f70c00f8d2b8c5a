/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_ENV_H
#define BENCH_ENV_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

/*
 * The environment block of a document: what a reader needs to judge a figure and to decide whether
 * two documents may be compared. Values are strings, numbers and booleans; what cannot be found
 * out is left out. NULL: out of memory.
 */
json_t *env_read(void);
/* The same keys with fixed values, for the fake executor. */
json_t *env_fake(void);
/*
 * "metal", "kvm", "tcg", "tcg-icount" or "vm" (another hypervisor): what the launcher said on the
 * kernel's command line (bench.accel=), else what the CPU says of its hypervisor.
 */
const char *env_accel(void);
/* The value of @key=... on the kernel's command line; false if it is not there. */
bool cmdline_value(const char *key, char *buf, size_t sz);

#endif
