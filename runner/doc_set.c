// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "doc_set.h"

#define SUFFIX ".jsonl"

static int add_doc(const char *tool, const char *path, struct doc_set *s)
{
	struct run_doc *doc = &s->v[s->nr];
	char err[512];
	int rc = run_doc_read(path, doc, err, sizeof(err));

	if (rc) {
		fprintf(stderr, "%s: %s\n", tool, err);
		return rc;
	}
	s->nr++;
	if (!doc->complete)
		fprintf(stderr, "%s: %s: cut short, %zu results are used\n", tool, path,
			doc->nr_results);
	return 0;
}

static void drop_samples(struct run_doc *doc)
{
	for (size_t i = 0; i < doc->nr_results; i++)
		for (int k = 0; k < NR_SLOTS; k++)
			sample_set__free(&doc->results[i].samples[k]);
}

static int is_document(const struct dirent *d)
{
	size_t len = strlen(d->d_name);

	return d->d_name[0] != '.' && len > strlen(SUFFIX) &&
	       !strcmp(d->d_name + len - strlen(SUFFIX), SUFFIX);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int read_directory(const char *tool, const char *dir, struct doc_set *s)
{
	struct dirent **names;
	char path[PATH_MAX];
	int i, rc = 0, nr = scandir(dir, &names, is_document, by_name);

	if (nr < 0) {
		rc = -errno;
		fprintf(stderr, "%s: %s: %s\n", tool, dir, strerror(-rc));
		return rc;
	}
	if (!nr) {
		fprintf(stderr, "%s: %s: a directory without a document (*%s)\n", tool, dir,
			SUFFIX);
		rc = -EINVAL;
	}
	s->v = calloc((size_t)nr + 1, sizeof(*s->v));
	if (!rc && !s->v)
		rc = -ENOMEM;
	for (i = 0; i < nr; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]->d_name);
		if (!rc)
			rc = add_doc(tool, path, s);
		/* Counts need the sizes of the batches. */
		if (!rc && nr > 1 && s->v[i].header.clock == CLOCK_KIND_NS)
			drop_samples(&s->v[i]);
		free(names[i]);
	}
	free(names);
	return rc;
}

int doc_set_read(const char *tool, const char *path, struct doc_set *s)
{
	struct stat st;

	*s = (struct doc_set){ 0 };
	if (strcmp(path, "-") && !stat(path, &st) && S_ISDIR(st.st_mode))
		return read_directory(tool, path, s);
	s->v = calloc(1, sizeof(*s->v));
	return s->v ? add_doc(tool, path, s) : -ENOMEM;
}

void doc_set_free(struct doc_set *s)
{
	for (size_t i = 0; i < s->nr; i++)
		run_doc_free(&s->v[i]);
	free(s->v);
	*s = (struct doc_set){ 0 };
}
