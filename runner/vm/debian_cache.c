// SPDX-License-Identifier: GPL-2.0-only
/* The cache's side of Debian's kernels: what is in it, and under which name. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arch.h"
#include "debian.h"
#include "debian_cache.h"
#include "decompress.h"
#include "image.h"
#include "kernel.h"
#include "scratch.h"

#define VERSION_SZ	DEBIAN_VERSION_SZ
#define MODULE_MAX	(256ul << 20)
/* 91 MB of plain modules (6.1) become 31 MB in 2 s at level 1, 28 MB in 5 s at 6. */
#define MODULE_LEVEL	1

int cached_path(struct scratch *s, const char *name, char *path, size_t sz)
{
	return text_format(path, sz, "%s/debian%s%s%s", s->cache, s->arch->cache_suffix,
			   *name ? "/" : "", name);
}

/* A cached kernel's files, checked as far as its first page goes; -ENOENT when it is not there. */
int cached_open(struct scratch *s, const char *version, struct kernel *k)
{
	char dir[PATH_MAX], *data;
	size_t len;
	int err;

	err = cached_path(s, version, dir, sizeof(dir));
	if (!err)
		err = text_format(k->image, sizeof(k->image), "%s/vmlinuz", dir);
	if (err)
		return err;
	/* From here on "prune" leaves it alone. */
	if (scratch_hold(s, dir))
		return -ENOENT;
	err = file_read(k->image, IMAGE_MAX, &data, &len);
	if (!err) {
		const void *payload;
		size_t payload_len;

		err = image_payload(s->arch, data, len, &payload, &payload_len);
		free(data);
	}
	if (err) {
		scratch_note(s, "the cached kernel %s is damaged: thrown away", version);
		dir_remove_all(dir);
		return -ENOENT;
	}
	if (text_format(k->modules, sizeof(k->modules), "%s/modules", dir) ||
	    access(k->modules, R_OK))
		k->modules[0] = '\0';
	/* The time of its last use. */
	utimensat(AT_FDCWD, dir, NULL, 0);
	snprintf(k->label, sizeof(k->label), "%.90s%s", version, s->arch->flavour);
	snprintf(k->debian, sizeof(k->debian), "%s", version);
	return 0;
}

bool debian_cached(struct scratch *s, const char *spec, char *version, size_t sz)
{
	char path[PATH_MAX], name[VERSION_SZ + 8];
	struct dirent *de;
	ssize_t len;
	DIR *dir;

	snprintf(name, sizeof(name), CACHED_PIN "%s", spec);
	if (!cached_path(s, name, path, sizeof(path))) {
		len = readlink(path, version, sz - 1);
		if (len > 0) {
			version[len] = '\0';
			if (!cached_path(s, version, path, sizeof(path)) && !access(path, F_OK))
				return true;
		}
	}
	version[0] = '\0';
	if (cached_path(s, "", path, sizeof(path)))
		return false;
	dir = opendir(path);
	if (!dir)
		return false;
	while ((de = readdir(dir))) {
		/* A candidate is not what "7.3" means, unless nothing else was to be had. */
		if (!debian_is_version(spec) || !debian_version_matches(de->d_name, spec) ||
		    (strstr(de->d_name, "~rc") && !strchr(spec, '~')))
			continue;
		if (!version[0] || debian_version_cmp(version, de->d_name) < 0)
			text_format(version, sz, "%s", de->d_name);
	}
	closedir(dir);
	return version[0];
}

void cached_pin(struct scratch *s, const char *spec, const char *version)
{
	char path[PATH_MAX], name[VERSION_SZ + 8];

	snprintf(name, sizeof(name), CACHED_PIN "%s", spec);
	if (!strcmp(spec, version) || cached_path(s, name, path, sizeof(path)))
		return;
	unlink(path);
	/* Without it the next launch finds the newest cached one that fits. */
	if (symlink(version, path))
		scratch_note(s, "cannot write %s: %s", path, strerror(errno));
}

/* Under the cache's lock every temporary directory in it is a dead launcher's. */
void debian_sweep(struct scratch *s)
{
	char path[PATH_MAX], entry[PATH_MAX];
	struct dirent *de;
	DIR *dir;

	if (cached_path(s, "", path, sizeof(path)))
		return;
	dir = opendir(path);
	if (!dir)
		return;
	while ((de = readdir(dir))) {
		if (strncmp(de->d_name, CACHED_TMP, strlen(CACHED_TMP)) ||
		    cached_path(s, de->d_name, entry, sizeof(entry)))
			continue;
		scratch_note(s, "an earlier download was interrupted: thrown away");
		dir_remove_all(entry);
	}
	closedir(dir);
}

static bool has_suffix(const char *name, const char *suffix)
{
	size_t len = strlen(name), suffix_len = strlen(suffix);

	return len > suffix_len && !strcmp(name + len - suffix_len, suffix);
}

int cached_unpack(struct scratch *s, const char *dir_path, const char *root)
{
	char deb[PATH_MAX], log[PATH_MAX];
	char *const argv[] = { "dpkg-deb", "-x", deb, (char *)root, NULL };
	struct dirent *de;
	DIR *dir;
	int err;

	err = text_format(log, sizeof(log), "%s/dpkg.err", s->dir);
	dir = err ? NULL : opendir(dir_path);
	if (!dir)
		return err ? err : -errno;
	while (!err && (de = readdir(dir))) {
		if (!has_suffix(de->d_name, ".deb"))
			continue;
		err = text_format(deb, sizeof(deb), "%s/%s", dir_path, de->d_name);
		if (!err)
			err = proc_run(s, argv, NULL, log, NULL);
		if (err > 0)
			err = -EBADMSG;
	}
	closedir(dir);
	return err;
}

static int pack_module(const char *path)
{
	char packed_path[PATH_MAX], *data, *packed = NULL;
	size_t len, packed_len;
	int err;

	err = text_format(packed_path, sizeof(packed_path), "%s.gz", path);
	if (!err)
		err = file_read(path, MODULE_MAX, &data, &len);
	if (err)
		return err;
	err = compress_gzip(data, len, MODULE_LEVEL, &packed, &packed_len);
	free(data);
	if (!err)
		err = file_write(packed_path, packed, packed_len);
	free(packed);
	if (!err && unlink(path))
		err = -errno;
	return err;
}

int cached_pack_modules(const char *dir)
{
	char *const roots[] = { (char *)dir, NULL };
	int err = 0;
	FTSENT *e;
	FTS *fts;

	fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	if (!fts)
		return -errno;
	while (!err && (e = fts_read(fts))) {
		if (e->fts_info == FTS_F && has_suffix(e->fts_name, ".ko"))
			err = pack_module(e->fts_path);
	}
	fts_close(fts);
	return err;
}
