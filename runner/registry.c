// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <bpf/libbpf.h>
#include "bench_family.h"
#include "registry.h"

#define BENCH_FAMILY_NAME(fam) extern const struct bench_family bench_##fam;
#include "families.h"
#undef BENCH_FAMILY_NAME

static const struct bench_family *const families[] = {
#define BENCH_FAMILY_NAME(fam) &bench_##fam,
#include "families.h"
#undef BENCH_FAMILY_NAME
};

#define NR_FAMILIES (sizeof(families) / sizeof(families[0]))

const struct bench_family *registry_family(const char *name)
{
	size_t i;

	for (i = 0; i < NR_FAMILIES; i++)
		if (!strcmp(families[i]->name, name))
			return families[i];
	return NULL;
}

static int read_family(struct bench_list *list, const struct bench_family *family, char *err,
		       size_t err_sz)
{
	const struct bench_derived *d;
	struct bpf_object *obj;
	const void *elf;
	size_t sz;
	int rc;

	elf = family->elf(&sz);
	obj = bpf_object__open_mem(elf, sz, NULL);
	if (!obj) {
		rc = -errno;
		snprintf(err, err_sz, "%s: cannot open the embedded object: %s", family->name,
			 strerror(-rc));
		return rc;
	}
	rc = registry_read_object(list, family->name, obj, err, err_sz);
	bpf_object__close(obj);
	for (d = family->derived; !rc && d && d->name; d++)
		rc = bench_list_add_derived(list, family->name, d->name, d->description, err,
					    err_sz);
	return rc;
}

/* What a declaration needs of user code is there. */
static int check_operations(const struct bench_list *list, char *err, size_t err_sz)
{
	size_t i;

	for (i = 0; i < list->nr; i++) {
		const struct bench *b = &list->v[i];
		const struct bench_family *family = registry_family(b->family);

		if ((!bench_has_run(b) || family->run) &&
		    (!b->is_exclusive || (family->attach && family->detach)))
			continue;
		snprintf(err, err_sz, "%s: prog_tests/%s.c has no %s", b->id, b->family,
			 family->run ? ".attach and .detach" : ".run");
		return -EINVAL;
	}
	return 0;
}

int registry_read(struct bench_list *list, char *err, size_t err_sz)
{
	size_t i;
	int rc;

	for (i = 0; i < NR_FAMILIES; i++) {
		rc = read_family(list, families[i], err, err_sz);
		if (rc)
			return rc;
	}
	rc = check_operations(list, err, err_sz);
	return rc ? rc : bench_list_resolve(list, err, err_sz);
}
