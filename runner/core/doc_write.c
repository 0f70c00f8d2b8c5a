// SPDX-License-Identifier: GPL-2.0-only
/*
 * The writing end. Everything is checked before the first byte goes out, so that -EINVAL leaves no
 * half a line, and nothing is allocated, so that a result is not lost to -ENOMEM.
 */
#include "doc_code.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

/*
 * Bytes of the well-formed UTF-8 character at @s, 0 for none: no overlong form, no surrogate,
 * nothing above U+10FFFF (Unicode 15, table 3-7). A NUL never continues a character.
 */
static size_t utf8_size(const unsigned char *s)
{
	unsigned char lo = 0x80, hi = 0xbf;
	size_t n;

	if (s[0] < 0x80)
		return 1;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	n = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	if (s[0] == 0xe0)
		lo = 0xa0;
	else if (s[0] == 0xed)
		hi = 0x9f;
	else if (s[0] == 0xf0)
		lo = 0x90;
	else if (s[0] == 0xf4)
		hi = 0x8f;
	if (s[1] < lo || s[1] > hi)
		return 0;
	for (size_t i = 2; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

/* C0, DEL and C1 (U+009B opens an escape sequence just as ESC [ does). */
static bool is_control(const unsigned char *s)
{
	return s[0] < 0x20 || s[0] == 0x7f || (s[0] == 0xc2 && s[1] < 0xa0);
}

bool doc_text_is_valid(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t n = 0, step;

	for (; s[n]; n += step) {
		step = utf8_size(s + n);
		if (!step || is_control(s + n) || n + step > DOC_MAX_TEXT)
			return false;
	}
	return true;
}

void doc_end_text(char *text)
{
	size_t n = strlen(text);

	for (size_t back = 1; back <= 3 && back <= n; back++) {
		char *last = text + n - back;

		if ((*last & 0xc0) == 0x80)
			continue;
		if (!utf8_size((const unsigned char *)last))
			*last = 0;
		return;
	}
}

void doc_put_string(FILE *out, const char *text)
{
	const unsigned char *s = (const unsigned char *)(text ? text : "");
	size_t nr = 0, step;

	putc('"', out);
	for (; *s; s += step) {
		size_t sz = utf8_size(s);

		step = sz ? sz : 1;
		if (sz && is_control(s))
			sz = 1;
		if (nr + (sz ? sz : 1) > DOC_MAX_TEXT)
			break;
		nr += sz ? sz : 1;
		if (!sz) {
			putc('?', out);
		} else if (is_control(s)) {
			putc(' ', out);
		} else {
			if (*s == '"' || *s == '\\')
				putc('\\', out);
			fwrite(s, 1, sz, out);
		}
	}
	putc('"', out);
}

/* -0 is written as a real: as the integer "-0" it would read back without its sign. */
void doc_put_double(FILE *out, double v)
{
	if (v == 0 && signbit(v))
		fputs("-0.0", out);
	else
		fprintf(out, "%.17g", v);
}

int doc_flush(FILE *out)
{
	errno = 0;
	if (!fflush(out) && !ferror(out))
		return 0;
	return errno ? -errno : -EIO;
}

static void put_key(FILE *out, const char *key)
{
	putc(',', out);
	doc_put_string(out, key);
	putc(':', out);
}

static void put_key_string(FILE *out, const char *key, const char *value)
{
	put_key(out, key);
	doc_put_string(out, value);
}

static void put_key_double(FILE *out, const char *key, double value)
{
	put_key(out, key);
	doc_put_double(out, value);
}

static void put_strings(FILE *out, const char *key, char *const *v, int nr)
{
	put_key(out, key);
	putc('[', out);
	for (int i = 0; i < nr; i++) {
		if (i)
			putc(',', out);
		doc_put_string(out, v[i]);
	}
	putc(']', out);
}

static bool is_scalar(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_STRING:
	case JSON_INTEGER:
	case JSON_REAL:
	case JSON_TRUE:
	case JSON_FALSE:
		return true;
	default:
		return false;
	}
}

static bool header_is_fit(const struct doc_header *h)
{
	if (h->nr_plan < 0 || h->nr_plan > (int)DOC_MAX_RESULTS || h->argc < 0 ||
	    h->argc > (int)DOC_MAX_RESULTS)
		return false;
	for (int i = 0; i < h->nr_plan; i++)
		if (!doc_name_is_valid(h->plan[i]))
			return false;
	/* None for no object: what else it is comes after. */
	for (void *it = json_object_iter(h->env); it; it = json_object_iter_next(h->env, it))
		if (!doc_name_is_valid(json_object_iter_key(it)) ||
		    !is_scalar(json_object_iter_value(it)))
			return false;
	return !h->env || json_typeof(h->env) == JSON_OBJECT;
}

static void put_scalar(FILE *out, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_STRING:
		doc_put_string(out, json_string_value(value));
		break;
	case JSON_INTEGER:
		fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		break;
	case JSON_REAL:
		doc_put_double(out, json_real_value(value));
		break;
	default:
		fputs(json_typeof(value) == JSON_TRUE ? "true" : "false", out);
	}
}

