// SPDX-License-Identifier: GPL-2.0-only
/*
 * Why a program got faster or slower: what differs in its machine code. What a program shares with
 * others (the timed loop, a prologue) changes in all of them alike: shown once, and of a net, whose
 * baseline changed in the same way, not at all.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "report.h"
#include "report_code.h"

#define MAX_CALLEES 8u
#define OWN_NAME "prog"

/* Both sides of one program. */
struct pair {
	struct code_listing a, b;
	const struct prog_code *code_a, *code_b;
	struct code_diff *diff;		/* NULL: a side has no machine code */
};

static void pair_free(struct pair *p)
{
	if (!p)
		return;
	code_diff__free(p->diff);
	code_listing_free(&p->a);
	code_listing_free(&p->b);
	free(p);
}

static int pair_open(struct pair *p, const struct comparison *c, enum slot slot)
{
	int err;

	if (result_code_missing(c->a, slot) || result_code_missing(c->b, slot))
		return 0;
	p->code_a = prog_code_resolve(c->a->code[slot]);
	p->code_b = prog_code_resolve(c->b->code[slot]);
	err = machine_code_list(p->code_a, OWN_NAME, &p->a);
	err = err ?: machine_code_list(p->code_b, OWN_NAME, &p->b);
	return err ?: code_diff__new(&p->diff, &p->a, &p->b);
}

static bool is_same(const struct pair *p)
{
	return p->diff && code_diff__is_empty(p->diff);
}

/* A row of the table, and what is known of its code. */
struct row {
	const struct comparison *c;
	struct pair *raw, *base;	/* base: of a net only, else empty */
};

static int row_open(struct row *r, const struct comparison *c)
{
	int err;

	*r = (struct row){ c, calloc(1, sizeof(*r->raw)), calloc(1, sizeof(*r->base)) };
	if (!r->raw || !r->base)
		return -ENOMEM;
	err = pair_open(r->raw, c, SLOT_RAW);
	if (!err && !strcmp(c->metric->name, "net"))
		err = pair_open(r->base, c, SLOT_BASE);
	return err;
}

static void row_close(struct row *r)
{
	pair_free(r->raw);
	pair_free(r->base);
}

/* A difference that was shown, of program @id. */
struct seen {
	const char *id;
	struct pair *pair;
};

struct shown {
	FILE *out;
	int verbose;
	bool is_begun;
	uint32_t nr_diffs, nr_notes, nr_missing;
	struct seen *seen;
	size_t nr_seen;
	const struct comparison *missing;	/* the first */
};

static bool calls(const struct prog_code *c, const char *name)
{
	for (uint32_t i = 0; i < c->jited_names.nr; i++)
		if (!strcmp(c->jited_names.v[i].name, name))
			return true;
	return false;
}

static bool is_own(const struct prog_code *c, const char *name)
{
	for (uint32_t i = 0; i < c->nr_funcs; i++)
		if (!strcmp(c->funcs[i].name, name))
			return true;
	return false;
}

/* What @c calls, @but not what its baseline calls. How many. */
static uint32_t put_callees(FILE *out, const struct prog_code *c, const struct prog_code *but)
{
	const char *seen[MAX_CALLEES];
	uint32_t nr = 0, i, k;

	for (i = 0; i < c->jited_names.nr; i++) {
		const char *name = c->jited_names.v[i].name;

		if (!strcmp(name, "?") || !strncmp(name, "map:", 4) || is_own(c, name) ||
		    (but && calls(but, name)))
			continue;
		for (k = 0; k < nr && strcmp(name, seen[k]); k++)
			;
		if (k < nr)
			continue;
		if (nr == MAX_CALLEES) {
			fputs(", ...", out);
			break;
		}
		seen[nr++] = name;
		fprintf(out, "%s%s", nr > 1 ? ", " : "what it calls changed: ", name);
	}
	return nr;
}

static void put_cause(const struct shown *s, const struct row *r)
{
	const struct prog_code *code = r->raw->code_a, *base = r->base->code_a;

	if (!(base && put_callees(s->out, code, base)) && !put_callees(s->out, code, NULL))
		fputs("what runs it changed: it calls nothing", s->out);
	putc('\n', s->out);
}

/* The line that begins what is said of a row; in front of the first what all of it is. */
static void put_heading(struct shown *s, const struct row *r)
{
	if (!s->is_begun)
		fputs("\nmachine code of what is faster or slower, A against B:\n", s->out);
	s->is_begun = true;
	fprintf(s->out, "%s: ", r->c->id);
}

static void put_sizes(const struct shown *s, const struct pair *p)
{
	fprintf(s->out, "jited %" PRIu32 " -> %" PRIu32 " bytes, %zu -> %zu instructions",
		p->code_a->jited.sz, p->code_b->jited.sz, p->a.nr_insns, p->b.nr_insns);
}

