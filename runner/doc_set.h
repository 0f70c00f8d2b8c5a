/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_DOC_SET_H
#define BENCH_DOC_SET_H

#include "core/doc.h"

/* The boots of one side of a comparison. */
struct doc_set {
	struct run_doc *v;
	size_t nr;
};

/*
 * A document ("-": stdin), or all *.jsonl of a directory in the order of their names: several of
 * time mode keep no samples, which a comparison by boots does not use. 0, or -errno behind one line
 * on stderr that begins with @tool.
 */
int doc_set_read(const char *tool, const char *path, struct doc_set *s);
void doc_set_free(struct doc_set *s);

#endif
