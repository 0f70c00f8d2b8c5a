// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arch.h"
#include "cache.h"
#include "debian_cache.h"
#include "image.h"
#include "scratch.h"

#define BLOCK_SZ	512
/* A launcher may just be writing a file that has no link to its source yet. */
#define YOUNG_S		3600

uint64_t cache_size(const char *path)
{
	char *const roots[] = { (char *)path, NULL };
	uint64_t size = 0;
	FTSENT *e;
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);

	while (fts && (e = fts_read(fts))) {
		if (e->fts_info != FTS_DP && e->fts_info != FTS_NS && e->fts_info != FTS_ERR)
			size += (uint64_t)e->fts_statp->st_blocks * BLOCK_SZ;
	}
	if (fts)
		fts_close(fts);
	return size;
}

uint64_t cache_kernel_size(const struct cached_kernel *k)
{
	return k->image + k->modules + k->headers + k->vmlinux;
}

/* "Linux version 6.1.0-56-cloud-amd64 (who@where) (gcc-12 (Debian ...) ..." in the ELF. */
static void read_compiler(const char *elf, char *compiler, size_t sz)
{
	static const char banner[] = "Linux version ";
	const char *data, *at, *end, *gcc;
	struct stat st;
	int fd;

	fd = open(elf, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	data = fstat(fd, &st) || !st.st_size ? MAP_FAILED :
		mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (data == MAP_FAILED)
		return;
	end = data + st.st_size;
	for (at = data; (at = memmem(at, (size_t)(end - at), banner, sizeof(banner) - 1)); at++) {
		gcc = memmem(at, strnlen(at, (size_t)(end - at)), "gcc-", 4);
		if (!gcc || !isdigit((unsigned char)gcc[4]))
			continue;
		snprintf(compiler, sz, "%.*s", 4 + (int)strspn(gcc + 4, "0123456789"), gcc);
		break;
	}
	munmap((void *)data, (size_t)st.st_size);
}

static int vmlinux_path(struct scratch *s, const char *version, char *path, size_t sz)
{
	char name[DEBIAN_VERSION_SZ + 16], image[PATH_MAX], real[PATH_MAX];
	struct stat st;

	if (text_format(name, sizeof(name), "%s/vmlinuz", version) ||
	    cached_path(s, name, image, sizeof(image)))
		return -ENAMETOOLONG;
	if (!realpath(image, real) || stat(real, &st))
		return -errno;
	return image_cached_path(s, real, &st, path, sz);
}

static uint64_t part_size(struct scratch *s, const char *version, const char *part)
{
	char name[DEBIAN_VERSION_SZ + 16], path[PATH_MAX];

	if (text_format(name, sizeof(name), "%s/%s", version, part) ||
	    cached_path(s, name, path, sizeof(path)))
		return 0;
	return cache_size(path);
}

static void cached_look(struct scratch *s, struct cached_kernel *k)
{
	char path[PATH_MAX];
	struct stat st;

	k->image = part_size(s, k->version, "vmlinuz");
	k->modules = part_size(s, k->version, "modules");
	k->headers = part_size(s, k->version, "headers");
	if (!cached_path(s, k->version, path, sizeof(path)) && !stat(path, &st))
		k->used = st.st_mtime;
	if (!vmlinux_path(s, k->version, path, sizeof(path))) {
		k->vmlinux = cache_size(path);
		read_compiler(path, k->compiler, sizeof(k->compiler));
	}
}

static int by_version(const void *a, const void *b)
{
	return debian_version_cmp(((const struct cached_kernel *)a)->version,
				  ((const struct cached_kernel *)b)->version);
}

int cache_list(struct scratch *s, struct cached_list *l)
{
	struct cached_kernel *grown;
	char path[PATH_MAX];
	struct dirent *de;
	int err = 0;
	DIR *dir;

	memset(l, 0, sizeof(*l));
	if (cached_path(s, "", path, sizeof(path)))
		return -ENAMETOOLONG;
	dir = opendir(path);
	if (!dir)
		return errno == ENOENT ? 0 : -errno;
	while ((de = readdir(dir))) {
		if (!debian_is_version(de->d_name) || strlen(de->d_name) >= DEBIAN_VERSION_SZ)
			continue;
		grown = realloc(l->kernels, (l->nr + 1) * sizeof(*grown));
		if (!grown) {
			err = -ENOMEM;
			break;
		}
		l->kernels = grown;
		memset(&grown[l->nr], 0, sizeof(*grown));
		strcpy(grown[l->nr].version, de->d_name);
		cached_look(s, &grown[l->nr++]);
	}
	closedir(dir);
	if (err)
		cache_list_free(l);
	else if (l->nr)
		qsort(l->kernels, l->nr, sizeof(*l->kernels), by_version);
	return err;
}

void cache_list_free(struct cached_list *l)
{
	free(l->kernels);
	memset(l, 0, sizeof(*l));
}

const struct cached_kernel *cache_list_find(const struct cached_list *l, const char *version)
{
	size_t i;

	for (i = 0; i < l->nr; i++)
		if (!strcmp(l->kernels[i].version, version))
			return &l->kernels[i];
	return NULL;
}

int cache_remove_kernel(struct scratch *s, const char *version)
{
	char path[PATH_MAX], tmp[PATH_MAX], name[32];
	int lock, err;

	snprintf(name, sizeof(name), CACHED_TMP "%d", (int)getpid());
	if (cached_path(s, version, path, sizeof(path)) || cached_path(s, name, tmp, sizeof(tmp)))
		return -ENAMETOOLONG;
	lock = scratch_lock_unheld(path);
	if (lock < 0)
		return lock;
	/* First out of sight: a launcher must not find one that is half there. */
	err = rename(path, tmp) ? -errno : dir_remove_all(tmp);
	close(lock);
	return err;
}

int cache_remove_headers(struct scratch *s, const char *version)
{
	char name[DEBIAN_VERSION_SZ + 16], path[PATH_MAX], top[PATH_MAX];
	struct stat st;
	int err;

	if (text_format(name, sizeof(name), "%s/headers", version) ||
	    cached_path(s, name, path, sizeof(path)) || cached_path(s, version, top, sizeof(top)))
		return -ENAMETOOLONG;
	if (stat(top, &st))
		return -errno;
	err = dir_remove_all(path);
	/* This is no use of it. */
	utimensat(AT_FDCWD, top, (struct timespec[]){ st.st_atim, st.st_mtim }, 0);
	return err;
}

void cache_remove_indices(struct scratch *s)
{
	char path[PATH_MAX];

	if (!text_format(path, sizeof(path), "%s/apt%s", s->cache, s->arch->cache_suffix))
		dir_remove_all(path);
}

/* The image that an extracted one was made of is there, and is the same. */
static bool vmlinux_is_needed(struct scratch *s, const struct cached_list *l, const char *path)
{
	char source[PATH_MAX], real[PATH_MAX], now[PATH_MAX];
	struct stat st;
	ssize_t len;
	size_t i;

	for (i = 0; i < l->nr; i++) {
		if (!vmlinux_path(s, l->kernels[i].version, now, sizeof(now)) &&
		    !strcmp(now, path))
			return true;
	}
	if (text_format(source, sizeof(source), "%s" IMAGE_SOURCE, path))
		return true;
	len = readlink(source, real, sizeof(real) - 1);
	if (len < 0)
		return stat(path, &st) || time(NULL) - st.st_mtime < YOUNG_S;
	real[len] = '\0';
	return !stat(real, &st) && !image_cached_path(s, real, &st, now, sizeof(now)) &&
	       !strcmp(now, path);
}

static void remove_vmlinux(struct scratch *s, const struct cached_list *l, const char *path)
{
	size_t len = strlen(path), suffix = strlen(IMAGE_SOURCE);
	char source[PATH_MAX];
	int lock;

	if (len > suffix && !strcmp(path + len - suffix, IMAGE_SOURCE)) {
		snprintf(source, sizeof(source), "%.*s", (int)(len - suffix), path);
		if (access(source, F_OK))
			unlink(path);
		return;
	}
	if (vmlinux_is_needed(s, l, path))
		return;
	lock = scratch_lock_unheld(path);
	if (lock < 0)
		return;
	unlink(path);
	if (!text_format(source, sizeof(source), "%s" IMAGE_SOURCE, path))
		unlink(source);
	close(lock);
}

/* "LABEL-KEY.ko" of a kernel of Debian's that is gone. */
static void remove_module(struct scratch *s, const struct cached_list *l, const char *path)
{
	const char *name = strrchr(path, '/') + 1, *key = strrchr(name, '-');
	size_t flavour = strlen(s->arch->flavour), len = key ? (size_t)(key - name) : 0;
	char version[DEBIAN_VERSION_SZ];

	if (len <= flavour || strncmp(key - flavour, s->arch->flavour, flavour) ||
	    text_format(version, sizeof(version), "%.*s", (int)(len - flavour), name))
		return;
	if (!cache_list_find(l, version))
		unlink(path);
}

static void remove_pin(struct scratch *s, const struct cached_list *l, const char *path)
{
	(void)s;
	(void)l;
	if (!strncmp(strrchr(path, '/') + 1, CACHED_PIN, strlen(CACHED_PIN)) &&
	    access(path, F_OK))
		unlink(path);
}

static void for_each_in(struct scratch *s, const char *dir_path, const struct cached_list *l,
			void (*fn)(struct scratch *s, const struct cached_list *l,
				   const char *path))
{
	char path[PATH_MAX];
	struct dirent *de;
	DIR *dir = opendir(dir_path);

	while (dir && (de = readdir(dir))) {
		if (de->d_name[0] != '.' &&
		    !text_format(path, sizeof(path), "%s/%s", dir_path, de->d_name))
			fn(s, l, path);
	}
	if (dir)
		closedir(dir);
}

void cache_remove_orphans(struct scratch *s, const struct cached_list *l)
{
	char path[PATH_MAX];

	if (!text_format(path, sizeof(path), "%s/vmlinux", s->cache))
		for_each_in(s, path, l, remove_vmlinux);
	if (!text_format(path, sizeof(path), "%s/kmod", s->cache))
		for_each_in(s, path, l, remove_module);
	if (!cached_path(s, "", path, sizeof(path)))
		for_each_in(s, path, l, remove_pin);
}
