// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ksyms.h"

struct ksym {
	uint64_t addr;
	uint32_t name;		/* in names */
};

static struct {
	struct ksym *v;
	char *names;
	size_t nr, cap, names_sz, names_cap;
	bool is_unsorted;	/* by modules; the kernel's own come in order */
	uint64_t call_base;
} ksyms;

static int by_addr(const void *a, const void *b)
{
	const struct ksym *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return x->name < y->name ? -1 : 1;
}

/* Doubles @v of @cap entries when @nr are taken. */
static bool has_room(void **v, size_t *cap, size_t nr, size_t more, size_t sz)
{
	size_t want = *cap ? 2 * *cap : 65536;
	void *grown;

	if (nr + more <= *cap)
		return true;
	grown = realloc(*v, want * sz);
	if (!grown)
		return false;
	*v = grown;
	*cap = want;
	return true;
}

/* "ffffffff814ca810 T __bpf_call_base", a module's name behind a tab. */
static bool add_line(char *line)
{
	char *name = strchr(line, ' '), *end;
	uint64_t addr = strtoull(line, NULL, 16);
	size_t sz;

	if (!name || !name[1] || name[2] != ' ' || !addr)
		return true;
	name += 3;
	end = name + strcspn(name, "\t\n");
	/* BPF programs come and go. */
	if (!strncmp(end, "\t[bpf]", 6))
		return true;
	*end = '\0';
	sz = end - name + 1;
	if (!has_room((void **)&ksyms.v, &ksyms.cap, ksyms.nr, 1, sizeof(*ksyms.v)) ||
	    !has_room((void **)&ksyms.names, &ksyms.names_cap, ksyms.names_sz, sz, 1))
		return false;
	ksyms.is_unsorted |= ksyms.nr && addr < ksyms.v[ksyms.nr - 1].addr;
	ksyms.v[ksyms.nr++] = (struct ksym){ addr, (uint32_t)ksyms.names_sz };
	memcpy(ksyms.names + ksyms.names_sz, name, sz);
	ksyms.names_sz += sz;
	return true;
}

static uint64_t addr_of(const char *name)
{
	size_t i;

	for (i = 0; i < ksyms.nr; i++)
		if (!strcmp(ksyms.names + ksyms.v[i].name, name))
			return ksyms.v[i].addr;
	return 0;
}

void ksyms_read(void)
{
	FILE *in = fopen("/proc/kallsyms", "re");
	char line[1024];

	if (!in)
		return;
	while (fgets(line, sizeof(line), in) && add_line(line))
		;
	fclose(in);
	if (ksyms.is_unsorted)
		qsort(ksyms.v, ksyms.nr, sizeof(*ksyms.v), by_addr);
	ksyms.call_base = addr_of("__bpf_call_base");
}

uint64_t ksyms_call_base(void)
{
	return ksyms.call_base;
}

const char *ksyms_name(uint64_t addr)
{
	size_t lo = 0, hi = ksyms.nr;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (ksyms.v[mid].addr < addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < ksyms.nr && ksyms.v[lo].addr == addr ? ksyms.names + ksyms.v[lo].name : NULL;
}
