// SPDX-License-Identifier: GPL-2.0-only
/*
 * The difference of two listings of machine code. Lines are aligned without what branches go to; a
 * target has the same label on both sides if its lines were aligned, so that a branch over inserted
 * code is no difference.
 */
#include "code_diff.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "line_diff.h"

#define CONTEXT 3u

/* A line that goes ('-') or comes ('+'). */
struct change {
	char mark;
	const struct code_line *line;
};

struct code_diff {
	const struct code_listing *a, *b;
	struct edit *edits;
	size_t nr;
	bool *is_changed;		/* of each edit; a KEEP whose branch changed is too */
	uint32_t *label_a, *label_b;	/* of each line; 0: nothing branches there */
	struct change *changes;		/* in the order in which they are printed */
	size_t nr_changes;
};

static int align(struct code_diff *d)
{
	const char **lines = malloc((d->a->nr + d->b->nr + 1) * sizeof(*lines));
	int err;

	if (!lines)
		return -ENOMEM;
	for (size_t i = 0; i < d->a->nr; i++)
		lines[i] = d->a->v[i].text;
	for (size_t i = 0; i < d->b->nr; i++)
		lines[d->a->nr + i] = d->b->v[i].text;
	err = line_diff(lines, d->a->nr, lines + d->a->nr, d->b->nr, &d->edits, &d->nr);
	free(lines);
	return err;
}

static void mark_targets(const struct code_listing *l, uint32_t *label)
{
	for (size_t i = 0; i < l->nr; i++)
		if (l->v[i].target >= 0)
			label[l->v[i].target] = 1;
}

static void number_targets(struct code_diff *d)
{
	uint32_t nr = 0;

	for (size_t i = 0; i < d->nr; i++) {
		const struct edit *e = &d->edits[i];
		uint32_t *a = e->op != EDIT_INSERT ? &d->label_a[e->a] : NULL;
		uint32_t *b = e->op != EDIT_DELETE ? &d->label_b[e->b] : NULL;

		if (!(a && *a) && !(b && *b))
			continue;
		nr++;
		if (a)
			*a = nr;
		if (b)
			*b = nr;
	}
}

static uint32_t target_label(const struct code_line *l, const uint32_t *labels)
{
	return l->target >= 0 ? labels[l->target] : 0;
}

static void mark_changes(struct code_diff *d)
{
	for (size_t i = 0; i < d->nr; i++) {
		const struct edit *e = &d->edits[i];

		d->is_changed[i] = e->op != EDIT_KEEP ||
				   target_label(&d->a->v[e->a], d->label_a) !=
				   target_label(&d->b->v[e->b], d->label_b);
	}
}

/* The changed edits from @i on; the first that is not. */
static size_t run_end(const struct code_diff *d, size_t i)
{
	while (i < d->nr && d->is_changed[i])
		i++;
	return i;
}

/* Of each run of changes what goes, then what comes. */
static void list_changes(struct code_diff *d)
{
	size_t to;

	for (size_t from = 0; from < d->nr; from = to + 1) {
		to = run_end(d, from);
		for (size_t i = from; i < to; i++)
			if (d->edits[i].op != EDIT_INSERT)
				d->changes[d->nr_changes++] =
					(struct change){ '-', &d->a->v[d->edits[i].a] };
		for (size_t i = from; i < to; i++)
			if (d->edits[i].op != EDIT_DELETE)
				d->changes[d->nr_changes++] =
					(struct change){ '+', &d->b->v[d->edits[i].b] };
	}
}

int code_diff__new(struct code_diff **out, const struct code_listing *a,
		   const struct code_listing *b)
{
	struct code_diff *d = calloc(1, sizeof(*d));
	int err = -ENOMEM;

	*out = d;
	if (!d)
		return err;
	d->a = a;
	d->b = b;
	err = align(d);
	if (!err) {
		d->is_changed = calloc(d->nr + 1, sizeof(*d->is_changed));
		d->label_a = calloc(a->nr + b->nr + 1, sizeof(*d->label_a));
		d->changes = calloc(a->nr + b->nr + 1, sizeof(*d->changes));
		err = d->is_changed && d->label_a && d->changes ? 0 : -ENOMEM;
	}
	if (err) {
		code_diff__free(d);
		*out = NULL;
		return err;
	}
	d->label_b = d->label_a + a->nr;
	mark_targets(a, d->label_a);
	mark_targets(b, d->label_b);
	number_targets(d);
	mark_changes(d);
	list_changes(d);
	return 0;
}

void code_diff__free(struct code_diff *d)
{
	if (!d)
		return;
	free(d->edits);
	free(d->is_changed);
	free(d->label_a);
	free(d->changes);
	free(d);
}

bool code_diff__is_empty(const struct code_diff *d)
{
	return !d->nr_changes;
}

