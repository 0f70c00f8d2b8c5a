#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# gen.sh BPFTOOL BTF HEADER: vmlinux.h of a BTF file or a vmlinux; left alone when nothing changed.
set -euo pipefail
bpftool=$1 btf=$2 header=$3

if [ ! -r "$btf" ]; then
	echo "vmlinux.h: cannot read BTF from $btf: set VMLINUX_BTF to a BTF file or a vmlinux" >&2
	exit 2
fi
trap 'rm -f "$header.tmp" "$header.err"' EXIT
if ! "$bpftool" btf dump file "$btf" format c >"$header.tmp" 2>"$header.err" ||
	[ ! -s "$header.tmp" ]; then
	echo "vmlinux.h: no BTF in $btf: $(head -n 1 "$header.err")" >&2
	exit 2
fi
cmp -s "$header.tmp" "$header" || mv "$header.tmp" "$header"
