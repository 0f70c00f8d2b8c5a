/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CHAIN_TC_H
#define CHAIN_TC_H

#define CHAIN_TC_PORT		4321
#define CHAIN_TC_BLOCKED_PORT	4322	/* a filter drops what goes there */
#define CHAIN_TC_ENTRIES	1024
#define CHAIN_TC_WORDS		32	/* 64-bit words of an entry */
/* What all of them are after packet @number: never 0, which they are before. */
#define CHAIN_TC_WORD(number)	(~0ull - (number))

#endif
