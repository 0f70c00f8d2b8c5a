// SPDX-License-Identifier: GPL-2.0-only
/* What a document holds: names, texts, results. doc_write.c and doc_read.c are its two ends. */
#include "doc.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char *const status_names[NR_STATUSES] = {
	[STATUS_OK] = "ok",
	[STATUS_FAIL] = "fail",
	[STATUS_SKIP] = "skip",
	[STATUS_TIMEOUT] = "timeout",
	[STATUS_CRASH] = "crash",
};

const char *status_name(enum status s)
{
	return status_names[s];
}

int status_parse(const char *name, enum status *s)
{
	for (int i = 0; i < NR_STATUSES; i++) {
		if (!strcmp(status_names[i], name)) {
			*s = i;
			return 0;
		}
	}
	return -EINVAL;
}

bool status_is_failure(enum status s)
{
	return s == STATUS_FAIL || s == STATUS_TIMEOUT || s == STATUS_CRASH;
}

bool doc_name_is_valid(const char *name)
{
	size_t n = 0;

	for (; name[n]; n++)
		if (n == DOC_MAX_NAME || name[n] <= ' ' || name[n] > '~' || name[n] == '#')
			return false;
	return n > 0;
}

bool result_id_is_valid(const struct result *r)
{
	size_t family_sz, name_sz;

	if (!r->id || !r->family || !r->name || !doc_name_is_valid(r->id) ||
	    !doc_name_is_valid(r->family) || !doc_name_is_valid(r->name))
		return false;
	family_sz = strlen(r->family);
	name_sz = strlen(r->name);
	if (strncmp(r->id, r->family, family_sz) || r->id[family_sz] != '/' ||
	    strncmp(r->id + family_sz + 1, r->name, name_sz))
		return false;
	return !r->id[family_sz + 1 + name_sz] || r->id[family_sz + 1 + name_sz] == ':';
}

void result_free_code(struct result *r)
{
	for (int i = 0; i < NR_SLOTS; i++) {
		prog_code_free(r->code[i]);
		r->code[i] = NULL;
	}
}

void result_free(struct result *r)
{
	free(r->id);
	free(r->family);
	free(r->name);
	free(r->reason);
	for (int i = 0; i < r->nr_params; i++)
		free(r->params[i].name);
	for (int i = 0; i < r->nr_notes; i++)
		free(r->notes[i]);
	for (int i = 0; i < NR_SLOTS; i++)
		sample_set__free(&r->samples[i]);
	result_free_code(r);
	memset(r, 0, sizeof(*r));
}

/* -EINVAL for a format that cannot be converted; the old reason stays on any error. */
int result_set_reason(struct result *r, const char *fmt, ...)
{
	va_list ap;
	char *text;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return -EINVAL;
	text = malloc((size_t)n + 1);
	if (!text)
		return -ENOMEM;
	va_start(ap, fmt);
	vsnprintf(text, (size_t)n + 1, fmt, ap);
	va_end(ap);
	free(r->reason);
	r->reason = text;
	return 0;
}

int result_add_metric(struct result *r, const char *name, const struct estimate *est)
{
	const struct metric_def *def = metric_find(name);

	if (!def)
		return -EINVAL;
	if (result_metric(r, name))
		return -EEXIST;
	if (r->nr_metrics == RESULT_MAX_METRICS)
		return -ENOSPC;
	r->metrics[r->nr_metrics++] = (struct metric){ .def = def, .est = *est };
	return 0;
}

const struct metric *result_metric(const struct result *r, const char *name)
{
	for (int i = 0; i < r->nr_metrics; i++)
		if (!strcmp(r->metrics[i].def->name, name))
			return &r->metrics[i];
	return NULL;
}

const struct metric *result_headline(const struct result *r)
{
	const struct metric *net = result_metric(r, "net");

	return net ? net : result_metric(r, "raw");
}

static void strings_free(char **v, int nr)
{
	for (int i = 0; i < nr; i++)
		free(v[i]);
	free(v);
}

void doc_header_free(struct doc_header *h)
{
	free(h->version);
	free(h->started);
	strings_free(h->argv, h->argc);
	strings_free(h->plan, h->nr_plan);
	json_decref(h->env);
	memset(h, 0, sizeof(*h));
}

void run_doc_free(struct run_doc *doc)
{
	doc_header_free(&doc->header);
	for (size_t i = 0; i < doc->nr_results; i++)
		result_free(&doc->results[i]);
	free(doc->results);
	memset(doc, 0, sizeof(*doc));
}

const struct result *run_doc_find(const struct run_doc *doc, const char *id)
{
	for (size_t i = 0; i < doc->nr_results; i++)
		if (!strcmp(doc->results[i].id, id))
			return &doc->results[i];
	return NULL;
}
