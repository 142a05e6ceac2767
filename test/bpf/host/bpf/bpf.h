/* SPDX-License-Identifier: Apache-2.0 */
/* Stands in for libbpf's header of that name when native/context.c is compiled for the host: maps by number. */
#ifndef HOST_BPF_H
#define HOST_BPF_H

#include <stdint.h>
#include <time.h>

#define BPF_EXIST 2

int host_fd__lookup(int fd, const void *key, void *value);
int host_fd__update(int fd, const void *key, const void *value, uint64_t flags);
int host_fd__delete(int fd, const void *key);
int host_fd__lookup_batch(int fd, void *in, void *out, void *keys, void *values, uint32_t *count, const void *options);
int host__clock_gettime(clockid_t clock, struct timespec *now);

#define bpf_map_lookup_elem host_fd__lookup
#define bpf_map_update_elem host_fd__update
#define bpf_map_delete_elem host_fd__delete
#define bpf_map_lookup_batch host_fd__lookup_batch
#define clock_gettime host__clock_gettime

#endif
