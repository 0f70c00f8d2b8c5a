#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# sysroot.sh DEBIAN-ARCH DIR: libraries of another architecture, unpacked into DIR.
# They come from the archives that this system's apt knows, checked against its keys; apt's state is
# one of our own and nothing is installed. DIR/packages names what is there: nothing is done when
# that is what is wanted.
set -euo pipefail
arch=$1 dir=$2
packages=(libbpf-dev libelf-dev zlib1g-dev libjansson-dev libnl-3-dev libnl-route-3-dev
	libcapstone-dev)

[ "$(cat "$dir/packages" 2>/dev/null)" != "${packages[*]}" ] || exit 0
if ! command -v apt-get >/dev/null; then
	echo "sysroot.sh: no apt-get here, which fetches libraries of $arch" >&2
	exit 2
fi
mkdir -p "${dir%/*}"
tmp=$(mktemp -d "$dir.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
mkdir -p "$tmp"/apt/{lists,archives}/partial "$tmp/new"
: >"$tmp/apt/status"
cat >"$tmp/apt/apt.conf" <<END
#clear APT::Update;
Dir::State "$tmp/apt";
Dir::State::Lists "$tmp/apt/lists";
Dir::State::status "$tmp/apt/status";
Dir::Cache "$tmp/apt";
APT::Architecture "$arch";
#clear APT::Architectures;
APT::Sandbox::User "root";
APT::Get::AllowUnauthenticated "false";
APT::Update::Error-Mode "any";
Acquire::AllowInsecureRepositories "false";
Acquire::Languages "none";
Acquire::Retries "3";
END
apt() { # WHAT ARGS...
	if ! (cd "$tmp/apt/archives" && apt-get -qq -c ../apt.conf "$@" >"$tmp/log" 2>&1); then
		echo "sysroot.sh: libraries of $arch: $(tail -n 1 "$tmp/log")" >&2
		exit 2
	fi
}
apt update
apt download "${packages[@]}"
for deb in "$tmp"/apt/archives/*.deb; do
	dpkg-deb -x "$deb" "$tmp/new"
done
echo "${packages[*]}" >"$tmp/new/packages"
chmod 755 "$tmp/new"
rm -rf "$dir"
mv -T "$tmp/new" "$dir" || [ -e "$dir/packages" ]	# another make was first
