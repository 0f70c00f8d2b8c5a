/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BENCH_VMLINUX_BTF_H
#define BENCH_VMLINUX_BTF_H

/* Before any child is forked. Where there is no BTF, whoever needs it will say so. */
void vmlinux_btf_read(void);

#endif
