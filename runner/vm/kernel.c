// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
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

static bool release_is_sane(const char *release)
{
	size_t len = strspn(release, "0123456789.+-_~abcdefghijklmnopqrstuvwxyz"
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

	return len && !release[len] && release[0] != '.' && release[0] != '-';
}

/* A compressed one says it in front, "RELEASE (who@where) #1 ..."; others in their banner. */
static const char *find_release(const char *data, size_t len)
{
	static const char banner[] = "Linux version ";
	const char *at = image_version(data, len);

	if (at)
		return at;
	at = memmem(data, len, banner, sizeof(banner) - 1);
	return at ? at + sizeof(banner) - 1 : NULL;
}

int kernel_release(const char *image, char *release, size_t sz)
{
	const char *data, *at;
	size_t len = 0;
	struct stat st;
	int fd;

	release[0] = '\0';
	fd = open(image, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return -errno;
	data = fstat(fd, &st) || !st.st_size ? MAP_FAILED :
		mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (data == MAP_FAILED)
		return -EIO;
	at = find_release(data, (size_t)st.st_size);
	for (; at && at < data + st.st_size && len + 1 < sz && *at && *at != ' '; at++)
		release[len++] = *at;
	release[len] = '\0';
	munmap((void *)data, (size_t)st.st_size);
	if (release_is_sane(release))
		return 0;
	release[0] = '\0';
	return -ENOENT;
}

static bool is_directory(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISDIR(st.st_mode);
}

/* The modules of an image by path: of a tree around it, beside it, or where they are installed. */
static void kernel_find_modules(struct kernel *k)
{
	static const char *const trees[] = { ".", "../../.." };
	static const char *const places[] = {
		"lib/modules/%s", "modules/%s", "%s", "modules", "../%s", "../lib/modules/%s",
		"../usr/lib/modules/%s", "/lib/modules/%s", "/usr/lib/modules/%s",
	};
	char dir[PATH_MAX], path[PATH_MAX], place[256], release[128], *text;
	size_t i, len;

	if (kernel_release(k->image, release, sizeof(release)) || !realpath(k->image, dir))
		return;
	*strrchr(dir, '/') = '\0';
	for (i = 0; i < sizeof(trees) / sizeof(trees[0]); i++) {
		if (text_format(path, sizeof(path), "%s/%s/include/config/kernel.release", dir,
				trees[i]) || file_read(path, sizeof(release), &text, &len))
			continue;
		text[strcspn(text, "\n")] = '\0';
		if (!strcmp(text, release) &&
		    !text_format(path, sizeof(path), "%s/%s", dir, trees[i]) &&
		    realpath(path, k->build))
			snprintf(k->modules, sizeof(k->modules), "%s", k->build);
		free(text);
		if (k->modules[0])
			return;
	}
	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(place, sizeof(place), places[i], release);
		if (text_format(path, sizeof(path), "%s%s%s", place[0] == '/' ? "" : dir,
				place[0] == '/' ? "" : "/", place) || !is_directory(path) ||
		    !realpath(path, k->modules))
			continue;
		if (text_format(k->build, sizeof(k->build), "%s/build", k->modules) ||
		    !is_directory(k->build))
			k->build[0] = '\0';
		return;
	}
	k->modules[0] = '\0';
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

int kernel_installed(struct scratch *s, const char *root, const char *release, struct kernel *k)
{
	static const char *const forms[] = { "boot/vmlinuz-%s", "lib/modules/%s/vmlinuz",
					     "usr/lib/modules/%s/vmlinuz", "boot/kernel-%s" };
	char path[PATH_MAX], name[256];
	size_t i;

	kernel_label(k, release);
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		snprintf(name, sizeof(name), forms[i], release);
		if (text_format(path, sizeof(path), "%s/%s", root, name) || access(path, F_OK))
			continue;
		if (text_format(k->modules, sizeof(k->modules), "%s/lib/modules/%s", root,
				release) ||
		    text_format(k->build, sizeof(k->build), "%s/build", k->modules))
			return -ENAMETOOLONG;
		return kernel_file(s, path, k);
	}
	return scratch_fail(s, VM_NO_KERNEL, -ENOENT, "no image of the running kernel %s here "
			    "(looked for %s/boot/vmlinuz-%s and its like)", release, root, release);
}

static int kernel_host(struct scratch *s, struct kernel *k)
{
	struct utsname uts;

	if (s->arch != vm_arch_host())
		return scratch_fail(s, VM_NO_KERNEL, -ENOEXEC, "the running kernel is not of %s",
				    s->arch->name);
	if (uname(&uts))
		return scratch_fail(s, VM_NO_KERNEL, -errno, "uname: %s", strerror(errno));
	return kernel_installed(s, "", uts.release, k);
}

int kernel_resolve(struct scratch *s, const char *spec, struct kernel *k)
{
	struct stat st;
	int err;

	memset(k, 0, sizeof(*k));
	if (!strncmp(spec, "debian:", 7))
		return debian_kernel(s, spec + 7, k);
	if (!strcmp(spec, "host"))
		return kernel_host(s, k);
	kernel_label(k, spec);
	if (!stat(spec, &st) && S_ISDIR(st.st_mode))
		return kernel_tree(s, spec, k);
	err = kernel_file(s, spec, k);
	if (!err)
		kernel_find_modules(k);
	return err;
}

int kernel_hash_add(const struct kernel *k, uint64_t *hash)
{
	return hash_add_file(hash, k->image);
}
