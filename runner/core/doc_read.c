// SPDX-License-Identifier: GPL-2.0-only
/* A whole document, read: its lines in their order, each bounded before it is held. */
#include "doc_line.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct reader {
	FILE *in;
	const char *name;
	char *line;
	size_t len, cap;
	unsigned long long sz;		/* bytes of the document so far */
	unsigned long line_nr;
	bool terminated;		/* the line's newline was there */
	bool has_header;
	json_t *seen;			/* indices by ID, so that 65536 of them stay linear */
	size_t cap_results;
	char *err;
	size_t err_sz;
};

static int reader_error(const struct reader *rd, int err, const char *clause)
{
	snprintf(rd->err, rd->err_sz, "%s:%lu: %s", rd->name, rd->line_nr, clause);
	return err;
}

static int reader_grow(struct reader *rd)
{
	size_t cap = rd->cap ? 2 * rd->cap : 4096;
	char *line;

	/* 2 more: the first byte too many, and a NUL. */
	if (cap > DOC_MAX_LINE + 2)
		cap = DOC_MAX_LINE + 2;
	line = realloc(rd->line, cap);
	if (!line)
		return reader_error(rd, -ENOMEM, "out of memory");
	rd->line = line;
	rd->cap = cap;
	return 0;
}

/* 1: a line, without its newline; 0: no more; or -errno */
static int reader_next(struct reader *rd)
{
	int c, err;

	rd->len = 0;
	rd->line_nr++;
	rd->terminated = false;
	errno = 0;
	while ((c = getc_unlocked(rd->in)) != EOF) {
		if (++rd->sz > DOC_MAX_FILE)
			return reader_error(rd, -EINVAL, "the document is longer than 512 MiB");
		if (c == '\n') {
			rd->terminated = true;
			return 1;
		}
		if (rd->len == DOC_MAX_LINE)
			return reader_error(rd, -EINVAL, "the line is longer than 16 MiB");
		if (rd->len + 1 >= rd->cap) {
			err = reader_grow(rd);
			if (err)
				return err;
		}
		rd->line[rd->len++] = (char)c;
	}
	if (ferror(rd->in)) {
		err = errno ? errno : EIO;
		snprintf(rd->err, rd->err_sz, "%s: %s", rd->name, strerror(err));
		return -err;
	}
	return rd->len > 0;
}

static bool is_blank(const struct reader *rd)
{
	for (size_t i = 0; i < rd->len; i++)
		if (!strchr(" \t\r", rd->line[i]) || !rd->line[i])
			return false;
	return true;
}

/* Takes over @r's members, or frees them. */
static int add_result(struct reader *rd, struct run_doc *doc, struct result *r)
{
	int err;

	if (json_object_get(rd->seen, r->id)) {
		err = reader_error(rd, -EINVAL, "a second result of the same id");
		goto drop;
	}
	if (doc->nr_results == DOC_MAX_RESULTS) {
		err = reader_error(rd, -EINVAL, "more than 65536 results");
		goto drop;
	}
	if (doc->nr_results == rd->cap_results) {
		size_t cap = rd->cap_results ? 2 * rd->cap_results : 64;
		struct result *v = realloc(doc->results, cap * sizeof(*v));

		if (!v)
			goto no_memory;
		doc->results = v;
		rd->cap_results = cap;
	}
	if (json_object_set_new(rd->seen, r->id, json_integer((json_int_t)doc->nr_results)))
		goto no_memory;
	doc->results[doc->nr_results++] = *r;
	return 0;
no_memory:
	err = reader_error(rd, -ENOMEM, "out of memory");
drop:
	result_free(r);
	return err;
}

static int add_item(struct reader *rd, struct run_doc *doc, int type, struct doc_item *item)
{
	switch (type) {
	case DOC_LINE_HEADER:
		if (rd->has_header) {
			doc_header_free(&item->header);
			return reader_error(rd, -EINVAL, "a second header");
		}
		rd->has_header = true;
		doc->header = item->header;
		return 0;
	case DOC_LINE_RESULT:
		if (rd->has_header)
			return add_result(rd, doc, &item->result);
		result_free(&item->result);
		return reader_error(rd, -EINVAL, "a result before the header");
	case DOC_LINE_END:
		if (!rd->has_header)
			return reader_error(rd, -EINVAL, "an end before the header");
		/* The writer's newline is part of the line: without it something was cut. */
		doc->complete = rd->terminated;
		doc->end = item->end;
		return 0;
	default:
		if (rd->has_header)
			return 0;
		return reader_error(rd, -EINVAL,
				    "no bench_progs document: the first line is no header");
	}
}

static int read_line(struct reader *rd, struct run_doc *doc)
{
	int clock = rd->has_header ? (int)doc->header.clock : -1;
	char clause[256], text[320];
	struct line_info info;
	struct doc_item item;
	int ret;

	if (doc->complete)
		return reader_error(rd, -EINVAL, "a line after the end");
	ret = doc_line_parse(rd->line, rd->len, clock, &item, &info, clause, sizeof(clause));
	if (ret >= 0)
		return add_item(rd, doc, ret, &item);
	if (ret == -ENOMEM || rd->has_header) {
		/* A run that was killed while it wrote. */
		if (ret == -EINVAL && !rd->terminated && info.may_be_cut)
			return 0;
		return reader_error(rd, ret, clause);
	}
	snprintf(text, sizeof(text), "%s%s", info.is_ours ? "" : "no bench_progs document: ",
		 clause);
	return reader_error(rd, ret, text);
}

/* What code is stored once for many, and for which machine. */
static void link_code(const struct reader *rd, struct run_doc *doc)
{
	const char *machine = json_string_value(json_object_get(doc->header.env, "arch"));

	for (size_t i = 0; i < doc->nr_results; i++) {
		for (int slot = 0; slot < NR_SLOTS; slot++) {
			struct prog_code *c = doc->results[i].code[slot];
			const json_t *at;

			if (!c)
				continue;
			c->arch = code_arch_parse(machine);
			at = c->id ? json_object_get(rd->seen, c->id) : NULL;
			if (at)
				c->same = doc->results[json_integer_value(at)].code[SLOT_RAW];
		}
	}
}

int run_doc_read(const char *path, struct run_doc *doc, char *err, size_t err_sz)
{
	bool is_stdin = !strcmp(path, "-");
	struct reader rd = {
		.in = is_stdin ? stdin : fopen(path, "re"),
		.name = is_stdin ? "stdin" : path,
		.err = err, .err_sz = err_sz,
	};
	int ret = -errno;

	memset(doc, 0, sizeof(*doc));
	if (!rd.in) {
		snprintf(err, err_sz, "%s: %s", path, strerror(-ret));
		return ret;
	}
	rd.seen = json_object();
	ret = rd.seen ? 0 : reader_error(&rd, -ENOMEM, "out of memory");
	while (!ret) {
		ret = reader_next(&rd);
		if (ret <= 0)
			break;
		ret = is_blank(&rd) ? 0 : read_line(&rd, doc);
	}
	if (!ret && !rd.has_header)
		ret = reader_error(&rd, -EINVAL, "no bench_progs document: empty");
	if (ret)
		run_doc_free(doc);
	else
		link_code(&rd, doc);
	json_decref(rd.seen);
	free(rd.line);
	if (!is_stdin)
		fclose(rd.in);
	return ret;
}
