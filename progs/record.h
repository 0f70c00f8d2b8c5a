/* SPDX-License-Identifier: GPL-2.0-only */
/* A record from a program to user space, or back; included by both sides. */
#ifndef RECORD_H
#define RECORD_H

#define RECORD_WORDS 8

/* 64 bytes, as small packets are. Word j is the record's number + j: each word differs. */
struct record {
	unsigned long long words[RECORD_WORDS];
};

#define record_fill(rec, nr)						\
	do {								\
		_Pragma("GCC unroll 8")					\
		for (int word_ = 0; word_ < RECORD_WORDS; word_++)	\
			(rec)->words[word_] = (nr) + word_;		\
	} while (0)

/* Arguments of a program that produces records: its context. */
enum record_arg {
	RECORD_ARG_NR,		/* how many */
	RECORD_ARG_FIRST,	/* the number of the first */
	NR_RECORD_ARGS
};

#endif
