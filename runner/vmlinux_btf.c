// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's BTF, parsed once and indexed by name. libbpf reads and parses these 5 to 10 MB for
 * each object that has a kfunc, a tracing program or a CO-RE relocation, and walks through all of
 * its 100 000 types for each name it looks for; a measurement loads such an object up to 48 times.
 * That was most of the time of a run, and nearly all of it in an emulated guest. The linker hands
 * libbpf's calls to these (--wrap); children inherit what the runner parsed before it forked.
 */
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <bpf/btf.h>
#include "vmlinux_btf.h"

static struct {
	struct btf *btf;
	/* Open addressing: type IDs by the hash of name and kind; 0: free. A power of two. */
	__u32 *ids, size;
} kernel;

struct btf *__real_btf__load_vmlinux_btf(void);
struct btf *__wrap_btf__load_vmlinux_btf(void);
void __real_btf__free(struct btf *btf);
void __wrap_btf__free(struct btf *btf);
__s32 __real_btf__find_by_name_kind(const struct btf *btf, const char *name, __u32 kind);
__s32 __wrap_btf__find_by_name_kind(const struct btf *btf, const char *name, __u32 kind);

/* FNV-1a */
static __u32 hash_of(const char *name, __u32 kind)
{
	__u32 h = 2166136261u ^ kind;

	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * 16777619u;
	return h;
}

static const char *name_of(const struct btf *btf, __u32 id)
{
	return btf__name_by_offset(btf, btf__type_by_id(btf, id)->name_off);
}

/* In rising order of IDs, so that of several equal names the first is found, as by libbpf. */
static void make_index(struct btf *btf)
{
	__u32 id, at, nr = btf__type_cnt(btf);

	for (kernel.size = 1024; kernel.size < 2 * nr; kernel.size *= 2)
		;
	kernel.ids = calloc(kernel.size, sizeof(*kernel.ids));
	for (id = 1; kernel.ids && id < nr; id++) {
		const char *name = name_of(btf, id);

		if (!*name)
			continue;
		at = hash_of(name, btf_kind(btf__type_by_id(btf, id)));
		while (kernel.ids[at & (kernel.size - 1)])
			at++;
		kernel.ids[at & (kernel.size - 1)] = id;
	}
}

struct btf *__wrap_btf__load_vmlinux_btf(void)
{
	if (!kernel.btf) {
		kernel.btf = __real_btf__load_vmlinux_btf();
		if (kernel.btf)
			make_index(kernel.btf);
	}
	return kernel.btf;
}

void __wrap_btf__free(struct btf *btf)
{
	if (btf != kernel.btf)
		__real_btf__free(btf);
}

__s32 __wrap_btf__find_by_name_kind(const struct btf *btf, const char *name, __u32 kind)
{
	__u32 at, id;

	if (!btf || btf != kernel.btf || !kernel.ids || kind == BTF_KIND_UNKN)
		return __real_btf__find_by_name_kind(btf, name, kind);
	for (at = hash_of(name, kind); (id = kernel.ids[at & (kernel.size - 1)]); at++)
		if (btf_kind(btf__type_by_id(btf, id)) == kind && !strcmp(name_of(btf, id), name))
			return id;
	errno = ENOENT;
	return -ENOENT;
}

/*
 * The whole pages of what nobody writes any more, shared with the children: of private ones each
 * fork copies the entries of the page table, and each exit looks through them.
 */
static void share_pages(const void *start, size_t sz)
{
	const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t from = ((uintptr_t)start + page - 1) & ~(page - 1);
	uintptr_t to = ((uintptr_t)start + sz) & ~(page - 1);
	void *copy;

	if (from >= to)
		return;
	copy = mmap(NULL, to - from, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (copy == MAP_FAILED)
		return;
	memcpy(copy, (void *)from, to - from);
	if (mremap(copy, to - from, to - from, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)from) ==
	    MAP_FAILED)
		munmap(copy, to - from);
}

void vmlinux_btf_read(void)
{
	const struct btf *btf = btf__load_vmlinux_btf();
	const void *data;
	__u32 sz;

	if (!btf)
		return;
	data = btf__raw_data(btf, &sz);
	if (data)
		share_pages(data, sz);
	if (kernel.ids)
		share_pages(kernel.ids, kernel.size * sizeof(*kernel.ids));
	/* What libbpf read it into. */
	malloc_trim(0);
}
