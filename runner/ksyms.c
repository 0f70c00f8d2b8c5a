// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "ksyms.h"

/* Room for ten times what Debian's kernels have: what is not touched takes no memory. */
#define MAX_SYMS	(1u << 20)
#define MAX_NAMES	(1u << 25)
#define READ_SZ		(1u << 16)

struct ksym {
	uint64_t addr;
	uint32_t name;		/* in names */
};

/*
 * Shared with the children, and so not copied: for each of them a fork would write, and an exit
 * look through, an entry of the page table for each page.
 */
static struct {
	struct ksym *v;
	char *names;
	size_t nr, names_sz;
	size_t nr_sorted;	/* in front; modules lie where there was room */
	uint64_t call_base;
} ksyms;

static int by_addr(const void *a, const void *b)
{
	const struct ksym *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	return x->name < y->name ? -1 : 1;
}

static void *map_shared(size_t sz)
{
	void *v = mmap(NULL, sz, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return v == MAP_FAILED ? NULL : v;
}

static uint64_t parse_hex(const char *s, const char **end)
{
	uint64_t v = 0;

	for (;; s++) {
		if (*s >= '0' && *s <= '9')
			v = v << 4 | (uint64_t)(*s - '0');
		else if (*s >= 'a' && *s <= 'f')
			v = v << 4 | (uint64_t)(*s - 'a' + 10);
		else
			break;
	}
	*end = s;
	return v;
}

/* "ffffffff814ca810 T __bpf_call_base", a module's name behind a tab. False: no more room. */
static bool add_line(const char *line, const char *line_end)
{
	const char *name, *end;
	uint64_t addr = parse_hex(line, &name);
	size_t sz;

	if (!addr || line_end - name < 4 || name[0] != ' ' || name[2] != ' ')
		return true;
	name += 3;
	end = memchr(name, '\t', (size_t)(line_end - name)) ?: line_end;
	/* BPF programs come and go. */
	if (line_end - end >= 6 && !memcmp(end, "\t[bpf]", 6))
		return true;
	sz = (size_t)(end - name) + 1;
	if (ksyms.nr == MAX_SYMS || sz > MAX_NAMES - ksyms.names_sz)
		return false;
	if (ksyms.nr_sorted == ksyms.nr && (!ksyms.nr || addr >= ksyms.v[ksyms.nr - 1].addr))
		ksyms.nr_sorted++;
	ksyms.v[ksyms.nr++] = (struct ksym){ addr, (uint32_t)ksyms.names_sz };
	memcpy(ksyms.names + ksyms.names_sz, name, sz - 1);
	ksyms.names_sz += sz;
	return true;
}

/* Whole lines of @buf; the number of bytes left over, -1: no more room. */
static ssize_t add_lines(char *buf, size_t len)
{
	char *line = buf, *end;

	while ((end = memchr(line, '\n', len - (size_t)(line - buf)))) {
		if (!add_line(line, end))
			return -1;
		line = end + 1;
	}
	len -= (size_t)(line - buf);
	memmove(buf, line, len);
	return (ssize_t)len;
}

static void read_all(int fd, char *buf)
{
	ssize_t len, left = 0;

	while (left >= 0 && left < READ_SZ) {
		len = read(fd, buf + left, (size_t)(READ_SZ - left));
		if (len <= 0)
			break;
		left = add_lines(buf, (size_t)(left + len));
	}
}

/* Only from the first that has one behind it which belongs in front of it. */
static void sort(void)
{
	uint64_t least = UINT64_MAX;
	size_t i, from = ksyms.nr_sorted;

	for (i = from; i < ksyms.nr; i++)
		if (ksyms.v[i].addr < least)
			least = ksyms.v[i].addr;
	while (from && ksyms.v[from - 1].addr > least)
		from--;
	qsort(ksyms.v + from, ksyms.nr - from, sizeof(*ksyms.v), by_addr);
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
	int fd = open("/proc/kallsyms", O_RDONLY | O_CLOEXEC);
	char *buf = malloc(READ_SZ);

	ksyms.v = map_shared(MAX_SYMS * sizeof(*ksyms.v));
	ksyms.names = map_shared(MAX_NAMES);
	if (fd >= 0 && buf && ksyms.v && ksyms.names) {
		read_all(fd, buf);
		sort();
		ksyms.call_base = addr_of("__bpf_call_base");
	}
	free(buf);
	if (fd >= 0)
		close(fd);
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
