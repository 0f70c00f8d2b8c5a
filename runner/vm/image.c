// SPDX-License-Identifier: GPL-2.0-only
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arch.h"
#include "decompress.h"
#include "image.h"
#include "scratch.h"

#define SECTOR_SZ		512u
#define BZ_SETUP_SECTS		0x1f1
#define BZ_BOOT_FLAG		0x1fe
#define BZ_MAGIC		0x202
#define BZ_VERSION		0x206
#define BZ_KERNEL_VERSION	0x20e
#define BZ_PAYLOAD_OFFSET	0x248
#define BZ_PAYLOAD_LENGTH	0x24c
#define BZ_HEADER_END		0x250
#define BZ_VERSION_PAYLOAD	0x0208
#define ARM64_MAGIC		0x38
#define ARM64_HEADER_END	0x40
#define ZBOOT_MAGIC		4
#define ZBOOT_PAYLOAD_OFFSET	8
#define ZBOOT_PAYLOAD_LENGTH	12
#define BTF_MAGIC		0xeb9f
#define BTF_VERSION		1
#define BTF_HEADER_MIN		24	/* later versions append to it */
#define BTF_HEADER_MAX		128
#define BTF_MIN			(64u << 10)	/* of any kernel's; its modules' are not in it */
#define NOTE_XEN_PHYS32_ENTRY	18

static uint32_t le(const unsigned char *p, unsigned int nr_bytes)
{
	uint32_t v = 0;

	while (nr_bytes--)
		v = v << 8 | p[nr_bytes];
	return v;
}

static bool elf_read(const void *data, size_t len, Elf64_Ehdr *eh)
{
	if (len < sizeof(*eh))
		return false;
	memcpy(eh, data, sizeof(*eh));
	return !memcmp(eh->e_ident, ELFMAG, SELFMAG) && eh->e_ident[EI_CLASS] == ELFCLASS64 &&
	       eh->e_ident[EI_DATA] == ELFDATA2LSB &&
	       (eh->e_type == ET_EXEC || eh->e_type == ET_DYN);
}

enum image_kind image_detect(const struct vm_arch *arch, const void *data, size_t len)
{
	enum image_kind kind = IMAGE_OTHER;
	const unsigned char *p = data;
	Elf64_Ehdr eh;

	if (elf_read(data, len, &eh))
		kind = eh.e_machine == arch->elf_machine ? IMAGE_ELF : IMAGE_OTHER;
	else if (len >= BZ_HEADER_END && le(p + BZ_BOOT_FLAG, 2) == 0xaa55 &&
		 !memcmp(p + BZ_MAGIC, "HdrS", 4) && le(p + BZ_VERSION, 2) >= BZ_VERSION_PAYLOAD)
		kind = IMAGE_BZIMAGE;
	else if (len >= ARM64_HEADER_END && !memcmp(p + ARM64_MAGIC, "ARM\x64", 4))
		kind = IMAGE_ARM64;
	else if (len >= ARM64_HEADER_END && !memcmp(p, "MZ", 2) &&
		 !memcmp(p + ZBOOT_MAGIC, "zimg", 4))
		kind = IMAGE_ZBOOT;
	else if (compression_detect(data, len) == COMPRESSION_GZIP)
		kind = IMAGE_GZIP;
	return arch->image_kinds & 1u << kind ? kind : IMAGE_OTHER;
}

int image_payload(const struct vm_arch *arch, const void *data, size_t len, const void **payload,
		  size_t *payload_len)
{
	const unsigned char *p = data;
	size_t setup, off, sz;

	switch (image_detect(arch, data, len)) {
	case IMAGE_BZIMAGE:
		setup = p[BZ_SETUP_SECTS] ? p[BZ_SETUP_SECTS] : 4;
		off = (setup + 1) * SECTOR_SZ + le(p + BZ_PAYLOAD_OFFSET, 4);
		sz = le(p + BZ_PAYLOAD_LENGTH, 4);
		break;
	case IMAGE_ZBOOT:
		off = le(p + ZBOOT_PAYLOAD_OFFSET, 4);
		sz = le(p + ZBOOT_PAYLOAD_LENGTH, 4);
		break;
	case IMAGE_OTHER:
		return -EBADMSG;
	default:
		off = 0;
		sz = len;
	}
	if (!sz || off > len || sz > len - off)
		return -EBADMSG;
	*payload = p + off;
	*payload_len = sz;
	return 0;
}

const char *image_version(const void *data, size_t len)
{
	const unsigned char *p = data;
	size_t at;

	if (len < BZ_HEADER_END || le(p + BZ_BOOT_FLAG, 2) != 0xaa55 ||
	    memcmp(p + BZ_MAGIC, "HdrS", 4))
		return NULL;
	/* Counted from the second sector; 0: it has none. */
	at = le(p + BZ_KERNEL_VERSION, 2);
	return at && at + SECTOR_SZ < len ? (const char *)p + at + SECTOR_SZ : NULL;
}

