// SPDX-License-Identifier: GPL-2.0-only
/*
 * For people. A figure shows as many digits as its interval resolves and never fewer than tell the
 * interval's ends apart; a counted figure is printed as it is, to 4 decimals.
 */
#include "report.h"
#include "report_code.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define AA_ID "selfcheck/empty"
#define CASE_MIN 20		/* columns */
#define CASE_MAX 56
#define FIGURE_W 38

struct table {
	char family[DOC_MAX_NAME + 1];
	char noise[160];
	int case_w;
	unsigned int nr_status[NR_STATUSES];
	unsigned int nr_notes;
	size_t notes_sz;
	char notes[];		/* NUL-terminated, one behind the other */
};

/* Decimals that show @width to one digit, and of @size three digits up to 4 places. */
static int decimals(double size, double width)
{
	int by_width = (int)ceil(-log10(width) - 1e-9);
	int by_size = size > 0 ? 2 - (int)floor(log10(size)) : 0;

	by_size = by_size < 0 ? 0 : by_size > 4 ? 4 : by_size;
	by_width = by_width > 9 ? 9 : by_width;
	return by_width > by_size ? by_width : by_size;
}

static void trim_zeros(char *s)
{
	char *end = s + strlen(s);

	if (!strchr(s, '.'))
		return;
	while (end[-1] == '0')
		*--end = 0;
	if (end[-1] == '.')
		*--end = 0;
}

/* @size: the largest of the numbers it stands beside; @width: of the interval, 0: exact. */
void report_number(char *buf, double value, double size, double width)
{
	if (size >= 1e15 || (width <= 0 && value != 0 && size < 5e-5)) {
		snprintf(buf, CELL_SZ, "%.4g", value);
	} else if (width > 0) {
		snprintf(buf, CELL_SZ, "%.*f", decimals(size, width), value);
	} else {
		snprintf(buf, CELL_SZ, "%.4f", value);
		trim_zeros(buf);
	}
}

static bool is_exact(const struct estimate *e)
{
	return e->quality == QUALITY_EXACT;
}

void report_figure(char *buf, size_t sz, const struct metric *m, enum clock_kind clock)
{
	const struct estimate *e = &m->est;
	const char *unit = metric_unit(m->def, clock);
	char value[CELL_SZ], lo[CELL_SZ], hi[CELL_SZ];
	double width = is_exact(e) ? 0 : e->hi - e->lo;
	double size = fmax(fabs(e->lo), fabs(e->hi));

	report_number(value, e->value, size, width);
	report_number(lo, e->lo, size, width);
	report_number(hi, e->hi, size, width);
	if (is_exact(e))
		snprintf(buf, sz, "%s %s exact", value, unit);
	else if (e->level > 0)
		snprintf(buf, sz, "%s %s [%s, %s] %.1f%%", value, unit, lo, hi, 100 * e->level);
	else
		snprintf(buf, sz, "%s %s, one load", value, unit);
}

/* A figure beside the headline: its value alone. */
static void cell(char *buf, const struct result *r, const char *name)
{
	const struct metric *m = result_metric(r, name);

	if (m)
		report_number(buf, m->est.value, fabs(m->est.value),
		       is_exact(&m->est) ? 0 : m->est.hi - m->est.lo);
	else
		snprintf(buf, CELL_SZ, "-");
}

static const char *case_name(const char *id)
{
	const char *slash = strchr(id, '/');

	return slash ? slash + 1 : id;
}

static void put_env(FILE *out, const struct doc_header *h, const char *label, const char *key)
{
	const char *value = json_string_value(json_object_get(h->env, key));

	if (!value)
		return;
	fputs(label, out);
	report_put_text(out, value);
}

/* What is running, how far it is and how long the rest takes if it is like what was. */
static void progress_show(struct report_out *o)
{
	const struct doc_header *h = o->header;
	struct timespec now;
	double left;

	if (!o->is_tty || o->nr >= (size_t)h->nr_plan)
		return;
	fprintf(o->out, "[%3zu/%d] %.50s", o->nr + 1, h->nr_plan, h->plan[o->nr]);
	if (o->nr) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		left = now.tv_sec + now.tv_nsec * 1e-9 - o->started;
		left *= (double)(h->nr_plan - o->nr) / o->nr;
		fprintf(o->out, " %02d:%02d left", (int)left / 60, (int)left % 60);
	}
	o->has_progress = true;
}

static void progress_wipe(struct report_out *o)
{
	if (o->has_progress)
		fputs("\r\033[K", o->out);
	o->has_progress = false;
}

