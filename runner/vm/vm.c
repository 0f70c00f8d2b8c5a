// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "accel.h"
#include "arch.h"
#include "image.h"
#include "initramfs.h"
#include "kernel.h"
#include "kmod.h"
#include "module.h"
#include "qemu.h"
#include "scratch.h"
#include "vm.h"
#include "vng.h"
#include "watch.h"

#define DEFAULT_MEM_MIB		512
#define DEFAULT_TIMEOUT_S	900
#define DEFAULT_HANG_S		90
#define DEFAULT_BOOT_S		60
/* An init of shell scripts, with udev: six times what ours needs. */
#define DEFAULT_VNG_BOOT_S	180
/* A healthy KVM needs less than 2 s to the heartbeat. */
#define KVM_PROOF_S		5
#define COPY_CHUNK		65536

struct vm {
	struct scratch s;
	const struct vm_config *cfg;
	struct kernel kernel;
	char boot_image[PATH_MAX];	/* uncompressed; the bzImage if its ELF has no PVH entry */
	char initrd[PATH_MAX], console[PATH_MAX], channel[PATH_MAX], errors[PATH_MAX];
	char qemu[PATH_MAX], vng[PATH_MAX], runner[PATH_MAX];
	bool has_cx16;			/* see qemu_has_cx16() */
	int copy_fd;
};

static const struct {
	const char *name;
	int status;
} verdicts[] = {
	[VM_PASSED] = { "passed", 0 },
	[VM_FAILED] = { "failed", 1 },
	[VM_SKIPPED] = { "skipped", 4 },
	[VM_USAGE] = { "usage", 2 },
	[VM_PANICKED] = { "panicked", 10 },
	[VM_HUNG] = { "hung", 11 },
	[VM_TIMED_OUT] = { "timed-out", 124 },
	[VM_NO_BOOT] = { "no-boot", 12 },
	[VM_NO_KERNEL] = { "no-kernel", 2 },
	[VM_NO_QEMU] = { "no-qemu", 13 },
	[VM_INTERRUPTED] = { "interrupted", 128 },
	[VM_QEMU_DIED] = { "qemu-died", 14 },
	[VM_FLOODED] = { "flooded", 15 },
	[VM_BROKEN] = { "broken", 1 },
};

int vm_exit_status(const struct vm_outcome *out)
{
	return out->verdict == VM_INTERRUPTED ? 128 + out->signal : verdicts[out->verdict].status;
}

const char *vm_verdict_name(enum vm_verdict verdict)
{
	return verdicts[verdict].name;
}

bool vm_verdict_is_bad_end(enum vm_verdict verdict)
{
	return verdict == VM_PANICKED || verdict == VM_HUNG || verdict == VM_FLOODED ||
	       verdict == VM_QEMU_DIED;
}

const char *vm_accel_name(enum vm_accel accel)
{
	static const char *const names[] = { "auto", "kvm", "tcg", "insn" };

	return names[accel];
}

const char *vm_engine_name(enum vm_engine engine)
{
	return engine == VM_ENGINE_VNG ? VNG : "qemu";
}

static bool is_foreign(const struct vm_config *cfg)
{
	return cfg->arch && cfg->arch != vm_arch_host();
}

/* Beside us. */
static int vm_find_binary(const char *name, char *path, size_t sz)
{
	char *slash;
	ssize_t len;

	len = readlink("/proc/self/exe", path, sz - 1);
	if (len < 0)
		return -errno;
	path[len] = '\0';
	slash = strrchr(path, '/');
	return text_format(slash + 1, sz - (size_t)(slash + 1 - path), "%s", name);
}

int vm_find_runner(const struct vm_config *cfg, char *path, size_t sz)
{
	const char *env = getenv("BENCH_PROGS");

	if (cfg->runner || (env && *env))
		return text_format(path, sz, "%s", cfg->runner ? cfg->runner : env);
	return vm_find_binary(is_foreign(cfg) ? cfg->arch->runner : "bench_progs", path, sz);
}

int vm_find_lister(const struct vm_config *cfg, char *path, size_t sz)
{
	return is_foreign(cfg) ? vm_find_binary("bench_progs", path, sz) :
		vm_find_runner(cfg, path, sz);
}

