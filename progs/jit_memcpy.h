/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef JIT_MEMCPY_H
#define JIT_MEMCPY_H

/* TWIN_SLOTS of 1 KiB. */
#define JIT_MEMCPY_SLOTS_SZ 102400
/* twin_memcpy() does all but the copy. */
#define NO_COPY_SIZE 16

#endif
