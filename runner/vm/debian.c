// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <gnu/libc-version.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apt.h"
#include "arch.h"
#include "debian.h"
#include "image.h"
#include "kernel.h"
#include "scratch.h"

#define VERSION_SZ	96
#define TMP_PREFIX	".tmp."
#define NR_TRIES	2
#define DEPENDS_MAX	65536

/*
 * Where each version lives, the suite first whose compiler is nearest to Debian 12's. The last
 * row takes every other version; a suite the mirror does not have is passed over.
 */
static const struct {
	const char *series;
	const char *suites[5];
} archives[] = {
	{ "5.10", { "bullseye", "bullseye-security" } },
	{ "6.1", { "bookworm-security", "bookworm" } },
	{ "6.12", { "bookworm-security", "bookworm-backports", "trixie-security", "trixie" } },
	{ "", { "trixie-backports", "forky", "sid", "experimental" } },
};

#define NR_ARCHIVES	(sizeof(archives) / sizeof(archives[0]))

static bool spec_is_valid(const char *spec)
{
	size_t len = strspn(spec, "0123456789.+-~abcdefghijklmnopqrstuvwxyz_");

	return isdigit((unsigned char)spec[0]) && !spec[len] && len < VERSION_SZ;
}

static int debian_path(struct scratch *s, const char *name, char *path, size_t sz)
{
	return text_format(path, sz, "%s/debian%s%s%s", s->cache, s->arch->cache_suffix,
			   *name ? "/" : "", name);
}

/* A cached kernel's files, checked as far as its first page goes; -ENOENT when it is not there. */
static int cached_open(struct scratch *s, const char *version, struct kernel *k)
{
	char dir[PATH_MAX], *data;
	struct stat st;
	size_t len;
	int err;

	err = debian_path(s, version, dir, sizeof(dir));
	if (!err)
		err = text_format(k->image, sizeof(k->image), "%s/vmlinuz", dir);
	if (err)
		return err;
	if (stat(dir, &st))
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
	snprintf(k->label, sizeof(k->label), "%.90s%s", version, s->arch->flavour);
	snprintf(k->debian, sizeof(k->debian), "%s", version);
	return 0;
}

/* The version a spec was resolved to before, or the newest cached one that fits. */
static bool cached_find(struct scratch *s, const char *spec, char *version, size_t sz)
{
	char path[PATH_MAX], name[VERSION_SZ + 8];
	struct dirent *de;
	ssize_t len;
	DIR *dir;

	snprintf(name, sizeof(name), "pin.%s", spec);
	if (!debian_path(s, name, path, sizeof(path))) {
		len = readlink(path, version, sz - 1);
		if (len > 0) {
			version[len] = '\0';
			if (!debian_path(s, version, path, sizeof(path)) && !access(path, F_OK))
				return true;
		}
	}
	version[0] = '\0';
	if (debian_path(s, "", path, sizeof(path)))
		return false;
	dir = opendir(path);
	if (!dir)
		return false;
	while ((de = readdir(dir))) {
		if (!debian_version_matches(de->d_name, spec))
			continue;
		if (!version[0] || debian_version_cmp(version, de->d_name) < 0)
			text_format(version, sz, "%s", de->d_name);
	}
	closedir(dir);
	return version[0];
}

static void cached_pin(struct scratch *s, const char *spec, const char *version)
{
	char path[PATH_MAX], name[VERSION_SZ + 8];

	snprintf(name, sizeof(name), "pin.%s", spec);
	if (!strcmp(spec, version) || debian_path(s, name, path, sizeof(path)))
		return;
	unlink(path);
	/* Without it the next launch finds the newest cached one that fits. */
	if (symlink(version, path))
		scratch_note(s, "cannot write %s: %s", path, strerror(errno));
}