static bool takes_note(struct shown *s)
{
	return ++s->nr_notes <= COMPARE_MAX_NOTES || s->verbose;
}

static const char *seen_id(const struct shown *s, const struct pair *p)
{
	for (size_t i = 0; i < s->nr_seen; i++)
		if (code_diff__equals(s->seen[i].pair->diff, p->diff))
			return s->seen[i].id;
	return NULL;
}

/* Takes over what it shows of the row. */
static int show_diff(struct shown *s, struct row *r, struct pair *p)
{
	struct seen *seen;

	if (++s->nr_diffs > COMPARE_MAX_DIFFS && !s->verbose)
		return 0;
	put_heading(s, r);
	fputs(p == r->base ? "its baseline: " : "", s->out);
	put_sizes(s, p);
	putc('\n', s->out);
	code_diff__print(p->diff, p == r->raw ? r->base->diff : NULL, s->out,
			 s->verbose ? SIZE_MAX : COMPARE_MAX_LINES);
	seen = realloc(s->seen, (s->nr_seen + 1) * sizeof(*seen));
	if (!seen)
		return -ENOMEM;
	s->seen = seen;
	seen[s->nr_seen++] = (struct seen){ r->c->id, p };
	*(p == r->raw ? &r->raw : &r->base) = NULL;
	return 0;
}

static void note_same(struct shown *s, const struct row *r)
{
	if (!takes_note(s))
		return;
	put_heading(s, r);
	fprintf(s->out, "the same machine code, %" PRIu32 " bytes: ", r->raw->code_a->jited.sz);
	put_cause(s, r);
}

/* Both changed alike, and leave the net as it was. */
static void note_as_baseline(struct shown *s, const struct row *r)
{
	if (!takes_note(s))
		return;
	put_heading(s, r);
	put_sizes(s, r->raw);
	fputs(", as its baseline: ", s->out);
	put_cause(s, r);
}

static void note_as_other(struct shown *s, const struct row *r, const struct pair *p,
			  const char *other)
{
	if (!takes_note(s))
		return;
	put_heading(s, r);
	fputs(p == r->base ? "its baseline: " : "", s->out);
	put_sizes(s, p);
	fprintf(s->out, ", changed as %s\n", other);
}

static int show_row(struct shown *s, struct row *r)
{
	struct pair *p = r->raw;
	const char *other;

	if (!p->diff) {
		s->missing = s->nr_missing++ ? s->missing : r->c;
		return 0;
	}
	if (is_same(p) && (!r->base->diff || is_same(r->base))) {
		note_same(s, r);
		return 0;
	}
	if (r->base->diff && code_diff__equals(p->diff, r->base->diff)) {
		note_as_baseline(s, r);
		return 0;
	}
	p = is_same(p) ? r->base : p;
	other = seen_id(s, p);
	if (!other)
		return show_diff(s, r, p);
	note_as_other(s, r, p, other);
	return 0;
}

static void put_missing(const struct shown *s)
{
	const struct comparison *c = s->missing;
	const char *why = result_code_missing(c->a, SLOT_RAW);

	fprintf(s->out, "\nno machine code to compare of %" PRIu32 ", the first is %s: in %s: ",
		s->nr_missing, c->id, why ? "A" : "B");
	report_put_text(s->out, why ?: result_code_missing(c->b, SLOT_RAW));
	putc('\n', s->out);
}

static uint32_t beyond(uint32_t nr, uint32_t max)
{
	return nr > max ? nr - max : 0;
}

static void put_rest(const struct shown *s)
{
	uint32_t diffs = beyond(s->nr_diffs, COMPARE_MAX_DIFFS);
	uint32_t notes = beyond(s->nr_notes, COMPARE_MAX_NOTES);

	if (!s->verbose && diffs + notes)
		fprintf(s->out, "not shown (-v shows them): %" PRIu32 " more differences, %" PRIu32
			" more programs that a line is said of\n", diffs, notes);
	if (s->nr_missing)
		put_missing(s);
}

int comparison_code_diff(FILE *out, const struct comparison_table *t, int verbose)
{
	struct shown s = { .out = out, .verbose = verbose };
	struct row r;
	int err = 0;

	for (size_t i = 0; i < t->nr && !err; i++) {
		if (t->v[i].verdict != VERDICT_FASTER && t->v[i].verdict != VERDICT_SLOWER)
			continue;
		err = row_open(&r, &t->v[i]);
		err = err ?: show_row(&s, &r);
		row_close(&r);
	}
	if (!err)
		put_rest(&s);
	for (size_t i = 0; i < s.nr_seen; i++)
		pair_free(s.seen[i].pair);
	free(s.seen);
	return err;
}