static void put_env(FILE *out, json_t *env)
{
	const char *sep = "";

	fputs(",\"env\":{", out);
	for (void *it = json_object_iter(env); it; it = json_object_iter_next(env, it)) {
		fputs(sep, out);
		sep = ",";
		doc_put_string(out, json_object_iter_key(it));
		putc(':', out);
		put_scalar(out, json_object_iter_value(it));
	}
	putc('}', out);
}

int doc_write_header(FILE *out, const struct doc_header *h)
{
	if (!header_is_fit(h))
		return -EINVAL;
	fprintf(out, "{\"type\":\"header\",\"schema\":%d,\"tool\":\"bench_progs\"", DOC_SCHEMA);
	put_key_string(out, "version", h->version);
	put_key_string(out, "clock", clock_kind_name(h->clock));
	put_key_string(out, "started", h->started);
	/* JSON integers end at INT64_MAX for jansson, and at 2^53 for others. */
	fprintf(out, h->seed > INT64_MAX ? ",\"seed\":\"%" PRIu64 "\"" : ",\"seed\":%" PRIu64,
		h->seed);
	put_strings(out, "argv", h->argv, h->argc);
	put_strings(out, "plan", h->plan, h->nr_plan);
	put_env(out, h->env);
	fputs("}\n", out);
	return doc_flush(out);
}

static bool estimate_is_fit(const struct estimate *e)
{
	return isfinite(e->value) && isfinite(e->lo) && isfinite(e->hi) && e->lo <= e->hi &&
	       e->level >= 0 && e->level <= 1 && isfinite(e->mad) && e->mad >= 0 &&
	       isfinite(e->mad_within) && e->mad_within >= 0;
}

static unsigned int nr_digits(uint64_t v)
{
	unsigned int n = 1;

	for (; v > 9; v /= 10)
		n++;
	return n;
}

/* What a reader refuses must not be written: bounds of the values, their number, the line. */
static bool samples_are_fit(const struct sample_set *sets)
{
	size_t sz = 0;

	for (int slot = 0; slot < NR_SLOTS; slot++) {
		if (sets[slot].nr > DOC_MAX_SAMPLES)
			return false;
		for (size_t i = 0; i < sets[slot].nr; i++) {
			const struct sample *s = &sets[slot].v[i];

			if (s->elapsed > INT64_MAX || s->done > INT64_MAX || !s->done ||
			    s->load >= DOC_MAX_INDEX || s->round >= DOC_MAX_INDEX ||
			    s->slot >= NR_SLOTS || s->flags & ~SAMPLE_FLAGS_ALL)
				return false;
			sz += 11 + nr_digits(s->load) + nr_digits(s->round) +
			      nr_digits(s->elapsed) + nr_digits(s->done);
		}
	}
	/* 4 MiB is more than all else can take: texts 2 x 7 x 64 KiB, code 2 x 0.7 MiB, metrics. */
	return sz <= DOC_MAX_LINE - (4u << 20);
}