static int vm_open_console(struct vm *vm)
{
	const char *path = vm->cfg->console;
	char head[512];
	size_t len;

	if (!path)
		return 0;
	vm->copy_fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY |
			   (vm->cfg->is_resumed ? O_APPEND : O_TRUNC), 0666);
	if (vm->copy_fd < 0)
		return scratch_fail(&vm->s, VM_USAGE, -errno, "cannot write the console to %s: %s",
				    path, strerror(errno));
	/* A first line shows a full disk now instead of after the run. */
	snprintf(head, sizeof(head), "bench_vm: console of %.256s\n", vm->cfg->kernel);
	len = strlen(head);
	if (write(vm->copy_fd, head, len) != (ssize_t)len)
		return scratch_fail(&vm->s, VM_USAGE, -EIO, "cannot write the console to %s: %s",
				    path, strerror(errno ? errno : ENOSPC));
	return 0;
}

/* An x86 ELF boots 2 s sooner than a bzImage, whose decompressor would run emulated. */
static int vm_choose_image(struct vm *vm)
{
	char *elf;
	size_t len;
	bool has_pvh;
	int is_elf, err;

	is_elf = image_vmlinux(&vm->s, vm->kernel.image, vm->boot_image, sizeof(vm->boot_image));
	if (is_elf < 0)
		return is_elf;
	if (vm->s.arch->kernel_kind != IMAGE_ELF)
		return 0;
	err = file_read(vm->boot_image, IMAGE_MAX, &elf, &len);
	if (err)
		return scratch_fail(&vm->s, VM_NO_KERNEL, err, "cannot read %s: %s", vm->boot_image,
				    strerror(-err));
	has_pvh = image_has_pvh(elf, len);
	vm->has_cx16 = qemu_has_cx16(&vm->s, vm->qemu, elf, len);
	free(elf);
	if (has_pvh)
		return 0;
	if (is_elf)
		return scratch_fail(&vm->s, VM_NO_KERNEL, -ENOEXEC, "%s is no kernel or "
				    "has no PVH entry (CONFIG_PVH): give its bzImage",
				    vm->kernel.image);
	return text_format(vm->boot_image, sizeof(vm->boot_image), "%s", vm->kernel.image);
}

/* Where it cannot be built, the guest is told why. */
static int vm_add_kmod(struct vm *vm, struct module_list *modules, char *why, size_t sz)
{
	struct scratch *s = &vm->s;
	char path[PATH_MAX];
	int err;

	err = kmod_build(s, &vm->kernel, path, sizeof(path));
	if (!err)
		return module_list_add(s, modules, "", path);
	if (err == -EINTR)
		return err;
	snprintf(why, sz, "%s", s->reason[0] ? s->reason : strerror(-err));
	scratch_note(s, "no bench_kmod: %s", why);
	s->reason[0] = '\0';
	return 0;
}

static int vm_build_initrd(struct vm *vm)
{
	const struct vm_config *cfg = vm->cfg;
	struct module_list modules = { 0 };
	char kmod_why[sizeof(vm->s.reason)] = "";
	struct initramfs in = {
		.runner = vm->runner,
		.args = cfg->args,
		.nr_args = cfg->nr_args,
		.modules = modules.paths,
		.kmod_why = kmod_why,
		.seed = cfg->seed,
	};
	int err = 0;
	size_t i;

	for (i = 0; i < cfg->nr_modules && !err; i++)
		err = module_list_add(&vm->s, &modules, vm->kernel.modules, cfg->modules[i]);
	if (!err && cfg->needs_kmod)
		err = vm_add_kmod(vm, &modules, kmod_why, sizeof(kmod_why));
	if (!err)
		err = module_list_add_usual(&vm->s, &modules, vm->kernel.modules);
	in.nr_modules = modules.nr;
	in.nr_asked = modules.nr_asked;
	if (!err)
		err = cfg->engine == VM_ENGINE_VNG ? initramfs_unpack(&vm->s, &in, vm->initrd) :
			initramfs_write(&vm->s, &in, vm->initrd);
	module_list_free(&modules);
	if (err)
		scratch_fail(&vm->s, VM_BROKEN, err, "cannot build the initramfs: %s",
			     strerror(-err));
	return err;
}

