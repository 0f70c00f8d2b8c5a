/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CHAIN_CALL_H
#define CHAIN_CALL_H

/* The kernel allows 33 tail calls in a row (MAX_TAIL_CALL_CNT; 32 before 5.17 on some JITs). */
#define CHAIN_MAX_DEPTH 32

/* What a program returns when a tail call fell through. */
#define CHAIN_BROKEN 7

#endif
