// SPDX-License-Identifier: GPL-2.0-only
/*
 * Build tool: gen_families OBJECT... -- SOURCE...
 * Writes the list of families to stdout and fails on what could only surprise later: an object
 * that declares no bench, a bad or dangling declaration, a program file without its user side or
 * the reverse.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/libbpf.h>
#include "feature.h"
#include "registry.h"

/* "progs/map_lookup.bpf.o" and "prog_tests/map_lookup.c": map_lookup */
static void family_of(const char *path, char *name, size_t name_sz)
{
	const char *slash = strrchr(path, '/');

	snprintf(name, name_sz, "%s", slash ? slash + 1 : path);
	name[strcspn(name, ".")] = '\0';
}

static bool has_family(char **paths, int nr, const char *family)
{
	char name[256];
	int i;

	for (i = 0; i < nr; i++) {
		family_of(paths[i], name, sizeof(name));
		if (!strcmp(name, family))
			return true;
	}
	return false;
}

static int read_object(struct bench_list *list, const char *path, const char *family)
{
	struct bpf_object *obj;
	size_t before = list->nr;
	char err[512] = "";
	int rc;

	obj = bpf_object__open_file(path, NULL);
	if (!obj) {
		libbpf_strerror(errno, err, sizeof(err));	/* it has numbers of its own */
		fprintf(stderr, "%s: %s\n", path, err);
		return -1;
	}
	rc = registry_read_object(list, family, obj, err, sizeof(err));
	bpf_object__close(obj);
	if (!rc && list->nr == before) {
		snprintf(err, sizeof(err), "no program has a __bench() tag");
		rc = -EINVAL;
	}
	if (rc)
		fprintf(stderr, "progs/%s.bpf.c: %s\n", family, err);
	return rc;
}

/* A misspelt feature would be a SKIP on every kernel. */
static int check_needs(const struct bench_list *list)
{
	int k, rc = 0;
	size_t i;

	for (i = 0; i < list->nr; i++) {
		for (k = 0; k < list->v[i].nr_needs; k++) {
			if (feature_find(list->v[i].needs[k]))
				continue;
			fprintf(stderr, "progs/%s.bpf.c: %s: there is no feature \"%s\"\n",
				list->v[i].family, list->v[i].name, list->v[i].needs[k]);
			rc = -1;
		}
	}
	return rc;
}

int main(int argc, char **argv)
{
	struct bench_list list = {};
	char family[256], err[512];
	int i, split, rc = 0;

	for (split = 1; split < argc && strcmp(argv[split], "--"); split++)
		;
	if (split < 2 || split >= argc) {
		fprintf(stderr, "usage: gen_families OBJECT... -- SOURCE...\n");
		return 2;
	}
	for (i = split + 1; i < argc; i++) {
		family_of(argv[i], family, sizeof(family));
		if (!has_family(argv + 1, split - 1, family)) {
			fprintf(stderr, "%s: there is no progs/%s.bpf.c\n", argv[i], family);
			rc = -1;
		}
	}
	printf("/* Generated from the names of prog_tests/ and checked against progs/. */\n");
	for (i = 1; i < split; i++) {
		family_of(argv[i], family, sizeof(family));
		if (!has_family(argv + split + 1, argc - split - 1, family)) {
			fprintf(stderr, "progs/%s.bpf.c: there is no prog_tests/%s.c\n", family,
				family);
			rc = -1;
		}
		if (read_object(&list, argv[i], family))
			rc = -1;
		printf("BENCH_FAMILY_NAME(%s)\n", family);
	}
	if (!rc && bench_list_resolve(&list, err, sizeof(err))) {
		fprintf(stderr, "progs: %s\n", err);
		rc = -1;
	}
	if (check_needs(&list))
		rc = -1;
	bench_list_free(&list);
	if (fflush(stdout)) {
		fprintf(stderr, "gen_families: cannot write the list: %s\n", strerror(errno));
		rc = -1;
	}
	return rc ? 1 : 0;
}