/* In front of what takes long: fetching a kernel. */
static int vm_find_qemu(struct vm *vm)
{
	struct scratch *s = &vm->s;
	int err = qemu_require(s, vm->cfg->qemu, vm->qemu, sizeof(vm->qemu));

	if (err)
		return err;
	if (vm->cfg->engine == VM_ENGINE_VNG &&
	    qemu_find(s->arch, VNG, vm->vng, sizeof(vm->vng)))
		return scratch_fail(s, VM_NO_QEMU, -ENOENT, "no " VNG " in PATH (virtme-ng; "
				    "--engine qemu needs none)");
	if (vm->cfg->accel == VM_ACCEL_KVM && is_foreign(vm->cfg))
		return scratch_fail(s, VM_USAGE, -EINVAL, "--accel kvm: no KVM for %s guests on "
				    "this machine", s->arch->name);
	return 0;
}

static int vm_prepare(struct vm *vm)
{
	struct scratch *s = &vm->s;
	int err;

	err = vm_find_qemu(vm) ?: vm_open_console(vm);
	if (err)
		return err;
	if (text_format(vm->initrd, PATH_MAX, "%s/initrd", s->dir) ||
	    text_format(vm->console, PATH_MAX, "%s/console", s->dir) ||
	    text_format(vm->channel, PATH_MAX, "%s/channel", s->dir) ||
	    text_format(vm->errors, PATH_MAX, "%s/qemu.err", s->dir) ||
	    vm_find_runner(vm->cfg, vm->runner, PATH_MAX))
		return scratch_fail(s, VM_BROKEN, -ENAMETOOLONG, "a path is too long");
	err = kernel_resolve(s, vm->cfg->kernel, &vm->kernel);
	if (!err && vm->cfg->engine == VM_ENGINE_VNG)
		err = vng_check(s, &vm->kernel);
	if (!err)
		err = vm_choose_image(vm);
	if (!err)
		err = vm_build_initrd(vm);
	return err ? err : scratch_check_signal(s);
}

static unsigned int or_default(unsigned int value, unsigned int preset)
{
	return value ? value : preset;
}

static double boot_limit(const struct vm_config *cfg)
{
	return or_default(cfg->boot_s, cfg->engine == VM_ENGINE_VNG ? DEFAULT_VNG_BOOT_S :
			  DEFAULT_BOOT_S);
}

static void vm_boot(struct vm *vm, enum vm_accel accel, double boot_s, vm_line_cb cb, void *ctx,
		    struct vm_outcome *out)
{
	const struct vm_config *cfg = vm->cfg;
	struct qemu_guest guest = {
		.arch = vm->s.arch,
		.qemu = vm->qemu,
		.kernel = vm->boot_image,
		.initrd = vm->initrd,
		.console = vm->console,
		.channel = vm->channel,
		.accel = accel,
		.has_cx16 = vm->has_cx16,
		.nr_cpus = or_default(cfg->nr_cpus, 1),
		.mem_mib = or_default(cfg->mem_mib, DEFAULT_MEM_MIB),
		.extra = cfg->qemu_args,
		.nr_extra = cfg->nr_qemu_args,
	};
	struct watch w = {
		.s = &vm->s,
		.console_path = vm->console,
		.channel_path = vm->channel,
		.errors_path = vm->errors,
		.boot_s = boot_s,
		.hang_s = or_default(cfg->hang_s, DEFAULT_HANG_S),
		.timeout_s = or_default(cfg->timeout_s, DEFAULT_TIMEOUT_S),
		.copy_fd = vm->copy_fd,
		.qemu.is_tree = cfg->engine == VM_ENGINE_VNG,
		.cb = cb,
		.ctx = ctx,
	};
	struct qemu_args args;
	int err;

	out->accel = accel;
	unlink(vm->console);
	unlink(vm->channel);
	unlink(vm->errors);
	err = cfg->engine == VM_ENGINE_VNG ?
		vng_args_build(&guest, vm->vng, vm->kernel.image, &args) :
		qemu_args_build(&guest, &args);
	if (!err)
		err = proc_start(&vm->s, &w.qemu, args.argv, vm->errors, vm->errors, NULL);
	if (err) {
		scratch_fail(&vm->s, VM_NO_QEMU, err, "cannot start %s: %s",
			     cfg->engine == VM_ENGINE_VNG ? vm->vng : vm->qemu, strerror(-err));
		return;
	}
	watch_guest(&w, out);
	if (w.copy_err)
		scratch_note(&vm->s, "the console in %s is incomplete", cfg->console);
	if (w.copy_err)
		scratch_fail(&vm->s, VM_BROKEN, w.copy_err, "cannot write the console to %s: %s",
			     cfg->console, strerror(-w.copy_err));
	watch_free(&w);
}