static bool is_same_change(const struct change *a, const struct change *b)
{
	return a->mark == b->mark && !strcmp(a->line->text, b->line->text) &&
	       (a->line->target < 0) == (b->line->target < 0);
}

static bool are_same_changes(const struct change *a, const struct change *b, size_t nr)
{
	for (size_t i = 0; i < nr; i++)
		if (!is_same_change(&a[i], &b[i]))
			return false;
	return true;
}

bool code_diff__equals(const struct code_diff *d, const struct code_diff *other)
{
	return d->nr_changes == other->nr_changes &&
	       are_same_changes(d->changes, other->changes, d->nr_changes);
}

/* Are these among the changes of @d, one behind the other? */
static bool has_changes(const struct code_diff *d, const struct change *changes, size_t nr)
{
	for (size_t i = 0; i + nr <= d->nr_changes; i++)
		if (are_same_changes(d->changes + i, changes, nr))
			return true;
	return false;
}

/* Where it goes, and how much more may. */
struct sink {
	FILE *out;
	size_t left, nr_lost;
};

static bool sink_takes(struct sink *s)
{
	if (!s->left) {
		s->nr_lost++;
		return false;
	}
	s->left--;
	return true;
}

static void put_line(struct sink *s, char mark, const struct code_listing *l, size_t i,
		     const uint32_t *labels)
{
	const struct code_line *line = &l->v[i];
	char label[16] = "";

	if (!sink_takes(s))
		return;
	if (labels[i])
		snprintf(label, sizeof(label), "L%u:", labels[i]);
	fprintf(s->out, "%c%-5s%s%s", mark, label, line->at < 0 ? "" : "  ", line->text);
	if (line->target >= 0)
		fprintf(s->out, " L%u", labels[line->target]);
	putc('\n', s->out);
}

/* Of the changes in [from, to) what goes, then what comes. */
static void put_changes(struct sink *s, const struct code_diff *d, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (d->edits[i].op != EDIT_INSERT)
			put_line(s, '-', d->a, d->edits[i].a, d->label_a);
	for (size_t i = from; i < to; i++)
		if (d->edits[i].op != EDIT_DELETE)
			put_line(s, '+', d->b, d->edits[i].b, d->label_b);
}

/* Behind the hunk that edit @from begins: the next change is further away than their contexts. */
static size_t hunk_end(const struct code_diff *d, size_t from)
{
	size_t last = from, i;

	for (i = from; i < d->nr && i - last <= 2 * CONTEXT + 1; i++)
		if (d->is_changed[i])
			last = i;
	return last + CONTEXT < d->nr ? last + CONTEXT + 1 : d->nr;
}

static void put_range(struct sink *s, const struct code_diff *d, size_t from, size_t to)
{
	size_t a = 0, b = 0, nr_a = 0, nr_b = 0;

	for (size_t i = 0; i < to; i++) {
		size_t in_a = d->edits[i].op != EDIT_INSERT, in_b = d->edits[i].op != EDIT_DELETE;

		*(i < from ? &a : &nr_a) += in_a;
		*(i < from ? &b : &nr_b) += in_b;
	}
	if (sink_takes(s))
		fprintf(s->out, "@@ -%zu,%zu +%zu,%zu @@\n", a + !!nr_a, nr_a, b + !!nr_b, nr_b);
}

static void put_hunk(struct sink *s, const struct code_diff *d, size_t from, size_t to)
{
	put_range(s, d, from, to);
	while (from < to) {
		size_t end = run_end(d, from);

		put_changes(s, d, from, end);
		for (from = end; from < to && !d->is_changed[from]; from++)
			put_line(s, ' ', d->a, d->edits[from].a, d->label_a);
	}
}

static size_t count_changes(const struct code_diff *d, size_t from, size_t to)
{
	size_t nr = 0;

	for (size_t i = from; i < to; i++)
		if (d->is_changed[i])
			nr += 1 + (d->edits[i].op == EDIT_KEEP);
	return nr;
}

void code_diff__print(const struct code_diff *d, const struct code_diff *but, FILE *out,
		      size_t max)
{
	struct sink s = { .out = out, .left = max };
	size_t i = 0, nr, at = 0, nr_left_out = 0;

	while (i < d->nr) {
		size_t from, to;

		if (!d->is_changed[i]) {
			i++;
			continue;
		}
		from = i > CONTEXT ? i - CONTEXT : 0;
		to = hunk_end(d, i);
		nr = count_changes(d, from, to);
		if (but && has_changes(but, d->changes + at, nr))
			nr_left_out++;
		else
			put_hunk(&s, d, from, to);
		at += nr;
		i = to;
	}
	if (s.nr_lost)
		fprintf(out, "... %zu more lines\n", s.nr_lost);
	if (nr_left_out)
		fprintf(out, "... and in %zu places as its baseline\n", nr_left_out);
}
