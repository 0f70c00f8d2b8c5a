/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tags of one program say, before parameters are multiplied out. Private to bench*.c. */
#ifndef BENCH_CORE_BENCH_DECL_H
#define BENCH_CORE_BENCH_DECL_H

#include "bench.h"

struct decl {
	struct bench proto;		/* strings point into the tags */
	const char *values[RESULT_MAX_PARAMS];	/* "1,2,3" */
	const char *checks[BENCH_MAX_CHECKS];
	const char *ops, *batch, *workers;
	bool has_retval;
	const char *net_insn;
	unsigned int seen;		/* bit i: tags_known[i] was there */
	bool is_bench;
};

/* Strings of @d point into @tags. 0, or -EINVAL with a clause in @err. */
int decl_parse(struct decl *d, const char *prog, const char *const *tags, size_t nr_tags, char *err,
	       size_t err_sz);
/* The whole of @s as a number; -EINVAL */
int decl_number(const char *s, long long *v);
/* IDs are file names, KTAP names and glob subjects: they are kept plain. */
bool decl_name_is_plain(const char *s);
/* Sets @err; -EINVAL */
int decl_fail(char *err, size_t err_sz, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#endif
