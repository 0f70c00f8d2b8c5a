// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "select.h"

int selector_add_one(struct selector *s, enum select_kind kind, const char *text)
{
	struct pattern *v = realloc(s->v, (s->nr + 1) * sizeof(*v));

	if (!v)
		return -ENOMEM;
	s->v = v;
	v[s->nr].kind = kind;
	v[s->nr].text = strdup(text);
	if (!v[s->nr].text)
		return -ENOMEM;
	s->nr++;
	return 0;
}

/* In "a/b:n=1,m=2,c/d" the first comma separates parameters, the second patterns. */
static bool comma_is_inside_id(const char *behind)
{
	size_t len = strspn(behind, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return len && behind[len] == '=';
}

int selector_add(struct selector *s, enum select_kind kind, const char *arg, char *err,
		 size_t err_sz)
{
	char *copy = strdup(arg), *at, *comma;
	int rc = 0;

	if (!copy)
		return -ENOMEM;
	for (at = copy; at && !rc; at = comma) {
		comma = strchr(at, ',');
		while (comma && strcspn(at, ":=") < (size_t)(comma - at) &&
		       comma_is_inside_id(comma + 1))
			comma = strchr(comma + 1, ',');
		if (comma)
			*comma++ = '\0';
		if (!*at) {
			snprintf(err, err_sz, "empty pattern in \"%s\"", arg);
			rc = -EINVAL;
		} else {
			rc = selector_add_one(s, kind, at);
		}
	}
	free(copy);
	return rc;
}

/* Digits only: strtoul() would take "-1" and " 1". Returns what stands behind, NULL if none. */
static const char *parse_index(const char *s, size_t *n)
{
	*n = 0;
	if (!isdigit((unsigned char)*s))
		return NULL;
	for (; isdigit((unsigned char)*s); s++) {
		if (*n > 1000000)
			return NULL;
		*n = *n * 10 + (*s - '0');
	}
	return s;
}

int selector_add_numbers(struct selector *s, const char *arg, char *err, size_t err_sz)
{
	struct range r, *v;
	const char *at = arg;

	for (;;) {
		at = parse_index(at, &r.first);
		r.last = r.first;
		if (at && *at == '-')
			at = parse_index(at + 1, &r.last);
		if (!at || (*at && *at != ',') || !r.first || r.last < r.first) {
			snprintf(err, err_sz, "\"%s\" is no list of numbers like 1,3-5", arg);
			return -EINVAL;
		}
		v = realloc(s->ranges, (s->nr_ranges + 1) * sizeof(*v));
		if (!v)
			return -ENOMEM;
		s->ranges = v;
		v[s->nr_ranges++] = r;
		if (!*at)
			return 0;
		at++;
	}
}

static bool pattern_matches(const struct pattern *p, const struct bench *b)
{
	char wrapped[2 * DOC_MAX_NAME];

	if (p->kind == SELECT_NAME) {
		/* Cut, it could match what the whole does not. */
		if (snprintf(wrapped, sizeof(wrapped), "*%s*", p->text) >= (int)sizeof(wrapped))
			return false;
		return !fnmatch(wrapped, b->id, 0);
	}
	return !fnmatch(p->text, b->id, 0) || !fnmatch(p->text, b->family, 0);
}

static int selector_check(const struct selector *s, const struct bench_list *list, char *err,
			  size_t err_sz)
{
	size_t i, j;

	for (i = 0; i < s->nr; i++) {
		for (j = 0; j < list->nr && !pattern_matches(&s->v[i], &list->v[j]); j++)
			;
		if (j == list->nr) {
			snprintf(err, err_sz, "pattern \"%s\" matches no bench (see: list)",
				 s->v[i].text);
			return -EINVAL;
		}
	}
	for (i = 0; i < s->nr_ranges; i++) {
		if (s->ranges[i].last > list->nr) {
			snprintf(err, err_sz, "there is no bench number %zu (1 to %zu; see: list)",
				 s->ranges[i].last, list->nr);
			return -EINVAL;
		}
	}
	return 0;
}

int selector_apply(const struct selector *s, const struct bench_list *list, bool *selected,
		   char *err, size_t err_sz)
{
	int rc = selector_check(s, list, err, err_sz);
	size_t i, j;

	if (rc)
		return rc;
	for (i = 0; i < list->nr; i++) {
		bool any_allow = false, allowed = false, denied = false, in_range = !s->nr_ranges;

		for (j = 0; j < s->nr; j++) {
			bool hit = pattern_matches(&s->v[j], &list->v[i]);

			if (s->v[j].kind == SELECT_DENY) {
				denied |= hit;
			} else {
				any_allow = true;
				allowed |= hit;
			}
		}
		for (j = 0; j < s->nr_ranges; j++)
			in_range |= i + 1 >= s->ranges[j].first && i + 1 <= s->ranges[j].last;
		selected[i] = (allowed || !any_allow) && !denied && in_range;
	}
	return 0;
}

void selector_free(struct selector *s)
{
	size_t i;

	for (i = 0; i < s->nr; i++)
		free(s->v[i].text);
	free(s->v);
	free(s->ranges);
	memset(s, 0, sizeof(*s));
}
