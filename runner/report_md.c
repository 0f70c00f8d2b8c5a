// SPDX-License-Identifier: GPL-2.0-only
/*
 * Markdown: what a commit message, a pull request or a step summary can hold. Lines above a table
 * end at 75 columns, as a commit message's should; a table does where its IDs let it. Of a
 * comparison the rows that changed, with -v all.
 */
#include "report.h"
#include "report_code.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LINE_W 75
#define ID_MAX 56		/* columns that are padded to */
#define MAX_CELLS 6

/* Markup of Markdown and HTML in what others wrote becomes text. "[1, 2]" is none, "](" is. */
static void put_escaped(FILE *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len && text[i]; i++) {
		if (strchr("|<`*\\", text[i]) || (i && text[i] == '(' && text[i - 1] == ']'))
			putc('\\', out);
		putc(text[i], out);
	}
}

/* An item of a list, broken between words. Control characters are spaces. */
static void put_item(FILE *out, const char *text)
{
	size_t col = 1, len;

	putc('-', out);
	for (const char *at = text; *at; at += len) {
		at += strspn(at, " \t\r\n");
		len = strcspn(at, " \t\r\n");
		if (!len)
			break;
		if (col + 1 + len > LINE_W && col > 2) {
			fputs("\n ", out);
			col = 1;
		}
		putc(' ', out);
		put_escaped(out, at, len);
		col += 1 + len;
	}
	putc('\n', out);
}

/* A table is held until its columns are known: they are as wide as what is in them. */
struct md_table {
	const bool *is_number;	/* set to the right */
	size_t nr, nr_cells;
	size_t sz;
	char cells[];		/* of nr rows, NUL-terminated, one behind the other */
};

static struct md_table *table_new(size_t nr_cells, const bool *is_number)
{
	struct md_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->nr_cells = nr_cells;
	t->is_number = is_number;
	return t;
}

/* The escaped text without control characters, NULL: no memory. */
static char *cell_text(const char *text)
{
	char *plain = NULL, *escaped = NULL;
	size_t sz;
	FILE *out = open_memstream(&plain, &sz);

	if (!out)
		return NULL;
	report_put_text(out, text);
	fclose(out);
	out = plain ? open_memstream(&escaped, &sz) : NULL;
	if (out) {
		put_escaped(out, plain, strlen(plain));
		fclose(out);
	}
	free(plain);
	return escaped;
}

static int table_add(struct md_table **table, const char *const *row)
{
	struct md_table *t = *table;
	size_t i, sz;
	char *text;

	for (i = 0; i < t->nr_cells; i++) {
		text = cell_text(row[i]);
		sz = text ? strlen(text) + 1 : 0;
		t = text ? realloc(t, sizeof(*t) + t->sz + sz) : NULL;
		if (!t) {
			free(text);
			return -ENOMEM;
		}
		*table = t;
		memcpy(t->cells + t->sz, text, sz);
		t->sz += sz;
		free(text);
	}
	t->nr++;
	return 0;
}

/* Columns of a terminal, roughly: characters. */
static size_t width(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += (*s & 0xc0) != 0x80;
	return n;
}

static void put_rule(FILE *out, const struct md_table *t, const size_t *w)
{
	static const char dashes[] = "--------------------------------------------------------";

	for (size_t i = 0; i < t->nr_cells; i++) {
		int nr = w[i] > 3 ? (int)w[i] : 3;

		if (t->is_number[i])
			fprintf(out, "| %.*s: ", nr - 1, dashes);
		else
			fprintf(out, "| %.*s ", nr, dashes);
	}
	fputs("|\n", out);
}

static void table_put(FILE *out, const struct md_table *t)
{
	size_t w[MAX_CELLS] = { 0 }, row, i, len, pad;
	const char *cell = t->cells;

	for (row = 0; row < t->nr; row++) {
		for (i = 0; i < t->nr_cells; i++, cell += strlen(cell) + 1) {
			len = width(cell) < ID_MAX ? width(cell) : ID_MAX;
			/* The last is text of any length: nothing stands behind it. */
			w[i] = len > w[i] && i + 1 < t->nr_cells ? len : w[i];
		}
	}
	cell = t->cells;
	for (row = 0; row < t->nr; row++) {
		for (i = 0; i < t->nr_cells; i++, cell += strlen(cell) + 1) {
			pad = width(cell) < w[i] ? w[i] - width(cell) : 0;
			fprintf(out, "| %*s%s%*s ", t->is_number[i] ? (int)pad : 0, "", cell,
				t->is_number[i] ? 0 : (int)pad, "");
		}
		fputs("|\n", out);
		if (!row)
			put_rule(out, t, w);
	}
}

