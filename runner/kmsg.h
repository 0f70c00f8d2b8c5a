/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_KMSG_H
#define BENCH_KMSG_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The kernel's log, looked at after each bench: a splat fails the bench even when its figure looks
 * well. kmsg_open() starts behind what is already there; -errno where it may not be read.
 */
int kmsg_open(void);
/* Reads what is new; true and the line when one of them is a splat. Never blocks. */
bool kmsg_splat(int fd, char *line, size_t line_sz);
/* Is this text of a kernel message a splat? */
bool kmsg_is_splat(const char *text);

#endif
