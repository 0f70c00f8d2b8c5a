/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether KVM works here. A /dev/kvm that opens proves nothing: without vmx or svm a nested
 * machine's KVM emulates stock guests and dies or stalls in them. So a guest's heartbeat is the
 * proof, and what it said is remembered for this host and boot.
 */
#ifndef BENCH_VM_ACCEL_H
#define BENCH_VM_ACCEL_H

#include <stdbool.h>
#include <stddef.h>

struct scratch;

enum kvm_verdict {
	KVM_UNKNOWN,
	KVM_WORKS,
	KVM_BROKEN,
};

/* What /proc/cpuinfo's text says: x86 with neither flag has no KVM, whatever /dev/kvm does. */
bool cpuinfo_lacks_virt(const char *cpuinfo);

/* Why /dev/kvm cannot be used, and what to do, for the errno of trying to. */
void kvm_explain(int err, char *why, size_t sz);

/* @root is in front of /dev and /proc, "" for this machine. @why gets the reason of KVM_BROKEN. */
enum kvm_verdict kvm_look(struct scratch *s, const char *root, char *why, size_t sz);
void kvm_remember(struct scratch *s, bool works);

#endif
