/* SPDX-License-Identifier: GPL-2.0-only */
/* Kernel images: what a file is, and the kernel inside a compressed one. */
#ifndef BENCH_VM_IMAGE_H
#define BENCH_VM_IMAGE_H

#include <stdbool.h>
#include <stddef.h>

struct scratch;
struct stat;
struct vm_arch;

/* Largest vmlinux accepted: one with all its debug information stays below. */
#define IMAGE_MAX	(2ul << 30)

enum image_kind {
	IMAGE_OTHER,
	IMAGE_ELF,		/* 64-bit little-endian executable */
	IMAGE_BZIMAGE,		/* boot protocol 2.08 or later, where the payload's place is said */
	IMAGE_ARM64,		/* flat, as it lies in memory */
	IMAGE_GZIP,		/* one of these compressed */
	IMAGE_ZBOOT,		/* one in an EFI application that decompresses it */
};

/* IMAGE_OTHER also for what is no kernel of this architecture. */
enum image_kind image_detect(const struct vm_arch *arch, const void *data, size_t len);

/*
 * The kernel in an image, compressed or not: a part of it, or all where it holds nothing else.
 * 0 or -EBADMSG when it is cut off or its sizes lie.
 */
int image_payload(const struct vm_arch *arch, const void *data, size_t len, const void **payload,
		  size_t *payload_len);

/* "RELEASE (who@where) ...", as a bzImage says of itself; may lack a NUL. NULL: nothing. */
const char *image_version(const void *data, size_t len);

/* Has the Xen note with the 32-bit entry QEMU boots an ELF kernel through (CONFIG_PVH). */
bool image_has_pvh(const void *elf, size_t len);
bool image_has_section(const void *elf, size_t len, const char *name);

/* The BTF in a flat image, which has no sections: found by its header. 0 or -ENOENT. */
int image_find_btf(const void *image, size_t len, const void **btf, size_t *btf_len);
/* Has kmalloc_nolock() (6.18), which gives nothing on a CPU without cmpxchg16b. */
bool image_needs_cx16(const void *elf, size_t len);
/* Of a kernel from 6.5 on: uses cmpxchg16b on per-CPU memory, as SLUB's fast path up to 6.19. */
bool image_has_percpu_cx16(const void *elf, size_t len);

/*
 * The kernel in an image, ELF or flat as the architecture has it: the path itself, or that of the
 * extracted one, which is kept in the cache (in the temporary directory when the cache cannot be
 * written) under the image's path, modification time and size. 0 when it was extracted, 1 when the
 * image is the kernel, or -errno with the reason set.
 */
int image_vmlinux(struct scratch *s, const char *path, char *elf_path, size_t sz);

/* Where the cache keeps the kernel in the image at @real, resolved, with these times and size. */
int image_cached_path(struct scratch *s, const char *real, const struct stat *st, char *path,
		      size_t sz);
/* Behind that name: a symbolic link to the image. */
#define IMAGE_SOURCE	".source"

#endif