/* Under the cache's lock every temporary directory in it is a dead launcher's. */
static void cached_sweep(struct scratch *s)
{
	char path[PATH_MAX], entry[PATH_MAX];
	struct dirent *de;
	DIR *dir;

	if (debian_path(s, "", path, sizeof(path)))
		return;
	dir = opendir(path);
	if (!dir)
		return;
	while ((de = readdir(dir))) {
		if (strncmp(de->d_name, TMP_PREFIX, strlen(TMP_PREFIX)) ||
		    debian_path(s, de->d_name, entry, sizeof(entry)))
			continue;
		scratch_note(s, "an earlier download was interrupted: thrown away");
		dir_remove_all(entry);
	}
	closedir(dir);
}

/* True when the list has a package of exactly this name. */
static bool list_has(const char *names, const char *package)
{
	size_t len = strlen(package);
	const char *p = names;

	while ((p = strstr(p, package))) {
		if ((p == names || p[-1] == '\n') && (p[len] == '\n' || !p[len]))
			return true;
		p += len;
	}
	return false;
}

static void list_newest(const char *names, const char *flavour, const char *spec, char *version,
			size_t sz)
{
	char name[256], found[VERSION_SZ];
	size_t len;

	version[0] = '\0';
	for (; *names; names += len + (names[len] == '\n')) {
		len = strcspn(names, "\n");
		if (text_format(name, sizeof(name), "%.*s", (int)len, names) ||
		    !debian_package_version(name, flavour, found, sizeof(found)) ||
		    !debian_version_matches(found, spec))
			continue;
		if (!version[0] || debian_version_cmp(version, found) < 0)
			snprintf(version, sz, "%s", found);
	}
}

/* The newest package of tools, of whatever kernel. */
static void list_newest_tools(const char *names, char *package, size_t sz)
{
	static const char prefix[] = "linux-kbuild-";
	char name[256];
	size_t len;

	package[0] = '\0';
	for (; *names; names += len + (names[len] == '\n')) {
		len = strcspn(names, "\n");
		if (strncmp(names, prefix, sizeof(prefix) - 1) ||
		    text_format(name, sizeof(name), "%.*s", (int)len, names))
			continue;
		if (!package[0] || debian_version_cmp(package, name) < 0)
			snprintf(package, sz, "%s", name);
	}
}

struct fetch {
	const char *what;	/* "kernel" or "headers" */
	int (*packages)(struct scratch *s, struct fetch *f);
	int (*arrange)(struct scratch *s, struct fetch *f);
	const char *target;	/* below the version's directory in the cache, "": that itself */
	const struct apt *apt;
	const char *suite;
	char version[VERSION_SZ];
	char *names;		/* packages of the suite */
	char dir[PATH_MAX];	/* temporary, beside the final one */
	char why[512];
};

static int fetch_named(struct scratch *s, struct fetch *f, const char *package)
{
	if (!list_has(f->names, package)) {
		snprintf(f->why, sizeof(f->why), "no %s", package);
		return -ENOENT;
	}
	scratch_note(s, "fetching %s from %s", package, f->suite);
	return apt_download(s, f->suite, package, f->dir, f->why, sizeof(f->why));
}

static int fetch_package(struct scratch *s, struct fetch *f, const char *prefix, const char *suffix)
{
	char package[256];
	int err;

	err = text_format(package, sizeof(package), "%s%s%s%s", prefix, f->version,
			  s->arch->flavour, suffix);
	return err ? err : fetch_named(s, f, package);
}

static int fetch_unpack(struct scratch *s, struct fetch *f)
{
	char deb[PATH_MAX], root[PATH_MAX], log[PATH_MAX];
	char *const argv[] = { "dpkg-deb", "-x", deb, root, NULL };
	struct dirent *de;
	DIR *dir;
	int err;

	err = text_format(root, sizeof(root), "%s/root", f->dir);
	if (!err)
		err = text_format(log, sizeof(log), "%s/dpkg.err", s->dir);
	dir = err ? NULL : opendir(f->dir);
	if (!dir)
		return err ? err : -errno;
	while (!err && (de = readdir(dir))) {
		size_t len = strlen(de->d_name);

		if (len < 4 || strcmp(de->d_name + len - 4, ".deb"))
			continue;
		err = text_format(deb, sizeof(deb), "%s/%s", f->dir, de->d_name);
		if (!err)
			err = proc_run(s, argv, NULL, log, NULL);
		if (err > 0)
			err = -EBADMSG;
		unlink(deb);
	}
	closedir(dir);
	return err;
}