static int table_begin(struct report_out *o, const struct doc_header *h)
{
	struct table *t = calloc(1, sizeof(*t));

	if (!t)
		return -ENOMEM;
	o->priv = t;
	t->case_w = h->nr_plan ? CASE_MIN : 32;
	for (int i = 0; i < h->nr_plan; i++) {
		size_t w = strlen(case_name(h->plan[i]));

		t->case_w = w < CASE_MAX ? (int)fmax(t->case_w, w) : CASE_MAX;
	}
	fputs("bench_progs ", o->out);
	report_put_text(o->out, h->version);
	fprintf(o->out, ", %s clock, seed %llu, ", clock_kind_name(h->clock),
		(unsigned long long)h->seed);
	report_put_text(o->out, h->started);
	put_env(o->out, h, "\nkernel ", "kernel");
	put_env(o->out, h, ", ", "arch");
	put_env(o->out, h, "\ncpu ", "cpu");
	put_env(o->out, h, "\naccel ", "accel");
	fprintf(o->out, "\n\n  %-*s  %-*s %9s %9s %6s  %-10s %s\n", t->case_w, "case", FIGURE_W,
		"net, or raw without a baseline", "raw", "base", "jited", "quality", "status");
	progress_show(o);
	return 0;
}

/* The footnote's number for a text, 0 when there is no memory for it. */
static unsigned int note_number(struct report_out *o, const char *text)
{
	struct table *t = o->priv;
	size_t sz = strlen(text) + 1;
	unsigned int nr = 1;

	for (size_t at = 0; at < t->notes_sz; at += strlen(t->notes + at) + 1, nr++)
		if (!strcmp(t->notes + at, text))
			return nr;
	t = realloc(t, sizeof(*t) + t->notes_sz + sz);
	if (!t)
		return 0;
	o->priv = t;
	memcpy(t->notes + t->notes_sz, text, sz);
	t->notes_sz += sz;
	return ++t->nr_notes;
}

static void put_figures(struct report_out *o, const struct result *r)
{
	const struct metric *m = result_headline(r);
	char text[128] = "-", raw[CELL_SZ], base[CELL_SZ], jited[CELL_SZ];
	size_t n;

	if (!m && r->nr_metrics)
		m = &r->metrics[0];
	if (m) {
		report_figure(text, sizeof(text), m, o->header->clock);
		n = strlen(text);
		if (m != result_headline(r))
			snprintf(text + n, sizeof(text) - n, " %s", m->def->name);
	}
	cell(raw, r, "raw");
	cell(base, r, "base");
	cell(jited, r, "jited");
	fprintf(o->out, "%-*s %9s %9s %6s  %-10s ", FIGURE_W, text, raw, base, jited,
		m ? quality_name(m->est.quality) : "-");
}

static void put_all_metrics(struct report_out *o, const struct result *r)
{
	char text[128];

	for (int i = 0; i < r->nr_metrics; i++) {
		const struct estimate *e = &r->metrics[i].est;

		report_figure(text, sizeof(text), &r->metrics[i], o->header->clock);
		fprintf(o->out, "      %-14s %s, n %u, excluded %u", r->metrics[i].def->name, text,
			e->n, e->nr_excluded);
		fprintf(o->out, ", mad %.3g between and %.3g within loads\n", e->mad,
			e->mad_within);
	}
}

/* The A/A row: what identical code differed by in this run. */
static void note_noise(struct table *t, const struct result *r, enum clock_kind clock)
{
	const struct metric *net = result_metric(r, "net"), *raw = result_metric(r, "raw");
	size_t sz = strlen(AA_ID), n;
	double outer;

	if (!net || strncmp(r->id, AA_ID, sz) || (r->id[sz] && r->id[sz] != ':'))
		return;
	outer = fmax(fabs(net->est.lo), fabs(net->est.hi));
	snprintf(t->noise, sizeof(t->noise), "A/A noise floor: ");
	n = strlen(t->noise);
	report_figure(t->noise + n, sizeof(t->noise) - n, net, clock);
	n = strlen(t->noise);
	if (raw && raw->est.value > 0)
		snprintf(t->noise + n, sizeof(t->noise) - n, ", up to %.2g %% of raw",
			 100 * outer / raw->est.value);
}

static int table_result(struct report_out *o, const struct result *r)
{
	struct table *t = o->priv;

	progress_wipe(o);
	if (strcmp(t->family, r->family)) {
		snprintf(t->family, sizeof(t->family), "%s", r->family);
		fprintf(o->out, "%s\n", t->family);
	}
	t->nr_status[r->status]++;
	note_noise(t, r, o->header->clock);
	fprintf(o->out, "  %-*s  ", t->case_w, case_name(r->id));
	if (r->status == STATUS_OK)
		put_figures(o, r);
	fputs(status_name(r->status), o->out);
	if (r->reason) {
		fputs(": ", o->out);
		report_put_text(o->out, r->reason);
	}
	for (int i = 0; i < r->nr_notes; i++) {
		unsigned int nr = note_number(o, r->notes[i]);

		if (!nr)
			return -ENOMEM;
		fprintf(o->out, " [%u]", nr);
	}
	putc('\n', o->out);
	if (o->verbose > 0)
		put_all_metrics(o, r);
	progress_show(o);
	return 0;
}

