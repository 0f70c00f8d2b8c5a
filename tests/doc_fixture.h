/* SPDX-License-Identifier: GPL-2.0-only */
/* For the tests of what handles documents: documents, and allocations that fail. */
#ifndef BENCH_DOC_FIXTURE_H
#define BENCH_DOC_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/doc.h"
#include "core/rng.h"

#define FIXTURE_FN __attribute__((unused)) static

/*
 * With -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc the allocation after @fail_after others
 * fails, and all that follow. Without it these are never called and can_fail() is false: tests
 * assert it, so that a link without --wrap fails instead of passing them over.
 */
void *__real_malloc(size_t size) __attribute__((weak));
void *__real_calloc(size_t nr, size_t size) __attribute__((weak));
void *__real_realloc(void *old, size_t size) __attribute__((weak));
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t nr, size_t size);
void *__wrap_realloc(void *old, size_t size);

static long fail_after = -1;

static bool fails(void)
{
	if (fail_after > 0)
		fail_after--;
	return !fail_after;
}

void *__wrap_malloc(size_t size)
{
	return fails() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t nr, size_t size)
{
	return fails() ? NULL : __real_calloc(nr, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return fails() ? NULL : __real_realloc(old, size);
}

FIXTURE_FN bool can_fail(void)
{
	return __real_malloc && __real_calloc && __real_realloc;
}

/* A path that reads @text as long as *file is open; nothing to remove. */
FIXTURE_FN const char *text_path(const void *text, size_t sz, FILE **file)
{
	static char path[32];

	*file = tmpfile();
	if (!*file || fwrite(text, 1, sz, *file) != sz || fflush(*file))
		abort();
	snprintf(path, sizeof(path), "/dev/fd/%d", fileno(*file));
	return path;
}

/* As run_doc_read(), of a text. */
FIXTURE_FN int read_text(const char *text, size_t sz, struct run_doc *doc, char *err,
			 size_t err_sz)
{
	FILE *file;
	int ret = run_doc_read(text_path(text, sz, &file), doc, err, err_sz);

	fclose(file);
	return ret;
}

/* All that was written to a memory stream so far; the caller frees it. */
struct memory {
	FILE *out;
	char *text;
	size_t sz;
};

FIXTURE_FN void memory_open(struct memory *m)
{
	*m = (struct memory){ 0 };
	m->out = open_memstream(&m->text, &m->sz);
	if (!m->out)
		abort();
}

FIXTURE_FN void memory_close(struct memory *m)
{
	if (m->out)
		fclose(m->out);
	free(m->text);
	*m = (struct memory){ 0 };
}

/* "family/case" or "family/case:..." */
FIXTURE_FN void result_init(struct result *r, const char *id, enum status status)
{
	const char *slash = strchr(id, '/');

	memset(r, 0, sizeof(*r));
	r->id = strdup(id);
	r->family = strndup(id, slash - id);
	r->name = strndup(slash + 1, strcspn(slash + 1, ":"));
	r->status = status;
	if (status != STATUS_OK)
		result_set_reason(r, "needs bpf_loop");
}

FIXTURE_FN struct estimate estimate_ns(double value, double half)
{
	return (struct estimate){
		.value = value, .lo = value - half, .hi = value + half, .level = 0.979,
		.mad = half, .mad_within = half / 3, .n = 16, .quality = QUALITY_OK,
	};
}

FIXTURE_FN struct result *doc_add(struct run_doc *doc, const char *id, enum status status)
{
	doc->results = realloc(doc->results, (doc->nr_results + 1) * sizeof(*doc->results));
	result_init(&doc->results[doc->nr_results], id, status);
	return &doc->results[doc->nr_results++];
}

FIXTURE_FN void doc_plan(struct doc_header *h, const char *id)
{
	h->plan = realloc(h->plan, (h->nr_plan + 1) * sizeof(*h->plan));
	h->plan[h->nr_plan++] = strdup(id);
}

FIXTURE_FN void doc_init(struct run_doc *doc, enum clock_kind clock)
{
	memset(doc, 0, sizeof(*doc));
	doc->header.version = strdup("0.1");
	doc->header.started = strdup("2026-11-20T12:00:00Z");
	doc->header.clock = clock;
	doc->header.seed = 1;
	doc->header.env = json_pack("{s:s,s:s,s:s,s:s}", "kernel", "6.12.95", "arch", "x86_64",
				    "cpu", "test", "accel", clock == CLOCK_KIND_INSN ?
				    "tcg-icount" : "metal");
}

#endif