/* Moves kernel and modules out of the unpacked tree to the places the cache has for them. */
static int fetch_arrange(struct scratch *s, struct fetch *f)
{
	static const char *const images[] = {
		"boot/vmlinuz-%s%s",
		"usr/lib/modules/%s%s/vmlinuz",
		"usr/lib/modules/%s%s/vmlinuz.unsigned",
	};
	static const char *const modules[] = { "usr/lib/modules", "lib/modules" };
	char from[PATH_MAX], to[PATH_MAX], name[256];
	size_t i;
	int err = -ENOENT;

	if (text_format(to, sizeof(to), "%s/vmlinuz", f->dir))
		return -ENAMETOOLONG;
	for (i = 0; i < sizeof(images) / sizeof(images[0]) && err; i++) {
		snprintf(name, sizeof(name), images[i], f->version, s->arch->flavour);
		if (text_format(from, sizeof(from), "%s/root/%s", f->dir, name))
			return -ENAMETOOLONG;
		err = rename(from, to) ? -errno : 0;
	}
	if (err || text_format(to, sizeof(to), "%s/modules", f->dir))
		return err ? err : -ENAMETOOLONG;
	for (i = 0; i < sizeof(modules) / sizeof(modules[0]); i++) {
		if (text_format(from, sizeof(from), "%s/root/%s/%s%s/kernel", f->dir, modules[i],
				f->version, s->arch->flavour))
			return -ENAMETOOLONG;
		/* 6.19 to 7.1 have no modules in the archive any more. */
		if (!rename(from, to))
			break;
	}
	if (text_format(from, sizeof(from), "%s/root", f->dir))
		return -ENAMETOOLONG;
	return dir_remove_all(from);
}

/* Before 6.19 one image package has all; later ones are split and the image is a meta package. */
static int fetch_kernel(struct scratch *s, struct fetch *f)
{
	int err;

	err = fetch_package(s, f, "linux-binary-", "");
	if (err == -ENOENT)
		err = fetch_package(s, f, "linux-binary-unsigned-", "");
	if (!err) {
		err = fetch_package(s, f, "linux-modules-", "");
		return err == -ENOENT ? 0 : err;
	}
	if (err == -ENOENT)
		err = fetch_package(s, f, "linux-image-", "");
	if (err == -ENOENT)
		err = fetch_package(s, f, "linux-image-", "-unsigned");
	return err;
}

/* The tools in a package may be too new for this system: then with the C library of their own. */
static int fetch_libc(struct scratch *s, struct fetch *f)
{
	char depends[PATH_MAX], *text;
	char *const argv[] = { "sh", "-c", "dpkg-deb -f linux-kbuild-*.deb Depends", NULL };
	size_t base = strcspn(f->suite, "-"), len;
	bool is_needed;
	char suite[32];
	int err;

	if (text_format(depends, sizeof(depends), "%s/depends", s->dir) ||
	    text_format(suite, sizeof(suite), "%.*s", (int)base, f->suite))
		return -ENAMETOOLONG;
	/* Additions to a suite ("trixie-backports") have no library, nor has experimental. */
	if (!strcmp(suite, "experimental"))
		strcpy(suite, "sid");
	unlink(depends);
	err = proc_run(s, argv, depends, NULL, f->dir);
	if (!err)
		err = file_read(depends, DEPENDS_MAX, &text, &len);
	if (err)
		return err < 0 ? err : -EBADMSG;
	is_needed = debian_needs_libc(text, gnu_get_libc_version());
	free(text);
	if (!is_needed)
		return 0;
	scratch_note(s, "fetching libc6 from %s", suite);
	err = apt_update(s, f->apt, suite, f->why, sizeof(f->why));
	return err ? err : apt_download(s, suite, "libc6", f->dir, f->why, sizeof(f->why));
}

