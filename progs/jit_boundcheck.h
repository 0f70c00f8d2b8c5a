/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef JIT_BOUNDCHECK_H
#define JIT_BOUNDCHECK_H

/* Of the data and of the packet: a power of two, for a mask. */
#define BOUNDCHECK_SZ 1024

#endif
