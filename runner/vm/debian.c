// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <errno.h>
#include <gnu/libc-version.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apt.h"
#include "arch.h"
#include "debian.h"
#include "debian_cache.h"
#include "kernel.h"
#include "scratch.h"

#define VERSION_SZ	DEBIAN_VERSION_SZ
#define NR_TRIES	2
#define DEPENDS_MAX	65536

/*
 * Where each version lives, the suite first whose compiler is nearest to Debian 12's. The last
 * row takes every other version; a suite the mirror does not have is passed over.
 */
#define NR_SUITES	5

static const struct {
	const char *series;
	const char *suites[NR_SUITES];
} archives[] = {
	{ "5.10", { "bullseye-security", "bullseye" } },
	{ "6.1", { "bookworm-security", "bookworm", "bullseye-security" } },
	{ "6.12", { "bookworm-security", "bookworm-backports", "trixie-security", "trixie" } },
	{ "", { "trixie-backports", "forky", "sid", "experimental" } },
};

#define NR_ARCHIVES	(sizeof(archives) / sizeof(archives[0]))

#define NEWEST		"newest"

/* Where released kernels are newest. */
static const char *const newest_suites[] = { "trixie-backports", "sid" };

#define NR_NEWEST	(sizeof(newest_suites) / sizeof(newest_suites[0]))

bool debian_is_version(const char *spec)
{
	return isdigit((unsigned char)spec[0]);
}

/* Else a prefix of one. */
static bool is_exact(const char *spec)
{
	return debian_is_version(spec) && strpbrk(spec, "+-~");
}

int debian_spec(struct scratch *s, const char *arg, char *spec, size_t sz)
{
	char *flavour;
	size_t len;

	snprintf(spec, sz, "%s", arg);
	flavour = strstr(spec, s->arch->flavour);
	if (flavour && !flavour[strlen(s->arch->flavour)])
		*flavour = '\0';
	len = debian_is_version(spec) ? strspn(spec, "0123456789.+-~abcdefghijklmnopqrstuvwxyz_") :
		strspn(spec, "abcdefghijklmnopqrstuvwxyz-");
	if (!len || spec[len] || strlen(arg) >= sz || spec[0] == '-')
		return scratch_fail(s, VM_NO_KERNEL, -EINVAL, "no Debian kernel \"%.80s\": a "
				    "version such as 6.12, a suite such as sid, or " NEWEST
				    " is wanted", arg);
	return 0;
}

const char *debian_suite(size_t i)
{
	size_t row, j;

	for (row = 0; row < NR_ARCHIVES; row++) {
		for (j = 0; j < NR_SUITES && archives[row].suites[j]; j++) {
			const char *suite = archives[row].suites[j];
			size_t r, c;
			bool is_first = true;

			for (r = 0; r < row && is_first; r++)
				for (c = 0; c < NR_SUITES && archives[r].suites[c]; c++)
					is_first = is_first && strcmp(archives[r].suites[c], suite);
			if (is_first && !i--)
				return suite;
		}
	}
	return NULL;
}

/* The newest that fits; "" for any, but for candidates where @is_release. */
static void list_newest(const char *index, const char *flavour, const char *spec, bool is_release,
			char *version, size_t sz)
{
	char abi[VERSION_SZ], found[VERSION_SZ];
	struct debian_package p;

	version[0] = '\0';
	while (debian_index_next(&index, &p)) {
		if (!debian_package_version(p.name, flavour, abi, sizeof(abi)) ||
		    debian_kernel_version(abi, p.version, found, sizeof(found)) ||
		    (*spec && !debian_version_matches(found, spec)) ||
		    (is_release && strstr(found, "~rc")))
			continue;
		if (!version[0] || debian_version_cmp(version, found) < 0)
			snprintf(version, sz, "%s", found);
	}
}

/* The newest package of tools, of whatever kernel. */
static void list_newest_tools(const char *index, char *package, size_t sz)
{
	static const char prefix[] = "linux-kbuild-";
	struct debian_package p;

	package[0] = '\0';
	while (debian_index_next(&index, &p)) {
		if (strncmp(p.name, prefix, sizeof(prefix) - 1))
			continue;
		if (!package[0] || debian_version_cmp(package, p.name) < 0)
			snprintf(package, sz, "%s", p.name);
	}
}

