/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Below "debian" in the cache: VERSION/vmlinuz, VERSION/modules, VERSION/headers (packages; empty:
 * the archive has none), and symbolic links pin.SPEC to the version that a spec stands for. The
 * time of VERSION is that of its last use.
 */
#ifndef BENCH_VM_DEBIAN_CACHE_H
#define BENCH_VM_DEBIAN_CACHE_H

#include <stddef.h>

struct kernel;
struct scratch;

#define CACHED_TMP	".tmp."		/* begins the name of a download that is not whole yet */
#define CACHED_PIN	"pin."

/* "": the directory itself. */
int cached_path(struct scratch *s, const char *name, char *path, size_t sz);
/* Held until the scratch is closed. -ENOENT when it is not there, or was damaged and is gone. */
int cached_open(struct scratch *s, const char *version, struct kernel *k);
void cached_pin(struct scratch *s, const char *spec, const char *version);

/* Unpacks the packages in @dir below @root. 0 or -errno (-EBADMSG: not a package). */
int cached_unpack(struct scratch *s, const char *dir, const char *root);
/* Compresses the modules below @dir that are not. 0 or -errno. */
int cached_pack_modules(const char *dir);

#endif
