/* SPDX-License-Identifier: Apache-2.0 */
/* Stands in for libbpf's header of that name: the tending of maps needs nothing of it. */
#ifndef HOST_LIBBPF_H
#define HOST_LIBBPF_H

struct bpf_object;
struct bpf_link;
struct ring_buffer;

#endif
