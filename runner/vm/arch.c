// SPDX-License-Identifier: GPL-2.0-only
#include <elf.h>
#include <string.h>
#include <sys/utsname.h>

#include "arch.h"
#include "image.h"

static const struct vm_arch archs[] = {
	{
		.name = "x86",
		.machine = "x86_64",
		.elf_machine = EM_X86_64,
		.qemu = "qemu-system-x86_64",
		.qemu_package = "qemu-system-x86",
		/*
		 * A named model, never "max": features a later QEMU adds change the code the kernel
		 * patches itself to, and with it every count. See qemu_has_cx16() for the other.
		 */
		.tcg_cpu = "Nehalem,cx16=off",
		.tcg_cpu_cx16 = "Nehalem",
		.console = "ttyS0",
		.channel = "ttyS1",
		/*
		 * Without the local APIC's timer the kernel does not calibrate it, which spins
		 * through 4 s of wall time under icount. A second CPU needs it for its one-shot
		 * timers.
		 */
		.one_cpu = " nolapic_timer",
		.image_names = "neither a bzImage nor an ELF vmlinux",
		.image_kinds = 1u << IMAGE_ELF | 1u << IMAGE_BZIMAGE,
		.kernel_kind = IMAGE_ELF,
		/*
		 * vmlinux first: make rewrites it always, the boot image only when asked to, so a
		 * stale bzImage beside a new vmlinux is common and the reverse is not.
		 */
		.tree_images = { "vmlinux", "arch/x86/boot/bzImage", "arch/x86_64/boot/bzImage" },
		.debian = "amd64",
		.flavour = "-cloud-amd64",
		.cache_suffix = "",
		.runner = "bench_progs.x86",
	},
	{
		.name = "arm64",
		.machine = "aarch64",
		.elf_machine = EM_AARCH64,
		.qemu = "qemu-system-aarch64",
		.qemu_package = "qemu-system-arm",
		.board = "virt",
		/*
		 * Named for the same reason, and 2 to 3 times faster than "max". A counter of
		 * 1 GHz makes the guest's clock count single instructions; the default of 62.5 MHz
		 * would count them by 16.
		 */
		.tcg_cpu = "neoverse-n1,cntfrq=1000000000",
		.console = "ttyAMA0",
		.channel = "ttyS0",
		.channel_device = "pci-serial",
		.one_cpu = "",
		.image_names = "neither an Image nor a compressed one",
		.image_kinds = 1u << IMAGE_ARM64 | 1u << IMAGE_GZIP | 1u << IMAGE_ZBOOT,
		.kernel_kind = IMAGE_ARM64,
		.tree_images = { "arch/arm64/boot/Image", "arch/arm64/boot/Image.gz",
				 "arch/arm64/boot/vmlinuz.efi" },
		.debian = "arm64",
		.flavour = "-cloud-arm64",
		.cache_suffix = "-arm64",
		.runner = "bench_progs.arm64",
	},
	{
		.name = "s390",
		.machine = "s390x",
		.debian = "s390x",
		.why_not = "Debian's kernel for it has neither BTF nor a JIT for BPF",
	},
	{
		.name = "riscv",
		.machine = "riscv64",
		.debian = "riscv64",
		.why_not = "QEMU's board has a clock of 10 MHz, which counts by 100 instructions",
	},
};

#define NR_ARCHS	(sizeof(archs) / sizeof(archs[0]))

const struct vm_arch *vm_arch_find(const char *name)
{
	size_t i;

	for (i = 0; i < NR_ARCHS; i++) {
		if (!strcmp(name, archs[i].name) || !strcmp(name, archs[i].machine) ||
		    !strcmp(name, archs[i].debian))
			return &archs[i];
	}
	return NULL;
}

const struct vm_arch *vm_arch_host(void)
{
	const struct vm_arch *arch = NULL;
	struct utsname uts;

	if (!uname(&uts))
		arch = vm_arch_find(uts.machine);
	return arch && !arch->why_not ? arch : &archs[0];
}
