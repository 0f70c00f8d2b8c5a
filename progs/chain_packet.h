/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CHAIN_PACKET_H
#define CHAIN_PACKET_H

#define CHAIN_PACKET_PORT	11211	/* of both sides: a reply is a request again */
#define CHAIN_PACKET_ENTRIES	1024
/* Offsets in the frame: headers, the key of the request, where the value of the reply goes. */
#define CHAIN_PACKET_IP		14
#define CHAIN_PACKET_UDP	34
#define CHAIN_PACKET_KEY	42
#define CHAIN_PACKET_VALUE	50

/* The programs of a chain by their place in the program array. */
enum {
	CHAIN_PACKET_LOOKUP,
	CHAIN_PACKET_REPLY,
	NR_CHAIN_PACKET_STAGES,
};

#endif
