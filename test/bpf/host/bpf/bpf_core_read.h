/* SPDX-License-Identifier: Apache-2.0 */
/* Stands in for libbpf's header of that name: kernel objects are plain C structs here. A NULL on the way reads as 0. */
#ifndef HOST_BPF_CORE_READ_H
#define HOST_BPF_CORE_READ_H

#define HOST_READ(from, field)                                               \
	({                                                                   \
		typeof(from) at_ = (from);                                   \
		typeof(((typeof(at_))0)->field) value_;                      \
		__builtin_memset((void *)&value_, 0, sizeof(value_));        \
		if (at_)                                                     \
			__builtin_memcpy((void *)&value_, (const void *)&at_->field, sizeof(value_)); \
		value_;                                                      \
	})
#define HOST_READ_1(from, a) HOST_READ(from, a)
#define HOST_READ_2(from, a, b) HOST_READ(HOST_READ(from, a), b)
#define HOST_READ_3(from, a, b, c) HOST_READ(HOST_READ_2(from, a, b), c)
#define HOST_READ_4(from, a, b, c, d) HOST_READ(HOST_READ_3(from, a, b, c), d)
#define HOST_READ_OF(a, b, c, d, name, ...) name
#define BPF_CORE_READ(from, ...) \
	HOST_READ_OF(__VA_ARGS__, HOST_READ_4, HOST_READ_3, HOST_READ_2, HOST_READ_1)(from, __VA_ARGS__)
#define BPF_CORE_READ_INTO(to, from, field) bpf_probe_read_kernel(to, sizeof(*(to)), &(from)->field)

/* The newest kernel. */
#define bpf_core_field_exists(type, field) 1
#define bpf_core_type_exists(type) 1

#endif
