/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_REPORT_CODE_H
#define BENCH_REPORT_CODE_H

#include <stdio.h>
#include "core/code_diff.h"
#include "core/compare.h"

/*
 * The machine code of @c, one line an instruction, a heading for each function; calls, maps and
 * variables by name. @prog: instead of the program's own name, at the beginning of those of its
 * functions; NULL: as they are. 0, -ENOMEM, -EOPNOTSUPP (there is none, or no disassembler for it).
 */
int machine_code_list(const struct prog_code *c, const char *prog, struct code_listing *l);
void code_listing_free(struct code_listing *l);

/* Why there is no machine code to show of that slot of @r; NULL: there is. */
const char *result_code_missing(const struct result *r, enum slot slot);

/* All that is known of the code of a case and of its baseline. 0 or -ENOMEM. */
int report_disasm(FILE *out, const struct run_doc *doc, const struct result *r);

/*
 * Why rows of @t are faster or slower: the difference in machine code, with "prog" for the
 * program's own name. Unless @verbose up to COMPARE_MAX_DIFFS of COMPARE_MAX_LINES lines each, and
 * COMPARE_MAX_NOTES programs of which a line says all (the same code, or the same change as
 * another's). Nothing where no verdict asks for it. 0 or -ENOMEM.
 */
#define COMPARE_MAX_DIFFS 5u
#define COMPARE_MAX_LINES 200u
#define COMPARE_MAX_NOTES 20u
int comparison_code_diff(FILE *out, const struct comparison_table *t, int verbose);

#endif
