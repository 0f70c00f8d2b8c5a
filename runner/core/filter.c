// SPDX-License-Identifier: GPL-2.0-only
#include "filter.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* One of the two, as the filter's rows are. */
struct row {
	const struct comparison *c;
	const struct result *r;
	size_t nr;		/* in the order given: the last key */
};

/* A number, a text, or both: then the text is filtered and the number sorted by. */
struct cell {
	double number;
	const char *text;
};

static const struct result *row_result(const struct row *row)
{
	return row->r ? row->r : row->c->b ? row->c->b : row->c->a;
}

static bool get_id(const struct row *row, struct cell *cell)
{
	cell->text = row_result(row)->id;
	return true;
}

static bool get_family(const struct row *row, struct cell *cell)
{
	cell->text = row_result(row)->family;
	return true;
}

static bool get_case(const struct row *row, struct cell *cell)
{
	cell->text = row_result(row)->name;
	return true;
}

static const struct metric *headline(const struct result *r)
{
	const struct metric *m = result_headline(r);

	return m || !r->nr_metrics ? m : &r->metrics[0];
}

static bool get_metric(const struct row *row, struct cell *cell)
{
	const struct metric *m = row->r ? headline(row->r) : NULL;

	if (!m && !(row->c && row->c->metric))
		return false;
	cell->text = (m ? m->def : row->c->metric)->name;
	return true;
}

static bool get_a(const struct row *row, struct cell *cell)
{
	cell->number = row->c->value_a;
	return row->c->metric;
}

static bool get_b(const struct row *row, struct cell *cell)
{
	cell->number = row->c->value_b;
	return row->c->metric;
}

static bool get_change(const struct row *row, struct cell *cell)
{
	cell->number = row->c->shift;
	return row->c->metric;
}

static bool get_percent(const struct row *row, struct cell *cell)
{
	cell->number = 100 * row->c->shift / row->c->value_a;
	return row->c->metric && row->c->value_a > 0;
}

static bool get_lo(const struct row *row, struct cell *cell)
{
	cell->number = row->c->shift_iv.lo;
	return row->c->metric;
}

static bool get_hi(const struct row *row, struct cell *cell)
{
	cell->number = row->c->shift_iv.hi;
	return row->c->metric;
}

static bool get_delta(const struct row *row, struct cell *cell)
{
	cell->number = row->c->delta;
	return row->c->metric;
}

static bool get_p(const struct row *row, struct cell *cell)
{
	cell->number = row->c->p;
	return row->c->metric;
}

/* Sorted by what wants a look first. */
static bool get_verdict(const struct row *row, struct cell *cell)
{
	static const double order[NR_VERDICTS] = {
		[VERDICT_SLOWER] = 0, [VERDICT_FASTER] = 1, [VERDICT_UNRESOLVED] = 2,
		[VERDICT_SAME] = 3, [VERDICT_NA] = 4,
	};

	cell->text = verdict_name(row->c->verdict);
	cell->number = order[row->c->verdict];
	return true;
}

static bool get_status(const struct row *row, struct cell *cell)
{
	cell->text = status_name(row->r->status);
	return true;
}

static bool get_quality(const struct row *row, struct cell *cell)
{
	const struct metric *m = headline(row->r);

	cell->text = m ? quality_name(m->est.quality) : NULL;
	return m;
}

static bool get_value(const struct row *row, struct cell *cell)
{
	const struct metric *m = headline(row->r);

	cell->number = m ? m->est.value : 0;
	return m;
}

enum kind { KIND_TEXT, KIND_NUMBER, KIND_RANK /* text to filter, number to sort */ };

#define BOTH (1u << FILTER_COMPARISONS | 1u << FILTER_RESULTS)

