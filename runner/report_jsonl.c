// SPDX-License-Identifier: GPL-2.0-only
/* The document itself; of a comparison, an object per row between one for what it rests on and one
 * for what it came to. */
#include "report.h"

#include <errno.h>

static int jsonl_begin(struct report_out *o, const struct doc_header *h)
{
	return doc_write_header(o->out, h);
}

static int jsonl_result(struct report_out *o, const struct result *r)
{
	return doc_write_result(o->out, r, o->header->clock);
}

/* No trailer for a run that was cut short: its absence is what says so. */
static int jsonl_end(struct report_out *o, const struct doc_end *e)
{
	return e ? doc_write_end(o->out, e) : 0;
}

static void put_double(FILE *out, const char *key, double value)
{
	fprintf(out, ",\"%s\":", key);
	doc_put_double(out, value);
}

static void put_string(FILE *out, const char *key, const char *value)
{
	fprintf(out, ",\"%s\":", key);
	doc_put_string(out, value);
}

static void put_row(FILE *out, const struct comparison *c, const struct comparison_table *t)
{
	fputs("{\"type\":\"comparison\"", out);
	put_string(out, "id", c->id);
	put_string(out, "verdict", verdict_name(c->verdict));
	if (c->why[0])
		put_string(out, "why", c->why);
	if (c->metric) {
		put_string(out, "metric", c->metric->name);
		put_string(out, "unit", metric_unit(c->metric, t->clock));
		put_double(out, "a", c->value_a);
		put_double(out, "b", c->value_b);
		put_double(out, "shift", c->shift);
		put_double(out, "lo", c->shift_iv.lo);
		put_double(out, "hi", c->shift_iv.hi);
		put_double(out, "level", c->shift_iv.level);
		put_double(out, "delta", c->delta);
		put_double(out, "p", c->p);
		if (t->a.nr > 1 || t->b.nr > 1)
			fprintf(out, ",\"boots\":[%u,%u]", c->nr_a, c->nr_b);
	}
	fputs("}\n", out);
}

static int jsonl_compare(struct report_out *o, const struct comparison_table *t)
{
	fprintf(o->out, "{\"type\":\"comparison_begin\",\"schema\":%d,\"clock\":\"%s\"", DOC_SCHEMA,
		clock_kind_name(t->clock));
	fprintf(o->out, ",\"exact\":%s", t->exact ? "true" : "false");
	fprintf(o->out, ",\"boots\":[%zu,%zu],\"looks\":%u", t->a.nr, t->b.nr, t->nr_looks);
	put_double(o->out, "noise", t->noise);
	put_double(o->out, "noise_floor", t->noise_floor);
	fputs(",\"env_diffs\":[", o->out);
	for (int i = 0; i < t->nr_env_diffs; i++) {
		fputs(i ? "," : "", o->out);
		doc_put_string(o->out, t->env_diffs[i]);
	}
	fputs("]}\n", o->out);
	for (size_t i = 0; i < t->nr; i++)
		put_row(o->out, &t->v[i], t);
	fputs("{\"type\":\"comparison_end\"", o->out);
	for (int v = 0; v < NR_VERDICTS; v++)
		fprintf(o->out, ",\"%s\":%u", verdict_name(v), t->nr_verdicts[v]);
	fputs("}\n", o->out);
	return doc_flush(o->out);
}

const struct reporter report_jsonl = {
	.name = "jsonl",
	.help = "the document: every figure, every sample, the environment",
	.begin = jsonl_begin,
	.result = jsonl_result,
	.end = jsonl_end,
	.compare = jsonl_compare,
};
