// SPDX-License-Identifier: GPL-2.0-only
/*
 * One line of a document, read. Documents are untrusted: a line is bounded before it is read, its
 * nesting and the number of its containers before it is parsed (an empty object costs jansson ~240
 * bytes for 3 of input), every value before it is kept. A hostile line of 16 MiB can cost ~400 MB
 * while it is parsed.
 */
#include "doc_code.h"
#include "doc_line.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define MAX_OBJECTS 4096u		/* of a line; ours have up to RESULT_MAX_METRICS + 5 */
#define MAX_ARRAYS (DOC_MAX_LINE / 14)	/* of a line; 14 bytes is the shortest sample */
#define MAX_ENV 1024u

/* An object of the line, where it is, and where its error goes. */
struct at {
	const json_t *obj;
	const char *path;		/* "", "metrics.net.", ... */
	char *err;
	size_t err_sz;
};

__attribute__((format(printf, 2, 3)))
static int bad(const struct at *at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(at->err, at->err_sz, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static int no_memory(const struct at *at)
{
	snprintf(at->err, at->err_sz, "out of memory");
	return -ENOMEM;
}

/* Jansson's json_is_*() are macros, each with a test for NULL where none can be. */
static bool is_type(const json_t *v, json_type type)
{
	return v && json_typeof(v) == type;
}

static bool is_number(const json_t *v)
{
	return is_type(v, JSON_INTEGER) || is_type(v, JSON_REAL);
}

static int dup_string(const struct at *at, const json_t *v, char **out)
{
	size_t sz = json_string_length(v) + 1;

	*out = malloc(sz);
	if (!*out)
		return no_memory(at);
	memcpy(*out, json_string_value(v), sz);
	return 0;
}

static int get_text(const struct at *at, const char *key, char **out)
{
	const json_t *v = json_object_get(at->obj, key);

	if (!is_type(v, JSON_STRING))
		return bad(at, "%s%s is %s", at->path, key, v ? "not a string" : "missing");
	if (!doc_text_is_valid(json_string_value(v)))
		return bad(at, "%s%s holds a control character or is longer than %u bytes",
			   at->path, key, DOC_MAX_TEXT);
	return dup_string(at, v, out);
}

static int get_name(const struct at *at, const char *key, char **out)
{
	const json_t *v = json_object_get(at->obj, key);

	if (!is_type(v, JSON_STRING))
		return bad(at, "%s%s is %s", at->path, key, v ? "not a string" : "missing");
	if (!doc_name_is_valid(json_string_value(v)))
		return bad(at, "%s%s is no name (1 to %u ASCII characters, no space, no #)",
			   at->path, key, DOC_MAX_NAME);
	return dup_string(at, v, out);
}

/* A member that must be one of a few words; the word itself is not repeated in the error. */
static int get_word(const struct at *at, const char *key, const char **word)
{
	const json_t *v = json_object_get(at->obj, key);

	if (!is_type(v, JSON_STRING))
		return bad(at, "%s%s is %s", at->path, key, v ? "not a string" : "missing");
	*word = json_string_value(v);
	return 0;
}

static int get_double(const struct at *at, const char *key, double min, double max, double *out)
{
	const json_t *v = json_object_get(at->obj, key);

	if (!is_number(v))
		return bad(at, "%s%s is %s", at->path, key, v ? "not a number" : "missing");
	*out = json_number_value(v);
	if (*out < min || *out > max)
		return bad(at, "%s%s is out of range", at->path, key);
	return 0;
}

static int get_u32(const struct at *at, const char *key, uint32_t *out)
{
	const json_t *v = json_object_get(at->obj, key);
	json_int_t n = json_integer_value(v);

	if (!is_type(v, JSON_INTEGER))
		return bad(at, "%s%s is %s", at->path, key, v ? "not an integer" : "missing");
	if (n < 0 || n > UINT32_MAX)
		return bad(at, "%s%s is out of range", at->path, key);
	*out = (uint32_t)n;
	return 0;
}

static int get_strings(const struct at *at, const char *key, size_t max, bool names, char ***out,
		       int *nr)
{
	const json_t *list = json_object_get(at->obj, key);
	size_t n = json_array_size(list);

	if (!list)
		return 0;
	if (!is_type(list, JSON_ARRAY))
		return bad(at, "%s%s is not an array", at->path, key);
	if (n > max)
		return bad(at, "%s%s has more than %zu entries", at->path, key, max);
	if (n && !*out) {
		*out = calloc(n, sizeof(**out));
		if (!*out)
			return no_memory(at);
	}
	for (size_t i = 0; i < n; i++) {
		const json_t *v = json_array_get(list, i);
		int err;

		if (!is_type(v, JSON_STRING))
			return bad(at, "%s%s[%zu] is not a string", at->path, key, i);
		if (names ? !doc_name_is_valid(json_string_value(v))
			  : !doc_text_is_valid(json_string_value(v)))
			return bad(at, "%s%s[%zu] is no %s", at->path, key, i,
				   names ? "name" : "text without control characters");
		err = dup_string(at, v, &(*out)[i]);
		if (err)
			return err;
		*nr = (int)i + 1;
	}
	return 0;
}

/* An integer, or above INT64_MAX, where jansson's end, a decimal string. */
static int get_seed(const struct at *at, uint64_t *seed)
{
	const json_t *v = json_object_get(at->obj, "seed");
	const char *s;
	char *end;

	if (is_type(v, JSON_INTEGER) && json_integer_value(v) >= 0) {
		*seed = (uint64_t)json_integer_value(v);
		return 0;
	}
	s = json_string_value(v);
	if (!s || *s < '0' || *s > '9')
		return bad(at, "seed is %s", v ? "no unsigned integer" : "missing");
	errno = 0;
	*seed = strtoull(s, &end, 10);
	if (errno || *end)
		return bad(at, "seed is no unsigned integer");
	return 0;
}

static int get_env(const struct at *at, json_t **env)
{
	json_t *obj = json_object_get(at->obj, "env");

	if (!is_type(obj, JSON_OBJECT))
		return bad(at, "env is %s", obj ? "not an object" : "missing");
	if (json_object_size(obj) > MAX_ENV)
		return bad(at, "env has more than %u entries", MAX_ENV);
	for (void *it = json_object_iter(obj); it; it = json_object_iter_next(obj, it)) {
		const char *key = json_object_iter_key(it);
		const json_t *v = json_object_iter_value(it);

		if (!doc_name_is_valid(key))
			return bad(at, "env has a key that is no name");
		if (!is_type(v, JSON_STRING) && !is_number(v) && !is_type(v, JSON_TRUE) &&
		    !is_type(v, JSON_FALSE))
			return bad(at, "env.%s is neither string, number nor boolean", key);
		if (is_type(v, JSON_STRING) && !doc_text_is_valid(json_string_value(v)))
			return bad(at, "env.%s holds a control character or is too long", key);
	}
	*env = json_incref(obj);
	return 0;
}

static int parse_header(const struct at *at, struct doc_header *h, struct line_info *info)
{
	const json_t *schema = json_object_get(at->obj, "schema");
	const char *word = json_string_value(json_object_get(at->obj, "tool"));
	int err;

	if (!word || strcmp(word, "bench_progs"))
		return bad(at, "tool is not bench_progs");
	info->is_ours = true;
	if (!is_type(schema, JSON_INTEGER))
		return bad(at, "schema is %s", schema ? "not an integer" : "missing");
	if (json_integer_value(schema) != DOC_SCHEMA)
		return bad(at, "schema %" JSON_INTEGER_FORMAT ", but this reader knows only %d",
			   json_integer_value(schema), DOC_SCHEMA);
	err = get_word(at, "clock", &word);
	if (err)
		return err;
	if (clock_kind_parse(word, &h->clock))
		return bad(at, "clock is neither ns, insn nor none");
	err = get_text(at, "version", &h->version);
	if (!err)
		err = get_text(at, "started", &h->started);
	if (!err)
		err = get_seed(at, &h->seed);
	if (!err)
		err = get_strings(at, "argv", DOC_MAX_RESULTS, false, &h->argv, &h->argc);
	if (!err)
		err = get_strings(at, "plan", DOC_MAX_RESULTS, true, &h->plan, &h->nr_plan);
	return err ? err : get_env(at, &h->env);
}

static int parse_params(const struct at *at, struct result *r)
{
	json_t *obj = json_object_get(at->obj, "params");

	if (!obj)
		return 0;
	if (!is_type(obj, JSON_OBJECT))
		return bad(at, "params is not an object");
	if (json_object_size(obj) > RESULT_MAX_PARAMS)
		return bad(at, "params has more than %d entries", RESULT_MAX_PARAMS);
	for (void *it = json_object_iter(obj); it; it = json_object_iter_next(obj, it)) {
		const char *key = json_object_iter_key(it);
		const json_t *v = json_object_iter_value(it);
		size_t sz = strlen(key) + 1;
		struct param *p = &r->params[r->nr_params];

		if (!doc_name_is_valid(key))
			return bad(at, "params has a key that is no name");
		if (!is_type(v, JSON_INTEGER))
			return bad(at, "params.%s is not an integer", key);
		p->name = malloc(sz);
		if (!p->name)
			return no_memory(at);
		memcpy(p->name, key, sz);
		p->value = json_integer_value(v);
		r->nr_params++;
	}
	return 0;
}

/* @clock -1: any clock's unit will do. */
static bool unit_is_valid(const struct metric_def *def, int clock, const char *unit)
{
	for (int c = 0; c < NR_CLOCK_KINDS; c++)
		if ((clock < 0 || clock == c) && !strcmp(unit, metric_unit(def, c)))
			return true;
	return false;
}

static int parse_metric(const struct at *at, const struct metric_def *def, int clock,
			struct result *r)
{
	struct estimate e = { 0 };
	const char *unit, *quality;
	int err;

	err = get_word(at, "unit", &unit);
	if (!err)
		err = get_word(at, "quality", &quality);
	if (!err)
		err = get_double(at, "value", -HUGE_VAL, HUGE_VAL, &e.value);
	if (!err)
		err = get_double(at, "lo", -HUGE_VAL, HUGE_VAL, &e.lo);
	if (!err)
		err = get_double(at, "hi", -HUGE_VAL, HUGE_VAL, &e.hi);
	if (!err)
		err = get_double(at, "level", 0, 1, &e.level);
	if (!err)
		err = get_double(at, "mad", 0, HUGE_VAL, &e.mad);
	if (!err)
		err = get_u32(at, "n", &e.n);
	if (!err && json_object_get(at->obj, "mad_within"))
		err = get_double(at, "mad_within", 0, HUGE_VAL, &e.mad_within);
	if (!err && json_object_get(at->obj, "excluded"))
		err = get_u32(at, "excluded", &e.nr_excluded);
	if (err)
		return err;
	if (e.lo > e.hi)
		return bad(at, "%slo is above %shi", at->path, at->path);
	if (quality_parse(quality, &e.quality))
		return bad(at, "%squality is unknown", at->path);
	if (!unit_is_valid(def, clock, unit))
		return bad(at, "%sunit is not that of the metric and the clock", at->path);
	/* Cannot fail: the name is the table's, keys differ, and there are few enough of them. */
	result_add_metric(r, def->name, &e);
	return 0;
}

static int parse_metrics(const struct at *at, int clock, struct result *r)
{
	json_t *obj = json_object_get(at->obj, "metrics");
	int err;

	if (!obj)
		return 0;
	if (!is_type(obj, JSON_OBJECT))
		return bad(at, "metrics is not an object");
	if (json_object_size(obj) > RESULT_MAX_METRICS)
		return bad(at, "metrics has more than %d entries", RESULT_MAX_METRICS);
	for (void *it = json_object_iter(obj); it; it = json_object_iter_next(obj, it)) {
		const char *key = json_object_iter_key(it);
		const json_t *v = json_object_iter_value(it);
		const struct metric_def *def = metric_find(key);
		struct at in = { .obj = v, .err = at->err, .err_sz = at->err_sz };
		char path[64];

		if (!doc_name_is_valid(key))
			return bad(at, "metrics has a key that is no name");
		if (!is_type(v, JSON_OBJECT))
			return bad(at, "metrics.%s is not an object", key);
		if (!def)
			continue;
		snprintf(path, sizeof(path), "metrics.%s.", def->name);
		in.path = path;
		err = parse_metric(&in, def, clock, r);
		if (err)
			return err;
	}
	return 0;
}

/* [load, round, slot, elapsed, done, flags] */
static int parse_sample(const struct at *at, const char *name, size_t i, const json_t *v,
			struct sample_set *set)
{
	static const json_int_t max[] = {
		DOC_MAX_INDEX - 1, DOC_MAX_INDEX - 1, NR_SLOTS - 1, INT64_MAX, INT64_MAX,
		SAMPLE_FLAGS_ALL,
	};
	enum { NR = sizeof(max) / sizeof(max[0]) };
	json_int_t n[NR];
	struct sample s;

	if (!is_type(v, JSON_ARRAY) || json_array_size(v) != NR)
		return bad(at, "samples.%s[%zu] is no array of %d integers", name, i, NR);
	for (int k = 0; k < NR; k++) {
		const json_t *field = json_array_get(v, k);

		n[k] = json_integer_value(field);
		if (!is_type(field, JSON_INTEGER))
			return bad(at, "samples.%s[%zu][%d] is not an integer", name, i, k);
		if (n[k] < 0 || n[k] > max[k])
			return bad(at, "samples.%s[%zu][%d] is out of range", name, i, k);
	}
	if (!n[4])
		return bad(at, "samples.%s[%zu]: no operation done", name, i);
	s = (struct sample){
		.load = (uint32_t)n[0], .round = (uint32_t)n[1], .slot = (uint32_t)n[2],
		.elapsed = (uint64_t)n[3], .done = (uint64_t)n[4], .flags = (uint32_t)n[5],
	};
	return sample_set__add(set, &s) ? no_memory(at) : 0;
}

static int parse_samples(const struct at *at, struct result *r)
{
	const json_t *obj = json_object_get(at->obj, "samples");

	if (!obj)
		return 0;
	if (!is_type(obj, JSON_OBJECT))
		return bad(at, "samples is not an object");
	for (int slot = 0; slot < NR_SLOTS; slot++) {
		const json_t *list = json_object_get(obj, slot_name(slot));
		size_t n = json_array_size(list);

		if (list && !is_type(list, JSON_ARRAY))
			return bad(at, "samples.%s is not an array", slot_name(slot));
		if (n > DOC_MAX_SAMPLES)
			return bad(at, "samples.%s has more than %u entries", slot_name(slot),
				   DOC_MAX_SAMPLES);
		for (size_t i = 0; i < n; i++) {
			int err = parse_sample(at, slot_name(slot), i, json_array_get(list, i),
					       &r->samples[slot]);

			if (err)
				return err;
		}
	}
	return 0;
}

static int parse_loop(const struct at *at, struct result *r)
{
	const char *loop;
	int err;

	if (!json_object_get(at->obj, "loop"))
		return 0;
	err = get_word(at, "loop", &loop);
	if (!err && strcmp(loop, "user"))
		return bad(at, "loop is unknown");
	r->is_user_loop = !err;
	return err;
}

static int parse_result(const struct at *at, int clock, struct result *r)
{
	char **notes = r->notes;
	const char *status;
	int err;

	err = get_name(at, "id", &r->id);
	if (!err)
		err = get_name(at, "family", &r->family);
	if (!err)
		err = get_name(at, "case", &r->name);
	if (!err)
		err = get_word(at, "status", &status);
	if (err)
		return err;
	if (!result_id_is_valid(r))
		return bad(at, "id is not family/case or family/case:...");
	if (status_parse(status, &r->status))
		return bad(at, "status is unknown");
	err = parse_loop(at, r);
	if (err)
		return err;
	if (r->status != STATUS_OK || json_object_get(at->obj, "reason"))
		err = get_text(at, "reason", &r->reason);
	if (!err)
		err = get_strings(at, "notes", RESULT_MAX_NOTES, false, &notes, &r->nr_notes);
	if (!err)
		err = parse_params(at, r);
	if (!err)
		err = parse_metrics(at, clock, r);
	if (!err)
		err = parse_samples(at, r);
	return err ? err : doc_parse_code(json_object_get(at->obj, "code"), r, at->err,
					  at->err_sz);
}

static int parse_end(const struct at *at, struct doc_end *e)
{
	int err = get_u32(at, "passed", &e->passed);

	if (!err)
		err = get_u32(at, "failed", &e->failed);
	if (!err)
		err = get_u32(at, "skipped", &e->skipped);
	return err ? err : get_double(at, "seconds", 0, HUGE_VAL, &e->seconds);
}

/* Before the parser sees it: what would cost it a stack or a heap. */
static int scan_line(const struct at *at, const char *line, size_t len)
{
	unsigned int depth = 0, nr_objects = 0, nr_arrays = 0;
	bool in_string = false;

	if (len > DOC_MAX_LINE)
		return bad(at, "the line is longer than %u bytes", DOC_MAX_LINE);
	for (size_t i = 0; i < len; i++) {
		char c = line[i];

		if (!c)
			return bad(at, "a NUL byte");
		if (in_string) {
			if (c == '\\' && i + 1 < len && line[i + 1])
				i++;
			else if (c == '"')
				in_string = false;
			continue;
		}
		in_string = c == '"';
		nr_objects += c == '{';
		nr_arrays += c == '[';
		depth += c == '{' || c == '[';
		depth -= (c == '}' || c == ']') && depth;
		if (depth > DOC_MAX_DEPTH)
			return bad(at, "nested deeper than %u", DOC_MAX_DEPTH);
		if (nr_objects > MAX_OBJECTS || nr_arrays > MAX_ARRAYS)
			return bad(at, "too many arrays or objects");
	}
	return 0;
}

/*
 * The parser's text quotes the line, escape sequences and all. Where an allocation fails it may set
 * no code at all, which it does for every other failure (2.14; some it takes for bad syntax).
 */
static int bad_json(const struct at *at, json_error_t *e)
{
	if (json_error_code(e) == json_error_out_of_memory ||
	    json_error_code(e) == json_error_unknown)
		return no_memory(at);
	for (char *p = e->text; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
	return bad(at, "not JSON: %s", e->text);
}

int doc_line_parse(const char *line, size_t len, int clock, struct doc_item *item,
		   struct line_info *info, char *err, size_t err_sz)
{
	struct at at = { .path = "", .err = err, .err_sz = err_sz };
	json_error_t json_err = { 0 };
	const char *type;
	json_t *root;
	int ret;

	memset(item, 0, sizeof(*item));
	*info = (struct line_info){ 0 };
	ret = scan_line(&at, line, len);
	if (ret)
		return ret;
	root = json_loadb(line, len, JSON_REJECT_DUPLICATES, &json_err);
	if (!root) {
		info->may_be_cut = true;
		return bad_json(&at, &json_err);
	}
	at.obj = root;
	type = json_string_value(json_object_get(root, "type"));
	if (!type) {
		ret = bad(&at, "no object with a type");
	} else if (!strcmp(type, "header")) {
		ret = parse_header(&at, &item->header, info);
	} else if (!strcmp(type, "result")) {
		info->is_ours = true;
		ret = parse_result(&at, clock, &item->result);
		ret = ret ? ret : DOC_LINE_RESULT;
	} else if (!strcmp(type, "end")) {
		info->is_ours = true;
		ret = parse_end(&at, &item->end);
		ret = ret ? ret : DOC_LINE_END;
	} else {
		ret = DOC_LINE_IGNORED;
	}
	json_decref(root);
	if (ret < 0) {
		doc_header_free(&item->header);
		result_free(&item->result);
	}
	return ret;
}

int doc_parse_line(const char *line, size_t len, struct doc_item *item, char *err, size_t err_sz)
{
	struct line_info info;

	return doc_line_parse(line, len, -1, item, &info, err, err_sz);
}