static const struct column {
	const char *name;
	bool (*get)(const struct row *row, struct cell *cell);	/* false: there is none */
	enum kind kind;
	unsigned int rows;
} columns[] = {
	{ "id", get_id, KIND_TEXT, BOTH },
	{ "family", get_family, KIND_TEXT, BOTH },
	{ "case", get_case, KIND_TEXT, BOTH },
	{ "metric", get_metric, KIND_TEXT, BOTH },
	{ "a", get_a, KIND_NUMBER, 1u << FILTER_COMPARISONS },
	{ "b", get_b, KIND_NUMBER, 1u << FILTER_COMPARISONS },
	{ "change", get_change, KIND_NUMBER, 1u << FILTER_COMPARISONS },
	{ "change%", get_percent, KIND_NUMBER, 1u << FILTER_COMPARISONS },
	{ "lo", get_lo, KIND_NUMBER, 1u << FILTER_COMPARISONS },
	{ "hi", get_hi, KIND_NUMBER, 1u << FILTER_COMPARISONS },
	{ "delta", get_delta, KIND_NUMBER, 1u << FILTER_COMPARISONS },
	{ "p", get_p, KIND_NUMBER, 1u << FILTER_COMPARISONS },
	{ "verdict", get_verdict, KIND_RANK, 1u << FILTER_COMPARISONS },
	{ "status", get_status, KIND_TEXT, 1u << FILTER_RESULTS },
	{ "quality", get_quality, KIND_TEXT, 1u << FILTER_RESULTS },
	{ "value", get_value, KIND_NUMBER, 1u << FILTER_RESULTS },
};
#define NR_COLUMNS (sizeof(columns) / sizeof(columns[0]))

static const char *const sides[] = { "", "_b", "_a", "_diff", "_pct" };
#define NR_SIDES (sizeof(sides) / sizeof(sides[0]))
enum side { SIDE_PLAIN, SIDE_B, SIDE_A, SIDE_DIFF, SIDE_PCT };

/* What a name stands for: a column, or a metric of a side. */
struct ref {
	const struct column *column;	/* NULL: a metric */
	const struct metric_def *metric;
	enum side side;
	bool is_abs;
};

enum op { OP_LT, OP_LE, OP_GT, OP_GE, OP_EQ, OP_NE, OP_GLOB };

static const struct {
	const char *text;
	enum op op;
} ops[] = {	/* the longer first */
	{ "<=", OP_LE }, { ">=", OP_GE }, { "!=", OP_NE }, { "==", OP_EQ },
	{ "<", OP_LT }, { ">", OP_GT }, { "=", OP_EQ },
};
#define NR_OPS (sizeof(ops) / sizeof(ops[0]))

struct filter_term {
	struct ref ref;
	enum op op;		/* OP_GLOB: @text is of the ID or the family, there is no ref */
	char *text;
	double number;
	bool is_negated;
	unsigned int expression;	/* all of its terms must hold */
	unsigned int list;		/* of its expressions one; 0: in no list */
	bool is_denied;			/* of the list, or the expression, as a whole */
};

struct filter_key {
	struct ref ref;
	bool is_descending;
};

__attribute__((format(printf, 3, 4)))
static int bad(char *err, size_t err_sz, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err, err_sz, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static bool is_word(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)s[i]) && !strchr("_%|", s[i]))
			return false;
	return len > 0;
}

static bool ref_parse_metric(struct ref *ref, enum filter_rows rows, const char *name, size_t len)
{
	char text[64];

	for (size_t i = 0; i < (rows == FILTER_RESULTS ? 1 : NR_SIDES); i++) {
		size_t sz = strlen(sides[i]);

		if (len < sz || strncmp(name + len - sz, sides[i], sz))
			continue;
		snprintf(text, sizeof(text), "%.*s", (int)(len - sz), name);
		ref->metric = metric_find(text);
		ref->side = (enum side)i;
		if (ref->metric)
			return true;
	}
	return false;
}

