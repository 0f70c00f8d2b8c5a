#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Kernels fetched, kept and removed, with an apt that is a script: no network, no guest.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
vm=./bench_vm
export BENCH_CACHE=$work/cache TMPDIR=$work/tmp REPO=$work/repo FAKE_APT=
mkdir -p "$TMPDIR" "$REPO" "$work/bin"

if ! command -v dpkg-deb >/dev/null; then
	skip "kernels of packages" "no dpkg-deb on this system"
	summary
	exit 0
fi

# As much of apt as the launcher uses. The suite's name is that of the directory of its settings.
cat >"$work/bin/apt-get" <<'END'
#!/bin/sh
case $* in
*indextargets*) echo "Debian|http://mirror.invalid/debian"; exit 0 ;;
esac
for last; do :; done
suite=$(basename "$(dirname "$3")")
case $FAKE_APT,$last in
offline,*) echo "E: Failed to fetch http://mirror.invalid/x  Could not connect to mirror.invalid:80" >&2; exit 100 ;;
*,update) [ -d "$REPO/$suite" ] || { echo "E: Failed to fetch x  404  Not Found" >&2; exit 100; }; echo "$suite" >>"$REPO/updates" ;;
mismatch,*) echo "E: Failed to fetch x  Hash Sum mismatch" >&2; exit 100 ;;
corrupt,*) echo garbage >"$last.deb" ;;
kill,*) head -c 1000 "$REPO/$suite/$last.deb" >"$last.deb" # between us and bench_vm is its keeper
	kill -KILL "$(ps -o ppid= -p $PPID | tr -d ' ')"; sleep 5 ;;
*) cp "$REPO/$suite/$last.deb" . ;;
esac
END
cat >"$work/bin/apt-cache" <<'END'
#!/bin/sh
cat "$REPO/$(basename "$(dirname "$2")")/records"
END
chmod +x "$work/bin/"*
real_path=$PATH
PATH=$work/bin:$PATH

# put SUITE VERSION PACKAGE-VERSION: a kernel whose payload is any program, with one plain module
put() {
	local root=$work/root name=linux-image-$2-cloud-amd64 payload len
	rm -rf "$root"
	mkdir -p "$root/DEBIAN" "$root/boot" "$root/lib/modules/$2-cloud-amd64/kernel/net" "$REPO/$1"
	payload=$work/payload
	{ cat /bin/true; echo "Linux version $2-cloud-amd64 (x@y) (gcc-12 (Debian) 12) #1"; } | gzip -n >"$payload"
	len=$(printf %08x "$(stat -c %s "$payload")")
	{
		head -c 497 /dev/zero && printf '\1' && head -c 12 /dev/zero && printf '\125\252'
		head -c 2 /dev/zero && printf 'HdrS\17\2' && head -c 64 /dev/zero
		printf '\0\0\0\0' && printf "\\x${len:6:2}\\x${len:4:2}\\x${len:2:2}\\x${len:0:2}"
		head -c 432 /dev/zero && cat "$payload"
	} >"$root/boot/vmlinuz-$2-cloud-amd64"
	cp /bin/true "$root/lib/modules/$2-cloud-amd64/kernel/net/x.ko"
	printf 'Package: %s\nVersion: %s\nArchitecture: amd64\nMaintainer: x <x@y>\nDescription: x\n' \
		"$name" "$3" >"$root/DEBIAN/control"
	dpkg-deb -b "$root" "$REPO/$1/$name.deb" >/dev/null
	printf 'Package: %s\nVersion: %s\n\n' "$name" "$3" >>"$REPO/$1/records"
	printf 'Package: linux-headers-%s-cloud-amd64\nVersion: %s\nDepends: gcc-12\n\n' "$2" "$3" >>"$REPO/$1/records"
}
put bookworm-backports 6.12.9+deb12 6.12.9-1
put sid 7.2.13+deb14 7.2.13-1
put trixie-backports 7.3.4+deb13 7.3.4-1

says() { # NAME STATUS TEXT COMMAND...: exits with STATUS and says TEXT, in however many lines
	local name=$1 want=$2 text=$3 status=0
	shift 3
	"$@" >"$work/out" 2>&1 </dev/null || status=$?
	{ echo "exit status $status, not $want, or without \"$text\":"; cat "$work/out"; } >"$work/check.log"
	if [ "$status" = "$want" ] && grep -qF -- "$text" "$work/out"; then ok "$name"; else not_ok "$name" "$work/check.log"; fi
}
cached() { ls "$BENCH_CACHE/debian"; }
as_before() { [ "$(cached 2>/dev/null)" = "$1" ] && ! ls -d "$TMPDIR"/bench_vm.* 2>/dev/null; }

FAKE_APT=offline says "kernels, offline, nothing cached" 0 "the mirrors cannot be reached" $vm kernels
says "kernels: what there is" 0 "debian:6.12.9+deb12" $vm kernels
check "kernels: with release, compiler and suite" grep -qE \
	'^debian:7.2.13\+deb14 +7.2.13 +gcc-12 +sid$' "$work/out"
: >"$REPO/updates"
check "kernels: a fresh index is not asked for again" eval \
	'$vm kernels >/dev/null && ! grep -x sid "$REPO/updates"'
