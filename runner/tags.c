// SPDX-License-Identifier: GPL-2.0-only
/* Reads the btf_decl_tags of an object's programs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include "registry.h"

#define MAX_TAGS 32

/* Tags of function @func_id; compilers emit them behind the function, in the order written. */
static int read_tags(const struct btf *btf, __s32 func_id, const char *tags[MAX_TAGS])
{
	__u32 id, nr_types = btf__type_cnt(btf);
	int nr = 0;

	for (id = 1; id < nr_types && nr < MAX_TAGS; id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);

		if (!btf_is_decl_tag(t) || (__s32)t->type != func_id ||
		    btf_decl_tag(t)->component_idx != -1)
			continue;
		tags[nr++] = btf__name_by_offset(btf, t->name_off);
	}
	return nr;
}

/* clang 14 and 15 list the tags of a declaration from the last to the first: make it one order. */
static int compare_tags(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int check_triggers(const struct bench_list *list, const char *family, struct bpf_object *obj,
			  char *err, size_t err_sz)
{
	size_t i;

	for (i = 0; i < list->nr; i++) {
		const struct bench *b = &list->v[i];

		if (!b->trigger || strcmp(b->family, family) ||
		    bpf_object__find_program_by_name(obj, b->trigger))
			continue;
		snprintf(err, err_sz, "program %s: there is no program %s to trigger it", b->name,
			 b->trigger);
		return -EINVAL;
	}
	return 0;
}

int registry_read_object(struct bench_list *list, const char *family, struct bpf_object *obj,
			 char *err, size_t err_sz)
{
	const struct btf *btf = bpf_object__btf(obj);
	struct bpf_program *prog;
	const char *tags[MAX_TAGS], *name;
	int nr, rc;
	__s32 id;

	if (!btf) {
		snprintf(err, err_sz, "%s: object without BTF", family);
		return -EINVAL;
	}
	bpf_object__for_each_program(prog, obj) {
		name = bpf_program__name(prog);
		id = btf__find_by_name_kind(btf, name, BTF_KIND_FUNC);
		if (id < 0) {
			snprintf(err, err_sz, "%s: program %s has no BTF", family, name);
			return -EINVAL;
		}
		nr = read_tags(btf, id, tags);
		if (nr == MAX_TAGS) {
			snprintf(err, err_sz, "%s: program %s has too many tags", family, name);
			return -EINVAL;
		}
		qsort(tags, nr, sizeof(tags[0]), compare_tags);
		rc = bench_list_add(list, family, name, tags, nr, err, err_sz);
		if (rc)
			return rc;
	}
	return check_triggers(list, family, obj, err, err_sz);
}