struct fetch {
	const char *what;	/* "kernel" or "headers" */
	int (*packages)(struct scratch *s, struct fetch *f);
	int (*arrange)(struct scratch *s, struct fetch *f);	/* NULL: packages are kept */
	const char *target;	/* below the version's directory in the cache, "": that itself */
	const struct apt *apt;
	const char *suite;
	char version[VERSION_SZ];
	char abi[VERSION_SZ];	/* in the names of packages */
	char *index;		/* of the suite */
	char dir[PATH_MAX];	/* temporary, beside the final one */
	char why[512];
};

static int fetch_named(struct scratch *s, struct fetch *f, const char *package)
{
	if (!debian_index_has(f->index, package)) {
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

	err = text_format(package, sizeof(package), "%s%s%s%s", prefix, f->abi, s->arch->flavour,
			  suffix);
	return err ? err : fetch_named(s, f, package);
}

/* Moves kernel and modules out of the packages to the places the cache has for them. */
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
	int err;

	err = text_format(from, sizeof(from), "%s/root", f->dir);
	if (!err)
		err = cached_unpack(s, f->dir, from);
	if (!err)
		err = dir_remove_files(f->dir, ".deb");
	if (!err)
		err = text_format(to, sizeof(to), "%s/vmlinuz", f->dir);
	if (err)
		return err;
	err = -ENOENT;
	for (i = 0; i < sizeof(images) / sizeof(images[0]) && err; i++) {
		snprintf(name, sizeof(name), images[i], f->abi, s->arch->flavour);
		if (text_format(from, sizeof(from), "%s/root/%s", f->dir, name))
			return -ENAMETOOLONG;
		err = rename(from, to) ? -errno : 0;
	}
	if (err || text_format(to, sizeof(to), "%s/modules", f->dir))
		return err ? err : -ENAMETOOLONG;
	for (i = 0; i < sizeof(modules) / sizeof(modules[0]); i++) {
		if (text_format(from, sizeof(from), "%s/root/%s/%s%s/kernel", f->dir, modules[i],
				f->abi, s->arch->flavour))
			return -ENAMETOOLONG;
		/* 6.19 to 7.1 have no modules in the archive any more. */
		if (!rename(from, to)) {
			err = cached_pack_modules(to);
			break;
		}
	}
	if (!err)
		err = text_format(from, sizeof(from), "%s/root", f->dir);
	return err ? err : dir_remove_all(from);
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
	err = apt_update(s, f->apt, suite, DEBIAN_FRESH_S, f->why, sizeof(f->why));
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
		err = text_format(package, sizeof(package), "linux-headers-%s-common", f->abi);
	if (!err)
		err = fetch_named(s, f, package);
	if (!err)
		err = debian_kbuild_package(f->abi, true, package, sizeof(package));
	if (err)
		return err;
	is_split = debian_index_has(f->index, package);
	if (!is_split)
		err = debian_kbuild_package(f->abi, false, package, sizeof(package));
	if (!err)
		err = fetch_named(s, f, package);
	if (!err)
		err = fetch_libc(s, f);
	/* The older package has no resolve_btfids; the tool is not bound to a kernel. */
	if (!err && !is_split) {
		list_newest_tools(f->index, package, sizeof(package));
		err = fetch_named(s, f, package);
	}
	return err;
}

static int fetch_version(struct scratch *s, struct fetch *f)
{
	char final_dir[PATH_MAX], name[32];
	int err;

	snprintf(name, sizeof(name), CACHED_TMP "%d", (int)getpid());
	err = cached_path(s, name, f->dir, sizeof(f->dir));
	if (!err)
		err = text_format(final_dir, sizeof(final_dir), "%s/debian%s/%s%s", s->cache,
				  s->arch->cache_suffix, f->version, f->target);
	if (!err)
		err = dir_make_all(f->dir);
	if (err)
		return scratch_fail(s, VM_NO_KERNEL, err, "cannot make %s: %s", f->dir,
				    strerror(-err));
	err = f->packages(s, f);
	if (!err && f->arrange) {
		err = f->arrange(s, f);
		if (err)
			snprintf(f->why, sizeof(f->why), "the package is not as expected (%s)",
				 strerror(-err));
	}
	if (!err) {
		dir_remove_all(final_dir);
		err = rename(f->dir, final_dir) ? -errno : 0;
	}
	if (err && disk_is_full(s->cache)) {
		scratch_fail(s, VM_NO_KERNEL, -ENOSPC,
			     "cannot fetch the %s %s: no space left in %s",
			     f->what, f->version, s->cache);
		err = -ENOSPC;
	}
	if (err)
		dir_remove_all(f->dir);
	return err;
}

