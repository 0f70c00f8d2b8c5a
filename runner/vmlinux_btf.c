// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's BTF, parsed once. libbpf reads and parses these 5 to 10 MB for each object that
 * has a kfunc, a tracing program or a CO-RE relocation, and a measurement loads such an object up
 * to 48 times: most of the time of a run, and nearly all of it in an emulated guest. The linker
 * hands libbpf's calls to these (--wrap); children inherit what the runner parsed before it forked.
 */
#include <bpf/btf.h>
#include "vmlinux_btf.h"

static struct btf *kernel_btf;

struct btf *__real_btf__load_vmlinux_btf(void);
struct btf *__wrap_btf__load_vmlinux_btf(void);
void __real_btf__free(struct btf *btf);
void __wrap_btf__free(struct btf *btf);

struct btf *__wrap_btf__load_vmlinux_btf(void)
{
	if (!kernel_btf)
		kernel_btf = __real_btf__load_vmlinux_btf();
	return kernel_btf;
}

void __wrap_btf__free(struct btf *btf)
{
	if (btf != kernel_btf)
		__real_btf__free(btf);
}

void vmlinux_btf_read(void)
{
	btf__load_vmlinux_btf();
}