/* What a module is built with; the names of the tools' packages differ between releases. */
static int fetch_headers(struct scratch *s, struct fetch *f)
{
	char package[256];
	bool is_split;
	int err;

	err = fetch_package(s, f, "linux-headers-", "");
	if (!err)
		err = text_format(package, sizeof(package), "linux-headers-%s-common", f->version);
	if (!err)
		err = fetch_named(s, f, package);
	if (!err)
		err = debian_kbuild_package(f->version, true, package, sizeof(package));
	if (err)
		return err;
	is_split = list_has(f->names, package);
	if (!is_split)
		err = debian_kbuild_package(f->version, false, package, sizeof(package));
	if (!err)
		err = fetch_named(s, f, package);
	if (!err)
		err = fetch_libc(s, f);
	/* The older package has no resolve_btfids; the tool is not bound to a kernel. */
	if (!err && !is_split) {
		list_newest_tools(f->names, package, sizeof(package));
		err = fetch_named(s, f, package);
	}
	return err;
}

static int fetch_version(struct scratch *s, struct fetch *f)
{
	char final_dir[PATH_MAX], name[32];
	int err;

	snprintf(name, sizeof(name), TMP_PREFIX "%d", (int)getpid());
	err = debian_path(s, name, f->dir, sizeof(f->dir));
	if (!err)
		err = text_format(final_dir, sizeof(final_dir), "%s/debian%s/%s%s", s->cache,
				  s->arch->cache_suffix, f->version, f->target);
	if (!err)
		err = dir_make_all(f->dir);
	if (err)
		return scratch_fail(s, VM_NO_KERNEL, err, "cannot make %s: %s", f->dir,
				    strerror(-err));
	err = f->packages(s, f);
	if (!err) {
		err = fetch_unpack(s, f);
		if (!err && f->arrange)
			err = f->arrange(s, f);
		if (err)
			snprintf(f->why, sizeof(f->why), "the package is not as expected (%s)",
				 strerror(-err));
	}
	if (!err) {
		dir_remove_all(final_dir);
		err = rename(f->dir, final_dir) ? -errno : 0;
	}
	if (err)
		dir_remove_all(f->dir);
	return err;
}

/* Whether the suite has what is wanted; a kernel's spec becomes a version by that. */
static bool fetch_choose(struct scratch *s, struct fetch *f, const char *spec)
{
	char package[256];

	if (!f->target[0]) {
		list_newest(f->names, s->arch->flavour, spec, f->version, sizeof(f->version));
		return f->version[0];
	}
	return !text_format(package, sizeof(package), "linux-headers-%s%s", f->version,
			    s->arch->flavour) && list_has(f->names, package);
}

/* -ENOENT: not in this suite. */
static int fetch_from_suite(struct scratch *s, const char *spec, struct fetch *f)
{
	int err = 0, i;

	for (i = 0; i < NR_TRIES; i++) {
		err = apt_update(s, f->apt, f->suite, f->why, sizeof(f->why));
		if (err)
			return err;
		free(f->names);
		f->names = NULL;
		err = apt_list(s, f->suite, &f->names);
		if (err)
			return err;
		if (!fetch_choose(s, f, spec))
			return -ENOENT;
		err = fetch_version(s, f);
		if (!err || err == -EINTR || s->reason[0])
			return err;
		scratch_note(s, "download of %s failed and was thrown away: %s", f->version,
			     f->why);
	}
	/* Not -ENOENT: the suite has it. */
	return err == -ENOENT ? -EIO : err;
}

