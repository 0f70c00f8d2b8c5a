// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apt.h"
#include "arch.h"
#include "cache.h"
#include "debian.h"
#include "image.h"
#include "kernel.h"
#include "kernels.h"
#include "scratch.h"

#define PREFIX		"debian:"
#define MIB		(1024.0 * 1024.0)

/* The newest kernel of a series in a suite. */
struct offer {
	char version[DEBIAN_VERSION_SZ];
	char release[64];	/* upstream's, as the package's version begins */
	char compiler[32];
	const char *suite;
	bool has_modules;
};

struct offers {
	struct offer *list;
	size_t nr;
};

/* Says the reason, if there is one; the exit status. */
static int close_scratch(struct scratch *s, int err)
{
	struct vm_outcome out = { .verdict = s->verdict, .signal = s->signal };
	int status = 0;

	if (err) {
		fprintf(stderr, "bench_vm: %s\n", s->reason[0] ? s->reason : strerror(-err));
		status = s->reason[0] ? vm_exit_status(&out) : 1;
	}
	scratch_close(s);
	return status;
}

static bool index_has(struct scratch *s, const char *index, const char *prefix, const char *abi)
{
	char package[256];

	return !text_format(package, sizeof(package), "%s%s%s", prefix, abi, s->arch->flavour) &&
	       debian_index_has(index, package);
}

/* What the packages beside the kernel's say of it. */
static void offer_look(struct scratch *s, const char *index, struct offer *o)
{
	char abi[DEBIAN_VERSION_SZ], headers[256];
	struct debian_package p;

	if (debian_abi(o->version, abi, sizeof(abi)))
		return;
	o->has_modules = index_has(s, index, "linux-modules-", abi) ||
			 (!index_has(s, index, "linux-binary-", abi) &&
			  !index_has(s, index, "linux-binary-unsigned-", abi));
	snprintf(headers, sizeof(headers), "linux-headers-%s%s", abi, s->arch->flavour);
	while (debian_index_next(&index, &p)) {
		if (!strcmp(p.name, headers))
			snprintf(o->compiler, sizeof(o->compiler), "%s", p.compiler);
	}
}

/* A candidate stays beside its release: it is what the suite has. */
static bool replaces(const struct offer *a, const struct offer *b)
{
	return debian_is_newer(a->version, b->version) && !strstr(b->version, "~rc");
}