/* False: there is no such column. */
static bool ref_parse(struct ref *ref, enum filter_rows rows, const char *name, size_t len)
{
	*ref = (struct ref){ 0 };
	if (len > 2 && name[0] == '|' && name[len - 1] == '|') {
		ref->is_abs = true;
		name++;
		len -= 2;
	}
	for (size_t i = 0; i < NR_COLUMNS; i++) {
		if (!(columns[i].rows & 1u << rows) || strlen(columns[i].name) != len ||
		    strncmp(columns[i].name, name, len))
			continue;
		ref->column = &columns[i];
		return columns[i].kind == KIND_NUMBER || !ref->is_abs;
	}
	return ref_parse_metric(ref, rows, name, len);
}

static enum kind ref_kind(const struct ref *ref)
{
	return ref->column ? ref->column->kind : KIND_NUMBER;
}

static bool metric_value(const struct ref *ref, const struct row *row, double *v)
{
	const char *name = ref->metric->name;
	const struct metric *m, *a, *b;

	if (row->r) {
		m = result_metric(row->r, name);
		*v = m ? m->est.value : 0;
		return m;
	}
	a = row->c->a ? result_metric(row->c->a, name) : NULL;
	b = row->c->b ? result_metric(row->c->b, name) : NULL;
	if (ref->side <= SIDE_A) {
		m = ref->side == SIDE_A ? a : b;
		*v = m ? m->est.value : 0;
		return m;
	}
	if (!a || !b || (ref->side == SIDE_PCT && !(a->est.value > 0)))
		return false;
	*v = b->est.value - a->est.value;
	if (ref->side == SIDE_PCT)
		*v *= 100 / a->est.value;
	return true;
}

static bool ref_cell(const struct ref *ref, const struct row *row, struct cell *cell)
{
	*cell = (struct cell){ 0 };
	if (ref->column ? !ref->column->get(row, cell) : !metric_value(ref, row, &cell->number))
		return false;
	if (ref->is_abs)
		cell->number = fabs(cell->number);
	return true;
}

/* Where the operator of a term stands, NULL: it has none. */
static const char *find_op(const char *term, size_t len, size_t *op)
{
	size_t at = strcspn(term, "<>=!");

	if (at >= len)
		return NULL;
	for (*op = 0; *op < NR_OPS; ++*op)
		if (!strncmp(term + at, ops[*op].text, strlen(ops[*op].text)))
			return term + at;
	return NULL;
}

static int parse_value(struct filter_term *t, const char *term, char *err, size_t err_sz)
{
	char *end;

	if (ref_kind(&t->ref) != KIND_NUMBER) {
		if (t->op != OP_EQ && t->op != OP_NE)
			return bad(err, err_sz, "\"%s\": a text has only = and !=", term);
		return t->text[0] ? 0 : bad(err, err_sz, "\"%s\": nothing to compare with", term);
	}
	t->number = strtod(t->text, &end);
	if (end == t->text || *end || !isfinite(t->number))
		return bad(err, err_sz, "\"%s\": \"%s\" is no number", term, t->text);
	return 0;
}

/* @text: the term, without the comma behind it. */
static int parse_term(struct filter_term *t, enum filter_rows rows, const char *text, char *err,
		      size_t err_sz)
{
	const char *at = text, *op_at;
	char names[256];
	size_t op;

	t->is_negated = *at == '!';
	at += t->is_negated;
	if (!*at)
		return bad(err, err_sz, "\"%s\": an empty term", text);
	op_at = find_op(at, strlen(at), &op);
	/* "hash:entries=1024" is a glob: its left side is no word. */
	if (!op_at || (op_at > at && !is_word(at, (size_t)(op_at - at)))) {
		t->op = OP_GLOB;
		t->text = strdup(at);
		return t->text ? 0 : -ENOMEM;
	}
	if (!ref_parse(&t->ref, rows, at, (size_t)(op_at - at))) {
		filter_columns(rows, names, sizeof(names));
		return bad(err, err_sz, "\"%s\": there is no column \"%.*s\" (%s, or a metric)",
			   text, (int)(op_at - at), at, names);
	}
	t->op = ops[op].op;
	t->text = strdup(op_at + strlen(ops[op].text));
	return t->text ? parse_value(t, text, err, err_sz) : -ENOMEM;
}

