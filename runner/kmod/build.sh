#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# build.sh DIR TREE             builds bench_kmod.ko in DIR, which has its source, for a build tree
# build.sh DIR HEADERS VMLINUX  the same for Debian's headers packages, unpacked into HEADERS;
#                               VMLINUX is the kernel's ELF, for headers that have none
# What a distribution's headers expect is in /usr and of its own age: nothing is installed, so the
# paths are rewritten, and tools too new for this system's libc run with the one unpacked beside
# them.
set -euo pipefail

dir=$1 tree=$2 vmlinux=${3:-}
args=()

newest() { # PATTERN: the last of the existing paths in the order of versions
	compgen -G "$1" | sort -V | tail -n 1
}

# run_with LIBC TOOL REAL: TOOL becomes a script that runs REAL with the libc below LIBC
run_with() {
	local loader=$1/ld-linux-x86-64.so.2

	[ -e "$2.orig" ] || mv "$2" "$2.orig"
	printf '#!/bin/sh\nexec "%s" --library-path "%s" "%s" "$@"\n' "$loader" "$1" "$3" >"$2"
	chmod +x "$2"
}

arrange_headers() {
	local root=$tree kbuild resolve libc version

	tree=$(newest "$root/usr/src/linux-headers-*-cloud-amd64")
	sed -i "s,\([ =]\)/usr/src/,\1$root/usr/src/," "$tree/Makefile"
	[ -e "$tree/vmlinux" ] || ln -sf "$vmlinux" "$tree/vmlinux"
	kbuild=$(readlink -f "$tree/scripts/..")
	# 6.1's packages have none; the tool is the same for all kernels up to 6.18.
	resolve=$kbuild/tools/bpf/resolve_btfids/resolve_btfids
	[ -e "$resolve" ] || resolve=$(newest "$root/usr/lib/linux-kbuild-*/${resolve#"$kbuild/"}")
	libc=$root/usr/lib/x86_64-linux-gnu
	if [ -e "$libc/libc.so.6" ]; then
		run_with "$libc" "$kbuild/scripts/mod/modpost" "$kbuild/scripts/mod/modpost.real-lsb-64"
		run_with "$libc" "$kbuild/tools/objtool/objtool" "$kbuild/tools/objtool/objtool.real-x86"
		run_with "$libc" "$resolve" "$resolve.orig"
	fi
	# The configuration names the compiler and pahole that built the kernel; these are ours.
	version=$(pahole --version | tr -dc 0-9)
	args=(CC=gcc "CONFIG_PAHOLE_VERSION=$version" "RESOLVE_BTFIDS=$resolve")
	gcc -fmin-function-alignment=16 -c -x c /dev/null -o /dev/null 2>/dev/null ||
		args+=(CONFIG_CC_HAS_MIN_FUNCTION_ALIGNMENT=)
}

[ -z "$vmlinux" ] || arrange_headers
make -C "$tree" "M=$dir" "${args[@]}" modules
strip --strip-debug "$dir/bench_kmod.ko"
if ! readelf -SW "$dir/bench_kmod.ko" | grep '\.BTF ' >/dev/null; then
	echo "bench_kmod.ko has no BTF (CONFIG_DEBUG_INFO_BTF_MODULES, vmlinux and pahole make it)" >&2
	exit 1
fi
