/* SPDX-License-Identifier: GPL-2.0-only */
/* Many documents a side, and their comparison. */
#ifndef BENCH_BOOTS_FIXTURE_H
#define BENCH_BOOTS_FIXTURE_H

#include "core/compare.h"
#include "doc_fixture.h"

#define NR_DOCS 70

static char err_buf[256], *err = err_buf;
static struct run_doc a[NR_DOCS], b[NR_DOCS];
static struct comparison_table t;

static void boots_init(enum clock_kind clock)
{
	for (int i = 0; i < NR_DOCS; i++) {
		doc_init(&a[i], clock);
		doc_init(&b[i], clock);
	}
}

static void boots_free(void)
{
	comparison_table_free(&t);
	for (int i = 0; i < NR_DOCS; i++) {
		run_doc_free(&a[i]);
		run_doc_free(&b[i]);
	}
}

static int compare(size_t nr_a, size_t nr_b)
{
	comparison_table_free(&t);
	return compare_sets(a, nr_a, b, nr_b, &t, err, sizeof(err_buf));
}

static struct result *put(struct run_doc *doc, const char *id, const char *metric, double value,
			  enum quality q)
{
	struct result *r = NULL;
	struct estimate e = estimate_exact(value);

	for (size_t i = 0; i < doc->nr_results; i++)
		if (!strcmp(doc->results[i].id, id))
			r = &doc->results[i];
	if (!r)
		r = doc_add(doc, id, STATUS_OK);
	if (q != QUALITY_EXACT)
		e = estimate_ns(value, 0.5);
	e.quality = q;
	result_add_metric(r, metric, &e);
	return r;
}

static const struct comparison *row(const char *id)
{
	for (size_t i = 0; i < t.nr; i++)
		if (!strcmp(t.v[i].id, id))
			return &t.v[i];
	return NULL;
}

static const char *why(const char *id)
{
	return row(id) ? row(id)->why : "no row";
}

#endif
