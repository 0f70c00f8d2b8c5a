/* SPDX-License-Identifier: GPL-2.0-only */
/* The loop around an operation of twin.h in user space; runner/kmod has the kernel's. */
#ifndef TWIN_LOOP_H
#define TWIN_LOOP_H

#include <stdint.h>
#include "../progs/twin.h"

/* The sum of what nr_ops operations return; i counts them, as in BENCH(). */
#define TWIN_LOOP(nr_ops, op)				\
({							\
	uint64_t i, value, sum = 0;			\
							\
	for (i = 0; i < (nr_ops); ) {			\
		value = (op);				\
		twin_hide(value);			\
		sum += value;				\
		i++;					\
		twin_hide(i);				\
	}						\
	sum;						\
})

/* What the others cost without their operation. */
static TWIN_NATIVE __attribute__((unused)) uint64_t twin_loop_empty(uint64_t nr_ops)
{
	return TWIN_LOOP(nr_ops, i);
}

#endif