/* A comma inside an ID: see filter.h. */
static bool comma_is_inside(enum filter_rows rows, const char *term, const char *comma)
{
	size_t op, len = strcspn(comma + 1, ",");
	const char *op_at = find_op(comma + 1, len, &op);
	struct ref ref;

	if (!op_at || !memchr(term, ':', (size_t)(comma - term)))
		return false;
	return *op_at == '=' && is_word(comma + 1, (size_t)(op_at - comma - 1)) &&
	       !ref_parse(&ref, rows, comma + 1, (size_t)(op_at - comma - 1));
}

int filter_add(struct filter *f, const char *expression, unsigned int list, bool is_denied,
	       char *err, size_t err_sz)
{
	unsigned int nr = f->nr ? f->terms[f->nr - 1].expression + 1 : 0;
	char *copy = strdup(expression), *at, *comma;
	int rc = copy ? 0 : -ENOMEM;

	for (at = copy; at && !rc; at = comma) {
		struct filter_term *v = realloc(f->terms, (f->nr + 1) * sizeof(*v));

		if (!v) {
			rc = -ENOMEM;
			break;
		}
		f->terms = v;
		comma = strchr(at, ',');
		while (comma && comma_is_inside(f->rows, at, comma))
			comma = strchr(comma + 1, ',');
		if (comma)
			*comma++ = '\0';
		v[f->nr] = (struct filter_term){
			.expression = nr, .list = list, .is_denied = is_denied,
		};
		rc = parse_term(&v[f->nr++], f->rows, at, err, err_sz);
	}
	free(copy);
	return rc;
}

static int add_key(struct filter *f, const char *key, char *err, size_t err_sz)
{
	size_t len = strcspn(key, ":");
	struct filter_key k = { 0 }, *v;
	char names[256];

	if (!ref_parse(&k.ref, f->rows, key, len)) {
		filter_columns(f->rows, names, sizeof(names));
		return bad(err, err_sz, "there is no column \"%.*s\" (%s, or a metric)", (int)len,
			   key, names);
	}
	if (key[len] && strcmp(key + len, ":asc") && strcmp(key + len, ":desc"))
		return bad(err, err_sz, "\"%s\": \"%s\" is neither :asc nor :desc", key, key + len);
	k.is_descending = key[len] ? key[len + 1] == 'd' : ref_kind(&k.ref) == KIND_NUMBER;
	v = realloc(f->keys, (f->nr_keys + 1) * sizeof(*v));
	if (!v)
		return -ENOMEM;
	f->keys = v;
	v[f->nr_keys++] = k;
	return 0;
}

int filter_add_keys(struct filter *f, const char *keys, char *err, size_t err_sz)
{
	char *copy = strdup(keys), *at, *comma;
	int rc = copy ? 0 : -ENOMEM;

	for (at = copy; at && !rc; at = comma) {
		comma = strchr(at, ',');
		if (comma)
			*comma++ = '\0';
		rc = add_key(f, at, err, err_sz);
	}
	free(copy);
	return rc;
}

void filter_free(struct filter *f)
{
	for (size_t i = 0; i < f->nr; i++)
		free(f->terms[i].text);
	free(f->terms);
	free(f->keys);
	*f = (struct filter){ .rows = f->rows };
}

void filter_columns(enum filter_rows rows, char *buf, size_t sz)
{
	size_t n = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < NR_COLUMNS && n < sz; i++)
		if (columns[i].rows & 1u << rows)
			n += snprintf(buf + n, sz - n, "%s%s", n ? " " : "", columns[i].name);
}

static bool compares(double x, enum op op, double y)
{
	const bool holds[] = {
		[OP_LT] = x < y, [OP_LE] = x <= y, [OP_GT] = x > y, [OP_GE] = x >= y,
		[OP_EQ] = x == y, [OP_NE] = x != y,
	};

	return holds[op];
}

