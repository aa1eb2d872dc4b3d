/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef WIRELAG_PACKET_H
#define WIRELAG_PACKET_H

#include "socket.h"

#define ETH_P_IP 0x0800
#define ETH_P_IPV6 0x86dd

/* A request socket keeps its peer as a socket does; its own port only in ir_num, which is skc_num. */
static __always_inline void read_request_tuple(const struct sock_common *request, struct wl_tuple *out)
{
	if (BPF_CORE_READ(request, skc_family) == AF_INET6) {
		read_address(UNTYPED, &request->skc_v6_rcv_saddr, &out->local_address);
		read_address(UNTYPED, &request->skc_v6_daddr, &out->peer_address);
	} else {
		map_ipv4(&out->local_address, BPF_CORE_READ(request, skc_rcv_saddr));
		map_ipv4(&out->peer_address, BPF_CORE_READ(request, skc_daddr));
	}
	out->netns = BPF_CORE_READ(request, skc_net.net, ns.inum);
	out->local_port = BPF_CORE_READ(request, skc_num);
	out->peer_port = bpf_ntohs(BPF_CORE_READ(request, skc_dport));
}

/*
 * Both ends of a packet, from its own headers; a received one's destination is this end. Extension headers of IPv6 are
 * not followed. Returns IPPROTO_TCP or IPPROTO_UDP, and 0 for others, of which `out` stays without ports.
 */
static __always_inline __u8 read_packet_tuple(const struct sk_buff *skb, struct wl_tuple *out)
{
	const unsigned char *header = BPF_CORE_READ(skb, head) + BPF_CORE_READ(skb, network_header);
	bool received = BPF_CORE_READ(skb, skb_iif);
	struct wl_address source = {}, destination = {};
	__u8 first = 0, protocol = 0;
	__be16 ports[2] = {};
	__u32 offset;

	bpf_probe_read_kernel(&first, sizeof(first), header);
	if (BPF_CORE_READ(skb, protocol) == bpf_htons(ETH_P_IP) && first >> 4 == 4) {
		bpf_probe_read_kernel(&protocol, sizeof(protocol), header + 9);
		map_ipv4(&source, 0);
		map_ipv4(&destination, 0);
		bpf_probe_read_kernel(&source.words[3], 4, header + 12);
		bpf_probe_read_kernel(&destination.words[3], 4, header + 16);
		offset = (first & 15) * 4;
	} else if (BPF_CORE_READ(skb, protocol) == bpf_htons(ETH_P_IPV6) && first >> 4 == 6) {
		bpf_probe_read_kernel(&protocol, sizeof(protocol), header + 6);
		bpf_probe_read_kernel(&source, sizeof(source), header + 8);
		bpf_probe_read_kernel(&destination, sizeof(destination), header + 24);
		offset = 40;
	} else {
		return 0;
	}
	if (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP)
		return 0;
	bpf_probe_read_kernel(&ports, sizeof(ports), header + offset);
	out->local_address = received ? destination : source;
	out->peer_address = received ? source : destination;
	out->local_port = bpf_ntohs(received ? ports[1] : ports[0]);
	out->peer_port = bpf_ntohs(received ? ports[0] : ports[1]);
	out->netns = BPF_CORE_READ(skb, dev, nd_net.net, ns.inum);
	return protocol;
}

#endif
