/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Debian's cloud kernels: found in the archive's signed indices, fetched by apt, kept in the
 * cache. Nothing is installed, and the system's own apt state is not touched.
 */
#ifndef BENCH_VM_DEBIAN_H
#define BENCH_VM_DEBIAN_H

#include <stdbool.h>
#include <stddef.h>

struct kernel;
struct scratch;

#define DEBIAN_VERSION_SZ	96
/* An index that was updated within this time is not updated again. */
#define DEBIAN_FRESH_S		3600

/*
 * @spec is a prefix of a version at a component's border ("6.12", "6.12.95"), an exact one
 * ("6.12.95+deb12", with or without the flavour), a suite ("sid": its newest), or "newest", the
 * newest release. What it resolved to is pinned in the cache; with that kernel in the cache
 * neither apt nor the network is used. 0 or -errno with the reason set.
 */
int debian_kernel(struct scratch *s, const char *spec, struct kernel *k);
/* The same, but looks for a newer one that fits, as far as a mirror can be reached. */
int debian_kernel_renew(struct scratch *s, const char *spec, struct kernel *k);
/* The version a spec was resolved to, or the newest cached one that fits. */
bool debian_cached(struct scratch *s, const char *spec, char *version, size_t sz);
/* Not a suite. */
bool debian_is_version(const char *spec);
/* 0 or -EINVAL with the reason set; without the flavour in @spec. */
int debian_spec(struct scratch *s, const char *arg, char *spec, size_t sz);
/* Throws away what dead launchers left behind. The caller has the cache's lock. */
void debian_sweep(struct scratch *s);
/* The i-th of the suites that are looked at, in the order of their kernels; NULL: no more. */
const char *debian_suite(size_t i);

/*
 * What a module for a cached kernel is built with: the headers packages and their tools, kept in
 * the cache and unpacked into the temporary directory; @dir holds their usr. The caller has the
 * cache's lock. 0 or -errno with the reason set.
 */
int debian_headers(struct scratch *s, const char *version, char *dir, size_t sz);

/* What is kept of a record in a suite's index. */
struct debian_package {
	char name[256];
	char version[128];	/* the package's, "7.3~rc7-1~exp1" */
	char compiler[32];	/* "gcc-12", of those that depend on one (headers), else "-" */
};

/* Lines "NAME VERSION COMPILER" for the records in @records; the caller frees. NULL: no memory. */
char *debian_index(const char *records);
/* The line at @at, which moves on. False at the end. */
bool debian_index_next(const char **at, struct debian_package *p);
bool debian_index_has(const char *index, const char *package);

/*
 * What we call a kernel: as its packages do ("6.12.95+deb12"), but "7.3~rc7" for a candidate whose
 * packages call it "7.3"; and back. 0 or -ENAMETOOLONG.
 */
int debian_kernel_version(const char *abi, const char *package_version, char *version, size_t sz);
int debian_abi(const char *version, char *abi, size_t sz);
/* Of "6.12" in "6.12.95+deb12". */
size_t debian_series_len(const char *version);
/* A later version of the same series and, as its compiler is another, for the same release. */
bool debian_is_newer(const char *a, const char *b);

/* Order of two versions as dpkg sees it, '~' before everything. < 0, 0, > 0. */
int debian_version_cmp(const char *a, const char *b);
bool debian_version_matches(const char *version, const char *spec);

/*
 * The version in the name of a package that carries a kernel of the flavour: "linux-image-",
 * "linux-binary-" or "linux-binary-unsigned-" in front. False for all other names.
 */
bool debian_package_version(const char *package, const char *flavour, char *version, size_t sz);

/* Whether a package with these dependencies wants a newer C library than @have ("2.36"). */
bool debian_needs_libc(const char *depends, const char *have);

/*
 * The package with a kernel's build tools: one for each version since 6.12, before that one for
 * each series. 0 or -ENAMETOOLONG.
 */
int debian_kbuild_package(const char *version, bool is_split, char *package, size_t sz);

#endif