static void note_no_kvm(struct scratch *s, const char *why)
{
	scratch_note(s, "no KVM (%s): counting instructions under TCG", why);
}

/* Whether KVM works for these guests, or why not. */
static enum kvm_verdict look_for_kvm(struct vm *vm, char *why, size_t sz)
{
	if (!is_foreign(vm->cfg))
		return kvm_look(&vm->s, vm->cfg->root ?: "", why, sz);
	snprintf(why, sz, "an %s guest", vm->s.arch->name);
	return KVM_BROKEN;
}

/* Only a missing heartbeat speaks against KVM; a panic after it is the guest's own. */
static void vm_boot_auto(struct vm *vm, vm_line_cb cb, void *ctx, struct vm_outcome *out)
{
	double boot_s = boot_limit(vm->cfg);
	char why[256] = "";
	enum kvm_verdict kvm = look_for_kvm(vm, why, sizeof(why));

	if (kvm != KVM_BROKEN) {
		vm_boot(vm, VM_ACCEL_KVM, kvm == KVM_WORKS ? boot_s : KVM_PROOF_S, cb, ctx, out);
		if (vm->s.reason[0] || out->verdict == VM_INTERRUPTED || out->boot_s >= 0) {
			if (kvm == KVM_UNKNOWN && out->boot_s >= 0)
				kvm_remember(&vm->s, true);
			return;
		}
		kvm_remember(&vm->s, false);
		snprintf(why, sizeof(why), "%.255s", out->reason);
		memset(out, 0, sizeof(*out));
	}
	note_no_kvm(&vm->s, why);
	vm_boot(vm, VM_ACCEL_INSN, boot_s, cb, ctx, out);
}

static int copy_file(const char *from, int to_fd)
{
	char buf[COPY_CHUNK];
	ssize_t n = 0;
	int fd = open(from, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		if (write(to_fd, buf, (size_t)n) != n) {
			n = -1;
			break;
		}
	}
	close(fd);
	return n < 0 ? -EIO : 0;
}

/* The console of a guest that came to a bad end is the only witness. */
static void vm_keep_console(struct vm *vm, struct vm_outcome *out)
{
	const char *dir = vm->cfg->results_dir ? vm->cfg->results_dir : "results";
	char path[PATH_MAX], stamp[32];
	time_t now = time(NULL);
	struct tm tm;
	int fd, err;

	if (vm->cfg->console) {
		text_format(out->kept_console, sizeof(out->kept_console), "%s", vm->cfg->console);
		return;
	}
	if (!vm_verdict_is_bad_end(out->verdict) && out->verdict != VM_NO_BOOT &&
	    out->verdict != VM_TIMED_OUT)
		return;
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", gmtime_r(&now, &tm));
	err = dir_make_all(dir);
	if (!err)
		err = text_format(path, sizeof(path), "%s/console-%s-%s-%s.%d.log", dir,
				  vm->kernel.label, vm_verdict_name(out->verdict), stamp,
				  (int)getpid());
	if (!err) {
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		err = fd < 0 ? -errno : copy_file(vm->console, fd);
		if (fd >= 0 && close(fd) && !err)
			err = -errno;
	}
	if (err)
		scratch_note(&vm->s, "cannot keep the console in %s: %s", dir, strerror(-err));
	else
		text_format(out->kept_console, sizeof(out->kept_console), "%s", path);
}

static void vm_finish(struct vm *vm, int err, struct vm_outcome *out)
{
	struct scratch *s = &vm->s;

	if (err)
		scratch_fail(s, VM_BROKEN, err, "%s", strerror(-err));
	/* A reason of our own matters only where the guest's end did not say more. */
	if (s->reason[0] && (out->verdict == VM_PASSED || out->verdict == VM_INTERRUPTED)) {
		out->verdict = s->verdict;
		out->signal = s->signal;
		snprintf(out->reason, sizeof(out->reason), "%s", s->reason);
	}
	if (vm->copy_fd >= 0)
		close(vm->copy_fd);
	vm->copy_fd = -1;
	scratch_close(s);
}

