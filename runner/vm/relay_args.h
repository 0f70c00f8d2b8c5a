/* SPDX-License-Identifier: GPL-2.0-only */
/* For relay.c: what the runner of the guest to come is told. */
#ifndef BENCH_VM_RELAY_ARGS_H
#define BENCH_VM_RELAY_ARGS_H

#include "relay.h"

/* Case @i of the relay is ours to run, and not done. */
bool relay_case_is_left(const struct relay *r, size_t i);
/* Makes r->args anew: the user's settings, and the cases that are left. 0 or -ENOMEM. */
int relay_args_build(struct relay *r);
/* Accepts zeroed ones. */
void relay_args_free(struct relay_args *a);

#endif
