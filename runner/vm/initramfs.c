// SPDX-License-Identifier: GPL-2.0-only
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "arch.h"
#include "cpio.h"
#include "guest.h"
#include "initramfs.h"
#include "module.h"
#include "scratch.h"

#define RUNNER_MAX	(256ul << 20)
#define FILL_BITS	20	/* up to 1 MiB */

/* A dynamic binary would die with ENOENT on its missing interpreter and panic the guest. */
static bool elf_is_static(const char *data, size_t len)
{
	Elf64_Ehdr eh;
	Elf64_Phdr ph;
	size_t i;

	memcpy(&eh, data, sizeof(eh));
	for (i = 0; i < eh.e_phnum; i++) {
		if (eh.e_phoff > len || (len - eh.e_phoff) / sizeof(ph) <= i)
			return false;
		memcpy(&ph, data + eh.e_phoff + i * sizeof(ph), sizeof(ph));
		if (ph.p_type == PT_INTERP)
			return false;
	}
	return true;
}

static bool elf_is_of(const struct vm_arch *arch, const char *data)
{
	Elf64_Ehdr eh;

	memcpy(&eh, data, sizeof(eh));
	return eh.e_machine == arch->elf_machine;
}

static int add_runner(struct scratch *s, struct cpio *c, const char *path)
{
	char *data;
	size_t len;
	int err;

	err = file_read(path, RUNNER_MAX, &data, &len);
	if (err == -ENOENT && s->arch != vm_arch_host())
		return scratch_fail(s, VM_USAGE, err, "no runner for %s guests, %s: \"make "
				    "ARCH=%s\" builds it", s->arch->name, path, s->arch->name);
	if (err)
		return scratch_fail(s, VM_USAGE, err, "cannot read the runner %s: %s "
				    "(BENCH_PROGS names another)", path, strerror(-err));
	if (len < sizeof(Elf64_Ehdr) || memcmp(data, ELFMAG, SELFMAG) ||
	    data[EI_CLASS] != ELFCLASS64)
		err = scratch_fail(s, VM_USAGE, -ENOEXEC, "the runner %s is no 64-bit executable",
				   path);
	else if (!elf_is_of(s->arch, data))
		err = scratch_fail(s, VM_USAGE, -ENOEXEC, "the runner %s is not of %s", path,
				   s->arch->name);
	else if (!elf_is_static(data, len))
		err = scratch_fail(s, VM_USAGE, -ENOEXEC, "the runner %s is not linked statically",
				   path);
	else
		err = cpio_file(c, "init", 0755, data, len);
	free(data);
	return err;
}

static int add_args(struct cpio *c, const char *const *args, size_t nr)
{
	size_t len = 0, pos = 0, i;
	char *data;
	int err;

	for (i = 0; i < nr; i++)
		len += strlen(args[i]) + 1;
	data = malloc(len + 1);
	if (!data)
		return -ENOMEM;
	for (i = 0; i < nr; i++) {
		memcpy(data + pos, args[i], strlen(args[i]) + 1);
		pos += strlen(args[i]) + 1;
	}
	err = cpio_file(c, &GUEST_ARGS[1], 0444, data, len);
	free(data);
	return err;
}

/*
 * Where the kernel's memory lies moves the counts of what user space repeats. Boots with other seeds
 * show by how much; two kernels of other sizes differ so, too. Seed 1, the default, takes nothing.
 */
static int add_fill(struct cpio *c, uint64_t seed)
{
	size_t len = (seed - 1) * 0x9e3779b97f4a7c15u >> (64 - FILL_BITS);
	char *zeros = calloc(1, len + 1);
	int err = zeros ? cpio_file(c, &GUEST_FILL[1], 0400, zeros, len) : -ENOMEM;

	free(zeros);
	return err;
}

static int add_module(struct scratch *s, struct cpio *c, const char *path, size_t index,
		      const char *suffix)
{
	const char *base = strrchr(path, '/');
	char name[PATH_MAX], *data;
	const char *ext;
	size_t len;
	int err;

	base = base ? base + 1 : path;
	ext = strstr(base, ".ko");
	err = ext ? module_read(path, &data, &len) : -ENOEXEC;
	if (err == -ENOEXEC)
		return scratch_fail(s, VM_USAGE, err, "%s is no kernel module", path);
	if (err)
		return scratch_fail(s, VM_USAGE, err, "cannot read the module %s: %s", path,
				    strerror(-err));
	err = text_format(name, sizeof(name), "%s/%02zu-%.*s%s", &GUEST_MODULES[1], index,
			  (int)(ext - base), base, suffix);
	if (!err)
		err = cpio_file(c, name, 0444, data, len);
	free(data);
	return err;
}

static int add_all(struct scratch *s, struct cpio *c, const struct initramfs *in)
{
	static const char *const dirs[] = { "dev", "proc", "run", "sys", "tmp", &GUEST_MODULES[1] };
	size_t i;
	int err;

	for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		err = cpio_dir(c, dirs[i], 0755);
		if (err)
			return err;
	}
	/* The kernel opens it for init before devtmpfs can be mounted. */
	err = cpio_char_dev(c, "dev/console", 0600, 5, 1);
	if (!err)
		err = cpio_char_dev(c, "dev/null", 0666, 1, 3);
	if (!err)
		err = add_args(c, in->args, in->nr_args);
	if (!err && in->kmod_why[0])
		err = cpio_file(c, &GUEST_KMOD[1], 0444, in->kmod_why, strlen(in->kmod_why));
	if (!err && in->seed > 1)
		err = add_fill(c, in->seed);
	for (i = 0; i < in->nr_modules && !err; i++)
		err = add_module(s, c, in->modules[i], i,
				 i < in->nr_asked ? ".ko" : GUEST_QUIET);
	if (!err)
		err = add_runner(s, c, in->runner);
	return err ? err : cpio_finish(c);
}

int initramfs_unpack(struct scratch *s, const struct initramfs *in, const char *dir)
{
	struct cpio c = { 0 };
	int err;

	err = add_all(s, &c, in);
	if (!err)
		err = dir_make_all(dir);
	if (!err)
		err = cpio_unpack(&c, dir);
	cpio_free(&c);
	if (err)
		return scratch_fail(s, VM_BROKEN, err, "cannot write the guest's files: %s",
				    strerror(-err));
	return 0;
}

int initramfs_write(struct scratch *s, const struct initramfs *in, const char *path)
{
	struct cpio c = { 0 };
	int err;

	err = add_all(s, &c, in);
	/* As it is: packing takes the host 0.9 s, and unpacking would be emulated work. */
	if (!err)
		err = file_write_atomic(path, c.data, c.len);
	cpio_free(&c);
	if (err)
		return scratch_fail(s, VM_BROKEN, err, "cannot write the initramfs: %s",
				    strerror(-err));
	return 0;
}