static bool term_holds(const struct filter_term *t, const struct row *row)
{
	const struct result *r = row_result(row);
	struct cell cell;
	bool holds;

	if (t->op == OP_GLOB)
		holds = !fnmatch(t->text, r->id, 0) || !fnmatch(t->text, r->family, 0);
	else if (!ref_cell(&t->ref, row, &cell))
		holds = false;
	else if (ref_kind(&t->ref) == KIND_NUMBER)
		holds = compares(cell.number, t->op, t->number);
	else
		holds = !fnmatch(t->text, cell.text, 0) == (t->op == OP_EQ);
	return holds != t->is_negated;
}

/* Whether all terms of the expression that begins at *@i hold; *@i becomes the next one's. */
static bool expression_holds(const struct filter *f, size_t *i, const struct row *row)
{
	unsigned int expression = f->terms[*i].expression;
	bool all = true;

	for (; *i < f->nr && f->terms[*i].expression == expression; ++*i)
		all &= term_holds(&f->terms[*i], row);
	return all;
}

static bool filter_passes(const struct filter *f, const struct row *row)
{
	for (size_t i = 0; i < f->nr;) {
		const struct filter_term *first = &f->terms[i];
		bool any = false;

		do {
			any |= expression_holds(f, &i, row);
		} while (first->list && i < f->nr && f->terms[i].list == first->list);
		if (any == first->is_denied)
			return false;
	}
	return true;
}

/* <0, 0, >0; what has no value comes last. */
static int key_order(const struct filter_key *k, const struct row *x, const struct row *y)
{
	struct cell cx, cy;
	bool has_x = ref_cell(&k->ref, x, &cx), has_y = ref_cell(&k->ref, y, &cy);
	int order;

	if (!has_x || !has_y)
		return has_y - has_x;
	if (ref_kind(&k->ref) == KIND_TEXT)
		order = strcmp(cx.text, cy.text);
	else
		order = (cx.number > cy.number) - (cx.number < cy.number);
	return k->is_descending ? -order : order;
}

static int compare_rows(const void *a, const void *b, void *ctx)
{
	const struct row *x = a, *y = b;
	const struct filter *f = ctx;

	for (size_t i = 0; i < f->nr_keys; i++) {
		int order = key_order(&f->keys[i], x, y);

		if (order)
			return order;
	}
	return (x->nr > y->nr) - (x->nr < y->nr);
}

static void sort_rows(const struct filter *f, struct row *rows, size_t nr)
{
	qsort_r(rows, nr, sizeof(*rows), compare_rows, (void *)f);
}

int filter_comparisons(const struct filter *f, struct comparison_table *t)
{
	struct row *rows = malloc((t->nr + 1) * sizeof(*rows));
	struct comparison *v = malloc((t->nr + 1) * sizeof(*v));
	size_t nr = 0;

	if (!rows || !v) {
		free(rows);
		free(v);
		return -ENOMEM;
	}
	for (size_t i = 0; i < t->nr; i++) {
		rows[nr] = (struct row){ .c = &t->v[i], .nr = i };
		nr += filter_passes(f, &rows[nr]);
	}
	sort_rows(f, rows, nr);
	for (size_t i = 0; i < nr; i++)
		v[i] = *rows[i].c;
	free(rows);
	free(t->v);
	t->v = v;
	t->nr_filtered += t->nr - nr;
	t->nr = nr;
	return 0;
}

int filter_results(const struct filter *f, const struct run_doc *doc, const struct result **shown,
		   size_t *nr_shown)
{
	struct row *rows = malloc((doc->nr_results + 1) * sizeof(*rows));
	size_t nr = 0;

	if (!rows)
		return -ENOMEM;
	for (size_t i = 0; i < doc->nr_results; i++) {
		rows[nr] = (struct row){ .r = &doc->results[i], .nr = i };
		nr += filter_passes(f, &rows[nr]);
	}
	sort_rows(f, rows, nr);
	for (size_t i = 0; i < nr; i++)
		shown[i] = rows[i].r;
	free(rows);
	*nr_shown = nr;
	return 0;
}
