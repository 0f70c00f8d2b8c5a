#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# deps.sh install            installs what the build, the tests and a guest need
# deps.sh missing            prints the packages that are missing, one line
# deps.sh missing-for-build  the same, of those without which nothing compiles
# Package names are Debian's and Ubuntu's; a package counts as there when what it is for is.
set -euo pipefail

export PATH=$PATH:/usr/sbin:/sbin	# bpftool, where an ordinary user does not look
CC=${CC:-gcc} CLANG=${CLANG:-clang} BPFTOOL=${BPFTOOL:-bpftool} PKG_CONFIG=${PKG_CONFIG:-pkg-config}
QEMU=qemu-system-$(uname -m)
missing=()

need_tool() { # TOOL PACKAGE
	command -v "$1" >/dev/null 2>&1 || missing+=("$2")
}

need_lib() { # PKG-CONFIG-NAME PACKAGE
	"$PKG_CONFIG" --exists "$1" 2>/dev/null || missing+=("$2")
}

# The runner for guests of another architecture; its other libraries: sysroot.sh.
need_cross() { # TRIPLE DEBIAN-ARCH
	need_tool "$1-gcc" "gcc-${1//_/-}"
	[ ! -e /etc/debian_version ] || [ -e "/usr/$1/include/stdio.h" ] ||
		missing+=("libc6-dev-$2-cross")
}

find_missing() {
	missing=()
	case $CC in
	aarch64-linux-gnu-gcc) need_cross aarch64-linux-gnu arm64 ;;
	x86_64-linux-gnu-gcc) need_cross x86_64-linux-gnu amd64 ;;
	*) need_tool "${CC%% *}" gcc ;;
	esac
	need_tool make make
	need_tool "${CLANG%% *}" clang
	need_tool "$BPFTOOL" bpftool
	need_tool "$PKG_CONFIG" pkg-config
	need_lib libbpf libbpf-dev
	need_lib libelf libelf-dev
	need_lib zlib zlib1g-dev
	need_lib libnl-route-3.0 libnl-route-3-dev
	need_lib jansson libjansson-dev
	need_lib capstone libcapstone-dev
	need_lib liblz4 liblz4-dev
	need_lib libzstd libzstd-dev
	need_lib liblzma liblzma-dev
	[ "$1" = build ] && return
	case $(uname -m) in
	x86_64)
		need_tool "$QEMU" qemu-system-x86
		need_tool qemu-system-aarch64 qemu-system-arm
		need_cross aarch64-linux-gnu arm64
		;;
	aarch64) need_tool "$QEMU" qemu-system-arm ;;
	*) need_tool "$QEMU" qemu-system-misc ;;
	esac
	# Kernels of distribution packages are checked against these and unpacked with these.
	[ ! -e /etc/debian_version ] || need_tool apt-get apt
	[ ! -e /etc/debian_version ] || [ -e /usr/share/keyrings/debian-archive-keyring.gpg ] ||
		missing+=(debian-archive-keyring)
	# BTF of the module runner/kmod, built for the kernel that a guest boots.
	need_tool pahole dwarves
	need_tool pgrep procps
	# The tests: a bisection, and what of the network a run may have left behind.
	need_tool git git
	need_tool ip iproute2
	need_tool shellcheck shellcheck
}

case ${1:-} in
missing-for-build)
	find_missing build
	echo "${missing[*]}"
	;;
missing)
	find_missing all
	echo "${missing[*]}"
	;;
install)
	find_missing all
	[ ${#missing[@]} -gt 0 ] || exit 0
	if ! command -v apt-get >/dev/null; then
		echo "deps: install these (Debian's names) with this system's package manager:" \
			"${missing[*]}" >&2
		exit 2
	fi
	if [ "$(id -u)" != 0 ]; then
		echo "deps: missing: ${missing[*]}: run \"sudo make deps\"" >&2
		exit 2
	fi
	echo "deps: installing ${missing[*]}"
	export DEBIAN_FRONTEND=noninteractive
	apt-get -qq update
	apt-get -qq install -y --no-install-recommends "${missing[@]}" >/dev/null
	find_missing all
	if [ ${#missing[@]} -gt 0 ]; then
		echo "deps: still missing: ${missing[*]}" >&2
		exit 2
	fi
	;;
*)
	echo "usage: deps.sh install|missing|missing-for-build" >&2
	exit 2
	;;
esac