static int fetch_spec(struct scratch *s, const char *spec, struct fetch *f)
{
	struct apt apt;
	size_t row, i;
	int err;

	err = apt_open(s, &apt);
	if (err)
		return err;
	f->apt = &apt;
	for (row = 0; row < NR_ARCHIVES - 1; row++) {
		if (debian_version_matches(spec, archives[row].series))
			break;
	}
	for (i = 0; i < 5 && archives[row].suites[i]; i++) {
		f->suite = archives[row].suites[i];
		err = fetch_from_suite(s, spec, f);
		if (!err || err == -EINTR || s->reason[0])
			return err;
		/*
		 * Not the next suite: its kernel of that series may come from another compiler,
		 * and which one a user gets must not depend on a mirror's bad minute.
		 */
		if (err != -ENOENT)
			return scratch_fail(s, VM_NO_KERNEL, err, "cannot fetch the %s of debian:%s "
					    "from %s: %s", f->what, spec, f->suite, f->why);
	}
	return scratch_fail(s, VM_NO_KERNEL, -ENOENT, "no Debian %s %s (looked in %s and its like)",
			    f->what, spec, archives[row].suites[0]);
}

int debian_kernel(struct scratch *s, const char *spec_arg, struct kernel *k)
{
	struct fetch f = { .what = "kernel", .packages = fetch_kernel, .arrange = fetch_arrange,
			   .target = "" };
	char spec[VERSION_SZ] = "", *flavour;
	int lock, err;

	snprintf(spec, sizeof(spec), "%s", spec_arg);
	flavour = strstr(spec, s->arch->flavour);
	if (flavour && !flavour[strlen(s->arch->flavour)])
		*flavour = '\0';
	if (strlen(spec_arg) >= sizeof(spec) || !spec_is_valid(spec))
		return scratch_fail(s, VM_NO_KERNEL, -EINVAL, "no Debian kernel \"%.80s\": a "
				    "version such as 6.12 is wanted", spec_arg);
	if (cached_find(s, spec, f.version, sizeof(f.version)) && !cached_open(s, f.version, k))
		return 0;
	lock = scratch_lock_cache(s);
	if (lock < 0)
		return lock;
	cached_sweep(s);
	/* Another launcher may have fetched it while we waited. */
	err = cached_find(s, spec, f.version, sizeof(f.version)) ? cached_open(s, f.version, k) :
		-ENOENT;
	if (err) {
		err = fetch_spec(s, spec, &f);
		if (!err)
			err = cached_open(s, f.version, k);
		if (err)
			scratch_fail(s, VM_NO_KERNEL, err, "cannot keep debian:%s in %s: %s", spec,
				     s->cache, strerror(-err));
		else
			cached_pin(s, spec, f.version);
	}
	free(f.names);
	close(lock);
	return err;
}

int debian_headers(struct scratch *s, const char *version, char *dir, size_t sz)
{
	struct fetch f = { .what = "kernel headers", .packages = fetch_headers,
			   .target = "/headers" };
	char top[PATH_MAX];
	int err;

	if (text_format(top, sizeof(top), "%s/debian%s/%s%s", s->cache, s->arch->cache_suffix,
			version, f.target) ||
	    text_format(dir, sz, "%s/root", top) ||
	    text_format(f.version, sizeof(f.version), "%s", version))
		return -ENAMETOOLONG;
	if (!access(dir, F_OK))
		return 0;
	if (!access(top, F_OK))
		return scratch_fail(s, VM_NO_KERNEL, -ENOENT, "the archive had no kernel headers %s "
				    "(remove %s to look again)", version, top);
	cached_sweep(s);
	err = fetch_spec(s, version, &f);
	/* 6.16 to 7.1 have none any more: that takes four indices to find out, so it is kept. */
	if (err == -ENOENT && f.suite && dir_make_all(top))
		scratch_note(s, "cannot write %s", top);
	free(f.names);
	return err;
}