static bool notes_have_pvh(const unsigned char *p, size_t len)
{
	Elf64_Nhdr nh;

	while (len >= sizeof(nh)) {
		size_t name_sz, desc_sz;

		memcpy(&nh, p, sizeof(nh));
		name_sz = ((size_t)nh.n_namesz + 3) & ~(size_t)3;
		desc_sz = ((size_t)nh.n_descsz + 3) & ~(size_t)3;
		if (name_sz > len - sizeof(nh) || desc_sz > len - sizeof(nh) - name_sz)
			return false;
		if (nh.n_type == NOTE_XEN_PHYS32_ENTRY && nh.n_namesz == 4 &&
		    !memcmp(p + sizeof(nh), "Xen", 4))
			return true;
		p += sizeof(nh) + name_sz + desc_sz;
		len -= sizeof(nh) + name_sz + desc_sz;
	}
	return false;
}

bool image_has_pvh(const void *elf, size_t len)
{
	const unsigned char *p = elf;
	Elf64_Ehdr eh;
	Elf64_Phdr ph;
	size_t i;

	if (!elf_read(elf, len, &eh))
		return false;
	for (i = 0; i < eh.e_phnum; i++) {
		if (eh.e_phoff > len || (len - eh.e_phoff) / sizeof(ph) <= i)
			return false;
		memcpy(&ph, p + eh.e_phoff + i * sizeof(ph), sizeof(ph));
		if (ph.p_type != PT_NOTE || ph.p_offset > len || ph.p_filesz > len - ph.p_offset)
			continue;
		if (notes_have_pvh(p + ph.p_offset, ph.p_filesz))
			return true;
	}
	return false;
}

bool image_has_section(const void *elf, size_t len, const char *name)
{
	const char *p = elf;
	size_t name_sz = strlen(name) + 1, i;
	Elf64_Ehdr eh;
	Elf64_Shdr strtab, sh;

	if (!elf_read(elf, len, &eh))
		return false;
	if (eh.e_shoff > len || (len - eh.e_shoff) / sizeof(sh) < eh.e_shnum ||
	    eh.e_shstrndx >= eh.e_shnum)
		return false;
	memcpy(&strtab, p + eh.e_shoff + eh.e_shstrndx * sizeof(sh), sizeof(sh));
	if (strtab.sh_offset > len || strtab.sh_size > len - strtab.sh_offset)
		return false;
	for (i = 0; i < eh.e_shnum; i++) {
		memcpy(&sh, p + eh.e_shoff + i * sizeof(sh), sizeof(sh));
		if (sh.sh_name < strtab.sh_size && strtab.sh_size - sh.sh_name >= name_sz &&
		    !memcmp(p + strtab.sh_offset + sh.sh_name, name, name_sz))
			return true;
	}
	return false;
}

/* A header that makes sense, with the strings it announces: 16 bits of magic occur by chance. */
static size_t btf_length(const unsigned char *p, size_t len)
{
	size_t hdr, type_len, str_off, str_len;

	if (len < BTF_HEADER_MIN || le(p, 2) != BTF_MAGIC || p[2] != BTF_VERSION || p[3])
		return 0;
	hdr = le(p + 4, 4);
	type_len = le(p + 12, 4);
	str_off = le(p + 16, 4);
	str_len = le(p + 20, 4);
	if (hdr < BTF_HEADER_MIN || hdr > BTF_HEADER_MAX || le(p + 8, 4) || str_off < type_len ||
	    str_len < 2 || hdr + str_off + str_len > len)
		return 0;
	p += hdr + str_off;
	return p[0] || p[str_len - 1] ? 0 : hdr + str_off + str_len;
}

int image_find_btf(const void *image, size_t len, const void **btf, size_t *btf_len)
{
	const unsigned char *p = image;
	size_t at, found;

	for (at = 0; at + BTF_HEADER_MIN <= len; at += 4) {
		found = btf_length(p + at, len - at);
		if (found < BTF_MIN)
			continue;
		*btf = p + at;
		*btf_len = found;
		return 0;
	}
	return -ENOENT;
}

/* It is exported, so its name is there whatever else was stripped. */
bool image_needs_cx16(const void *elf, size_t len)
{
	static const char name[] = "kmalloc_nolock";

	return memmem(elf, len, name, sizeof(name) - 1);
}

/* By its machine code, of which arch/x86 has one form since 6.5. */
bool image_has_percpu_cx16(const void *elf, size_t len)
{
	static const unsigned char code[] = { 0x65, 0x48, 0x0f, 0xc7, 0x0e };	/* %gs:(%rsi) */

	return memmem(elf, len, code, sizeof(code));
}

/* FNV-1a: tells paths apart, guards against nothing. */
static uint64_t path_hash(const char *path)
{
	uint64_t h = 0xcbf29ce484222325ull;

	for (; *path; path++)
		h = (h ^ (unsigned char)*path) * 0x100000001b3ull;
	return h;
}

