/* SPDX-License-Identifier: Apache-2.0 */
/* Stands in for libbpf's header of that name when the BPF programs are compiled for the host: see ../host.h. */
#ifndef HOST_BPF_HELPERS_H
#define HOST_BPF_HELPERS_H

#include <linux/types.h>

#define SEC(name) __attribute__((used))
#define __uint(name, value) int(*name)[value]
#define __type(name, value) typeof(value) *name
#undef __always_inline
#define __always_inline inline __attribute__((always_inline))
#define __noinline __attribute__((noinline))

#define container_of(pointer, type, member) ((type *)((char *)(pointer) - offsetof(type, member)))

long bpf_tail_call(void *ctx, void *programs, __u32 index);
void *bpf_map_lookup_elem(const void *map, const void *key);
long bpf_map_update_elem(const void *map, const void *key, const void *value, __u64 flags);
long bpf_map_delete_elem(const void *map, const void *key);
long bpf_probe_read_user(void *to, __u32 bytes, const void *from);
long bpf_probe_read_kernel(void *to, __u32 bytes, const void *from);
long bpf_ringbuf_output(void *ring, void *data, __u64 bytes, __u64 flags);
void *bpf_ringbuf_reserve(void *ring, __u64 bytes, __u64 flags);
void bpf_ringbuf_submit(void *data, __u64 flags);
void bpf_ringbuf_discard(void *data, __u64 flags);
long bpf_get_stack(void *ctx, void *to, __u32 bytes, __u64 flags);
long bpf_loop(__u32 count, void *callback, void *context, __u64 flags);
__u64 bpf_ktime_get_ns(void);
__u32 bpf_get_prandom_u32(void);
__u64 bpf_get_attach_cookie(void *ctx);
__u64 bpf_get_current_pid_tgid(void);
__u64 bpf_get_current_task(void);
struct task_struct *bpf_get_current_task_btf(void);
long bpf_task_pt_regs(struct task_struct *task);
__u32 bpf_get_smp_processor_id(void);
long bpf_get_numa_node_id(void);

#endif