static int table_end(struct report_out *o, const struct doc_end *e)
{
	const struct table *t = o->priv;
	const struct doc_header *h = o->header;
	unsigned int nr = 1;

	progress_wipe(o);
	putc('\n', o->out);
	for (size_t at = 0; at < t->notes_sz; at += strlen(t->notes + at) + 1, nr++) {
		fprintf(o->out, "[%u] ", nr);
		report_put_text(o->out, t->notes + at);
		putc('\n', o->out);
	}
	if (t->noise[0])
		fprintf(o->out, "%s\n", t->noise);
	if (e)
		fprintf(o->out, "%u passed, %u failed, %u skipped in %.1f s (%s clock", e->passed,
			e->failed, e->skipped, e->seconds, clock_kind_name(h->clock));
	else
		fprintf(o->out,
			"cut short: %u passed, %u failed, %u skipped of %d planned (%s clock",
			t->nr_status[STATUS_OK], t->nr_status[STATUS_FAIL] +
			t->nr_status[STATUS_TIMEOUT] + t->nr_status[STATUS_CRASH],
			t->nr_status[STATUS_SKIP], h->nr_plan, clock_kind_name(h->clock));
	put_env(o->out, h, ", kernel ", "kernel");
	fputs(")\n", o->out);
	return 0;
}

static void put_comparison(FILE *out, const struct comparison *c, const struct comparison_table *t,
			   int id_w)
{
	struct comparison_cells cells;
	char change[160], why[160];

	report_comparison_cells(&cells, c, t->clock);
	report_why(why, sizeof(why), c, t);
	snprintf(change, sizeof(change), "%s%s%s%s%s", cells.change, cells.interval[0] ? " " : "",
		 cells.interval, cells.percent[0] ? " " : "", cells.percent);
	fprintf(out, "%-*s  %-20s %10s %10s  %-34s %8s  %s", id_w, c->id, cells.metric, cells.a,
		cells.b, change, cells.delta, verdict_name(c->verdict));
	if (why[0]) {
		fputs(": ", out);
		report_put_text(out, why);
	}
	putc('\n', out);
}

static int table_compare(struct report_out *o, const struct comparison_table *t)
{
	static const enum verdict order[] = {
		VERDICT_SAME, VERDICT_SLOWER, VERDICT_FASTER, VERDICT_UNRESOLVED, VERDICT_NA,
	};
	size_t nr_skipped = 0, nr_sizes = 0, id_w = CASE_MIN;
	char rates[128], fewer[64];

	report_fewer_boots(fewer, sizeof(fewer), t);
	if (t->a.nr > 1 || t->b.nr > 1)
		fprintf(o->out, "boots: %zu of A, %zu of B%s\n\n", t->a.nr, t->b.nr, fewer);
	if (t->nr_env_diffs)
		fputs("the environments differ:\n", o->out);
	for (int i = 0; i < t->nr_env_diffs; i++) {
		fputs("  ", o->out);
		report_put_text(o->out, t->env_diffs[i]);
		fputs(i + 1 == t->nr_env_diffs ? "\n\n" : "\n", o->out);
	}
	for (size_t i = 0; i < t->nr; i++)
		id_w = fmax(id_w, fmin(CASE_MAX, strlen(t->v[i].id)));
	fprintf(o->out, "%-*s  %-20s %10s %10s  %-34s %8s  %s\n", (int)id_w, "id", "metric", "A",
		"B", "change", "delta", "verdict");
	for (size_t i = 0; i < t->nr; i++) {
		nr_skipped += report_is_skipped(&t->v[i]);
		nr_sizes += report_is_size(&t->v[i]);
		if (o->verbose || (!report_is_skipped(&t->v[i]) && !report_is_size(&t->v[i])))
			put_comparison(o->out, &t->v[i], t, (int)id_w);
	}
	putc('\n', o->out);
	if (nr_skipped && !o->verbose)
		fprintf(o->out, "%zu skipped in both are not shown (-v shows them)\n", nr_skipped);
	if (nr_sizes && !o->verbose)
		fprintf(o->out, "%zu sizes and verifier figures that differ are not shown "
			"(-v shows them)\n", nr_sizes);
	if (t->nr_filtered)
		fprintf(o->out, "rows that do not pass the filter, but are counted: %zu\n",
			t->nr_filtered);
	if (!t->exact)
		fprintf(o->out, "noise: %.2g ns/op (A/A), %.2g %% of gross (reference loop)\n",
			t->noise_floor, 100 * t->noise);
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		fprintf(o->out, "%s%u %s", i ? ", " : "", t->nr_verdicts[order[i]],
			verdict_name(order[i]));
	report_rates(rates, sizeof(rates), t);
	fprintf(o->out, " (%s)\n", rates);
	return comparison_code_diff(o->out, t, o->verbose);
}

const struct reporter report_table = {
	.name = "table",
	.help = "for people; progress on a terminal",
	.is_prose = true,
	.begin = table_begin,
	.result = table_result,
	.end = table_end,
	.compare = table_compare,
	.claims = report_claims_table,
};