/* A rebuilt kernel has a new time or size: its older extractions would only pile up. */
static void cache_drop_older(const char *dir, const char *prefix, const char *keep)
{
	char path[PATH_MAX];
	struct dirent *de;
	DIR *d = opendir(dir);

	if (!d)
		return;
	while ((de = readdir(d))) {
		if (strncmp(de->d_name, prefix, strlen(prefix)) || !strcmp(de->d_name, keep))
			continue;
		if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, de->d_name) < sizeof(path))
			unlink(path);
	}
	closedir(d);
}

static int image_extract(struct scratch *s, const char *path, const char *data, size_t len,
			 char **elf, size_t *elf_len)
{
	enum compression kind;
	const void *payload;
	size_t payload_len;
	int err;

	err = image_payload(s->arch, data, len, &payload, &payload_len);
	if (err)
		return scratch_fail(s, VM_NO_KERNEL, err, "%s is cut off or damaged", path);
	kind = compression_detect(payload, payload_len);
	err = decompress(payload, payload_len, IMAGE_MAX, elf, elf_len);
	if (err == -EOPNOTSUPP)
		return scratch_fail(s, VM_NO_KERNEL, err, "%s: compressed with %s, which is not "
				    "supported: give its vmlinux instead", path,
				    kind == COMPRESSION_NONE ? "something unknown" :
				    compression_name(kind));
	if (err)
		return scratch_fail(s, VM_NO_KERNEL, err, "%s: damaged %s payload (%s)", path,
				    compression_name(kind), strerror(-err));
	if (image_detect(s->arch, *elf, *elf_len) != s->arch->kernel_kind) {
		free(*elf);
		*elf = NULL;
		return scratch_fail(s, VM_NO_KERNEL, -EBADMSG, "%s holds no kernel of %s", path,
				    s->arch->name);
	}
	return 0;
}

static int image_store(struct scratch *s, const char *real, const struct stat *st, const char *elf,
		       size_t elf_len, const char *cached, char *elf_path, size_t sz)
{
	char dir[PATH_MAX], prefix[32], source[PATH_MAX];
	int err;

	snprintf(dir, sizeof(dir), "%s/vmlinux", s->cache);
	err = dir_make_all(dir);
	if (!err)
		err = file_write_atomic(cached, elf, elf_len);
	if (!err) {
		snprintf(prefix, sizeof(prefix), "%016llx-", (unsigned long long)path_hash(real));
		cache_drop_older(dir, prefix, strrchr(cached, '/') + 1);
		/* For "prune", which looks whether the image is still there. */
		if (!text_format(source, sizeof(source), "%s" IMAGE_SOURCE, cached) &&
		    symlink(real, source))
			scratch_note(s, "cannot write %s: %s", source, strerror(errno));
		scratch_hold(s, cached);
		snprintf(elf_path, sz, "%s", cached);
		return 0;
	}
	scratch_note(s, "%s cannot be written (%s): extracting for this run only", dir,
		     strerror(-err));
	snprintf(elf_path, sz, "%s/%lld.vmlinux", s->dir, (long long)st->st_size);
	err = file_write_atomic(elf_path, elf, elf_len);
	if (err)
		return scratch_fail(s, VM_BROKEN, err, "cannot write %s: %s", elf_path,
				    strerror(-err));
	return 0;
}

int image_cached_path(struct scratch *s, const char *real, const struct stat *st, char *path,
		      size_t sz)
{
	return text_format(path, sz, "%s/vmlinux/%016llx-%lld.%09ld-%lld", s->cache,
			   (unsigned long long)path_hash(real), (long long)st->st_mtim.tv_sec,
			   st->st_mtim.tv_nsec, (long long)st->st_size);
}

int image_vmlinux(struct scratch *s, const char *path, char *elf_path, size_t sz)
{
	char real[PATH_MAX], cached[PATH_MAX];
	char *data = NULL, *elf = NULL;
	size_t len, elf_len;
	struct stat st;
	int err;

	if (!realpath(path, real) || stat(real, &st))
		return scratch_fail(s, VM_NO_KERNEL, -errno, "cannot read %s: %s", path,
				    strerror(errno));
	if (image_cached_path(s, real, &st, cached, sizeof(cached)))
		return scratch_fail(s, VM_BROKEN, -ENAMETOOLONG, "the cache's path is too long");
	if (!scratch_hold(s, cached)) {
		snprintf(elf_path, sz, "%s", cached);
		return 0;
	}
	err = file_read(real, IMAGE_MAX, &data, &len);
	if (err)
		return scratch_fail(s, VM_NO_KERNEL, err, "cannot read %s: %s", path,
				    strerror(-err));
	if (image_detect(s->arch, data, len) == s->arch->kernel_kind) {
		snprintf(elf_path, sz, "%s", real);
		err = 1;
		goto out;
	}
	err = image_extract(s, path, data, len, &elf, &elf_len);
	if (!err)
		err = image_store(s, real, &st, elf, elf_len, cached, elf_path, sz);
out:
	free(elf);
	free(data);
	return err;
}