says "fetch: a series" 0 "6.12.9+deb12-cloud-amd64" $vm fetch debian:6.12
check "fetched: modules packed, no package left" eval \
	'[ -e "$BENCH_CACHE/debian/6.12.9+deb12/modules/net/x.ko.gz" ] && ! find "$BENCH_CACHE" -name "*.deb" | grep .'
says "fetch: a suite, and with -k" 0 "7.2.13+deb14-cloud-amd64" $vm fetch -k debian:sid
says "fetch: the newest release" 0 "7.3.4+deb13-cloud-amd64" $vm fetch debian:newest
says "fetch: an exact version" 0 "7.2.13+deb14-cloud-amd64" $vm fetch debian:7.2.13+deb14
says "fetch: one that is not there, and one that is" 2 "no Debian kernel 5.4" $vm fetch debian:5.4 debian:6.12
check "fetch: the others are fetched all the same" grep -q '^debian:6.12 ' "$work/out"
refuses "fetch: no suite" 2 "no Debian kernel woody" $vm fetch -q debian:woody
refuses "fetch: not Debian's" 2 'fetch host: a kernel "debian:..."' $vm fetch host
refuses "fetch: nothing" 2 "KERNEL" $vm fetch
refuses "fetch: no name" 2 '"6.12/../x"' $vm fetch debian:6.12/../x
refuses "kernels takes no kernel" 2 "debian:6.12" $vm kernels debian:6.12
check "a cached kernel needs no apt" eval 'FAKE_APT=offline $vm vmlinux -k debian:6.12 -o "$work/elf" 2>/dev/null'
says "its size and compiler, offline" 0 "only what is cached" env FAKE_APT=offline XDG_CACHE_HOME= \
	bash -c "rm -rf '$BENCH_CACHE/apt' && $vm kernels"
check "its size and compiler" grep -qE '^debian:6.12.9\+deb12 +gcc-12 +[0-9 ]+20' "$work/out"

put bookworm-backports 6.12.10+deb12 6.12.10-1
before=$(cached)
FAKE_APT=offline says "fetch: offline, one that fits is cached" 0 "6.12.9+deb12 is cached and stays" $vm fetch debian:6.12
FAKE_APT=mismatch says "fetch: a damaged transfer" 2 "Hash Sum mismatch" $vm fetch debian:6.12
check "and nothing of it stays" as_before "$before"
FAKE_APT=corrupt says "fetch: a damaged package" 2 "the package is not as expected" $vm fetch debian:6.12
check "nor of this" as_before "$before"
{ FAKE_APT="kill" $vm fetch debian:6.12; } >/dev/null 2>&1
check "fetch: killed at work" eval 'cached | grep -q "" && ls -d "$BENCH_CACHE"/debian/.tmp.* >/dev/null'
says "the next one says so" 0 "an earlier download was interrupted: thrown away" $vm fetch debian:6.12
check "and has the newer one" eval '[ -e "$BENCH_CACHE/debian/6.12.10+deb12" ] && ! ls -d "$BENCH_CACHE"/debian/.tmp.* 2>/dev/null'
check "for which the name stands now" eval '[ "$(readlink "$BENCH_CACHE/debian/pin.6.12")" = 6.12.10+deb12 ]'

exec 9<"$BENCH_CACHE/debian/7.2.13+deb14"
flock -s 9
says "prune: one that is in use" 1 "debian:7.2.13+deb14 is in use and stays" $vm prune debian:7.2
says "prune: what is old" 0 "debian:6.12.9+deb12" $vm prune
check "prune: and only that" eval '[ "$(cached | grep -c "^[67]")" = 3 ] && [ ! -e "$BENCH_CACHE/apt" ]'
exec 9<&-
says "prune: by name" 0 "debian:7.2.13+deb14" $vm prune debian:sid
refuses "prune: what is not there" 2 "no kernel debian:7.2 in the cache" bash -c "$vm prune debian:7.2 >/dev/null"
check "prune: what was made of it is gone" eval \
	'[ "$(ls "$BENCH_CACHE/vmlinux" | grep -vc source)" = 2 ] && ! find "$BENCH_CACHE" -xtype l | grep .'

echo garbage >"$BENCH_CACHE/debian/7.3.4+deb13/vmlinuz"
says "a damaged kernel is fetched again" 0 "is damaged: thrown away" $vm fetch debian:newest

BENCH_CACHE=/proc/nowhere says "cache that cannot be made" 1 "BENCH_CACHE" $vm fetch debian:6.12
mkdir "$work/none"
for tool in dpkg-deb gzip; do ln -s "$(command -v $tool)" "$work/none/"; done
vm_abs=$PWD/bench_vm
says "no apt" 2 "no apt-get on this system" env PATH="$work/none" BENCH_CACHE="$work/cache2" "$vm_abs" fetch debian:6.12
says "no apt: kernels" 0 "only what is cached" env PATH="$work/none" BENCH_CACHE="$work/cache2" "$vm_abs" kernels
if mkdir "$work/small" && mount -t tmpfs -o size=64k none "$work/small" 2>/dev/null; then
	BENCH_CACHE=$work/small says "full disk" 2 "no space left" $vm fetch debian:6.12
	umount "$work/small"
else
	skip "full disk" "no small file system can be mounted"
fi
PATH=$real_path
summary