/* Whether the suite has what is wanted; a kernel's spec becomes a version by that. */
static bool fetch_choose(struct scratch *s, struct fetch *f, const char *spec)
{
	char package[256];
	bool is_newest = !strcmp(spec, NEWEST);

	if (!f->target[0]) {
		list_newest(f->index, s->arch->flavour, debian_is_version(spec) ? spec : "",
			    is_newest, f->version, sizeof(f->version));
		return f->version[0] && !debian_abi(f->version, f->abi, sizeof(f->abi));
	}
	return !text_format(package, sizeof(package), "linux-headers-%s%s", f->abi,
			    s->arch->flavour) && debian_index_has(f->index, package);
}

static int fetch_index(struct scratch *s, struct fetch *f, int max_age_s)
{
	int err;

	free(f->index);
	f->index = NULL;
	err = apt_update(s, f->apt, f->suite, max_age_s, f->why, sizeof(f->why));
	return err ? err : apt_list(s, f->suite, &f->index);
}

/* -ENOENT: not in this suite. */
static int fetch_from_suite(struct scratch *s, const char *spec, struct fetch *f)
{
	struct kernel k;
	int err = 0, i;

	for (i = 0; i < NR_TRIES; i++) {
		/* What a download did not find may have moved since. */
		err = fetch_index(s, f, i ? 0 : DEBIAN_FRESH_S);
		if (err)
			return err;
		if (!fetch_choose(s, f, spec))
			return -ENOENT;
		if (!f->target[0] && !cached_open(s, f->version, &k))
			return 0;
		err = fetch_version(s, f);
		if (!err || err == -EINTR || s->reason[0])
			return err;
		scratch_note(s, "download of %s failed and was thrown away: %s", f->version,
			     f->why);
	}
	/* Not -ENOENT: the suite has it. */
	return err == -ENOENT ? -EIO : err;
}

/* The suite that has the newest release, to be fetched from there. */
static int fetch_find_newest(struct scratch *s, struct fetch *f)
{
	char newest[VERSION_SZ] = "";
	const char *suite = NULL;
	size_t i;
	int err;

	for (i = 0; i < NR_NEWEST; i++) {
		f->suite = newest_suites[i];
		err = fetch_index(s, f, DEBIAN_FRESH_S);
		if (err && err != -ENOENT)
			return err;
		if (!err && fetch_choose(s, f, NEWEST) &&
		    (!suite || debian_version_cmp(newest, f->version) < 0)) {
			suite = f->suite;
			snprintf(newest, sizeof(newest), "%s", f->version);
		}
	}
	f->suite = suite ? suite : newest_suites[0];
	return suite ? 0 : -ENOENT;
}

static int fetch_spec(struct scratch *s, const char *spec, struct fetch *f)
{
	const char *own[NR_SUITES] = { spec };
	const char *const *suites = own;
	struct apt apt;
	size_t row = 0, i;
	int err;

	err = apt_open(s, &apt);
	if (err)
		return err;
	f->apt = &apt;
	if (!strcmp(spec, NEWEST)) {
		err = fetch_find_newest(s, f);
		own[0] = f->suite;
	} else if (debian_is_version(spec)) {
		while (row < NR_ARCHIVES - 1 && !debian_version_matches(spec, archives[row].series))
			row++;
		suites = archives[row].suites;
	}
	for (i = 0; i < NR_SUITES && suites[i] && (!err || err == -ENOENT); i++) {
		f->suite = suites[i];
		err = fetch_from_suite(s, spec, f);
		if (!err || err == -EINTR || s->reason[0])
			return err;
	}
	/*
	 * Not the next suite when one fails: its kernel of that series may come from another
	 * compiler, and which one a user gets must not depend on a mirror's bad minute.
	 */
	if (err != -ENOENT)
		return scratch_fail(s, VM_NO_KERNEL, err, "cannot fetch the %s of debian:%s from "
				    "%s: %s", f->what, spec, f->suite, f->why);
	return scratch_fail(s, VM_NO_KERNEL, err, "no Debian %s %s (looked in %s%s; \"bench_vm "
			    "kernels\" lists what there is)", f->what, spec, suites[0],
			    suites[1] ? " and its like" : "");
}

