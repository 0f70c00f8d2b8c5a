// SPDX-License-Identifier: GPL-2.0-only
/* What differs between the environments of two documents and can move a figure. */
#include "compare.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * Not here, because they differ between any two runs (load, memory, seed, start, arguments) or
 * because another row speaks for them. Of a list only the items are shown that the other side has
 * not.
 */
static const struct env_key {
	const char *name;
	const char *separator;	/* of a list's items; NULL: one value */
} keys[] = {
	{ "kernel", NULL }, { "kernel_build", NULL }, { "kernel_cc", NULL }, { "config", NULL },
	{ "cmdline", " " }, { "arch", NULL }, { "cpu", NULL }, { "cpus", NULL }, { "smt", NULL },
	{ "governor", NULL }, { "accel", NULL }, { "mitigations", "; " }, { "jit", NULL },
	{ "jit_harden", NULL }, { "jit_limit", NULL }, { "bpf_stats", NULL },
	{ "clocksource", NULL }, { "libbpf", NULL }, { "compiler", NULL },
	{ "bpf_compiler", NULL }, { "qemu", NULL }, { "qemu_args", NULL },
	{ "engine", NULL },
};
#define NR_KEYS (sizeof(keys) / sizeof(keys[0]))
#define NOT_RECORDED "not recorded"

/* The value as text, in @buf unless it is a string. */
static const char *value_text(const json_t *v, char *buf, size_t sz)
{
	switch (v ? json_typeof(v) : JSON_NULL) {
	case JSON_STRING:
		return json_string_value(v);
	case JSON_INTEGER:
		snprintf(buf, sz, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
		return buf;
	case JSON_REAL:
		snprintf(buf, sz, "%.6g", json_real_value(v));
		return buf;
	case JSON_TRUE:
		return "true";
	case JSON_FALSE:
		return "false";
	default:
		return NOT_RECORDED;
	}
}

static bool list_has(const char *list, const char *separator, const char *item, size_t len)
{
	size_t step = strlen(separator);

	for (const char *at = list, *end; at; at = end ? end + step : NULL) {
		end = strstr(at, separator);
		if ((end ? (size_t)(end - at) : strlen(at)) == len && !strncmp(at, item, len))
			return true;
	}
	return false;
}

/* The items of @list that @other has not, "-" if there are none. @to has room for the list. */
static void list_without(char *to, const char *list, const char *separator, const char *other)
{
	size_t step = strlen(separator), len;
	char *start = to;

	for (const char *at = list, *end; at; at = end ? end + step : NULL) {
		end = strstr(at, separator);
		len = end ? (size_t)(end - at) : strlen(at);
		if (list_has(other, separator, at, len))
			continue;
		to += sprintf(to, "%s%.*s", to > start ? separator : "", (int)len, at);
	}
	if (to == start)
		strcpy(to, "-");
}

static int add_diff(char **diffs, int *nr, const struct env_key *key, const char *a, const char *b)
{
	size_t sz = strlen(key->name) + strlen(a) + strlen(b) + sizeof(":  -> ") + 2;
	char *text;

	if (!strcmp(a, b))
		return 0;
	text = malloc(sz);
	if (!text)
		return -ENOMEM;
	diffs[*nr] = text;
	if (!key->separator || !strcmp(a, NOT_RECORDED) || !strcmp(b, NOT_RECORDED)) {
		sprintf(text, "%s: %s -> %s", key->name, a, b);
		(*nr)++;
		return 0;
	}
	text += sprintf(text, "%s: ", key->name);
	list_without(text, a, key->separator, b);
	text += strlen(text);
	text += sprintf(text, " -> ");
	list_without(text, b, key->separator, a);
	if (strcmp(text - strlen("- -> "), "- -> -"))
		(*nr)++;
	else
		free(diffs[*nr]);	/* the same items in another order */
	return 0;
}

int compare_env(const struct doc_header *a, const struct doc_header *b, char ***diffs, int *nr)
{
	static const struct env_key tool = { "bench_progs", NULL };
	char buf_a[32], buf_b[32];
	int err;

	*nr = 0;
	*diffs = calloc(NR_KEYS + 1, sizeof(**diffs));
	if (!*diffs)
		return -ENOMEM;
	err = add_diff(*diffs, nr, &tool, a->version ? a->version : NOT_RECORDED,
		       b->version ? b->version : NOT_RECORDED);
	for (size_t i = 0; i < NR_KEYS && !err; i++)
		err = add_diff(*diffs, nr, &keys[i],
			       value_text(json_object_get(a->env, keys[i].name), buf_a,
					  sizeof(buf_a)),
			       value_text(json_object_get(b->env, keys[i].name), buf_b,
					  sizeof(buf_b)));
	if (!err)
		return 0;
	while (*nr)
		free((*diffs)[--*nr]);
	free(*diffs);
	*diffs = NULL;
	return err;
}
