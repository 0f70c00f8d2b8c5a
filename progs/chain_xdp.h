/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CHAIN_XDP_H
#define CHAIN_XDP_H

#define CHAIN_XDP_MAX	10	/* programs, as many as libxdp's dispatcher takes */

#endif
