/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_CORE_DOC_H
#define BENCH_CORE_DOC_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <jansson.h>
#include "code.h"
#include "estimate.h"
#include "metric.h"
#include "sample.h"

/*
 * The document: JSON Lines, one header, one result per finished bench, one end. What a reader
 * accepts is bounded, because documents are untrusted input.
 */
#define DOC_SCHEMA 1
#define DOC_MAX_LINE (16u << 20)	/* bytes */
#define DOC_MAX_RESULTS 65536u
#define DOC_MAX_SAMPLES 1000000u	/* of one slot of one result */
#define DOC_MAX_NAME 255u		/* bytes of an ID, a family, a metric name, ... */
#define DOC_MAX_TEXT 65535u		/* bytes of a reason, a note, an argument, ... */
#define DOC_MAX_FILE (512ull << 20)	/* bytes of a document */
#define DOC_MAX_INDEX (1u << 22)	/* of a load, of a round (plan.h's PLAN_MAX_BATCHES) */
#define DOC_MAX_DEPTH 16u		/* nested arrays and objects of a line */
#define RESULT_MAX_METRICS 32
#define RESULT_MAX_PARAMS 4
#define RESULT_MAX_NOTES 4

enum status { STATUS_OK, STATUS_FAIL, STATUS_SKIP, STATUS_TIMEOUT, STATUS_CRASH, NR_STATUSES };
const char *status_name(enum status s);
int status_parse(const char *name, enum status *s);	/* -EINVAL */
/* fail, timeout and crash; a skip is none. */
bool status_is_failure(enum status s);

struct param {
	char *name;
	long long value;
};

struct metric {
	const struct metric_def *def;
	struct estimate est;
};

struct result {
	char *id;		/* family/case or family/case:param=value,... */
	char *family;
	char *name;		/* the case */
	struct param params[RESULT_MAX_PARAMS];
	int nr_params;
	bool is_user_loop;	/* operations are repeated from user space: "loop":"user" */
	enum status status;
	char *reason;		/* NULL only for STATUS_OK */
	char *notes[RESULT_MAX_NOTES];	/* biases to be said beside the figure */
	int nr_notes;
	struct metric metrics[RESULT_MAX_METRICS];
	int nr_metrics;
	struct sample_set samples[NR_SLOTS];
	struct prog_code *code[NR_SLOTS];	/* raw and base; NULL: not recorded */
};

/* One's own code and that of the baseline; they are left NULL. */
void result_free_code(struct result *r);
void result_free(struct result *r);	/* leaves *r zeroed; accepts a zeroed one */
int result_set_reason(struct result *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* 0, -EINVAL (unknown metric name), -EEXIST, -ENOSPC */
int result_add_metric(struct result *r, const char *name, const struct estimate *est);
const struct metric *result_metric(const struct result *r, const char *name);
/* net where the case has a baseline, else raw, else NULL. */
const struct metric *result_headline(const struct result *r);

struct doc_header {
	char *version;
	enum clock_kind clock;
	char *started;		/* RFC 3339 */
	uint64_t seed;
	char **argv;
	int argc;
	char **plan;		/* IDs in the order they will run: progress, and who was running */
	int nr_plan;
	json_t *env;		/* object of strings, numbers and booleans */
};

void doc_header_free(struct doc_header *h);

struct doc_end {
	uint32_t passed, failed, skipped;
	double seconds;
};

struct run_doc {
	struct doc_header header;
	struct result *results;
	size_t nr_results;
	struct doc_end end;
	bool complete;		/* an end was read: without it the run was cut short */
};

void run_doc_free(struct run_doc *doc);
const struct result *run_doc_find(const struct run_doc *doc, const char *id);

/*
 * Names (IDs, families, cases, parameters, plan): 1 .. DOC_MAX_NAME printable ASCII characters
 * without space and '#' (KTAP). Text: valid UTF-8, at most DOC_MAX_TEXT bytes, no control character
 * (C0, DEL, C1: a hostile document must not drive the terminal).
 */
bool doc_name_is_valid(const char *name);
bool doc_text_is_valid(const char *text);
/* Drops half a character from the end of UTF-8 that snprintf() cut. */
void doc_end_text(char *text);
/* id is family/case or family/case:...; all three are names. */
bool result_id_is_valid(const struct result *r);

/* A JSON string of @s, made fit as said below; a JSON number of a finite @v. */
void doc_put_string(FILE *out, const char *s);
void doc_put_double(FILE *out, double v);
/* Flushes; -errno of the write, -EIO where the library names none. */
int doc_flush(FILE *out);

/*
 * Writers: one line each, flushed. 0 or the -errno of the write (-ENOSPC for a full disk).
 * Doubles are %.17g and read back to the same bits; a seed above INT64_MAX is a decimal string.
 * Free text (reasons, notes, arguments, environment) is made fit for the reader: control
 * characters become spaces, bytes that are not UTF-8 '?', and it ends at DOC_MAX_TEXT bytes.
 * What cannot be made fit (an invalid ID, a NaN, a count out of range) is -EINVAL, nothing
 * is written.
 */
int doc_write_header(FILE *out, const struct doc_header *h);
int doc_write_result(FILE *out, const struct result *r, enum clock_kind clock);
int doc_write_end(FILE *out, const struct doc_end *e);

/*
 * One line of a document. @err gets one clear clause ("metrics.net.value is not a number").
 * Returns what was read, or -EINVAL (malformed, wrong type, another schema, a bound exceeded),
 * -ENOMEM. Unknown keys, line types and metrics that no row of the metric table has are ignored.
 */
enum doc_line { DOC_LINE_HEADER, DOC_LINE_RESULT, DOC_LINE_END, DOC_LINE_IGNORED };
struct doc_item {
	struct doc_header header;
	struct result result;
	struct doc_end end;
};
int doc_parse_line(const char *line, size_t len, struct doc_item *item, char *err, size_t err_sz);

/*
 * A whole document ("-": stdin). @err names file and line. A document without its end is returned
 * with complete = false; a last line that is cut in the middle counts as that, not as malformed.
 */
int run_doc_read(const char *path, struct run_doc *doc, char *err, size_t err_sz);

#endif