/* One line about a run: "bench_progs 0.1, kernel 6.12 (x86_64, tcg-icount), insn clock, seed 1" */
static const char *env_text(const struct doc_header *h, const char *key)
{
	const char *text = json_string_value(json_object_get(h->env, key));

	return text ? text : "?";
}

static int md_begin(struct report_out *o, const struct doc_header *h)
{
	static const bool is_number[] = { false, true, true, true, false, false };
	static const char *const head[] = { "case", "figure", "raw", "base", "quality", "status" };
	struct md_table *t = table_new(sizeof(head) / sizeof(head[0]), is_number);
	char *text;
	int err;

	if (!t)
		return -ENOMEM;
	err = table_add(&t, head);
	o->priv = t;
	if (err || asprintf(&text, "bench_progs %s, kernel %s, %s, %s clock, seed %llu",
			   h->version ? h->version : "?", env_text(h, "kernel"),
			   env_text(h, "accel"), clock_kind_name(h->clock),
			   (unsigned long long)h->seed) < 0)
		return -ENOMEM;
	put_item(o->out, text);
	free(text);
	putc('\n', o->out);
	return 0;
}

static void plain_figure(char *buf, const struct result *r, const char *name)
{
	const struct metric *m = result_metric(r, name);

	snprintf(buf, CELL_SZ, "%s", m ? "" : "-");
	if (m)
		report_number(buf, m->est.value, m->est.value, m->est.quality == QUALITY_EXACT ?
			      0 : m->est.hi - m->est.lo);
}

static int md_result(struct report_out *o, const struct result *r)
{
	const struct metric *m = result_headline(r);
	struct md_table *t = o->priv;
	char figure[128] = "-", raw[CELL_SZ], base[CELL_SZ];
	char *status = NULL;
	int err;

	if (!m && r->nr_metrics)
		m = &r->metrics[0];
	if (m)
		report_figure(figure, sizeof(figure), m, o->header->clock);
	plain_figure(raw, r, "raw");
	plain_figure(base, r, "base");
	if (asprintf(&status, "%s%s%s", status_name(r->status), r->reason ? ": " : "",
		     r->reason ? r->reason : "") < 0)
		return -ENOMEM;
	err = table_add(&t, (const char *const[]){
		r->id, figure, raw, base, m ? quality_name(m->est.quality) : "-", status,
	});
	o->priv = t;
	free(status);
	return err;
}

static int md_end(struct report_out *o, const struct doc_end *e)
{
	const struct md_table *t = o->priv;

	table_put(o->out, t);
	if (e)
		fprintf(o->out, "\n%u passed, %u failed, %u skipped in %.1f s.\n", e->passed,
			e->failed, e->skipped, e->seconds);
	else
		fprintf(o->out, "\nCut short: %zu of %d results.\n", t->nr - 1,
			o->header->nr_plan);
	return 0;
}

/* "kernel 6.1, 6 boots, seeds 1 2 3 4 5 6" */
static void put_side(FILE *out, char name, const struct comparison_side *s)
{
	const struct doc_header *h = &s->docs->header;
	bool is_one_seed = true;
	char *text = NULL;
	size_t sz;
	FILE *item = open_memstream(&text, &sz);

	if (!item)
		return;
	for (size_t i = 1; i < s->nr; i++)
		is_one_seed &= s->docs[i].header.seed == h->seed;
	fprintf(item, "%c: kernel %s, %zu boot%s, seed%s", name, env_text(h, "kernel"), s->nr,
		s->nr == 1 ? "" : "s", is_one_seed ? "" : "s");
	for (size_t i = 0; i < (is_one_seed ? 1 : s->nr); i++)
		fprintf(item, " %llu", (unsigned long long)s->docs[i].header.seed);
	if (!fclose(item))
		put_item(out, text);
	free(text);
}

static void put_heading(FILE *out, const struct comparison_table *t)
{
	char rates[128], fewer[64], text[256];

	put_side(out, 'A', &t->a);
	put_side(out, 'B', &t->b);
	report_rates(rates, sizeof(rates), t);
	report_fewer_boots(fewer, sizeof(fewer), t);
	if (t->exact)
		snprintf(text, sizeof(text), "clock: insn, %s%s%s", rates, fewer,
			 fewer[0] ? " boots" : "");
	else
		snprintf(text, sizeof(text), "clock: %s, %s; noise %.2g ns/op (A/A), %.2g %% of "
			 "gross (reference loop)", clock_kind_name(t->clock), rates,
			 t->noise_floor, 100 * t->noise);
	put_item(out, text);
	for (int i = 0; i < t->nr_env_diffs; i++)
		if (strncmp(t->env_diffs[i], "kernel: ", 8))
			put_item(out, t->env_diffs[i]);
	putc('\n', out);
}