/* In the place of an older one of its series, from whatever suite, or behind the others. */
static int offers_put(struct offers *os, const struct offer *o)
{
	struct offer *grown;
	size_t i;

	for (i = 0; i < os->nr; i++) {
		if (!strcmp(os->list[i].version, o->version) ||
		    replaces(&os->list[i], o))
			return 0;
		if (replaces(o, &os->list[i])) {
			os->list[i] = *o;
			return 0;
		}
	}
	grown = realloc(os->list, (os->nr + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	os->list = grown;
	os->list[os->nr++] = *o;
	return 0;
}

static int offers_add_suite(struct scratch *s, struct offers *os, const char *suite)
{
	char abi[DEBIAN_VERSION_SZ], *index;
	struct debian_package p;
	const char *at;
	int err;

	err = apt_list(s, suite, &index);
	if (err)
		return err;
	for (at = index; !err && debian_index_next(&at, &p);) {
		struct offer o = { .suite = suite, .compiler = "-" };

		if (!debian_package_version(p.name, s->arch->flavour, abi, sizeof(abi)) ||
		    debian_kernel_version(abi, p.version, o.version, sizeof(o.version)))
			continue;
		snprintf(o.release, sizeof(o.release), "%.*s", (int)strcspn(p.version, "-"),
			 p.version);
		offer_look(s, index, &o);
		err = offers_put(os, &o);
	}
	free(index);
	return err;
}

static bool offers_have_suite(const struct offers *os, const char *suite, const char *suffix)
{
	size_t i, len = strlen(suite);

	for (i = 0; i < os->nr; i++) {
		if (!strncmp(os->list[i].suite, suite, len) &&
		    !strcmp(os->list[i].suite + len, suffix))
			return true;
	}
	return false;
}

/* -EHOSTUNREACH: no mirror can be reached, and nobody need try the others. */
static int offers_read(struct scratch *s, struct offers *os)
{
	struct apt apt;
	const char *suite;
	char why[512];
	size_t i;
	int err, lock;

	lock = scratch_lock_cache(s);
	if (lock < 0)
		return lock;
	err = apt_open(s, &apt);
	for (i = 0; !err && (suite = debian_suite(i)); i++) {
		/* A release without its security updates has older ones of the same series. */
		if (offers_have_suite(os, suite, "-security"))
			continue;
		err = apt_update(s, &apt, suite, DEBIAN_FRESH_S, why, sizeof(why));
		if (err && err != -EHOSTUNREACH && err != -EINTR) {
			scratch_note(s, "no kernels of %s: %s", suite, why);
			err = 0;
		} else if (!err) {
			err = offers_add_suite(s, os, suite);
		}
		if (err == -EHOSTUNREACH)
			scratch_fail(s, VM_NO_KERNEL, err, "the mirrors cannot be reached (%s)",
				     why);
	}
	close(lock);
	return err;
}

static int by_version(const void *a, const void *b)
{
	return debian_version_cmp(((const struct offer *)a)->version,
				  ((const struct offer *)b)->version);
}

static void print_offers(struct offers *os, const struct cached_list *cached)
{
	size_t i;

	if (!os->nr)
		return;
	qsort(os->list, os->nr, sizeof(*os->list), by_version);
	printf("%-26s %-12s %-9s %s\n", "kernel to fetch", "release", "compiler", "suite");
	for (i = 0; i < os->nr; i++) {
		const struct offer *o = &os->list[i];
		bool is_cached = cache_list_find(cached, o->version);

		printf(PREFIX "%-19s %-12s %-9s %s%s%s%s\n", o->version, o->release, o->compiler,
		       o->suite, is_cached || !o->has_modules ? "," : "",
		       is_cached ? " cached" : "", o->has_modules ? "" : " no modules");
	}
}

static void print_cached(struct scratch *s, const struct cached_list *l)
{
	uint64_t sum = 0;
	char used[32];
	struct tm tm;
	size_t i;

	printf("%-26s %-12s %-9s %7s %7s %7s %7s  %s\n", "kernel in the cache", "", "compiler",
	       "image", "vmlinux", "headers", "MiB", "last use");
	for (i = 0; i < l->nr; i++) {
		const struct cached_kernel *k = &l->kernels[i];

		strftime(used, sizeof(used), "%F", localtime_r(&k->used, &tm));
		printf(PREFIX "%-19s %-12s %-9s %7.0f %7.0f %7.0f %7.0f  %s\n", k->version, "",
		       k->compiler[0] ? k->compiler : "-", (double)(k->image + k->modules) / MIB,
		       (double)k->vmlinux / MIB, (double)k->headers / MIB,
		       (double)cache_kernel_size(k) / MIB, used);
	}
	sum = cache_size(s->cache);
	printf("%.0f MiB in %s (image: with modules)\n", (double)sum / MIB, s->cache);
}

int kernels_list(const struct vm_config *cfg)
{
	struct cached_list cached = {};
	struct offers os = {};
	struct scratch s;
	int err;

	err = scratch_open(&s, cfg);
	if (err)
		return close_scratch(&s, err);
	err = offers_read(&s, &os);
	/* No apt, no mirror, a cache that cannot be written: what is cached is there still. */
	if (err && err != -EINTR && err != -ENOMEM) {
		fprintf(stderr, "bench_vm: %s: only what is cached is listed\n",
			s.reason[0] ? s.reason : strerror(-err));
		s.reason[0] = '\0';
		err = 0;
	}
	if (!err)
		err = cache_list(&s, &cached);
	if (!err) {
		print_offers(&os, &cached);
		printf("%s", os.nr ? "\n" : "");
		print_cached(&s, &cached);
		err = fflush(stdout) ? -errno : 0;
	}
	cache_list_free(&cached);
	free(os.list);
	return close_scratch(&s, err);
}

/* NULL with the reason set for a kernel that is not Debian's. */
static const char *strip_prefix(struct scratch *s, const char *spec, const char *verb)
{
	if (!strncmp(spec, PREFIX, strlen(PREFIX)))
		return spec + strlen(PREFIX);
	scratch_fail(s, VM_USAGE, -EINVAL, "%s %s: a kernel \"" PREFIX "...\" is wanted; others "
		     "are where they are", verb, spec);
	return NULL;
}

static int fetch_one(struct scratch *s, const char *spec)
{
	struct cached_list cached = {};
	const struct cached_kernel *found;
	char vmlinux[PATH_MAX];
	const char *version = strip_prefix(s, spec, "fetch");
	struct kernel k;
	int err;

	memset(&k, 0, sizeof(k));
	err = version ? debian_kernel_renew(s, version, &k) : -EINVAL;
	/* Now, and the image has proved to be whole. */
	if (!err)
		err = image_vmlinux(s, k.image, vmlinux, sizeof(vmlinux));
	if (err >= 0)
		err = cache_list(s, &cached);
	found = err ? NULL : cache_list_find(&cached, k.debian);
	if (found)
		printf("%-26s %-28s %5.0f MiB%s\n", spec, k.label,
		       (double)cache_kernel_size(found) / MIB, k.modules[0] ? "" : ", no modules");
	cache_list_free(&cached);
	return err;
}

int kernels_fetch(const struct vm_config *cfg, char *const *specs, size_t nr)
{
	int status = 0, one;
	struct scratch s;
	bool stop = false;
	size_t i;

	for (i = 0; i < nr && !stop; i++) {
		int err = scratch_open(&s, cfg);

		if (!err)
			err = fetch_one(&s, specs[i]);
		stop = err == -EINTR;
		one = close_scratch(&s, err);
		status = one ? one : status;
		fflush(stdout);
	}
	return status;
}

static void say_removed(const char *what, const char *name, uint64_t size, const char *why)
{
	if (size)
		printf("%-12s %-27s %7.1f MiB%s\n", what, name, (double)size / MIB, why);
}

static int prune_kernel(struct scratch *s, const struct cached_kernel *k, const char *why)
{
	char name[DEBIAN_VERSION_SZ + 16];
	int err = cache_remove_kernel(s, k->version);

	snprintf(name, sizeof(name), PREFIX "%s", k->version);
	if (!err)
		say_removed("kernel", name, cache_kernel_size(k), why);
	else if (err == -EWOULDBLOCK)
		fprintf(stderr, "bench_vm: %s is in use and stays\n", name);
	else
		fprintf(stderr, "bench_vm: cannot remove %s: %s\n", name, strerror(-err));
	return err;
}

/* All that a newer one of their series has replaced, and what is easily had again. */
static void prune_old(struct scratch *s, const struct cached_list *l)
{
	char why[DEBIAN_VERSION_SZ + 32], name[DEBIAN_VERSION_SZ + 16], indices[PATH_MAX];
	uint64_t size;
	size_t i, j;

	for (i = 0; i < l->nr; i++) {
		for (j = 0; j < l->nr; j++)
			if (debian_is_newer(l->kernels[j].version, l->kernels[i].version))
				break;
		snprintf(why, sizeof(why), ", replaced by %s",
			 j < l->nr ? l->kernels[j].version : "");
		if (j < l->nr && !prune_kernel(s, &l->kernels[i], why))
			continue;
		snprintf(name, sizeof(name), PREFIX "%s", l->kernels[i].version);
		if (!cache_remove_headers(s, l->kernels[i].version))
			say_removed("headers of", name, l->kernels[i].headers, "");
	}
	if (text_format(indices, sizeof(indices), "%s/apt%s", s->cache, s->arch->cache_suffix))
		return;
	size = cache_size(indices);
	cache_remove_indices(s);
	say_removed("apt's", "indices", size, "");
}

static int prune_spec(struct scratch *s, const struct cached_list *l, const char *arg)
{
	char spec[DEBIAN_VERSION_SZ], version[DEBIAN_VERSION_SZ];
	const char *at = strip_prefix(s, arg, "prune");
	bool is_found = false;
	int err, one;
	size_t i;

	err = at ? debian_spec(s, at, spec, sizeof(spec)) : -EINVAL;
	if (err)
		return err;
	/* A suite stands for the one that it was resolved to. */
	if (!debian_is_version(spec) && debian_cached(s, spec, version, sizeof(version)))
		strcpy(spec, version);
	for (i = 0; i < l->nr; i++) {
		if (!debian_version_matches(l->kernels[i].version, spec))
			continue;
		is_found = true;
		one = prune_kernel(s, &l->kernels[i], "");
		err = one ? one : err;
	}
	if (!is_found)
		return scratch_fail(s, VM_NO_KERNEL, -ENOENT, "no kernel %s in the cache", arg);
	return err;
}

int kernels_prune(const struct vm_config *cfg, char *const *specs, size_t nr)
{
	struct cached_list cached = {}, left = {};
	uint64_t before, after;
	int lock = -1, err, one;
	struct scratch s;
	size_t i;

	err = scratch_open(&s, cfg);
	if (err)
		return close_scratch(&s, err);
	before = cache_size(s.cache);
	lock = scratch_lock_cache(&s);
	if (lock < 0)
		return close_scratch(&s, lock);
	debian_sweep(&s);
	err = cache_list(&s, &cached);
	if (!err && !nr)
		prune_old(&s, &cached);
	for (i = 0; i < nr && err != -EINVAL && err != -ENOENT; i++) {
		one = prune_spec(&s, &cached, specs[i]);
		err = one ? one : err;
	}
	if (!cache_list(&s, &left))
		cache_remove_orphans(&s, &left);
	after = cache_size(s.cache);
	printf("freed %.1f MiB of %s, %.1f MiB are left\n",
	       before > after ? (double)(before - after) / MIB : 0, s.cache, (double)after / MIB);
	cache_list_free(&cached);
	cache_list_free(&left);
	close(lock);
	/* What stays has been said already. */
	if (err && !s.reason[0]) {
		scratch_close(&s);
		return 1;
	}
	return close_scratch(&s, err);
}