static bool result_is_fit(const struct result *r)
{
	if (!result_id_is_valid(r) || (r->status != STATUS_OK && !r->reason))
		return false;
	if (r->nr_params < 0 || r->nr_params > RESULT_MAX_PARAMS || r->nr_notes < 0 ||
	    r->nr_notes > RESULT_MAX_NOTES || r->nr_metrics < 0 ||
	    r->nr_metrics > RESULT_MAX_METRICS)
		return false;
	for (int i = 0; i < r->nr_params; i++)
		if (!doc_name_is_valid(r->params[i].name))
			return false;
	for (int i = 0; i < r->nr_metrics; i++)
		if (!estimate_is_fit(&r->metrics[i].est))
			return false;
	return doc_code_is_fit(r) && samples_are_fit(r->samples);
}

static void put_metrics(FILE *out, const struct result *r, enum clock_kind clock)
{
	fputs(",\"metrics\":{", out);
	for (int i = 0; i < r->nr_metrics; i++) {
		const struct metric_def *def = r->metrics[i].def;
		const struct estimate *e = &r->metrics[i].est;

		fprintf(out, "%s\"%s\":{\"unit\":\"%s\",\"better\":\"%s\"", i ? "," : "",
			def->name, metric_unit(def, clock), better_name(def->better));
		put_key_double(out, "value", e->value);
		put_key_double(out, "lo", e->lo);
		put_key_double(out, "hi", e->hi);
		put_key_double(out, "level", e->level);
		fprintf(out, ",\"n\":%" PRIu32, e->n);
		put_key_double(out, "mad", e->mad);
		put_key_double(out, "mad_within", e->mad_within);
		fprintf(out, ",\"excluded\":%" PRIu32, e->nr_excluded);
		put_key_string(out, "quality", quality_name(e->quality));
		putc('}', out);
	}
	putc('}', out);
}

static void put_samples(FILE *out, const struct sample_set *sets)
{
	const char *sep = "";

	fputs(",\"samples\":{", out);
	for (int slot = 0; slot < NR_SLOTS; slot++) {
		if (!sets[slot].nr)
			continue;
		fprintf(out, "%s\"%s\":[", sep, slot_name(slot));
		sep = ",";
		for (size_t i = 0; i < sets[slot].nr; i++) {
			const struct sample *s = &sets[slot].v[i];

			fprintf(out, "%s[%" PRIu32 ",%" PRIu32 ",%" PRIu32 ",%" PRIu64 ",%" PRIu64
				",%" PRIu32 "]", i ? "," : "", s->load, s->round, s->slot,
				s->elapsed, s->done, s->flags);
		}
		putc(']', out);
	}
	putc('}', out);
}

int doc_write_result(FILE *out, const struct result *r, enum clock_kind clock)
{
	if (!result_is_fit(r))
		return -EINVAL;
	fputs("{\"type\":\"result\"", out);
	put_key_string(out, "id", r->id);
	put_key_string(out, "family", r->family);
	put_key_string(out, "case", r->name);
	fputs(",\"params\":{", out);
	for (int i = 0; i < r->nr_params; i++) {
		if (i)
			putc(',', out);
		doc_put_string(out, r->params[i].name);
		fprintf(out, ":%lld", r->params[i].value);
	}
	putc('}', out);
	if (r->is_user_loop)
		put_key_string(out, "loop", "user");
	put_key_string(out, "status", status_name(r->status));
	if (r->reason)
		put_key_string(out, "reason", r->reason);
	if (r->nr_notes)
		put_strings(out, "notes", r->notes, r->nr_notes);
	put_metrics(out, r, clock);
	put_samples(out, r->samples);
	doc_put_code(out, r);
	fputs("}\n", out);
	return doc_flush(out);
}

int doc_write_end(FILE *out, const struct doc_end *e)
{
	if (!isfinite(e->seconds) || e->seconds < 0)
		return -EINVAL;
	fprintf(out, "{\"type\":\"end\",\"passed\":%" PRIu32 ",\"failed\":%" PRIu32 ",\"skipped\":%"
		PRIu32, e->passed, e->failed, e->skipped);
	put_key_double(out, "seconds", e->seconds);
	fputs("}\n", out);
	return doc_flush(out);
}
