// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arch.h"
#include "debian.h"
#include "image.h"
#include "kernel.h"
#include "kmod.h"
#include "scratch.h"

#define SOURCE_MAX	(1u << 20)
#define MODULE_MAX	(16u << 20)
/* The first in which a set of kfuncs has flags (a4703e318432). */
#define SINCE		"6.0"

static const char *const sources[] = { "runner/kmod/bench_kmod.c", "runner/kmod/Kbuild",
				       "progs/twin.h", "runner/kmod/build.sh" };

#define NR_SOURCES	(sizeof(sources) / sizeof(sources[0]))

struct build {
	char root[PATH_MAX];	/* of the source tree */
	char dir[PATH_MAX];	/* temporary: a copy of the source, and what is made of it */
	uint64_t key;
};

/* Beside the launcher, which is at the top of its source tree. */
static int find_root(struct scratch *s, struct build *b)
{
	char path[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", b->root, sizeof(b->root) - 1);

	if (len < 0)
		return -errno;
	b->root[len] = '\0';
	*strrchr(b->root, '/') = '\0';
	if (text_format(path, sizeof(path), "%s/%s", b->root, sources[0]))
		return -ENAMETOOLONG;
	if (access(path, R_OK))
		return scratch_fail(s, VM_BROKEN, -ENOENT, "no source %s", path);
	return 0;
}

/* Puts the source into the temporary directory, and what it is into the key. */
static int copy_source(struct scratch *s, struct build *b)
{
	char from[PATH_MAX], to[PATH_MAX], *data;
	size_t i, len;
	int err;

	err = text_format(b->dir, sizeof(b->dir), "%s/kmod", s->dir);
	if (!err)
		err = dir_make_all(b->dir);
	for (i = 0; i < NR_SOURCES && !err; i++) {
		if (text_format(from, sizeof(from), "%s/%s", b->root, sources[i]) ||
		    text_format(to, sizeof(to), "%s%s", b->dir, strrchr(sources[i], '/')))
			return -ENAMETOOLONG;
		err = file_read(from, SOURCE_MAX, &data, &len);
		if (err)
			return scratch_fail(s, VM_BROKEN, err, "cannot read %s: %s", from,
					    strerror(-err));
		b->key = hash_add(b->key, data, len);
		err = file_write_atomic(to, data, len);
		free(data);
	}
	return err;
}

static int key_add_compiler(struct scratch *s, struct build *b)
{
	char *const argv[] = { "gcc", "--version", NULL };
	char out[PATH_MAX], *text;
	size_t len;
	int err;

	if (text_format(out, sizeof(out), "%s/compiler", b->dir))
		return -ENAMETOOLONG;
	err = proc_run(s, argv, out, NULL, NULL);
	if (err == -EINTR)
		return err;
	if (!err)
		err = file_read(out, SOURCE_MAX, &text, &len);
	if (err)
		return scratch_fail(s, VM_BROKEN, err < 0 ? err : -EIO, "no gcc on this system");
	b->key = hash_add(b->key, text, len);
	free(text);
	return 0;
}

static int find_tree(struct scratch *s, const struct kernel *k, char *tree, char *vmlinux,
		     size_t sz)
{
	int err;

	if (k->debian[0]) {
		if (debian_version_cmp(k->debian, SINCE) < 0)
			return scratch_fail(s, VM_BROKEN, -EOPNOTSUPP, "kernels before " SINCE
					    " cannot take its kfuncs");
		err = debian_headers(s, k->debian, tree, sz);
		if (!err)
			err = image_vmlinux(s, k->image, vmlinux, sz);
		return err < 0 ? err : 0;
	}
	if (!k->build[0] || !realpath(k->build, tree))
		return scratch_fail(s, VM_BROKEN, -ENOENT, "no build tree of %s is known (give "
				    "that to -k, or debian:VERSION)", k->label);
	vmlinux[0] = '\0';
	return 0;
}

/* Runs build.sh; its output is kept in the cache when it fails. */
static int run_build(struct scratch *s, struct build *b, const struct kernel *k, const char *path)
{
	char script[PATH_MAX], tree[PATH_MAX], vmlinux[PATH_MAX], ko[PATH_MAX], log[PATH_MAX];
	char *argv[] = { script, b->dir, tree, vmlinux, NULL };
	char *data;
	size_t len;
	int err;

	err = find_tree(s, k, tree, vmlinux, PATH_MAX);
	if (err)
		return err;
	if (!vmlinux[0])
		argv[3] = NULL;
	if (text_format(script, sizeof(script), "%s/runner/kmod/build.sh", b->root) ||
	    text_format(ko, sizeof(ko), "%s/bench_kmod.ko", b->dir) ||
	    text_format(log, sizeof(log), "%s.log", path))
		return -ENAMETOOLONG;
	scratch_note(s, "building bench_kmod for %s", k->label);
	unlink(log);
	err = proc_run(s, argv, log, log, NULL);
	if (err == -EINTR)
		return err;
	if (err)
		return scratch_fail(s, VM_BROKEN, err < 0 ? err : -EIO, "it did not build: see %s",
				    log);
	unlink(log);
	err = file_read(ko, MODULE_MAX, &data, &len);
	if (!err) {
		err = file_write_atomic(path, data, len);
		free(data);
	}
	return err;
}

static int cached_build(struct scratch *s, struct build *b, const struct kernel *k,
			const char *path)
{
	int lock, err;

	if (!access(path, R_OK))
		return 0;
	lock = scratch_lock_cache(s);
	if (lock < 0)
		return lock;
	/* Another launcher may have built it while we waited. */
	err = access(path, R_OK) ? run_build(s, b, k, path) : 0;
	close(lock);
	return err;
}

int kmod_build(struct scratch *s, const struct kernel *k, char *path, size_t sz)
{
	struct build *b = calloc(1, sizeof(*b));
	char dir[PATH_MAX];
	int err;

	if (!b)
		return -ENOMEM;
	if (s->arch != vm_arch_host()) {
		free(b);
		return scratch_fail(s, VM_BROKEN, -EOPNOTSUPP, "it is built for guests of this "
				    "machine's architecture only");
	}
	b->key = HASH_INIT;
	err = find_root(s, b);
	if (!err)
		err = copy_source(s, b);
	if (!err)
		err = key_add_compiler(s, b);
	if (!err)
		err = kernel_hash_add(k, &b->key);
	if (!err)
		err = text_format(dir, sizeof(dir), "%s/kmod", s->cache);
	if (!err)
		err = dir_make_all(dir);
	if (!err)
		err = text_format(path, sz, "%s/%s-%016llx.ko", dir, k->label,
				  (unsigned long long)b->key);
	if (!err)
		err = cached_build(s, b, k, path);
	if (err)
		scratch_fail(s, VM_BROKEN, err, "it cannot be built: %s", strerror(-err));
	free(b);
	return err;
}
