/* SPDX-License-Identifier: GPL-2.0-only */
/* Two documents and their comparison. */
#ifndef BENCH_COMPARE_FIXTURE_H
#define BENCH_COMPARE_FIXTURE_H

#include "core/compare.h"
#include "doc_fixture.h"

static char err_buf[256], *err = err_buf;
static struct run_doc a, b;
static struct comparison_table t;

static void docs_init(enum clock_kind clock)
{
	doc_init(&a, clock);
	doc_init(&b, clock);
}

static void docs_free(void)
{
	comparison_table_free(&t);
	run_doc_free(&a);
	run_doc_free(&b);
}

static int compare(void)
{
	comparison_table_free(&t);
	return compare_docs(&a, &b, &t, err, sizeof(err_buf));
}

#endif