static void outcome_init(struct vm_outcome *out)
{
	memset(out, 0, sizeof(*out));
	out->guest_status = INT_MIN;
	out->boot_s = out->guest_boot_s = -1;
}

int vm_run(const struct vm_config *cfg, vm_line_cb cb, void *ctx, struct vm_outcome *out)
{
	struct vm *vm = calloc(1, sizeof(*vm));
	int err;

	if (!vm)
		return -ENOMEM;
	outcome_init(out);
	vm->cfg = cfg;
	vm->copy_fd = -1;
	err = scratch_open(&vm->s, cfg);
	if (!err)
		err = vm_prepare(vm);
	if (!err) {
		if (cfg->accel == VM_ACCEL_AUTO)
			vm_boot_auto(vm, cb, ctx, out);
		else
			vm_boot(vm, cfg->accel, boot_limit(cfg), cb, ctx, out);
		vm_keep_console(vm, out);
	}
	vm_finish(vm, err, out);
	free(vm);
	return 0;
}

int vm_look(const struct vm_config *cfg, struct vm_outcome *out)
{
	struct vm *vm = calloc(1, sizeof(*vm));
	char why[256], kmod[PATH_MAX];
	enum kvm_verdict kvm;
	int err;

	if (!vm)
		return -ENOMEM;
	outcome_init(out);
	vm->cfg = cfg;
	vm->copy_fd = -1;
	err = scratch_open(&vm->s, cfg);
	err = err ?: vm_find_qemu(vm);
	err = err ?: kernel_resolve(&vm->s, cfg->kernel, &vm->kernel);
	/* Why it cannot be built is the guest's to say. */
	if (!err && cfg->needs_kmod &&
	    kmod_build(&vm->s, &vm->kernel, kmod, sizeof(kmod)) != -EINTR)
		vm->s.reason[0] = '\0';
	out->accel = cfg->accel;
	if (!err && cfg->accel == VM_ACCEL_AUTO) {
		kvm = look_for_kvm(vm, why, sizeof(why));
		if (kvm == KVM_BROKEN)
			note_no_kvm(&vm->s, why);
		out->accel = kvm == KVM_BROKEN ? VM_ACCEL_INSN :
			     kvm == KVM_WORKS ? VM_ACCEL_KVM : VM_ACCEL_AUTO;
	}
	vm_finish(vm, err, out);
	free(vm);
	return 0;
}

static int vm_copy_vmlinux(struct scratch *s, const char *spec, const char *path)
{
	char elf_path[PATH_MAX], *elf;
	const void *from;
	struct kernel k;
	size_t len;
	int err;

	err = kernel_resolve(s, spec, &k);
	if (!err)
		err = image_vmlinux(s, k.image, elf_path, sizeof(elf_path));
	if (err < 0)
		return err;
	err = file_read(elf_path, IMAGE_MAX, &elf, &len);
	if (err)
		return scratch_fail(s, VM_NO_KERNEL, err, "cannot read %s: %s", elf_path,
				    strerror(-err));
	from = elf;
	if (s->arch->kernel_kind != IMAGE_ELF && image_find_btf(elf, len, &from, &len)) {
		free(elf);
		return scratch_fail(s, VM_NO_KERNEL, -ENOENT, "%s has no BTF", k.label);
	}
	if (s->arch->kernel_kind == IMAGE_ELF && !image_has_section(elf, len, ".BTF"))
		scratch_note(s, "%s has no .BTF section", k.label);
	err = file_write_atomic(path, from, len);
	free(elf);
	if (err)
		return scratch_fail(s, VM_USAGE, err, "cannot write %s: %s", path, strerror(-err));
	return 0;
}

int vm_write_vmlinux(const struct vm_config *cfg, const char *path, struct vm_outcome *out)
{
	struct vm *vm = calloc(1, sizeof(*vm));
	int err;

	if (!vm)
		return -ENOMEM;
	outcome_init(out);
	vm->copy_fd = -1;
	err = scratch_open(&vm->s, cfg);
	if (!err)
		err = vm_copy_vmlinux(&vm->s, cfg->kernel, path);
	vm_finish(vm, err, out);
	free(vm);
	return 0;
}
