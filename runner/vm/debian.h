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

/*
 * @version is a prefix at a component's border ("6.12", "6.12.95") or exact ("6.12.95+deb12",
 * with or without the flavour). What it resolved to is pinned in the cache; with that kernel in
 * the cache neither apt nor the network is used. 0 or -errno with the reason set.
 */
int debian_kernel(struct scratch *s, const char *version, struct kernel *k);

/*
 * What a module for a cached kernel is built with: the headers packages and their tools, unpacked
 * into the cache; @dir holds their usr. The caller has the cache's lock. 0 or -errno with the
 * reason set.
 */
int debian_headers(struct scratch *s, const char *version, char *dir, size_t sz);

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