/* A mirror that cannot be reached takes nothing away that is in the cache. */
static int fetch_or_keep(struct scratch *s, const char *spec, struct fetch *f)
{
	char version[VERSION_SZ];
	int err = fetch_spec(s, spec, f);

	if (err != -EHOSTUNREACH || !debian_cached(s, spec, version, sizeof(version)))
		return err;
	scratch_note(s, "%s: %s is cached and stays", s->reason, version);
	s->reason[0] = '\0';
	snprintf(f->version, sizeof(f->version), "%s", version);
	return 0;
}

static int debian_get(struct scratch *s, const char *spec_arg, bool is_renewed, struct kernel *k)
{
	struct fetch f = { .what = "kernel", .packages = fetch_kernel, .arrange = fetch_arrange,
			   .target = "" };
	char spec[VERSION_SZ];
	int lock, err;

	err = debian_spec(s, spec_arg, spec, sizeof(spec));
	if (err)
		return err;
	is_renewed = is_renewed && !is_exact(spec);
	if (!is_renewed && debian_cached(s, spec, f.version, sizeof(f.version)) &&
	    !cached_open(s, f.version, k))
		return 0;
	lock = scratch_lock_cache(s);
	if (lock < 0)
		return lock;
	debian_sweep(s);
	/* Another launcher may have fetched it while we waited. */
	err = !is_renewed && debian_cached(s, spec, f.version, sizeof(f.version)) ?
		cached_open(s, f.version, k) : -ENOENT;
	if (err) {
		err = fetch_or_keep(s, spec, &f);
		if (!err)
			err = cached_open(s, f.version, k);
		if (err)
			scratch_fail(s, VM_NO_KERNEL, err, "cannot keep debian:%s in %s: %s", spec,
				     s->cache, strerror(-err));
		else
			cached_pin(s, spec, f.version);
	}
	free(f.index);
	close(lock);
	return err;
}

int debian_kernel(struct scratch *s, const char *spec, struct kernel *k)
{
	return debian_get(s, spec, false, k);
}

int debian_kernel_renew(struct scratch *s, const char *spec, struct kernel *k)
{
	return debian_get(s, spec, true, k);
}

int debian_headers(struct scratch *s, const char *version, char *dir, size_t sz)
{
	struct fetch f = { .what = "kernel headers", .packages = fetch_headers,
			   .target = "/headers" };
	char top[PATH_MAX], old[PATH_MAX];
	int err;

	if (text_format(top, sizeof(top), "%s/debian%s/%s%s", s->cache, s->arch->cache_suffix,
			version, f.target) ||
	    text_format(old, sizeof(old), "%s/root", top) ||
	    text_format(dir, sz, "%s/headers", s->dir) ||
	    text_format(f.version, sizeof(f.version), "%s", version) ||
	    debian_abi(version, f.abi, sizeof(f.abi)))
		return -ENAMETOOLONG;
	/* What launchers up to 0.1 left: unpacked, 92 MB instead of 12. */
	if (access(top, F_OK) || !access(old, F_OK)) {
		debian_sweep(s);
		err = fetch_spec(s, version, &f);
		/* 6.16 to 7.1 have none any more: that takes four indices to find out. */
		if (err == -ENOENT && f.suite && dir_make_all(top))
			scratch_note(s, "cannot write %s", top);
		free(f.index);
		if (err)
			return err;
	}
	err = cached_unpack(s, top, dir);
	if (err == -EBADMSG) {
		dir_remove_all(top);
		return scratch_fail(s, VM_NO_KERNEL, err, "the cached kernel headers %s were "
				    "damaged and are thrown away: try again", version);
	}
	/* No package was there to be unpacked. */
	if (!err && access(dir, F_OK))
		return scratch_fail(s, VM_NO_KERNEL, -ENOENT, "the archive had no kernel headers "
				    "%s (remove %s to look again)", version, top);
	return err;
}
