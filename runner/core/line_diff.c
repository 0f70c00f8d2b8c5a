// SPDX-License-Identifier: GPL-2.0-only
#include "line_diff.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* What is left of both sides once the common beginning is off. */
struct sides {
	const char *const *a, *const *b;
	int32_t nr_a, nr_b;
};

/*
 * Row d of the triangle: for each diagonal k = x - y of -d, -d + 2, ..., d how far x comes with d
 * edits. Rows are kept for the way back.
 */
static int32_t *row_of(int32_t *rows, int32_t d)
{
	return rows + (size_t)d * (d + 1) / 2;
}

/* Where one edit more than row d - 1 leads to on diagonal k. @is_insert: which edit it is. */
static int32_t step(const int32_t *before, int32_t d, int32_t k, bool *is_insert)
{
	int32_t at = (k + d) / 2;	/* index in row d; k - 1 is at - 1 of row d - 1, k + 1 at */

	*is_insert = k == -d || (k != d && before[at - 1] < before[at]);
	return *is_insert ? before[at] : before[at - 1] + 1;
}

/* The number of edits, or LINE_DIFF_MAX if they are not fewer. */
static int32_t fill(const struct sides *s, int32_t *rows)
{
	for (int32_t d = 0; d < LINE_DIFF_MAX; d++) {
		int32_t *row = row_of(rows, d);

		for (int32_t k = -d; k <= d; k += 2) {
			bool is_insert;
			int32_t x = d ? step(row_of(rows, d - 1), d, k, &is_insert) : 0;

			while (x < s->nr_a && x - k < s->nr_b && !strcmp(s->a[x], s->b[x - k]))
				x++;
			row[(k + d) / 2] = x;
			if (x >= s->nr_a && x - k >= s->nr_b)
				return d;
		}
	}
	return LINE_DIFF_MAX;
}

/* Backwards from the end, into the end of @edits; how many. */
static size_t walk_back(const struct sides *s, int32_t *rows, int32_t d, struct edit *end)
{
	int32_t x = s->nr_a, y = s->nr_b;
	size_t nr = 0;

	for (;; d--) {
		bool is_insert = false;
		int32_t from = d ? step(row_of(rows, d - 1), d, x - y, &is_insert) : 0;

		for (; x > from; nr++) {
			x--;
			y--;
			*--end = (struct edit){ EDIT_KEEP, x, y };
		}
		if (!d)
			return nr;
		x -= !is_insert;
		y -= is_insert;
		nr++;
		*--end = (struct edit){ is_insert ? EDIT_INSERT : EDIT_DELETE, x, y };
	}
}

static size_t replace_all(const struct sides *s, struct edit *edits)
{
	int32_t end_a = s->nr_a, end_b = s->nr_b, x, y;
	size_t nr = 0;

	while (end_a && end_b && !strcmp(s->a[end_a - 1], s->b[end_b - 1])) {
		end_a--;
		end_b--;
	}
	for (x = 0; x < end_a; x++)
		edits[nr++] = (struct edit){ EDIT_DELETE, x, 0 };
	for (y = 0; y < end_b; y++)
		edits[nr++] = (struct edit){ EDIT_INSERT, end_a, y };
	for (; x < s->nr_a; x++, y++)
		edits[nr++] = (struct edit){ EDIT_KEEP, x, y };
	return nr;
}

int line_diff(const char *const *a, size_t nr_a, const char *const *b, size_t nr_b,
	      struct edit **edits, size_t *nr)
{
	const size_t cap = nr_a + nr_b + 1;
	struct edit *v = malloc(cap * sizeof(*v));
	/* Row d has d + 1 entries. */
	int32_t *rows = malloc((size_t)LINE_DIFF_MAX * (LINE_DIFF_MAX + 1) / 2 * sizeof(*rows));
	struct sides s;
	size_t head = 0, nr_rest;
	int32_t d;

	if (!v || !rows) {
		free(v);
		free(rows);
		return -ENOMEM;
	}
	for (; head < nr_a && head < nr_b && !strcmp(a[head], b[head]); head++)
		v[head] = (struct edit){ EDIT_KEEP, head, head };
	s = (struct sides){ a + head, b + head, (int32_t)(nr_a - head), (int32_t)(nr_b - head) };
	d = fill(&s, rows);
	if (d < LINE_DIFF_MAX) {
		nr_rest = walk_back(&s, rows, d, v + cap);
		memmove(v + head, v + cap - nr_rest, nr_rest * sizeof(*v));
	} else {
		nr_rest = replace_all(&s, v + head);
	}
	for (size_t i = head; i < head + nr_rest; i++) {
		v[i].a += head;
		v[i].b += head;
	}
	free(rows);
	*edits = v;
	*nr = head + nr_rest;
	return 0;
}
