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

/* @why gets the reason of KVM_BROKEN. */
enum kvm_verdict kvm_look(struct scratch *s, char *why, size_t sz);
void kvm_remember(struct scratch *s, bool works);

#endif
