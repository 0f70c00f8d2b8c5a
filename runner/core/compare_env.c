// SPDX-License-Identifier: GPL-2.0-only
/* What differs between the environments of two documents and can move a figure. */
#include "compare.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/*
 * Not here, because they differ between any two runs (load, memory, seed, start, arguments) or
 * because another row speaks for them.
 */
static const char *const keys[] = {
	"kernel", "kernel_build", "kernel_cc", "config", "config_hash", "arch", "cpu", "cpus",
	"smt", "governor", "accel", "mitigations", "jit", "jit_enable", "jit_harden",
	"jit_kallsyms", "jit_limit", "bpf_stats", "clocksource", "libbpf", "compiler", "bpf_compiler", "qemu",
};
#define NR_KEYS (sizeof(keys) / sizeof(keys[0]))

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
		return "not recorded";
	}
}

static int add_diff(char **diffs, int *nr, const char *key, const char *a, const char *b)
{
	size_t sz;

	if (!strcmp(a, b))
		return 0;
	sz = strlen(key) + strlen(a) + strlen(b) + sizeof(":  -> ");
	diffs[*nr] = malloc(sz);
	if (!diffs[*nr])
		return -ENOMEM;
	snprintf(diffs[(*nr)++], sz, "%s: %s -> %s", key, a, b);
	return 0;
}

int compare_env(const struct doc_header *a, const struct doc_header *b, char ***diffs, int *nr)
{
	char buf_a[32], buf_b[32];
	int err;

	*nr = 0;
	*diffs = calloc(NR_KEYS + 1, sizeof(**diffs));
	if (!*diffs)
		return -ENOMEM;
	err = add_diff(*diffs, nr, "bench_progs", a->version ? a->version : "not recorded",
		       b->version ? b->version : "not recorded");
	for (size_t i = 0; i < NR_KEYS && !err; i++)
		err = add_diff(*diffs, nr, keys[i],
			       value_text(json_object_get(a->env, keys[i]), buf_a, sizeof(buf_a)),
			       value_text(json_object_get(b->env, keys[i]), buf_b, sizeof(buf_b)));
	if (!err)
		return 0;
	while (*nr)
		free((*diffs)[--*nr]);
	free(*diffs);
	*diffs = NULL;
	return err;
}
