// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "arch.h"
#include "debian.h"
#include "image.h"
#include "kernel.h"
#include "scratch.h"

#define HEAD_SZ		4096

/* What a regular file is, from its first bytes. -errno when it cannot be read. */
static int kernel_detect(const struct vm_arch *arch, const char *path, enum image_kind *kind)
{
	char head[HEAD_SZ];
	ssize_t n;
	int fd, err = 0;

	/* O_NONBLOCK: opening a FIFO must not wait for a writer. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -errno;
	n = read(fd, head, sizeof(head));
	if (n < 0)
		err = -errno;
	close(fd);
	*kind = n > 0 ? image_detect(arch, head, (size_t)n) : IMAGE_OTHER;
	return err;
}

static void kernel_label(struct kernel *k, const char *name)
{
	size_t len = strlen(name), i;

	while (len > 1 && name[len - 1] == '/')
		len--;
	for (i = len; i > 0 && name[i - 1] != '/'; i--)
		;
	snprintf(k->label, sizeof(k->label), "%.*s", (int)(len - i), name + i);
	for (i = 0; k->label[i]; i++) {
		if (!strchr("0123456789.+-_~abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
			    k->label[i]))
			k->label[i] = '_';
	}
}

static int kernel_file(struct scratch *s, const char *path, struct kernel *k)
{
	enum image_kind kind;
	struct stat st;
	int err;

	if (stat(path, &st))
		return scratch_fail(s, VM_NO_KERNEL, -errno, "no kernel %s: %s", path,
				    strerror(errno));
	if (!S_ISREG(st.st_mode))
		return scratch_fail(s, VM_NO_KERNEL, -EINVAL, "%s is no regular file", path);
	if (!st.st_size)
		return scratch_fail(s, VM_NO_KERNEL, -EINVAL, "%s is empty", path);
	err = kernel_detect(s->arch, path, &kind);
	if (err)
		return scratch_fail(s, VM_NO_KERNEL, err, "cannot read the kernel %s: %s", path,
				    strerror(-err));
	if (kind == IMAGE_OTHER)
		return scratch_fail(s, VM_NO_KERNEL, -ENOEXEC, "%s is no %s kernel (%s)", path,
				    s->arch->name, s->arch->image_names);
	snprintf(k->image, sizeof(k->image), "%s", path);
	return 0;
}

static int kernel_tree(struct scratch *s, const char *dir, struct kernel *k)
{
	const char *const *images = s->arch->tree_images;
	char path[PATH_MAX];
	size_t i;

	for (i = 0; i < ARCH_NR_TREE_IMAGES && images[i]; i++) {
		if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, images[i]) >= sizeof(path))
			continue;
		if (access(path, F_OK))
			continue;
		snprintf(k->modules, sizeof(k->modules), "%s", dir);
		snprintf(k->build, sizeof(k->build), "%s", dir);
		return kernel_file(s, path, k);
	}
	return scratch_fail(s, VM_NO_KERNEL, -ENOENT, "%s is no kernel build tree for %s (no %s "
			    "and no %s in it)", dir, s->arch->name, images[0], images[1]);
}

static int kernel_host(struct scratch *s, struct kernel *k)
{
	static const char *const forms[] = { "/boot/vmlinuz-%s", "/lib/modules/%s/vmlinuz",
					     "/usr/lib/modules/%s/vmlinuz" };
	char path[PATH_MAX];
	struct utsname uts;
	size_t i;

	if (s->arch != vm_arch_host())
		return scratch_fail(s, VM_NO_KERNEL, -ENOEXEC, "the running kernel is not of %s",
				    s->arch->name);
	if (uname(&uts))
		return scratch_fail(s, VM_NO_KERNEL, -errno, "uname: %s", strerror(errno));
	kernel_label(k, uts.release);
	snprintf(k->modules, sizeof(k->modules), "/lib/modules/%s", uts.release);
	snprintf(k->build, sizeof(k->build), "/lib/modules/%s/build", uts.release);
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		snprintf(path, sizeof(path), forms[i], uts.release);
		if (!access(path, F_OK))
			return kernel_file(s, path, k);
	}
	return scratch_fail(s, VM_NO_KERNEL, -ENOENT, "no image of the running kernel %s here "
			    "(looked for /boot/vmlinuz-%s)", uts.release, uts.release);
}

int kernel_resolve(struct scratch *s, const char *spec, struct kernel *k)
{
	struct stat st;

	memset(k, 0, sizeof(*k));
	if (!strncmp(spec, "debian:", 7))
		return debian_kernel(s, spec + 7, k);
	if (!strcmp(spec, "host"))
		return kernel_host(s, k);
	kernel_label(k, spec);
	if (!stat(spec, &st) && S_ISDIR(st.st_mode))
		return kernel_tree(s, spec, k);
	return kernel_file(s, spec, k);
}

int kernel_hash_add(const struct kernel *k, uint64_t *hash)
{
	char real[PATH_MAX];
	struct stat st;

	if (!realpath(k->image, real) || stat(real, &st))
		return -errno;
	*hash = hash_add(*hash, real, strlen(real));
	*hash = hash_add(*hash, &st.st_mtim, sizeof(st.st_mtim));
	*hash = hash_add(*hash, &st.st_size, sizeof(st.st_size));
	return 0;
}