static int add_comparison(struct md_table **rows, const struct comparison *c,
			  const struct comparison_table *t)
{
	struct comparison_cells cells;
	char id[2 * DOC_MAX_NAME], change[80], verdict[192], why[160];

	report_comparison_cells(&cells, c, t->clock);
	report_why(why, sizeof(why), c, t);
	/* The clock's unit is said in the head; what else is measured stands beside its ID. */
	if (c->metric && c->metric->unit[0])
		snprintf(id, sizeof(id), "%s (%s)", c->id, cells.metric);
	else
		snprintf(id, sizeof(id), "%s", c->id);
	snprintf(change, sizeof(change), "%s%s%s%s", cells.change, cells.percent[0] ? " (" : "",
		 cells.percent, cells.percent[0] ? ")" : "");
	snprintf(verdict, sizeof(verdict), "%s%s%s", verdict_name(c->verdict), why[0] ? ": " : "",
		 why);
	/* Counts have no interval, but for those that do not repeat. */
	if (t->exact && cells.interval[0])
		snprintf(change + strlen(change), sizeof(change) - strlen(change), " %.60s",
			 cells.interval);
	if (t->exact)
		return table_add(rows, (const char *const[]){
			id, cells.a, cells.b, change, verdict });
	return table_add(rows, (const char *const[]){
		id, cells.a, cells.b, change, cells.interval, verdict });
}

static int fill_rows(struct md_table **rows, const struct comparison_table *t, bool is_all,
		     unsigned int *nr_hidden)
{
	static const char *const counted[] = { "insn/op", "A", "B", "change", "verdict" };
	const char *const timed[] = {
		t->clock == CLOCK_KIND_NS ? "ns/op" : "id", "A", "B", "change", "interval",
		"verdict",
	};
	int err = table_add(rows, t->exact ? counted : timed);

	for (size_t i = 0; i < t->nr && !err; i++) {
		const struct comparison *c = &t->v[i];

		if (is_all || c->verdict == VERDICT_SLOWER || c->verdict == VERDICT_FASTER)
			err = add_comparison(rows, c, t);
		else if (!report_is_size(c))
			nr_hidden[c->verdict]++;
	}
	return err;
}

/* The machine code of what changed, where there is any. */
static int put_code_diff(struct report_out *o, const struct comparison_table *t)
{
	char *text = NULL;
	size_t sz = 0;
	FILE *out = open_memstream(&text, &sz);
	int err = out ? comparison_code_diff(out, t, o->verbose) : -ENOMEM;

	if (out && fclose(out) && !err)
		err = -ENOMEM;
	/* What has no difference in lines is a note, for the table. */
	if (!err && sz && strstr(text, "\n@@ "))
		fprintf(o->out, "\n```diff\n%s```\n", text + strspn(text, "\n"));
	free(text);
	return err;
}

static int md_compare(struct report_out *o, const struct comparison_table *t)
{
	static const bool counted[] = { false, true, true, true, false };
	static const bool timed[] = { false, true, true, true, true, false };
	struct md_table *rows = table_new(t->exact ? 5 : 6, t->exact ? counted : timed);
	unsigned int nr_hidden[NR_VERDICTS] = { 0 };
	int err = rows ? fill_rows(&rows, t, o->verbose > 0, nr_hidden) : -ENOMEM;

	if (!err) {
		put_heading(o->out, t);
		if (rows->nr > 1)
			table_put(o->out, rows);
		fprintf(o->out, "%s%u slower, %u faster", rows->nr > 1 ? "\n" : "",
			t->nr_verdicts[VERDICT_SLOWER], t->nr_verdicts[VERDICT_FASTER]);
		if (o->verbose > 0)
			fprintf(o->out, ", %u same, %u unresolved, %u n/a",
				t->nr_verdicts[VERDICT_SAME], t->nr_verdicts[VERDICT_UNRESOLVED],
				t->nr_verdicts[VERDICT_NA]);
		else
			fprintf(o->out, "; not shown: %u same, %u unresolved, %u n/a",
				nr_hidden[VERDICT_SAME], nr_hidden[VERDICT_UNRESOLVED],
				nr_hidden[VERDICT_NA]);
		if (t->nr_filtered)
			fprintf(o->out, ", %zu that do not pass the filter", t->nr_filtered);
		fputs("\n", o->out);
		err = put_code_diff(o, t);
	}
	free(rows);
	return err;
}

const struct reporter report_md = {
	.name = "md",
	.help = "Markdown, fit for a commit message; of a comparison what changed (-v: all)",
	.is_prose = true,
	.begin = md_begin,
	.result = md_result,
	.end = md_end,
	.compare = md_compare,
};
