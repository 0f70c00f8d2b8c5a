/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_CORE_DOC_LINE_H
#define BENCH_CORE_DOC_LINE_H

#include "doc.h"

/* Internal to the reader: what doc_parse_line() does not tell and a file's reader needs. */
struct line_info {
	bool may_be_cut;	/* not JSON, which a line cut in the middle never is */
	bool is_ours;		/* a line type of ours, a header by our tool */
};

/* As doc_parse_line(); units must be those of @clock, -1: of any clock. */
int doc_line_parse(const char *line, size_t len, int clock, struct doc_item *item,
		   struct line_info *info, char *err, size_t err_sz);

#endif
